/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a record of a telemetry topic proves that its device sent its message, as anybody can say who has the control log.
 *
 *   verified     the device's key signed the original payload, and transcoding it again gives the value byte for byte
 *   gates-word   nothing contradicts it, but tag and connection convince the gate alone: no proof to third parties
 *   gates-word-signed   the same, and a signed checkpoint of the gate's covers it: attributable to the gate, no proof of the device
 *   undecided    the log at hand does not say enough: it ends too early, or keeps newest revisions only
 *   wrong        for the reason that is named
 *
 * A signature covers device, session (outside of one: gate), MQTT topic, QoS, retain, sequence, time and payload. All else is
 * the gate's word (when it came, at which control record), held here against the log and against itself.
 *
 * Thread: one. Owns: nothing; a finding borrows from the record.
 */
#ifndef ATS_CLI_MESSAGE_H
#define ATS_CLI_MESSAGE_H

#include "cli/control_history.h"
#include "common/record/event.h"

enum ats_message_verdict {
    ATS_MESSAGE_VERIFIED,
    ATS_MESSAGE_GATES_WORD,
    ATS_MESSAGE_GATES_WORD_SIGNED, /* see evidence.h */
    ATS_MESSAGE_UNDECIDED,
    ATS_MESSAGE_WRONG,
    ATS_MESSAGE_VERDICT_COUNT,
};

enum ats_message_reason {
    ATS_MESSAGE_NO_REASON,
    ATS_MESSAGE_PROOF_MAC,
    ATS_MESSAGE_PROOF_CONNECTION,
    ATS_MESSAGE_NOT_A_RECORD,
    ATS_MESSAGE_HEADERS,
    ATS_MESSAGE_TOPIC,
    ATS_MESSAGE_FLEET,
    ATS_MESSAGE_UNPROVEN,
    ATS_MESSAGE_CONTROL_BEHIND,
    ATS_MESSAGE_GATE_UNKNOWN,
    ATS_MESSAGE_GATE_REVOKED,
    ATS_MESSAGE_GATE_KEYS,
    ATS_MESSAGE_DEVICE_UNKNOWN,
    ATS_MESSAGE_KEY_UNKNOWN,
    ATS_MESSAGE_KEY_NOT_VALID,
    ATS_MESSAGE_SIGNATURE,
    ATS_MESSAGE_DEVICE_STATE,
    ATS_MESSAGE_CONTRACT_UNKNOWN,
    ATS_MESSAGE_CONTRACT_NOT_ALLOWED,
    ATS_MESSAGE_CONTRACT_SUPERSEDED,
    ATS_MESSAGE_MQTT_TOPIC,
    ATS_MESSAGE_PROOF_WEAK,
    ATS_MESSAGE_ASSET,
    ATS_MESSAGE_SCHEMA_ID,
    ATS_MESSAGE_PAYLOAD,
    ATS_MESSAGE_TRANSCODING,
    ATS_MESSAGE_VALUE,
    ATS_MESSAGE_NOT_COVERED,
    ATS_MESSAGE_EVIDENCE_DIFFERS,
    ATS_MESSAGE_EVIDENCE_FORK,
    ATS_MESSAGE_EVIDENCE_UNDECIDED,
    ATS_MESSAGE_REASON_COUNT,
};

struct ats_message_finding {
    enum ats_message_verdict verdict;
    enum ats_message_reason reason;
    struct ats_error text; /* for people */
    bool has_event;        /* the headers could be read */
    uint64_t checkpoint;   /* number of the gate's that covers its position; 0: none is known */
    struct ats_event event;
};

const char *ats_message_verdict_name(enum ats_message_verdict verdict);
const char *ats_message_reason_name(enum ats_message_reason reason);

/* Judges one record. `value` is room for the transcoding, up to ATS_RECORD_MAX. MEMORY alone: all else is a finding. */
ATS_MUST_USE enum ats_status ats_message_judge(const struct ats_control_history *history,
                                               const char *topic_prefix,
                                               const struct ats_kafka_record *record,
                                               struct ats_buf *value,
                                               struct ats_message_finding *ret_finding);

#endif
