/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/device_keys.h"

#include "cli/argument_time.h"
#include "cli/cli.h"
#include "cli/device_bulk.h"
#include "cli/device_change.h"
#include "cli/device_enrolment.h"
#include "cli/device_row.h"
#include "cli/output.h"
#include "cli/record_json.h"
#include "cli/session.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/identity/x509.h"

#include <stdio.h>

const struct ats_flag ats_add_key_flags[] = {
    {"--public-key", "FILE", "The device's own Ed25519 key (SPKI PEM); else a pair is made.",
     false},
    {"--certificate", "FILE",
     "Or the key of an X.509 certificate (PEM or DER), by which it proves itself in TLS.", false},
    {"--out", "FILE", "Where its private key goes; <fleet>/devices/NAME@KEY_ID.key.pem by default.",
     false},
    {"--not-before", "TIME", "From when on it is good; at once by default. " ATS_TIME_FORMS, false},
    {"--not-after", "TIME", "From when on it is no longer good; never by default. " ATS_TIME_FORMS,
     false},
    ATS_DEVICE_FROM_FLAG("Many devices: CSV with the columns 'name' and 'public_key' (base64, as "
                         "`device import` takes it); a line that begins with # is a comment."),
    {0},
};

const struct ats_flag ats_retire_key_flags[] = {
    {"--at", "TIME", "Then, instead of at once. " ATS_TIME_FORMS, false},
    ATS_DEVICE_FROM_FLAG("Many keys: CSV with the columns 'name' and 'key_id'; a line that begins "
                         "with # is a comment."),
    {0},
};

enum ats_status ats_device_key_path(const struct ats_cli *cli, const char *device,
                                    const char *key_id, struct ats_path *ret_path,
                                    struct ats_error *err)
{
    char escaped[ATS_ESCAPED_NAME_SIZE];
    ats_fleet_escape(device, escaped);
    if (!key_id)
        return ats_fleet_path(cli, ret_path, err, "devices/%s.key.pem", escaped);
    if (strlen(key_id) != ATS_KEY_ID_SIZE - 1 ||
        strspn(key_id, "0123456789abcdef") != ATS_KEY_ID_SIZE - 1)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "'%.*s' is no key id (16 hexadecimal digits in lower case)",
                             ATS_QUOTE_MAX, key_id);
    /* No escaped name has an @, so this is no other device's file. */
    return ats_fleet_path(cli, ret_path, err, "devices/%s@%s.key.pem", escaped, key_id);
}

enum ats_status ats_device_certificate_key(const char *path, struct ats_device_key *ret_key,
                                           struct ats_error *err)
{
    struct ats_x509 x509;
    enum ats_status status = ats_cli_unusable(ats_x509_read(path, &x509, err), err);
    if (status != ATS_OK)
        return status;
    ret_key->is_spki = true;
    memcpy(ret_key->key, x509.spki, sizeof(ret_key->key));
    ats_spki_id(x509.spki, ret_key->id);
    return ATS_OK;
}

bool ats_device_has_key(struct ats_store_view *view, const char *device, const char *key_id)
{
    struct ats_control_record known;
    struct ats_body_device body;
    enum ats_status status =
        ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text(device), &known);
    if (status != ATS_OK)
        return status != ATS_ERR_NOT_FOUND;
    bool found = ats_body_device_parse(known.body, &body) != ATS_OK;
    for (size_t i = 0; !found && i < body.key_count; i++)
        found = strcmp(body.keys[i].id, key_id) == 0;
    return found;
}

static struct ats_device_key *find_key(struct ats_body_device *body, const char *key_id)
{
    for (size_t i = 0; i < body->key_count; i++)
        if (strcmp(body->keys[i].id, key_id) == 0)
            return &body->keys[i];
    return NULL;
}

/* ---- add-key ---- */

struct new_key {
    const struct ats_cli *cli;
    const char *public_key;  /* a file, or NULL: made here */
    const char *certificate; /* a file, instead */
    const char *out;
    struct ats_device_key key;
    bool already; /* the device has it so */
    struct ats_registry_pins pins;
    struct ats_fleet_key pair; /* where it was made here */
};

/* A pair in the file of --out, or under its own id. */
static enum ats_status make_pair(struct new_key *new_key, const char *name, struct ats_error *err)
{
    struct ats_fleet_key *pair = &new_key->pair;
    struct ats_path path;
    enum ats_status status;
    if (new_key->out) {
        status = ats_path_format(&path, err, "%s", new_key->out);
        if (status == ATS_OK)
            status = ats_fleet_key_open(&path, ATS_KEY_SIGNING, pair, err);
        if (status == ATS_OK && !pair->is_new)
            ats_cli_note("the key in %s is taken, which was there", path.text);
    } else {
        char id[ATS_KEY_ID_SIZE];
        ats_key_pair_generate(&pair->pair, ATS_KEY_SIGNING);
        pair->is_new = true;
        ats_key_id(pair->pair.public_key, id);
        status = ats_device_key_path(new_key->cli, name, id, &pair->path, err);
    }
    if (status == ATS_OK)
        status = ats_fleet_key_write(pair, err);
    memcpy(new_key->key.key, pair->pair.public_key, ATS_PUBLIC_KEY_SIZE);
    return status;
}

static enum ats_status take_key(struct new_key *new_key, const char *name, struct ats_error *err)
{
    struct ats_path folder;
    enum ats_status status = ATS_OK;
    if (new_key->certificate)
        return ats_device_certificate_key(new_key->certificate, &new_key->key, err);
    if (new_key->public_key) {
        status = ats_cli_unusable(
            ats_public_key_read(new_key->public_key, ATS_KEY_SIGNING, new_key->key.key, err), err);
    } else {
        status = ats_fleet_path(new_key->cli, &folder, err, "devices");
        if (status == ATS_OK)
            status = ats_file_make_folder(folder.text, 0700, err);
        if (status == ATS_OK)
            status = make_pair(new_key, name, err);
    }
    ats_key_id(new_key->key.key, new_key->key.id);
    return status;
}

static enum ats_status check_room(const char *name, const struct ats_body_device *body,
                                  struct ats_error *err)
{
    enum ats_status status = ats_device_check_changes(name, body, err);
    if (status == ATS_OK && body->key_count == ATS_DEVICE_KEYS_MAX)
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "device '%s' has %d keys, no more are allowed: "
                             "`attestream device retire-key` ends one",
                             name, ATS_DEVICE_KEYS_MAX);
    return status;
}

/* A key that was made for it and is refused is withdrawn by the caller. */
static enum ats_status add_key(void *ctx, const char *name, struct ats_store_view *view,
                               struct ats_body_device *body, struct ats_error *err)
{
    struct new_key *new_key = ctx;
    (void)view;
    enum ats_status status = take_key(new_key, name, err);
    if (status != ATS_OK)
        return status;
    const struct ats_device_key *key = &new_key->key;
    const struct ats_device_key *known = find_key(body, key->id);
    new_key->already = known && known->not_before_ms == key->not_before_ms &&
                       known->not_after_ms == key->not_after_ms;
    if (new_key->already)
        return ATS_OK;
    if (known)
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "device '%s' has key %s already, with other times", name, key->id);
    status = check_room(name, body, err);
    if (status == ATS_OK)
        status = ats_fleet_check_key(&new_key->pins, key->key, err);
    if (status == ATS_OK)
        body->keys[body->key_count++] = *key;
    return status;
}

static const struct ats_device_columns add_columns = {.names = {"public_key"}, .needed = 1};

/* One of many: its row has the key, the flags from when until when it is good. */
static enum ats_status add_one_key(void *ctx, const struct ats_named_device *device,
                                   struct ats_store_view *view, struct ats_body_device *body,
                                   struct ats_error *err)
{
    const struct new_key *new_key = ctx;
    struct ats_device_key key = new_key->key;
    (void)view;
    enum ats_status status = ats_device_public_key_parse(device->fields[0], &key, err);
    if (status == ATS_OK && find_key(body, key.id))
        return ATS_ERR_EXISTS;
    if (status == ATS_OK)
        status = ats_fleet_check_key(&new_key->pins, key.key, err);
    if (status == ATS_OK)
        status = check_room(device->name, body, err);
    if (status == ATS_OK)
        body->keys[body->key_count++] = key;
    return status;
}

static int add_many_keys(const struct ats_cli *cli, const struct ats_arguments *arguments,
                         struct new_key *new_key)
{
    const struct ats_device_act act = {.command = "add-key",
                                       .done = "added a key to",
                                       .verdict = "added",
                                       .to = "get a key",
                                       .columns = add_columns,
                                       .edit = add_one_key,
                                       .ctx = new_key};
    return ats_device_act_run(cli, arguments, &act);
}

static enum ats_status check_own_key(const struct ats_arguments *arguments,
                                     const struct new_key *new_key, struct ats_error *err)
{
    int given =
        (new_key->public_key != NULL) + (new_key->certificate != NULL) + (new_key->out != NULL);
    if (given > 1)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "device add-key: one of --public-key, --certificate and --out");
    if (given > 0 && ats_argument_has(arguments, "--from"))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "device add-key --from: --public-key, --certificate and --out are for "
                             "one device");
    return ATS_OK;
}

int ats_device_add_key(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct new_key new_key = {.cli = cli,
                              .public_key = ats_argument_find(arguments, "--public-key"),
                              .certificate = ats_argument_find(arguments, "--certificate"),
                              .out = ats_argument_find(arguments, "--out")};
    struct ats_error err = {0};
    enum ats_status status = check_own_key(arguments, &new_key, &err);
    if (status == ATS_OK)
        status = ats_argument_time(arguments, "--not-before", &new_key.key.not_before_ms, &err);
    if (status == ATS_OK)
        status = ats_argument_time(arguments, "--not-after", &new_key.key.not_after_ms, &err);
    if (status == ATS_OK && new_key.key.not_after_ms != 0 &&
        new_key.key.not_after_ms <= new_key.key.not_before_ms)
        status = ats_error_set(&err, ATS_ERR_CONFIG, "--not-after is not after --not-before");
    if (status == ATS_OK && new_key.key.not_after_ms != 0 &&
        new_key.key.not_after_ms <= ats_clock_wall_ms(&ats_clock_system))
        status = ats_error_set(&err, ATS_ERR_CONFIG,
                               "--not-after is past: such a key would never be good");
    if (status == ATS_OK)
        status = ats_fleet_pins(cli, &new_key.pins, &err);
    if (status == ATS_OK && ats_device_act_is_bulk(arguments))
        return add_many_keys(cli, arguments, &new_key);
    if (status == ATS_OK)
        status = ats_device_change(cli, arguments->positional[0], add_key, &new_key, &err);
    ats_fleet_key_withdraw(&new_key.pair, status);
    ats_fleet_key_fini(&new_key.pair);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    const char *name = arguments->positional[0];
    const char *file = new_key.pair.path.text; /* "" where no pair was made */
    ats_output_done(cli,
                    json_pack("{s:s, s:s, s:s, s:o?}", "verdict",
                              new_key.already ? "already" : "added", "name", name, "key_id",
                              new_key.key.id, "key_file", file[0] ? ats_output_text(file) : NULL),
                    new_key.already ? "key %s is device '%s's already%s%s"
                                    : "added key %s to device '%s'%s%s",
                    new_key.key.id, name, file[0] ? ", its private half is in " : "", file);
    return ATS_EXIT_DONE;
}

/* ---- retire-key ---- */

struct retirement {
    const char *key_id;
    int64_t at_ms;    /* 0: at once */
    bool already;     /* it is so, and nothing is written */
    bool leaves_none; /* no other key is good when this one ends */
    size_t without;   /* so many devices have none, of many */
};

static bool has_valid_key(const struct ats_body_device *body, const char *but, int64_t at_ms)
{
    for (size_t i = 0; i < body->key_count; i++)
        if (strcmp(body->keys[i].id, but) != 0 && ats_device_key_is_valid(&body->keys[i], at_ms))
            return true;
    return false;
}

/* A key that the record has no more, but once had, is retired already; so is one that ends then. */
static bool is_retired(const struct retirement *retirement, const char *name,
                       struct ats_store_view *view, struct ats_body_device *body)
{
    struct ats_span owner;
    const struct ats_device_key *key = find_key(body, retirement->key_id);
    if (key)
        return retirement->at_ms != 0 && key->not_after_ms == retirement->at_ms;
    return ats_registry_key_device(view, retirement->key_id, &owner) == ATS_OK &&
           ats_span_is(owner, name);
}

static enum ats_status retire_key(void *ctx, const char *name, struct ats_store_view *view,
                                  struct ats_body_device *body, struct ats_error *err)
{
    struct retirement *retirement = ctx;
    retirement->already = is_retired(retirement, name, view, body);
    if (retirement->already)
        return ATS_OK;
    enum ats_status status = ats_device_check_changes(name, body, err);
    if (status != ATS_OK)
        return status;
    struct ats_device_key *key = find_key(body, retirement->key_id);
    int64_t now_ms = ats_clock_wall_ms(&ats_clock_system);
    if (!key)
        return ats_error_set(err, ATS_ERR_REFUSED, "device '%s' has no key %.*s", name,
                             ATS_QUOTE_MAX, retirement->key_id);
    retirement->leaves_none = !has_valid_key(body, retirement->key_id,
                                             retirement->at_ms > 0 ? retirement->at_ms : now_ms);
    if (retirement->at_ms > 0) {
        if (retirement->at_ms <= key->not_before_ms)
            return ats_error_set(err, ATS_ERR_REFUSED, "key %s is not good before then anyway",
                                 key->id);
        if (key->not_after_ms != 0 && retirement->at_ms >= key->not_after_ms)
            return ats_error_set(err, ATS_ERR_REFUSED, "key %s ends before then already", key->id);
        key->not_after_ms = retirement->at_ms;
        return ATS_OK;
    }
    if (body->key_count == 1)
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "it is the only key of device '%s': add another one first, or "
                             "suspend, revoke or retire the device",
                             name);
    size_t behind = (size_t)(&body->keys[body->key_count] - (key + 1));
    memmove(key, key + 1, behind * sizeof(*key));
    body->key_count--;
    return ATS_OK;
}

static const struct ats_device_columns retire_columns = {.names = {"key_id"}, .needed = 1};

static enum ats_status retire_one_key(void *ctx, const struct ats_named_device *device,
                                      struct ats_store_view *view, struct ats_body_device *body,
                                      struct ats_error *err)
{
    struct retirement *retirement = ctx;
    retirement->key_id = device->fields[0];
    enum ats_status status = retire_key(ctx, device->name, view, body, err);
    if (status == ATS_OK && retirement->already)
        return ATS_ERR_EXISTS;
    retirement->without += status == ATS_OK && retirement->leaves_none;
    return status;
}

static int retire_many_keys(const struct ats_cli *cli, const struct ats_arguments *arguments,
                            struct retirement *retirement)
{
    const struct ats_device_act act = {.command = "retire-key",
                                       .done = "retired a key of",
                                       .verdict = "retired",
                                       .to = "lose a key",
                                       .columns = retire_columns,
                                       .edit = retire_one_key,
                                       .ctx = retirement};
    int code = ats_device_act_run(cli, arguments, &act);
    if (retirement->without > 0)
        ats_cli_note("%zu %s no other key that is good then", retirement->without,
                     ats_output_word(retirement->without, "device has", "devices have"));
    return code;
}

int ats_device_retire_key(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct retirement retirement = {0};
    struct ats_error err = {0};
    char at[ATS_RFC3339_SIZE];
    enum ats_status status = ats_argument_time(arguments, "--at", &retirement.at_ms, &err);
    bool many = ats_argument_has(arguments, "--from");
    if (status == ATS_OK && arguments->positional_count != (many ? 0 : 2))
        status = ats_error_set(&err, ATS_ERR_CONFIG,
                               "device retire-key: give NAME and KEY_ID, or --from FILE");
    if (status == ATS_OK && many)
        return retire_many_keys(cli, arguments, &retirement);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    const char *name = arguments->positional[0];
    retirement.key_id = arguments->positional[1];
    if (status == ATS_OK)
        status = ats_device_change(cli, name, retire_key, &retirement, &err);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    if (retirement.already) {
        ats_output_done(cli,
                        json_pack("{s:s, s:s, s:s}", "verdict", "already", "name", name, "key_id",
                                  retirement.key_id),
                        "key %s of device '%s' is retired already", retirement.key_id, name);
        return ATS_EXIT_DONE;
    }
    if (retirement.leaves_none)
        ats_cli_note("device '%s' has no other key that is good then", name);
    ats_clock_format_rfc3339(
        retirement.at_ms > 0 ? retirement.at_ms : ats_clock_wall_ms(&ats_clock_system), at);
    ats_output_done(cli,
                    json_pack("{s:s, s:s, s:s, s:s}", "verdict", "retired", "name", name, "key_id",
                              retirement.key_id, "at", at),
                    "key %s of device '%s' is retired%s%s", retirement.key_id, name,
                    retirement.at_ms > 0 ? " from " : "", retirement.at_ms > 0 ? at : "");
    return ATS_EXIT_DONE;
}

/* ---- show ---- */

static void show_time(json_t *key, const char *member)
{
    char text[ATS_RFC3339_SIZE];
    json_t *value = json_object_get(key, member);
    if (!json_is_integer(value))
        return;
    ats_clock_format_rfc3339(json_integer_value(value), text);
    (void)json_object_set_new(key, member, json_string(text));
}

static json_t *device_json(const struct ats_control_record *record)
{
    json_t *object = ats_record_json(record);
    struct ats_body_device body;
    size_t i;
    json_t *key;
    if (ats_body_device_parse(record->body, &body) != ATS_OK)
        return object;
    json_array_foreach(json_object_get(object, "keys"), i, key)
    {
        bool valid = ats_device_key_is_valid(&body.keys[i], ats_clock_wall_ms(&ats_clock_system));
        show_time(key, "not_before");
        show_time(key, "not_after");
        (void)json_object_set_new(key, "valid", json_boolean(valid));
    }
    return object;
}

static void show(const struct ats_cli *cli, struct ats_session *session,
                 const struct ats_control_record *record)
{
    json_t *object = device_json(record);
    /* What the bytes of a claim say is shown, not they. */
    (void)json_object_del(object, "claim");
    (void)json_object_set_new(object, "enrolled",
                              ats_device_enrolment_json(ats_session_view(session), record->name));
    ats_output_object(cli, object);
}

int ats_device_show(const struct ats_cli *cli, const char *name)
{
    struct ats_session *session = NULL;
    struct ats_error err = {0};
    struct ats_control_record record;
    enum ats_status status = ats_session_open(cli, ATS_SESSION_READ, &session, &err);
    if (status == ATS_OK)
        status = ats_session_find(session, ATS_CONTROL_DEVICE, name, &record, &err);
    if (status == ATS_OK)
        show(cli, session, &record);
    ats_session_close(session);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}
