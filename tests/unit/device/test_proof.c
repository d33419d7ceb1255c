/* SPDX-License-Identifier: Apache-2.0 */
#include "device/protocol.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SESSION "AAECAwQFBgcICQoLDA0ODw"
#define TAG "_-_-_-_-_-_-_-_-_-_-_w"
#define KEY_ID "0123456789abcdef"
#define SIGNATURE                                                                                  \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static enum ats_device_result parse(const char *text, struct ats_proof *ret_proof)
{
    return ats_proof_parse(text, strlen(text), ret_proof);
}

Test(proof_text, is_read_and_written_alike)
{
    static const char *const texts[] = {
        "m1.1.0." SESSION "." TAG,
        "m1.18446744073709551615.18446744073709551615." SESSION "." TAG,
        "s1.42.1750000000000." SESSION "." KEY_ID "." SIGNATURE,
        "s1.42.1750000000000.." KEY_ID "." SIGNATURE,
        "s1.18446744073709551615.18446744073709551615." SESSION "." KEY_ID "." SIGNATURE,
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ats_proof proof;
        char text[ATS_DEVICE_PROOF_SIZE];
        cr_assert_eq(parse(texts[i], &proof), ATS_DEVICE_OK, "%s", texts[i]);
        cr_assert_eq(ats_proof_format(&proof, text), ATS_DEVICE_OK);
        cr_assert_str_eq(text, texts[i]);
    }
}

Test(proof_text, gives_every_field)
{
    struct ats_proof proof;
    cr_assert_eq(parse("s1.42.7." SESSION "." KEY_ID "." SIGNATURE, &proof), ATS_DEVICE_OK);
    cr_assert_eq(proof.kind, ATS_PROOF_SIGNATURE);
    cr_assert_eq(proof.sequence, 42);
    cr_assert_eq(proof.time_ms, 7);
    cr_assert(proof.has_session);
    cr_assert_eq(proof.session_id[15], 15);
    cr_assert_str_eq(proof.key_id, KEY_ID);
    cr_assert_eq(parse("m1.1.0." SESSION "." TAG, &proof), ATS_DEVICE_OK);
    cr_assert_eq(proof.kind, ATS_PROOF_MAC);
    cr_assert_eq(proof.bytes[15], 0xFF);
}

Test(proof_text, anything_else_is_malformed)
{
    static const char *const texts[] = {
        "",
        ".",
        "m1",
        "m1....",
        "m2.1.0." SESSION "." TAG,
        "x1.1.0." SESSION "." TAG,
        "m1 .1.0." SESSION "." TAG,
        "M1.1.0." SESSION "." TAG,
        "m.1.0." SESSION "." TAG,
        "m1..0." SESSION "." TAG,
        "m1.01.0." SESSION "." TAG,
        "m1.+1.0." SESSION "." TAG,
        "m1.-1.0." SESSION "." TAG,
        "m1. 1.0." SESSION "." TAG,
        "m1.1a.0." SESSION "." TAG,
        "m1.0x1.0." SESSION "." TAG,
        "m1.18446744073709551616.0." SESSION "." TAG,
        "m1.99999999999999999999.0." SESSION "." TAG,
        "m1.1.18446744073709551616." SESSION "." TAG,
        "m1.1.." SESSION "." TAG,
        "m1.1.0.." TAG,
        "m1.1.0." SESSION ".",
        "m1.1.0." SESSION,
        "m1.1.0." SESSION "." TAG ".",
        "m1.1.0." SESSION "." TAG "." TAG,
        "m1.1.0." SESSION "." TAG "=",
        "m1.1.0." SESSION "." TAG "==",
        "m1.1.0." SESSION "." TAG "A",
        "m1.1.0." SESSION "._-_-_-_-_-_-_-_-_-_-_",
        "m1.1.0." SESSION "./-_-_-_-_-_-_-_-_-_-_w",
        "m1.1.0." SESSION ".+-_-_-_-_-_-_-_-_-_-_w",
        "m1.1.0." SESSION "._-_-_-_-_-_-_-_-_-_-_x", /* spare bits */
        "m1.1.0.AAECAwQFBgcICQoLDA0ODx." TAG,        /* spare bits */
        "m1.1.0.AAECAwQFBgcICQoLDA0O." TAG,
        "m1.1.0." SESSION "." KEY_ID "." TAG,
        "s1.1.0." SESSION "." SIGNATURE,
        "s1.1.0." SESSION "." KEY_ID "." TAG,
        "s1.1.0." SESSION ".." SIGNATURE,
        "s1.1.0." SESSION ".0123456789ABCDEF." SIGNATURE,
        "s1.1.0." SESSION "." KEY_ID "0." SIGNATURE,
        "s1.1.0." SESSION "." KEY_ID "." SIGNATURE "AA",
        "s1.1.0." SESSION "." KEY_ID "." SIGNATURE ".",
        "m1.1.0." SESSION "." TAG "\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ats_proof proof;
        cr_assert_eq(parse(texts[i], &proof), ATS_DEVICE_MALFORMED, "'%s'", texts[i]);
    }
}

Test(proof_text, a_nul_inside_is_malformed)
{
    static const char text[] = "m1.1\0.0." SESSION "." TAG;
    struct ats_proof proof;
    cr_assert_eq(ats_proof_parse(text, sizeof(text) - 1, &proof), ATS_DEVICE_MALFORMED);
    cr_assert_eq(ats_proof_parse(text, sizeof(text), &proof), ATS_DEVICE_MALFORMED);
}

Test(proof_text, a_byte_beyond_ascii_is_no_character_of_base64)
{
    char text[] = "m1.1.0." SESSION "." TAG;
    struct ats_proof proof;
    for (int byte = 0x80; byte <= 0xFF; byte++) {
        text[sizeof(text) - 8] = (char)byte;
        cr_assert_eq(parse(text, &proof), ATS_DEVICE_MALFORMED, "0x%02x", (unsigned)byte);
    }
}

/* Each character in each place of the tag: libsodium is the oracle for those of the alphabet. */
Test(proof_text, base64_is_read_as_libsodium_reads_it)
{
    char text[] = "m1.1.0." SESSION "." TAG;
    char *tag = text + sizeof("m1.1.0." SESSION ".") - 1;
    for (size_t at = 0; at < sizeof(TAG) - 1; at++) {
        char before = tag[at];
        for (int c = 1; c < 0x80; c++) {
            struct ats_proof proof;
            uint8_t bytes[16];
            tag[at] = (char)c;
            bool good = sodium_base642bin(bytes, sizeof(bytes), tag, sizeof(TAG) - 1, NULL, NULL,
                                          NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0;
            cr_assert_eq(parse(text, &proof), good ? ATS_DEVICE_OK : ATS_DEVICE_MALFORMED, "%s",
                         text);
            if (good)
                cr_assert_arr_eq(proof.bytes, bytes, sizeof(bytes), "%s", text);
        }
        tag[at] = before;
    }
}

Test(proof_text, a_text_that_is_too_long_is_malformed)
{
    char text[4096];
    struct ats_proof proof;
    memset(text, '.', sizeof(text));
    cr_assert_eq(ats_proof_parse(text, sizeof(text), &proof), ATS_DEVICE_MALFORMED);
    memset(text, '1', sizeof(text));
    memcpy(text, "m1.", 3);
    cr_assert_eq(ats_proof_parse(text, ATS_DEVICE_PROOF_SIZE - 1, &proof), ATS_DEVICE_MALFORMED);
}

Test(proof_text, every_cut_is_malformed)
{
    static const char text[] = "s1.42.7." SESSION "." KEY_ID "." SIGNATURE;
    struct ats_proof proof;
    for (size_t len = 0; len < sizeof(text) - 1; len++)
        cr_assert_eq(ats_proof_parse(text, len, &proof), ATS_DEVICE_MALFORMED, "%zu", len);
    cr_assert_eq(ats_proof_parse(text, sizeof(text) - 1, &proof), ATS_DEVICE_OK);
}
