/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/error.h"
#include "common/base/utf8.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

Test(error, carries_status_and_sentence)
{
    struct ats_error err;
    cr_assert_eq(ats_error_set(&err, ATS_ERR_CONFIG, "key '%s': %d", "a", 7), ATS_ERR_CONFIG);
    cr_assert_eq(err.status, ATS_ERR_CONFIG);
    cr_assert_str_eq(err.text, "key 'a': 7");
}

Test(error, nobody_has_to_want_it)
{
    cr_assert_eq(ats_error_set(NULL, ATS_ERR_IO, "x"), ATS_ERR_IO);
    ats_error_prefix(NULL, "x");
}

Test(error, cuts_a_text_that_is_too_long)
{
    struct ats_error err;
    (void)ats_error_set(&err, ATS_ERR_IO, "%0*d", 2 * ATS_ERROR_TEXT_MAX, 1);
    cr_assert_eq(strlen(err.text), ATS_ERROR_TEXT_MAX - 1);
    ats_error_prefix(&err, "file:%d", 12);
    cr_assert_eq(strlen(err.text), ATS_ERROR_TEXT_MAX - 1);
    cr_assert_eq(strncmp(err.text, "file:12: 000", 12), 0);
    ats_error_prefix(&err, "%0*d", 2 * ATS_ERROR_TEXT_MAX, 1);
    cr_assert_eq(strlen(err.text), ATS_ERROR_TEXT_MAX - 1);
}

Test(error, a_prefix_stands_before_the_text)
{
    struct ats_error err;
    (void)ats_error_set(&err, ATS_ERR_IO, "no such key");
    ats_error_prefix(&err, "%s:%d", "gate.conf", 3);
    cr_assert_str_eq(err.text, "gate.conf:3: no such key");
}

Test(error, an_old_text_can_be_part_of_the_new_one)
{
    struct ats_error err;
    (void)ats_error_set(&err, ATS_ERR_IO, "disk full");
    (void)ats_error_set(&err, ATS_ERR_UNAVAILABLE, "cannot store: %s", err.text);
    cr_assert_str_eq(err.text, "cannot store: disk full");
}

Test(error, every_status_has_a_name_and_a_class)
{
    for (enum ats_status status = ATS_OK; status <= ATS_ERR_INTERNAL; status++) {
        cr_assert_not_null(ats_status_name(status), "%d", (int)status);
        cr_assert_eq(ats_status_class(status) == ATS_CLASS_OK, status == ATS_OK);
    }
    cr_assert_eq(ats_status_class(ATS_ERR_UNAVAILABLE), ATS_CLASS_RETRY);
    cr_assert_eq(ats_status_class(ATS_ERR_MALFORMED), ATS_CLASS_DROP);
    cr_assert_eq(ats_status_class(ATS_ERR_CORRUPT), ATS_CLASS_FATAL);
}

Test(error, a_full_disk_is_told_from_a_file_that_cannot_be_had)
{
    cr_assert_eq(ats_status_of_errno(ENOSPC), ATS_ERR_DISK);
    cr_assert_eq(ats_status_of_errno(EFBIG), ATS_ERR_DISK);
    cr_assert_eq(ats_status_of_errno(EIO), ATS_ERR_DISK);
    cr_assert_eq(ats_status_of_errno(EACCES), ATS_ERR_IO);
    cr_assert_eq(ats_status_of_errno(ENOENT), ATS_ERR_NOT_FOUND);
}

Test(error, a_text_is_cut_between_characters)
{
    struct ats_error err;
    for (int pad = ATS_ERROR_TEXT_MAX - 6; pad < ATS_ERROR_TEXT_MAX; pad++) {
        (void)ats_error_set(&err, ATS_ERR_IO, "%0*d\xf0\x9f\x98\x80\xc3\xa9", pad, 1);
        struct ats_span text = ats_span_text(err.text);
        cr_assert_eq(ats_utf8_span(text), text.len, "%d", pad);
        cr_assert_geq(text.len,
                      (size_t)pad < ATS_ERROR_TEXT_MAX - 5 ? (size_t)pad + 4 : (size_t)pad);
    }
}

Test(utf8, a_cut_keeps_whole_characters_and_bytes_that_are_none)
{
    cr_assert_eq(ats_utf8_cut("abc", 2), 2);
    cr_assert_eq(ats_utf8_cut("abc", 9), 3);
    cr_assert_eq(ats_utf8_cut("a\xc3\xa9", 2), 1);
    cr_assert_eq(ats_utf8_cut("a\xc3\xa9", 3), 3);
    cr_assert_eq(ats_utf8_cut("\xf0\x9f\x98\x80", 3), 0);
    cr_assert_eq(ats_utf8_cut("\xf0\x9f\x98\x80", 4), 4);
    cr_assert_eq(ats_utf8_cut("\x80\x80\x80\x80", 4), 4);
    cr_assert_eq(ats_utf8_cut("", 4), 0);
}
