/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bodies of control records: JSON objects, one struct and one pair of parse and format each. Parsing is strict (an
 * unknown key is INVALID), since a signed statement that is half understood is not understood.
 *
 * Thread: any. Owns: the structs own nothing but fixed arrays, and documents that their fini frees.
 */
#ifndef ATS_CONTROL_BODY_H
#define ATS_CONTROL_BODY_H

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/contract/contract.h"
#include "common/contract/owner.h"
#include "common/control/record.h"
#include "device/protocol.h"

#define ATS_DEVICE_KEYS_MAX 4
/* What an operator may sign: all that is not a root's own. */
#define ATS_OPERATOR_KINDS                                                                         \
    (UINT32_C(1) << ATS_CONTROL_GATE | UINT32_C(1) << ATS_CONTROL_PROCESSOR |                      \
     UINT32_C(1) << ATS_CONTROL_DEVICE | UINT32_C(1) << ATS_CONTROL_CONTRACT |                     \
     UINT32_C(1) << ATS_CONTROL_USECASE | UINT32_C(1) << ATS_CONTROL_SCHEMA |                      \
     UINT32_C(1) << ATS_CONTROL_REPLAY)
#define ATS_DEVICE_CONTRACTS_MAX 16
#define ATS_PROCESSOR_MEMBERS_MAX 64

/* A place in the log: so many accepted records, and their chained hash. */
struct ats_body_place {
    uint64_t count; /* 0: none is named */
    uint8_t chain[ATS_HASH_SIZE];
};

struct ats_body_root {
    uint8_t root[ATS_PUBLIC_KEY_SIZE];
    uint8_t successor[ATS_PUBLIC_KEY_SIZE];
    struct ats_body_place stands_until; /* of the former root: what it signed later is void */
};

/* Scope: which kinds, which names (name_pattern.h), from when and until when. */
struct ats_body_operator {
    uint8_t key[ATS_PUBLIC_KEY_SIZE];
    uint32_t kinds; /* bit per ats_control_kind */
    char names[ATS_NAME_MAX + 1];
    int64_t not_before_ms; /* 0: since ever */
    int64_t not_after_ms;  /* 0: no end */
    bool revoked;
    uint32_t owner;                     /* bits of enum ats_owner: for whom it signs contracts */
    struct ats_body_place stands_until; /* of a revoked one: what it signed later is void */
    uint8_t certificate
        [ATS_CERTIFICATE_MAX]; /* for devices, signed by a root; only of who may sign gates */
    size_t certificate_len;
};

/* Of a gate's keys before a rotation (gate_former.h). */
struct ats_gate_former {
    uint8_t signing_key[ATS_PUBLIC_KEY_SIZE];
    uint8_t agreement_key[ATS_PUBLIC_KEY_SIZE];
    int64_t not_after_ms; /* good before then, beside the new ones; 0: there are none */
    uint8_t certificate[ATS_CERTIFICATE_MAX]; /* for devices, signed by the record's operator */
    size_t certificate_len;
};

struct ats_body_gate {
    uint8_t signing_key[ATS_PUBLIC_KEY_SIZE];
    uint8_t agreement_key[ATS_PUBLIC_KEY_SIZE];
    char site[ATS_NAME_MAX + 1];
    bool revoked;
    bool claims;                              /* it may enrol devices by their claims */
    int64_t not_before_ms;                    /* its keys are good from then on; 0: since ever */
    int64_t not_after_ms;                     /* and before then; 0: no end */
    uint8_t certificate[ATS_CERTIFICATE_MAX]; /* for devices, signed by the operator */
    size_t certificate_len;
    struct ats_gate_former former;
};

struct ats_body_processor {
    uint8_t agreement_key[ATS_PUBLIC_KEY_SIZE]; /* the group's */
    struct {
        char name[ATS_NAME_MAX + 1];
        uint8_t signing_key[ATS_PUBLIC_KEY_SIZE];
        bool may_checkpoint; /* scope "checkpoint" */
    } members[ATS_PROCESSOR_MEMBERS_MAX];
    size_t member_count;
};

/* The log as the signer had read it: accepted records, and their chained hash. */
struct ats_body_checkpoint {
    uint64_t count;
    uint8_t chain[ATS_HASH_SIZE];
};

enum ats_device_state {
    ATS_DEVICE_PENDING,
    ATS_DEVICE_ACTIVE,
    ATS_DEVICE_SUSPENDED,
    ATS_DEVICE_REVOKED,
    ATS_DEVICE_RETIRED,
};

/* Good for proofs from not_before_ms on and before not_after_ms, so that a new key and the old one overlap for a while. */
struct ats_device_key {
    char id[ATS_KEY_ID_SIZE];
    bool
        is_spki; /* a certificate's: `key` is SHA-256 of its SubjectPublicKeyInfo, good for TLS alone */
    uint8_t key[ATS_PUBLIC_KEY_SIZE];
    int64_t not_before_ms; /* 0: since ever */
    int64_t not_after_ms;  /* 0: no end */
};

struct ats_body_device {
    enum ats_device_state state;
    struct ats_device_key keys[ATS_DEVICE_KEYS_MAX];
    size_t key_count;
    char asset[ATS_NAME_MAX + 1]; /* the device itself if not given */
    char site[ATS_NAME_MAX + 1];
    char line[ATS_NAME_MAX + 1];
    char vendor[ATS_NAME_MAX + 1];
    char model[ATS_NAME_MAX + 1];
    char firmware[ATS_NAME_MAX + 1];
    char warranty_end[ATS_NAME_MAX + 1]; /* "2027-12-31": its last day */
    char contracts[ATS_DEVICE_CONTRACTS_MAX]
                  [ATS_NAME_MAX + 1]; /* allowed contracts, NAME or NAME@VERSION; none: every one */
    size_t contract_count;
    enum ats_proof_level
        least_proof; /* what each of its publishes must carry; 0: as the contract says */
    /* What enrolled it, in a record that a gate signs (common/control/claim.h writes that); length 0: none. */
    uint8_t claim[ATS_DEVICE_CLAIM_DATA_MAX];
    size_t claim_len;
};

struct ats_body_contract {
    char *odcs;
    char *avsc;
    uint32_t schema_id;
    bool
        retired; /* the version has ended; it says the same as the record before it, and none follows */
};

struct ats_body_usecase {
    char *yaml;
};

struct ats_body_schema {
    char *text;
    uint32_t schema_id;
};

/* A record of quarantine: where it lies, and what it is (ats_seal_leaf() of it), so that no other is taken for it. */
struct ats_replay_record {
    int32_t partition;
    int64_t offset;
    uint8_t hash[ATS_HASH_SIZE];
};

struct ats_body_replay {
    struct ats_replay_record *records; /* 1 to ATS_REPLAY_RECORDS_MAX, by partition and offset */
    size_t count;
    bool unsealed; /* no seal is asked for: the gate cannot check it, and the signers vouch */
};

/* What a device's record may say of it for policy and reports; each a text of at most ATS_NAME_MAX bytes, "" where it says
   nothing. One table for records, flags, columns and reports. */
enum ats_device_attribute_form {
    ATS_ATTRIBUTE_NAME, /* ats_control_name_valid() */
    ATS_ATTRIBUTE_TEXT, /* device/name.h: also with / + # " and \ */
    ATS_ATTRIBUTE_DATE, /* 2027-12-31 */
};

struct ats_device_attribute {
    const char *name; /* of the record's member; NULL ends the table */
    size_t offset;    /* in struct ats_body_device */
    enum ats_device_attribute_form form;
};

extern const struct ats_device_attribute ats_device_attributes[];

const char *ats_device_attribute_get(const struct ats_body_device *device,
                                     const struct ats_device_attribute *attribute);
/* INVALID: not of its form. An empty text takes the attribute away. */
ATS_MUST_USE enum ats_status ats_device_attribute_set(struct ats_body_device *device,
                                                      const struct ats_device_attribute *attribute,
                                                      struct ats_span text);

/* An entry of a device's contracts, "NAME" or "NAME@VERSION", in two; `ret_version` is empty where it names none. Both are lent. */
void ats_device_contract_split(const char *entry, struct ats_span *ret_name,
                               struct ats_span *ret_version);
/* Whether the entry is of that contract, in whatever version. */
bool ats_device_contract_is_of(const char *entry, const char *contract);
/* The version of that contract that the device's record names, lent by it; empty: none, or it does not name the contract. */
struct ats_span ats_device_pinned_version(const struct ats_body_device *device,
                                          const char *contract);
bool ats_gate_is_valid(const struct ats_body_gate *gate, int64_t now_ms);
bool ats_device_key_is_valid(const struct ats_device_key *key, int64_t now_ms);
const char *ats_device_state_name(enum ats_device_state state);
ATS_MUST_USE enum ats_status ats_device_state_parse(struct ats_span text,
                                                    enum ats_device_state *ret_state);
/* Whether an operator may move a device from one state to the other (revoked and retired are final). */
bool ats_device_state_may_follow(enum ats_device_state from, enum ats_device_state to);
/* For people: "active, revoked or retired", the states that may follow; "none, it is final". */
#define ATS_DEVICE_MOVES_SIZE 64
void ats_device_state_moves(enum ats_device_state from, char ret_text[ATS_DEVICE_MOVES_SIZE]);

ATS_MUST_USE enum ats_status ats_body_root_parse(struct ats_span body,
                                                 struct ats_body_root *ret_root);
ATS_MUST_USE enum ats_status ats_body_root_format(const struct ats_body_root *root,
                                                  struct ats_buf *out);
ATS_MUST_USE enum ats_status ats_body_operator_parse(struct ats_span body,
                                                     struct ats_body_operator *ret_operator);
ATS_MUST_USE enum ats_status ats_body_operator_format(const struct ats_body_operator *operator_,
                                                      struct ats_buf *out);
ATS_MUST_USE enum ats_status ats_body_gate_parse(struct ats_span body,
                                                 struct ats_body_gate *ret_gate);
ATS_MUST_USE enum ats_status ats_body_gate_format(const struct ats_body_gate *gate,
                                                  struct ats_buf *out);
ATS_MUST_USE enum ats_status ats_body_processor_parse(struct ats_span body,
                                                      struct ats_body_processor *ret_processor);
ATS_MUST_USE enum ats_status ats_body_processor_format(const struct ats_body_processor *processor,
                                                       struct ats_buf *out);
ATS_MUST_USE enum ats_status ats_body_checkpoint_parse(struct ats_span body,
                                                       struct ats_body_checkpoint *ret_checkpoint);
ATS_MUST_USE enum ats_status
ats_body_checkpoint_format(const struct ats_body_checkpoint *checkpoint, struct ats_buf *out);
ATS_MUST_USE enum ats_status ats_body_device_parse(struct ats_span body,
                                                   struct ats_body_device *ret_device);
ATS_MUST_USE enum ats_status ats_body_device_format(const struct ats_body_device *device,
                                                    struct ats_buf *out);
ATS_MUST_USE enum ats_status ats_body_contract_parse(struct ats_span body,
                                                     struct ats_body_contract *ret_contract);
ATS_MUST_USE enum ats_status ats_body_contract_format(const struct ats_body_contract *contract,
                                                      struct ats_buf *out);
void ats_body_contract_fini(struct ats_body_contract *contract);
ATS_MUST_USE enum ats_status ats_body_usecase_parse(struct ats_span body,
                                                    struct ats_body_usecase *ret_usecase);
ATS_MUST_USE enum ats_status ats_body_usecase_format(const struct ats_body_usecase *usecase,
                                                     struct ats_buf *out);
void ats_body_usecase_fini(struct ats_body_usecase *usecase);
ATS_MUST_USE enum ats_status ats_body_schema_parse(struct ats_span body,
                                                   struct ats_body_schema *ret_schema);
ATS_MUST_USE enum ats_status ats_body_schema_format(const struct ats_body_schema *schema,
                                                    struct ats_buf *out);
void ats_body_schema_fini(struct ats_body_schema *schema);
ATS_MUST_USE enum ats_status ats_body_replay_parse(struct ats_span body,
                                                   struct ats_body_replay *ret_replay);
ATS_MUST_USE enum ats_status ats_body_replay_format(const struct ats_body_replay *replay,
                                                    struct ats_buf *out);
void ats_body_replay_fini(struct ats_body_replay *replay);
/* The gate of a replay's name, "gate@id"; empty: it is no such name. */
struct ats_span ats_replay_gate(const char *name);

#endif
