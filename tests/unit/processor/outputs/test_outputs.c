/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/outputs/output.h"

#include "common/base/limits.h"

#include <criterion/criterion.h>

static char id[ATS_THING_ID_SIZE];
static char other[ATS_THING_ID_SIZE];

static const char *thing(const char *asset)
{
    ats_output_thing_id("org.example", ats_span_text(asset), id);
    return id;
}

Test(thing_id, is_namespace_and_asset)
{
    cr_assert_str_eq(thing("line-3"), "org.example:line-3");
    cr_assert_str_eq(thing("0e:9c:00:4c:1c:51"), "org.example:0e:9c:00:4c:1c:51");
}

Test(thing_id, encodes_what_ditto_does_not_take_in_a_name)
{
    cr_assert_str_eq(thing("a/b c\x1f\x7f"), "org.example:a%2Fb%20c%1F%7F");
    cr_assert_str_eq(thing("M\xc3\xbchle"), "org.example:M%C3%BChle");
}

Test(thing_id, is_another_for_each_asset)
{
    static const char *const assets[] = {"a/b", "a_b",      "a%2Fb",    "a b",
                                         "a~b", "\xc3\xbc", "\xc3\xb6", "__"};
    size_t count = sizeof(assets) / sizeof(assets[0]);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            ats_output_thing_id("n", ats_span_text(assets[i]), id);
            ats_output_thing_id("n", ats_span_text(assets[j]), other);
            cr_assert_str_neq(id, other);
        }
    }
}

Test(thing_id, stays_within_dittos_256_characters)
{
    char namespace_[ATS_NAME_MAX + 1] = {0};
    char asset[ATS_NAME_MAX + 1] = {0};
    memset(namespace_, 'n', ATS_NAME_MAX);
    memset(asset, '/', ATS_NAME_MAX);
    ats_output_thing_id(namespace_, ats_span_text(asset), id);
    cr_assert_leq(strlen(id), 256);
    cr_assert_eq(id[ATS_NAME_MAX + 1], '~');
    asset[ATS_NAME_MAX - 1] = '?';
    ats_output_thing_id(namespace_, ats_span_text(asset), other);
    cr_assert_str_neq(id, other);
}

Test(outputs, have_an_occasion_each_and_end_with_null)
{
    unsigned occasions = 0;
    for (size_t i = 0; ats_outputs[i]; i++) {
        cr_assert_neq(ats_outputs[i]->occasions, 0);
        occasions |= ats_outputs[i]->occasions;
    }
    cr_assert_eq(occasions, ATS_OCCASION_DECISION | ATS_OCCASION_EPISODE_OPENED |
                                ATS_OCCASION_EPISODE_CLOSED | ATS_OCCASION_DEAD_LETTER);
}
