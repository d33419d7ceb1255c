/* SPDX-License-Identifier: Apache-2.0 */
#include "common/config/config.h"

#include "common/base/limits.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct options {
    const char *name;
    const char *folder;
    const char *site;
    int64_t count;
    bool exclusive;
    int mode;
    int64_t wait_ms;
    int64_t size;
};

static const char *const modes[] = {"enforce", "observe", NULL};

static const struct ats_property table[] = {
    {"name", ATS_PROPERTY_TEXT, offsetof(struct options, name), 0, 0, NULL, NULL, "Who it is."},
    {"folder", ATS_PROPERTY_PATH, offsetof(struct options, folder), 0, 0, NULL, "/var/lib/x",
     "Where it keeps things."},
    {"site", ATS_PROPERTY_TEXT, offsetof(struct options, site), 0, 0, NULL, "", "Where it stands."},
    {"count", ATS_PROPERTY_INTEGER, offsetof(struct options, count), 1, 100, NULL, "7",
     "How many."},
    {"exclusive", ATS_PROPERTY_BOOLEAN, offsetof(struct options, exclusive), 0, 0, NULL, "false",
     "Whether a | b alone."},
    {"mode", ATS_PROPERTY_CHOICE, offsetof(struct options, mode), 0, 0, modes, "enforce",
     "What it does."},
    {"wait", ATS_PROPERTY_DURATION, offsetof(struct options, wait_ms), 10, 3600000, NULL, "90s",
     "How long."},
    {"size", ATS_PROPERTY_SIZE, offsetof(struct options, size), 0, INT64_C(1) << 40, NULL, "16MiB",
     "How much."},
    {0},
};

static struct options options;
static struct ats_config_values values;
static struct ats_error err;

static void begin(void)
{
    err = (struct ats_error){0};
    cr_assert_eq(ats_config_begin(table, &options, &values, &err), ATS_OK, "%s", err.text);
}

static void finish(void)
{
    ats_config_values_fini(&values);
}

TestSuite(config, .init = begin, .fini = finish);

static enum ats_status set(const char *name, const char *value)
{
    return ats_config_set(table, &options, &values, name, value, "test.conf:3", &err);
}

static void assert_refused(const char *name, const char *value, const char *text)
{
    cr_assert_eq(set(name, value), ATS_ERR_CONFIG, "%s = %s was taken", name, value);
    cr_assert_str_eq(err.text, text);
}

static enum ats_status read_text(const char *data, size_t len)
{
    char path[] = "/tmp/ats-config-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, data, len), (ssize_t)len);
    cr_assert_eq(close(fd), 0);
    enum ats_status status = ats_config_read_file(table, &options, &values, path, &err);
    cr_assert_eq(unlink(path), 0);
    return status;
}

static void assert_file_refused(const char *data, const char *ending)
{
    cr_assert_eq(read_text(data, strlen(data)), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, ending), "'%s' does not hold '%s'", err.text, ending);
}

Test(config, sets_every_default)
{
    cr_assert_null(options.name);
    cr_assert_str_eq(options.folder, "/var/lib/x");
    cr_assert_str_eq(options.site, "");
    cr_assert_eq(options.count, 7);
    cr_assert_not(options.exclusive);
    cr_assert_eq(options.mode, 0);
    cr_assert_eq(options.wait_ms, 90000);
    cr_assert_eq(options.size, 16 * 1024 * 1024);
}

Test(config, sets_each_type)
{
    char name[] = "gate-1";
    cr_assert_eq(set("name", name), ATS_OK);
    name[0] = 'x';
    cr_assert_str_eq(options.name, "gate-1", "the text is a copy");
    cr_assert_eq(set("folder", "/x"), ATS_OK);
    cr_assert_eq(set("site", ""), ATS_OK);
    cr_assert_eq(set("count", "100"), ATS_OK);
    cr_assert_eq(set("exclusive", "true"), ATS_OK);
    cr_assert_eq(set("mode", "observe"), ATS_OK);
    cr_assert_eq(set("wait", "1h"), ATS_OK);
    cr_assert_eq(set("size", "4096"), ATS_OK);
    cr_assert_str_eq(options.folder, "/x");
    cr_assert_eq(options.count, 100);
    cr_assert(options.exclusive);
    cr_assert_eq(options.mode, 1);
    cr_assert_eq(options.wait_ms, 3600000);
    cr_assert_eq(options.size, 4096);
}

Test(config, a_later_value_wins)
{
    cr_assert_eq(set("name", "first"), ATS_OK);
    cr_assert_eq(set("name", "second"), ATS_OK);
    cr_assert_str_eq(options.name, "second");
}

Test(config, names_the_nearest_key_for_an_unknown_one)
{
    assert_refused("exklusive", "true",
                   "test.conf:3: unknown key 'exklusive' (did you mean 'exclusive'?)");
}

Test(config, names_no_key_when_none_is_near)
{
    assert_refused("something_else", "true", "test.conf:3: unknown key 'something_else'");
}

Test(config, refuses_a_bad_value_with_what_is_allowed)
{
    assert_refused("count", "0",
                   "test.conf:3: key 'count': '0' is not allowed (allowed: 1 to 100)");
    assert_refused("count", "101",
                   "test.conf:3: key 'count': '101' is not allowed (allowed: 1 to 100)");
    assert_refused("count", "7x",
                   "test.conf:3: key 'count': '7x' is not allowed (allowed: 1 to 100)");
    assert_refused("exclusive", "yes",
                   "test.conf:3: key 'exclusive': 'yes' is not allowed (allowed: true or false)");
    assert_refused("mode", "watch",
                   "test.conf:3: key 'mode': 'watch' is not allowed (allowed: enforce or observe)");
    assert_refused("wait", "10",
                   "test.conf:3: key 'wait': '10' is not allowed (allowed: 10ms to 1h, with its "
                   "unit: ms, s, m, h or d)");
    assert_refused("wait", "2h",
                   "test.conf:3: key 'wait': '2h' is not allowed (allowed: 10ms to 1h)");
    assert_refused("size", "1TB",
                   "test.conf:3: key 'size': '1TB' is not allowed (allowed: 0 to 1024GiB)");
    assert_refused("name", "", "test.conf:3: key 'name': '' is not allowed (allowed: a text)");
}

Test(config, refuses_a_control_character)
{
    cr_assert_eq(set("name", "two\nlines"), ATS_ERR_CONFIG);
}

Test(config, keeps_the_old_value_after_a_refusal)
{
    cr_assert_eq(set("count", "8"), ATS_OK);
    cr_assert_eq(set("count", "999"), ATS_ERR_CONFIG);
    cr_assert_eq(options.count, 8);
}

Test(config, cuts_a_hostile_value_in_the_error)
{
    char value[4096];
    memset(value, 'x', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    cr_assert_eq(set("count", value), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, "(allowed: 1 to 100)"));
}

Test(config, says_which_required_key_is_missing)
{
    cr_assert_eq(ats_config_end(table, &values, "--", &err), ATS_ERR_CONFIG);
    cr_assert_str_eq(err.text, "--name is missing: Who it is.");
    static const struct ats_property two_words[] = {
        {"two_words", ATS_PROPERTY_TEXT, offsetof(struct options, name), 0, 0, NULL, NULL, "x"},
        {0},
    };
    cr_assert_eq(ats_config_end(two_words, &values, "--", &err), ATS_ERR_CONFIG);
    cr_assert_str_eq(err.text, "--two-words is missing: x");
    cr_assert_eq(ats_config_end(two_words, &values, "plugin_opt_", &err), ATS_ERR_CONFIG);
    cr_assert_str_eq(err.text, "plugin_opt_two_words is missing: x");
    cr_assert_eq(set("name", "x"), ATS_OK);
    cr_assert_eq(ats_config_end(table, &values, "--", &err), ATS_OK);
}

Test(config, refuses_a_table_with_a_bad_default)
{
    static const struct ats_property bad[] = {
        {"count", ATS_PROPERTY_INTEGER, offsetof(struct options, count), 1, 5, NULL, "9", "x"},
        {0},
    };
    struct ats_config_values none = {0};
    cr_assert_eq(ats_config_begin(bad, &options, &none, &err), ATS_ERR_CONFIG);
    ats_config_values_fini(&none);
}

Test(config, reads_a_file_with_comments_and_spaces)
{
    static const char text[] =
        "# a comment = nothing\n\n  name =  gate 1 \r\nmode=observe\ncount = 9";
    cr_assert_eq(read_text(text, sizeof(text) - 1), ATS_OK, "%s", err.text);
    cr_assert_str_eq(options.name, "gate 1");
    cr_assert_eq(options.mode, 1);
    cr_assert_eq(options.count, 9);
}

Test(config, reads_an_empty_file)
{
    cr_assert_eq(read_text("", 0), ATS_OK);
}

Test(config, names_file_and_line_of_an_error)
{
    assert_file_refused("name = x\nmodus = observe\n", ":2: unknown key 'modus'");
    assert_file_refused("\n\ncount = many\n", ":3: key 'count': 'many' is not allowed");
    assert_file_refused("name\n", ":1: not a line of the form \"key = value\"");
    assert_file_refused("= x\n", ":1: unknown key ''");
}

Test(config, refuses_a_key_that_a_file_gives_twice)
{
    assert_file_refused("count = 1\ncount = 2\n",
                        ":2: key 'count' is given twice (first in line 1)");
}

Test(config, names_the_line_of_a_nul)
{
    cr_assert_eq(read_text("count = 1\nname = a\0b\n", 21), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, ":2: a NUL byte"), "%s", err.text);
}

static void assert_blamed(const char *name, const char *text)
{
    (void)ats_error_set(&err, ATS_ERR_IO, "in use");
    ats_config_blame(table, &values, name, &err);
    cr_assert_str_eq(err.text, text);
    cr_assert_eq(err.status, ATS_ERR_IO);
}

Test(config, an_error_found_later_names_where_the_value_stands)
{
    assert_blamed("site", "by default: key 'site': in use");
    cr_assert_eq(set("site", "north"), ATS_OK);
    assert_blamed("site", "test.conf:3: key 'site': in use");
    cr_assert_eq(ats_config_set(table, &options, &values, "site", "south", "--site", &err), ATS_OK);
    assert_blamed("site", "--site: key 'site': in use");
    cr_assert_eq(set("count", "999"), ATS_ERR_CONFIG);
    assert_blamed("count", "by default: key 'count': in use");
}

Test(config, refuses_a_file_that_is_too_large)
{
    char *text = calloc(1, ATS_CONFIG_FILE_MAX + 1);
    cr_assert_not_null(text);
    memset(text, '#', ATS_CONFIG_FILE_MAX + 1);
    cr_assert_eq(read_text(text, ATS_CONFIG_FILE_MAX + 1), ATS_ERR_LIMIT);
    free(text);
}

Test(config, says_that_a_file_is_missing)
{
    cr_assert_eq(ats_config_read_file(table, &options, &values, "/nowhere/x.conf", &err),
                 ATS_ERR_NOT_FOUND);
    cr_assert_not_null(strstr(err.text, "/nowhere/x.conf"));
}

Test(config, what_it_prints_reads_back)
{
    struct ats_buf first;
    struct ats_buf second;
    ats_buf_init(&first, 4096);
    ats_buf_init(&second, 4096);
    cr_assert_eq(set("name", "gate 1"), ATS_OK);
    cr_assert_eq(set("wait", "1500ms"), ATS_OK);
    cr_assert_eq(set("size", "0"), ATS_OK);
    ats_config_print(table, &options, &first);
    cr_assert_not_null(strstr(ats_buf_text(&first), "wait = 1500ms\n"));
    cr_assert_not_null(strstr(ats_buf_text(&first), "folder = /var/lib/x\n"));
    ats_config_values_fini(&values);
    begin();
    cr_assert_eq(read_text(ats_buf_text(&first), first.len), ATS_OK, "%s", err.text);
    ats_config_print(table, &options, &second);
    cr_assert_str_eq(ats_buf_text(&first), ats_buf_text(&second));
    ats_buf_fini(&first);
    ats_buf_fini(&second);
}

Test(config, the_reference_has_a_row_per_key)
{
    struct ats_buf page;
    ats_buf_init(&page, 4096);
    ats_config_print_reference(table, &page);
    const char *text = ats_buf_text(&page);
    cr_assert_not_null(strstr(text, "| `name` | a text | required | Who it is. |\n"));
    cr_assert_not_null(strstr(text, "| `wait` | 10ms to 1h | `90s` | How long. |\n"));
    cr_assert_not_null(strstr(text, "Whether a \\| b alone."));
    ats_buf_fini(&page);
}

Test(config, the_example_comments_out_everything_and_says_what_is_required)
{
    struct ats_buf page;
    ats_buf_init(&page, 4096);
    ats_config_print_example(table, "plugin_opt_", " ", &page);
    const char *text = ats_buf_text(&page);
    cr_assert_not_null(
        strstr(text, "# Who it is. Allowed: a text. Required.\n#plugin_opt_name ...\n"));
    cr_assert_not_null(strstr(text, "# How many. Allowed: 1 to 100.\n#plugin_opt_count 7\n"));
    ats_buf_fini(&page);
}
