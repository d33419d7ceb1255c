/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/avro_same.h"

#include <criterion/criterion.h>

static bool is_same(const char *a, const char *b)
{
    return ats_avro_same_type(ats_span_text(a), ats_span_text(b));
}

#define RECORD "{\"type\":\"record\",\"name\":\"a.b.R\",\"fields\":["

Test(avro_same, the_order_of_keys_and_space_say_nothing)
{
    cr_assert(is_same("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}",
                      " {\"name\" : \"E\", \"symbols\":[\"A\"], \"type\":\"enum\"}\n"));
}

Test(avro_same, other_words_for_the_same_type_are_the_same)
{
    cr_assert(is_same(RECORD "{\"name\":\"x\",\"type\":{\"type\":\"long\"}}]}",
                      RECORD "{\"name\":\"x\",\"type\":\"long\",\"doc\":\"y\"}],\"doc\":\"z\"}"));
    cr_assert(is_same(RECORD "{\"name\":\"x\",\"type\":\"long\"}]}",
                      "{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a.b\",\"fields\":[{"
                      "\"name\":\"x\",\"type\":\"long\"}]}"));
}

Test(avro_same, another_type_name_or_order_is_another_schema)
{
    cr_assert_not(is_same("\"int\"", "\"long\""));
    cr_assert_not(is_same(RECORD "{\"name\":\"x\",\"type\":\"long\"}]}",
                          RECORD "{\"name\":\"y\",\"type\":\"long\"}]}"));
    cr_assert_not(
        is_same(RECORD "{\"name\":\"x\",\"type\":\"long\"},{\"name\":\"y\",\"type\":\"long\"}]}",
                RECORD "{\"name\":\"y\",\"type\":\"long\"},{\"name\":\"x\",\"type\":\"long\"}]}"));
    cr_assert_not(is_same("[\"null\",\"long\"]", "[\"long\",\"null\"]"));
}

Test(avro_same, what_is_no_schema_is_the_same_as_none)
{
    cr_assert_not(is_same("\"int\"", "nothing"));
    cr_assert_not(is_same("", ""));
    cr_assert_not(is_same("\"int\"", ""));
}
