/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kafka/record.h"

#include <criterion/criterion.h>

Test(record, finds_the_last_header_of_a_name)
{
    struct ats_kafka_record record = {0};
    ats_kafka_record_add_text(&record, "a", "1");
    ats_kafka_record_add_text(&record, "b", "2");
    ats_kafka_record_add_text(&record, "a", "3");
    cr_assert(ats_span_is(ats_kafka_record_header(&record, "a"), "3"));
    cr_assert(ats_span_is(ats_kafka_record_header(&record, "b"), "2"));
}

Test(record, a_missing_header_has_no_data)
{
    struct ats_kafka_record record = {0};
    cr_assert_null(ats_kafka_record_header(&record, "a").data);
}

Test(record, holds_as_many_headers_as_the_limit_says)
{
    struct ats_kafka_record record = {0};
    for (int i = 0; i < ATS_KAFKA_HEADERS_MAX; i++)
        ats_kafka_record_add_text(&record, "a", "1");
    cr_assert_eq(record.header_count, ATS_KAFKA_HEADERS_MAX);
}
