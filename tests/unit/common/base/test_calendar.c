/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/calendar.h"

#include <criterion/criterion.h>

static void check_time(const char *text, int64_t expected_ms)
{
    int64_t ms = 0;
    cr_assert(ats_calendar_time(ats_span_text(text), &ms), "%s", text);
    cr_assert_eq(ms, expected_ms, "%s", text);
}

Test(calendar, reads_times_of_any_offset)
{
    check_time("1970-01-01T00:00:00Z", 0);
    check_time("2026-11-24T13:32:52.123Z", 1795527172123);
    check_time("2026-11-24T14:32:52.1239+01:00", 1795527172123);
    check_time("1969-12-31T23:59:59.999Z", -1);
}

Test(calendar, reads_the_beginning_of_a_day)
{
    int64_t ms = 1;
    cr_assert(ats_calendar_date(ats_span_text("1970-01-01"), &ms));
    cr_assert_eq(ms, 0);
    cr_assert(ats_calendar_date(ats_span_text("2000-02-29"), &ms));
    cr_assert_eq(ms, 951782400000);
}

Test(calendar, refuses_what_is_no_day)
{
    static const char *const texts[] = {"",           "2027-02-29", "2027-13-01",  "2027-00-01",
                                        "2027-1-1",   "0000-01-01", "2027-01-01 ", "2027/01/01",
                                        "27-01-01",   "2027-04-31", "2027-01-0x",  "12027-01-01",
                                        "2027-01-01T"};
    int64_t ms = 0;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        cr_assert_not(ats_calendar_date(ats_span_text(texts[i]), &ms), "%s", texts[i]);
}

Test(calendar, refuses_what_is_no_time)
{
    static const char *const texts[] = {"2026-11-24", "2026-11-24T13:32:52", "2026-11-24T24:00:00Z",
                                        "2026-02-30T00:00:00Z", "2026-11-24T13:32:52.Z"};
    int64_t ms = 0;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        cr_assert_not(ats_calendar_time(ats_span_text(texts[i]), &ms), "%s", texts[i]);
}

Test(calendar, a_time_is_written_as_it_is_read)
{
    static const int64_t times[] = {
        ATS_CALENDAR_MIN_MS, -1, 0, INT64_C(951782399999), INT64_C(1709208000001),
        ATS_CALENDAR_MAX_MS};
    char text[ATS_RFC3339_SIZE];
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        int64_t back = 0;
        cr_assert_eq(ats_calendar_format(times[i], text), 24);
        cr_assert(ats_calendar_time(ats_span_text(text), &back), "%s", text);
        cr_assert_eq(back, times[i], "%s", text);
    }
    (void)ats_calendar_format(ATS_CALENDAR_MAX_MS + 1, text);
    cr_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
}
