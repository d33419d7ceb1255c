/* SPDX-License-Identifier: Apache-2.0 */
/* CONNECT's and CONNACK's authentication data and the certificates in it: no crash, and one encoding for each. */
#include "common/identity/session.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_equal(enum ats_device_result result, const uint8_t *encoded, size_t len,
                       const uint8_t *data, size_t size)
{
    if (result != ATS_DEVICE_OK || len != size || memcmp(encoded, data, size) != 0)
        abort();
}

static void try_connect(const uint8_t *data, size_t size)
{
    static const struct ats_gate_identity gate = {.name = "hall-2"};
    static const uint8_t key[ATS_PUBLIC_KEY_SIZE] = {2};
    struct ats_connect_data connect;
    uint8_t encoded[ATS_DEVICE_CONNECT_DATA_MAX];
    size_t len = 0;
    if (ats_connect_decode(data, size, &connect) != ATS_DEVICE_OK)
        return;
    enum ats_device_result result = ats_connect_encode(&connect, encoded, sizeof(encoded), &len);
    must_equal(result, encoded, len, data, size);
    if (ats_session_verify(&gate, &connect, key, connect.device, NULL, NULL) != ATS_ERR_REFUSED)
        abort();
}

static void try_certificate(const uint8_t *data, size_t size)
{
    static const uint8_t key[ATS_PUBLIC_KEY_SIZE] = {2};
    struct ats_certificate certificate;
    uint8_t encoded[ATS_CERTIFICATE_MAX];
    size_t len = 0;
    if (ats_certificate_decode(data, size, &certificate) != ATS_DEVICE_OK)
        return;
    enum ats_device_result result =
        ats_certificate_encode(&certificate, encoded, sizeof(encoded), &len);
    must_equal(result, encoded, len, data, size);
    if (ats_certificate_verify(&certificate, key))
        abort();
}

static void try_accept(const uint8_t *data, size_t size)
{
    static const uint8_t digest[32] = {1};
    struct ats_accept_data accept;
    uint8_t encoded[ATS_ACCEPT_DATA_MAX];
    uint8_t transcript[32];
    size_t len = 0;
    if (ats_accept_decode(data, size, &accept) != ATS_DEVICE_OK)
        return;
    enum ats_device_result result = ats_accept_encode(&accept, encoded, sizeof(encoded), &len);
    must_equal(result, encoded, len, data, size);
    if (ats_accept_transcript(digest, &accept, transcript) != ATS_DEVICE_OK)
        abort();
    try_certificate(accept.operator_certificate, accept.operator_certificate_len);
    try_certificate(accept.gate_certificate, accept.gate_certificate_len);
}

/* The whole of a device's check, pinned to a root that signed nothing. */
static void try_device(const uint8_t *data, size_t size)
{
    static const uint8_t seed[32] = {1};
    static const uint8_t roots[1][32] = {{3}};
    struct ats_device device;
    if (ats_device_init(&device, "press-7", "hall-2", seed, seed, roots, 1) != ATS_DEVICE_OK)
        abort();
    device.ephemeral_secret[0] = 1;
    if (ats_device_accept(&device, data, size, 1) == ATS_DEVICE_OK || device.has_session)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (ats_identity_init() != ATS_OK)
        abort();
    try_connect(data, size);
    try_accept(data, size);
    try_certificate(data, size);
    try_device(data, size);
    return 0;
}
