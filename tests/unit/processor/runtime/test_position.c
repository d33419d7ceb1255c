/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/position.h"

#include <criterion/criterion.h>

/* Read up to 10 of the records 3 to 20; nothing is newer than what was read before 10. */
static const struct ats_position_facts plain = {
    .committed = 10, .is_ours = true, .was_read = true, .first = 3, .end = 21, .newer = 10};

Test(position, holds_within_the_log)
{
    struct ats_position_facts facts = plain;
    cr_assert_eq(ats_position_judge(&facts), ATS_POSITION_HOLDS);
    facts.end = 10;
    facts.newer = -1;
    cr_assert_eq(ats_position_judge(&facts), ATS_POSITION_HOLDS);
    facts.first = 10;
    cr_assert_eq(ats_position_judge(&facts), ATS_POSITION_HOLDS);
}

Test(position, of_a_new_input_is_its_beginning)
{
    const struct ats_position_facts facts = {.committed = -1001, .first = 5, .end = 9, .newer = -1};
    cr_assert_eq(ats_position_judge(&facts), ATS_POSITION_HOLDS);
}

Test(position, before_the_first_record_is_deleted)
{
    struct ats_position_facts facts = plain;
    facts.first = 11;
    facts.newer = 11;
    cr_assert_eq(ats_position_judge(&facts), ATS_POSITION_DELETED);
}

Test(position, behind_the_end_is_past_it)
{
    struct ats_position_facts facts = plain;
    facts.end = 9;
    facts.newer = -1;
    cr_assert_eq(ats_position_judge(&facts), ATS_POSITION_PAST_END);
}

Test(position, behind_a_record_that_is_newer_than_what_was_read_is_overwritten)
{
    struct ats_position_facts facts = plain;
    facts.newer = 9;
    cr_assert_eq(ats_position_judge(&facts), ATS_POSITION_OVERWRITTEN);
}

Test(position, without_a_mark_that_holds_is_foreign_wherever_it_is)
{
    struct ats_position_facts facts = plain;
    facts.is_ours = false;
    facts.newer = -1;
    cr_assert_eq(ats_position_judge(&facts), ATS_POSITION_FOREIGN);
    facts.was_read = false;
    cr_assert_eq(ats_position_judge(&facts), ATS_POSITION_FOREIGN);
    facts.end = 9;
    cr_assert_eq(ats_position_judge(&facts), ATS_POSITION_FOREIGN);
    facts.first = 11;
    cr_assert_eq(ats_position_judge(&facts), ATS_POSITION_FOREIGN);
}

Test(position, that_kafka_forgot_of_an_input_that_was_read_is_gone)
{
    struct ats_position_facts facts = plain;
    facts.committed = -2;
    cr_assert_eq(ats_position_judge(&facts), ATS_POSITION_GONE);
}
