/* SPDX-License-Identifier: Apache-2.0 */
/* The input as a Kafka record by anyone: a series of pieces, each with its length in two bytes before it: topic, key, value, then names
   and values of headers in turn. */
#ifndef ATS_TESTS_FUZZ_RECORD_INPUT_H
#define ATS_TESTS_FUZZ_RECORD_INPUT_H

#include "common/kafka/record.h"
#include "tests/fuzz/support.h"

#define FUZZ_PIECES_MAX (3 + 2 * ATS_KAFKA_HEADERS_MAX)
#define FUZZ_NAME_SIZE 64

static inline size_t fuzz_cut(const uint8_t *data, size_t size, struct ats_span *ret_pieces)
{
    size_t count = 0;
    while (count < FUZZ_PIECES_MAX && size >= 2) {
        size_t len = (size_t)data[0] << 8 | data[1];
        len = len < size - 2 ? len : size - 2;
        ret_pieces[count++] = ats_span_of(data + 2, len);
        data += 2 + len;
        size -= 2 + len;
    }
    return count;
}

/* A text of C, as topics and names of headers are. */
static inline const char *fuzz_text(struct ats_span piece, char memory[FUZZ_NAME_SIZE])
{
    size_t len = piece.len < FUZZ_NAME_SIZE - 1 ? piece.len : FUZZ_NAME_SIZE - 1;
    memcpy(memory, piece.data, len);
    memory[len] = '\0';
    return memory;
}

/* Good until the next call; false: there are too few pieces. */
static inline bool fuzz_record(const uint8_t *data, size_t size,
                               struct ats_kafka_record *ret_record)
{
    static char names[1 + ATS_KAFKA_HEADERS_MAX][FUZZ_NAME_SIZE];
    struct ats_span pieces[FUZZ_PIECES_MAX];
    size_t count = fuzz_cut(data, size, pieces);
    *ret_record = (struct ats_kafka_record){.partition = 0};
    if (count < 3)
        return false;
    ret_record->topic = fuzz_text(pieces[0], names[0]);
    ret_record->key = pieces[1];
    ret_record->value = pieces[2];
    for (size_t i = 3; i + 1 < count; i += 2) {
        char *name = names[1 + ret_record->header_count];
        ret_record->headers[ret_record->header_count++] =
            (struct ats_kafka_header){fuzz_text(pieces[i], name), pieces[i + 1]};
    }
    return true;
}

#endif
