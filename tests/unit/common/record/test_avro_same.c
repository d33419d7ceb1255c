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

Test(avro_same, an_enum_with_fewer_symbols_is_another_either_way)
{
    static const char two[] = "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}";
    static const char one[] =
        "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"],\"doc\":\"d\"}";
    cr_assert_not(is_same(two, one));
    cr_assert_not(is_same(one, two));
}

Test(avro_same, a_reference_is_the_type_that_its_namespace_gives)
{
    static const char inner[] =
        "{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a\",\"fields\":["
        "{\"name\":\"x\",\"type\":[\"null\",\"R\"]}]}";
    static const char full[] = "{\"type\":\"record\",\"name\":\"a.R\",\"fields\":["
                               "{\"name\":\"x\",\"type\":[\"null\",\"a.R\"]}]}";
    static const char other[] = "{\"type\":\"record\",\"name\":\"b.R\",\"fields\":["
                                "{\"name\":\"x\",\"type\":[\"null\",\"R\"]}]}";
    cr_assert(is_same(inner, full));
    cr_assert_not(is_same(inner, other));
}

Test(avro_same, fixed_arrays_and_maps_are_compared_inside)
{
    cr_assert(is_same("{\"type\":\"array\",\"items\":\"int\"}",
                      "{\"type\":\"array\",\"items\":{\"type\":\"int\"}}"));
    cr_assert_not(
        is_same("{\"type\":\"array\",\"items\":\"int\"}", "{\"type\":\"map\",\"values\":\"int\"}"));
    cr_assert_not(
        is_same("{\"type\":\"map\",\"values\":\"int\"}", "{\"type\":\"map\",\"values\":\"long\"}"));
    cr_assert_not(is_same("{\"type\":\"fixed\",\"name\":\"F\",\"size\":4}",
                          "{\"type\":\"fixed\",\"name\":\"F\",\"size\":5}"));
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
