/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/signer.h"

#include "cli/cli.h"
#include "common/base/clock.h"
#include "common/control/body.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_SUFFIX ".key.pem"
/* Names in a sentence, in bytes; more of them are dots. */
#define NAMES_SIZE 200
/* The same, of those who may be meant by another name. */
#define NAMES_COUNT 8

/* The keys of the folder, by their files' names. */
struct keys {
    size_t count;
    size_t good_count;
    char last[ATS_NAME_MAX + 1];
    char last_good[ATS_NAME_MAX + 1];
    char good[NAMES_SIZE]; /* "ann, ben" */
    char bad[NAMES_SIZE];  /* "cid (revoked), dan (ended)" */
};

static int hex_digit(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at ? (int)(at - digits) : -1;
}

/* The name behind "ESCAPED.key.pem"; false for another file. */
static bool unescape_key_file(const char *file, char ret_name[ATS_NAME_MAX + 1])
{
    size_t len = strlen(file);
    size_t used = 0;
    if (len <= strlen(KEY_SUFFIX) || strcmp(file + len - strlen(KEY_SUFFIX), KEY_SUFFIX) != 0)
        return false;
    const char *end = file + len - strlen(KEY_SUFFIX);
    while (file < end && used < ATS_NAME_MAX) {
        int high = *file == '%' ? hex_digit(file[1]) : -1;
        int low = high >= 0 ? hex_digit(file[2]) : -1;
        ret_name[used++] = low >= 0 ? (char)(high * 16 + low) : *file;
        file += low >= 0 ? 3 : 1;
    }
    ret_name[used] = '\0';
    return file == end;
}

static enum ats_status key_path(const struct ats_cli *cli, const char *name,
                                struct ats_path *ret_path, struct ats_error *err)
{
    char escaped[ATS_ESCAPED_NAME_SIZE];
    ats_fleet_escape(name, escaped);
    return ats_fleet_path(cli, ret_path, err, "operators/%s" KEY_SUFFIX, escaped);
}

/* What cannot be looked at is there: opening it says why. */
static bool has_key(const struct ats_cli *cli, const char *name)
{
    struct ats_path path;
    struct ats_error ignored = {0};
    return key_path(cli, name, &path, &ignored) != ATS_OK || access(path.text, F_OK) == 0 ||
           errno != ENOENT;
}

static enum ats_status open_pair(const struct ats_cli *cli, const char *name,
                                 struct ats_key_pair *ret_pair, struct ats_error *err)
{
    struct ats_path path;
    enum ats_status status = key_path(cli, name, &path, err);
    if (status != ATS_OK)
        return status;
    return ats_cli_unusable(ats_key_pair_read(path.text, ATS_KEY_SIGNING, ret_pair, err), err);
}

/* A file that cannot be read may be the very one that is meant: it is not passed over for another. */
static bool is_another_key(const struct ats_cli *cli, const char *name,
                           const struct ats_body_operator *body)
{
    struct ats_key_pair pair;
    struct ats_error ignored = {0};
    if (open_pair(cli, name, &pair, &ignored) != ATS_OK)
        return false;
    bool differs = memcmp(pair.public_key, body->key, sizeof(body->key)) != 0;
    ats_key_pair_fini(&pair);
    return differs;
}

/* Why the operator's key in the folder signs nothing, or NULL. */
static const char *why_not(const struct ats_cli *cli, struct ats_store_view *view, const char *name)
{
    struct ats_control_record record;
    struct ats_body_operator body;
    if (ats_registry_find(view, ATS_CONTROL_OPERATOR, ats_span_text(name), &record) != ATS_OK ||
        ats_body_operator_parse(record.body, &body) != ATS_OK)
        return "not stated";
    if (body.revoked)
        return "revoked";
    if (body.not_after_ms != 0 && body.not_after_ms <= ats_clock_wall_ms(&ats_clock_system))
        return "ended";
    return is_another_key(cli, name, &body) ? "has another key" : NULL;
}

static void add_name(char names[NAMES_SIZE], const char *name, const char *why)
{
    static const char more[] = ", ...";
    char text[ATS_NAME_MAX + 64];
    size_t used = strlen(names);
    int len = snprintf(text, sizeof(text), "%s%s%s%s%s", used > 0 ? ", " : "", name,
                       why ? " (" : "", why ? why : "", why ? ")" : "");
    if (used >= sizeof(more) && strcmp(names + used + 1 - sizeof(more), more) == 0)
        return;
    bool fits = used + (size_t)len + sizeof(more) <= NAMES_SIZE;
    (void)snprintf(names + used, NAMES_SIZE - used, "%s", fits ? text : more);
}

static void take_key(const struct ats_cli *cli, struct ats_store_view *view, const char *name,
                     struct keys *keys)
{
    const char *why = why_not(cli, view, name);
    keys->count++;
    (void)snprintf(keys->last, sizeof(keys->last), "%s", name);
    add_name(why ? keys->bad : keys->good, name, why);
    if (why)
        return;
    keys->good_count++;
    (void)snprintf(keys->last_good, sizeof(keys->last_good), "%s", name);
}

static enum ats_status find_keys(const struct ats_cli *cli, struct ats_store_view *view,
                                 const char *folder, struct keys *ret_keys, struct ats_error *err)
{
    struct dirent **entries = NULL;
    *ret_keys = (struct keys){0};
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0)
        return ats_error_set(err, ATS_ERR_CONFIG, "cannot read %s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char name[ATS_NAME_MAX + 1];
        if (unescape_key_file(entries[i]->d_name, name))
            take_key(cli, view, name, ret_keys);
        free(entries[i]);
    }
    free(entries);
    return ATS_OK;
}

static enum ats_status choose(const struct ats_cli *cli, struct ats_store_view *view,
                              char ret_name[ATS_NAME_MAX + 1], struct ats_error *err)
{
    struct ats_path folder;
    struct keys keys;
    enum ats_status status = ats_fleet_path(cli, &folder, err, "operators");
    if (status == ATS_OK)
        status = find_keys(cli, view, folder.text, &keys, err);
    if (status != ATS_OK)
        return status;
    if (keys.count == 0)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s holds no operator's key", folder.text);
    if (keys.good_count > 1)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "say with --operator who signs: the keys of several operators (%s) "
                             "lie in %s",
                             keys.good, folder.text);
    if (keys.good_count == 0 && keys.count > 1)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "no operator's key is good by the control log (%s), of those in %s",
                             keys.bad, folder.text);
    (void)snprintf(ret_name, ATS_NAME_MAX + 1, "%s",
                   keys.good_count == 1 ? keys.last_good : keys.last);
    return ATS_OK;
}

static int is_key(const struct dirent *entry)
{
    char name[ATS_NAME_MAX + 1];
    return unescape_key_file(entry->d_name, name);
}

/* Nobody's key has the name that the command line gives: whose there are, good or not. */
static enum ats_status name_others(const struct ats_cli *cli, struct ats_error *err)
{
    struct ats_path folder;
    struct dirent **entries = NULL;
    char names[NAMES_COUNT * (ATS_NAME_MAX + 2) + 8] = "";
    size_t used = 0;
    enum ats_status status = ats_fleet_path(cli, &folder, err, "operators");
    int count = status == ATS_OK ? scandir(folder.text, &entries, is_key, alphasort) : 0;
    int failure = errno;
    for (int i = 0; i < count; i++) {
        char name[ATS_NAME_MAX + 1];
        if (i < NAMES_COUNT && unescape_key_file(entries[i]->d_name, name))
            used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i > 0 ? ", " : "",
                                     name);
        free(entries[i]);
    }
    free(entries);
    if (status != ATS_OK)
        return status;
    if (count < 0)
        return ats_error_set(err, ATS_ERR_CONFIG, "--operator %s: cannot read %s: %s",
                             cli->operator_name, folder.text, strerror(failure));
    if (count == 0)
        return ats_error_set(err, ATS_ERR_CONFIG, "--operator %s: %s holds no operator's key",
                             cli->operator_name, folder.text);
    return ats_error_set(
        err, ATS_ERR_CONFIG, "--operator %s: %s holds no such key, but those of %s%s",
        cli->operator_name, folder.text, names, count > NAMES_COUNT ? ", ..." : "");
}

/* Of whom the command line names. */
static enum ats_status open_named(const struct ats_cli *cli, struct ats_signer *ret_signer,
                                  struct ats_error *err)
{
    enum ats_status status = ats_fleet_check_name("operator", cli->operator_name, err);
    if (status != ATS_OK)
        return status;
    (void)snprintf(ret_signer->name, sizeof(ret_signer->name), "%s", cli->operator_name);
    return has_key(cli, ret_signer->name) ? open_pair(cli, ret_signer->name, &ret_signer->pair, err)
                                          : name_others(cli, err);
}

enum ats_status ats_signer_open(const struct ats_cli *cli, struct ats_store_view *view,
                                struct ats_signer *ret_signer, struct ats_error *err)
{
    if (cli->operator_name)
        return open_named(cli, ret_signer, err);
    enum ats_status status = choose(cli, view, ret_signer->name, err);
    return status == ATS_OK ? open_pair(cli, ret_signer->name, &ret_signer->pair, err) : status;
}

void ats_signer_note_second(const struct ats_cli *cli, struct ats_store_view *view,
                            const char *added)
{
    struct ats_path folder;
    struct keys keys;
    struct ats_error ignored = {0};
    if (has_key(cli, added) && ats_fleet_path(cli, &folder, &ignored, "operators") == ATS_OK &&
        find_keys(cli, view, folder.text, &keys, &ignored) == ATS_OK && keys.good_count == 2)
        ats_cli_note("%s holds the keys of two operators now (%s): commands that an operator "
                     "signs want --operator from now on",
                     folder.text, keys.good);
}
