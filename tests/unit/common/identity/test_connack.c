/* SPDX-License-Identifier: Apache-2.0 */
/* What a device makes of each CONNACK in tests/vectors/connack.json. */
#include "device/device.h"

#include "tests/unit/common/identity/vectors.h"

static const char *result_name(enum ats_device_result result)
{
    switch (result) {
    case ATS_DEVICE_OK:
        return "ok";
    case ATS_DEVICE_MALFORMED:
        return "malformed";
    case ATS_DEVICE_UNTRUSTED:
        return "untrusted";
    case ATS_DEVICE_WRONG:
        return "wrong";
    case ATS_DEVICE_EXPIRED:
        return "expired";
    case ATS_DEVICE_SEQUENCE_JUMP:
        return "sequence_jump";
    default:
        return "another";
    }
}

/* As after the CONNECT that each of them is meant to answer. */
static struct ats_device asking(const json_t *vectors)
{
    struct ats_device device;
    uint8_t seed[32];
    uint8_t fleet[32];
    uint8_t roots[1][32];
    (void)vectors_bytes(vectors, "device_seed", seed, sizeof(seed));
    (void)vectors_bytes(vectors, "fleet", fleet, sizeof(fleet));
    (void)vectors_bytes(vectors, "root_public", roots[0], sizeof(roots[0]));
    cr_assert_eq(ats_device_init(&device, vectors_text(vectors, "device"),
                                 vectors_text(vectors, "gate"), seed, fleet,
                                 (const uint8_t(*)[32])roots, 1),
                 ATS_DEVICE_OK);
    (void)vectors_bytes(vectors, "device_ephemeral_secret", device.ephemeral_secret, 32);
    (void)vectors_bytes(vectors, "connect_digest", device.connect_digest, 32);
    return device;
}

Test(connack, each_gets_the_answer_of_the_vectors)
{
    size_t i;
    json_t *value;
    uint8_t bytes[2048];
    cr_assert_geq(sodium_init(), 0);
    json_t *vectors = vectors_read("connack");
    json_t *cases = json_object_get(vectors, "cases");
    cr_assert_gt(json_array_size(cases), 30);
    json_array_foreach(cases, i, value)
    {
        struct ats_device device = asking(vectors);
        size_t len = vectors_bytes(value, "accept", bytes, sizeof(bytes));
        enum ats_device_result result =
            ats_device_accept(&device, bytes, len, vectors_number(value, "now_ms"));
        cr_assert_str_eq(result_name(result), vectors_text(value, "result"), "%s",
                         vectors_text(value, "what"));
        cr_assert_eq(device.has_session, result == ATS_DEVICE_OK, "%s",
                     vectors_text(value, "what"));
        ats_device_wipe(&device);
    }
    json_decref(vectors);
}
