/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/counter_record.h"

#include <criterion/criterion.h>

static uint8_t data[ATS_COUNTER_RECORD_MAX];

Test(counter_record, says_what_was_written)
{
    struct ats_counter_record record;
    size_t len = ats_counter_record_encode("pump-1", UINT64_MAX, data);
    cr_assert_eq(len, 4 + 6 + 8);
    cr_assert(ats_counter_record_decode(ats_span_of(data, len), &record));
    cr_assert(ats_span_is(record.owner, "pump-1"));
    cr_assert_eq(record.counter, UINT64_MAX);
}

Test(counter_record, has_room_for_the_longest_name_and_no_more)
{
    char name[ATS_NUMBERS_OWNER_SIZE + 1];
    memset(name, 'n', sizeof(name));
    name[ATS_NUMBERS_OWNER_SIZE] = '\0';
    cr_assert_eq(ats_counter_record_encode(name, 1, data), 0);
    name[ATS_NUMBERS_OWNER_SIZE - 1] = '\0';
    cr_assert_eq(ats_counter_record_encode(name, 1, data), ATS_COUNTER_RECORD_MAX);
}

Test(counter_record, is_whole_or_none)
{
    struct ats_counter_record record;
    uint8_t longer[ATS_COUNTER_RECORD_MAX + 1] = {0};
    size_t len = ats_counter_record_encode("pump-1", 7, data);
    for (size_t cut = 0; cut < len; cut++)
        cr_assert_not(ats_counter_record_decode(ats_span_of(data, cut), &record), "%zu", cut);
    memcpy(longer, data, len);
    cr_assert_not(ats_counter_record_decode(ats_span_of(longer, len + 1), &record));
    len = ats_counter_record_encode("", 7, data);
    cr_assert_not(ats_counter_record_decode(ats_span_of(data, len), &record), "of no device");
}
