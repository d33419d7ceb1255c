/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gate's signed statement of what it forwarded from its journal: the leaves (seal.h) of all positions from `first` on, without
 * a gap. It makes the gate's word attributable: who has the Kafka record and the checkpoint can show the gate's signature over it.
 *
 *   number 1 <- number 2 <- number 3 ...    each names the hash of the one before it; the first names zeros
 *
 * A gate signs each position once. So two different checkpoints with the same predecessor or over one position are a fork:
 * somebody with the gate's key told two stories.
 *
 * Thread: any. Owns: nothing; leaves and gate are borrowed.
 */
#ifndef ATS_IDENTITY_CHECKPOINT_H
#define ATS_IDENTITY_CHECKPOINT_H

#include "common/identity/key.h"
#include "common/identity/seal.h"
#include "device/protocol.h"

#define ATS_LEAF_SIZE ATS_SEAL_SIZE
#define ATS_CHECKPOINT_HASH_SIZE 32

struct ats_checkpoint {
    struct ats_span gate;
    uint64_t number; /* from 1, without a gap */
    uint8_t previous[ATS_CHECKPOINT_HASH_SIZE];
    uint64_t journal_id;
    uint64_t first;         /* position of the first leaf */
    uint64_t records;       /* positions covered since number 1, these included */
    struct ats_span leaves; /* ATS_LEAF_SIZE each; zeros: nothing was forwarded for that position */
    int64_t time_ms;        /* the gate's clock */
    uint64_t control_count; /* control records that the gate had applied */
    uint8_t signature[ATS_SIGNATURE_SIZE];
};

uint64_t ats_checkpoint_last(const struct ats_checkpoint *checkpoint);
/* NULL: the position is not among those covered. */
const uint8_t *ats_checkpoint_leaf(const struct ats_checkpoint *checkpoint, uint64_t position);
/* What the next one names as its predecessor; INVALID: it cannot be one (no leaf, positions or names out of range). */
ATS_MUST_USE enum ats_status ats_checkpoint_hash(const uint8_t fleet[32],
                                                 const struct ats_checkpoint *checkpoint,
                                                 uint8_t ret_hash[ATS_CHECKPOINT_HASH_SIZE]);
/* Fills in the signature. INVALID as above. */
ATS_MUST_USE enum ats_status ats_checkpoint_sign(const uint8_t fleet[32],
                                                 const struct ats_key_pair *gate_key,
                                                 struct ats_checkpoint *checkpoint);
/* REFUSED: not this key's signature; INVALID as above. */
ATS_MUST_USE enum ats_status ats_checkpoint_check(const uint8_t fleet[32],
                                                  const uint8_t gate_key[ATS_PUBLIC_KEY_SIZE],
                                                  const struct ats_checkpoint *checkpoint);

#endif
