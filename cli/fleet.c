/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/fleet.h"

#include "cli/cli.h"
#include "common/base/file.h"

#include <jansson.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLEET_FILE "fleet.json"

enum ats_status ats_path_format(struct ats_path *ret_path, struct ats_error *err,
                                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(ret_path->text, sizeof(ret_path->text), format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof(ret_path->text))
        return ats_error_set(err, ATS_ERR_LIMIT, "path too long: %.200s...", ret_path->text);
    return ATS_OK;
}

enum ats_status ats_fleet_path(const struct ats_cli *cli, struct ats_path *ret_path,
                               struct ats_error *err, const char *format, ...)
{
    struct ats_path below;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(below.text, sizeof(below.text), format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof(below.text))
        return ats_error_set(err, ATS_ERR_LIMIT, "path too long: %.200s...", below.text);
    return ats_path_format(ret_path, err, "%s/%s", cli->fleet, below.text);
}

static bool has(const struct ats_cli *cli, const char *name)
{
    struct ats_path path;
    return ats_fleet_path(cli, &path, NULL, "%s", name) == ATS_OK && access(path.text, F_OK) == 0;
}

enum ats_status ats_fleet_check_folder(const struct ats_cli *cli, struct ats_error *err)
{
    bool gate = has(cli, "gate.json");
    if ((!gate && !has(cli, "processor.json")) || has(cli, "operators"))
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG, "'%s' is a %s's folder, not a fleet", cli->fleet,
                         gate ? "gate" : "processor");
}

enum ats_status ats_fleet_pins(const struct ats_cli *cli, struct ats_registry_pins *ret_pins,
                               struct ats_error *err)
{
    enum ats_status status = ats_fleet_check_folder(cli, err);
    if (status == ATS_OK)
        status = ats_cli_check_prefix(cli, err);
    if (status == ATS_OK)
        status = ats_registry_pins_read(cli->fleet, ret_pins, err);
    bool has_root = has(cli, "root.pub.pem");
    if (status == ATS_ERR_NOT_FOUND && has_root != has(cli, "successor.pub.pem"))
        return ats_error_set(err, ATS_ERR_CONFIG, "'%s' has no %s", cli->fleet,
                             has_root ? "successor.pub.pem" : "root.pub.pem");
    if (status == ATS_ERR_NOT_FOUND)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "there is no fleet in '%s' (`attestream init` makes one; --fleet or "
                             "$ATS_FLEET says where it is)",
                             cli->fleet);
    return status;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

void ats_fleet_escape(const char *name, char ret_text[ATS_ESCAPED_NAME_SIZE])
{
    bool dots_alone = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
    size_t used = 0;
    for (; *name && used + 4 <= ATS_ESCAPED_NAME_SIZE; name++) {
        if (is_plain(*name) && !dots_alone)
            ret_text[used++] = *name;
        else
            used += (size_t)snprintf(ret_text + used, 4, "%%%02X", (unsigned)(unsigned char)*name);
    }
    ret_text[used] = '\0';
}

enum ats_status ats_fleet_check_name(const char *what, const char *name, struct ats_error *err)
{
    if (ats_control_name_valid(ats_span_text(name)))
        return ATS_OK;
    return ats_error_set(
        err, ATS_ERR_CONFIG,
        "'%.64s' cannot name %s %s (allowed: 1 to %d bytes of UTF-8 without control "
        "characters, marks of direction, characters that are not seen and / + # \" \\, nor a space "
        "at either end; no space but the usual one)",
        name, strchr("aeiou", what[0]) ? "an" : "a", what, ATS_NAME_MAX);
}

enum ats_status ats_fleet_key_open(const struct ats_path *path, enum ats_key_kind kind,
                                   struct ats_fleet_key *ret_key, struct ats_error *err)
{
    *ret_key = (struct ats_fleet_key){.path = *path};
    if (access(path->text, F_OK) == 0)
        return ats_cli_unusable(ats_key_pair_read(path->text, kind, &ret_key->pair, err), err);
    ats_key_pair_generate(&ret_key->pair, kind);
    ret_key->is_new = true;
    return ATS_OK;
}

enum ats_status ats_fleet_key_write(struct ats_fleet_key *key, struct ats_error *err)
{
    if (!key->is_new)
        return ATS_OK;
    enum ats_status status = ats_key_pair_write(&key->pair, key->path.text, err);
    key->is_new = status != ATS_OK;
    key->made = status == ATS_OK;
    return status;
}

bool ats_fleet_is_refusal(enum ats_status status)
{
    return status == ATS_ERR_REFUSED || status == ATS_ERR_EXISTS || status == ATS_ERR_CONFIG;
}

void ats_fleet_key_withdraw(struct ats_fleet_key *key, enum ats_status status)
{
    if (key->made && ats_fleet_is_refusal(status))
        (void)unlink(key->path.text);
    key->made = false;
}

enum ats_status ats_fleet_check_key(const struct ats_registry_pins *pins,
                                    const uint8_t key[ATS_PUBLIC_KEY_SIZE], struct ats_error *err)
{
    if (memcmp(key, pins->root, ATS_PUBLIC_KEY_SIZE) != 0 &&
        memcmp(key, pins->successor, ATS_PUBLIC_KEY_SIZE) != 0)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_REFUSED,
                         "that is the key of the fleet's root or successor, which stays offline: "
                         "give it a key of its own");
}

void ats_fleet_key_fini(struct ats_fleet_key *key)
{
    ats_key_pair_fini(&key->pair);
}

void ats_fleet_id_text(const struct ats_registry_pins *pins,
                       char ret_text[2 * ATS_FLEET_ID_SIZE + 1])
{
    uint8_t id[ATS_FLEET_ID_SIZE];
    ats_registry_fleet_id(pins, id);
    (void)sodium_bin2hex(ret_text, 2 * ATS_FLEET_ID_SIZE + 1, id, sizeof(id));
}

/* A pin that is there already must be the same. */
static enum ats_status write_pin(const char *folder, const char *name,
                                 const uint8_t key[ATS_PUBLIC_KEY_SIZE], struct ats_error *err)
{
    struct ats_path path;
    uint8_t present[ATS_PUBLIC_KEY_SIZE];
    enum ats_status status = ats_path_format(&path, err, "%s/%s", folder, name);
    if (status != ATS_OK)
        return status;
    if (access(path.text, F_OK) != 0)
        return ats_public_key_write(key, ATS_KEY_SIGNING, path.text, err);
    status = ats_public_key_read(path.text, ATS_KEY_SIGNING, present, err);
    if (status == ATS_OK && memcmp(present, key, sizeof(present)) != 0)
        return ats_error_set(err, ATS_ERR_EXISTS, "%s belongs to another fleet", path.text);
    return status;
}

static enum ats_status write_json(const struct ats_path *path, json_t *object,
                                  struct ats_error *err)
{
    char *text = json_dumps(object, JSON_INDENT(2));
    json_decref(object);
    if (!text)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    size_t len = strlen(text);
    text[len] = '\n'; /* in place of the NUL: the length is what counts */
    enum ats_status status = ats_file_write(path->text, ats_span_of(text, len + 1), 0644, err);
    free(text);
    return status;
}

enum ats_status ats_fleet_prefix_write(const struct ats_cli *cli, struct ats_error *err)
{
    struct ats_path path;
    enum ats_status status = ats_fleet_path(cli, &path, err, FLEET_FILE);
    if (status != ATS_OK)
        return status;
    return write_json(&path, json_pack("{s:s}", "topic_prefix", cli->kafka.topic_prefix), err);
}

enum ats_status ats_fleet_prefix_read(const struct ats_cli *cli, struct ats_path *ret_file,
                                      char **ret_prefix, struct ats_error *err)
{
    json_error_t why;
    *ret_prefix = NULL;
    enum ats_status status = ats_fleet_path(cli, ret_file, err, FLEET_FILE);
    if (status != ATS_OK || access(ret_file->text, F_OK) != 0)
        return status;
    json_t *object = json_load_file(ret_file->text, JSON_REJECT_DUPLICATES, &why);
    const char *prefix = json_string_value(json_object_get(object, "topic_prefix"));
    if (!object)
        status = ats_error_set(err, ATS_ERR_CONFIG, "%s: line %d: %s", ret_file->text, why.line,
                               why.text);
    else if (!prefix)
        status = ats_error_set(err, ATS_ERR_CONFIG, "%s: 'topic_prefix' is missing, or no text",
                               ret_file->text);
    else if (ats_kafka_prefix_check(prefix, err) != ATS_OK) {
        ats_error_prefix(err, "%s: 'topic_prefix'", ret_file->text);
        status = ATS_ERR_CONFIG;
    } else if (!(*ret_prefix = strdup(prefix)))
        status = ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    json_decref(object);
    return status;
}

static json_t *identity_of(const struct ats_identity *identity)
{
    char fleet[2 * ATS_FLEET_ID_SIZE + 1];
    ats_fleet_id_text(identity->pins, fleet);
    json_t *object = json_pack("{s:s, s:s, s:s}", "name", identity->name, "fleet", fleet,
                               "topic_prefix", identity->topic_prefix);
    if (identity->group)
        (void)json_object_set_new(object, "group", json_string(identity->group));
    return object;
}

enum ats_status ats_fleet_identity_check(const char *folder, const struct ats_identity *identity,
                                         struct ats_error *err)
{
    struct ats_path path;
    enum ats_status status = ats_path_format(&path, err, "%s/operators", folder);
    if (status == ATS_OK && access(path.text, F_OK) == 0)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "%s is a fleet's folder, whose keys go nowhere else: give another one "
                             "with --out",
                             folder);
    if (status == ATS_OK)
        status = ats_path_format(&path, err, "%s/%s", folder, identity->file);
    if (status != ATS_OK || access(path.text, F_OK) != 0)
        return status;
    json_t *wanted = identity_of(identity);
    json_t *present = json_load_file(path.text, JSON_REJECT_DUPLICATES, NULL);
    const char *name = json_string_value(json_object_get(present, "name"));
    if (!json_equal(wanted, present))
        status = ats_error_set(err, ATS_ERR_EXISTS,
                               "%s is that of '%.128s', with another name, group, fleet or topic "
                               "prefix: give another folder with --out",
                               path.text, name ? name : "?");
    json_decref(wanted);
    json_decref(present);
    return status;
}

enum ats_status ats_fleet_identity_write(const char *folder, const struct ats_identity *identity,
                                         struct ats_error *err)
{
    struct ats_path path;
    enum ats_status status = write_pin(folder, "root.pub.pem", identity->pins->root, err);
    if (status == ATS_OK)
        status = write_pin(folder, "successor.pub.pem", identity->pins->successor, err);
    if (status == ATS_OK)
        status = ats_path_format(&path, err, "%s/%s", folder, identity->file);
    return status == ATS_OK ? write_json(&path, identity_of(identity), err) : status;
}
