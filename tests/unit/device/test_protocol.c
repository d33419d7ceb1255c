/* SPDX-License-Identifier: Apache-2.0 */
#include "device/protocol.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static uint8_t public_key[32];
static uint8_t secret_key[64];

static void set_up(void)
{
    cr_assert_geq(sodium_init(), 0);
    crypto_sign_keypair(public_key, secret_key);
}

TestSuite(protocol, .init = set_up);

static struct ats_certificate a_certificate(void)
{
    struct ats_certificate certificate = {.role = ATS_CERTIFICATE_GATE,
                                          .name = "hall-2",
                                          .not_before_ms = 1,
                                          .not_after_ms = UINT64_MAX};
    memset(certificate.fleet, 0xF1, sizeof(certificate.fleet));
    memset(certificate.key, 0x4B, sizeof(certificate.key));
    return certificate;
}

static struct ats_connect_data a_connect(void)
{
    struct ats_connect_data connect = {
        .device = "press-7", .key_id = "0123456789abcdef", .gate = "hall-2", .counter = 9};
    memset(connect.ephemeral_key, 0xE1, sizeof(connect.ephemeral_key));
    memset(connect.signature, 0x51, sizeof(connect.signature));
    return connect;
}

Test(protocol, a_certificate_is_read_as_it_was_written)
{
    uint8_t data[ATS_CERTIFICATE_MAX];
    size_t len = 0;
    struct ats_certificate again;
    struct ats_certificate certificate = a_certificate();
    cr_assert_eq(ats_certificate_sign(&certificate, secret_key), ATS_DEVICE_OK);
    cr_assert_eq(ats_certificate_encode(&certificate, data, sizeof(data), &len), ATS_DEVICE_OK);
    cr_assert_eq(ats_certificate_decode(data, len, &again), ATS_DEVICE_OK);
    cr_assert(ats_certificate_verify(&again, public_key));
    cr_assert_str_eq(again.name, "hall-2");
    cr_assert_eq(again.not_after_ms, UINT64_MAX);
}

Test(protocol, a_certificate_with_any_byte_altered_does_not_hold)
{
    uint8_t data[ATS_CERTIFICATE_MAX];
    size_t len = 0;
    struct ats_certificate again;
    struct ats_certificate certificate = a_certificate();
    cr_assert_eq(ats_certificate_sign(&certificate, secret_key), ATS_DEVICE_OK);
    cr_assert_eq(ats_certificate_encode(&certificate, data, sizeof(data), &len), ATS_DEVICE_OK);
    for (size_t i = 0; i < len; i++) {
        data[i] ^= 1;
        cr_assert(ats_certificate_decode(data, len, &again) != ATS_DEVICE_OK ||
                      !ats_certificate_verify(&again, public_key),
                  "byte %zu", i);
        data[i] ^= 1;
    }
}

Test(protocol, a_certificate_that_is_cut_or_too_long_is_malformed)
{
    uint8_t data[ATS_CERTIFICATE_MAX] = {0};
    size_t len = 0;
    struct ats_certificate again;
    struct ats_certificate certificate = a_certificate();
    cr_assert_eq(ats_certificate_encode(&certificate, data, sizeof(data), &len), ATS_DEVICE_OK);
    for (size_t cut = 0; cut < len; cut++)
        cr_assert_eq(ats_certificate_decode(data, cut, &again), ATS_DEVICE_MALFORMED);
    cr_assert_eq(ats_certificate_decode(data, len + 1, &again), ATS_DEVICE_MALFORMED);
    cr_assert_eq(ats_certificate_decode(data, len, &again), ATS_DEVICE_OK);
}

Test(protocol, a_certificate_without_role_name_or_time_is_invalid)
{
    uint8_t data[ATS_CERTIFICATE_MAX];
    size_t len = 0;
    struct ats_certificate certificate = a_certificate();
    certificate.role = 3;
    cr_assert_eq(ats_certificate_sign(&certificate, secret_key), ATS_DEVICE_INVALID);
    certificate = a_certificate();
    certificate.name[0] = '\0';
    cr_assert_eq(ats_certificate_encode(&certificate, data, sizeof(data), &len),
                 ATS_DEVICE_INVALID);
    certificate = a_certificate();
    certificate.not_after_ms = 0;
    cr_assert_eq(ats_certificate_sign(&certificate, secret_key), ATS_DEVICE_INVALID);
    cr_assert_not(ats_certificate_verify(&certificate, public_key));
}

Test(protocol, memory_that_is_too_small_is_said_so)
{
    uint8_t data[ATS_DEVICE_CONNECT_DATA_MAX];
    size_t len = 0;
    struct ats_certificate certificate = a_certificate();
    struct ats_connect_data connect = a_connect();
    cr_assert_eq(ats_certificate_encode(&certificate, data, 100, &len), ATS_DEVICE_TOO_SMALL);
    cr_assert_eq(ats_connect_encode(&connect, data, 100, &len), ATS_DEVICE_TOO_SMALL);
}

Test(protocol, connect_data_is_read_as_it_was_written)
{
    uint8_t data[ATS_DEVICE_CONNECT_DATA_MAX];
    size_t len = 0;
    struct ats_connect_data again;
    struct ats_connect_data connect = a_connect();
    cr_assert_eq(ats_connect_encode(&connect, data, sizeof(data), &len), ATS_DEVICE_OK);
    cr_assert_eq(ats_connect_decode(data, len, &again), ATS_DEVICE_OK);
    cr_assert_str_eq(again.device, "press-7");
    cr_assert_str_eq(again.key_id, "0123456789abcdef");
    cr_assert_str_eq(again.gate, "hall-2");
    cr_assert_eq(again.counter, 9);
    cr_assert_arr_eq(again.ephemeral_key, connect.ephemeral_key, 32);
    cr_assert_arr_eq(again.signature, connect.signature, 64);
}

Test(protocol, connect_data_of_another_version_or_length_is_malformed)
{
    uint8_t data[ATS_DEVICE_CONNECT_DATA_MAX] = {0};
    size_t len = 0;
    struct ats_connect_data again;
    struct ats_connect_data connect = a_connect();
    cr_assert_eq(ats_connect_encode(&connect, data, sizeof(data), &len), ATS_DEVICE_OK);
    for (size_t cut = 0; cut < len; cut++)
        cr_assert_eq(ats_connect_decode(data, cut, &again), ATS_DEVICE_MALFORMED);
    cr_assert_eq(ats_connect_decode(data, len + 1, &again), ATS_DEVICE_MALFORMED);
    data[0] = 2;
    cr_assert_eq(ats_connect_decode(data, len, &again), ATS_DEVICE_MALFORMED);
}

/* CONNECT's data with these texts, which an encoder of ours would not write. */
static enum ats_device_result decode_with(const char *device, size_t device_len, const char *key_id)
{
    uint8_t data[ATS_DEVICE_CONNECT_DATA_MAX];
    const uint8_t zeroes[104] = {0};
    struct ats_wire_writer writer;
    struct ats_connect_data connect;
    ats_wire_writer_init(&writer, data, sizeof(data));
    ats_wire_put_u8(&writer, ATS_PROTOCOL_VERSION);
    ats_wire_put_bytes(&writer, device, device_len);
    ats_wire_put_text(&writer, key_id);
    ats_wire_put_text(&writer, "hall-2");
    ats_wire_put_fixed(&writer, zeroes, sizeof(zeroes));
    return ats_connect_decode(data, writer.len, &connect);
}

Test(protocol, connect_data_with_a_name_that_is_none_is_malformed)
{
    char name[129];
    memset(name, 'n', sizeof(name));
    cr_assert_eq(decode_with("press-7", 7, "0123456789abcdef"), ATS_DEVICE_OK);
    cr_assert_eq(decode_with(name, 128, "0123456789abcdef"), ATS_DEVICE_OK);
    cr_assert_eq(decode_with(name, 129, "0123456789abcdef"), ATS_DEVICE_MALFORMED);
    cr_assert_eq(decode_with("", 0, "0123456789abcdef"), ATS_DEVICE_MALFORMED);
    cr_assert_eq(decode_with("a\0b", 3, "0123456789abcdef"), ATS_DEVICE_MALFORMED);
    cr_assert_eq(decode_with("a\nb", 3, "0123456789abcdef"), ATS_DEVICE_MALFORMED);
    cr_assert_eq(decode_with("\xff", 1, "0123456789abcdef"), ATS_DEVICE_MALFORMED);
    cr_assert_eq(decode_with("press-7", 7, "0123456789ABCDEF"), ATS_DEVICE_MALFORMED);
    cr_assert_eq(decode_with("press-7", 7, ""), ATS_DEVICE_MALFORMED);
}

Test(protocol, the_signed_bytes_tell_client_id_and_user_name_apart)
{
    uint8_t first[ATS_CONNECT_SIGNED_MAX];
    uint8_t second[ATS_CONNECT_SIGNED_MAX];
    const uint8_t fleet[32] = {0};
    struct ats_wire_writer a;
    struct ats_wire_writer b;
    struct ats_connect_data connect = a_connect();
    ats_wire_writer_init(&a, first, sizeof(first));
    ats_wire_writer_init(&b, second, sizeof(second));
    cr_assert_eq(ats_connect_signed_bytes(&connect, fleet, "ab", "c", &a), ATS_DEVICE_OK);
    cr_assert_eq(ats_connect_signed_bytes(&connect, fleet, "a", "bc", &b), ATS_DEVICE_OK);
    cr_assert_eq(a.len, b.len);
    cr_assert_arr_neq(first, second, a.len);
}

Test(protocol, the_greatest_client_id_and_names_can_be_signed)
{
    uint8_t memory[ATS_CONNECT_SIGNED_MAX];
    char text[ATS_DEVICE_CONNECT_TEXT_MAX + 2];
    const uint8_t fleet[32] = {0};
    struct ats_wire_writer writer;
    struct ats_connect_data connect = a_connect();
    memset(connect.device, 'd', sizeof(connect.device) - 1);
    memset(connect.gate, 'g', sizeof(connect.gate) - 1);
    memset(text, 't', sizeof(text));
    text[ATS_DEVICE_CONNECT_TEXT_MAX + 1] = '\0';
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    cr_assert_eq(ats_connect_signed_bytes(&connect, fleet, text, NULL, &writer),
                 ATS_DEVICE_TOO_SMALL);
    text[ATS_DEVICE_CONNECT_TEXT_MAX] = '\0';
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    cr_assert_eq(ats_connect_signed_bytes(&connect, fleet, text, text, &writer), ATS_DEVICE_OK);
}

Test(protocol, an_answer_with_a_certificate_that_is_too_long_is_refused)
{
    uint8_t data[ATS_ACCEPT_DATA_MAX];
    uint8_t certificate[ATS_CERTIFICATE_MAX + 1] = {0};
    uint8_t transcript[32];
    size_t len = 0;
    struct ats_accept_data again;
    struct ats_accept_data accept = {.operator_certificate = certificate,
                                     .operator_certificate_len = ATS_CERTIFICATE_MAX,
                                     .gate_certificate = certificate,
                                     .gate_certificate_len = ATS_CERTIFICATE_MAX};
    cr_assert_eq(ats_accept_encode(&accept, data, sizeof(data), &len), ATS_DEVICE_OK);
    cr_assert_eq(ats_accept_decode(data, len, &again), ATS_DEVICE_OK);
    cr_assert_eq(ats_accept_transcript(certificate, &accept, transcript), ATS_DEVICE_OK);
    accept.gate_certificate_len++;
    cr_assert_eq(ats_accept_encode(&accept, data, sizeof(data), &len), ATS_DEVICE_TOO_SMALL);
    cr_assert_eq(ats_accept_transcript(certificate, &accept, transcript), ATS_DEVICE_TOO_SMALL);
}

Test(protocol, both_secrets_give_one_session_key)
{
    uint8_t a[32];
    uint8_t b[32];
    uint8_t a_public[32];
    uint8_t b_public[32];
    uint8_t a_key[32];
    uint8_t b_key[32];
    uint8_t transcript[32] = {1};
    randombytes_buf(a, sizeof(a));
    randombytes_buf(b, sizeof(b));
    crypto_scalarmult_base(a_public, a);
    crypto_scalarmult_base(b_public, b);
    cr_assert(ats_session_key(a, b_public, transcript, a_key));
    cr_assert(ats_session_key(b, a_public, transcript, b_key));
    cr_assert_arr_eq(a_key, b_key, 32);
    transcript[0] = 2;
    cr_assert(ats_session_key(b, a_public, transcript, b_key));
    cr_assert_arr_neq(a_key, b_key, 32);
}

Test(protocol, points_of_small_order_give_no_session_key)
{
    static const uint8_t points[][32] = {
        {0},
        {1},
        {0xEC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
         0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
         0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F},
        {0xE0, 0xEB, 0x7A, 0x7C, 0x3B, 0x41, 0xB8, 0xAE, 0x16, 0x56, 0xE3,
         0xFA, 0xF1, 0x9F, 0xC4, 0x6A, 0xDA, 0x09, 0x8D, 0xEB, 0x9C, 0x32,
         0xB1, 0xFD, 0x86, 0x62, 0x05, 0x16, 0x5F, 0x49, 0xB8, 0x00},
    };
    uint8_t secret[32];
    uint8_t key[32];
    const uint8_t transcript[32] = {0};
    randombytes_buf(secret, sizeof(secret));
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
        cr_assert_not(ats_session_key(secret, points[i], transcript, key), "point %zu", i);
}
