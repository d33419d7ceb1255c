/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/broker_rules.h"

#include "common/base/buf.h"
#include "common/base/file.h"
#include "common/base/limits.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_LINE_MAX 65536

static enum ats_status read_file(const char *path, int depth, struct ats_broker_rules *rules,
                                 struct ats_error *err);

static int is_conf(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static enum ats_status read_folder(const char *folder, struct ats_broker_rules *rules,
                                   struct ats_error *err)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_conf, alphasort);
    if (count < 0)
        return ats_error_set(err, ATS_ERR_IO, "cannot read the folder %s", folder);
    enum ats_status status = ATS_OK;
    if (count > ATS_BROKER_CONF_FILES_MAX)
        status = ats_error_set(err, ATS_ERR_LIMIT, "%s holds more than %d files", folder,
                               ATS_BROKER_CONF_FILES_MAX);
    for (int i = 0; i < count; i++) {
        char path[4096];
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (status == ATS_OK)
            status = read_file(path, 1, rules, err);
        free(entries[i]);
    }
    free(entries);
    return status;
}

static bool is_true(const char *value)
{
    return strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0;
}

static void take_plugin(struct ats_broker_rules *rules)
{
    rules->plugins++;
    if (rules->listeners == 0)
        rules->default_has_plugin = true;
    else if (!rules->listener_has_plugin)
        rules->listeners_with_plugin++;
    rules->listener_has_plugin = true;
}

static void take_listener(struct ats_broker_rules *rules)
{
    rules->listeners++;
    rules->listener_has_plugin = false;
}

/* One "name value" line; names that do not concern us are passed over. */
static enum ats_status take(const char *name, const char *value, int depth,
                            struct ats_broker_rules *rules, struct ats_error *err)
{
    ats_tls_listeners_take(&rules->tls, name, value);
    if (strcmp(name, "acl_file") == 0)
        rules->acl_file = true;
    else if (strcmp(name, "password_file") == 0)
        rules->password_file = true;
    else if (strcmp(name, "plugin") == 0 || strcmp(name, "auth_plugin") == 0)
        take_plugin(rules);
    else if (strcmp(name, "allow_anonymous") == 0)
        rules->anonymous = is_true(value);
    else if (strcmp(name, "per_listener_settings") == 0)
        rules->per_listener = is_true(value);
    else if (strcmp(name, "use_identity_as_username") == 0 ||
             strcmp(name, "use_subject_as_username") == 0)
        rules->certificate_names = rules->certificate_names || is_true(value);
    else if (strcmp(name, "listener") == 0)
        take_listener(rules);
    else if (strcmp(name, "port") == 0 || strcmp(name, "bind_address") == 0)
        rules->default_listener = true;
    else if (strcmp(name, "include_dir") == 0 && depth == 0)
        return read_folder(value, rules, err);
    return ATS_OK;
}

static enum ats_status take_line(char *line, int depth, struct ats_broker_rules *rules,
                                 struct ats_error *err)
{
    if (line[0] == '#')
        return ATS_OK;
    line[strcspn(line, "\r\n")] = '\0';
    char *rest = NULL;
    const char *name = strtok_r(line, " ", &rest);
    if (!name)
        return ATS_OK;
    rest += strspn(rest, " \t");
    return take(name, rest, depth, rules, err);
}

static enum ats_status read_file(const char *path, int depth, struct ats_broker_rules *rules,
                                 struct ats_error *err)
{
    struct ats_buf buf;
    size_t includer = rules->tls.current;
    rules->tls.current = 0;
    ats_buf_init(&buf, ATS_BROKER_CONF_MAX);
    enum ats_status status = ats_file_read(path, &buf, err);
    if (status == ATS_OK && !ats_buf_text(&buf))
        status = ats_error_set(err, ATS_ERR_LIMIT, "%s is too large", path);
    char *rest = (char *)buf.data;
    for (char *line; status == ATS_OK && (line = strsep(&rest, "\n"));)
        status = take_line(line, depth, rules, err);
    rules->tls.current = includer;
    ats_buf_fini(&buf);
    return status;
}

static unsigned count_ungoverned(const struct ats_broker_rules *rules)
{
    if (!rules->per_listener)
        return 0; /* a plugin is every listener's */
    unsigned in_default = rules->default_listener && !rules->default_has_plugin;
    return rules->listeners - rules->listeners_with_plugin + in_default;
}

enum ats_status ats_broker_rules_read(const char *path, struct ats_broker_rules *ret_rules,
                                      struct ats_error *err)
{
    memset(ret_rules, 0, sizeof(*ret_rules));
    ats_tls_listeners_init(&ret_rules->tls);
    enum ats_status status = read_file(path, 0, ret_rules, err);
    if (status != ATS_OK) {
        memset(ret_rules, 0, sizeof(*ret_rules));
        return status;
    }
    bool alone = ret_rules->plugins <= 1;
    bool local = ret_rules->listeners == 0 && !ret_rules->default_listener;
    bool anonymous = ret_rules->anonymous || local;
    ret_rules->ungoverned = count_ungoverned(ret_rules);
    ret_rules->open_access = !ret_rules->per_listener && !ret_rules->acl_file && alone;
    ret_rules->open_names =
        !ret_rules->per_listener && !ret_rules->password_file && alone && anonymous;
    return ATS_OK;
}

/* The argument behind -c or --config-file among NUL-separated ones; the last counts. */
static const char *config_argument(const char *arguments, size_t len)
{
    const char *found = NULL;
    bool expected = false;
    for (size_t at = 0; at < len; at += strlen(arguments + at) + 1) {
        const char *argument = arguments + at;
        if (expected)
            found = argument;
        expected = strcmp(argument, "-c") == 0 || strcmp(argument, "--config-file") == 0;
    }
    return found;
}

bool ats_broker_rules_file(char *ret_path, size_t size)
{
    struct ats_buf buf;
    ats_buf_init(&buf, COMMAND_LINE_MAX);
    const char *path = NULL;
    if (ats_file_read("/proc/self/cmdline", &buf, NULL) == ATS_OK && ats_buf_text(&buf))
        path = config_argument((const char *)buf.data, buf.len);
    bool found = path && (size_t)snprintf(ret_path, size, "%s", path) < size;
    ats_buf_fini(&buf);
    return found;
}
