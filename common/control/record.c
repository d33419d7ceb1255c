/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signed bytes are a head of bounded size and the body with its length. They are unique for a record, since every
 * part is fixed or length-prefixed, so neither Avro nor JSON needs a canonical form.
 */
#include "common/control/record.h"

#include "common/identity/signature.h"
#include "device/name.h"
#include "device/wire.h"

#include <sodium.h>
#include <stdio.h>

/* Label, four names of at most ATS_NAME_MAX with their lengths, and the fixed parts. */
#define HEAD_MAX 1024

static const char *const kind_names[ATS_CONTROL_KIND_COUNT] = {
    [ATS_CONTROL_ROOT] = "root",       [ATS_CONTROL_OPERATOR] = "operator",
    [ATS_CONTROL_GATE] = "gate",       [ATS_CONTROL_PROCESSOR] = "processor",
    [ATS_CONTROL_DEVICE] = "device",   [ATS_CONTROL_CONTRACT] = "contract",
    [ATS_CONTROL_USECASE] = "usecase", [ATS_CONTROL_SCHEMA] = "schema",
    [ATS_CONTROL_REPLAY] = "replay",   [ATS_CONTROL_CHECKPOINT] = "checkpoint",
    [ATS_CONTROL_POLICY] = "policy",
};

const char *ats_control_kind_name(enum ats_control_kind kind)
{
    return kind_names[kind];
}

enum ats_status ats_control_kind_parse(struct ats_span text, enum ats_control_kind *ret_kind)
{
    for (int kind = 0; kind < ATS_CONTROL_KIND_COUNT; kind++) {
        if (!ats_span_is(text, kind_names[kind]))
            continue;
        *ret_kind = (enum ats_control_kind)kind;
        return ATS_OK;
    }
    return ATS_ERR_MALFORMED;
}

bool ats_control_name_valid(struct ats_span name)
{
    if (!ats_name_valid((const char *)name.data, name.len))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (strchr("/+#\"\\", name.data[i]))
            return false;
    return true;
}

static void put_head(const struct ats_control_record *record, struct ats_wire_writer *writer)
{
    ats_wire_put_text(writer, ATS_LABEL_CONTROL);
    ats_wire_put_u16(writer,
                     record->expires_ms == 0 ? ATS_CONTROL_FORMAT : ATS_CONTROL_FORMAT_APPROVED);
    ats_wire_put_fixed(writer, record->fleet, sizeof(record->fleet));
    ats_wire_put_text(writer, kind_names[record->kind]);
    ats_wire_put_text(writer, record->name);
    ats_wire_put_u64(writer, record->revision);
    ats_wire_put_fixed(writer, record->predecessor, sizeof(record->predecessor));
    ats_wire_put_text(writer, record->signer);
    ats_wire_put_text(writer, record->key_id);
    ats_wire_put_u64(writer, (uint64_t)record->time_ms);
    if (record->expires_ms != 0)
        ats_wire_put_u64(writer, (uint64_t)record->expires_ms);
    ats_wire_put_u32(writer, (uint32_t)record->body.len);
}

static enum ats_status signed_bytes(const struct ats_control_record *record, struct ats_buf *out)
{
    uint8_t head[HEAD_MAX];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, head, sizeof(head));
    put_head(record, &writer);
    ats_buf_append(out, head, writer.len);
    ats_buf_append(out, record->body.data, record->body.len);
    return writer.overflow ? ATS_ERR_INTERNAL : out->status;
}

static enum ats_status sign(const struct ats_control_record *record,
                            const struct ats_key_pair *pair,
                            uint8_t ret_signature[ATS_SIGNATURE_SIZE])
{
    struct ats_buf message;
    ats_buf_init(&message, HEAD_MAX + ATS_CONTROL_RECORD_MAX);
    enum ats_status status = signed_bytes(record, &message);
    if (status == ATS_OK)
        ats_sign(pair, ats_buf_span(&message), ret_signature);
    ats_buf_fini(&message);
    return status;
}

static enum ats_status verify(const struct ats_control_record *record,
                              const uint8_t key[ATS_PUBLIC_KEY_SIZE],
                              const uint8_t signature[ATS_SIGNATURE_SIZE])
{
    struct ats_buf message;
    ats_buf_init(&message, HEAD_MAX + ATS_CONTROL_RECORD_MAX);
    enum ats_status status = signed_bytes(record, &message);
    if (status == ATS_OK && !ats_signature_verify(key, ats_buf_span(&message), signature))
        status = ATS_ERR_REFUSED;
    ats_buf_fini(&message);
    return status;
}

enum ats_status ats_control_record_sign(struct ats_control_record *record,
                                        const struct ats_key_pair *pair)
{
    ats_key_id(pair->public_key, record->key_id);
    return sign(record, pair, record->signature);
}

enum ats_status ats_control_record_verify(const struct ats_control_record *record,
                                          const uint8_t key[ATS_PUBLIC_KEY_SIZE])
{
    return verify(record, key, record->signature);
}

enum ats_status ats_control_record_approve(struct ats_control_record *record, const char *approver,
                                           const struct ats_key_pair *pair)
{
    (void)snprintf(record->approver, sizeof(record->approver), "%s", approver);
    ats_key_id(pair->public_key, record->approver_key_id);
    return sign(record, pair, record->approval);
}

enum ats_status ats_control_record_verify_approval(const struct ats_control_record *record,
                                                   const uint8_t key[ATS_PUBLIC_KEY_SIZE])
{
    return verify(record, key, record->approval);
}

void ats_control_record_hash(const struct ats_control_record *record,
                             uint8_t ret_hash[ATS_HASH_SIZE])
{
    uint8_t head[HEAD_MAX];
    struct ats_wire_writer writer;
    crypto_hash_sha256_state state;
    ats_wire_writer_init(&writer, head, sizeof(head));
    put_head(record, &writer);
    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, head, writer.len);
    (void)crypto_hash_sha256_update(&state, record->body.data, record->body.len);
    (void)crypto_hash_sha256_update(&state, record->signature, sizeof(record->signature));
    if (record->expires_ms != 0) {
        (void)crypto_hash_sha256_update(&state, (const uint8_t *)record->approver,
                                        strlen(record->approver));
        (void)crypto_hash_sha256_update(&state, record->approval, sizeof(record->approval));
    }
    (void)crypto_hash_sha256_final(&state, ret_hash);
}
