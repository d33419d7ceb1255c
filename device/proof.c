/* SPDX-License-Identifier: Apache-2.0 */
/* The proof of one publish: its text, and the bytes that tag and signature cover (device/protocol.h). */
#include "device/name.h"
#include "device/protocol.h"

#include <sodium.h>
#include <string.h>

#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define BASE64_MAX 96  /* a signature has 86 characters, and a NUL */
#define DECIMAL_MAX 20 /* digits of 2^64 - 1 */
#define MAC_PARTS 5
#define SIGNATURE_PARTS 6

/* A part of the text between two dots. */
struct part {
    const char *text;
    size_t len;
};

static size_t proof_bytes_len(enum ats_proof_kind kind)
{
    return kind == ATS_PROOF_MAC ? ATS_TAG_SIZE : 64;
}

/* --- text --- */

static void put_decimal(struct ats_wire_writer *writer, uint64_t value)
{
    char digits[DECIMAL_MAX];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    ats_wire_put_fixed(writer, digits + at, sizeof(digits) - at);
}

static void put_base64(struct ats_wire_writer *writer, const uint8_t *bytes, size_t len)
{
    char text[BASE64_MAX];
    sodium_bin2base64(text, sizeof(text), bytes, len, BASE64);
    ats_wire_put_fixed(writer, text, strlen(text));
}

static void put_dot(struct ats_wire_writer *writer)
{
    ats_wire_put_u8(writer, '.');
}

enum ats_device_result ats_proof_format(const struct ats_proof *proof,
                                        char ret_text[ATS_DEVICE_PROOF_SIZE])
{
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, ret_text, ATS_DEVICE_PROOF_SIZE - 1);
    ats_wire_put_fixed(&writer, proof->kind == ATS_PROOF_MAC ? "m1" : "s1", 2);
    put_dot(&writer);
    put_decimal(&writer, proof->sequence);
    put_dot(&writer);
    put_decimal(&writer, proof->time_ms);
    put_dot(&writer);
    if (proof->has_session)
        put_base64(&writer, proof->session_id, sizeof(proof->session_id));
    put_dot(&writer);
    if (proof->kind == ATS_PROOF_SIGNATURE) {
        ats_wire_put_fixed(&writer, proof->key_id, strnlen(proof->key_id, sizeof(proof->key_id)));
        put_dot(&writer);
    }
    put_base64(&writer, proof->bytes, proof_bytes_len(proof->kind));
    ret_text[writer.len] = '\0';
    return writer.overflow ? ATS_DEVICE_TOO_SMALL : ATS_DEVICE_OK;
}

/* Number of parts, of which `parts` gets the first six. */
static size_t split(const char *text, size_t len, struct part parts[SIGNATURE_PARTS])
{
    size_t count = 0;
    for (;;) {
        const char *dot = memchr(text, '.', len);
        size_t part_len = dot ? (size_t)(dot - text) : len;
        if (count < SIGNATURE_PARTS)
            parts[count] = (struct part){text, part_len};
        count++;
        if (!dot)
            return count;
        text += part_len + 1;
        len -= part_len + 1;
    }
}

static bool parse_decimal(struct part part, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (part.len == 0 || (part.len > 1 && part.text[0] == '0'))
        return false;
    for (size_t i = 0; i < part.len; i++) {
        if (part.text[i] < '0' || part.text[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(part.text[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *ret_value = value;
    return true;
}

/* RFC 4648, section 5; 64 for what is not of the alphabet. */
static unsigned base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    return c == '-' ? 62 : c == '_' ? 63 : 64;
}

/* Exactly `len` bytes, in the one text that they have: no padding, spare bits are zero. Not libsodium's: that takes no time from
   which a secret could be read, which nothing here is, and is half of what reading a proof costs. */
static bool parse_base64(struct part part, uint8_t *ret_bytes, size_t len)
{
    uint32_t bits = 0;
    unsigned held = 0;
    if (part.len != (len * 8 + 5) / 6)
        return false;
    for (size_t i = 0; i < part.len; i++) {
        unsigned digit = base64_digit(part.text[i]);
        if (digit == 64)
            return false;
        bits = bits << 6 | digit;
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        *ret_bytes++ = (uint8_t)(bits >> held);
    }
    return (bits & ((1U << held) - 1)) == 0;
}

static bool parse_key_id(struct part part, char ret_id[ATS_DEVICE_KEY_ID_SIZE])
{
    if (!ats_key_id_valid(part.text, part.len))
        return false;
    memcpy(ret_id, part.text, part.len);
    ret_id[part.len] = '\0';
    return true;
}

static bool parse_kind(struct part part, size_t count, enum ats_proof_kind *ret_kind)
{
    if (part.len != 2 || part.text[1] != '1')
        return false;
    *ret_kind = part.text[0] == 'm' ? ATS_PROOF_MAC : ATS_PROOF_SIGNATURE;
    return (part.text[0] == 'm' && count == MAC_PARTS) ||
           (part.text[0] == 's' && count == SIGNATURE_PARTS);
}

enum ats_device_result ats_proof_parse(const char *text, size_t len, struct ats_proof *ret_proof)
{
    struct part parts[SIGNATURE_PARTS] = {{NULL, 0}};
    struct ats_proof proof = {0};
    if (len >= ATS_DEVICE_PROOF_SIZE)
        return ATS_DEVICE_MALFORMED;
    size_t count = split(text, len, parts);
    if (!parse_kind(parts[0], count, &proof.kind) || !parse_decimal(parts[1], &proof.sequence) ||
        !parse_decimal(parts[2], &proof.time_ms))
        return ATS_DEVICE_MALFORMED;
    proof.has_session = parts[3].len > 0;
    if (proof.has_session && !parse_base64(parts[3], proof.session_id, sizeof(proof.session_id)))
        return ATS_DEVICE_MALFORMED;
    if (proof.kind == ATS_PROOF_MAC ? !proof.has_session : !parse_key_id(parts[4], proof.key_id))
        return ATS_DEVICE_MALFORMED;
    if (!parse_base64(parts[count - 1], proof.bytes, proof_bytes_len(proof.kind)))
        return ATS_DEVICE_MALFORMED;
    *ret_proof = proof;
    return ATS_DEVICE_OK;
}

/* --- what is covered --- */

enum ats_device_result ats_proof_signed_head(const struct ats_proof *proof, const char *device,
                                             const char *gate,
                                             const struct ats_device_publish *publish,
                                             struct ats_wire_writer *writer)
{
    size_t topic_len = strnlen(publish->topic, ATS_DEVICE_TOPIC_MAX + 1);
    if (topic_len > ATS_DEVICE_TOPIC_MAX || publish->payload_len > UINT32_MAX)
        return ATS_DEVICE_TOO_SMALL;
    ats_wire_put_text(writer, proof->kind == ATS_PROOF_MAC ? ATS_LABEL_PUBLISH_MAC
                                                           : ATS_LABEL_PUBLISH_SIGNATURE);
    ats_wire_put_text(writer, device);
    ats_wire_put_u8(writer, proof->has_session ? 1 : 0);
    if (proof->has_session)
        ats_wire_put_fixed(writer, proof->session_id, sizeof(proof->session_id));
    else
        ats_wire_put_text(writer, gate);
    ats_wire_put_bytes(writer, publish->topic, topic_len);
    ats_wire_put_u8(writer, publish->qos);
    ats_wire_put_u8(writer, publish->retain ? 1 : 0);
    ats_wire_put_u64(writer, proof->sequence);
    ats_wire_put_u64(writer, proof->time_ms);
    return writer->overflow ? ATS_DEVICE_TOO_SMALL : ATS_DEVICE_OK;
}

static void hash_publish(crypto_generichash_state *state, const uint8_t *head, size_t head_len,
                         const uint8_t *payload, size_t payload_len)
{
    uint8_t prefix[4];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, prefix, sizeof(prefix));
    ats_wire_put_u32(&writer, (uint32_t)payload_len);
    (void)crypto_generichash_update(state, head, head_len);
    (void)crypto_generichash_update(state, prefix, sizeof(prefix));
    (void)crypto_generichash_update(state, payload, payload_len);
}

void ats_proof_tag(const uint8_t key[32], const uint8_t *head, size_t head_len,
                   const uint8_t *payload, size_t payload_len, uint8_t ret_tag[ATS_TAG_SIZE])
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, key, 32, ATS_TAG_SIZE);
    hash_publish(&state, head, head_len, payload, payload_len);
    (void)crypto_generichash_final(&state, ret_tag, ATS_TAG_SIZE);
}

void ats_proof_digest(const uint8_t *head, size_t head_len, const uint8_t *payload,
                      size_t payload_len, uint8_t ret_digest[32])
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, 32);
    hash_publish(&state, head, head_len, payload, payload_len);
    (void)crypto_generichash_final(&state, ret_digest, 32);
}
