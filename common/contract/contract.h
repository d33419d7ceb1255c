/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compiled contract: an ODCS document and an Avro schema, read once, checked, and turned into a plan that the hot
 * paths follow. Immutable after compile, so any number of threads may use one; reference-counted with an atomic.
 *
 * Our own settings stand in the ODCS document's customProperties under `attestream` (docs/contracts.md):
 * topics (MQTT filters with one {device} placeholder), format, proof, unknownFields, deviceField,
 * eventTime {field, unit, maxAge, maxFuture}, limits {messagesPerSecond, bytesPerSecond, burst}, and per property what quality rules say.
 */
#ifndef ATS_CONTRACT_CONTRACT_H
#define ATS_CONTRACT_CONTRACT_H

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/contract/verdict.h"

struct ats_contract;
struct ats_contract_set;

/* The least proof that a publish must carry; ordered. */
enum ats_proof_level { ATS_PROOF_CONNECTION = 1, ATS_PROOF_TAG = 2, ATS_PROOF_SIGNED = 3 };

/* "connection", "mac", "signature", as contracts and device records write them; "" and 0 for another. */
const char *ats_proof_level_name(enum ats_proof_level level);
enum ats_proof_level ats_proof_level_parse(struct ats_span text);

/* Compiles; the error's text starts with "FILE:LINE: " (`odcs_name`, `avsc_name` stand for the files). Copies what it needs. */
ATS_MUST_USE enum ats_status ats_contract_compile(struct ats_span odcs, const char *odcs_name,
                                                  struct ats_span avsc, const char *avsc_name,
                                                  struct ats_contract **ret_contract,
                                                  struct ats_error *err);
struct ats_contract *ats_contract_ref(struct ats_contract *contract);
void ats_contract_unref(struct ats_contract *contract);
/* Its version has ended: it judges nothing more, and what was written by it can be read. Set by who compiled it, before anybody else has it. */
void ats_contract_retire(struct ats_contract *contract);
bool ats_contract_is_retired(const struct ats_contract *contract);
/* Bits of enum ats_owner: whose signatures it asks for. */
uint32_t ats_contract_signatures(const struct ats_contract *contract);

/* Keys the hash of payloads' own names: ATS_JSON_SECRET_SIZE random bytes. Internal to common/contract. */
const uint8_t *ats_contract_secret(const struct ats_contract *contract);

/* The ODCS `id`'s value: [a-z0-9-]+, part of the Kafka topic's name; and `version`, e.g. "1.0.0". */
const char *ats_contract_name(const struct ats_contract *contract);
const char *ats_contract_version(const struct ats_contract *contract);
/* The schema's stored text, and the id that its records are framed with: that of the text (see ats_schema_id) unless another is set. */
struct ats_span ats_contract_schema(const struct ats_contract *contract);
uint32_t ats_contract_schema_id(const struct ats_contract *contract);
/* The id that the contract was published with. For whoever has just compiled it and shares it with nobody yet. */
void ats_contract_set_schema_id(struct ats_contract *contract, uint32_t schema_id);
enum ats_proof_level ats_contract_least_proof(const struct ats_contract *contract);
/* Whether one of its payload formats is bare Avro, which may begin with any byte. */
bool ats_contract_takes_bare_avro(const struct ats_contract *contract);
/* Whether one of them is SenML, whose pack becomes several events. */
bool ats_contract_takes_senml(const struct ats_contract *contract);
/* What one device may send under it; 0: no limit. Borrowed. */
struct ats_contract_limits {
    double messages_per_second;
    double bytes_per_second;
    int64_t burst_ms;
};
const struct ats_contract_limits *ats_contract_limits(const struct ats_contract *contract);
/* The person or team accountable for the data (RACI), "" if none. */
const char *ats_contract_accountable(const struct ats_contract *contract);
/* The dotted path of the leaf that names the device, "" if none does. */
const char *ats_contract_device_field(const struct ats_contract *contract);
/* Its topic filters, as they stand in the document. */
size_t ats_contract_topic_count(const struct ats_contract *contract);
const char *ats_contract_topic(const struct ats_contract *contract, size_t index);
/* Whether a publish topic falls under the contract; the level that stands for {device} is borrowed from `topic`
   (data NULL where the filter has no placeholder). */
bool ats_contract_matches(const struct ats_contract *contract, struct ats_span topic,
                          struct ats_span *ret_device);

struct ats_contract_input {
    struct ats_span payload;
    struct ats_span device; /* who proved itself; data NULL: not checked against the payload */
    int64_t now_ms;         /* judges event time; 0: not judged */
    /* MQTT 5's, which chooses among the contract's formats (batch.h); empty: none was given. */
    struct ats_span content_type;
    const struct ats_contract_set *versions; /* that a verdict may name; NULL: not known */
};

/*
 * The gate's hot path: checks a payload that is one event in JSON and appends it to `out` as Avro with Confluent framing. OK: admitted.
 * INVALID: the verdict says why, `out` is as before. MEMORY or LIMIT: of `out`.
 * No allocation in steady state besides growth of `out`.
 */
ATS_MUST_USE enum ats_status ats_contract_admit(const struct ats_contract *contract,
                                                const struct ats_contract_input *input,
                                                struct ats_buf *out,
                                                struct ats_verdict *ret_verdict);

/*
 * The processor's hot path: leaves. Every scalar that is reached through records alone is a leaf with a dotted path
 * ("data.temp") and an index; a union with null is a leaf that may be absent. Arrays and maps are skipped.
 */
enum ats_leaf_type {
    ATS_LEAF_ABSENT,
    ATS_LEAF_BOOLEAN,
    ATS_LEAF_INTEGER,
    ATS_LEAF_REAL,
    ATS_LEAF_TEXT
};

struct ats_leaf {
    enum ats_leaf_type type;
    union {
        bool boolean;
        int64_t integer;
        double real;
        struct ats_span text; /* borrowed from the Avro bytes; string, bytes, fixed, enum symbol */
    } value;
};

size_t ats_contract_leaf_count(const struct ats_contract *contract);
/* The index of a path; NOT_FOUND. */
enum ats_status ats_contract_leaf_find(const struct ats_contract *contract, const char *path,
                                       size_t *ret_index);
/* Decodes a framed value into leaf_count leaves. MALFORMED for any byte that does not fit the schema, or bytes left over. */
ATS_MUST_USE enum ats_status ats_contract_decode(const struct ats_contract *contract,
                                                 struct ats_span framed,
                                                 struct ats_leaf *ret_leaves);
/* Whether the contract has rules that hold an event against the one before it (series.h). */
bool ats_contract_has_series(const struct ats_contract *contract);
/* Whether one of them keeps events out, and does not warn alone. */
bool ats_contract_keeps_out_by_series(const struct ats_contract *contract);
struct ats_series_state;
/* Holds an admitted event (its framed value) against the last one of its device, and takes it as the last one where all rules hold.
   `now_ms`: when it came. INVALID: the verdict says why, the state is as before. Warnings are added to the verdict. */
ATS_MUST_USE enum ats_status ats_contract_follow(const struct ats_contract *contract,
                                                 struct ats_span framed, int64_t now_ms,
                                                 struct ats_series_state *state,
                                                 struct ats_verdict *ret_verdict);
/* The leaf as a number (integers, reals, booleans as 0 or 1); false if it is none. */
bool ats_leaf_number(const struct ats_leaf *leaf, double *ret_number);
/* The event's time in milliseconds since 1970, by the contract's eventTime field; false if it has none. */
bool ats_contract_event_time(const struct ats_contract *contract, const struct ats_leaf *leaves,
                             int64_t *ret_ms);

#endif
