/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/signer.h"

#include "tests/unit/common/control/fleet.h"

#include <sys/stat.h>

static struct ats_key_pair ben;
static struct ats_cli cli;

static void path_of(const char *file, char ret_path[128])
{
    (void)snprintf(ret_path, 128, "%s/operators/%s", fleet.folder, file);
}

static void put_key(const char *file, const struct ats_key_pair *pair)
{
    char path[128];
    struct ats_error err = {0};
    path_of(file, path);
    cr_assert_eq(ats_key_pair_write(pair, path, &err), ATS_OK, "%s", err.text);
}

static void state_ben(const struct ats_body_operator *body)
{
    cr_assert_eq(apply_operator("ben", body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

static struct ats_body_operator body_of_ben(void)
{
    struct ats_body_operator body = operator_body("ben", &ben);
    body.kinds = 1U << ATS_CONTROL_DEVICE;
    body.certificate_len = 0;
    return body;
}

/* "op" and its key, and that of "ben", who is not stated yet. */
static void begin(void)
{
    char folder[128];
    fleet_begin_with_operator();
    path_of("", folder);
    cr_assert_eq(mkdir(folder, 0700), 0);
    ats_key_pair_generate(&ben, ATS_KEY_SIGNING);
    put_key("op.key.pem", &fleet.operator_);
    put_key("ben.key.pem", &ben);
    cli = (struct ats_cli){.fleet = fleet.folder};
}

static void end(void)
{
    static const char *const files[] = {"op.key.pem", "ben.key.pem", "cid.key.pem", ""};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[128];
        path_of(files[i], path);
        (void)remove(path);
    }
    fleet_end();
}

TestSuite(signer, .init = begin, .fini = end);

static enum ats_status open_signer(char ret_name[ATS_NAME_MAX + 1])
{
    struct ats_signer signer;
    struct ats_store_view *view = NULL;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    fleet.err = (struct ats_error){0};
    enum ats_status status = ats_signer_open(&cli, view, &signer, &fleet.err);
    ats_store_view_close(view);
    if (status == ATS_OK) {
        (void)snprintf(ret_name, ATS_NAME_MAX + 1, "%s", signer.name);
        ats_key_pair_fini(&signer.pair);
    }
    return status;
}

static void assert_signs(const char *expected)
{
    char name[ATS_NAME_MAX + 1];
    cr_assert_eq(open_signer(name), ATS_OK, "%s", fleet.err.text);
    cr_assert_str_eq(name, expected);
}

static void assert_asks(const char *text)
{
    char name[ATS_NAME_MAX + 1];
    cr_assert_eq(open_signer(name), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(fleet.err.text, text), "%s", fleet.err.text);
}

Test(signer, passes_over_who_is_not_stated)
{
    assert_signs("op");
}

Test(signer, names_those_who_could_sign)
{
    struct ats_body_operator body = body_of_ben();
    state_ben(&body);
    assert_asks("--operator who signs: the keys of several operators (ben, op)");
    cli.operator_name = "ben";
    assert_signs("ben");
}

Test(signer, names_whose_keys_there_are_where_it_has_none_of_that_name)
{
    char path[128];
    cli.operator_name = "bob";
    assert_asks("--operator bob: ");
    assert_asks("holds no such key, but those of ben, op");
    for (unsigned i = 0; i < 9; i++) {
        char file[32];
        (void)snprintf(file, sizeof(file), "a%u.key.pem", i);
        put_key(file, &ben);
    }
    assert_asks("those of a0, a1, a2, a3, a4, a5, a6, a7, ...");
    for (unsigned i = 0; i < 9; i++) {
        char file[32];
        (void)snprintf(file, sizeof(file), "a%u.key.pem", i);
        path_of(file, path);
        cr_assert_eq(unlink(path), 0);
    }
    path_of("op.key.pem", path);
    cr_assert_eq(unlink(path), 0);
    path_of("ben.key.pem", path);
    cr_assert_eq(unlink(path), 0);
    assert_asks("holds no operator's key");
}

Test(signer, says_of_a_named_key_that_it_cannot_read_why)
{
    char path[128];
    path_of("ben.key.pem", path);
    cr_assert_eq(truncate(path, 0), 0);
    cli.operator_name = "ben";
    assert_asks("ben.key.pem");
}

Test(signer, passes_over_who_is_revoked)
{
    struct ats_body_operator body = body_of_ben();
    state_ben(&body);
    body.revoked = true;
    state_ben(&body);
    assert_signs("op");
}

Test(signer, passes_over_who_has_ended)
{
    struct ats_body_operator body = body_of_ben();
    body.not_after_ms = TEST_TIME_MS;
    state_ben(&body);
    assert_signs("op");
}

Test(signer, passes_over_a_key_that_is_not_the_operators)
{
    struct ats_key_pair next;
    struct ats_body_operator body = body_of_ben();
    ats_key_pair_generate(&next, ATS_KEY_SIGNING);
    memcpy(body.key, next.public_key, sizeof(body.key));
    state_ben(&body);
    assert_signs("op");
}

Test(signer, passes_over_no_file_that_it_cannot_read)
{
    char path[128];
    struct ats_body_operator body = body_of_ben();
    state_ben(&body);
    path_of("ben.key.pem", path);
    cr_assert_eq(truncate(path, 0), 0);
    assert_asks("(ben, op)");
}

Test(signer, of_none_that_is_good_says_why)
{
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    body.revoked = true;
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    assert_asks("(ben (not stated), op (revoked))");
}

Test(signer, is_the_only_one_that_the_folder_has_also_where_it_is_not_good)
{
    char path[128];
    path_of("op.key.pem", path);
    cr_assert_eq(unlink(path), 0);
    assert_signs("ben");
}
