/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_check.h"

#include "cli/cli.h"
#include "cli/document.h"
#include "cli/output.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/contract/batch.h"
#include "common/contract/series.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const struct ats_flag ats_check_flags[] = {
    {"--lines", NULL, "One payload a line instead of one a file.", false},
    {"--device", "D", "Who sent it; else the payload's device is neither compared nor filled in.",
     false},
    {"--now", "TIME", "The time that judges event time, as 2026-11-24T12:00:00Z; else the clock.",
     false},
    {"--content-type", "T", "The publish's, of a contract with several formats.", false},
    {0},
};

/* One byte past the limit is enough to know that a payload is too large. */
#define PAYLOAD_READ_MAX (ATS_PAYLOAD_MAX + 1)

struct check {
    const struct ats_contract *contract;
    struct ats_contract_input input;
    struct ats_buf value;
    struct ats_batch *batch;
    struct ats_series_state last; /* of what was admitted so far, as if one device had sent all */
    const char *file;
    size_t line;
    struct ats_buf payload; /* of the file or line at hand */
    bool json;
    bool lines;
    size_t admitted;
    size_t quarantined;
};

/* Where nothing is wrong these are null; a path is "" for the payload as a whole. */
static void set_verdict(json_t *row, const struct ats_verdict *verdict, bool admitted)
{
    const char *class_name = ats_verdict_class_name(verdict->verdict_class);
    (void)json_object_set_new(row, "verdict", json_string(admitted ? "admitted" : "quarantined"));
    (void)json_object_set_new(row, "class", admitted ? json_null() : json_string(class_name));
    (void)json_object_set_new(row, "path", admitted ? json_null() : ats_output_text(verdict->path));
    (void)json_object_set_new(row, "rule",
                              admitted ? json_null() : json_string(ats_rule_name(verdict->rule)));
    (void)json_object_set_new(row, "text", admitted ? json_null() : ats_output_text(verdict->text));
    if (admitted && verdict->warnings[0])
        (void)json_object_set_new(row, "warnings", ats_output_text(verdict->warnings));
}

/* File names and paths are strangers' texts. */
static void print_place(const struct check *check)
{
    ats_output_plain(stdout, check->file);
    if (check->lines)
        (void)printf(":%zu", check->line);
}

static void print_verdict(const struct ats_verdict *verdict, bool admitted)
{
    if (admitted) {
        (void)printf(": admitted%s%s\n", verdict->warnings[0] ? ", with warnings: " : "",
                     verdict->warnings);
        return;
    }
    (void)printf(": quarantined (%s, %s)%s", ats_verdict_class_name(verdict->verdict_class),
                 ats_rule_name(verdict->rule), verdict->path[0] ? " at " : "");
    ats_output_plain(stdout, verdict->path);
    (void)printf(": ");
    ats_output_plain(stdout, verdict->text);
    (void)printf("\n");
}

/* Of a payload as a whole; `items` of a list, which it takes, else NULL. */
static void tell(struct check *check, const struct ats_verdict *verdict, bool admitted,
                 json_t *items)
{
    check->admitted += admitted ? 1 : 0;
    check->quarantined += admitted ? 0 : 1;
    if (!check->json) {
        print_place(check);
        print_verdict(verdict, admitted);
        return;
    }
    json_t *row = json_pack("{s:o}", "file", ats_output_text(check->file));
    if (check->lines)
        (void)json_object_set_new(row, "line", json_integer((json_int_t)check->line));
    set_verdict(row, verdict, admitted);
    if (items)
        (void)json_object_set_new(row, "items", items);
    ats_output_line(row);
    json_decref(row);
}

/* Whether the item is admitted; a value past the limit of a record is not. */
static enum ats_status admit(struct check *check, size_t item, struct ats_verdict *ret_verdict,
                             bool *ret_admitted)
{
    ats_buf_clear(&check->value);
    enum ats_status status = ats_batch_admit(check->batch, item, &check->value, ret_verdict);
    if (status == ATS_OK)
        status = ats_contract_follow(check->contract, ats_buf_span(&check->value),
                                     check->input.now_ms, &check->last, ret_verdict);
    *ret_admitted = status == ATS_OK;
    return status == ATS_ERR_INVALID || status == ATS_ERR_LIMIT ? ATS_OK : status;
}

static void tell_item(const struct check *check, size_t item, const struct ats_verdict *verdict,
                      bool admitted, json_t *items)
{
    if (check->json) {
        json_t *row = json_pack("{s:I}", "item", (json_int_t)item);
        set_verdict(row, verdict, admitted);
        (void)json_array_append_new(items, row);
        return;
    }
    print_place(check);
    (void)printf("[%zu]", item);
    print_verdict(verdict, admitted);
}

/* A list: its events, then the payload, which is admitted if one of them is. The first that is not gives the reason. */
static enum ats_status check_items(struct check *check)
{
    struct ats_verdict first = {0};
    bool any = false;
    json_t *items = json_array();
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < ats_batch_count(check->batch) && status == ATS_OK; i++) {
        struct ats_verdict verdict;
        bool admitted = false;
        status = admit(check, i, &verdict, &admitted);
        any = any || admitted;
        if (!admitted && first.rule == ATS_RULE_NONE)
            first = verdict;
        tell_item(check, i, &verdict, admitted, items);
    }
    tell(check, &first, any, items);
    if (!check->json)
        json_decref(items);
    return status;
}

static enum ats_status check_payload(struct check *check, struct ats_span payload,
                                     struct ats_error *err)
{
    struct ats_verdict verdict;
    bool admitted = false;
    check->input.payload = payload;
    enum ats_status status = ats_batch_open(check->batch, check->contract, &check->input, &verdict);
    bool list = status == ATS_OK && !ats_batch_is_single(check->batch);
    if (list)
        status = check_items(check);
    else if (status == ATS_OK)
        status = admit(check, 0, &verdict, &admitted);
    if (status != ATS_OK && status != ATS_ERR_INVALID)
        return ats_error_set(err, status, "%s: %s", check->file, ats_status_name(status));
    if (!list)
        tell(check, &verdict, admitted, NULL);
    return ATS_OK;
}

static enum ats_status cannot_read(const char *file, struct ats_error *err)
{
    return ats_error_set(err, ATS_ERR_IO, "cannot read %s: %s", file, strerror(errno));
}

/* A whole stream as one payload. A payload past the limit is cut one byte behind it, which the contract still sees. */
static enum ats_status check_whole(struct check *check, const char *file, FILE *stream,
                                   struct ats_error *err)
{
    struct ats_buf *payload = &check->payload;
    payload->len = fread(payload->data, 1, PAYLOAD_READ_MAX, stream);
    return ferror(stream) ? cannot_read(file, err)
                          : check_payload(check, ats_buf_span(payload), err);
}

/* The next line without its end, cut as a whole stream is; the rest of it is passed over. False where there is none. */
static bool read_line(FILE *stream, struct ats_buf *line)
{
    int byte = getc_unlocked(stream);
    if (byte == EOF)
        return false;
    line->len = 0;
    for (; byte != EOF && byte != '\n'; byte = getc_unlocked(stream))
        if (line->len < PAYLOAD_READ_MAX)
            line->data[line->len++] = (uint8_t)byte;
    return true;
}

static enum ats_status check_lines(struct check *check, const char *file, FILE *stream,
                                   struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (check->line = 1; status == ATS_OK && read_line(stream, &check->payload); check->line++)
        status = check_payload(check, ats_buf_span(&check->payload), err);
    return status == ATS_OK && ferror(stream) ? cannot_read(file, err) : status;
}

static enum ats_status check_file(struct check *check, const char *file, struct ats_error *err)
{
    bool standard_input = strcmp(file, "-") == 0;
    FILE *stream = standard_input ? stdin : fopen(file, "rb");
    if (!stream)
        return ats_error_set(err, ATS_ERR_IO, "cannot open %s: %s", file, strerror(errno));
    check->file = file;
    enum ats_status status = check->lines ? check_lines(check, file, stream, err)
                                          : check_whole(check, file, stream, err);
    if (!standard_input)
        (void)fclose(stream);
    return status;
}

static enum ats_status read_now(const char *text, int64_t *ret_ms, struct ats_error *err)
{
    struct tm utc = {0};
    const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc) : NULL;
    *ret_ms = text ? 0 : ats_clock_wall_ms(&ats_clock_system);
    if (!text)
        return ATS_OK;
    if (!rest || *rest != '\0')
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--now: '%s' is not allowed (allowed: UTC as 2026-11-24T12:00:00Z)",
                             text);
    *ret_ms = (int64_t)timegm(&utc) * 1000;
    return ATS_OK;
}

/* A file that cannot be read is told, and the others are still judged; the number of such files. */
static size_t check_all(struct check *check, const struct ats_arguments *arguments)
{
    static const char *const standard_input[] = {NULL, "-"};
    bool given = arguments->positional_count > 1;
    const char *const *files = given ? (const char *const *)arguments->positional : standard_input;
    size_t count = given ? arguments->positional_count : 2;
    size_t failed = 0;
    for (size_t i = 1; i < count; i++) {
        struct ats_error err = {0};
        if (check_file(check, files[i], &err) == ATS_OK)
            continue;
        (void)ats_cli_fail(&err);
        failed++;
    }
    return failed;
}

static enum ats_status begin(struct check *check, const struct ats_arguments *arguments,
                             struct ats_contract_files *ret_files, struct ats_error *err)
{
    const char *device = ats_argument_find(arguments, "--device");
    check->input.content_type = ats_span_text(ats_argument_find(arguments, "--content-type"));
    enum ats_status status =
        read_now(ats_argument_find(arguments, "--now"), &check->input.now_ms, err);
    if (status == ATS_OK)
        status = ats_contract_files_read(arguments->positional[0], ret_files, err);
    if (status != ATS_OK)
        return status;
    check->contract = ret_files->contract;
    check->input.device = ats_span_of(device, device ? strlen(device) : 0);
    ats_buf_init(&check->value, ATS_RECORD_MAX);
    ats_buf_init(&check->payload, PAYLOAD_READ_MAX);
    check->batch = ats_batch_new();
    if (check->batch && ats_buf_reserve(&check->payload, PAYLOAD_READ_MAX))
        return ATS_OK;
    ats_batch_free(check->batch);
    ats_contract_files_fini(ret_files);
    return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
}

int ats_contract_check(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_contract_files files;
    struct ats_error err = {0};
    struct check check = {.json = cli->json, .lines = ats_argument_has(arguments, "--lines")};
    if (begin(&check, arguments, &files, &err) != ATS_OK) {
        (void)ats_cli_fail(&err);
        return ATS_EXIT_USAGE;
    }
    size_t failed = check_all(&check, arguments);
    ats_buf_fini(&check.value);
    ats_buf_fini(&check.payload);
    ats_batch_free(check.batch);
    ats_contract_files_fini(&files);
    if (!check.json && check.lines)
        ats_cli_note("%zu admitted, %zu quarantined", check.admitted, check.quarantined);
    if (failed > 0)
        return ATS_EXIT_USAGE;
    return check.quarantined == 0 ? ATS_EXIT_DONE : ATS_EXIT_NO;
}
