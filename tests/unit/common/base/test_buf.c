/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/buf.h"

#include <criterion/criterion.h>

Test(buf, grows_and_keeps_what_it_has)
{
    struct ats_buf buf;
    ats_buf_init(&buf, 4096);
    for (int i = 0; i < 1000; i++)
        ats_buf_append_byte(&buf, (uint8_t)i);
    cr_assert_eq(buf.status, ATS_OK);
    cr_assert_eq(buf.len, 1000);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(buf.data[i], (uint8_t)i);
    ats_buf_fini(&buf);
}

Test(buf, takes_exactly_its_maximum)
{
    struct ats_buf buf;
    ats_buf_init(&buf, 4);
    ats_buf_append(&buf, "abcd", 4);
    cr_assert_eq(buf.status, ATS_OK);
    ats_buf_append_byte(&buf, 'e');
    cr_assert_eq(buf.status, ATS_ERR_LIMIT);
    cr_assert(ats_span_is(ats_buf_span(&buf), "abcd"));
    ats_buf_fini(&buf);
}

Test(buf, does_nothing_more_after_a_failure)
{
    struct ats_buf buf;
    ats_buf_init(&buf, 4);
    ats_buf_append(&buf, "abcde", 5);
    ats_buf_append_text(&buf, "x");
    ats_buf_printf(&buf, "%d", 1);
    cr_assert_eq(buf.len, 0);
    cr_assert_null(ats_buf_reserve(&buf, 1));
    cr_assert_null(ats_buf_text(&buf));
    ats_buf_clear(&buf);
    ats_buf_append_text(&buf, "x");
    cr_assert_eq(buf.status, ATS_OK);
    cr_assert_eq(buf.len, 1);
    ats_buf_fini(&buf);
}

Test(buf, a_length_that_would_overflow_is_over_the_limit)
{
    struct ats_buf buf;
    ats_buf_init(&buf, 100);
    ats_buf_append_text(&buf, "x");
    cr_assert_null(ats_buf_reserve(&buf, SIZE_MAX));
    cr_assert_eq(buf.status, ATS_ERR_LIMIT);
    ats_buf_fini(&buf);
}

Test(buf, formats_text_of_any_length)
{
    struct ats_buf buf;
    ats_buf_init(&buf, 4096);
    ats_buf_append_text(&buf, "n=");
    ats_buf_printf(&buf, "%d %0*d", 7, 600, 1);
    cr_assert_eq(buf.status, ATS_OK);
    cr_assert_eq(buf.len, 604);
    cr_assert_eq(strncmp(ats_buf_text(&buf), "n=7 000", 7), 0);
    ats_buf_fini(&buf);
}

Test(buf, a_text_ends_with_a_nul_that_is_not_counted)
{
    struct ats_buf buf;
    ats_buf_init(&buf, 16);
    cr_assert_str_eq(ats_buf_text(&buf), "");
    ats_buf_append_text(&buf, "abc");
    cr_assert_str_eq(ats_buf_text(&buf), "abc");
    cr_assert_eq(buf.len, 3);
    ats_buf_fini(&buf);
}

Test(buf, can_be_used_again_after_fini)
{
    struct ats_buf buf;
    ats_buf_init(&buf, 16);
    ats_buf_append_text(&buf, "abc");
    ats_buf_fini(&buf);
    cr_assert_null(buf.data);
    ats_buf_append_text(&buf, "d");
    cr_assert(ats_span_is(ats_buf_span(&buf), "d"));
    ats_buf_fini(&buf);
    ats_buf_fini(NULL);
}

Test(buf, appending_nothing_is_fine)
{
    struct ats_buf buf;
    ats_buf_init(&buf, 0);
    ats_buf_append(&buf, NULL, 0);
    cr_assert_eq(buf.status, ATS_OK);
    cr_assert_eq(buf.len, 0);
    ats_buf_fini(&buf);
}

Test(buf, room_is_had_only_where_it_is_there_already)
{
    struct ats_buf buf;
    ats_buf_init(&buf, 300);
    cr_assert_null(ats_buf_room(&buf, 1)); /* no memory yet */
    ats_buf_append_byte(&buf, 'a');
    cr_assert_eq(ats_buf_room(&buf, 100), buf.data + 1);
    cr_assert_null(ats_buf_room(&buf, buf.cap)); /* it would have to grow */
    cr_assert_eq(buf.status, ATS_OK);
    cr_assert_not_null(ats_buf_reserve(&buf, 299));
    cr_assert_gt(buf.cap, 300);
    cr_assert_not_null(ats_buf_room(&buf, 299));
    cr_assert_null(ats_buf_room(&buf, 300)); /* past the maximum, though within the memory */
    buf.max = 0;
    cr_assert_null(ats_buf_room(&buf, 1));
    ats_buf_clear(&buf);
    buf.status = ATS_ERR_LIMIT;
    cr_assert_null(ats_buf_room(&buf, 1));
    ats_buf_fini(&buf);
}
