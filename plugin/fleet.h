/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's own folder, as `attestream gate add` wrote it, and what the registry says of the gate itself:
 *
 *   gate.json              {"name": ..., "fleet": fleet id in hexadecimal, "topic_prefix": ...}
 *   gate.key.pem           signing key (0600)
 *   gate-agreement.key.pem key agreement, for the seal (0600)
 *   root.pub.pem, successor.pub.pem   the pinned roots
 *
 * The two keys may come from systemd's credentials of the same names instead.
 *
 * Thread: read at start; the identity then belongs to the broker's thread, keys and name may be read by any.
 */
#ifndef ATS_PLUGIN_FLEET_H
#define ATS_PLUGIN_FLEET_H

#include "common/control/registry.h"
#include "common/identity/session.h"

/* What the registry says of the gate itself. */
enum ats_gate_standing {
    ATS_GATE_UNCERTIFIED, /* no record (yet), or no operator who stands for it */
    ATS_GATE_CERTIFIED, /* both certificates are there, and this gate's keys are those of its record */
    ATS_GATE_KEYS_DIFFER, /* its record has other keys: no processor would take its seal */
    ATS_GATE_REVOKED,
    ATS_GATE_NOT_VALID, /* its keys are not good yet, or no more */
};

struct ats_gate_fleet {
    struct ats_gate_identity identity;
    struct ats_key_pair agreement;
    struct ats_registry_pins pins;
    char fleet_hex[2 * ATS_FLEET_ID_SIZE + 1];
    char *topic_prefix; /* NULL: gate.json says none */
    /* What the registry said, and when it was asked. */
    uint64_t generation;
    enum ats_gate_standing standing;
    bool claims;                     /* it may enrol devices */
    enum ats_gate_standing recorded; /* the same, whatever the time is */
    int64_t not_before_ms;
    int64_t not_after_ms; /* 0: no end */
};

/* The error says which file is missing or wrong, and who may read it. */
ATS_MUST_USE enum ats_status
ats_gate_fleet_read(const char *folder, struct ats_gate_fleet *ret_fleet, struct ats_error *err);
void ats_gate_fleet_fini(struct ats_gate_fleet *fleet);
/* Looks up the gate's own record and its operator's; does nothing while the registry is as it was. True: the standing
   has changed. */
bool ats_gate_fleet_refresh(struct ats_gate_fleet *fleet, struct ats_store_view *view,
                            uint64_t generation, int64_t now_ms);
/* The same for the passing of time. */
bool ats_gate_fleet_check_time(struct ats_gate_fleet *fleet, int64_t now_ms);

#endif
