/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect_text(const char *text, const char *expected)
{
    json_t *value = ats_output_text(text);
    cr_assert_not_null(value, "%s", expected);
    cr_assert_str_eq(json_string_value(value), expected);
    json_decref(value);
}

Test(output, a_text_that_is_no_utf8_is_still_a_json_string)
{
    expect_text("", "");
    expect_text("a\xc3\xa9z", "a\xc3\xa9z");
    expect_text("p\xff", "p\xef\xbf\xbd");
    expect_text("\xc3(\xe2\x82", "\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd");
}

Test(output, a_word_goes_with_its_count)
{
    cr_assert_str_eq(ats_output_word(0, "record", "records"), "records");
    cr_assert_str_eq(ats_output_word(1, "record", "records"), "record");
    cr_assert_str_eq(ats_output_word(2, "record", "records"), "records");
}

static void expect_plain(const char *text, const char *expected)
{
    char *printed = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&printed, &len);
    cr_assert_not_null(to);
    ats_output_plain(to, text);
    (void)fclose(to);
    cr_assert_str_eq(printed, expected);
    free(printed);
}

Test(output, control_characters_neither_move_the_cursor_nor_end_a_line)
{
    expect_plain("a\x1b[2J\nfoo: admitted", "a\\u001b[2J\\u000afoo: admitted");
    expect_plain("\x7f\xc2\x9b\xc2\xa1", "\\u007f\\u009b\xc2\xa1");
    expect_plain("p\xff\xc3\xa9", "p\\xff\xc3\xa9");
}

Test(output, what_turns_the_direction_of_text_or_is_not_seen_is_written_out)
{
    expect_plain("a\xe2\x80\xae"
                 "b",
                 "a\\u202eb");
    expect_plain("\xd8\x9c\xc2\xad\xe2\x80\x8b\xef\xbb\xbf", "\\u061c\\u00ad\\u200b\\ufeff");
    expect_plain("a\xc2\xa0\xe3\x85\xa4\xf3\xa0\x81\x81", "a\\u00a0\\u3164\\U000e0041");
    expect_plain("\xc2\xae\xe2\x80\x90\xf0\x9f\x8f\xad", "\xc2\xae\xe2\x80\x90\xf0\x9f\x8f\xad");
}

static void expect_dump(json_t *value, const char *expected)
{
    char *text = ats_output_dump(value);
    cr_assert_str_eq(text, expected);
    free(text);
    json_decref(value);
}

Test(output, each_number_is_as_short_as_it_reads_back_the_same)
{
    expect_dump(json_real(0.92), "0.92");
    expect_dump(json_real(21), "21.0");
    expect_dump(json_real(0.1 + 0.2), "0.30000000000000004");
    expect_dump(json_real(1e300), "1e300");
    expect_dump(json_integer(INT64_MAX), "9223372036854775807");
    expect_dump(json_pack("{s:f, s:s%}", "x", 0.92, "s", "a\0b", (size_t)3),
                "{\"x\":0.92,\"s\":\"a\\u0000b\"}");
    expect_dump(
        json_pack("{s:f, s:f, s:[f, f, i, b, n], s:f}", "threshold", 0.92, "score", 0.1 + 0.2,
                  "list", -1e-7, 0.92, -7, 1, "1.10000000000000001", 1234567890123456.0),
        "{\"threshold\":0.92,\"score\":0.30000000000000004,\"list\":[-1e-7,0.92,-7,true,null],"
        "\"1.10000000000000001\":1234567890123456.0}");
}

Test(output, what_looks_like_a_number_in_a_text_stays_as_it_is)
{
    expect_dump(json_pack("[s, s, f]", "say \"0.92000000000000004\"", "\\", 0.92),
                "[\"say \\\"0.92000000000000004\\\"\",\"\\\\\",0.92]");
}

static void expect_members(json_t *object, const char *expected)
{
    char *printed = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&printed, &len);
    cr_assert_not_null(to);
    ats_output_members(to, object);
    (void)fclose(to);
    cr_assert_str_eq(printed, expected);
    free(printed);
    json_decref(object);
}

Test(output, what_is_empty_is_said_with_what_it_means)
{
    expect_members(json_pack("{s:[], s:{}, s:s, s:n, s:[], s:i, s:i, s:b}", "keys", "more", "site",
                             "", "gate", "contracts", "not_after", 0, "hourly", 0, "claims", 0),
                   "keys: -\nmore: -\nsite: -\ngate: -\ncontracts: (all)\nnot_after: never\n"
                   "hourly: 0\nclaims: false\n");
    expect_members(json_pack("{s:[i, s]}", "not_after", 0, "2026"), "not_after: never, 2026\n");
}

Test(output, objects_and_lists_of_them_stand_below_their_key)
{
    expect_members(json_pack("{s:{s:i, s:{s:s}}, s:[s, s], s:[{s:s, s:{s:i}}, {s:[]}, {}], s:s}",
                             "records", "root", 1, "deep", "a", "b", "kinds", "x", "y", "keys",
                             "id", "1", "more", "n", 2, "contracts", "end", "e"),
                   "records:\n  root: 1\n  deep:\n    a: b\nkinds: x, y\nkeys:\n"
                   "  - id: 1\n    more:\n      n: 2\n  - contracts: (all)\n  - -\nend: e\n");
    expect_members(json_pack("{s:{s:[n, [{s:i, s:i}]]}}", "changes", "keys", "id", 1, "n", 2),
                   "changes:\n  keys:\n    - -\n    -\n      - id: 1\n        n: 2\n");
}

Test(output, a_list_in_a_list_is_seen_to_end)
{
    expect_members(json_pack("{s:[[s, s], [s]]}", "sites", "a", "b", "c"),
                   "sites:\n  - a, b\n  - c\n");
}

Test(output, a_key_forges_no_line)
{
    expect_members(json_pack("{s:{s:i}}", "a", "b: c\nd", 1), "a:\n  b: c\\u000ad: 1\n");
}
