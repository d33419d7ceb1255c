/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/signature.h"

#include <criterion/criterion.h>
#include <sodium.h>

/* Of order 2, 4 and 8. */
static const char *const small[] = {
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
};
#define SMALL (sizeof(small) / sizeof(small[0]))

static struct ats_key_pair pair;

static void begin(void)
{
    cr_assert_eq(ats_identity_init(), ATS_OK);
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
}

TestSuite(signature, .init = begin);

static void from_hex(const char *hex, uint8_t ret_point[32])
{
    cr_assert_eq(sodium_hex2bin(ret_point, 32, hex, 64, NULL, NULL, NULL), 0);
}

/* The point and a part of small order. */
static void mix(const uint8_t point[32], size_t which, uint8_t ret_mixed[32])
{
    uint8_t part[32];
    from_hex(small[which], part);
    cr_assert_eq(crypto_core_ed25519_add(ret_mixed, point, part), 0);
}

Test(signature, keys_and_rs_that_libsodium_makes_are_good)
{
    for (int i = 0; i < 50; i++) {
        uint8_t made[ATS_SIGNATURE_SIZE];
        ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
        ats_sign(&pair, ats_span_text("message"), made);
        cr_assert(ats_point_is_good(pair.public_key));
        cr_assert(ats_signature_verify(pair.public_key, ats_span_text("message"), made));
        cr_assert_not(ats_signature_verify(pair.public_key, ats_span_text("massage"), made));
    }
}

Test(signature, a_point_with_a_part_of_small_order_is_not_good)
{
    for (size_t i = 0; i < SMALL; i++) {
        uint8_t mixed[32];
        mix(pair.public_key, i, mixed);
        cr_assert_not(ats_point_is_good(mixed), "of order %d", 2 << i);
        mix(mixed, i, mixed);
        cr_assert_eq(ats_point_is_good(mixed), i == 0, "twice of order %d", 2 << i);
    }
}

Test(signature, what_is_small_in_another_form_or_no_point_is_not_good)
{
    static const char *const others[] = {
        "0100000000000000000000000000000000000000000000000000000000000000", /* the neutral one */
        "0100000000000000000000000000000000000000000000000000000000000080",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* y of p */
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* y of p + 3 */
        "0200000000000000000000000000000000000000000000000000000000000000", /* not on the curve */
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    uint8_t point[32];
    for (size_t i = 0; i < SMALL; i++) {
        from_hex(small[i], point);
        cr_assert_not(ats_point_is_good(point), "of order %d", 2 << i);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        from_hex(others[i], point);
        cr_assert_not(ats_point_is_good(point), "%s", others[i]);
    }
}

/* [r]B + part, SHA-512 of it with key and message, and what follows: with the cofactor it would hold. */
static void sign_with_a_part(size_t which, struct ats_span message, uint8_t ret[ATS_SIGNATURE_SIZE])
{
    uint8_t hash[64];
    uint8_t scalar[32];
    uint8_t nonce[32];
    crypto_hash_sha512_state state;
    (void)crypto_hash_sha512(hash, pair.seed, sizeof(pair.seed));
    hash[0] &= 248;
    hash[31] = (uint8_t)((hash[31] & 127) | 64);
    memset(hash + 32, 0, 32);
    crypto_core_ed25519_scalar_reduce(scalar, hash);
    crypto_core_ed25519_scalar_random(nonce);
    cr_assert_eq(crypto_scalarmult_ed25519_base_noclamp(ret, nonce), 0);
    if (which < SMALL)
        mix(ret, which, ret);
    (void)crypto_hash_sha512_init(&state);
    (void)crypto_hash_sha512_update(&state, ret, 32);
    (void)crypto_hash_sha512_update(&state, pair.public_key, 32);
    (void)crypto_hash_sha512_update(&state, message.data, message.len);
    (void)crypto_hash_sha512_final(&state, hash);
    uint8_t challenge[32];
    crypto_core_ed25519_scalar_reduce(challenge, hash);
    crypto_core_ed25519_scalar_mul(scalar, challenge, scalar);
    crypto_core_ed25519_scalar_add(ret + 32, nonce, scalar);
}

Test(signature, an_r_with_a_part_of_small_order_holds_for_no_version_of_the_library)
{
    uint8_t made[ATS_SIGNATURE_SIZE];
    for (size_t i = 0; i <= SMALL; i++) {
        sign_with_a_part(i, ats_span_text("message"), made);
        cr_assert_eq(ats_signature_verify(pair.public_key, ats_span_text("message"), made),
                     i == SMALL, "part %zu", i);
        cr_assert_eq(ats_point_is_good(made), i == SMALL, "part %zu", i);
    }
}

/* [S]B - [h]A - R, which is of order 8 where the signature was made for that; h is SHA-512 of R, key and message. */
Test(signature, the_one_that_tells_libraries_apart_holds_with_the_cofactor_alone)
{
    uint8_t hash[64];
    uint8_t h[32];
    uint8_t left[32];
    uint8_t right[32];
    crypto_hash_sha512_state state;
    (void)crypto_hash_sha512_init(&state);
    (void)crypto_hash_sha512_update(&state, ats_odd_signature, 32);
    (void)crypto_hash_sha512_update(&state, ats_odd_key, 32);
    (void)crypto_hash_sha512_update(&state, (const uint8_t *)"cofactor", 8);
    (void)crypto_hash_sha512_final(&state, hash);
    crypto_core_ed25519_scalar_reduce(h, hash);
    cr_assert(ats_point_is_good(ats_odd_key));
    cr_assert_not(ats_point_is_good(ats_odd_signature));
    cr_assert_eq(crypto_scalarmult_ed25519_base_noclamp(left, ats_odd_signature + 32), 0);
    cr_assert_eq(crypto_scalarmult_ed25519_noclamp(right, h, ats_odd_key), 0);
    cr_assert_eq(crypto_core_ed25519_sub(left, left, right), 0);
    cr_assert(ats_point_is_good(left), "what R would be");
    cr_assert_eq(crypto_core_ed25519_sub(left, left, ats_odd_signature), 0);
    cr_assert_not(ats_point_is_good(left));
    for (int order = 8; order > 1; order /= 2) {
        bool is_neutral = left[0] == 1 && sodium_is_zero(left + 1, 31);
        cr_assert_not(is_neutral, "before %d", order);
        cr_assert_eq(crypto_core_ed25519_add(left, left, left), 0);
    }
    cr_assert(left[0] == 1 && sodium_is_zero(left + 1, 31));
}
