/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims: connections of devices that want to be enrolled. Strangers' work, so the order is by cost: what the address may still cost
 * is asked before the registry (handshakes.h), a budget of all claims together stands before the two signatures, and nothing of a claim reaches a session that lives. Who holds a token that is good, or was, is answered in
 * CONNACK; everybody else is refused without a word.
 *
 * Thread: the broker's.
 */
#ifndef ATS_PLUGIN_CLAIMS_H
#define ATS_PLUGIN_CLAIMS_H

#include "plugin/gate.h"

/* What the gate remembers of claims: its budget, and those that it took a moment ago. */
struct ats_claims;

ATS_MUST_USE enum ats_status ats_claims_new(struct ats_claims **ret_claims);
void ats_claims_free(struct ats_claims *claims);

/* CONNECT with the method ATS_DEVICE_CLAIM_METHOD: ALLOW with CONNACK's data (ATS_GATE_DATA_MAX bytes), or DENY. A connection that
   is allowed may do nothing, and is closed soon. */
enum ats_gate_access ats_gate_claim(struct ats_gate *gate, const struct ats_gate_client *client,
                                    struct ats_span data, uint8_t *ret_data, size_t *ret_len);
/* Whether a client is a claim's connection, also after its end: told by its names, which the gate gave it, so that nobody can make it
   forget one whose will is still to come. */
bool ats_is_claim_connection(const struct ats_gate_client *client);
/* Whether a password is a claim in its text form. */
bool ats_is_claim_text(struct ats_span password);
/* The same for a client that has user name and password only: ALLOW says that the claim is being written, or that the device is
   enrolled. */
enum ats_gate_access ats_gate_claim_text(struct ats_gate *gate,
                                         const struct ats_gate_client *client,
                                         struct ats_span password);

#endif
