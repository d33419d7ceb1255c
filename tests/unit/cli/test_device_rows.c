/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/device_rows.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct ats_device_rows rows;
static struct ats_named_device device;
static struct ats_error err;

static const struct ats_device_columns names_alone = {.needed = 0};
static const struct ats_device_columns keys = {.names = {"key_id"}, .needed = 1};
static const struct ats_device_columns attributes = {.names = {"site", "line"}, .alone = true};

static enum ats_status open_text(const struct ats_device_columns *columns, const char *text)
{
    char path[] = "/tmp/ats-rows-XXXXXX"; /* anew: mkstemp() writes into it */
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    cr_assert_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(file);
    err = (struct ats_error){0};
    enum ats_status status = ats_device_rows_open(&rows, columns, NULL, 0, path, &err);
    (void)unlink(path);
    return status;
}

static void end(void)
{
    ats_device_rows_fini(&rows);
}

TestSuite(device_rows, .fini = end);

static void assert_device(size_t line, const char *name)
{
    cr_assert_eq(ats_device_rows_next(&rows, &device, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(device.line, line);
    cr_assert_str_eq(device.name, name);
}

static void assert_end(void)
{
    cr_assert_eq(ats_device_rows_next(&rows, &device, &err), ATS_ERR_NOT_FOUND);
}

Test(device_rows, are_names_of_the_command_line)
{
    const char *const names[] = {"press-1", "press-2"};
    cr_assert_eq(ats_device_rows_open(&rows, &names_alone, names, 2, NULL, &err), ATS_OK);
    assert_device(0, "press-1");
    assert_device(0, "press-2");
    assert_end();
}

Test(device_rows, are_lines_of_a_file_but_for_comments)
{
    cr_assert_eq(open_text(&names_alone, "# hall 3\npress-1\r\n\n# more\npress-2"), ATS_OK);
    assert_device(2, "press-1");
    assert_device(5, "press-2");
    assert_end();
    cr_assert_eq(ats_device_rows_percent(&rows), 100);
}

Test(device_rows, are_a_column_whose_neighbours_are_passed_over)
{
    cr_assert_eq(open_text(&names_alone, "site,name\nhall,press-1\n\"a, b\",press-2\n"), ATS_OK);
    assert_device(2, "press-1");
    assert_device(3, "press-2");
    assert_end();
}

Test(device_rows, have_the_columns_that_were_asked_for)
{
    cr_assert_eq(open_text(&keys, "key_id,name\n0011,press-1\n"), ATS_OK);
    assert_device(2, "press-1");
    cr_assert_str_eq(device.fields[0], "0011");
    cr_assert(rows.with_fields);
}

Test(device_rows, ask_for_a_column_that_is_missing)
{
    cr_assert_eq(open_text(&keys, "press-1\n"), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, "key_id"), "%s", err.text);
    cr_assert_not_null(strstr(err.text, ":1: "), "%s", err.text);
}

Test(device_rows, take_no_other_column_where_that_would_be_lost)
{
    cr_assert_eq(open_text(&attributes, "name,sit\npress-1,hall\n"), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, "did you mean 'site'?"), "%s", err.text);
    end();
    cr_assert_eq(open_text(&attributes, "name,line\npress-1,3\n"), ATS_OK);
    assert_device(2, "press-1");
    cr_assert_null(device.fields[0]);
    cr_assert_str_eq(device.fields[1], "3");
}

Test(device_rows, say_what_takes_another_column)
{
    const struct ats_device_columns name_alone = {.alone = true, .elsewhere = "see there"};
    cr_assert_eq(open_text(&name_alone, "name,site\nnn-1,x\n"), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, ":1: column 'site' is not one of this command"), "%s",
                       err.text);
    cr_assert_not_null(strstr(err.text, ": see there"), "%s", err.text);
    end();
    cr_assert_eq(open_text(&name_alone, "name\nnn-1\n"), ATS_OK);
    assert_device(2, "nn-1");
    assert_end();
}

Test(device_rows, have_comments_of_any_text)
{
    cr_assert_eq(open_text(&names_alone, "# one, \"two\nnn-1\n#\n# a,\"b\"c\nnn-2\n"), ATS_OK);
    assert_device(2, "nn-1");
    assert_device(5, "nn-2");
    assert_end();
}

Test(device_rows, name_a_column_once)
{
    cr_assert_eq(open_text(&attributes, "name,site,site\n"), ATS_ERR_CONFIG);
    end();
    cr_assert_eq(open_text(&attributes, "name,name\n"), ATS_ERR_CONFIG);
}

Test(device_rows, of_another_length_are_told_and_passed_over)
{
    cr_assert_eq(open_text(&names_alone, "press-1\npress-2,hall\npress-3\n"), ATS_OK);
    assert_device(1, "press-1");
    cr_assert_eq(ats_device_rows_next(&rows, &device, &err), ATS_ERR_INVALID);
    cr_assert_eq(device.line, 2);
    assert_device(3, "press-3");
    assert_end();
}

Test(device_rows, of_an_empty_file_are_an_error)
{
    cr_assert_eq(open_text(&names_alone, "# nobody\n"), ATS_ERR_CONFIG);
    end();
    end();
    cr_assert_neq(ats_device_rows_open(&rows, &names_alone, NULL, 0, "/nonexistent", &err), ATS_OK);
}
