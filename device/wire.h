/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one binary encoding under every signature, tag and journal record of Attestream.
 *
 * Integers are big-endian and of fixed width; a byte string is its length (32 bits) and its bytes.
 * So two different sequences of fields never have the same encoding, which is what a signature over
 * them relies on. A writer fills memory of its caller and never allocates; after an overflow it
 * ignores further puts, and `overflow` stays set, so that one check at the end is enough. A reader
 * works the same way: after the first short read every further get yields zero, and `failed` stays set.
 *
 * Thread: a writer or reader belongs to one thread at a time. Owns: nothing.
 */
#ifndef ATS_DEVICE_WIRE_H
#define ATS_DEVICE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ats_wire_writer {
    uint8_t *data;
    size_t len;
    size_t cap;
    bool overflow;
};

struct ats_wire_reader {
    const uint8_t *data;
    size_t len;
    size_t at;
    bool failed;
};

void ats_wire_writer_init(struct ats_wire_writer *writer, void *memory, size_t cap);
void ats_wire_put_u8(struct ats_wire_writer *writer, uint8_t value);
void ats_wire_put_u16(struct ats_wire_writer *writer, uint16_t value);
void ats_wire_put_u32(struct ats_wire_writer *writer, uint32_t value);
void ats_wire_put_u64(struct ats_wire_writer *writer, uint64_t value);
/* Length-prefixed bytes. */
void ats_wire_put_bytes(struct ats_wire_writer *writer, const void *data, size_t len);
/* Length-prefixed text, without its NUL. */
void ats_wire_put_text(struct ats_wire_writer *writer, const char *text);
/* Bytes of a length that both sides know, without a prefix. */
void ats_wire_put_fixed(struct ats_wire_writer *writer, const void *data, size_t len);

void ats_wire_reader_init(struct ats_wire_reader *reader, const void *data, size_t len);
uint8_t ats_wire_get_u8(struct ats_wire_reader *reader);
uint32_t ats_wire_get_u32(struct ats_wire_reader *reader);
uint64_t ats_wire_get_u64(struct ats_wire_reader *reader);
/* Borrows the bytes from the reader's memory; NULL and 0 after a failure. */
const uint8_t *ats_wire_get_bytes(struct ats_wire_reader *reader, size_t *ret_len);
/* Borrows `len` bytes without a prefix; NULL after a failure. */
const uint8_t *ats_wire_get_fixed(struct ats_wire_reader *reader, size_t len);
/* Whether every get succeeded and nothing is left over. */
bool ats_wire_reader_done(const struct ats_wire_reader *reader);

#ifdef __cplusplus
}
#endif

#endif
