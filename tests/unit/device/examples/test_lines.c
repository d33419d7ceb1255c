/* SPDX-License-Identifier: Apache-2.0 */
#include "device/examples/lines.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static struct example_lines lines;
static int writing;

static void set_up(void)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    lines.file = ends[0];
    writing = ends[1];
}

TestSuite(lines, .init = set_up);

static void feed(const char *text)
{
    cr_assert_eq(write(writing, text, strlen(text)), (ssize_t)strlen(text));
    cr_assert(example_lines_read(&lines));
}

static void end(void)
{
    cr_assert_eq(close(writing), 0);
    cr_assert(example_lines_read(&lines));
    cr_assert(lines.ended);
}

static void expect(const char *wanted)
{
    const char *line;
    size_t len;
    cr_assert(example_lines_take(&lines, &line, &len), "no line");
    cr_assert(len == strlen(wanted) && memcmp(line, wanted, len) == 0, "not %s", wanted);
}

static void expect_none(void)
{
    const char *line;
    size_t len;
    cr_assert_not(example_lines_take(&lines, &line, &len));
}

Test(lines, come_when_they_are_whole_however_they_were_read)
{
    feed("one\ntw");
    expect("one");
    expect_none();
    feed("o\n");
    expect("two");
    expect_none();
    end();
    expect_none();
}

Test(lines, the_last_one_needs_no_end)
{
    feed("one\nlast");
    expect("one");
    end();
    expect("last");
    expect_none();
}

Test(lines, empty_ones_are_left_out)
{
    feed("\n\none\n\n");
    expect("one");
    expect_none();
    end();
    expect_none();
}

Test(lines, one_that_is_too_long_is_an_error)
{
    static char text[4097];
    memset(text, 'x', sizeof(text) - 1);
    for (size_t len = 0; len < EXAMPLE_LINE_MAX; len += sizeof(text) - 1)
        feed(text);
    expect_none();
    cr_assert_not(example_lines_read(&lines));
}
