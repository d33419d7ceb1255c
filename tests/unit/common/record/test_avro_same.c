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

/* {"type":{"type":...{"type":"int"}}}, so many levels; the outermost has a member more. */
static void nest(char *text, size_t size, int levels, const char *more)
{
    int len = snprintf(text, size, "{%s\"type\":", more);
    for (int i = 1; i < levels; i++)
        len += snprintf(text + len, size - (size_t)len, "{\"type\":");
    len += snprintf(text + len, size - (size_t)len, "\"int\"");
    for (int i = 0; i < levels; i++)
        len += snprintf(text + len, size - (size_t)len, "}");
}

Test(avro_same, types_wrapped_in_too_many_levels_are_another)
{
    char a[2048];
    char b[2048];
    nest(a, sizeof(a), 60, "");
    nest(b, sizeof(b), 60, "\"doc\":\"y\",");
    cr_assert(is_same(a, b));
    nest(a, sizeof(a), 100, "");
    nest(b, sizeof(b), 100, "\"doc\":\"y\",");
    cr_assert_not(is_same(a, b));
    cr_assert(is_same(a, a));
}

Test(avro_same, what_is_no_schema_is_the_same_as_none)
{
    cr_assert_not(is_same("\"int\"", "nothing"));
    cr_assert_not(is_same("", ""));
    cr_assert_not(is_same("\"int\"", ""));
}
