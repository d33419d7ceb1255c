/* SPDX-License-Identifier: Apache-2.0 */
/* attestream gate add | list | show | acts | renew | set | rotate-key | revoke */
#include "cli/argument_time.h"
#include "cli/certificate.h"
#include "cli/cli.h"
#include "cli/gate_change.h"
#include "cli/gate_record.h"
#include "cli/gate_show.h"
#include "cli/name_taken.h"
#include "cli/operator_acts.h"
#include "cli/output.h"
#include "common/base/clock.h"

#include <stdio.h>

/* ---- add ---- */

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
    if (status == ATS_OK && ret_addition->not_after_ms != 0 &&
        ret_addition->not_after_ms <= ret_addition->not_before_ms)
        status = ats_error_set(err, ATS_ERR_CONFIG, "--until: that is not after --from");
    if (status != ATS_OK)
        return status;
    return ats_certificate_validity("--valid", ats_argument_find(arguments, "--valid"),
                                    ATS_GATE_VALID_DEFAULT, &ret_addition->valid_ms, err);
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
    struct ats_gate_keys keys = {0};
    if (ats_registry_find(ats_session_view(session), ATS_CONTROL_GATE,
                          ats_span_text(addition->name), &record) == ATS_OK)
        return ats_name_taken(&record, err);
    gate.claims = addition->claims;
    (void)snprintf(gate.site, sizeof(gate.site), "%s", addition->site ? addition->site : "");
    enum ats_status status = ats_fleet_identity_check(folder, &identity, err);
    if (status == ATS_OK)
        status = ats_gate_open_keys(folder, &keys, &gate, err);
    if (status == ATS_OK)
        status =
            ats_gate_certify(session, addition->name,
                             ats_clock_wall_ms(&ats_clock_system) + addition->valid_ms, &gate, err);
    if (status == ATS_OK)
        status = ats_gate_publish_with_folder(session, folder, &identity, &keys, &gate, err);
    ats_gate_keys_fini(&keys);
    return status;
}

static enum ats_status add_gate(const struct ats_cli *cli, const struct addition *addition,
                                struct ats_path *ret_folder, struct ats_error *err)
{
    struct ats_session *session = NULL;
    enum ats_status status = ats_gate_folder(cli, addition->out, addition->name, ret_folder, err);
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

static const struct ats_flag add_flags[] = {
    {"--site", "S", "Where the gate stands.", false},
    {"--out", "DIR", "Folder for what the gate needs; <fleet>/gates/NAME by default.", false},
    {"--valid", "TIME", "How long devices take the gate's certificate; 400d by default.", false},
    {"--claims", NULL, "It may enrol devices that bring an operator's token.", false},
    {"--from", "TIME", "From when on the gate's keys are good; at once by default. " ATS_TIME_FORMS,
     false},
    {"--until", "TIME", "From when on they are no longer good; never by default. " ATS_TIME_FORMS,
     false},
    {0},
};

const struct ats_command ats_gate_commands[] = {
    {"add", "NAME", "Make a gate's keys and its record.",
     "The folder holds gate.key.pem and gate-agreement.key.pem (secret), the pins and gate.json: "
     "all "
     "that the broker's plugin needs.",
     add_flags, 1, 1, run_add},
    {"list", "", "List the gates.",
     "certificate_until: until when devices take the certificate that certified_by, an operator, "
     "has "
     "signed; `gate renew` gives a later end. former_until: a rotation is under way, and the "
     "former "
     "keys are good until then.",
     NULL, 0, 0, ats_gate_run_list},
    {"show", "NAME", "Show a gate's newest record.",
     "With what `gate list` says of its certificate and a rotation; with --json certificates are "
     "as "
     "the record has them, too.",
     NULL, 1, 1, ats_gate_run_show},
    {"acts", "NAME",
     "List the devices that a gate has enrolled by their claims, in the log's order.",
     "followed_by: the control record with which an operator stated the same device again. Devices "
     "that a stolen gate enrolled stay active when it is revoked: look at each.",
     NULL, 1, 1, ats_gate_run_acts},
    {"renew", "NAME", "Give a gate a new certificate before devices take the old one no more.",
     "The new certificate ends no earlier than the one before.", ats_gate_renew_flags, 1, 1,
     ats_gate_run_renew},
    {"set", "NAME", "Say whether a gate may enrol devices by their claims.",
     "Its certificate is signed anew with it, with the end that it had.", ats_gate_set_flags, 1, 1,
     ats_gate_run_set},
    {"rotate-key", "NAME", "Give a gate new keys.",
     "A new folder gets them. The gate goes on with the former ones until --overlap is over: give "
     "its "
     "broker the new folder before then, and restart it. Devices keep what they know of the gate, "
     "and "
     "what it has sealed is still taken. One rotation at a time; for stolen keys, revoke the gate.",
     ats_gate_rotate_flags, 1, 1, ats_gate_run_rotate},
    {"revoke", "NAME", "Revoke a gate for ever.", NULL, NULL, 1, 1, ats_gate_run_revoke},
    {0},
};
