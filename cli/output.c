/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include "cli/cli.h"
#include "common/base/base64.h"
#include "common/base/buf.h"
#include "common/base/parse.h"
#include "common/base/utf8.h"
#include "device/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 16
#define INDENT 2
#define TEXT_MAX (64 * 1024) /* a path, a name, an error */
#define REPLACEMENT "\xef\xbf\xbd"

void ats_output_begin(struct ats_output *output, const struct ats_cli *cli)
{
    *output = (struct ats_output){.json = cli->json, .rows = json_array()};
}

/* One number with as few digits as read back the same: 15 write 0.92 as a person does, 17 tell all numbers apart. */
static char *dump_real(double number)
{
    json_t *value = json_real(number);
    char *text = NULL;
    double back = 0;
    for (size_t digits = 15; digits <= 17; digits++) {
        free(text);
        text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
        if (!text || (ats_parse_double(text, &back) == ATS_OK && back == number))
            break;
    }
    json_decref(value);
    return text;
}

/* jansson writes all numbers of a value with equally many digits, so each is written anew into the text that it made. */
static void write_shortened(FILE *to, const char *text)
{
    bool quoted = false;
    while (*text) {
        bool number = !quoted && strchr("-0123456789", *text);
        size_t len = number ? strspn(text, "-+.0123456789e") : *text == '\\' ? 2 : 1;
        bool real = number && strcspn(text, ".e") < len;
        char *shortened = real ? dump_real(strtod(text, NULL)) : NULL;
        if (shortened)
            (void)fputs(shortened, to);
        else
            (void)fwrite(text, 1, len, to);
        free(shortened);
        quoted = quoted != (*text == '"');
        text += len;
    }
}

char *ats_output_dump(const json_t *value)
{
    char *exact = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    char *text = NULL;
    size_t len = 0;
    FILE *to = exact ? open_memstream(&text, &len) : NULL;
    if (to) {
        write_shortened(to, exact);
        (void)fclose(to);
    }
    free(exact);
    return text;
}

void ats_output_line(const json_t *value)
{
    char *text = ats_output_dump(value);
    if (text)
        (void)fputs(text, stdout);
    free(text);
    (void)fputc('\n', stdout);
}

void ats_output_row(struct ats_output *output, json_t *row)
{
    if (!output->json) {
        (void)json_array_append_new(output->rows, row);
        return;
    }
    ats_output_line(row);
    json_decref(row);
}

/* What a member says by having nothing, where that is not "none". */
static const struct {
    const char *key;
    const char *text;
} nothing[] = {
    {"contracts", "(all)"},
    {"not_after", "never"},
};

static const char *nothing_text(const char *key)
{
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
        if (strcmp(nothing[i].key, key) == 0)
            return nothing[i].text;
    return "-";
}

static bool is_nothing(const char *key, const json_t *value)
{
    if (json_is_integer(value))
        return strcmp(key, "not_after") == 0 && json_integer_value(value) == 0;
    return (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0);
}

/* A cell or value as a person reads it; the caller frees. NULL when out of memory. */
static char *cell_text(const char *key, const json_t *value)
{
    char *text = NULL;
    if (json_is_string(value) && json_string_length(value) > 0)
        return strdup(json_string_value(value));
    if (!value || json_is_null(value) || json_is_string(value))
        return strdup("-");
    if (is_nothing(key, value))
        return strdup(nothing_text(key));
    if (!json_is_array(value))
        return ats_output_dump(value);
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    size_t i;
    json_t *item;
    if (!out)
        return NULL;
    json_array_foreach(value, i, item)
    {
        char *one = cell_text(key, item);
        (void)fprintf(out, "%s%s", i > 0 ? ", " : "", one ? one : "");
        free(one);
    }
    (void)fclose(out);
    return text;
}

/* Width on a terminal as far as it can be known without its locale: characters, not bytes. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void print_cell(const char *text, int width, bool last)
{
    ats_output_plain(stdout, text);
    for (int pad = width_of(text); !last && pad < width + 2; pad++)
        (void)fputc(' ', stdout);
    if (last)
        (void)fputc('\n', stdout);
}

static int widest(const json_t *rows, const char *column)
{
    int width = width_of(column);
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        char *text = cell_text(column, json_object_get(row, column));
        int own = text ? width_of(text) : 0;
        width = own > width ? own : width;
        free(text);
    }
    return width;
}

static void print_table(const json_t *rows)
{
    const char *columns[COLUMNS_MAX];
    int widths[COLUMNS_MAX];
    size_t count = 0;
    for (void *at = json_object_iter(json_array_get(rows, 0)); at && count < COLUMNS_MAX;
         at = json_object_iter_next(json_array_get(rows, 0), at)) {
        columns[count] = json_object_iter_key(at);
        widths[count] = widest(rows, columns[count]);
        count++;
    }
    for (size_t c = 0; c < count; c++)
        print_cell(columns[c], widths[c], c + 1 == count);
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        for (size_t c = 0; c < count; c++) {
            char *text = cell_text(columns[c], json_object_get(row, columns[c]));
            print_cell(text ? text : "", widths[c], c + 1 == count);
            free(text);
        }
    }
}

void ats_output_end(struct ats_output *output)
{
    if (!output->json)
        print_table(output->rows);
    json_decref(output->rows);
    output->rows = NULL;
}

void ats_output_end_or(struct ats_output *output, const char *none)
{
    if (!output->json && json_array_size(output->rows) == 0)
        ats_cli_note("%s", none);
    ats_output_end(output);
}

/* Fits on the line of its key. */
static bool is_flat(const json_t *value)
{
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item)
    {
        if (!is_flat(item) || (json_is_array(item) && json_array_size(item) > 0))
            return false; /* a list in a list: where one ends must be seen */
    }
    return !json_is_object(value) || json_object_size(value) == 0;
}

static void print_flat(FILE *to, const char *key, const json_t *value)
{
    char *text = cell_text(key, value);
    ats_output_plain(to, text ? text : "");
    (void)fputc('\n', to);
    free(text);
}

static void print_value(FILE *to, const char *key, json_t *value, int indent);

/* Of an object that is an item of a list the first member stands behind the dash. */
static void print_members(FILE *to, json_t *object, int indent, bool is_item)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        (void)fprintf(to, "%*s%s", is_item ? indent - INDENT : indent, "", is_item ? "- " : "");
        ats_output_plain(to, key);
        (void)fputc(':', to);
        print_value(to, key, value, indent);
        is_item = false;
    }
}

/* Behind its key, or the dash of a list: on the same line, or below it and further in. */
static void print_value(FILE *to, const char *key, json_t *value, int indent)
{
    size_t i;
    json_t *item;
    (void)fputc(is_flat(value) ? ' ' : '\n', to);
    if (is_flat(value)) {
        print_flat(to, key, value);
        return;
    }
    if (json_is_object(value))
        print_members(to, value, indent + INDENT, false);
    json_array_foreach(value, i, item)
    {
        if (json_is_object(item) && !is_flat(item)) {
            print_members(to, item, indent + 2 * INDENT, true);
            continue;
        }
        (void)fprintf(to, "%*s-", indent + INDENT, "");
        print_value(to, key, item, indent + INDENT);
    }
}

void ats_output_members(FILE *to, json_t *object)
{
    print_members(to, object, 0, false);
}

void ats_output_object(const struct ats_cli *cli, json_t *object)
{
    if (cli->json)
        ats_output_line(object);
    else
        ats_output_members(stdout, object);
    json_decref(object);
}

/* Takes the object. */
ATS_PRINTF(4, 0)
static void print_done(const struct ats_cli *cli, json_t *object, bool proposed, const char *format,
                       va_list arguments)
{
    if (cli->json) {
        ats_output_line(object);
    } else if (proposed) {
        (void)printf("proposed: another operator runs `attestream approve %s --show` and approves "
                     "it within %d h\n",
                     cli->propose, (int)(ATS_PROPOSAL_LIFE_MS / 3600000));
    } else {
        (void)vprintf(format, arguments);
        (void)fputc('\n', stdout);
    }
    json_decref(object);
}

static void set_proposed(const struct ats_cli *cli, json_t *object)
{
    (void)json_object_set_new(object, "verdict", json_string("proposed"));
    (void)json_object_set_new(object, "file", ats_output_text(cli->propose));
}

void ats_output_done(const struct ats_cli *cli, json_t *object, const char *format, ...)
{
    bool proposed = cli->propose && *cli->proposed;
    va_list arguments;
    if (proposed) { /* what is not done yet is not told as done */
        json_decref(object);
        object = json_object();
        set_proposed(cli, object);
    }
    if (cli->propose && !proposed)
        ats_cli_note("nothing was proposed, and %s was not written: nothing would change by it",
                     cli->propose);
    va_start(arguments, format);
    print_done(cli, object, proposed, format, arguments);
    va_end(arguments);
}

void ats_output_sums(const struct ats_cli *cli, json_t *sums, const char *format, ...)
{
    bool proposed = cli->propose && *cli->proposed;
    va_list arguments;
    if (proposed) {
        set_proposed(cli, sums);
    } else if (cli->propose) { /* why, the sums say */
        (void)json_object_set_new(sums, "verdict", json_string("not-proposed"));
        ats_cli_note("nothing was proposed, and %s was not written", cli->propose);
    }
    va_start(arguments, format);
    print_done(cli, sums, proposed, format, arguments);
    va_end(arguments);
}

const char *ats_output_word(uint64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

json_t *ats_output_text(const char *text)
{
    struct ats_buf good;
    struct ats_span rest = ats_span_text(text);
    ats_buf_init(&good, TEXT_MAX);
    for (;;) {
        size_t len = ats_utf8_span(rest);
        ats_buf_append(&good, rest.data, len);
        if (len == rest.len)
            break;
        ats_buf_append_text(&good, REPLACEMENT);
        rest = ats_span_of(rest.data + len + 1, rest.len - len - 1);
    }
    json_t *value = json_stringn(good.len ? (const char *)good.data : "", good.len);
    ats_buf_fini(&good);
    return value;
}

/* U+0000 to U+001F, U+007F to U+009F: terminals obey these. */
static bool is_control(struct ats_span character)
{
    return character.data[0] < 0x20 || character.data[0] == 0x7f ||
           (character.len == 2 && character.data[0] == 0xc2 && character.data[1] < 0xa0);
}

static unsigned code_point(struct ats_span character)
{
    static const unsigned first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned code = character.data[0] & first_bits[character.len];
    for (size_t i = 1; i < character.len; i++)
        code = code << 6 | (character.data[i] & 0x3f);
    return code;
}

/* The character at the beginning; its length. */
static size_t print_character(FILE *to, struct ats_span text)
{
    size_t len = text.data[0] < 0x80 ? 1 : ats_utf8_sequence(text);
    struct ats_span character = ats_span_of(text.data, len);
    if (len == 0)
        (void)fprintf(to, "\\x%02x", text.data[0]);
    else if (is_control(character) || ats_name_misleads(character.data, len))
        (void)fprintf(to, len < 4 ? "\\u%04x" : "\\U%08x", code_point(character));
    else
        (void)fwrite(text.data, 1, len, to);
    return len ? len : 1;
}

void ats_output_plain(FILE *to, const char *text)
{
    struct ats_span rest = ats_span_text(text);
    while (rest.len > 0) {
        size_t len = print_character(to, rest);
        rest = ats_span_of(rest.data + len, rest.len - len);
    }
}

json_t *ats_output_bytes(struct ats_span bytes)
{
    json_t *text = json_stringn((const char *)bytes.data, bytes.len);
    if (text && !memchr(bytes.data, '\0', bytes.len))
        return text;
    json_decref(text);
    char *encoded = ats_base64_encode(bytes);
    json_t *object = json_object();
    if (encoded)
        (void)json_object_set_new(object, "base64", json_string(encoded));
    free(encoded);
    return object;
}
