/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/refused.h"

#include <criterion/criterion.h>

static struct ats_refused refused;

static bool try_at(const char *topic, int64_t offset)
{
    struct ats_kafka_record record = {.topic = topic, .offset = offset};
    return ats_refused_try(&refused, &record);
}

Test(refused, one_of_many_is_found_by_trying_each_alone)
{
    for (int64_t offset = 0; offset < 3; offset++)
        cr_assert_not(try_at("t", offset));
    cr_assert_not(ats_refused_wants_one(&refused));
    ats_refused_note(&refused, 3);
    cr_assert(ats_refused_wants_one(&refused));
    cr_assert_not(try_at("t", 0));
    ats_refused_passed(&refused);
    cr_assert_not(try_at("t", 1));
    ats_refused_note(&refused, 1);
    cr_assert(try_at("t", 1), "it was refused alone");
    ats_refused_passed(&refused);
    cr_assert_not(try_at("t", 2));
    ats_refused_passed(&refused);
    cr_assert_not(ats_refused_wants_one(&refused));
}

Test(refused, the_same_offset_of_another_topic_is_another_record)
{
    ats_refused_note(&refused, 1);
    cr_assert_not(try_at("t", 7));
    ats_refused_note(&refused, 1);
    cr_assert(try_at("t", 7));
    cr_assert_not(try_at("u", 7));
}

Test(refused, a_transaction_of_one_that_is_refused_first_is_tried_once_more)
{
    cr_assert_not(try_at("t", 4));
    ats_refused_note(&refused, 1);
    cr_assert_not(try_at("t", 4));
    ats_refused_note(&refused, 1);
    cr_assert(try_at("t", 4));
}
