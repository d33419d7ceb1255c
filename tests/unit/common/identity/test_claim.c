/* SPDX-License-Identifier: Apache-2.0 */
/* What a device makes of a token, against vectors that Python's cryptography wrote, and what it reads of the answer. */
#include "device/claim.h"

#include "tests/unit/common/identity/vectors.h"

static json_t *vectors;

static void set_up(void)
{
    cr_assert_geq(sodium_init(), 0);
    vectors = vectors_read("claims");
}

static void tear_down(void)
{
    json_decref(vectors);
}

TestSuite(claim, .init = set_up, .fini = tear_down);

static const json_t *good(size_t i)
{
    return json_array_get(json_object_get(vectors, "good"), i);
}

static struct ats_device a_device(const json_t *vector)
{
    static const uint8_t roots[1][32] = {{3}};
    struct ats_device device;
    uint8_t seed[32];
    uint8_t fleet[32];
    (void)vectors_bytes(vector, "device_seed", seed, sizeof(seed));
    (void)vectors_bytes(vector, "fleet", fleet, sizeof(fleet));
    cr_assert_eq(ats_device_init(&device, vectors_text(vector, "device"),
                                 vectors_text(vector, "gate"), seed, fleet, roots, 1),
                 ATS_DEVICE_OK);
    return device;
}

Test(claim, is_what_an_independent_implementation_makes)
{
    for (size_t i = 0; i < 2; i++) {
        const json_t *vector = good(i);
        struct ats_device device = a_device(vector);
        uint8_t expected[ATS_DEVICE_CLAIM_DATA_MAX];
        uint8_t data[ATS_DEVICE_CLAIM_DATA_MAX];
        char text[ATS_DEVICE_CLAIM_TEXT_SIZE];
        size_t expected_len = vectors_bytes(vector, "claim", expected, sizeof(expected));
        size_t len = 0;
        cr_assert_eq(ats_device_claim(&device, vectors_text(vector, "token"),
                                      vectors_number(vector, "time_ms"), data, sizeof(data), &len),
                     ATS_DEVICE_OK);
        cr_assert_eq(len, expected_len);
        cr_assert_arr_eq(data, expected, len);
        cr_assert_eq(ats_device_claim_text(data, len, text, sizeof(text)), ATS_DEVICE_OK);
        cr_assert_str_eq(text, vectors_text(vector, "password"));
    }
}

Test(claim, is_read_back_and_holds)
{
    uint8_t data[ATS_DEVICE_CLAIM_DATA_MAX];
    struct ats_claim claim;
    size_t len = vectors_bytes(good(0), "claim", data, sizeof(data));
    cr_assert_eq(ats_claim_decode(data, len, &claim), ATS_DEVICE_OK);
    cr_assert_str_eq(claim.gate, "hall-2");
    cr_assert_eq(claim.time_ms, vectors_number(good(0), "time_ms"));
    cr_assert(ats_claim_verify(&claim));
}

Test(claim, any_changed_bit_is_malformed_or_does_not_hold)
{
    uint8_t data[ATS_DEVICE_CLAIM_DATA_MAX];
    size_t len = vectors_bytes(good(1), "claim", data, sizeof(data));
    for (size_t i = 0; i < len; i++) {
        struct ats_claim claim;
        data[i] ^= 1;
        cr_assert_not(ats_claim_decode(data, len, &claim) == ATS_DEVICE_OK &&
                          ats_claim_verify(&claim),
                      "byte %zu", i);
        data[i] ^= 1;
    }
}

Test(claim, malformed_ones_are_refused)
{
    size_t i;
    json_t *vector;
    json_array_foreach(json_object_get(vectors, "malformed"), i, vector)
    {
        uint8_t data[ATS_DEVICE_CLAIM_DATA_MAX];
        struct ats_claim claim;
        size_t len = vectors_bytes(vector, "claim", data, sizeof(data));
        cr_assert_eq(ats_claim_decode(data, len, &claim), ATS_DEVICE_MALFORMED, "%s",
                     vectors_text(vector, "what"));
    }
}

Test(claim, what_is_no_token_is_invalid_and_too_little_memory_is_told)
{
    struct ats_device device = a_device(good(1));
    uint8_t data[ATS_DEVICE_CLAIM_DATA_MAX];
    char text[8];
    size_t len = 0;
    const char *token = vectors_text(good(1), "token");
    cr_assert_eq(ats_device_claim(&device, "", 0, data, sizeof(data), &len), ATS_DEVICE_INVALID);
    cr_assert_eq(ats_device_claim(&device, "a+b/", 0, data, sizeof(data), &len),
                 ATS_DEVICE_INVALID);
    cr_assert_eq(ats_device_claim(&device, token, 0, data, sizeof(data) - 1, &len),
                 ATS_DEVICE_TOO_SMALL);
    cr_assert_eq(ats_device_claim_text(data, sizeof(data), text, sizeof(text)),
                 ATS_DEVICE_TOO_SMALL);
}

Test(claim, longest_token_fits_data_and_text)
{
    struct ats_device device = a_device(good(1));
    static char token[ATS_DEVICE_CLAIM_TEXT_SIZE];
    uint8_t data[ATS_DEVICE_CLAIM_DATA_MAX];
    char text[ATS_DEVICE_CLAIM_TEXT_SIZE];
    uint8_t bytes[ATS_DEVICE_CLAIM_TOKEN_MAX] = {1};
    size_t len = 0;
    memset(device.gate, 'g', sizeof(device.gate) - 1);
    (void)sodium_bin2base64(token, sizeof(token), bytes, sizeof(bytes),
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    cr_assert_eq(ats_device_claim(&device, token, 0, data, sizeof(data), &len), ATS_DEVICE_OK);
    cr_assert_eq(ats_device_claim_text(data, len, text, sizeof(text)), ATS_DEVICE_OK);
}

Test(claim, answers_are_read)
{
    size_t i;
    json_t *vector;
    json_array_foreach(json_object_get(vectors, "answers"), i, vector)
    {
        uint8_t data[256];
        struct ats_device_claim_answer answer;
        size_t len = vectors_bytes(vector, "answer", data, sizeof(data));
        cr_assert_eq(ats_device_claim_answer(data, len, &answer), ATS_DEVICE_OK);
        cr_assert_eq((uint64_t)answer.result, vectors_number(vector, "result"));
        cr_assert_eq(answer.code, vectors_number(vector, "code"));
        cr_assert_str_eq(answer.text, vectors_text(vector, "text"));
        for (size_t cut = 0; cut < len; cut++)
            cr_assert_eq(ats_device_claim_answer(data, cut, &answer), ATS_DEVICE_MALFORMED);
        data[1] = 5;
        cr_assert_eq(ats_device_claim_answer(data, len, &answer), ATS_DEVICE_MALFORMED);
    }
}
