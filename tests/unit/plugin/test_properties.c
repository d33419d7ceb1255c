/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/properties.h"

#include <criterion/criterion.h>
#include <string.h>

static struct ats_gate_properties take(const char *first, const char *second)
{
    struct ats_gate_properties properties = {0};
    ats_properties_take("x", "y", &properties);
    ats_properties_take(ATS_DEVICE_PROOF_PROPERTY, first, &properties);
    if (second)
        ats_properties_take(ATS_DEVICE_PROOF_PROPERTY, second, &properties);
    return properties;
}

Test(properties, one_proof_is_taken)
{
    struct ats_gate_properties properties = take("m1.x", NULL);
    cr_assert_str_eq(properties.proof, "m1.x");
    cr_assert_not(properties.proof_too_long);
}

Test(properties, a_proof_that_is_empty_too_long_or_there_twice_is_noted_and_stays_so)
{
    char large[ATS_DEVICE_PROOF_SIZE + 1];
    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    cr_assert(take("", NULL).proof_too_long);
    cr_assert(take(large, NULL).proof_too_long);
    cr_assert(take("m1.x", "m1.x").proof_too_long);
    cr_assert(take("m1.x", "").proof_too_long);
    cr_assert(take("", "m1.x").proof_too_long);
    cr_assert(take(large, "m1.x").proof_too_long);
}

Test(properties, of_two_traceparents_the_later_counts)
{
    struct ats_gate_properties properties = {0};
    ats_properties_take("traceparent", "a", &properties);
    ats_properties_take("traceparent", "b", &properties);
    cr_assert_str_eq(properties.traceparent, "b");
}

Test(properties, of_a_long_content_type_the_beginning_is_kept_in_whole_characters)
{
    struct ats_gate_properties properties = {0};
    char text[ATS_CONTENT_TYPE_MAX + 8] = {0};
    ats_properties_take_content_type("application/json", &properties);
    cr_assert_str_eq(properties.content_type, "application/json");
    memset(text, 'x', ATS_CONTENT_TYPE_MAX - 1);
    memcpy(text + ATS_CONTENT_TYPE_MAX - 1, "\xc3\xa4", 2);
    ats_properties_take_content_type(text, &properties);
    cr_assert_eq(strlen(properties.content_type), ATS_CONTENT_TYPE_MAX - 1);
}
