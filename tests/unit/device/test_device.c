/* SPDX-License-Identifier: Apache-2.0 */
/* What a device does by itself; tests/unit/common/identity/test_session.c has it talk to a gate. */
#include "device/device.h"

#include "device/protocol.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <string.h>

static const uint8_t seed[32] = {1};
static const uint8_t fleet[32] = {2};
static const uint8_t roots[2][32] = {{3}, {4}};

static void set_up(void)
{
    cr_assert_geq(sodium_init(), 0);
}

TestSuite(device, .init = set_up);

static struct ats_device a_device(void)
{
    struct ats_device device;
    cr_assert_eq(ats_device_init(&device, "press-7", "hall-2", seed, fleet, roots, 2),
                 ATS_DEVICE_OK);
    return device;
}

Test(device, its_key_id_is_the_hash_of_its_public_key)
{
    uint8_t public_key[32];
    uint8_t secret_key[64];
    uint8_t hash[32];
    char id[65];
    struct ats_device device = a_device();
    crypto_sign_seed_keypair(public_key, secret_key, seed);
    crypto_hash_sha256(hash, public_key, sizeof(public_key));
    sodium_bin2hex(id, sizeof(id), hash, sizeof(hash));
    id[16] = '\0';
    cr_assert_str_eq(device.key_id, id);
}

Test(device, does_not_start_without_names_and_a_pinned_root)
{
    struct ats_device device;
    char name[ATS_DEVICE_NAME_SIZE + 1];
    memset(name, 'n', sizeof(name));
    name[ATS_DEVICE_NAME_SIZE] = '\0';
    cr_assert_eq(ats_device_init(&device, "", "g", seed, fleet, roots, 1), ATS_DEVICE_INVALID);
    cr_assert_eq(ats_device_init(&device, "d", "g\n", seed, fleet, roots, 1), ATS_DEVICE_INVALID);
    cr_assert_eq(ats_device_init(&device, name, "g", seed, fleet, roots, 1), ATS_DEVICE_INVALID);
    cr_assert_eq(ats_device_init(&device, "d", "g", seed, fleet, roots, 0), ATS_DEVICE_INVALID);
    cr_assert_eq(ats_device_init(&device, "d", "g", seed, fleet, roots, 3), ATS_DEVICE_INVALID);
}

Test(device, its_connect_says_who_it_is_and_holds)
{
    struct ats_device device = a_device();
    struct ats_connect_data connect;
    uint8_t data[ATS_DEVICE_CONNECT_DATA_MAX];
    uint8_t bytes[ATS_CONNECT_SIGNED_MAX];
    uint8_t public_key[32];
    size_t len = 0;
    struct ats_wire_writer writer;
    cr_assert_eq(ats_device_connect(&device, 77, "client", "user", data, sizeof(data), &len),
                 ATS_DEVICE_OK);
    cr_assert_eq(ats_connect_decode(data, len, &connect), ATS_DEVICE_OK);
    cr_assert_str_eq(connect.device, "press-7");
    cr_assert_str_eq(connect.gate, "hall-2");
    cr_assert_eq(connect.counter, 77);
    ats_wire_writer_init(&writer, bytes, sizeof(bytes));
    cr_assert_eq(ats_connect_signed_bytes(&connect, fleet, "client", "user", &writer),
                 ATS_DEVICE_OK);
    crypto_sign_ed25519_sk_to_pk(public_key, device.secret_key);
    cr_assert_eq(crypto_sign_verify_detached(connect.signature, bytes, writer.len, public_key), 0);
}

Test(device, each_connect_has_an_ephemeral_key_of_its_own)
{
    struct ats_device device = a_device();
    struct ats_connect_data first;
    struct ats_connect_data second;
    uint8_t data[ATS_DEVICE_CONNECT_DATA_MAX];
    size_t len = 0;
    cr_assert_eq(ats_device_connect(&device, 1, "c", "u", data, sizeof(data), &len), ATS_DEVICE_OK);
    cr_assert_eq(ats_connect_decode(data, len, &first), ATS_DEVICE_OK);
    cr_assert_eq(ats_device_connect(&device, 2, "c", "u", data, sizeof(data), &len), ATS_DEVICE_OK);
    cr_assert_eq(ats_connect_decode(data, len, &second), ATS_DEVICE_OK);
    cr_assert_arr_neq(first.ephemeral_key, second.ephemeral_key, 32);
}

Test(device, a_connect_that_failed_waits_for_no_answer)
{
    struct ats_device device = a_device();
    uint8_t data[ATS_DEVICE_CONNECT_DATA_MAX];
    size_t len = 0;
    cr_assert_eq(ats_device_connect(&device, 1, "c", "u", data, 10, &len), ATS_DEVICE_TOO_SMALL);
    cr_assert_eq(ats_device_accept(&device, data, 10, 0), ATS_DEVICE_NO_SESSION);
    char client_id[ATS_DEVICE_CONNECT_TEXT_MAX + 2];
    memset(client_id, 'c', sizeof(client_id));
    client_id[sizeof(client_id) - 1] = '\0';
    cr_assert_eq(ats_device_connect(&device, 1, client_id, "u", data, sizeof(data), &len),
                 ATS_DEVICE_TOO_SMALL);
    cr_assert_eq(ats_device_accept(&device, data, 10, 0), ATS_DEVICE_NO_SESSION);
    cr_assert_eq(
        ats_device_connect(&device, ATS_DEVICE_WILL_FIRST, "c", "u", data, sizeof(data), &len),
        ATS_DEVICE_INVALID, "no will could have that counter");
    cr_assert_eq(ats_device_accept(&device, data, 10, 0), ATS_DEVICE_NO_SESSION);
}

Test(device, makes_no_tag_without_a_session)
{
    struct ats_device device = a_device();
    struct ats_device_publish publish = {.topic = "t"};
    char text[ATS_DEVICE_PROOF_SIZE];
    cr_assert_eq(ats_device_prove_mac(&device, &publish, text), ATS_DEVICE_NO_SESSION);
    cr_assert_eq(device.sequence, 0);
}

Test(device, each_proof_takes_the_next_sequence)
{
    struct ats_device device = a_device();
    struct ats_device_publish publish = {.topic = "t"};
    char text[ATS_DEVICE_PROOF_SIZE];
    device.sequence = 41; /* as the device stored it */
    cr_assert_eq(ats_device_prove_signature(&device, &publish, text), ATS_DEVICE_OK);
    cr_assert_eq(strncmp(text, "s1.42.0..", 9), 0);
    device.has_session = true;
    cr_assert_eq(ats_device_prove_mac(&device, &publish, text), ATS_DEVICE_OK);
    cr_assert_eq(strncmp(text, "m1.43.0.", 8), 0);
}

Test(device, a_new_connect_ends_the_session)
{
    struct ats_device device = a_device();
    uint8_t data[ATS_DEVICE_CONNECT_DATA_MAX];
    size_t len = 0;
    struct ats_device_publish publish = {.topic = "t"};
    char text[ATS_DEVICE_PROOF_SIZE];
    device.has_session = true;
    cr_assert_eq(ats_device_connect(&device, 1, "c", "u", data, sizeof(data), &len), ATS_DEVICE_OK);
    cr_assert_eq(ats_device_prove_mac(&device, &publish, text), ATS_DEVICE_NO_SESSION);
}

Test(device, the_sequence_does_not_wrap)
{
    struct ats_device device = a_device();
    struct ats_device_publish publish = {.topic = "t"};
    char text[ATS_DEVICE_PROOF_SIZE];
    device.sequence = ATS_DEVICE_WILL_FIRST - 1;
    cr_assert_eq(ats_device_prove_signature(&device, &publish, text), ATS_DEVICE_EXHAUSTED);
    cr_assert_eq(device.sequence, ATS_DEVICE_WILL_FIRST - 1);
}

Test(device, wiping_leaves_nothing)
{
    struct ats_device device = a_device();
    ats_device_wipe(&device);
    cr_assert(sodium_is_zero((const uint8_t *)&device, sizeof(device)));
}
