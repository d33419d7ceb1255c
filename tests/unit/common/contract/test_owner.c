/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/owner.h"

#include <criterion/criterion.h>

#define BOTH (ATS_OWNER_OT | ATS_OWNER_IT)

Test(owner, has_two_sides)
{
    char text[ATS_OWNERS_TEXT_SIZE];
    cr_assert_eq(ats_owner_parse(ats_span_text("ot")), ATS_OWNER_OT);
    cr_assert_eq(ats_owner_parse(ats_span_text("it")), ATS_OWNER_IT);
    cr_assert_eq(ats_owner_parse(ats_span_text("OT")), 0);
    cr_assert_eq(ats_owner_parse(ats_span_text("")), 0);
    ats_owners_text(BOTH, text);
    cr_assert_str_eq(text, "ot and it");
    ats_owners_text(ATS_OWNER_IT, text);
    cr_assert_str_eq(text, "it");
    ats_owners_text(0, text);
    cr_assert_str_eq(text, "");
}

Test(owner, of_one_side_either_person_is_enough)
{
    cr_assert(ats_owners_suffice(0, 0, 0));
    cr_assert(ats_owners_suffice(ATS_OWNER_OT, ATS_OWNER_OT, 0));
    cr_assert(ats_owners_suffice(ATS_OWNER_OT, 0, BOTH));
    cr_assert_not(ats_owners_suffice(ATS_OWNER_OT, ATS_OWNER_IT, 0));
}

Test(owner, of_both_sides_each_is_a_person)
{
    cr_assert(ats_owners_suffice(BOTH, ATS_OWNER_OT, ATS_OWNER_IT));
    cr_assert(ats_owners_suffice(BOTH, ATS_OWNER_IT, BOTH));
    cr_assert(ats_owners_suffice(BOTH, BOTH, BOTH));
    cr_assert_not(ats_owners_suffice(BOTH, BOTH, 0));
    cr_assert_not(ats_owners_suffice(BOTH, ATS_OWNER_OT, ATS_OWNER_OT));
}
