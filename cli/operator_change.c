/* SPDX-License-Identifier: Apache-2.0 */
/* A change states the whole of an operator again; what it does not name stays as it was. */
#include "cli/operator_change.h"

#include "cli/argument_time.h"
#include "cli/certificate.h"
#include "cli/cli.h"
#include "cli/operator_gates.h"
#include "cli/operator_record.h"
#include "cli/operator_scope.h"
#include "cli/output.h"
#include "common/base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct change {
    const char *name;
    const char *root_key;
    int64_t valid_ms; /* 0: --valid was not given */
    struct ats_session *session;
    const struct ats_signer *root;
    struct ats_body_operator body;
};

static enum ats_status begin(const struct ats_cli *cli, const struct ats_arguments *arguments,
                             struct change *change, struct ats_error *err)
{
    const char *valid = ats_argument_find(arguments, "--valid");
    enum ats_status status = ATS_OK;
    change->name = arguments->positional[0];
    change->root_key = ats_argument_find(arguments, "--root-key");
    if (valid)
        status = ats_certificate_validity("--valid", valid, valid, &change->valid_ms, err);
    if (status == ATS_OK)
        status = ats_session_open_for_root(cli, "root", &change->session, err);
    if (status == ATS_OK)
        status = ats_operator_find(change->session, change->name, false, &change->body, err);
    return status == ATS_OK
               ? ats_session_sign_as_root(change->session, change->root_key, &change->root, err)
               : status;
}

/* By default the new certificate ends no earlier than the one before. */
static enum ats_status certify(struct change *change, struct ats_error *err)
{
    struct ats_certificate before;
    int64_t valid_ms = change->valid_ms;
    int64_t until_ms = 0;
    enum ats_status status = ATS_OK;
    if (valid_ms == 0)
        status =
            ats_certificate_validity("--valid", NULL, ATS_OPERATOR_VALID_DEFAULT, &valid_ms, err);
    until_ms = ats_clock_wall_ms(&ats_clock_system) + valid_ms;
    if (change->valid_ms == 0 &&
        ats_certificate_decode(change->body.certificate, change->body.certificate_len, &before) ==
            ATS_DEVICE_OK &&
        before.not_after_ms > (uint64_t)until_ms)
        until_ms = (int64_t)before.not_after_ms;
    return status == ATS_OK ? ats_operator_certify(change->session, change->root, change->name,
                                                   until_ms, &change->body, err)
                            : status;
}

/* ---- renew ---- */

int ats_operator_run_renew(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct change change = {0};
    struct ats_error err = {0};
    char end[ATS_RFC3339_SIZE] = "never";
    bool has_end = false;
    int64_t not_after_ms = 0;
    const char *owner = ats_argument_find(arguments, "--owner");
    enum ats_status status = ats_argument_end(arguments, "--until", &has_end, &not_after_ms, &err);
    if (status == ATS_OK)
        status = ats_operator_check_end(not_after_ms, &err);
    if (status == ATS_OK)
        status = begin(cli, arguments, &change, &err);
    if (status == ATS_OK && has_end)
        change.body.not_after_ms = not_after_ms;
    if (status == ATS_OK && owner)
        status = ats_operator_owner(owner, &change.body.owner, &err);
    if (status == ATS_OK)
        status = certify(&change, &err);
    if (status == ATS_OK)
        status = ats_operator_publish(change.session, change.name, &change.body, &err);
    ats_session_close(change.session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    if (change.body.not_after_ms != 0)
        ats_clock_format_rfc3339(change.body.not_after_ms, end);
    ats_output_done(
        cli, json_pack("{s:s, s:s, s:s}", "verdict", "renewed", "name", change.name, "until", end),
        "renewed operator '%s': it ends %s%s", change.name,
        change.body.not_after_ms != 0 ? "at " : "", end);
    return ATS_EXIT_DONE;
}

/* ---- rotate-key ---- */

/* A pair of its own lies beside the former one, whose place it takes once the log has it: not *.key.pem, which would be another
   operator's. One that a call before left is taken up. */
struct new_pair {
    struct ats_path place; /* "" where --public-key says the key */
    struct ats_fleet_key key;
};

static enum ats_status make_pair(const struct ats_cli *cli, const char *name,
                                 struct new_pair *ret_pair, struct ats_error *err)
{
    char escaped[ATS_ESCAPED_NAME_SIZE];
    struct ats_path beside;
    ats_fleet_escape(name, escaped);
    enum ats_status status =
        ats_fleet_path(cli, &ret_pair->place, err, "operators/%s.key.pem", escaped);
    if (status == ATS_OK)
        status = ats_fleet_path(cli, &beside, err, "operators/%s.key.pem.new", escaped);
    return status == ATS_OK ? ats_fleet_key_open(&beside, ATS_KEY_SIGNING, &ret_pair->key, err)
                            : status;
}

static enum ats_status take_key(const struct ats_cli *cli, const char *public_key,
                                struct change *change, struct new_pair *pair, struct ats_error *err)
{
    uint8_t key[ATS_PUBLIC_KEY_SIZE];
    enum ats_status status =
        public_key
            ? ats_cli_unusable(ats_public_key_read(public_key, ATS_KEY_SIGNING, key, err), err)
            : make_pair(cli, change->name, pair, err);
    if (status != ATS_OK)
        return status;
    if (!public_key)
        memcpy(key, pair->key.pair.public_key, sizeof(key));
    if (public_key && memcmp(key, change->body.key, sizeof(key)) == 0)
        return ats_error_set(err, ATS_ERR_REFUSED, "operator '%s' has that key", change->name);
    memcpy(change->body.key, key, sizeof(key));
    return ATS_OK;
}

static enum ats_status put_in_place(const struct new_pair *pair, struct ats_error *err)
{
    if (pair->place.text[0] == '\0' || rename(pair->key.path.text, pair->place.text) == 0)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_IO,
                         "the log has the key in %s, but it cannot be moved to %s: %s",
                         pair->key.path.text, pair->place.text, strerror(errno));
}

/* A call before may have ended between the log and the move. */
static enum ats_status rotate(struct change *change, struct new_pair *pair, bool is_stated,
                              struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    if (!is_stated) {
        status = ats_fleet_check_key(ats_session_pins(change->session), change->body.key, err);
        if (status == ATS_OK)
            status = certify(change, err);
        if (status == ATS_OK)
            status = ats_operator_check(change->session, change->name, &change->body, err);
        if (status == ATS_OK)
            status = ats_fleet_key_write(&pair->key, err);
        if (status == ATS_OK)
            status = ats_operator_publish(change->session, change->name, &change->body, err);
        ats_fleet_key_withdraw(&pair->key, status);
    }
    return status == ATS_OK ? put_in_place(pair, err) : status;
}

int ats_operator_run_rotate(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct change change = {0};
    struct new_pair pair = {0};
    struct ats_error err = {0};
    char key_id[ATS_KEY_ID_SIZE];
    uint8_t former[ATS_PUBLIC_KEY_SIZE] = {0};
    enum ats_status status = begin(cli, arguments, &change, &err);
    memcpy(former, change.body.key, sizeof(former));
    if (status == ATS_OK)
        status = take_key(cli, ats_argument_find(arguments, "--public-key"), &change, &pair, &err);
    if (status == ATS_OK)
        status = rotate(&change, &pair, memcmp(change.body.key, former, sizeof(former)) == 0, &err);
    json_t *gates = status == ATS_OK
                        ? ats_operator_gates_note(change.session, change.name, "the former key")
                        : NULL;
    ats_session_close(change.session);
    ats_fleet_key_fini(&pair.key);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    ats_key_id(change.body.key, key_id);
    ats_output_done(cli,
                    json_pack("{s:s, s:s, s:s, s:o?}", "verdict", "rotated", "name", change.name,
                              "key_id", key_id, "gates_to_renew", gates),
                    "operator '%s' has key %s now; the former one signs nothing more", change.name,
                    key_id);
    return ATS_EXIT_DONE;
}

const struct ats_flag ats_operator_renew_flags[] = {
    {"--until", "TIME", "When the operator ends, or never; as before by default. " ATS_TIME_FORMS,
     false},
    {"--valid", "TIME",
     "How long devices take the operator's certificate, at most until the end; by default as long "
     "as "
     "the one before, and 3650d at least.",
     false},
    {"--owner", "SIDES",
     "For which side of contracts it signs, in place of before: ot, it, or ot,it; '' for none.",
     false},
    {"--root-key", "FILE", "The root's private key; <fleet>/root.key.pem by default.", false},
    {0},
};

const struct ats_flag ats_operator_rotate_flags[] = {
    {"--public-key", "FILE",
     "The operator's own new key (SPKI PEM); else a pair is made here, in place of the one before.",
     false},
    {"--valid", "TIME", "How long devices take the operator's certificate, as with `renew`.",
     false},
    {"--root-key", "FILE", "The root's private key; <fleet>/root.key.pem by default.", false},
    {0},
};
