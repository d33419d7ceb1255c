/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/checkpoint.h"

#include "common/base/limits.h"
#include "common/identity/signature.h"
#include "device/wire.h"

#include <sodium.h>

#define LABEL_CHECKPOINT "ATTESTREAM-1 journal checkpoint"
#define FLEET_ID_SIZE 32
#define STATEMENT_MAX                                                                              \
    512 /* label, fleet, a name of its greatest length, two hashes, six numbers: 311 */

struct statement {
    uint8_t memory[STATEMENT_MAX];
    size_t len;
};

uint64_t ats_checkpoint_last(const struct ats_checkpoint *checkpoint)
{
    return checkpoint->first + checkpoint->leaves.len / ATS_LEAF_SIZE - 1;
}

const uint8_t *ats_checkpoint_leaf(const struct ats_checkpoint *checkpoint, uint64_t position)
{
    if (position < checkpoint->first || position > ats_checkpoint_last(checkpoint))
        return NULL;
    return checkpoint->leaves.data + (position - checkpoint->first) * ATS_LEAF_SIZE;
}

static bool is_possible(const struct ats_checkpoint *checkpoint)
{
    size_t count = checkpoint->leaves.len / ATS_LEAF_SIZE;
    return checkpoint->gate.len > 0 && checkpoint->gate.len <= ATS_NAME_MAX && count > 0 &&
           count <= ATS_EVIDENCE_LEAVES_MAX && checkpoint->leaves.len % ATS_LEAF_SIZE == 0 &&
           checkpoint->number > 0 && checkpoint->first > 0 &&
           checkpoint->first <= UINT64_MAX - count && checkpoint->records >= count &&
           checkpoint->time_ms >= 0;
}

/* The signed bytes: every member but the leaves themselves, which stand here by their hash. */
static enum ats_status make_statement(const uint8_t fleet[32],
                                      const struct ats_checkpoint *checkpoint,
                                      struct statement *ret_statement)
{
    uint8_t leaves[ATS_CHECKPOINT_HASH_SIZE];
    struct ats_wire_writer writer;
    if (!is_possible(checkpoint))
        return ATS_ERR_INVALID;
    (void)crypto_generichash(leaves, sizeof(leaves), checkpoint->leaves.data,
                             checkpoint->leaves.len, NULL, 0);
    ats_wire_writer_init(&writer, ret_statement->memory, sizeof(ret_statement->memory));
    ats_wire_put_text(&writer, LABEL_CHECKPOINT);
    ats_wire_put_fixed(&writer, fleet, FLEET_ID_SIZE);
    ats_wire_put_bytes(&writer, checkpoint->gate.data, checkpoint->gate.len);
    ats_wire_put_u64(&writer, checkpoint->number);
    ats_wire_put_fixed(&writer, checkpoint->previous, sizeof(checkpoint->previous));
    ats_wire_put_u64(&writer, checkpoint->journal_id);
    ats_wire_put_u64(&writer, checkpoint->first);
    ats_wire_put_u64(&writer, ats_checkpoint_last(checkpoint));
    ats_wire_put_u64(&writer, checkpoint->records);
    ats_wire_put_fixed(&writer, leaves, sizeof(leaves));
    ats_wire_put_u64(&writer, (uint64_t)checkpoint->time_ms);
    ats_wire_put_u64(&writer, checkpoint->control_count);
    ret_statement->len = writer.len;
    return writer.overflow ? ATS_ERR_INVALID : ATS_OK;
}

enum ats_status ats_checkpoint_hash(const uint8_t fleet[32],
                                    const struct ats_checkpoint *checkpoint,
                                    uint8_t ret_hash[ATS_CHECKPOINT_HASH_SIZE])
{
    struct statement statement;
    enum ats_status status = make_statement(fleet, checkpoint, &statement);
    if (status == ATS_OK)
        (void)crypto_generichash(ret_hash, ATS_CHECKPOINT_HASH_SIZE, statement.memory,
                                 statement.len, NULL, 0);
    return status;
}

enum ats_status ats_checkpoint_sign(const uint8_t fleet[32], const struct ats_key_pair *gate_key,
                                    struct ats_checkpoint *checkpoint)
{
    struct statement statement;
    enum ats_status status = make_statement(fleet, checkpoint, &statement);
    if (status == ATS_OK)
        ats_sign(gate_key, ats_span_of(statement.memory, statement.len), checkpoint->signature);
    return status;
}

enum ats_status ats_checkpoint_check(const uint8_t fleet[32],
                                     const uint8_t gate_key[ATS_PUBLIC_KEY_SIZE],
                                     const struct ats_checkpoint *checkpoint)
{
    struct statement statement;
    enum ats_status status = make_statement(fleet, checkpoint, &statement);
    if (status != ATS_OK)
        return status;
    return ats_signature_verify(gate_key, ats_span_of(statement.memory, statement.len),
                                checkpoint->signature)
               ? ATS_OK
               : ATS_ERR_REFUSED;
}
