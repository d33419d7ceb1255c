/* SPDX-License-Identifier: Apache-2.0 */
#include "device/wire.h"

#include <criterion/criterion.h>
#include <string.h>

Test(wire, numbers_are_big_endian_and_of_fixed_width)
{
    uint8_t memory[15];
    const uint8_t expected[15] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    ats_wire_put_u8(&writer, 0x01);
    ats_wire_put_u16(&writer, 0x0203);
    ats_wire_put_u32(&writer, 0x04050607);
    ats_wire_put_u64(&writer, 0x08090A0B0C0D0E0F);
    cr_assert_not(writer.overflow);
    cr_assert_eq(writer.len, sizeof(expected));
    cr_assert_arr_eq(memory, expected, sizeof(expected));
}

Test(wire, a_reader_gets_what_a_writer_put)
{
    uint8_t memory[64];
    struct ats_wire_writer writer;
    struct ats_wire_reader reader;
    size_t len = 0;
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    ats_wire_put_u8(&writer, 255);
    ats_wire_put_u32(&writer, UINT32_MAX);
    ats_wire_put_u64(&writer, UINT64_MAX - 1);
    ats_wire_put_text(&writer, "text");
    ats_wire_put_bytes(&writer, NULL, 0);
    ats_wire_put_fixed(&writer, "xyz", 3);
    ats_wire_reader_init(&reader, memory, writer.len);
    cr_assert_eq(ats_wire_get_u8(&reader), 255);
    cr_assert_eq(ats_wire_get_u32(&reader), UINT32_MAX);
    cr_assert_eq(ats_wire_get_u64(&reader), UINT64_MAX - 1);
    cr_assert_eq(memcmp(ats_wire_get_bytes(&reader, &len), "text", 4), 0);
    cr_assert_eq(len, 4);
    cr_assert_not_null(ats_wire_get_bytes(&reader, &len));
    cr_assert_eq(len, 0);
    cr_assert_not(ats_wire_reader_done(&reader), "three bytes are left");
    cr_assert_eq(memcmp(ats_wire_get_fixed(&reader, 3), "xyz", 3), 0);
    cr_assert(ats_wire_reader_done(&reader));
}

Test(wire, a_writer_that_is_full_writes_nothing_more)
{
    uint8_t memory[8] = {0};
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, memory, 7);
    ats_wire_put_u32(&writer, 1);
    ats_wire_put_u32(&writer, 2);
    cr_assert(writer.overflow);
    ats_wire_put_u8(&writer, 3);
    cr_assert(writer.overflow);
    cr_assert_eq(writer.len, 4);
    cr_assert_eq(memory[4], 0);
}

Test(wire, an_exact_fit_is_no_overflow)
{
    uint8_t memory[6];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    ats_wire_put_text(&writer, "ab");
    cr_assert_not(writer.overflow);
    ats_wire_put_fixed(&writer, "", 0);
    cr_assert_not(writer.overflow);
    ats_wire_put_u8(&writer, 0);
    cr_assert(writer.overflow);
}

Test(wire, bytes_that_do_not_fit_leave_no_half)
{
    uint8_t memory[5];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    ats_wire_put_bytes(&writer, "ab", 2);
    cr_assert(writer.overflow);
    cr_assert_leq(writer.len, sizeof(memory));
}

Test(wire, a_reader_that_ran_short_stays_failed)
{
    const uint8_t memory[3] = {1, 2, 3};
    struct ats_wire_reader reader;
    ats_wire_reader_init(&reader, memory, sizeof(memory));
    cr_assert_eq(ats_wire_get_u32(&reader), 0);
    cr_assert(reader.failed);
    cr_assert_eq(ats_wire_get_u8(&reader), 0);
    cr_assert_null(ats_wire_get_fixed(&reader, 1));
    cr_assert_not(ats_wire_reader_done(&reader));
}

Test(wire, a_length_beyond_the_end_fails)
{
    const uint8_t memory[] = {0xFF, 0xFF, 0xFF, 0xFF, 'a'};
    struct ats_wire_reader reader;
    size_t len = 7;
    ats_wire_reader_init(&reader, memory, sizeof(memory));
    cr_assert_null(ats_wire_get_bytes(&reader, &len));
    cr_assert_eq(len, 0);
    cr_assert(reader.failed);
}

Test(wire, nothing_reads_as_nothing)
{
    struct ats_wire_reader reader;
    ats_wire_reader_init(&reader, NULL, 0);
    cr_assert(ats_wire_reader_done(&reader));
    cr_assert_eq(ats_wire_get_u8(&reader), 0);
    cr_assert(reader.failed);
}
