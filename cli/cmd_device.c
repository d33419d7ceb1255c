/* SPDX-License-Identifier: Apache-2.0 */
/* attestream device list | show | suspend | resume | revoke | retire; the others have files of their own. */
#include "cli/cli.h"
#include "cli/device_add.h"
#include "cli/device_attributes.h"
#include "cli/device_bulk.h"
#include "cli/device_change.h"
#include "cli/device_claim.h"
#include "cli/device_enrolment.h"
#include "cli/device_import.h"
#include "cli/device_keys.h"
#include "cli/device_report.h"
#include "cli/device_rules.h"
#include "cli/device_sessions.h"
#include "cli/device_token.h"
#include "cli/output.h"
#include "common/control/body.h"

/* ---- states ---- */

struct move {
    enum ats_device_state to;
    bool already; /* it is there, and nothing is written */
};

static enum ats_status move_to(void *ctx, const char *name, struct ats_store_view *view,
                               struct ats_body_device *body, struct ats_error *err)
{
    (void)view;
    struct move *move = ctx;
    enum ats_device_state to = move->to;
    char moves[ATS_DEVICE_MOVES_SIZE];
    ats_device_state_moves(body->state, moves);
    if (body->state != to && !ats_device_state_may_follow(body->state, to))
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "device '%s' is %s and cannot become %s (allowed: %s)", name,
                             ats_device_state_name(body->state), ats_device_state_name(to), moves);
    move->already = body->state == to;
    body->state = to;
    return ATS_OK;
}

/* The same for one of many; a final state is left as it is. */
static enum ats_status move_one(void *ctx, const struct ats_named_device *device,
                                struct ats_store_view *view, struct ats_body_device *body,
                                struct ats_error *err)
{
    return move_to(ctx, device->name, view, body, err);
}

static int change_state(const struct ats_cli *cli, const struct ats_arguments *arguments,
                        const char *command, const char *done, enum ats_device_state to)
{
    struct ats_error err = {0};
    struct move move = {.to = to};
    const struct ats_device_act act = {
        .command = command, .done = done, .edit = move_one, .ctx = &move};
    if (ats_device_act_is_bulk(arguments))
        return ats_device_act_run(cli, arguments, &act);
    const char *name = arguments->positional[0];
    if (ats_device_change(cli, name, move_to, &move, &err) != ATS_OK)
        return ats_cli_fail(&err);
    ats_output_done(cli,
                    json_pack("{s:s, s:s, s:b}", "name", name, "state", ats_device_state_name(to),
                              "changed", !move.already),
                    "device '%s' is %s%s", name, ats_device_state_name(to),
                    move.already ? " already" : "");
    return ATS_EXIT_DONE;
}

static int run_suspend(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    return change_state(cli, arguments, "suspend", "suspended", ATS_DEVICE_SUSPENDED);
}

static int run_resume(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    return change_state(cli, arguments, "resume", "resumed", ATS_DEVICE_ACTIVE);
}

static int run_revoke(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    return change_state(cli, arguments, "revoke", "revoked", ATS_DEVICE_REVOKED);
}

static int run_retire(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    return change_state(cli, arguments, "retire", "retired", ATS_DEVICE_RETIRED);
}

/* ---- list and show ---- */

static json_t *row(const struct ats_control_record *record)
{
    struct ats_body_device body;
    if (ats_body_device_parse(record->body, &body) != ATS_OK)
        return NULL;
    json_t *contracts = json_array();
    for (size_t i = 0; i < body.contract_count; i++)
        (void)json_array_append_new(contracts, json_string(body.contracts[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:I}", "name", record->name, "state",
                     ats_device_state_name(body.state), "asset", body.asset, "site", body.site,
                     "contracts", contracts, "key_id", body.key_count > 0 ? body.keys[0].id : "",
                     "revision", (json_int_t)record->revision);
}

/* A table of all attributes would be too wide for people. */
static json_t *full_row(const struct ats_control_record *record)
{
    json_t *object = row(record);
    struct ats_body_device body;
    if (!object || ats_body_device_parse(record->body, &body) != ATS_OK)
        return object;
    for (const struct ats_device_attribute *at = ats_device_attributes; at->name; at++)
        (void)json_object_set_new(object, at->name,
                                  json_string(ats_device_attribute_get(&body, at)));
    (void)json_object_set_new(object, "keys", json_integer((json_int_t)body.key_count));
    return object;
}

static int run_list(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    (void)arguments;
    return ats_device_list(cli, cli->json ? full_row : row);
}

static int run_show(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    return ats_device_show(cli, arguments->positional[0]);
}

static const struct ats_flag state_flags[] = {
    ATS_DEVICE_FROM_FLAG("Many devices: one name a line, or CSV with a column 'name'; a line that "
                         "begins with # is a comment."),
    {0},
};

#define OF_MANY                                                                                    \
    "Of many devices those that are refused are told with line and reason and hold up no other; "  \
    "then, and where Ctrl-C or the policy ends it before all are done, the exit code is 1. The "   \
    "same command may be run again: a device that is so already is left as it is. With --json of " \
    "many the last object has verdict, changed, already, refused and left."

const struct ats_command ats_device_commands[] = {
    {"add", "[NAME]", "Enrol a device, or many with --from.",
     "It names the file of each private key; with --json in key_file, which is null where the key "
     "was given.",
     ats_device_add_flags, 0, 1, ats_device_add},
    {"import", "FILE", "Enrol many devices from a CSV file.",
     "Its first row names the columns: name, and any of asset, site, line, vendor, model, "
     "firmware, "
     "warranty_end, contracts (C or C@VERSION, with a semicolon between them), least_proof "
     "(signature, mac or "
     "connection) and public_key (Ed25519, in base64: "
     "32 bytes, or a PEM file's text between its first and its last line; else a pair is made in "
     "<fleet>/devices). Rows that are refused are told with line and reason and hold up no other; "
     "then the exit code is 1. Devices that are there as their rows say are left unchanged, so "
     "that "
     "the same file may be imported again. It says where the private keys are of those added, and "
     "of those of which a failure leaves "
     "unknown whether they were; with --json in key_folder, which is null where there is none of "
     "these.",
     NULL, 1, 1, ats_device_import},
    {"claim", "[NAME]", "Print a token with which a device enrols itself, or many with --csv.",
     "The token says what `device add` would say, but for the key: the device brings its own when "
     "it "
     "hands the token to a gate that may take claims (`gate add --claims`). It is good once, until "
     "its "
     "end; Kafka is not needed to make it. Whoever has it first may be that device: keep it as a "
     "password, and its end near.",
     ats_device_claim_flags, 0, 1, ats_device_claim_run},
    {"list", "", "List the devices.", NULL, NULL, 0, 0, run_list},
    {"show", "NAME", "Show a device's newest record.", NULL, NULL, 1, 1, run_show},
    {"report", "", "Count the devices, or list what ends soon.",
     "Both read the own copy. Devices that are revoked or retired are counted, but what ends of "
     "theirs "
     "is not listed.",
     ats_device_report_flags, 0, 0, ats_device_report},
    {"rules", "FOLDER...",
     "List how often each rule kept a device's events out, or warned of them.",
     "FOLDER is a gate's state folder (plugin_opt_state_folder), on its host or copied from there. "
     "A gate counts from its start on, by device, contract and rule, and writes that anew where "
     "something has changed, at most once a second.",
     ats_device_rules_flags, 1, ATS_POSITIONAL_ANY, ats_device_rules},
    {"sessions", "FOLDER...",
     "List the devices that are connected to gates, or those that are not.",
     "FOLDER is a gate's state folder (plugin_opt_state_folder), on its host or copied from there. "
     "A "
     "gate lists its sessions anew where something has changed, every 5 s and half a millisecond "
     "more "
     "for each session; seen says of when a row is.",
     ats_device_sessions_flags, 1, ATS_POSITIONAL_ANY, ats_device_sessions},
    {"set", "[NAME...]", "Change devices' attributes; an empty text takes one away.",
     "Of a file's columns an empty field leaves the attribute as it is.\n" OF_MANY,
     ats_device_set_flags, 0, ATS_POSITIONAL_ANY, ats_device_set},
    {"suspend", "[NAME...]", "Refuse its publishes until it is resumed.", OF_MANY, state_flags, 0,
     ATS_POSITIONAL_ANY, run_suspend},
    {"resume", "[NAME...]", "Take a suspended device back.", OF_MANY, state_flags, 0,
     ATS_POSITIONAL_ANY, run_resume},
    {"revoke", "[NAME...]", "Refuse it for ever.", OF_MANY, state_flags, 0, ATS_POSITIONAL_ANY,
     run_revoke},
    {"retire", "[NAME...]", "End its service, without blame.", OF_MANY, state_flags, 0,
     ATS_POSITIONAL_ANY, run_retire},
    {"add-key", "[NAME]", "Give a device a further key, which is good beside those that it has.",
     "A rotation has no gap: add the new key, let the device take it up, then retire the old one.\n"
     "TIME is a date (2027-12-31, its beginning in UTC), a time as RFC 3339 writes it, or how long "
     "from "
     "now.\n" OF_MANY,
     ats_add_key_flags, 0, 1, ats_device_add_key},
    {"retire-key", "[NAME KEY_ID]", "Refuse a device's key from now on, or from --at on.",
     "Connections that it opened are refused with it. It stays the device's: no other can have "
     "it.\n" OF_MANY,
     ats_retire_key_flags, 0, 2, ats_device_retire_key},
    {"token", "NAME", "Print a token for it, the password of any MQTT client.",
     "The token is an EdDSA JWT signed with the device's own key. What the fleet's copy of the "
     "control log knows against it is "
     "told beside it, in --json as `warnings` with the gates' own reasons and `control_records`, "
     "as of which (0: there is no copy, null: it could not be looked at). "
     "With --key and --gate the copy is looked at as it lies there, without Kafka, and is not "
     "needed.",
     ats_token_flags, 1, 1, ats_device_token},
    {0},
};
