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

/* A cell or value as a person reads it; the caller frees. NULL when out of memory. */
static char *cell_text(const json_t *value)
{
    char *text = NULL;
    if (json_is_string(value) && json_string_length(value) > 0)
        return strdup(json_string_value(value));
    if (!value || json_is_null(value) || json_is_string(value))
        return strdup("-");
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
        char *one = cell_text(item);
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
        char *text = cell_text(json_object_get(row, column));
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
            char *text = cell_text(json_object_get(row, columns[c]));
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

void ats_output_object(const struct ats_cli *cli, json_t *object)
{
    if (cli->json) {
        ats_output_line(object);
        json_decref(object);
        return;
    }
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        char *text = cell_text(value);
        (void)printf("%s: ", key);
        ats_output_plain(stdout, text ? text : "");
        (void)fputc('\n', stdout);
        free(text);
    }
    json_decref(object);
}

void ats_output_done(const struct ats_cli *cli, json_t *object, const char *format, ...)
{
    bool proposed = cli->propose && *cli->proposed;
    if (cli->propose && !proposed)
        ats_cli_note("nothing was proposed, and %s was not written: nothing would change by it",
                     cli->propose);
    if (proposed) {
        json_decref(object);
        object =
            json_pack("{s:s, s:o}", "verdict", "proposed", "file", ats_output_text(cli->propose));
    }
    if (cli->json) {
        ats_output_line(object);
    } else if (proposed) {
        (void)printf("proposed: another operator runs `attestream approve %s --show` and approves "
                     "it within %d h\n",
                     cli->propose, (int)(ATS_PROPOSAL_LIFE_MS / 3600000));
    } else {
        va_list arguments;
        va_start(arguments, format);
        (void)vprintf(format, arguments);
        va_end(arguments);
        (void)fputc('\n', stdout);
    }
    json_decref(object);
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
