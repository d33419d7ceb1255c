/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/device_add.h"

#include "cli/cli.h"
#include "cli/contract_names.h"
#include "cli/device_attributes.h"
#include "cli/device_bulk.h"
#include "cli/device_keys.h"
#include "cli/device_rows.h"
#include "cli/name_taken.h"
#include "cli/output.h"
#include "cli/publish.h"
#include "common/base/file.h"

#include <assert.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct ats_flag ats_device_add_flags[] = {
    {"--public-key", "FILE", "The device's own Ed25519 key (SPKI PEM); else a pair is made.",
     false},
    {"--certificate", "FILE",
     "Or the key of an X.509 certificate (PEM or DER), by which it proves itself in TLS.", false},
    ATS_DEVICE_ATTRIBUTE_FLAGS,
    ATS_DEVICE_LEAST_PROOF_FLAG,
    {"--contract", "C",
     "A contract that it may publish under, in the version that governs or in one that is named: "
     "C, "
     "or C@VERSION; every one by default.",
     true},
    {"--out", "FILE",
     "Where its private key goes; <fleet>/devices/NAME.key.pem by default. A key that is there is "
     "taken, and that is said.",
     false},
    ATS_DEVICE_FROM_FLAG(
        "Many devices: one name a line, or CSV with the column 'name' alone (`device "
        "import` takes more), a first line 'name' is its header; a line that begins with # is a "
        "comment."),
    {0},
};

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

/* A row that cannot be read ends it: nothing is enrolled of a file that is not what it was taken for. */
static enum ats_status take_row(struct names *names, void **tree, struct ats_device_rows *rows,
                                const char *path, struct ats_error *err)
{
    struct ats_named_device device;
    struct ats_error why = {0};
    enum ats_status status = ats_device_rows_next(rows, &device, &why);
    if (status == ATS_ERR_NOT_FOUND)
        return status;
    if (status == ATS_OK)
        status = take_new_name(names, tree, device.name, &why);
    else
        status = ATS_ERR_CONFIG;
    return status == ATS_OK ? ATS_OK
                            : ats_error_set(err, status, "%s:%zu: %s", path, device.line, why.text);
}

static enum ats_status read_names(const char *path, struct names *names, struct ats_error *err)
{
    static const struct ats_device_columns name_alone = {
        .alone = true, .elsewhere = "`attestream device import FILE` takes attributes"};
    struct ats_device_rows rows;
    void *tree = NULL;
    enum ats_status status = ats_device_rows_open(&rows, &name_alone, NULL, 0, path, err);
    while (status == ATS_OK)
        status = take_row(names, &tree, &rows, path, err);
    tdestroy(tree, keep);
    ats_device_rows_fini(&rows);
    return status == ATS_ERR_NOT_FOUND && err->status == ATS_OK ? ATS_OK : status;
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

/* A device that is drafted, and whether its key was made for it. */
struct drafted {
    struct ats_draft draft;
    bool made_key;
    char key_id[ATS_KEY_ID_SIZE];
};

static enum ats_status key_path(const struct ats_cli *cli, const struct addition *addition,
                                const char *name, struct ats_path *ret_path, struct ats_error *err)
{
    return addition->out ? ats_path_format(ret_path, err, "%s", addition->out)
                         : ats_device_key_path(cli, name, NULL, ret_path, err);
}

/* The device's public key: the given one, or of a pair that is made here. */
static enum ats_status take_key(const struct ats_cli *cli, const struct addition *addition,
                                const char *name, struct ats_device_key *ret_key, bool *ret_made,
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
    enum ats_status status = key_path(cli, addition, name, &path, err);
    if (status == ATS_OK)
        status = ats_fleet_key_open(&path, ATS_KEY_SIGNING, &key, err);
    if (status != ATS_OK)
        return status;
    if (!key.is_new)
        ats_cli_note("device '%s' gets the key in %s, which was there", name, path.text);
    status = ats_fleet_key_write(&key, err);
    *ret_made = key.made;
    memcpy(ret_key->key, key.pair.public_key, ATS_PUBLIC_KEY_SIZE);
    ats_key_id(ret_key->key, ret_key->id);
    ats_fleet_key_fini(&key);
    return status;
}

static enum ats_status draft_device(const struct ats_cli *cli, struct ats_session *session,
                                    const struct addition *addition, const char *name,
                                    struct drafted *drafted, struct ats_error *err)
{
    struct ats_control_record record;
    struct ats_body_device body = addition->body;
    ats_draft_init(&drafted->draft, ATS_CONTROL_DEVICE, name);
    if (ats_registry_find(ats_session_view(session), ATS_CONTROL_DEVICE, ats_span_text(name),
                          &record) == ATS_OK)
        return ats_name_taken(&record, err);
    enum ats_status status = take_key(cli, addition, name, &body.keys[0], &drafted->made_key, err);
    memcpy(drafted->key_id, body.keys[0].id, sizeof(drafted->key_id));
    if (status == ATS_OK)
        status = ats_fleet_check_key(ats_session_pins(session), body.keys[0].key, err);
    if (status != ATS_OK)
        return status;
    body.key_count = 1;
    if (body.asset[0] == '\0')
        (void)snprintf(body.asset, sizeof(body.asset), "%s", name);
    status = ats_body_device_format(&body, &drafted->draft.body);
    return status == ATS_OK ? ATS_OK
                            : ats_error_set(err, status, "device '%s' cannot be stated: %s", name,
                                            ats_status_name(status));
}

/* Of devices that the log did not take; of many it may have taken some. */
static void withdraw_keys(const struct ats_cli *cli, struct ats_session *session,
                          const struct addition *addition, const struct names *names,
                          const struct drafted *all, size_t count)
{
    struct ats_error ignored = {0};
    if (ats_session_renew(session, &ignored) != ATS_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        struct ats_path path;
        if (all[i].made_key &&
            !ats_device_has_key(ats_session_view(session), names->items[i], all[i].key_id) &&
            key_path(cli, addition, names->items[i], &path, &ignored) == ATS_OK)
            (void)unlink(path.text);
    }
}

static enum ats_status publish_drafted(struct ats_session *session, struct drafted *all,
                                       size_t count, struct ats_error *err)
{
    struct ats_draft *drafts = calloc(count + 1, sizeof(*drafts));
    if (!drafts)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++)
        drafts[i] = all[i].draft; /* borrowed */
    enum ats_status status = ats_publish(session, drafts, count, err);
    free(drafts);
    return status;
}

static enum ats_status add_in_session(const struct ats_cli *cli, struct ats_session *session,
                                      const struct addition *addition, const struct names *names,
                                      struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    size_t count = 0;
    struct drafted *all = calloc(names->count, sizeof(*all));
    if (!all)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    for (; status == ATS_OK && count < names->count; count++)
        status = draft_device(cli, session, addition, names->items[count], &all[count], err);
    if (status == ATS_OK)
        status = publish_drafted(session, all, count, err);
    if (ats_fleet_is_refusal(status) || (status != ATS_OK && cli->propose && !*cli->proposed))
        withdraw_keys(cli, session, addition, names, all, count);
    for (size_t i = 0; i < count; i++)
        ats_draft_fini(&all[i].draft);
    free(all);
    return status;
}

static enum ats_status add_devices(const struct ats_cli *cli, const struct addition *addition,
                                   const struct names *names, struct ats_error *err)
{
    struct ats_session *session = NULL;
    struct ats_path folder;
    assert(names->count > 0);
    enum ats_status status = ats_fleet_path(cli, &folder, err, "devices");
    if (status == ATS_OK)
        status = ats_session_open(cli, ATS_SESSION_WRITE, &session, err);
    if (status == ATS_OK)
        status = ats_file_make_folder(folder.text, 0700, err);
    if (status == ATS_OK)
        status = add_in_session(cli, session, addition, names, err);
    if (status == ATS_OK)
        ats_contract_names_note_unknown(ats_session_view(session), &addition->body);
    ats_session_close(session);
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

static void say_one(const struct ats_cli *cli, const struct addition *addition, const char *name)
{
    struct ats_path path = {""};
    struct ats_error ignored = {0};
    bool elsewhere = addition->public_key || addition->certificate;
    if (!elsewhere)
        (void)key_path(cli, addition, name, &path, &ignored);
    ats_output_done(cli,
                    json_pack("{s:s, s:s, s:o?}", "verdict", "added", "name", name, "key_file",
                              elsewhere ? NULL : ats_output_text(path.text)),
                    "added device '%s'%s%s", name, elsewhere ? "" : ", its private key is in ",
                    path.text);
}

/* Of many: with --json an object each, for people their number; a proposal is one. */
static void say_added(const struct ats_cli *cli, const struct addition *addition,
                      const struct names *names)
{
    if (names->count == 1 || (cli->json && !*cli->proposed))
        for (size_t i = 0; i < names->count; i++)
            say_one(cli, addition, names->items[i]);
    else
        ats_output_done(cli, NULL, "added %zu devices, their private keys are in %s/devices",
                        names->count, cli->fleet);
}

int ats_device_add(const struct ats_cli *cli, const struct ats_arguments *arguments)
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
        say_added(cli, &addition, &names);
    free_names(&names);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}
