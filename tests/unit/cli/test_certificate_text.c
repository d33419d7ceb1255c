/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificate_text.h"

#include "common/base/base64.h"
#include "common/base/span.h"
#include "common/identity/key.h"
#include "device/protocol.h"

#include <criterion/criterion.h>
#include <string.h>

static char *encoded;

static void make_certificate(void)
{
    struct ats_key_pair issuer;
    struct ats_certificate certificate = {.role = ATS_CERTIFICATE_GATE,
                                          .name = "north",
                                          .not_before_ms = 1764000000000,
                                          .not_after_ms = UINT64_MAX};
    uint8_t bytes[ATS_CERTIFICATE_MAX];
    size_t len = 0;
    memset(certificate.key, 7, sizeof(certificate.key));
    ats_key_pair_generate(&issuer, ATS_KEY_SIGNING);
    cr_assert_eq(ats_certificate_sign(&certificate, issuer.secret_key), ATS_DEVICE_OK);
    cr_assert_eq(ats_certificate_encode(&certificate, bytes, sizeof(bytes), &len), ATS_DEVICE_OK);
    encoded = ats_base64_encode(ats_span_of(bytes, len));
    cr_assert_not_null(encoded);
}

static void free_certificate(void)
{
    free(encoded);
}

static void assert_text(const json_t *value)
{
    char key_id[ATS_KEY_ID_SIZE];
    char expected[256];
    uint8_t key[ATS_PUBLIC_KEY_SIZE];
    memset(key, 7, sizeof(key));
    ats_key_id(key, key_id);
    (void)snprintf(expected, sizeof(expected),
                   "gate 'north', key %s, from 2025-11-24T16:00:00.000Z until "
                   "9999-12-31T23:59:59.999Z",
                   key_id);
    cr_assert_str_eq(json_string_value(value), expected);
}

TestSuite(certificate_text, .init = make_certificate, .fini = free_certificate);

Test(certificate_text, a_records_certificates_say_what_they_state)
{
    json_t *record = json_pack("{s:s, s:{s:s, s:I}}", "certificate", encoded, "former",
                               "certificate", encoded, "not_after", (json_int_t)1764000000000);
    ats_certificates_as_text(record);
    json_t *former = json_object_get(record, "former");
    assert_text(json_object_get(record, "certificate"));
    assert_text(json_object_get(former, "certificate"));
    cr_assert_str_eq(json_string_value(json_object_get(former, "not_after")),
                     "2025-11-24T16:00:00.000Z");
    json_decref(record);
}

Test(certificate_text, both_sides_of_a_change_are_told)
{
    json_t *changes = json_pack("{s:[s, s], s:[n, {s:s}]}", "certificate", encoded, encoded,
                                "former", "certificate", encoded);
    ats_certificates_as_text(changes);
    json_t *pair = json_object_get(changes, "certificate");
    assert_text(json_array_get(pair, 0));
    assert_text(json_array_get(pair, 1));
    assert_text(
        json_object_get(json_array_get(json_object_get(changes, "former"), 1), "certificate"));
    json_decref(changes);
}

Test(certificate_text, what_is_no_certificate_stays)
{
    json_t *record = json_pack("{s:s, s:s, s:I}", "certificate", "AAAA", "name", encoded,
                               "not_before", (json_int_t)0);
    ats_certificates_as_text(record);
    cr_assert_str_eq(json_string_value(json_object_get(record, "certificate")), "AAAA");
    cr_assert_str_eq(json_string_value(json_object_get(record, "name")), encoded);
    cr_assert_eq(json_integer_value(json_object_get(record, "not_before")), 0);
    json_decref(record);
}
