/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gate says of one publish, from its verdict to the processor: the same struct is what the journal keeps
 * (wire encoding) and what a Kafka record carries (the value, and headers for everything else).
 *
 *   admitted    -> <prefix>telemetry.<contract>, key = asset, value = Avro with exactly the contract's fields
 *   quarantined -> <prefix>quarantine, key = asset or device, value = quarantine.avsc with the original bytes
 *
 * Headers: the CloudEvents attributes (ce_*, content-type), and ats_gate, ats_journal, ats_position, ats_control,
 * ats_device, ats_contract, ats_topic, ats_qos, ats_retain, ats_proof, ats_sequence, ats_time, ats_session, ats_key,
 * ats_signature, ats_payload, ats_item, ats_items, ats_warnings, ats_content_type, ats_replay, traceparent, ats_seal. Numbers are decimal texts and ats_journal 16 hexadecimal digits;
 * ats_session, ats_signature, ats_payload and ats_seal are the bytes themselves. docs/topics.md lists them.
 *
 * Thread: any. Owns: nothing, all texts and spans are borrowed.
 */
#ifndef ATS_RECORD_EVENT_H
#define ATS_RECORD_EVENT_H

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/contract/contract.h"
#include "common/kafka/record.h"

/* Also the journal's record kind. */
enum ats_event_kind { ATS_EVENT_ADMITTED = 1, ATS_EVENT_QUARANTINED = 2 };

/* How the device proved this publish. */
enum ats_event_proof {
    ATS_EVENT_PROOF_NONE,
    ATS_EVENT_PROOF_CONNECTION,
    ATS_EVENT_PROOF_MAC,
    ATS_EVENT_PROOF_SIGNATURE
};

struct ats_event {
    enum ats_event_kind kind;
    /* Where: set by the journal, not encoded in its record. */
    struct ats_span gate;
    uint64_t journal_id;
    uint64_t position;
    /* Who and what. */
    struct ats_span device; /* empty where nobody was proven (quarantine in observe mode) */
    struct ats_span asset;  /* the record's key; where it is empty, the device is */
    struct ats_span topic;  /* MQTT topic */
    uint8_t qos;
    bool retain;
    struct ats_span contract; /* name */
    struct ats_span contract_version;
    uint32_t schema_id;
    int64_t received_ms;         /* the gate's clock */
    uint64_t control_count;      /* control records that the gate had applied */
    struct ats_span traceparent; /* empty if the device sent none */
    /* Proof. */
    enum ats_event_proof proof;
    uint64_t sequence; /* 0 without a sequence */
    uint64_t proof_time_ms;
    struct ats_span session; /* 16 bytes or empty */
    struct ats_span key_id; /* the device's that signed; of a tag the one that opened the session */
    struct ats_span signature; /* 64 bytes, or empty */
    uint64_t digest;           /* of the packet, for the replay window */
    /* Admitted: framed Avro. Quarantined: empty. */
    struct ats_span value;
    /* The original payload: always when quarantined (of an item of a batch its own bytes), and with a signature (the whole). */
    struct ats_span payload;
    /* Which of how many events of one payload this is, from 0; 0 of 0 where the payload is one event and no list. */
    uint32_t item;
    uint32_t item_count;
    struct ats_span warnings;     /* rules that only warn, as "PATH:RULE PATH:RULE"; empty: none */
    struct ats_span content_type; /* the publish's, which chose the payload's format; empty: none */
    /* The id of the quarantined event that this one is, admitted anew (ats_event_id()); empty: it is none. */
    struct ats_span replay;
    /* Quarantined: why. */
    struct ats_span reason_class;
    struct ats_span reason_rule;
    struct ats_span reason_path;
    struct ats_span reason_text;
};

/* The journal's form. The size it needs is at most ATS_EVENT_OVERHEAD_MAX plus value and payload. */
#define ATS_EVENT_OVERHEAD_MAX 4096
/* LIMIT: `memory` is too small. */
ATS_MUST_USE enum ats_status ats_event_encode(const struct ats_event *event, uint8_t *memory,
                                              size_t cap, size_t *ret_len);
/* Borrows from `data`; gate, journal id and position are left for the caller to set. */
ATS_MUST_USE enum ats_status ats_event_decode(struct ats_span data, struct ats_event *ret_event);

/* The publish that a signed record carries, as its contract judged it. */
struct ats_contract_input ats_event_input(const struct ats_event *event);

/* Whether item and item_count can be. */
bool ats_event_item_is_good(const struct ats_event *event);
const char *ats_event_proof_name(enum ats_event_proof proof);

/* "<gate>/<journal id, 16 hexadecimal digits>/<position>": names the event for ever. LIMIT: the gate's name is too long. */
#define ATS_EVENT_ID_SIZE (ATS_NAME_MAX + 64)
ATS_MUST_USE enum ats_status ats_event_id(const struct ats_event *event,
                                          char ret_text[ATS_EVENT_ID_SIZE],
                                          struct ats_span *ret_id);

/* Its parts; MALFORMED. */
ATS_MUST_USE enum ats_status ats_event_id_parse(struct ats_span id, struct ats_span *ret_gate,
                                                uint64_t *ret_journal_id, uint64_t *ret_position);

/* Texts that a Kafka record borrows while it is being sent. */
struct ats_event_texts {
    char numbers[12][32];
    char id[ATS_EVENT_ID_SIZE];
    char source[ATS_NAME_MAX + 128];
    char time[40];
    char contract[2 * ATS_NAME_MAX + 2];
    char schema[64];
    char topic[256];
};

/* The Kafka record of an event. LIMIT: a name is too long, or the value larger than `scratch` may get. `scratch` holds the
   quarantine record's value. The seal is added by the caller, last. */
ATS_MUST_USE enum ats_status ats_event_to_kafka(const struct ats_event *event, const char *fleet,
                                                const char *topic_prefix,
                                                struct ats_event_texts *texts,
                                                struct ats_buf *scratch,
                                                struct ats_kafka_record *ret_record);
/* The event in an admitted record of a telemetry topic; MALFORMED says which header is missing or bad. */
ATS_MUST_USE enum ats_status ats_event_from_kafka(const struct ats_kafka_record *record,
                                                  struct ats_event *ret_event,
                                                  struct ats_error *err);
/* The event in a record of the quarantine topic that a gate made; device and contract may be empty. MALFORMED also of a processor's
   dead letter. */
ATS_MUST_USE enum ats_status ats_event_from_quarantine(const struct ats_kafka_record *record,
                                                       struct ats_event *ret_event,
                                                       struct ats_error *err);

#endif
