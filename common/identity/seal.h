/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's seal on a forwarded record: a keyed BLAKE2b-256 tag under a pairwise key of gate and processor group
 * (X25519 of the gate's agreement key and the group's, hashed with both names and public keys under a label). It
 * covers topic, key, every header before it in order, and value; gate, journal id and position are among the headers.
 * Thread: any.
 */
#ifndef ATS_IDENTITY_SEAL_H
#define ATS_IDENTITY_SEAL_H

#include "common/base/error.h"
#include "common/identity/key.h"
#include "common/kafka/record.h"

#define ATS_SEAL_SIZE 32
#define ATS_SEAL_KEY_SIZE 32
#define ATS_SEAL_HEADER "ats_seal"

/* The pairwise key; `own` is an agreement pair (INVALID if not); REFUSED for an all-zero agreement. Both sides get the same. */
ATS_MUST_USE enum ats_status
ats_seal_key(const struct ats_key_pair *own, const uint8_t other_key[ATS_PUBLIC_KEY_SIZE],
             const char *gate, const uint8_t gate_key[ATS_PUBLIC_KEY_SIZE], const char *group,
             const uint8_t group_key[ATS_PUBLIC_KEY_SIZE], uint8_t ret_key[ATS_SEAL_KEY_SIZE]);
/* The tag of a record as it stands, without a seal header. */
void ats_seal_tag(const uint8_t key[ATS_SEAL_KEY_SIZE], const struct ats_kafka_record *record,
                  uint8_t ret_tag[ATS_SEAL_SIZE]);
/* Whether the record's last header is a seal that holds over the rest: REFUSED if not. */
ATS_MUST_USE enum ats_status ats_seal_check(const uint8_t key[ATS_SEAL_KEY_SIZE],
                                            const struct ats_kafka_record *record);
/* The hash of what the seal covers, without a key: what a journal checkpoint has of the record (checkpoint.h). The same with
   the seal as last header and before it was added. */
void ats_seal_leaf(const struct ats_kafka_record *record, uint8_t ret_leaf[ATS_SEAL_SIZE]);

#endif
