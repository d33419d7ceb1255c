/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A control record: one signed statement about the fleet. Its Kafka value is Avro with Confluent framing
 * (schemas/records/control.avsc), its key "kind/name". The signature covers the wire encoding of
 * label, format, fleet id, kind, name, revision, predecessor, signer, signer's key id, time, body.
 *
 * A record's hash is SHA-256 over these signed bytes and the signature; `predecessor` is the hash of the record of the
 * same kind and name at the revision before (zeros at revision 1).
 *
 * Of a critical act two operators sign the same bytes (format 2, schemas/records/control-approved.avsc): they have `expires` between
 * time and body. Without the second signature such a record is a proposal. The hash covers both signatures.
 *
 * Thread: any. Owns: nothing; spans are borrowed.
 */
#ifndef ATS_CONTROL_RECORD_H
#define ATS_CONTROL_RECORD_H

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/identity/key.h"

#define ATS_CONTROL_FORMAT 1
#define ATS_CONTROL_FORMAT_APPROVED 2
#define ATS_LABEL_CONTROL "ATTESTREAM-1 control"
#define ATS_HASH_SIZE 32
#define ATS_FLEET_ID_SIZE 32

enum ats_control_kind {
    ATS_CONTROL_ROOT, /* name "root": root and successor keys */
    ATS_CONTROL_OPERATOR,
    ATS_CONTROL_GATE,
    ATS_CONTROL_PROCESSOR, /* name: the group; members' signing keys in its body */
    ATS_CONTROL_DEVICE,
    ATS_CONTROL_CONTRACT, /* name: "contract@version" */
    ATS_CONTROL_USECASE,
    ATS_CONTROL_SCHEMA,
    ATS_CONTROL_CHECKPOINT, /* name: the group whose member, the signer, has counted the log so far */
    ATS_CONTROL_POLICY,     /* name "policy": which acts take two persons */
    ATS_CONTROL_REPLAY, /* name "gate@id": records of quarantine that the gate is to admit anew */
    ATS_CONTROL_KIND_COUNT,
};

struct ats_control_record {
    uint8_t fleet[ATS_FLEET_ID_SIZE];
    enum ats_control_kind kind;
    char name[ATS_NAME_MAX + 1];
    uint64_t revision; /* from 1 */
    uint8_t predecessor[ATS_HASH_SIZE];
    char signer[ATS_NAME_MAX +
                1]; /* "root", "successor", an operator's, a member's or a gate's name */
    char key_id[ATS_KEY_ID_SIZE];
    int64_t time_ms; /* the signer's clock; only a checkpoint's decides anything: the log's time */
    struct ats_span body; /* JSON, as signed */
    uint8_t signature[ATS_SIGNATURE_SIZE];
    int64_t expires_ms;              /* 0: format 1, which ends with the signature */
    char approver[ATS_NAME_MAX + 1]; /* "" in a proposal */
    char approver_key_id[ATS_KEY_ID_SIZE];
    uint8_t approval[ATS_SIGNATURE_SIZE];
};

const char *ats_control_kind_name(enum ats_control_kind kind);
ATS_MUST_USE enum ats_status ats_control_kind_parse(struct ats_span text,
                                                    enum ats_control_kind *ret_kind);
/* Sets key id and signature. */
ATS_MUST_USE enum ats_status ats_control_record_sign(struct ats_control_record *record,
                                                     const struct ats_key_pair *pair);
/* REFUSED, or MEMORY: a record must not count as forged because memory was short. */
ATS_MUST_USE enum ats_status ats_control_record_verify(const struct ats_control_record *record,
                                                       const uint8_t key[ATS_PUBLIC_KEY_SIZE]);
/* The other operator's signature over the same bytes; for a record with `expires_ms`. */
ATS_MUST_USE enum ats_status ats_control_record_approve(struct ats_control_record *record,
                                                        const char *approver,
                                                        const struct ats_key_pair *pair);
/* As verify, of the approval. */
ATS_MUST_USE enum ats_status
ats_control_record_verify_approval(const struct ats_control_record *record,
                                   const uint8_t key[ATS_PUBLIC_KEY_SIZE]);
void ats_control_record_hash(const struct ats_control_record *record,
                             uint8_t ret_hash[ATS_HASH_SIZE]);
/* A name as devices know them (device/name.h), without / + # " and \: safe as a level of an MQTT topic and between quotes. */
bool ats_control_name_valid(struct ats_span name);
/* The framed Avro value. */
ATS_MUST_USE enum ats_status ats_control_record_encode(const struct ats_control_record *record,
                                                       struct ats_buf *out);
/* MALFORMED: not a control record of this format, of a kind we know, with valid names. The body is borrowed from `value`
   and not looked into; nothing is verified. */
ATS_MUST_USE enum ats_status ats_control_record_decode(struct ats_span value,
                                                       struct ats_control_record *ret_record);

#endif
