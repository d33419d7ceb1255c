/* SPDX-License-Identifier: Apache-2.0 */
/* attestream operator add | list | show | acts | renew | rotate-key | revoke */
#include "cli/argument_time.h"
#include "cli/certificate.h"
#include "cli/cli.h"
#include "cli/list.h"
#include "cli/log_place.h"
#include "cli/name_taken.h"
#include "cli/operator_acts.h"
#include "cli/operator_change.h"
#include "cli/operator_gates.h"
#include "cli/operator_record.h"
#include "cli/operator_scope.h"
#include "cli/output.h"
#include "common/base/clock.h"
#include "common/control/acts.h"
#include "common/control/body.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- add ---- */

struct addition {
    const char *name;
    const char *public_key; /* a file; NULL: made here */
    const char *root_key;
    struct ats_body_operator body;
    int64_t valid_ms;
};

static enum ats_status read_addition(const struct ats_arguments *arguments,
                                     struct addition *ret_addition, struct ats_error *err)
{
    struct ats_body_operator *body = &ret_addition->body;
    *ret_addition = (struct addition){.name = arguments->positional[0],
                                      .public_key = ats_argument_find(arguments, "--public-key"),
                                      .root_key = ats_argument_find(arguments, "--root-key")};
    enum ats_status status = ats_operator_check_name(ret_addition->name, err);
    if (status == ATS_OK)
        status = ats_operator_kinds(ats_argument_find(arguments, "--kinds"), &body->kinds, err);
    if (status == ATS_OK)
        status = ats_operator_names(ats_argument_find(arguments, "--names"), body->names, err);
    if (status == ATS_OK)
        status = ats_operator_owner(ats_argument_find(arguments, "--owner"), &body->owner, err);
    if (status == ATS_OK)
        status = ats_argument_time(arguments, "--from", &body->not_before_ms, err);
    if (status == ATS_OK)
        status = ats_argument_time(arguments, "--until", &body->not_after_ms, err);
    if (status != ATS_OK)
        return status;
    return ats_certificate_validity("--valid", ats_argument_find(arguments, "--valid"),
                                    ATS_OPERATOR_VALID_DEFAULT, &ret_addition->valid_ms, err);
}

static enum ats_status open_key(const struct ats_cli *cli, const char *name,
                                struct ats_fleet_key *ret_key, struct ats_error *err)
{
    char escaped[ATS_ESCAPED_NAME_SIZE];
    struct ats_path path;
    ats_fleet_escape(name, escaped);
    enum ats_status status = ats_fleet_path(cli, &path, err, "operators/%s.key.pem", escaped);
    return status == ATS_OK ? ats_fleet_key_open(&path, ATS_KEY_SIGNING, ret_key, err) : status;
}

static int64_t begins_ms(const struct ats_body_operator *body)
{
    int64_t now_ms = ats_clock_wall_ms(&ats_clock_system);
    return body->not_before_ms > now_ms ? body->not_before_ms : now_ms;
}

static enum ats_status check_end(const struct ats_body_operator *body, struct ats_error *err)
{
    if (body->not_after_ms != 0 && body->not_after_ms <= body->not_before_ms)
        return ats_error_set(err, ATS_ERR_CONFIG, "--until: that is not after --from");
    return ats_operator_check_end(body->not_after_ms, err);
}

static enum ats_status publish_with_key(const struct ats_cli *cli, struct ats_session *session,
                                        const struct ats_signer *root, struct addition *addition,
                                        struct ats_error *err)
{
    struct ats_fleet_key key = {0};
    enum ats_status status =
        addition->public_key
            ? ats_cli_unusable(ats_public_key_read(addition->public_key, ATS_KEY_SIGNING,
                                                   addition->body.key, err),
                               err)
            : open_key(cli, addition->name, &key, err);
    if (status == ATS_OK && !addition->public_key)
        memcpy(addition->body.key, key.pair.public_key, ATS_PUBLIC_KEY_SIZE);
    if (status == ATS_OK && !addition->public_key && !key.is_new)
        ats_cli_note("the key in %s is taken, which was there", key.path.text);
    if (status == ATS_OK)
        status = ats_fleet_check_key(ats_session_pins(session), addition->body.key, err);
    if (status == ATS_OK)
        status = ats_operator_certify(session, root, addition->name,
                                      begins_ms(&addition->body) + addition->valid_ms,
                                      &addition->body, err);
    if (status == ATS_OK)
        status = ats_fleet_key_write(&key, err);
    if (status == ATS_OK)
        status = ats_operator_publish(session, addition->name, &addition->body, err);
    ats_fleet_key_withdraw(&key, status);
    ats_fleet_key_fini(&key);
    return status;
}

static enum ats_status add_in_session(const struct ats_cli *cli, struct ats_session *session,
                                      struct addition *addition, struct ats_error *err)
{
    struct ats_control_record record;
    const struct ats_signer *root = NULL;
    if (ats_registry_find(ats_session_view(session), ATS_CONTROL_OPERATOR,
                          ats_span_text(addition->name), &record) == ATS_OK)
        return ats_name_taken(&record, err);
    enum ats_status status = ats_session_sign_as_root(session, addition->root_key, &root, err);
    if (status == ATS_OK)
        status = publish_with_key(cli, session, root, addition, err);
    if (status == ATS_OK)
        ats_signer_note_second(cli, ats_session_view(session), addition->name);
    return status;
}

static int run_add(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct addition addition;
    struct ats_session *session = NULL;
    struct ats_error err = {0};
    char key_id[ATS_KEY_ID_SIZE];
    enum ats_status status = read_addition(arguments, &addition, &err);
    if (status == ATS_OK)
        status = check_end(&addition.body, &err);
    if (status == ATS_OK)
        status = ats_session_open_for_root(cli, "root", &session, &err);
    if (status == ATS_OK)
        status = add_in_session(cli, session, &addition, &err);
    ats_session_close(session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    ats_key_id(addition.body.key, key_id);
    ats_output_done(
        cli,
        json_pack("{s:s, s:s, s:s}", "verdict", "added", "name", addition.name, "key_id", key_id),
        "added operator '%s' with key %s", addition.name, key_id);
    return ATS_EXIT_DONE;
}

/* ---- list, show ---- */

static json_t *row(const struct ats_control_record *record)
{
    struct ats_body_operator body;
    char key_id[ATS_KEY_ID_SIZE];
    char kinds[ATS_OPERATOR_KINDS_SIZE];
    char until[ATS_RFC3339_SIZE] = "";
    char owner[ATS_OWNERS_TEXT_SIZE];
    if (ats_body_operator_parse(record->body, &body) != ATS_OK)
        return NULL;
    ats_key_id(body.key, key_id);
    ats_operator_kinds_text(body.kinds, kinds);
    ats_owners_text(body.owner, owner);
    if (body.not_after_ms != 0)
        ats_clock_format_rfc3339(body.not_after_ms, until);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "name", record->name, "state",
                     body.revoked ? "revoked" : "active", "kinds", kinds, "names", body.names,
                     "owner", owner, "until", until, "key_id", key_id, "revision",
                     (json_int_t)record->revision);
}

static int run_list(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    (void)arguments;
    return ats_list_run(cli, ATS_CONTROL_OPERATOR, row, NULL);
}

static int run_show(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    return ats_show_run(cli, ATS_CONTROL_OPERATOR, arguments->positional[0]);
}

/* ---- revoke ---- */

struct revocation {
    const char *name;
    const char *until; /* NULL: not given */
    bool no_place;
    const char *root_key;
    bool already; /* it is so, and nothing is written */
    uint64_t stands_until;
};

static enum ats_status find_place(struct ats_session *session, const struct revocation *revocation,
                                  struct ats_body_place *ret_place, struct ats_error *err)
{
    if (revocation->until)
        return ats_log_place(session, revocation->until, ret_place, err);
    if (!revocation->no_place)
        ats_log_place_now(session, ret_place);
    return ATS_OK;
}

/* What a revoked operator signs is void anyway: without a place, or with the one that it has, a second call changes nothing. */
static enum ats_status revoke_in_session(struct ats_session *session, struct revocation *revocation,
                                         struct ats_error *err)
{
    const struct ats_signer *root = NULL;
    struct ats_body_operator body = {0};
    enum ats_status status = ats_operator_find(session, revocation->name, true, &body, err);
    struct ats_body_place place = body.stands_until;
    const bool was = body.revoked;
    body.revoked = true;
    if (status == ATS_OK && (!was || revocation->until))
        status = find_place(session, revocation, &place, err);
    revocation->already = was && place.count == body.stands_until.count;
    revocation->stands_until = place.count;
    body.stands_until = place;
    if (status != ATS_OK || revocation->already)
        return status;
    status = ats_session_sign_as_root(session, revocation->root_key, &root, err);
    return status == ATS_OK ? ats_operator_publish(session, revocation->name, &body, err) : status;
}

static void say_revoked(const struct ats_cli *cli, const struct revocation *revocation,
                        json_t *gates)
{
    char said[128];
    if (revocation->stands_until == 0)
        (void)snprintf(said, sizeof(said), "what it signed stands, until --stands-until is given");
    else
        (void)snprintf(said, sizeof(said),
                       "what it signed after control record %" PRIu64 " is void",
                       revocation->stands_until);
    ats_output_done(
        cli,
        json_pack("{s:s, s:s, s:I, s:o?}", "verdict", revocation->already ? "already" : "revoked",
                  "name", revocation->name, "stands_until", (json_int_t)revocation->stands_until,
                  "gates_to_renew", gates),
        revocation->already ? "operator '%s' is revoked already: %s (an earlier --stands-until may "
                              "still be given)"
                            : "revoked operator '%s': %s",
        revocation->name, said);
}

static int run_revoke(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    struct ats_error err = {0};
    json_t *gates = NULL;
    struct revocation revocation = {.name = arguments->positional[0],
                                    .until = ats_argument_find(arguments, "--stands-until"),
                                    .no_place = ats_argument_has(arguments, "--no-place"),
                                    .root_key = ats_argument_find(arguments, "--root-key")};
    enum ats_status status =
        revocation.no_place && revocation.until
            ? ats_error_set(&err, ATS_ERR_CONFIG, "--no-place: not with --stands-until")
            : ats_session_open_for_root(cli, "root", &session, &err);
    if (status == ATS_OK)
        status = revoke_in_session(session, &revocation, &err);
    if (status == ATS_OK) {
        ats_operator_acts_note_followed(session, revocation.name);
        gates = ats_operator_gates_note(session, revocation.name, "the revoked operator");
    }
    ats_session_close(session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    say_revoked(cli, &revocation, gates);
    return ATS_EXIT_DONE;
}

static const struct ats_flag add_flags[] = {
    {"--public-key", "FILE", "The operator's own Ed25519 key (SPKI PEM); else a pair is made here.",
     false},
    {"--kinds", "KINDS",
     "What the operator may sign, e.g. device,gate; by default all that operators may.", false},
    {"--names", "PATTERN",
     "Only names that match, e.g. 'press-*'; a contract's is NAME@VERSION ('env-sensor@*'), a "
     "replay's GATE@ID ('gate-1@*'); * by default.",
     false},
    {"--owner", "SIDES",
     "For which side of contracts the operator signs: ot, it, or ot,it; for none by default.",
     false},
    {"--from", "TIME",
     "When the operator begins, by the log's time, which may be an hour behind; at once by "
     "default. " ATS_TIME_FORMS,
     false},
    {"--until", "TIME", "When the operator ends; never by default. " ATS_TIME_FORMS, false},
    {"--valid", "TIME",
     "How long devices take the operator's certificate, at most until the end; 3650d by default.",
     false},
    {"--root-key", "FILE", "The root's private key; <fleet>/root.key.pem by default.", false},
    {0},
};

static const struct ats_flag revoke_flags[] = {
    {"--stands-until", "COUNT",
     "The last control record that still counts, as `operator acts` shows them; the newest by "
     "default.",
     false},
    {"--no-place", NULL,
     "What it signed stands, until a later call names the place: one small record, for readers "
     "whose disk is full.",
     false},
    {"--root-key", "FILE", "The root's private key; <fleet>/root.key.pem by default.", false},
    {0},
};

const struct ats_command ats_operator_commands[] = {
    {"add", "NAME", "State an operator: a key, and what it may sign until when.",
     "The root signs it. Only who may sign gates gets a certificate, with which devices believe "
     "the "
     "gates; --names does not bind devices' belief, so keep the scope gate for few.",
     add_flags, 1, 1, run_add},
    {"list", "", "List the operators.", NULL, NULL, 0, 0, run_list},
    {"show", "NAME", "Show an operator's newest record.", NULL, NULL, 1, 1, run_show},
    {"acts", "NAME", "List what an operator (or root, successor) has signed, in the log's order.",
     "state: whether it holds or is void. followed_by: the control record with which somebody else "
     "stated the same name again, on top of it, and which holds; it may still say what the act "
     "said. 0 where there is none.",
     NULL, 1, 1, ats_operator_run_acts},
    {"renew", "NAME",
     "Give an operator a later end, a new certificate, or another side of contracts.",
     "The root signs it. Key and scope stay, and so does all that the operator signed.",
     ats_operator_renew_flags, 1, 1, ats_operator_run_renew},
    {"rotate-key", "NAME", "Give an operator another key.",
     "The root signs it. What the former key signed stands, and it signs nothing more: claim "
     "tokens "
     "that nobody has used and proposals that nobody has approved have to be made again. Devices "
     "take "
     "no gate that the former key certified until `attestream gate renew`; sessions that are open "
     "go "
     "on. A stolen key is no case for this: `operator revoke`.",
     ats_operator_rotate_flags, 1, 1, ats_operator_run_rotate},
    {"revoke", "NAME", "Revoke an operator for ever.",
     "The root signs it. What its key signed after --stands-until is void: it keeps its place in "
     "the log and has no "
     "effect, and what it replaced holds again. If the theft began earlier than was known, revoke "
     "it "
     "again with an earlier place. Gates that the operator certified give devices no "
     "session until another operator renews them: they are named, with --json in gates_to_renew.",
     revoke_flags, 1, 1, run_revoke},
    {0},
};
