/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token's one encoding:
 *
 *   version u8 | fleet, 32 bytes | id, 16 bytes | operator text | key id text | device text | gate text | not after u64
 *   | number u8, then name text and value text of each attribute, in the order of their table
 *   | number u8, then each contract text | signature, 64 bytes
 *
 * The signature covers a digest of what stands between version and signature.
 */
#include "common/control/claim.h"

#include "common/base/base64.h"
#include "common/base/calendar.h"
#include "common/control/body_json.h"
#include "common/control/name_pattern.h"
#include "common/control/store_key.h"
#include "common/identity/signature.h"
#include "device/name.h"
#include "device/wire.h"

#include <sodium.h>
#include <stdlib.h>

static void put_body(struct ats_wire_writer *writer, const struct ats_body_device *body)
{
    uint8_t count = 0;
    for (const struct ats_device_attribute *at = ats_device_attributes; at->name; at++)
        count = (uint8_t)(count + (ats_device_attribute_get(body, at)[0] != '\0'));
    ats_wire_put_u8(writer, count);
    for (const struct ats_device_attribute *at = ats_device_attributes; at->name; at++) {
        const char *text = ats_device_attribute_get(body, at);
        if (text[0] == '\0')
            continue;
        ats_wire_put_text(writer, at->name);
        ats_wire_put_text(writer, text);
    }
    ats_wire_put_u8(writer, (uint8_t)body->contract_count);
    for (size_t i = 0; i < body->contract_count; i++)
        ats_wire_put_text(writer, body->contracts[i]);
}

static void digest_of(const uint8_t *data, size_t len, uint8_t ret_digest[ATS_HASH_SIZE])
{
    (void)crypto_generichash(ret_digest, ATS_HASH_SIZE, data + 1, len - 1 - ATS_SIGNATURE_SIZE,
                             NULL, 0);
}

enum ats_status ats_claim_token_sign(struct ats_claim_token *token, const struct ats_key_pair *pair,
                                     uint8_t *ret_data, size_t cap, size_t *ret_len)
{
    uint8_t message[ATS_LABEL_MESSAGE_MAX];
    struct ats_wire_writer writer;
    ats_key_id(pair->public_key, token->key_id);
    if (cap > ATS_DEVICE_CLAIM_TOKEN_MAX)
        cap = ATS_DEVICE_CLAIM_TOKEN_MAX;
    ats_wire_writer_init(&writer, ret_data, cap);
    ats_wire_put_u8(&writer, ATS_CLAIM_VERSION);
    ats_wire_put_fixed(&writer, token->fleet, sizeof(token->fleet));
    ats_wire_put_fixed(&writer, token->id, sizeof(token->id));
    ats_wire_put_text(&writer, token->signer);
    ats_wire_put_text(&writer, token->key_id);
    ats_wire_put_text(&writer, token->device);
    ats_wire_put_text(&writer, token->gate);
    ats_wire_put_u64(&writer, (uint64_t)token->not_after_ms);
    put_body(&writer, &token->body);
    if (writer.overflow || cap - writer.len < ATS_SIGNATURE_SIZE)
        return ATS_ERR_LIMIT;
    digest_of(ret_data, writer.len + ATS_SIGNATURE_SIZE, token->digest);
    size_t len = ats_label_message(ATS_LABEL_CLAIM_TOKEN, token->digest, message);
    ats_sign(pair, ats_span_of(message, len), token->signature);
    ats_wire_put_fixed(&writer, token->signature, sizeof(token->signature));
    *ret_len = writer.len;
    return ATS_OK;
}

/* ---- reading ---- */

static struct ats_span get_text(struct ats_wire_reader *reader)
{
    size_t len = 0;
    const uint8_t *bytes = ats_wire_get_bytes(reader, &len);
    return ats_span_of(bytes, len);
}

/* A name, as the registry takes it; empty only where it may be. */
static void get_name(struct ats_wire_reader *reader, bool optional, char ret_name[ATS_NAME_MAX + 1])
{
    struct ats_span text = get_text(reader);
    if (text.len == 0 && optional)
        return;
    if (reader->failed || !ats_control_name_valid(text)) {
        reader->failed = true;
        return;
    }
    memcpy(ret_name, text.data, text.len);
}

static void get_fixed(struct ats_wire_reader *reader, uint8_t *ret_bytes, size_t len)
{
    const uint8_t *bytes = ats_wire_get_fixed(reader, len);
    if (bytes)
        memcpy(ret_bytes, bytes, len);
}

static void get_attributes(struct ats_wire_reader *reader, struct ats_body_device *body)
{
    uint8_t count = ats_wire_get_u8(reader);
    const struct ats_device_attribute *at = ats_device_attributes;
    for (; count > 0 && !reader->failed; count--) {
        struct ats_span name = get_text(reader);
        struct ats_span text = get_text(reader);
        while (at->name && !ats_span_is(name, at->name))
            at++;
        if (!at->name || text.len == 0 || ats_device_attribute_set(body, at++, text) != ATS_OK)
            reader->failed = true;
    }
}

static void get_contracts(struct ats_wire_reader *reader, struct ats_body_device *body)
{
    uint8_t count = ats_wire_get_u8(reader);
    if (count > ATS_DEVICE_CONTRACTS_MAX)
        reader->failed = true;
    for (; count > 0 && !reader->failed; count--)
        get_name(reader, false, body->contracts[body->contract_count++]);
}

static void get_key_id(struct ats_wire_reader *reader, char ret_id[ATS_KEY_ID_SIZE])
{
    struct ats_span id = get_text(reader);
    if (!ats_key_id_valid((const char *)id.data, id.len))
        reader->failed = true;
    else
        memcpy(ret_id, id.data, id.len);
}

enum ats_status ats_claim_token_decode(const uint8_t *data, size_t len,
                                       struct ats_claim_token *ret_token)
{
    struct ats_wire_reader reader;
    *ret_token = (struct ats_claim_token){.body = {.state = ATS_DEVICE_ACTIVE}};
    if (len > ATS_DEVICE_CLAIM_TOKEN_MAX)
        return ATS_ERR_MALFORMED;
    ats_wire_reader_init(&reader, data, len);
    uint8_t version = ats_wire_get_u8(&reader);
    get_fixed(&reader, ret_token->fleet, sizeof(ret_token->fleet));
    get_fixed(&reader, ret_token->id, sizeof(ret_token->id));
    get_name(&reader, false, ret_token->signer);
    get_key_id(&reader, ret_token->key_id);
    get_name(&reader, false, ret_token->device);
    get_name(&reader, true, ret_token->gate);
    uint64_t not_after = ats_wire_get_u64(&reader);
    get_attributes(&reader, &ret_token->body);
    get_contracts(&reader, &ret_token->body);
    get_fixed(&reader, ret_token->signature, sizeof(ret_token->signature));
    if (!ats_wire_reader_done(&reader) || version != ATS_CLAIM_VERSION || not_after == 0 ||
        not_after > (uint64_t)ATS_CALENDAR_MAX_MS)
        return ATS_ERR_MALFORMED;
    ret_token->not_after_ms = (int64_t)not_after;
    digest_of(data, len, ret_token->digest);
    return ATS_OK;
}

bool ats_claim_token_verify(const struct ats_claim_token *token,
                            const uint8_t key[ATS_PUBLIC_KEY_SIZE])
{
    uint8_t message[ATS_LABEL_MESSAGE_MAX];
    size_t len = ats_label_message(ATS_LABEL_CLAIM_TOKEN, token->digest, message);
    return ats_signature_verify(key, ats_span_of(message, len), token->signature);
}

void ats_claim_id_hex(const uint8_t id[ATS_CLAIM_ID_SIZE], char ret_hex[ATS_CLAIM_ID_HEX_SIZE])
{
    (void)sodium_bin2hex(ret_hex, ATS_CLAIM_ID_HEX_SIZE, id, ATS_CLAIM_ID_SIZE);
}

static bool has_scope(const struct ats_body_operator *operator_, enum ats_control_kind kind,
                      const char *name)
{
    return (operator_->kinds & (UINT32_C(1) << kind)) != 0 &&
           ats_name_matches(operator_->names, name);
}

bool ats_operator_signs(const struct ats_body_operator *operator_, const char *key_id,
                        enum ats_control_kind kind, const char *name)
{
    char own[ATS_KEY_ID_SIZE];
    ats_key_id(operator_->key, own);
    return strcmp(own, key_id) == 0 && !operator_->revoked && has_scope(operator_, kind, name);
}

const char *ats_operator_objection(const struct ats_body_operator *operator_, const char *key_id,
                                   enum ats_control_kind kind, const char *name, int64_t time_ms)
{
    char own[ATS_KEY_ID_SIZE];
    ats_key_id(operator_->key, own);
    if (strcmp(own, key_id) != 0)
        return "has another key";
    if (operator_->revoked)
        return "is revoked";
    if (operator_->not_before_ms > time_ms)
        return "is not in office yet";
    if (operator_->not_after_ms != 0 && operator_->not_after_ms <= time_ms)
        return "has expired";
    if (!has_scope(operator_, kind, name))
        return "may not sign that name";
    return NULL;
}

/* ---- in the registry ---- */

enum ats_status ats_claim_body_format(const struct ats_claim_token *token,
                                      const struct ats_claim *claim, struct ats_span claim_data,
                                      struct ats_buf *out)
{
    struct ats_body_device body = token->body;
    struct ats_buf plain;
    body.key_count = 1;
    memcpy(body.keys[0].key, claim->key, sizeof(claim->key));
    ats_key_id(claim->key, body.keys[0].id);
    ats_buf_init(&plain, ATS_CONTROL_RECORD_MAX);
    enum ats_status status = ats_body_device_format(&body, &plain);
    json_t *object =
        status == ATS_OK ? json_loadb((const char *)plain.data, plain.len, 0, NULL) : NULL;
    ats_buf_fini(&plain);
    if (!object)
        return status == ATS_OK ? ATS_ERR_MEMORY : status;
    size_t members = json_object_size(object) + 1;
    char *text = ats_base64_encode(claim_data);
    (void)json_object_set_new(object, "claim", json_string(text));
    free(text);
    return ats_body_write(object, members, out);
}

enum ats_status ats_claim_find_enrolment(struct ats_store_view *view, const char *device,
                                         struct ats_enrolment *ret_enrolment)
{
    struct ats_store_key key = ats_store_key_enrolment(device);
    struct ats_wire_reader reader;
    struct ats_span value;
    uint8_t id[ATS_CLAIM_ID_SIZE] = {0};
    *ret_enrolment = (struct ats_enrolment){0};
    enum ats_status status = ats_store_get(view, ats_store_key_span(&key), &value);
    if (status != ATS_OK)
        return status;
    ats_wire_reader_init(&reader, value.data, value.len);
    get_name(&reader, false, ret_enrolment->gate);
    get_name(&reader, false, ret_enrolment->signer);
    get_fixed(&reader, id, sizeof(id));
    ats_claim_id_hex(id, ret_enrolment->token_id);
    return ats_wire_reader_done(&reader) ? ATS_OK : ATS_ERR_CORRUPT;
}

enum ats_status ats_claim_find_token(struct ats_store_view *view,
                                     const uint8_t id[ATS_CLAIM_ID_SIZE])
{
    struct ats_span owner;
    struct ats_store_key key = ats_store_key_claim(id);
    return ats_store_get(view, ats_store_key_span(&key), &owner);
}
