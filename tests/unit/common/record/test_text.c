/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/text.h"

#include <criterion/criterion.h>

Test(text, writes_decimal_and_hexadecimal_numbers)
{
    char text[ATS_TEXT_NUMBER_SIZE];
    cr_assert_eq(ats_text_decimal(0, text), 1);
    cr_assert_str_eq(text, "0");
    cr_assert_eq(ats_text_decimal(UINT64_MAX, text), 20);
    cr_assert_str_eq(text, "18446744073709551615");
    cr_assert_eq(ats_text_hex64(0xfedcba9876543210, text), 16);
    cr_assert_str_eq(text, "fedcba9876543210");
}

Test(text, writes_times_as_the_c_library_does)
{
    static const int64_t times[] = {0,
                                    -1,
                                    INT64_C(951782400000),
                                    INT64_C(951868799999),
                                    INT64_C(-62135596800000),
                                    INT64_C(253402300799999),
                                    INT64_C(1764000000123),
                                    INT64_C(-2208988800001)};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        char ours[ATS_RFC3339_SIZE], theirs[ATS_RFC3339_SIZE];
        ats_clock_format_rfc3339(times[i], theirs);
        /* strftime's %Y does not pad. */
        if (times[i] > INT64_C(-30000000000000))
            cr_assert_str_eq((ats_text_time(times[i], ours), ours), theirs);
        int64_t back = 0;
        size_t len = ats_text_time(times[i], ours);
        cr_assert_eq(ats_text_time_parse(ats_span_of(ours, len), &back), ATS_OK);
        cr_assert_eq(back, times[i], "%s", ours);
    }
}

Test(text, every_day_of_four_centuries_comes_back)
{
    for (int64_t day = -135140; day < 146097; day++) {
        char text[ATS_RFC3339_SIZE];
        int64_t back = 0;
        size_t len = ats_text_time(day * 86400000 + 1, text);
        cr_assert_eq(ats_text_time_parse(ats_span_of(text, len), &back), ATS_OK);
        cr_assert_eq(back, day * 86400000 + 1, "%s", text);
    }
}

Test(text, moves_times_beyond_the_calendar_to_its_end)
{
    char text[ATS_RFC3339_SIZE];
    (void)ats_text_time(INT64_MAX, text);
    cr_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
    (void)ats_text_time(INT64_MIN, text);
    cr_assert_str_eq(text, "0001-01-01T00:00:00.000Z");
}

Test(text, refuses_times_of_another_form)
{
    static const char *const bad[] = {"",
                                      "2025-11-24T16:00:00Z",
                                      "2025-11-24 16:00:00.000Z",
                                      "2025-00-24T16:00:00.000Z",
                                      "2025-11-32T16:00:00.000Z",
                                      "2025-11-24T24:00:00.000Z",
                                      "2025-11-24T16:60:00.000Z",
                                      "2025-11-24T16:00:60.000Z",
                                      "0000-11-24T16:00:00.000Z",
                                      "2025-11-24T16:00:00.000z",
                                      "2025-11-24T16:00:00.0x0Z"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t unused = 0;
        cr_assert_eq(ats_text_time_parse(ats_span_text(bad[i]), &unused), ATS_ERR_MALFORMED, "%s",
                     bad[i]);
    }
}
