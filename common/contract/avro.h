/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Avro's binary encoding (specification 1.11, "Binary Encoding"), value by value: what the plan of a contract and the
 * records of common/record are written and read with. A reader's failure is sticky, like a wire reader's.
 */
#ifndef ATS_CONTRACT_AVRO_H
#define ATS_CONTRACT_AVRO_H

#include "common/base/buf.h"

/* Bytes that a long takes at most. */
#define ATS_AVRO_LONG_MAX 10

/* These write to room that is there, ATS_AVRO_LONG_MAX or 8 bytes; how many they wrote. */
static inline size_t ats_avro_write_long(uint8_t *room, int64_t value)
{
    uint64_t zigzag = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    size_t len = 0;
    for (; zigzag > 0x7f; zigzag >>= 7)
        room[len++] = (uint8_t)(zigzag | 0x80);
    room[len++] = (uint8_t)zigzag;
    return len;
}

/* Avro's float and double are little-endian. */
static inline size_t ats_avro_write_double(uint8_t *room, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    for (size_t i = 0; i < sizeof(bits); i++)
        room[i] = (uint8_t)(bits >> (8 * i));
    return sizeof(bits);
}

void ats_avro_put_boolean(struct ats_buf *buf, bool value);
/* int and long. */
void ats_avro_put_long(struct ats_buf *buf, int64_t value);
void ats_avro_put_float(struct ats_buf *buf, float value);
void ats_avro_put_double(struct ats_buf *buf, double value);
/* bytes and string. */
void ats_avro_put_bytes(struct ats_buf *buf, struct ats_span value);
void ats_avro_put_text(struct ats_buf *buf, const char *text);
/* A ["null", "string"] union; NULL is null. */
void ats_avro_put_optional_text(struct ats_buf *buf, const char *text);

struct ats_avro_reader {
    const uint8_t *data;
    size_t len;
    size_t at;
    bool failed;
    bool not_finite; /* a float or double was no number, or infinite */
};

void ats_avro_reader_init(struct ats_avro_reader *reader, struct ats_span body);
bool ats_avro_get_boolean(struct ats_avro_reader *reader);
int64_t ats_avro_get_long(struct ats_avro_reader *reader);
float ats_avro_get_float(struct ats_avro_reader *reader);
double ats_avro_get_double(struct ats_avro_reader *reader);
/* Borrowed from the body. */
struct ats_span ats_avro_get_bytes(struct ats_avro_reader *reader);
/* Skips or takes `len` bytes of a fixed; data NULL after a failure. */
struct ats_span ats_avro_get_fixed(struct ats_avro_reader *reader, size_t len);
bool ats_avro_reader_done(const struct ats_avro_reader *reader);

#endif
