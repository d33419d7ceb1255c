/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/common/contract/support.h"

#define ALL                                                                                        \
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["                                             \
    "{\"name\":\"b\",\"type\":\"boolean\"},{\"name\":\"i\",\"type\":\"int\"},"                     \
    "{\"name\":\"l\",\"type\":{\"type\":\"array\",\"items\":\"string\"}},"                         \
    "{\"name\":\"in\",\"type\":{\"type\":\"record\",\"name\":\"I\",\"fields\":["                   \
    "{\"name\":\"f\",\"type\":\"float\"},{\"name\":\"d\",\"type\":[\"null\",\"double\"]},"         \
    "{\"name\":\"s\",\"type\":[\"null\",\"string\"]}]}},"                                          \
    "{\"name\":\"m\",\"type\":{\"type\":\"map\",\"values\":\"null\"}},"                            \
    "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"OFF\",\"ON\"]}},"   \
    "{\"name\":\"x\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}}]}"

static struct ats_leaf leaves[16];

static enum ats_status decode(const struct ats_plan *plan, const char *bytes, size_t len)
{
    return ats_plan_decode(plan, ats_span_of(bytes, len), leaves);
}

static const char good[] = "\x01\x02"
                           "\x02\x02"
                           "a\x00"
                           "\0\0\x80\x3f\x00\x02\x04hi"
                           "\x02\x02"
                           "k\x00"
                           "\x02"
                           "AB";

Test(decode, every_single_value_is_a_leaf)
{
    struct ats_plan plan = plan_of(ALL);
    cr_assert_eq(decode(&plan, good, sizeof(good) - 1), ATS_OK);
    cr_assert_eq(plan.leaf_count, 7);
    cr_assert_eq(leaves[0].type, ATS_LEAF_BOOLEAN);
    cr_assert(leaves[0].value.boolean);
    cr_assert_eq(leaves[1].type, ATS_LEAF_INTEGER);
    cr_assert_eq(leaves[1].value.integer, 1);
    cr_assert_eq(leaves[2].type, ATS_LEAF_REAL);
    cr_assert_eq(leaves[2].value.real, 1.0);
    cr_assert_eq(leaves[3].type, ATS_LEAF_ABSENT);
    cr_assert(ats_span_is(leaves[4].value.text, "hi"));
    cr_assert(ats_span_is(leaves[5].value.text, "ON"));
    cr_assert(ats_span_is(leaves[6].value.text, "AB"));
    ats_plan_fini(&plan);
}

Test(decode, every_cut_and_every_longer_value_is_malformed)
{
    struct ats_plan plan = plan_of(ALL);
    for (size_t len = 0; len < sizeof(good) - 1; len++)
        cr_assert_eq(decode(&plan, good, len), ATS_ERR_MALFORMED, "%zu", len);
    cr_assert_eq(decode(&plan, good, sizeof(good)), ATS_ERR_MALFORMED);
    ats_plan_fini(&plan);
}

static void expect(const char *type, const char *bytes, size_t len, enum ats_status status)
{
    struct ats_plan plan = plan_of_type(type);
    cr_assert_eq(decode(&plan, bytes, len), status, "%s", type);
    ats_plan_fini(&plan);
}
#define EXPECT(type, bytes, status) expect(type, bytes, sizeof(bytes) - 1, status)
#define ARRAY "{\"type\":\"array\",\"items\":\"int\"}"
#define NULLS "{\"type\":\"array\",\"items\":\"null\"}"

Test(decode, bytes_that_do_not_fit_the_schema_are_malformed)
{
    EXPECT("\"boolean\"", "\x02", ATS_ERR_MALFORMED);
    EXPECT("\"int\"", "\xfe\xff\xff\xff\x0f", ATS_OK);
    EXPECT("\"int\"", "\x80\x80\x80\x80\x10", ATS_ERR_MALFORMED);
    EXPECT("\"long\"", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", ATS_ERR_MALFORMED);
    EXPECT("\"string\"", "\x02\xff", ATS_ERR_MALFORMED);
    EXPECT("\"bytes\"", "\x02\xff", ATS_OK);
    EXPECT("\"string\"", "\x01", ATS_ERR_MALFORMED);
    EXPECT("\"string\"", "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", ATS_ERR_MALFORMED);
    EXPECT("[\"null\",\"int\"]", "\x04", ATS_ERR_MALFORMED);
    EXPECT("[\"null\",\"int\"]", "\x01", ATS_ERR_MALFORMED);
    EXPECT("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}", "\x02", ATS_ERR_MALFORMED);
}

Test(decode, blocks_come_in_every_form_that_avro_has)
{
    EXPECT(ARRAY, "\x04\x02\x04\x02\x06\x00", ATS_OK);        /* two blocks */
    EXPECT(ARRAY, "\x03\x04\x02\x04\x00", ATS_OK);            /* a block with its size */
    EXPECT(ARRAY, "\x03\x06\x02\x04\x00", ATS_ERR_MALFORMED); /* a wrong size */
    EXPECT(ARRAY, "\x03\x01\x02\x04\x00", ATS_ERR_MALFORMED); /* a negative size */
    EXPECT(ARRAY, "\x04\x02", ATS_ERR_MALFORMED);             /* fewer items */
    EXPECT(ARRAY, "\x02\x02", ATS_ERR_MALFORMED);             /* no end */
}

Test(decode, a_hostile_count_ends_at_once)
{
    EXPECT(ARRAY, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02", ATS_ERR_MALFORMED);
    EXPECT(ARRAY, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02\x02\x00", ATS_ERR_MALFORMED);
    EXPECT(NULLS, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", ATS_OK);
    EXPECT(NULLS, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00", ATS_OK);
}
