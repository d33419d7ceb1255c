/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's seal on what it forwards: the pairwise key of gate and processor group, made from the group's agreement key
 * in its control record. Thread: one, with a view of its own. Secrets: fini zeroes the key.
 */
#ifndef ATS_PLUGIN_SEALER_H
#define ATS_PLUGIN_SEALER_H

#include "common/control/registry.h"
#include "common/identity/seal.h"

struct ats_sealer {
    struct ats_registry *registry;
    struct ats_store_view *view;
    const struct ats_key_pair *agreement;
    const char *gate;
    const char *group;
    uint64_t generation;
    uint8_t group_key[ATS_PUBLIC_KEY_SIZE];
    uint8_t key[ATS_SEAL_KEY_SIZE];
    bool known;   /* the group's key */
    bool is_ours; /* the gate's own key is in its record */
    uint8_t tag[ATS_SEAL_SIZE];
};

/* On the thread that uses it. */
ATS_MUST_USE enum ats_status ats_sealer_init(struct ats_sealer *sealer);
void ats_sealer_fini(struct ats_sealer *sealer);
/* Whether the group's key is known, and the gate's record has the one that it seals with: what is sealed before members know that key
   is refused. Looks both up again when the control log has grown. */
bool ats_sealer_ready(struct ats_sealer *sealer);
/* Adds the seal as the record's last header; borrowed until the next call. */
void ats_sealer_seal(struct ats_sealer *sealer, struct ats_kafka_record *record);

#endif
