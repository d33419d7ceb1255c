/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/csv.h"

#include <stdbool.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

void ats_csv_init(struct ats_csv *csv, char *text)
{
    size_t mark = sizeof(BYTE_ORDER_MARK) - 1;
    *csv = (struct ats_csv){.rest = strncmp(text, BYTE_ORDER_MARK, mark) == 0 ? text + mark : text,
                            .next_line = 1};
}

/* Where the plain field at `at` ends. */
static char *plain_end(char *at)
{
    return at + strcspn(at, ",\n");
}

/* Behind the closing quote of the field that begins at `at`; its text ends with a NUL. NULL: its line does not close it. */
static char *unquote(char *at)
{
    char *to = at;
    for (char *from = at + 1; *from && *from != '\n'; from++) {
        if (*from == '"' && from[1] != '"') {
            *to = '\0';
            return from + 1;
        }
        from += *from == '"';
        *to++ = *from;
    }
    return NULL;
}

static void skip_line(struct ats_csv *csv, char *at)
{
    at += strcspn(at, "\n");
    csv->next_line += *at == '\n';
    csv->rest = *at ? at + 1 : at;
}

/* Ends the field before `end`; where the next one begins, or NULL behind the last one of the row. */
static char *end_field(struct ats_csv *csv, char *end)
{
    char mark = *end;
    *end = '\0';
    if (mark == ',')
        return end + 1;
    csv->next_line += mark == '\n';
    csv->rest = mark ? end + 1 : end;
    return NULL;
}

static char *take_field(struct ats_csv *csv, char *at, struct ats_error *err)
{
    char *end;
    csv->fields[csv->count] = at;
    if (*at != '"') {
        end = plain_end(at);
        if (*end != ',' && end > at && end[-1] == '\r')
            end[-1] = '\0';
        csv->count++;
        return end_field(csv, end);
    }
    end = unquote(at);
    if (!end) {
        (void)ats_error_set(err, ATS_ERR_INVALID, "a quote is not closed before the line's end");
        skip_line(csv, at);
        return NULL;
    }
    if (end[0] == '\r' && (end[1] == '\n' || end[1] == '\0'))
        end++;
    if (*end && *end != ',' && *end != '\n') {
        (void)ats_error_set(err, ATS_ERR_INVALID, "text behind a closing quote");
        skip_line(csv, end);
        return NULL;
    }
    csv->count++;
    return end_field(csv, end);
}

static void skip_empty_lines(struct ats_csv *csv)
{
    for (;;) {
        size_t carriage = *csv->rest == '\r';
        if (csv->rest[carriage] != '\n')
            return;
        csv->rest += carriage + 1;
        csv->next_line++;
    }
}

enum ats_status ats_csv_next(struct ats_csv *csv, struct ats_error *err)
{
    struct ats_error why = {0};
    skip_empty_lines(csv);
    csv->line = csv->next_line;
    csv->count = 0;
    if (*csv->rest == '\0')
        return ATS_ERR_NOT_FOUND;
    char *at = csv->rest;
    while (at && csv->count < ATS_CSV_COLUMNS_MAX)
        at = take_field(csv, at, &why);
    if (at) {
        (void)ats_error_set(&why, ATS_ERR_INVALID, "more than %d columns", ATS_CSV_COLUMNS_MAX);
        skip_line(csv, at);
    }
    return why.status == ATS_OK ? ATS_OK : ats_error_set(err, ATS_ERR_INVALID, "%s", why.text);
}
