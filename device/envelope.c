/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signed envelope around a payload (device/protocol.h):
 *
 *   magic u8 | version u8 | key id, 8 bytes | sequence u64 | time u64 | signature, 64 bytes | payload, with its length
 *
 * The length would not be needed to find the payload's end. It tells a cut or lengthened envelope before a signature is
 * verified, which is what costs.
 */
#include "device/name.h"
#include "device/protocol.h"

#include <sodium.h>
#include <string.h>

#define KEY_ID_BYTES ((ATS_DEVICE_KEY_ID_SIZE - 1) / 2)
#define LENGTH_SIZE 4

_Static_assert(ATS_DEVICE_ENVELOPE_OVERHEAD == 1 + 1 + KEY_ID_BYTES + 8 + 8 + 64 + LENGTH_SIZE,
               "what stands before the payload");

bool ats_envelope_begins(const uint8_t *data, size_t len)
{
    return len > 0 && data[0] == ATS_ENVELOPE_MAGIC;
}

enum ats_device_result ats_envelope_encode(const struct ats_proof *proof, const uint8_t *payload,
                                           size_t payload_len, uint8_t *ret_data, size_t cap,
                                           size_t *ret_len)
{
    uint8_t key_id[KEY_ID_BYTES];
    struct ats_wire_writer writer;
    if (proof->kind != ATS_PROOF_SIGNATURE || proof->has_session ||
        !ats_key_id_valid(proof->key_id, strnlen(proof->key_id, sizeof(proof->key_id))) ||
        sodium_hex2bin(key_id, sizeof(key_id), proof->key_id, 2 * sizeof(key_id), NULL, NULL,
                       NULL) != 0)
        return ATS_DEVICE_INVALID;
    if (payload_len > UINT32_MAX || cap < ATS_DEVICE_ENVELOPE_OVERHEAD ||
        cap - ATS_DEVICE_ENVELOPE_OVERHEAD < payload_len)
        return ATS_DEVICE_TOO_SMALL;
    if (payload_len > 0)
        memmove(ret_data + ATS_DEVICE_ENVELOPE_OVERHEAD, payload, payload_len);
    ats_wire_writer_init(&writer, ret_data, ATS_DEVICE_ENVELOPE_OVERHEAD);
    ats_wire_put_u8(&writer, ATS_ENVELOPE_MAGIC);
    ats_wire_put_u8(&writer, ATS_ENVELOPE_VERSION);
    ats_wire_put_fixed(&writer, key_id, sizeof(key_id));
    ats_wire_put_u64(&writer, proof->sequence);
    ats_wire_put_u64(&writer, proof->time_ms);
    ats_wire_put_fixed(&writer, proof->bytes, sizeof(proof->bytes));
    ats_wire_put_u32(&writer, (uint32_t)payload_len);
    *ret_len = writer.len + payload_len;
    return ATS_DEVICE_OK;
}

enum ats_device_result ats_envelope_decode(const uint8_t *data, size_t len,
                                           struct ats_proof *ret_proof, const uint8_t **ret_payload,
                                           size_t *ret_payload_len)
{
    struct ats_proof proof = {.kind = ATS_PROOF_SIGNATURE};
    struct ats_wire_reader reader;
    ats_wire_reader_init(&reader, data, len);
    uint8_t magic = ats_wire_get_u8(&reader);
    uint8_t version = ats_wire_get_u8(&reader);
    const uint8_t *key_id = ats_wire_get_fixed(&reader, KEY_ID_BYTES);
    proof.sequence = ats_wire_get_u64(&reader);
    proof.time_ms = ats_wire_get_u64(&reader);
    const uint8_t *signature = ats_wire_get_fixed(&reader, sizeof(proof.bytes));
    size_t payload_len = 0;
    const uint8_t *payload = ats_wire_get_bytes(&reader, &payload_len);
    if (magic != ATS_ENVELOPE_MAGIC || version != ATS_ENVELOPE_VERSION || !key_id || !signature ||
        !ats_wire_reader_done(&reader))
        return ATS_DEVICE_MALFORMED;
    (void)sodium_bin2hex(proof.key_id, sizeof(proof.key_id), key_id, KEY_ID_BYTES);
    memcpy(proof.bytes, signature, sizeof(proof.bytes));
    *ret_proof = proof;
    *ret_payload = payload;
    *ret_payload_len = payload_len;
    return ATS_DEVICE_OK;
}
