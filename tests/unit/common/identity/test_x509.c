/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/x509.h"

#include "common/base/file.h"
#include "tests/unit/common/identity/vectors.h"

#include <stdlib.h>
#include <unistd.h>

#define DER_MAX 1024

static json_t *vectors;

static void setup(void)
{
    cr_assert_eq(ats_identity_init(), ATS_OK);
    vectors = vectors_read("certificates");
}

static void teardown(void)
{
    json_decref(vectors);
}

TestSuite(x509, .init = setup, .fini = teardown);

static size_t der_of(size_t number, uint8_t ret_der[DER_MAX])
{
    const json_t *one = json_array_get(json_object_get(vectors, "certificates"), number);
    return vectors_bytes(one, "der", ret_der, DER_MAX);
}

Test(x509, reads_key_and_validity_as_an_independent_implementation_does)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(vectors, "certificates"), i, one)
    {
        uint8_t der[DER_MAX];
        uint8_t spki[ATS_SPKI_HASH_SIZE];
        char id[ATS_KEY_ID_SIZE];
        struct ats_x509 x509;
        size_t len = der_of(i, der);
        (void)vectors_bytes(one, "spki_sha256", spki, sizeof(spki));
        cr_assert_eq(ats_x509_parse(ats_span_of(der, len), &x509), ATS_OK);
        cr_assert_arr_eq(x509.spki, spki, sizeof(spki));
        ats_spki_id(x509.spki, id);
        cr_assert_str_eq(id, vectors_text(one, "key_id"));
        cr_assert_eq(x509.not_before_ms, (int64_t)vectors_number(one, "not_before_s") * 1000);
        cr_assert_eq(x509.not_after_ms, (int64_t)vectors_number(one, "ends_s") * 1000);
    }
    cr_assert_eq(i, 2);
}

Test(x509, refuses_what_is_cut_and_what_has_a_byte_too_many)
{
    uint8_t der[DER_MAX];
    struct ats_x509 x509;
    size_t len = der_of(0, der);
    for (size_t cut = 0; cut < len; cut++)
        cr_assert_eq(ats_x509_parse(ats_span_of(der, cut), &x509), ATS_ERR_MALFORMED);
    cr_assert_eq(ats_x509_parse(ats_span_of(der, len + 1), &x509), ATS_ERR_MALFORMED);
}

Test(x509, reads_a_file_in_der_and_in_pem)
{
    uint8_t der[DER_MAX];
    char path[] = "/tmp/ats-x509-XXXXXX";
    char base64[2 * DER_MAX];
    char pem[2 * DER_MAX + 128];
    struct ats_x509 from_der;
    struct ats_x509 from_pem;
    size_t len = der_of(1, der);
    close(mkstemp(path));
    cr_assert_eq(ats_file_write(path, ats_span_of(der, len), 0600, NULL), ATS_OK);
    cr_assert_eq(ats_x509_read(path, &from_der, NULL), ATS_OK);
    sodium_bin2base64(base64, sizeof(base64), der, len, sodium_base64_VARIANT_ORIGINAL);
    int used = snprintf(pem, sizeof(pem), "a word before\n-----BEGIN CERTIFICATE-----\n");
    for (const char *at = base64; *at; at += strnlen(at, 64)) /* PEM's lines */
        used += snprintf(pem + used, sizeof(pem) - (size_t)used, "%.64s\n", at);
    (void)snprintf(pem + used, sizeof(pem) - (size_t)used, "-----END CERTIFICATE-----\n");
    cr_assert_eq(ats_file_write(path, ats_span_text(pem), 0600, NULL), ATS_OK);
    cr_assert_eq(ats_x509_read(path, &from_pem, NULL), ATS_OK);
    cr_assert_arr_eq(from_pem.spki, from_der.spki, sizeof(from_der.spki));
    cr_assert_eq(ats_file_write(path, ats_span_text("-----BEGIN CERTIFICATE-----\n"), 0600, NULL),
                 ATS_OK);
    struct ats_error err = {0};
    cr_assert_eq(ats_x509_read(path, &from_pem, &err), ATS_ERR_MALFORMED);
    cr_assert_not_null(strstr(err.text, path), "%s", err.text);
    unlink(path);
}
