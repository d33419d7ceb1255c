/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/csv.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static char text[512];
static struct ats_csv csv;
static struct ats_error err;

static void open_text(const char *given)
{
    (void)snprintf(text, sizeof(text), "%s", given);
    ats_csv_init(&csv, text);
    err = (struct ats_error){0};
}

static void assert_row(size_t line, size_t count, const char *const *fields)
{
    cr_assert_eq(ats_csv_next(&csv, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(csv.line, line);
    cr_assert_eq(csv.count, count, "%zu fields", csv.count);
    for (size_t i = 0; i < count; i++)
        cr_assert_str_eq(csv.fields[i], fields[i]);
}

#define ROW(line, ...)                                                                             \
    assert_row(line, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),                  \
               (const char *const[]){__VA_ARGS__})

static void assert_end(void)
{
    cr_assert_eq(ats_csv_next(&csv, &err), ATS_ERR_NOT_FOUND);
    cr_assert_eq(ats_csv_next(&csv, &err), ATS_ERR_NOT_FOUND);
}

static void assert_not_closed(size_t line)
{
    cr_assert_eq(ats_csv_next(&csv, &err), ATS_ERR_INVALID);
    cr_assert_eq(csv.line, line);
    cr_assert_str_eq(err.text, "a quote is not closed before the line's end");
}

Test(csv, reads_rows_with_and_without_a_newline_at_the_end)
{
    open_text("name,site\npress-1,hall\npress-2,");
    ROW(1, "name", "site");
    ROW(2, "press-1", "hall");
    ROW(3, "press-2", "");
    assert_end();
}

Test(csv, reads_what_a_spreadsheet_writes)
{
    open_text("\xef\xbb\xbfname,vendor\r\n\r\n\"a\",\"Acme, \"\"Inc\"\"\"\r\nb,c\r\n");
    ROW(1, "name", "vendor");
    ROW(3, "a", "Acme, \"Inc\"");
    ROW(4, "b", "c");
    assert_end();
}

Test(csv, a_stray_quote_takes_no_row_along)
{
    open_text("name,site\nab-1,x\nab-2,\"hall\nab-3,y\nab-4,\"y\"\n");
    ROW(1, "name", "site");
    ROW(2, "ab-1", "x");
    assert_not_closed(3);
    ROW(4, "ab-3", "y");
    ROW(5, "ab-4", "y");
    assert_end();
}

Test(csv, a_field_does_not_span_lines)
{
    open_text("a,\"x \"\"y\"\"\r\nz\"\r\nb,c\r\n");
    assert_not_closed(1);
    ROW(2, "z\"");
    ROW(3, "b", "c");
    assert_end();
}

Test(csv, goes_on_behind_a_row_that_cannot_be_read)
{
    open_text("a,\"b\"c,d\ne,f\n");
    cr_assert_eq(ats_csv_next(&csv, &err), ATS_ERR_INVALID);
    cr_assert_eq(csv.line, 1);
    ROW(2, "e", "f");
    assert_end();
}

Test(csv, a_quote_in_the_last_line_is_told_there)
{
    open_text("a\n\"");
    ROW(1, "a");
    assert_not_closed(2);
    assert_end();
}

Test(csv, a_row_has_a_limit_of_columns)
{
    open_text(",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\nnext\n");
    cr_assert_eq(ats_csv_next(&csv, &err), ATS_OK);
    cr_assert_eq(csv.count, ATS_CSV_COLUMNS_MAX);
    ROW(2, "next");
    open_text(",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\nnext\n");
    cr_assert_eq(ats_csv_next(&csv, &err), ATS_ERR_INVALID);
    ROW(2, "next");
}

Test(csv, an_empty_text_has_no_row)
{
    open_text("");
    assert_end();
    open_text("\n\r\n\n");
    assert_end();
}
