/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A claim and its answer (device/claim.h):
 *
 *   version u8 | token bytes | gate text | time u64 | key, 32 bytes | signature, 64 bytes
 *   version u8 | result u8 | code u32 | text
 *
 * The signature covers a digest of what stands between version and signature, so that a device needs no second copy.
 */
#include "device/claim.h"

#include "device/name.h"

#include <sodium.h>
#include <string.h>

#define SIGNATURE_SIZE 64
/* Where the token's bytes stand: behind version and length. */
#define TOKEN_AT 5

static void digest_of(const uint8_t *data, size_t len, uint8_t ret_digest[32])
{
    (void)crypto_generichash(ret_digest, 32, data + 1, len - 1 - SIGNATURE_SIZE, NULL, 0);
}

enum ats_device_result ats_claim_sign(struct ats_claim *claim, const uint8_t secret_key[64],
                                      uint8_t *ret_data, size_t cap, size_t *ret_len)
{
    uint8_t message[ATS_LABEL_MESSAGE_MAX];
    struct ats_wire_writer writer;
    if (claim->token_len == 0 || claim->token_len > ATS_DEVICE_CLAIM_TOKEN_MAX)
        return ATS_DEVICE_TOO_SMALL;
    if (cap < TOKEN_AT || cap - TOKEN_AT < claim->token_len)
        return ATS_DEVICE_TOO_SMALL;
    memmove(ret_data + TOKEN_AT, claim->token, claim->token_len);
    ats_wire_writer_init(&writer, ret_data, cap);
    ats_wire_put_u8(&writer, ATS_CLAIM_VERSION);
    ats_wire_put_u32(&writer, (uint32_t)claim->token_len);
    writer.len += claim->token_len;
    ats_wire_put_text(&writer, claim->gate);
    ats_wire_put_u64(&writer, claim->time_ms);
    ats_wire_put_fixed(&writer, claim->key, sizeof(claim->key));
    if (writer.overflow || cap - writer.len < SIGNATURE_SIZE)
        return ATS_DEVICE_TOO_SMALL;
    digest_of(ret_data, writer.len + SIGNATURE_SIZE, claim->digest);
    size_t len = ats_label_message(ATS_LABEL_CLAIM, claim->digest, message);
    (void)crypto_sign_detached(claim->signature, NULL, message, len, secret_key);
    ats_wire_put_fixed(&writer, claim->signature, sizeof(claim->signature));
    *ret_len = writer.len;
    return ATS_DEVICE_OK;
}

enum ats_device_result ats_claim_decode(const uint8_t *data, size_t len,
                                        struct ats_claim *ret_claim)
{
    struct ats_wire_reader reader;
    size_t gate_len = 0;
    memset(ret_claim, 0, sizeof(*ret_claim));
    ats_wire_reader_init(&reader, data, len);
    uint8_t version = ats_wire_get_u8(&reader);
    ret_claim->token = ats_wire_get_bytes(&reader, &ret_claim->token_len);
    const uint8_t *gate = ats_wire_get_bytes(&reader, &gate_len);
    ret_claim->time_ms = ats_wire_get_u64(&reader);
    const uint8_t *key = ats_wire_get_fixed(&reader, sizeof(ret_claim->key));
    const uint8_t *signature = ats_wire_get_fixed(&reader, sizeof(ret_claim->signature));
    if (!ats_wire_reader_done(&reader) || version != ATS_CLAIM_VERSION || !gate || !key ||
        !signature || ret_claim->token_len == 0 ||
        ret_claim->token_len > ATS_DEVICE_CLAIM_TOKEN_MAX ||
        !ats_name_valid((const char *)gate, gate_len))
        return ATS_DEVICE_MALFORMED;
    memcpy(ret_claim->gate, gate, gate_len);
    memcpy(ret_claim->key, key, sizeof(ret_claim->key));
    memcpy(ret_claim->signature, signature, sizeof(ret_claim->signature));
    digest_of(data, len, ret_claim->digest);
    return ATS_DEVICE_OK;
}

bool ats_claim_verify(const struct ats_claim *claim)
{
    uint8_t message[ATS_LABEL_MESSAGE_MAX];
    size_t len = ats_label_message(ATS_LABEL_CLAIM, claim->digest, message);
    return crypto_sign_verify_detached(claim->signature, message, len, claim->key) == 0;
}

enum ats_device_result ats_device_claim(const struct ats_device *device, const char *token,
                                        uint64_t time_ms, uint8_t *ret_data, size_t cap,
                                        size_t *ret_len)
{
    struct ats_claim claim = {.time_ms = time_ms};
    const char *end = NULL;
    size_t len = strlen(token);
    if (cap < ATS_DEVICE_CLAIM_DATA_MAX)
        return ATS_DEVICE_TOO_SMALL;
    /* Where it will stand, so that no second memory is needed. */
    if (sodium_base642bin(ret_data + TOKEN_AT, ATS_DEVICE_CLAIM_TOKEN_MAX, token, len, NULL,
                          &claim.token_len, &end, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        end != token + len || claim.token_len == 0)
        return ATS_DEVICE_INVALID;
    claim.token = ret_data + TOKEN_AT;
    memcpy(claim.gate, device->gate, sizeof(claim.gate));
    memcpy(claim.key, device->secret_key + 32, sizeof(claim.key));
    return ats_claim_sign(&claim, device->secret_key, ret_data, cap, ret_len);
}

enum ats_device_result ats_device_claim_text(const uint8_t *data, size_t len, char *ret_text,
                                             size_t cap)
{
    const size_t prefix = sizeof(ATS_CLAIM_TEXT_PREFIX) - 1;
    const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    if (len > ATS_DEVICE_CLAIM_DATA_MAX ||
        cap < prefix + sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_URLSAFE_NO_PADDING))
        return ATS_DEVICE_TOO_SMALL;
    memcpy(ret_text, ATS_CLAIM_TEXT_PREFIX, prefix);
    (void)sodium_bin2base64(ret_text + prefix, cap - prefix, data, len, variant);
    return ATS_DEVICE_OK;
}

enum ats_device_result ats_claim_answer_encode(const struct ats_device_claim_answer *answer,
                                               uint8_t *ret_data, size_t cap, size_t *ret_len)
{
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, ret_data, cap);
    ats_wire_put_u8(&writer, ATS_CLAIM_VERSION);
    ats_wire_put_u8(&writer, (uint8_t)answer->result);
    ats_wire_put_u32(&writer, answer->code);
    ats_wire_put_text(&writer, answer->text);
    *ret_len = writer.len;
    return writer.overflow ? ATS_DEVICE_TOO_SMALL : ATS_DEVICE_OK;
}

enum ats_device_result ats_device_claim_answer(const uint8_t *data, size_t len,
                                               struct ats_device_claim_answer *ret_answer)
{
    struct ats_wire_reader reader;
    size_t text_len = 0;
    memset(ret_answer, 0, sizeof(*ret_answer));
    ats_wire_reader_init(&reader, data, len);
    uint8_t version = ats_wire_get_u8(&reader);
    uint8_t result = ats_wire_get_u8(&reader);
    ret_answer->code = ats_wire_get_u32(&reader);
    const uint8_t *text = ats_wire_get_bytes(&reader, &text_len);
    if (!ats_wire_reader_done(&reader) || version != ATS_CLAIM_VERSION ||
        result < ATS_DEVICE_CLAIM_TAKEN || result > ATS_DEVICE_CLAIM_REFUSED || !text ||
        !ats_name_valid((const char *)text, text_len))
        return ATS_DEVICE_MALFORMED;
    ret_answer->result = (enum ats_device_claim_result)result;
    memcpy(ret_answer->text, text, text_len);
    return ATS_DEVICE_OK;
}
