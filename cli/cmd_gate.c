/* SPDX-License-Identifier: Apache-2.0 */
/* attestream gate add | list | show | acts | renew | set | revoke */
#include "cli/argument_time.h"
#include "cli/certificate.h"
#include "cli/cli.h"
#include "cli/list.h"
#include "cli/operator_acts.h"
#include "cli/output.h"
#include "cli/publish.h"
#include "common/base/file.h"
#include "common/control/body.h"

#include <stdio.h>

#define VALID_DEFAULT "400d"

static enum ats_status draft_gate(const char *name, const struct ats_body_gate *gate,
                                  struct ats_draft *draft, struct ats_error *err)
{
    ats_draft_init(draft, ATS_CONTROL_GATE, name);
    enum ats_status status = ats_body_gate_format(gate, &draft->body);
    if (status != ATS_OK)
        return ats_error_set(err, status, "gate '%s' cannot be stated: %s", name,
                             ats_status_name(status));
    return ATS_OK;
}

static enum ats_status publish_gate(struct ats_session *session, const char *name,
                                    const struct ats_body_gate *gate, struct ats_error *err)
{
    struct ats_draft draft;
    enum ats_status status = draft_gate(name, gate, &draft, err);
    if (status == ATS_OK)
        status = ats_publish(session, &draft, 1, err);
    ats_draft_fini(&draft);
    return status;
}

static enum ats_status certify(struct ats_session *session, const char *name, int64_t valid_ms,
                               struct ats_body_gate *gate, struct ats_error *err)
{
    const struct ats_signer *signer = NULL;
    struct ats_certificate_request request = {ATS_CERTIFICATE_GATE, name, gate->signing_key,
                                              valid_ms};
    enum ats_status status = ats_session_signer(session, &signer, err);
    if (status != ATS_OK)
        return status;
    return ats_certificate_issue(&request, ats_session_pins(session), &signer->pair,
                                 gate->certificate, &gate->certificate_len, err);
}

/* ---- add ---- */

static enum ats_status out_folder(const struct ats_cli *cli, const char *out, const char *name,
                                  struct ats_path *ret_path, struct ats_error *err)
{
    char escaped[ATS_ESCAPED_NAME_SIZE];
    if (out)
        return ats_path_format(ret_path, err, "%s", out);
    ats_fleet_escape(name, escaped);
    return ats_fleet_path(cli, ret_path, err, "gates/%s", escaped);
}

struct gate_keys {
    struct ats_fleet_key signing;
    struct ats_fleet_key agreement;
};

/* Keys that a call before left behind, when Kafka did not answer, are taken up again. */
static enum ats_status open_key(const char *folder, const char *file, enum ats_key_kind kind,
                                struct ats_fleet_key *ret_key, struct ats_error *err)
{
    struct ats_path path;
    enum ats_status status = ats_path_format(&path, err, "%s/%s", folder, file);
    return status == ATS_OK ? ats_fleet_key_open(&path, kind, ret_key, err) : status;
}

static enum ats_status open_keys(const char *folder, struct gate_keys *keys,
                                 struct ats_body_gate *gate, struct ats_error *err)
{
    enum ats_status status = open_key(folder, "gate.key.pem", ATS_KEY_SIGNING, &keys->signing, err);
    if (status == ATS_OK)
        status =
            open_key(folder, "gate-agreement.key.pem", ATS_KEY_AGREEMENT, &keys->agreement, err);
    memcpy(gate->signing_key, keys->signing.pair.public_key, ATS_PUBLIC_KEY_SIZE);
    memcpy(gate->agreement_key, keys->agreement.pair.public_key, ATS_PUBLIC_KEY_SIZE);
    return status;
}

static enum ats_status write_folder(const char *folder, const struct ats_identity *identity,
                                    struct gate_keys *keys, struct ats_error *err)
{
    enum ats_status status = ats_file_make_folder(folder, 0700, err);
    if (status == ATS_OK)
        status = ats_fleet_identity_write(folder, identity, err);
    if (status == ATS_OK)
        status = ats_fleet_key_write(&keys->signing, err);
    return status == ATS_OK ? ats_fleet_key_write(&keys->agreement, err) : status;
}

struct addition {
    const char *name;
    const char *site;
    const char *out;
    int64_t valid_ms;
    bool claims;
    int64_t not_before_ms;
    int64_t not_after_ms;
};

static enum ats_status read_addition(const struct ats_arguments *arguments,
                                     struct addition *ret_addition, struct ats_error *err)
{
    ret_addition->name = arguments->positional[0];
    ret_addition->site = ats_argument_find(arguments, "--site");
    ret_addition->out = ats_argument_find(arguments, "--out");
    ret_addition->claims = ats_argument_has(arguments, "--claims");
    enum ats_status status = ats_fleet_check_name("gate", ret_addition->name, err);
    if (status == ATS_OK && ret_addition->site)
        status = ats_fleet_check_name("site", ret_addition->site, err);
    if (status == ATS_OK)
        status = ats_argument_time(arguments, "--from", &ret_addition->not_before_ms, err);
    if (status == ATS_OK)
        status = ats_argument_time(arguments, "--until", &ret_addition->not_after_ms, err);
    if (status != ATS_OK)
        return status;
    return ats_certificate_validity("--valid", ats_argument_find(arguments, "--valid"),
                                    VALID_DEFAULT, &ret_addition->valid_ms, err);
}

/* The folder is written once nothing speaks against the record, and before it is sent: a gate that the log has must not
   be without its keys. */
static enum ats_status publish_with_folder(struct ats_session *session, const char *folder,
                                           const struct ats_identity *identity,
                                           struct gate_keys *keys, const struct ats_body_gate *gate,
                                           struct ats_error *err)
{
    struct ats_draft draft;
    enum ats_status status = draft_gate(identity->name, gate, &draft, err);
    if (status == ATS_OK)
        status = ats_publish_check(session, &draft, err);
    if (status == ATS_OK)
        status = write_folder(folder, identity, keys, err);
    if (status == ATS_OK)
        status = ats_publish(session, &draft, 1, err);
    ats_draft_fini(&draft);
    return status;
}

static enum ats_status add_in_session(const struct ats_cli *cli, struct ats_session *session,
                                      const struct addition *addition, const char *folder,
                                      struct ats_error *err)
{
    const struct ats_identity identity = {.file = "gate.json",
                                          .name = addition->name,
                                          .topic_prefix = cli->kafka.topic_prefix,
                                          .pins = ats_session_pins(session)};
    struct ats_control_record record;
    struct ats_body_gate gate = {.not_before_ms = addition->not_before_ms,
                                 .not_after_ms = addition->not_after_ms};
    struct gate_keys keys = {0};
    if (ats_registry_find(ats_session_view(session), ATS_CONTROL_GATE,
                          ats_span_text(addition->name), &record) == ATS_OK)
        return ats_error_set(err, ATS_ERR_EXISTS, "gate '%s' is there already", addition->name);
    gate.claims = addition->claims;
    (void)snprintf(gate.site, sizeof(gate.site), "%s", addition->site ? addition->site : "");
    enum ats_status status = ats_fleet_identity_check(folder, &identity, err);
    if (status == ATS_OK)
        status = open_keys(folder, &keys, &gate, err);
    if (status == ATS_OK)
        status = certify(session, addition->name, addition->valid_ms, &gate, err);
    if (status == ATS_OK)
        status = publish_with_folder(session, folder, &identity, &keys, &gate, err);
    ats_fleet_key_fini(&keys.signing);
    ats_fleet_key_fini(&keys.agreement);
    return status;
}

static enum ats_status add_gate(const struct ats_cli *cli, const struct addition *addition,
                                struct ats_path *ret_folder, struct ats_error *err)
{
    struct ats_session *session = NULL;
    enum ats_status status = out_folder(cli, addition->out, addition->name, ret_folder, err);
    if (status == ATS_OK)
        status = ats_session_open(cli, ATS_SESSION_WRITE, &session, err);
    if (status == ATS_OK)
        status = add_in_session(cli, session, addition, ret_folder->text, err);
    ats_session_close(session);
    return status;
}

static int run_add(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct addition addition;
    struct ats_path folder;
    struct ats_error err = {0};
    enum ats_status status = read_addition(arguments, &addition, &err);
    if (status == ATS_OK)
        status = add_gate(cli, &addition, &folder, &err);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    ats_output_done(cli,
                    json_pack("{s:s, s:s, s:o}", "verdict", "added", "name", addition.name,
                              "folder", ats_output_text(folder.text)),
                    "added gate '%s': give its broker the folder %s (plugin_opt_fleet)",
                    addition.name, folder.text);
    return ATS_EXIT_DONE;
}

/* ---- changes ---- */

static enum ats_status find_gate(struct ats_session *session, const char *name,
                                 struct ats_body_gate *ret_gate, struct ats_error *err)
{
    struct ats_control_record record;
    enum ats_status status = ats_session_find(session, ATS_CONTROL_GATE, name, &record, err);
    if (status != ATS_OK)
        return status;
    if (ats_body_gate_parse(record.body, ret_gate) != ATS_OK)
        return ats_error_set(err, ATS_ERR_CORRUPT, "the record of gate '%s' cannot be read", name);
    if (ret_gate->revoked)
        return ats_error_set(err, ATS_ERR_REFUSED, "gate '%s' is revoked, for ever", name);
    return ATS_OK;
}

/* valid_ms 0: revoke. `not_after_ms` 0: the end stays as it is. */
static int change_gate(const struct ats_cli *cli, const char *name, int64_t valid_ms,
                       int64_t not_after_ms)
{
    struct ats_session *session = NULL;
    struct ats_body_gate gate;
    struct ats_error err = {0};
    enum ats_status status = ats_session_open(cli, ATS_SESSION_WRITE, &session, &err);
    if (status == ATS_OK)
        status = find_gate(session, name, &gate, &err);
    if (status == ATS_OK && valid_ms > 0)
        status = certify(session, name, valid_ms, &gate, &err);
    if (status == ATS_OK) {
        gate.revoked = valid_ms == 0;
        if (not_after_ms != 0)
            gate.not_after_ms = not_after_ms;
        status = publish_gate(session, name, &gate, &err);
    }
    ats_session_close(session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    const char *verdict = valid_ms == 0 ? "revoked" : "renewed";
    ats_output_done(cli, json_pack("{s:s, s:s}", "verdict", verdict, "name", name), "%s gate '%s'",
                    verdict, name);
    return ATS_EXIT_DONE;
}

static int run_renew(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_error err = {0};
    int64_t valid_ms = 0;
    enum ats_status status = ats_certificate_validity(
        "--valid", ats_argument_find(arguments, "--valid"), VALID_DEFAULT, &valid_ms, &err);
    int64_t not_after_ms = 0;
    if (status == ATS_OK)
        status = ats_argument_time(arguments, "--until", &not_after_ms, &err);
    return status == ATS_OK ? change_gate(cli, arguments->positional[0], valid_ms, not_after_ms)
                            : ats_cli_fail(&err);
}

static int run_revoke(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    return change_gate(cli, arguments->positional[0], 0, 0);
}

/* The certificate is stated anew, since it must be by whoever signs the record. */
static int run_set(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    const char *name = arguments->positional[0];
    bool claims = ats_argument_has(arguments, "--claims");
    struct ats_session *session = NULL;
    struct ats_body_gate gate;
    struct ats_error err = {0};
    int64_t valid_ms = 0;
    enum ats_status status = ats_certificate_validity(
        "--valid", ats_argument_find(arguments, "--valid"), VALID_DEFAULT, &valid_ms, &err);
    if (status == ATS_OK && claims == ats_argument_has(arguments, "--no-claims"))
        status = ats_error_set(&err, ATS_ERR_CONFIG, "gate set: give --claims or --no-claims");
    if (status == ATS_OK)
        status = ats_session_open(cli, ATS_SESSION_WRITE, &session, &err);
    if (status == ATS_OK)
        status = find_gate(session, name, &gate, &err);
    if (status == ATS_OK)
        status = certify(session, name, valid_ms, &gate, &err);
    if (status == ATS_OK) {
        gate.claims = claims;
        status = publish_gate(session, name, &gate, &err);
    }
    ats_session_close(session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    ats_output_done(cli,
                    json_pack("{s:s, s:s, s:b}", "verdict", "set", "name", name, "claims", claims),
                    "gate '%s' may %stake claims", name, claims ? "" : "not ");
    return ATS_EXIT_DONE;
}

static json_t *row(const struct ats_control_record *record)
{
    struct ats_body_gate gate;
    char key_id[ATS_KEY_ID_SIZE];
    if (ats_body_gate_parse(record->body, &gate) != ATS_OK)
        return NULL;
    ats_key_id(gate.signing_key, key_id);
    return json_pack("{s:s, s:s, s:s, s:b, s:s, s:I}", "name", record->name, "state",
                     gate.revoked ? "revoked" : "active", "site", gate.site, "claims", gate.claims,
                     "key_id", key_id, "revision", (json_int_t)record->revision);
}

static int run_list(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    (void)arguments;
    return ats_list_run(cli, ATS_CONTROL_GATE, row);
}

static int run_show(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    return ats_show_run(cli, ATS_CONTROL_GATE, arguments->positional[0]);
}

static const struct ats_flag add_flags[] = {
    {"--site", "S", "Where the gate stands.", false},
    {"--out", "DIR", "Folder for what the gate needs; <fleet>/gates/NAME by default.", false},
    {"--valid", "TIME", "How long devices take the gate's certificate; 400d by default.", false},
    {"--claims", NULL, "It may enrol devices that bring an operator's token.", false},
    {"--from", "TIME", "From when on the gate's keys are good; at once by default.", false},
    {"--until", "TIME", "From when on they are no longer good; never by default.", false},
    {0},
};

static const struct ats_flag renew_flags[] = {
    {"--valid", "TIME", "How long devices take the new certificate; 400d by default.", false},
    {"--until", "TIME", "From when on the gate's keys are no longer good; as before by default.",
     false},
    {0},
};

static const struct ats_flag set_flags[] = {
    {"--claims", NULL, "It may enrol devices that bring an operator's token.", false},
    {"--no-claims", NULL, "It may not.", false},
    {"--valid", "TIME", "How long devices take its new certificate; 400d by default.", false},
    {0},
};

const struct ats_command ats_gate_commands[] = {
    {"add", "NAME", "Make a gate's keys and its record.",
     "The folder holds gate.key.pem and gate-agreement.key.pem (secret), the pins and gate.json: "
     "all "
     "that the broker's plugin needs.",
     add_flags, 1, 1, run_add},
    {"list", "", "List the gates.", NULL, NULL, 0, 0, run_list},
    {"show", "NAME", "Show a gate's newest record.", NULL, NULL, 1, 1, run_show},
    {"acts", "NAME",
     "List the devices that a gate has enrolled by their claims, in the log's order.",
     "followed_by: the control record with which an operator stated the same device again. Devices "
     "that a stolen gate enrolled stay active when it is revoked: look at each.",
     NULL, 1, 1, ats_gate_run_acts},
    {"renew", "NAME", "Give a gate a new certificate before devices take the old one no more.",
     NULL, renew_flags, 1, 1, run_renew},
    {"set", "NAME", "Say whether a gate may enrol devices by their claims.",
     "Its certificate is renewed with it.", set_flags, 1, 1, run_set},
    {"revoke", "NAME", "Revoke a gate for ever.", NULL, NULL, 1, 1, run_revoke},
    {0},
};
