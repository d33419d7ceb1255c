/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/jwt.h"

#include "tests/unit/common/identity/vectors.h"

#define NOW_S 1750000100
#define KID "0123456789abcdef"
#define HEADER "{\"alg\":\"EdDSA\",\"kid\":\"" KID "\"}"
#define CLAIMS "{\"sub\":\"press-7\",\"exp\":1750003600}"

static struct ats_key_pair pair;

static void set_up(void)
{
    cr_assert_eq(ats_identity_init(), ATS_OK);
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
}

TestSuite(jwt, .init = set_up);

static size_t put_base64(char *out, size_t cap, const void *bytes, size_t len)
{
    (void)sodium_bin2base64(out, cap, bytes, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return strlen(out);
}

/* A token of these texts, with a signature of zeroes. */
static const char *token_of(struct ats_span header, struct ats_span claims)
{
    static char text[8192];
    const uint8_t signature[ATS_SIGNATURE_SIZE] = {0};
    size_t used = put_base64(text, sizeof(text), header.data, header.len);
    text[used++] = '.';
    used += put_base64(text + used, sizeof(text) - used, claims.data, claims.len);
    text[used++] = '.';
    (void)put_base64(text + used, sizeof(text) - used, signature, sizeof(signature));
    return text;
}

static enum ats_status parse(const char *header, const char *claims)
{
    struct ats_jwt jwt;
    return ats_jwt_parse(ats_span_text(token_of(ats_span_text(header), ats_span_text(claims))),
                         &jwt, NULL);
}

static struct ats_jwt a_jwt(void)
{
    return (struct ats_jwt){.subject = "press-7",
                            .audience = "hall-2",
                            .issued_s = NOW_S - 10,
                            .not_before_s = NOW_S - 5,
                            .expires_s = NOW_S + 100};
}

/* Makes a token and says how it verifies at `now_s`, with a leeway of 30 s. */
static enum ats_status verify_at(const struct ats_jwt *made, int64_t now_s)
{
    struct ats_buf text;
    struct ats_jwt jwt;
    ats_buf_init(&text, ATS_JWT_MAX);
    cr_assert_eq(ats_jwt_make(made, &pair, &text, NULL), ATS_OK);
    cr_assert_eq(ats_jwt_parse(ats_buf_span(&text), &jwt, NULL), ATS_OK);
    enum ats_status status =
        ats_jwt_verify(ats_buf_span(&text), &jwt, pair.public_key, now_s, 30, NULL);
    ats_buf_fini(&text);
    return status;
}

Test(jwt, a_token_is_read_as_it_was_made)
{
    struct ats_buf text;
    struct ats_jwt jwt;
    char key_id[ATS_KEY_ID_SIZE];
    struct ats_jwt made = a_jwt();
    ats_buf_init(&text, ATS_JWT_MAX);
    cr_assert_eq(ats_jwt_make(&made, &pair, &text, NULL), ATS_OK);
    cr_assert_eq(ats_jwt_parse(ats_buf_span(&text), &jwt, NULL), ATS_OK);
    cr_assert_str_eq(jwt.subject, "press-7");
    cr_assert_str_eq(jwt.audience, "hall-2");
    cr_assert_eq(jwt.issued_s, made.issued_s);
    cr_assert_eq(jwt.not_before_s, made.not_before_s);
    cr_assert_eq(jwt.expires_s, made.expires_s);
    ats_key_id(pair.public_key, key_id);
    cr_assert_str_eq(jwt.key_id, key_id);
    cr_assert_eq(ats_jwt_verify(ats_buf_span(&text), &jwt, pair.public_key, NOW_S, 0, NULL),
                 ATS_OK);
    ats_buf_fini(&text);
}

Test(jwt, absent_claims_are_zero)
{
    struct ats_jwt jwt;
    const char *text = token_of(ats_span_text(HEADER), ats_span_text(CLAIMS));
    cr_assert_eq(ats_jwt_parse(ats_span_text(text), &jwt, NULL), ATS_OK);
    cr_assert_str_eq(jwt.audience, "");
    cr_assert_eq(jwt.issued_s, 0);
    cr_assert_eq(jwt.not_before_s, 0);
}

Test(jwt, expires_to_the_second_and_begins_with_the_leeway)
{
    struct ats_jwt made = a_jwt();
    cr_assert_eq(verify_at(&made, made.expires_s - 1), ATS_OK);
    cr_assert_eq(verify_at(&made, made.expires_s), ATS_ERR_REFUSED);
    cr_assert_eq(verify_at(&made, made.not_before_s - 30), ATS_OK);
    cr_assert_eq(verify_at(&made, made.not_before_s - 31), ATS_ERR_REFUSED);
}

Test(jwt, may_not_be_issued_in_the_future)
{
    struct ats_jwt made = a_jwt();
    made.not_before_s = 0;
    cr_assert_eq(verify_at(&made, made.issued_s - 30), ATS_OK);
    cr_assert_eq(verify_at(&made, made.issued_s - 31), ATS_ERR_REFUSED);
}

Test(jwt, does_not_hold_under_another_key)
{
    struct ats_buf text;
    struct ats_jwt jwt;
    struct ats_key_pair other;
    struct ats_jwt made = a_jwt();
    ats_key_pair_generate(&other, ATS_KEY_SIGNING);
    ats_buf_init(&text, ATS_JWT_MAX);
    cr_assert_eq(ats_jwt_make(&made, &pair, &text, NULL), ATS_OK);
    cr_assert_eq(ats_jwt_parse(ats_buf_span(&text), &jwt, NULL), ATS_OK);
    cr_assert_eq(ats_jwt_verify(ats_buf_span(&text), &jwt, other.public_key, NOW_S, 0, NULL),
                 ATS_ERR_REFUSED);
    ats_key_id(other.public_key, jwt.key_id);
    cr_assert_eq(ats_jwt_verify(ats_buf_span(&text), &jwt, other.public_key, NOW_S, 0, NULL),
                 ATS_ERR_REFUSED);
    ats_buf_fini(&text);
}

Test(jwt, no_character_can_be_changed)
{
    struct ats_buf text;
    struct ats_jwt made = a_jwt();
    ats_buf_init(&text, ATS_JWT_MAX);
    cr_assert_eq(ats_jwt_make(&made, &pair, &text, NULL), ATS_OK);
    for (size_t i = 0; i < text.len; i++) {
        struct ats_jwt jwt;
        uint8_t kept = text.data[i];
        text.data[i] = kept == 'A' ? 'B' : 'A';
        enum ats_status status = ats_jwt_parse(ats_buf_span(&text), &jwt, NULL);
        if (status == ATS_OK)
            status = ats_jwt_verify(ats_buf_span(&text), &jwt, pair.public_key, NOW_S, 0, NULL);
        cr_assert_neq(status, ATS_OK, "character %zu", i);
        text.data[i] = kept;
    }
    ats_buf_fini(&text);
}

Test(jwt, only_eddsa_is_an_algorithm)
{
    static const char *const headers[] = {
        "{\"alg\":\"none\",\"kid\":\"" KID "\"}",  "{\"alg\":\"HS256\",\"kid\":\"" KID "\"}",
        "{\"alg\":\"eddsa\",\"kid\":\"" KID "\"}", "{\"alg\":[\"EdDSA\"],\"kid\":\"" KID "\"}",
        "{\"alg\":null,\"kid\":\"" KID "\"}",      "{\"kid\":\"" KID "\"}",
    };
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        cr_assert_eq(parse(headers[i], CLAIMS), ATS_ERR_INVALID, "%s", headers[i]);
}

Test(jwt, the_key_is_the_registry_s_and_never_the_token_s)
{
    static const char *const names[] = {"crit", "jwk", "jku", "x5u", "x5c"};
    char header[256];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(header, sizeof(header),
                       "{\"alg\":\"EdDSA\",\"kid\":\"" KID "\",\"%s\":null}", names[i]);
        cr_assert_eq(parse(header, CLAIMS), ATS_ERR_INVALID, "%s", names[i]);
    }
}

Test(jwt, needs_a_key_id_of_its_own_form)
{
    static const char *const headers[] = {
        "{\"alg\":\"EdDSA\"}",
        "{\"alg\":\"EdDSA\",\"kid\":\"\"}",
        "{\"alg\":\"EdDSA\",\"kid\":\"0123456789ABCDEF\"}",
        "{\"alg\":\"EdDSA\",\"kid\":\"0123456789abcdef0\"}",
        "{\"alg\":\"EdDSA\",\"kid\":17}",
    };
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        cr_assert_eq(parse(headers[i], CLAIMS), ATS_ERR_INVALID, "%s", headers[i]);
}

Test(jwt, a_type_other_than_jwt_is_invalid)
{
    cr_assert_eq(parse("{\"alg\":\"EdDSA\",\"typ\":\"jwt\",\"kid\":\"" KID "\"}", CLAIMS), ATS_OK);
    cr_assert_eq(parse("{\"alg\":\"EdDSA\",\"typ\":\"JWE\",\"kid\":\"" KID "\"}", CLAIMS),
                 ATS_ERR_INVALID);
}

Test(jwt, claims_must_have_the_right_types)
{
    static const char *const claims[] = {
        "{\"exp\":1750003600}",
        "{\"sub\":\"press-7\"}",
        "{\"sub\":\"\",\"exp\":1750003600}",
        "{\"sub\":7,\"exp\":1750003600}",
        "{\"sub\":\"a\\nb\",\"exp\":1750003600}",
        "{\"sub\":\"press-7\",\"exp\":1750003600.5}",
        "{\"sub\":\"press-7\",\"exp\":1.75e9}",
        "{\"sub\":\"press-7\",\"exp\":\"1750003600\"}",
        "{\"sub\":\"press-7\",\"exp\":-1}",
        "{\"sub\":\"press-7\",\"exp\":null}",
        "{\"sub\":\"press-7\",\"exp\":1750003600,\"nbf\":\"0\"}",
        "{\"sub\":\"press-7\",\"exp\":1750003600,\"iat\":0.5}",
        "{\"sub\":\"press-7\",\"exp\":1750003600,\"aud\":7}",
        "{\"sub\":\"press-7\",\"exp\":1750003600,\"aud\":[]}",
        "{\"sub\":\"press-7\",\"exp\":1750003600,\"aud\":[\"a\",\"b\"]}",
    };
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
        cr_assert_eq(parse(HEADER, claims[i]), ATS_ERR_INVALID, "%s", claims[i]);
}

Test(jwt, an_audience_may_be_an_array_of_one)
{
    struct ats_jwt jwt;
    const char *text =
        token_of(ats_span_text(HEADER),
                 ats_span_text("{\"sub\":\"press-7\",\"exp\":1750003600,\"aud\":[\"hall-2\"]}"));
    cr_assert_eq(ats_jwt_parse(ats_span_text(text), &jwt, NULL), ATS_OK);
    cr_assert_str_eq(jwt.audience, "hall-2");
}

Test(jwt, what_is_not_one_json_object_each_is_malformed)
{
    static const char *const claims[] = {
        "",
        "null",
        "[]",
        "\"sub\"",
        "{",
        "{}{}",
        "{\"sub\":\"a\",\"sub\":\"b\",\"exp\":1}",
        "{\"sub\":\"a\\u0000b\",\"exp\":1}",
        "{\"sub\":\"\xff\",\"exp\":1}",
        "{\"sub\":\"a\",\"exp\":99999999999999999999}",
    };
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        cr_assert_eq(parse(HEADER, claims[i]), ATS_ERR_MALFORMED, "claims %zu", i);
        cr_assert_eq(parse(claims[i], CLAIMS), ATS_ERR_MALFORMED, "header %zu", i);
    }
    struct ats_jwt jwt;
    const char *text = token_of(ats_span_text(HEADER), ats_span_of(CLAIMS "\0", sizeof(CLAIMS)));
    cr_assert_eq(ats_jwt_parse(ats_span_text(text), &jwt, NULL), ATS_ERR_MALFORMED, "NUL behind");
}

Test(jwt, is_three_parts_of_canonical_base64url_and_nothing_else)
{
    static const char *const before[] = {" ", ".", "=", "a."};
    static const char *const behind[] = {"\n", ".", "=", "+", "/", ".d", "\x95"};
    char good[512];
    struct ats_jwt jwt;
    (void)snprintf(good, sizeof(good), "%s",
                   token_of(ats_span_text(HEADER), ats_span_text(CLAIMS)));
    cr_assert_eq(ats_jwt_parse(ats_span_text(good), &jwt, NULL), ATS_OK);
    cr_assert_eq(ats_jwt_parse(ats_span_of(good, strlen(good) + 1), &jwt, NULL), ATS_ERR_MALFORMED);
    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        char text[520];
        (void)snprintf(text, sizeof(text), "%s%s", before[i], good);
        cr_assert_eq(ats_jwt_parse(ats_span_text(text), &jwt, NULL), ATS_ERR_MALFORMED, "%s", text);
    }
    for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
        char text[520];
        (void)snprintf(text, sizeof(text), "%s%s", good, behind[i]);
        cr_assert_eq(ats_jwt_parse(ats_span_text(text), &jwt, NULL), ATS_ERR_MALFORMED, "%s", text);
    }
    *strrchr(good, '.') = '\0';
    cr_assert_eq(ats_jwt_parse(ats_span_text(good), &jwt, NULL), ATS_ERR_MALFORMED, "no signature");
    cr_assert_eq(ats_jwt_parse(ats_span_of(NULL, 0), &jwt, NULL), ATS_ERR_MALFORMED);
}

Test(jwt, spare_bits_must_be_zero)
{
    struct ats_jwt jwt;
    char text[512];
    (void)snprintf(text, sizeof(text), "%s",
                   token_of(ats_span_text(HEADER " "), ats_span_text(CLAIMS)));
    char *dot = strchr(text, '.');
    size_t spare = strlen(HEADER " ") % 3;
    cr_assert_neq(spare, 0, "the header leaves spare bits");
    cr_assert_eq(ats_jwt_parse(ats_span_text(text), &jwt, NULL), ATS_OK);
    dot[-1]++;
    cr_assert_eq(ats_jwt_parse(ats_span_text(text), &jwt, NULL), ATS_ERR_MALFORMED);
}

Test(jwt, a_text_that_is_too_long_is_malformed)
{
    char claims[ATS_JWT_MAX];
    struct ats_jwt jwt;
    memset(claims, ' ', sizeof(claims));
    memcpy(claims, CLAIMS, strlen(CLAIMS));
    const char *text = token_of(ats_span_text(HEADER), ats_span_of(claims, sizeof(claims)));
    cr_assert_eq(ats_jwt_parse(ats_span_text(text), &jwt, NULL), ATS_ERR_MALFORMED);
}

Test(jwt, making_says_when_there_is_no_room_or_no_device)
{
    struct ats_buf text;
    struct ats_jwt made = a_jwt();
    struct ats_key_pair agreement;
    ats_buf_init(&text, 100);
    cr_assert_eq(ats_jwt_make(&made, &pair, &text, NULL), ATS_ERR_LIMIT);
    ats_buf_clear(&text);
    made.subject[0] = '\0';
    cr_assert_eq(ats_jwt_make(&made, &pair, &text, NULL), ATS_ERR_INVALID);
    made = a_jwt();
    ats_key_pair_generate(&agreement, ATS_KEY_AGREEMENT);
    cr_assert_eq(ats_jwt_make(&made, &agreement, &text, NULL), ATS_ERR_INVALID);
    ats_buf_fini(&text);
}

Test(jwt, a_token_that_python_signed_holds)
{
    struct ats_jwt jwt;
    uint8_t key[ATS_PUBLIC_KEY_SIZE];
    json_t *vectors = vectors_read("token");
    const json_t *claims = json_object_get(vectors, "claims");
    struct ats_span text = ats_span_text(vectors_text(vectors, "token"));
    (void)vectors_bytes(vectors, "public", key, sizeof(key));
    cr_assert_eq(ats_jwt_parse(text, &jwt, NULL), ATS_OK);
    cr_assert_str_eq(jwt.subject, vectors_text(claims, "sub"));
    cr_assert_str_eq(jwt.audience, vectors_text(claims, "aud"));
    cr_assert_str_eq(jwt.token_id, vectors_text(claims, "jti"));
    cr_assert_eq(jwt.expires_s, (int64_t)vectors_number(claims, "exp"));
    cr_assert_eq(ats_jwt_verify(text, &jwt, key, jwt.issued_s + 60, 0, NULL), ATS_OK);
    json_decref(vectors);
}
