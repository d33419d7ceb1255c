/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/key.h"

#include "common/base/file.h"
#include "common/base/limits.h"
#include "tests/unit/common/identity/vectors.h"
#include "tests/unit/scratch.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char path[96];

static void set_up(void)
{
    cr_assert_eq(ats_identity_init(), ATS_OK);
    scratch_folder(folder, sizeof(folder), "ats-key");
    (void)snprintf(path, sizeof(path), "%s/key.pem", folder);
}

static void tear_down(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

TestSuite(key, .init = set_up, .fini = tear_down);

static void put(const char *text, mode_t mode)
{
    cr_assert_eq(ats_file_write(path, ats_span_text(text), mode, NULL), ATS_OK);
}

static mode_t mode_of(const char *file)
{
    struct stat st;
    cr_assert_eq(stat(file, &st), 0);
    return st.st_mode & 07777;
}

Test(key, a_pair_is_read_as_it_was_written)
{
    const enum ats_key_kind kinds[] = {ATS_KEY_SIGNING, ATS_KEY_AGREEMENT};
    for (size_t i = 0; i < 2; i++) {
        struct ats_key_pair pair;
        struct ats_key_pair again;
        ats_key_pair_generate(&pair, kinds[i]);
        cr_assert_eq(ats_key_pair_write(&pair, path, NULL), ATS_OK);
        cr_assert_eq(mode_of(path), 0600);
        cr_assert_eq(ats_key_pair_read(path, kinds[i], &again, NULL), ATS_OK);
        cr_assert_arr_eq(again.public_key, pair.public_key, 32);
        cr_assert_arr_eq(again.secret_key, pair.secret_key, 64);
        cr_assert_eq(unlink(path), 0);
    }
}

Test(key, a_public_key_is_read_as_it_was_written)
{
    const enum ats_key_kind kinds[] = {ATS_KEY_SIGNING, ATS_KEY_AGREEMENT};
    for (size_t i = 0; i < 2; i++) {
        struct ats_key_pair pair;
        uint8_t key[ATS_PUBLIC_KEY_SIZE];
        ats_key_pair_generate(&pair, kinds[i]);
        cr_assert_eq(ats_public_key_write(pair.public_key, kinds[i], path, NULL), ATS_OK);
        cr_assert_eq(ats_public_key_read(path, kinds[i], key, NULL), ATS_OK);
        cr_assert_arr_eq(key, pair.public_key, sizeof(key));
    }
}

Test(key, never_overwrites_a_private_key)
{
    struct ats_key_pair first;
    struct ats_key_pair second;
    struct ats_key_pair kept;
    struct ats_error err;
    ats_key_pair_generate(&first, ATS_KEY_SIGNING);
    ats_key_pair_generate(&second, ATS_KEY_SIGNING);
    cr_assert_eq(ats_key_pair_write(&first, path, NULL), ATS_OK);
    cr_assert_eq(ats_key_pair_write(&second, path, &err), ATS_ERR_EXISTS);
    cr_assert_not_null(strstr(err.text, path));
    cr_assert_eq(ats_key_pair_read(path, ATS_KEY_SIGNING, &kept, NULL), ATS_OK);
    cr_assert_arr_eq(kept.seed, first.seed, 32);
}

Test(key, refuses_a_private_key_that_others_may_read)
{
    struct ats_key_pair pair;
    struct ats_error err;
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    cr_assert_eq(ats_key_pair_write(&pair, path, NULL), ATS_OK);
    cr_assert_eq(chmod(path, 0640), 0);
    cr_assert_eq(ats_key_pair_read(path, ATS_KEY_SIGNING, &pair, &err), ATS_ERR_REFUSED);
    cr_assert_not_null(strstr(err.text, "0640"));
}

Test(key, says_which_file_is_missing)
{
    struct ats_key_pair pair;
    struct ats_error err;
    cr_assert_eq(ats_key_pair_read(path, ATS_KEY_SIGNING, &pair, &err), ATS_ERR_NOT_FOUND);
    cr_assert_not_null(strstr(err.text, path));
}

Test(key, a_key_of_the_other_kind_is_malformed)
{
    struct ats_key_pair pair;
    uint8_t key[ATS_PUBLIC_KEY_SIZE];
    ats_key_pair_generate(&pair, ATS_KEY_AGREEMENT);
    cr_assert_eq(ats_key_pair_write(&pair, path, NULL), ATS_OK);
    cr_assert_eq(ats_key_pair_read(path, ATS_KEY_SIGNING, &pair, NULL), ATS_ERR_MALFORMED);
    cr_assert_eq(ats_public_key_write(pair.public_key, ATS_KEY_SIGNING, path, NULL), ATS_OK);
    cr_assert_eq(ats_public_key_read(path, ATS_KEY_AGREEMENT, key, NULL), ATS_ERR_MALFORMED);
}

Test(key, hostile_files_are_malformed_and_leave_no_error_for_the_broker_s_tls)
{
    static const char *const texts[] = {
        "",
        "not PEM",
        "-----BEGIN PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n",
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n"
         "-----END ENCRYPTED PRIVATE KEY-----\n"),
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ats_key_pair pair;
        uint8_t key[ATS_PUBLIC_KEY_SIZE];
        put(texts[i], 0600);
        cr_assert_eq(ats_key_pair_read(path, ATS_KEY_SIGNING, &pair, NULL), ATS_ERR_MALFORMED,
                     "text %zu", i);
        cr_assert_eq(ats_public_key_read(path, ATS_KEY_SIGNING, key, NULL), ATS_ERR_MALFORMED,
                     "text %zu", i);
        cr_assert_eq(ERR_peek_error(), 0);
    }
}

Test(key, a_file_that_is_too_large_is_refused)
{
    char text[ATS_KEY_FILE_MAX + 2];
    struct ats_key_pair pair;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    put(text, 0600);
    cr_assert_eq(ats_key_pair_read(path, ATS_KEY_SIGNING, &pair, NULL), ATS_ERR_LIMIT);
}

Test(key, fini_leaves_nothing_of_the_secret)
{
    struct ats_key_pair pair;
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    ats_key_pair_fini(&pair);
    cr_assert(sodium_is_zero((const uint8_t *)&pair, sizeof(pair)));
    ats_key_pair_fini(NULL);
}

Test(key, a_signature_holds_for_its_message_and_key_only)
{
    struct ats_key_pair pair;
    struct ats_key_pair other;
    uint8_t signature[ATS_SIGNATURE_SIZE];
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    ats_key_pair_generate(&other, ATS_KEY_SIGNING);
    ats_sign(&pair, ats_span_text("message"), signature);
    cr_assert(ats_verify(pair.public_key, ats_span_text("message"), signature));
    cr_assert_not(ats_verify(pair.public_key, ats_span_text("messagf"), signature));
    cr_assert_not(ats_verify(other.public_key, ats_span_text("message"), signature));
    signature[63] ^= 1;
    cr_assert_not(ats_verify(pair.public_key, ats_span_text("message"), signature));
}

static void check_vector(const json_t *vector, enum ats_key_kind kind)
{
    uint8_t expected[32];
    struct ats_key_pair pair;
    uint8_t key[ATS_PUBLIC_KEY_SIZE];
    struct ats_buf text;
    put(vectors_text(vector, "private_pem"), 0600);
    cr_assert_eq(ats_key_pair_read(path, kind, &pair, NULL), ATS_OK);
    (void)vectors_bytes(vector, "seed", expected, sizeof(expected));
    cr_assert_arr_eq(pair.seed, expected, sizeof(expected));
    (void)vectors_bytes(vector, "public", expected, sizeof(expected));
    cr_assert_arr_eq(pair.public_key, expected, sizeof(expected));
    put(vectors_text(vector, "public_pem"), 0644);
    cr_assert_eq(ats_public_key_read(path, kind, key, NULL), ATS_OK);
    cr_assert_arr_eq(key, expected, sizeof(expected));
    /* And we write the same text. */
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(ats_key_pair_write(&pair, path, NULL), ATS_OK);
    ats_buf_init(&text, ATS_KEY_FILE_MAX);
    cr_assert_eq(ats_file_read(path, &text, NULL), ATS_OK);
    cr_assert(ats_span_is(ats_buf_span(&text), vectors_text(vector, "private_pem")));
    ats_buf_fini(&text);
}

Test(key, files_and_ids_are_the_vectors)
{
    char id[ATS_KEY_ID_SIZE];
    uint8_t key[ATS_PUBLIC_KEY_SIZE];
    json_t *vectors = vectors_read("keys");
    const json_t *signing = json_object_get(vectors, "signing");
    check_vector(signing, ATS_KEY_SIGNING);
    check_vector(json_object_get(vectors, "agreement"), ATS_KEY_AGREEMENT);
    (void)vectors_bytes(signing, "public", key, sizeof(key));
    ats_key_id(key, id);
    cr_assert_str_eq(id, vectors_text(signing, "id"));
    json_decref(vectors);
}
