/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_check.h"

#include "cli/cli.h"
#include "cli/document.h"
#include "cli/output.h"
#include "common/base/clock.h"
#include "common/base/limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const struct ats_flag ats_check_flags[] = {
    {"--lines", NULL, "One payload a line instead of one a file.", false},
    {"--device", "D", "Who sent it; else the payload's device is not compared.", false},
    {"--now", "TIME", "The time that judges event time, as 2026-11-24T12:00:00Z; else the clock.",
     false},
    {0},
};

struct check {
    const struct ats_contract *contract;
    struct ats_contract_input input;
    struct ats_buf value;
    bool json;
    bool lines;
    size_t admitted;
    size_t quarantined;
};

static json_t *describe(const struct check *check, const char *file, size_t line,
                        const struct ats_verdict *verdict, bool admitted)
{
    json_t *row = json_object();
    (void)json_object_set_new(row, "file", json_string(file));
    if (check->lines)
        (void)json_object_set_new(row, "line", json_integer((json_int_t)line));
    (void)json_object_set_new(row, "verdict", json_string(admitted ? "admitted" : "quarantined"));
    if (admitted)
        return row;
    (void)json_object_set_new(row, "class",
                              json_string(ats_verdict_class_name(verdict->verdict_class)));
    (void)json_object_set_new(row, "path", json_string(verdict->path));
    (void)json_object_set_new(row, "rule", json_string(ats_rule_name(verdict->rule)));
    (void)json_object_set_new(row, "text", json_string(verdict->text));
    return row;
}

static void print_plain(const struct check *check, const char *file, size_t line,
                        const struct ats_verdict *verdict, bool admitted)
{
    (void)printf("%s", file);
    if (check->lines)
        (void)printf(":%zu", line);
    if (admitted)
        (void)printf(": admitted\n");
    else
        (void)printf(": quarantined (%s, %s)%s%s: %s\n",
                     ats_verdict_class_name(verdict->verdict_class), ats_rule_name(verdict->rule),
                     verdict->path[0] ? " at " : "", verdict->path, verdict->text);
}

static enum ats_status check_payload(struct check *check, const char *file, size_t line,
                                     struct ats_span payload, struct ats_error *err)
{
    struct ats_verdict verdict;
    check->input.payload = payload;
    ats_buf_clear(&check->value);
    enum ats_status status =
        ats_contract_admit(check->contract, &check->input, &check->value, &verdict);
    if (status != ATS_OK && status != ATS_ERR_INVALID && status != ATS_ERR_LIMIT)
        return ats_error_set(err, status, "%s: %s", file, ats_status_name(status));
    bool admitted = status == ATS_OK;
    check->admitted += admitted ? 1 : 0;
    check->quarantined += admitted ? 0 : 1;
    if (!check->json) {
        print_plain(check, file, line, &verdict, admitted);
        return ATS_OK;
    }
    json_t *row = describe(check, file, line, &verdict, admitted);
    ats_output_line(row);
    json_decref(row);
    return ATS_OK;
}

/* A whole stream as one payload. A payload past the limit is cut one byte behind it, which the contract still sees. */
static enum ats_status check_whole(struct check *check, const char *file, FILE *stream,
                                   struct ats_error *err)
{
    struct ats_buf payload;
    ats_buf_init(&payload, ATS_PAYLOAD_MAX + 1);
    uint8_t *room = ats_buf_reserve(&payload, ATS_PAYLOAD_MAX + 1);
    if (!room)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    payload.len = fread(room, 1, ATS_PAYLOAD_MAX + 1, stream);
    enum ats_status status = ferror(stream)
                                 ? ats_error_set(err, ATS_ERR_IO, "cannot read %s", file)
                                 : check_payload(check, file, 1, ats_buf_span(&payload), err);
    ats_buf_fini(&payload);
    return status;
}

static enum ats_status check_lines(struct check *check, const char *file, FILE *stream,
                                   struct ats_error *err)
{
    char *text = NULL;
    size_t cap = 0;
    ssize_t len = 0;
    enum ats_status status = ATS_OK;
    for (size_t line = 1; status == ATS_OK && (len = getline(&text, &cap, stream)) >= 0; line++) {
        if (len > 0 && text[len - 1] == '\n')
            len--;
        status = check_payload(check, file, line, ats_span_of(text, (size_t)len), err);
    }
    if (status == ATS_OK && ferror(stream))
        status = ats_error_set(err, ATS_ERR_IO, "cannot read %s", file);
    free(text);
    return status;
}

static enum ats_status check_file(struct check *check, const char *file, struct ats_error *err)
{
    bool standard_input = strcmp(file, "-") == 0;
    FILE *stream = standard_input ? stdin : fopen(file, "rb");
    if (!stream)
        return ats_error_set(err, ATS_ERR_IO, "cannot open %s: %s", file, strerror(errno));
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

static enum ats_status check_all(struct check *check, const struct ats_arguments *arguments,
                                 struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    if (arguments->positional_count == 1)
        return check_file(check, "-", err);
    for (size_t i = 1; i < arguments->positional_count && status == ATS_OK; i++)
        status = check_file(check, arguments->positional[i], err);
    return status;
}

int ats_contract_check(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    const char *device = ats_argument_find(arguments, "--device");
    struct ats_contract_files files;
    struct ats_error err = {0};
    struct check check = {.json = cli->json, .lines = ats_argument_has(arguments, "--lines")};
    enum ats_status status =
        read_now(ats_argument_find(arguments, "--now"), &check.input.now_ms, &err);
    if (status == ATS_OK)
        status = ats_contract_files_read(arguments->positional[0], &files, &err);
    if (status != ATS_OK) {
        (void)ats_cli_fail(&err);
        return ATS_EXIT_USAGE;
    }
    check.contract = files.contract;
    check.input.device = ats_span_of(device, device ? strlen(device) : 0);
    ats_buf_init(&check.value, ATS_RECORD_MAX);
    status = check_all(&check, arguments, &err);
    ats_buf_fini(&check.value);
    ats_contract_files_fini(&files);
    if (status != ATS_OK) {
        (void)ats_cli_fail(&err);
        return ATS_EXIT_USAGE;
    }
    if (!check.json && check.lines)
        ats_cli_note("%zu admitted, %zu quarantined", check.admitted, check.quarantined);
    return check.quarantined == 0 ? ATS_EXIT_DONE : ATS_EXIT_NO;
}
