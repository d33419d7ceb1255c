/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/avro.h"

#include <criterion/criterion.h>

static void expect_long(int64_t value, const char *bytes, size_t len)
{
    struct ats_buf buf;
    struct ats_avro_reader reader;
    ats_buf_init(&buf, 100);
    ats_avro_put_long(&buf, value);
    cr_assert_eq(buf.len, len, "%lld", (long long)value);
    cr_assert_eq(memcmp(buf.data, bytes, len), 0, "%lld", (long long)value);
    ats_avro_reader_init(&reader, ats_buf_span(&buf));
    cr_assert_eq(ats_avro_get_long(&reader), value);
    cr_assert(ats_avro_reader_done(&reader));
    ats_buf_fini(&buf);
}

Test(avro, longs_are_zigzag_varints)
{
    expect_long(0, "\x00", 1);
    expect_long(-1, "\x01", 1);
    expect_long(1, "\x02", 1);
    expect_long(-64, "\x7f", 1);
    expect_long(64, "\x80\x01", 2);
    expect_long(INT64_MAX, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10);
    expect_long(INT64_MIN, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10);
}

Test(avro, values_are_read_back)
{
    struct ats_buf buf;
    struct ats_avro_reader reader;
    ats_buf_init(&buf, 1000);
    ats_avro_put_boolean(&buf, true);
    ats_avro_put_float(&buf, 1.5f);
    ats_avro_put_double(&buf, -2.25);
    ats_avro_put_text(&buf, "text");
    ats_avro_put_optional_text(&buf, NULL);
    ats_avro_put_optional_text(&buf, "x");
    ats_avro_reader_init(&reader, ats_buf_span(&buf));
    cr_assert(ats_avro_get_boolean(&reader));
    cr_assert_eq(ats_avro_get_float(&reader), 1.5f);
    cr_assert_eq(ats_avro_get_double(&reader), -2.25);
    cr_assert(ats_span_is(ats_avro_get_bytes(&reader), "text"));
    cr_assert_eq(ats_avro_get_long(&reader), 0);
    cr_assert_eq(ats_avro_get_long(&reader), 1);
    cr_assert(ats_span_is(ats_avro_get_fixed(&reader, 2), "\x02x"));
    cr_assert(ats_avro_reader_done(&reader));
    ats_buf_fini(&buf);
}

Test(avro, doubles_are_little_endian)
{
    struct ats_buf buf;
    ats_buf_init(&buf, 100);
    ats_avro_put_double(&buf, 1.0);
    cr_assert_eq(memcmp(buf.data, "\0\0\0\0\0\0\xf0\x3f", 8), 0);
    ats_buf_fini(&buf);
}

Test(avro, an_overlong_varint_fails)
{
    struct ats_avro_reader reader;
    ats_avro_reader_init(&reader, ats_span_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10));
    (void)ats_avro_get_long(&reader);
    cr_assert(reader.failed);
    ats_avro_reader_init(&reader, ats_span_of("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11));
    (void)ats_avro_get_long(&reader);
    cr_assert(reader.failed);
}

Test(avro, a_cut_value_fails_and_stays_failed)
{
    struct ats_avro_reader reader;
    ats_avro_reader_init(&reader, ats_span_of("\x80", 1));
    (void)ats_avro_get_long(&reader);
    cr_assert(reader.failed);
    cr_assert_not(ats_avro_reader_done(&reader));
    ats_avro_reader_init(&reader, ats_span_of("\x06\x61\x62", 3));
    cr_assert_null(ats_avro_get_bytes(&reader).data);
    cr_assert_eq(ats_avro_get_long(&reader), 0);
    cr_assert(reader.failed);
}

Test(avro, a_negative_or_huge_length_fails)
{
    struct ats_avro_reader reader;
    ats_avro_reader_init(&reader, ats_span_of("\x01\x61", 2));
    cr_assert_null(ats_avro_get_bytes(&reader).data);
    cr_assert(reader.failed);
    ats_avro_reader_init(&reader, ats_span_of("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10));
    cr_assert_null(ats_avro_get_bytes(&reader).data);
    cr_assert(reader.failed);
}

Test(avro, a_boolean_is_0_or_1)
{
    struct ats_avro_reader reader;
    ats_avro_reader_init(&reader, ats_span_of("\x02", 1));
    (void)ats_avro_get_boolean(&reader);
    cr_assert(reader.failed);
}
