/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why the gate did not admit: one table of code, name, MQTT answer and text, which receipts, log and metrics share.
 * docs/refusals.md shows it; a reason of the gate is one line here. Thread: any.
 */
#ifndef ATS_PLUGIN_REASONS_H
#define ATS_PLUGIN_REASONS_H

#include "common/base/buf.h"
#include "common/contract/verdict.h"
#include "common/control/body.h"
#include "plugin/gate.h"

enum ats_reason {
    ATS_REASON_NONE,
    /* publish refused: who */
    ATS_REASON_UNPROVEN,
    ATS_REASON_SESSION_EXPIRED,
    ATS_REASON_DEVICE_UNKNOWN,
    ATS_REASON_DEVICE_PENDING,
    ATS_REASON_DEVICE_SUSPENDED,
    ATS_REASON_DEVICE_REVOKED,
    ATS_REASON_DEVICE_RETIRED,
    ATS_REASON_GATE_REVOKED,
    ATS_REASON_SESSION_LOST,
    ATS_REASON_SESSION_KEY,
    /* publish refused: what */
    ATS_REASON_TOPIC_UNKNOWN,
    ATS_REASON_TOPIC_DEVICE,
    ATS_REASON_CONTRACT,
    ATS_REASON_WILL,
    ATS_REASON_SEQUENCE_SPACE,
    ATS_REASON_WILL_REPLAYED,
    ATS_REASON_TOPIC_SYSTEM,
    ATS_REASON_STOPPING,
    ATS_REASON_RETAINED_FULL,
    ATS_REASON_VERSION_RETIRED,
    /* publish refused: proof */
    ATS_REASON_PROOF_MALFORMED,
    ATS_REASON_PROOF_WRONG,
    ATS_REASON_PROOF_SESSION,
    ATS_REASON_KEY_UNKNOWN,
    ATS_REASON_PROOF_WEAK,
    ATS_REASON_KEY_NOT_VALID,
    ATS_REASON_SEQUENCE_REUSED,
    ATS_REASON_SEQUENCE_OLD,
    /* publish refused: may succeed later */
    ATS_REASON_JOURNAL_FULL,
    ATS_REASON_QUARANTINE_FULL,
    ATS_REASON_GATE_BUSY,
    ATS_REASON_RATE_DEVICE,
    ATS_REASON_RATE_CONTRACT,
    /* publish refused: the gate may have missed a revocation */
    ATS_REASON_CONTROL_STALE,
    /* quarantined */
    ATS_REASON_MALFORMED,
    ATS_REASON_SCHEMA,
    ATS_REASON_QUALITY,
    /* accepted before */
    ATS_REASON_DUPLICATE,
    /* connection refused */
    ATS_REASON_TOKEN_MISSING,
    ATS_REASON_TOKEN_MALFORMED,
    ATS_REASON_TOKEN_WRONG,
    ATS_REASON_TOKEN_EXPIRED,
    ATS_REASON_TOKEN_SUBJECT,
    ATS_REASON_TOKEN_AUDIENCE,
    ATS_REASON_TOKEN_LIFETIME,
    ATS_REASON_TOKEN_PLAIN,
    ATS_REASON_TOKEN_REPLAYED,
    ATS_REASON_TOKEN_ID,
    ATS_REASON_CLIENT_ID,
    ATS_REASON_USER_NAME,
    ATS_REASON_CLIENT_ID_RESERVED,
    ATS_REASON_TOKENS_FULL,
    ATS_REASON_CONNECT_MALFORMED,
    ATS_REASON_CONNECT_WRONG,
    ATS_REASON_CONNECT_REPLAYED,
    ATS_REASON_GATE_UNREADY,
    ATS_REASON_EXCLUSIVE,
    ATS_REASON_BUSY_HANDSHAKES,
    ATS_REASON_BUSY_ADDRESS,
    ATS_REASON_BUSY_DEVICE,
    ATS_REASON_HELD_OFF,
    ATS_REASON_CERTIFICATE_UNKNOWN,
    ATS_REASON_CERTIFICATE_EXPIRED,
    /* enrolment by claim */
    ATS_REASON_CLAIM_MALFORMED,
    ATS_REASON_CLAIM_WRONG,
    ATS_REASON_CLAIM_EXPIRED,
    ATS_REASON_CLAIM_OPERATOR,
    ATS_REASON_CLAIM_GATE,
    ATS_REASON_CLAIM_SCOPE,
    ATS_REASON_CLAIM_TAKEN,
    ATS_REASON_CLAIM_USED,
    ATS_REASON_CLAIM_LATER,
    ATS_REASON_CLAIM_CONNECTION,
    ATS_REASON_CLAIM_POLICY,
    ATS_REASON_CLAIM_KEY,
    /* subscriptions and deliveries */
    ATS_REASON_READ_OWN,
    ATS_REASON_READ_RECEIPTS,
    ATS_REASON_READ_DUPLICATES,
    ATS_REASON_READ_SHARED,
    ATS_REASON_SUBSCRIPTIONS_FULL,
    ATS_REASON_COUNT,
};

enum ats_verdict_kind {
    ATS_ADMITTED,
    ATS_REFUSED,
    ATS_QUARANTINED,
    ATS_DUPLICATE,
    ATS_NO_ENTRY,
    ATS_NO_READ
};

struct ats_reason_info {
    int code;
    const char *name;
    enum ats_verdict_kind
        kind; /* ATS_NO_ENTRY: only for connections; ATS_NO_READ: for subscriptions and deliveries */
    enum ats_gate_answer mqtt5;
    enum ats_gate_answer mqtt3;
    const char *text;
};

const struct ats_reason_info *ats_reason_info(enum ats_reason reason);
/* "admitted", "refused", ... */
const char *ats_verdict_kind_name(enum ats_verdict_kind kind);
/* What the publisher of this packet gets; at QoS 0 nothing is acknowledged, so nothing is closed. */
enum ats_gate_answer ats_reason_answer(enum ats_reason reason, bool mqtt5, uint8_t qos);
/* ATS_REASON_NONE for an active device. */
enum ats_reason ats_reason_of_state(enum ats_device_state state);
enum ats_reason ats_reason_of_class(enum ats_verdict_class verdict_class);
/* The table as Markdown, for docs/refusals.md. */
void ats_reasons_print(struct ats_buf *out);

#endif
