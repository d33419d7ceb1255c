/* SPDX-License-Identifier: Apache-2.0 */
/* attestream device add | list | show | suspend | resume | revoke | retire */
#include "cli/cli.h"
#include "cli/contract_names.h"
#include "cli/device_attributes.h"
#include "cli/device_bulk.h"
#include "cli/device_change.h"
#include "cli/device_claim.h"
#include "cli/device_enrolment.h"
#include "cli/device_import.h"
#include "cli/device_keys.h"
#include "cli/device_report.h"
#include "cli/device_sessions.h"
#include "cli/device_token.h"
#include "cli/output.h"
#include "cli/publish.h"
#include "common/base/file.h"
#include "common/control/body.h"

#include <assert.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>

/* A file of as many names as one --from may hold. */
#define NAMES_FILE_MAX (ATS_CLI_BULK_MAX * (ATS_NAME_MAX + 1))

struct addition {
    struct ats_body_device body; /* what all devices of the call have in common */
    const char *public_key;
    const char *certificate;
    const char *out;
};

struct names {
    char **items;
    size_t count;
};

static void free_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

/* ---- add ---- */

static enum ats_status take_name(struct names *names, const char *name, struct ats_error *err)
{
    enum ats_status status = ats_fleet_check_name("device", name, err);
    if (status != ATS_OK)
        return status;
    if (names->count == ATS_CLI_BULK_MAX)
        return ats_error_set(err, ATS_ERR_LIMIT, "more than %d names at once", ATS_CLI_BULK_MAX);
    char **grown = realloc(names->items, (names->count + 1) * sizeof(char *));
    if (!grown)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    names->items = grown;
    grown[names->count] = strdup(name);
    return grown[names->count++] ? ATS_OK : ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* `tree` holds the names so far. */
static enum ats_status take_new_name(struct names *names, void **tree, const char *name,
                                     struct ats_error *err)
{
    enum ats_status status = take_name(names, name, err);
    if (status != ATS_OK)
        return status;
    const char *taken = names->items[names->count - 1];
    const char *const *node = tsearch(taken, tree, compare_names);
    if (!node)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    return *node == taken ? ATS_OK : ats_error_set(err, ATS_ERR_CONFIG, "'%s' stands twice", name);
}

static void keep(void *name)
{
    (void)name; /* is the list's, not the tree's */
}

/* One name a line; empty lines and lines that begin with # are passed over. */
static enum ats_status take_lines(char *rest, const char *path, struct names *names,
                                  struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    void *tree = NULL;
    for (size_t line = 1; rest && status == ATS_OK; line++) {
        char *name = strsep(&rest, "\n");
        name[strcspn(name, "\r")] = '\0';
        if (*name == '\0' || *name == '#')
            continue;
        status = take_new_name(names, &tree, name, err);
        if (status != ATS_OK)
            ats_error_prefix(err, "%s:%zu", path, line);
    }
    tdestroy(tree, keep);
    return status;
}

static enum ats_status read_names(const char *path, struct names *names, struct ats_error *err)
{
    struct ats_buf buf;
    char *text = NULL;
    ats_buf_init(&buf, NAMES_FILE_MAX);
    enum ats_status status = ats_file_read_text(path, &buf, &text, err);
    if (status == ATS_OK)
        status = take_lines(text, path, names, err);
    ats_buf_fini(&buf);
    return status;
}

static enum ats_status read_addition(const struct ats_arguments *arguments,
                                     struct addition *addition, struct ats_error *err)
{
    addition->body.state = ATS_DEVICE_ACTIVE;
    addition->public_key = ats_argument_find(arguments, "--public-key");
    addition->certificate = ats_argument_find(arguments, "--certificate");
    addition->out = ats_argument_find(arguments, "--out");
    enum ats_status status = ats_device_take_attributes(arguments, false, &addition->body, err);
    if (status == ATS_OK)
        status = ats_device_take_least_proof(arguments, false, &addition->body, err);
    return status == ATS_OK ? ats_device_take_contracts(arguments, &addition->body, err) : status;
}

/* The device's public key: the given one, or of a pair that is made here. */
static enum ats_status take_key(const struct ats_cli *cli, const struct addition *addition,
                                const char *name, struct ats_device_key *ret_key,
                                struct ats_error *err)
{
    struct ats_path path;
    struct ats_fleet_key key;
    if (addition->certificate)
        return ats_device_certificate_key(addition->certificate, ret_key, err);
    if (addition->public_key) {
        enum ats_status read = ats_cli_unusable(
            ats_public_key_read(addition->public_key, ATS_KEY_SIGNING, ret_key->key, err), err);
        ats_key_id(ret_key->key, ret_key->id);
        return read;
    }
    enum ats_status status = addition->out ? ats_path_format(&path, err, "%s", addition->out)
                                           : ats_device_key_path(cli, name, NULL, &path, err);
    if (status == ATS_OK)
        status = ats_fleet_key_open(&path, ATS_KEY_SIGNING, &key, err);
    if (status != ATS_OK)
        return status;
    status = ats_fleet_key_write(&key, err);
    memcpy(ret_key->key, key.pair.public_key, ATS_PUBLIC_KEY_SIZE);
    ats_key_id(ret_key->key, ret_key->id);
    ats_fleet_key_fini(&key);
    return status;
}

static enum ats_status draft_device(const struct ats_cli *cli, struct ats_session *session,
                                    const struct addition *addition, const char *name,
                                    struct ats_draft *draft, struct ats_error *err)
{
    struct ats_control_record record;
    struct ats_body_device body = addition->body;
    ats_draft_init(draft, ATS_CONTROL_DEVICE, name);
    if (ats_registry_find(ats_session_view(session), ATS_CONTROL_DEVICE, ats_span_text(name),
                          &record) == ATS_OK)
        return ats_error_set(err, ATS_ERR_EXISTS, "device '%s' is there already", name);
    enum ats_status status = take_key(cli, addition, name, &body.keys[0], err);
    if (status != ATS_OK)
        return status;
    body.key_count = 1;
    if (body.asset[0] == '\0')
        (void)snprintf(body.asset, sizeof(body.asset), "%s", name);
    status = ats_body_device_format(&body, &draft->body);
    return status == ATS_OK ? ATS_OK
                            : ats_error_set(err, status, "device '%s' cannot be stated: %s", name,
                                            ats_status_name(status));
}

static enum ats_status add_devices(const struct ats_cli *cli, const struct addition *addition,
                                   const struct names *names, struct ats_error *err)
{
    struct ats_session *session = NULL;
    struct ats_path folder;
    size_t drafted = 0;
    assert(names->count > 0);
    struct ats_draft *drafts = calloc(names->count, sizeof(*drafts));
    enum ats_status status = drafts ? ats_fleet_path(cli, &folder, err, "devices")
                                    : ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    if (status == ATS_OK)
        status = ats_session_open(cli, ATS_SESSION_WRITE, &session, err);
    if (status == ATS_OK)
        status = ats_file_make_folder(folder.text, 0700, err);
    for (; status == ATS_OK && drafted < names->count; drafted++)
        status = draft_device(cli, session, addition, names->items[drafted], &drafts[drafted], err);
    if (status == ATS_OK)
        status = ats_publish(session, drafts, drafted, err);
    if (status == ATS_OK)
        ats_contract_names_note_unknown(ats_session_view(session), &addition->body);
    ats_session_close(session);
    for (size_t i = 0; i < drafted; i++)
        ats_draft_fini(&drafts[i]);
    free(drafts);
    return status;
}

static enum ats_status gather_names(const struct ats_arguments *arguments, struct names *names,
                                    struct ats_error *err)
{
    const char *from = ats_argument_find(arguments, "--from");
    bool one = arguments->positional_count == 1;
    if (one == (from != NULL))
        return ats_error_set(err, ATS_ERR_CONFIG, "device add: give a NAME or --from FILE");
    bool certificate = ats_argument_has(arguments, "--certificate");
    bool own_key = ats_argument_has(arguments, "--public-key") || certificate;
    if (from && (own_key || ats_argument_has(arguments, "--out")))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "device add --from: --public-key, --certificate and --out are for one "
                             "device");
    if (certificate &&
        (ats_argument_has(arguments, "--public-key") || ats_argument_has(arguments, "--out")))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "device add: one of --public-key, --certificate and --out");
    enum ats_status status =
        one ? take_name(names, arguments->positional[0], err) : read_names(from, names, err);
    if (status == ATS_OK && names->count == 0)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s: no names", from);
    return status;
}

/* Of many: with --json an object each, for people their number. */
static void say_added(const struct ats_cli *cli, const struct names *names)
{
    for (size_t i = 0; i < names->count && (cli->json || names->count == 1); i++)
        ats_output_done(cli, json_pack("{s:s, s:s}", "verdict", "added", "name", names->items[i]),
                        "added device '%s'", names->items[i]);
    if (!cli->json && names->count > 1)
        (void)printf("added %zu devices\n", names->count);
}

static int run_add(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct addition addition = {0};
    struct names names = {0};
    struct ats_error err = {0};
    enum ats_status status = read_addition(arguments, &addition, &err);
    if (status == ATS_OK)
        status = gather_names(arguments, &names, &err);
    if (status == ATS_OK)
        status = add_devices(cli, &addition, &names, &err);
    if (status == ATS_OK)
        say_added(cli, &names);
    free_names(&names);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}

/* ---- states ---- */

static enum ats_status move_to(void *ctx, const char *name, struct ats_body_device *body,
                               struct ats_error *err)
{
    enum ats_device_state to = *(const enum ats_device_state *)ctx;
    char moves[ATS_DEVICE_MOVES_SIZE];
    ats_device_state_moves(body->state, moves);
    if (body->state != to && !ats_device_state_may_follow(body->state, to))
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "device '%s' is %s and cannot become %s (allowed: %s)", name,
                             ats_device_state_name(body->state), ats_device_state_name(to), moves);
    body->state = to;
    return ATS_OK;
}

/* The same for one of many; a final state is left as it is. */
static enum ats_status move_one(void *ctx, const struct ats_named_device *device,
                                struct ats_store_view *view, struct ats_body_device *body,
                                struct ats_error *err)
{
    (void)view;
    return move_to(ctx, device->name, body, err);
}

static int change_state(const struct ats_cli *cli, const struct ats_arguments *arguments,
                        const char *command, const char *done, enum ats_device_state to)
{
    struct ats_error err = {0};
    const struct ats_device_act act = {
        .command = command, .done = done, .edit = move_one, .ctx = &to};
    if (ats_device_act_is_bulk(arguments))
        return ats_device_act_run(cli, arguments, &act);
    const char *name = arguments->positional[0];
    if (ats_device_change(cli, name, move_to, &to, &err) != ATS_OK)
        return ats_cli_fail(&err);
    ats_output_done(cli, json_pack("{s:s, s:s}", "name", name, "state", ats_device_state_name(to)),
                    "device '%s' is %s", name, ats_device_state_name(to));
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

static const struct ats_flag add_flags[] = {
    {"--public-key", "FILE", "The device's own Ed25519 key (SPKI PEM); else a pair is made.",
     false},
    {"--certificate", "FILE",
     "Or the key of an X.509 certificate (PEM or DER), by which it proves itself in TLS.", false},
    ATS_DEVICE_ATTRIBUTE_FLAGS,
    ATS_DEVICE_LEAST_PROOF_FLAG,
    {"--contract", "C", "A contract that it may publish under; every one by default.", true},
    {"--out", "FILE", "Where its private key goes; <fleet>/devices/NAME.key.pem by default.",
     false},
    {"--from", "FILE", "Many devices, one name a line.", false},
    {0},
};

static const struct ats_flag state_flags[] = {
    ATS_DEVICE_FROM_FLAG("Many devices: one name a line, or CSV with a column 'name'."),
    {0},
};

#define OF_MANY                                                                                    \
    "Of many devices those that are refused are told with line and reason and hold up no other; "  \
    "then, and where Ctrl-C or the policy ends it before all are done, the exit code is 1. The "   \
    "same "                                                                                        \
    "command may be run again: a device that is so already is left as it is."

const struct ats_command ats_device_commands[] = {
    {"add", "[NAME]", "Enrol a device, or many with --from.", NULL, add_flags, 0, 1, run_add},
    {"import", "FILE", "Enrol many devices from a CSV file.",
     "Its first row names the columns: name, and any of asset, site, line, vendor, model, "
     "firmware, "
     "warranty_end, contracts (with a semicolon between them) and public_key (Ed25519, in base64: "
     "32 bytes, or a PEM file's text between its first and its last line; else a pair is made in "
     "<fleet>/devices). Rows that are refused are told with line and reason and hold up no other; "
     "then the exit code is 1. Devices that are there as their rows say are left unchanged, so "
     "that "
     "the same file may be imported again.",
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
     "TIME is a date (2027-12-31, its beginning in UTC) or a time as RFC 3339 writes it.\n" OF_MANY,
     ats_add_key_flags, 0, 1, ats_device_add_key},
    {"retire-key", "[NAME KEY_ID]", "Refuse a device's key from now on, or from --at on.",
     "Connections that it opened are refused with it. It stays the device's: no other can have "
     "it.\n" OF_MANY,
     ats_retire_key_flags, 0, 2, ats_device_retire_key},
    {"token", "NAME", "Print a token for it, the password of any MQTT client.",
     "The token is an EdDSA JWT signed with the device's own key.", ats_token_flags, 1, 1,
     ats_device_token},
    {0},
};
