/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/schema_registry_settings.h"

#include "cli/fleet.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/parse.h"
#include "common/base/utf8.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "schema-registry.properties"
#define NONE "none"
#define URL_ALLOWED "http:// or https://, without user, password and query"

static const char *const levels[] = {
    "NONE", "BACKWARD",        "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE",
    "FULL", "FULL_TRANSITIVE",
};

struct property {
    const char *name;
    size_t offset;
    bool is_secret;
};

#define AT(member) offsetof(struct ats_schema_registry_settings, member)
/* The last stands for nothing but the URL, which has two names: Confluent's clients for Java and for C have one each. */
static const struct property properties[] = {
    {"basic.auth.user.info", AT(user_info), true},
    {"bearer.auth.token", AT(bearer), true},
    {"compatibility", AT(compatibility), false},
    {"schema.registry.url", AT(urls), false},
    {"ssl.ca.location", AT(ca), false},
    {"ssl.certificate.location", AT(certificate), false},
    {"ssl.key.location", AT(key), false},
    {"ssl.key.password", AT(key_password), true},
    {"url", AT(urls), false},
};
#define PROPERTY_COUNT (sizeof(properties) / sizeof(properties[0]))

struct reading {
    const char *path;
    unsigned line;
    bool is_exposed; /* group or others may read the file */
    struct ats_schema_registry_settings *settings;
};

static enum ats_status fail(const struct reading *reading, const char *name, const char *why,
                            struct ats_error *err)
{
    return ats_error_set(err, ATS_ERR_CONFIG, "%s:%u: property '%.*s': %s", reading->path,
                         reading->line, ATS_QUOTE(name), why);
}

static enum ats_status unknown(const struct reading *reading, const char *name,
                               struct ats_error *err)
{
    const char *names[PROPERTY_COUNT + 1] = {NULL};
    struct ats_buf allowed;
    ats_buf_init(&allowed, 512);
    for (size_t i = 0; i < PROPERTY_COUNT; i++) {
        names[i] = properties[i].name;
        ats_buf_printf(&allowed, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    const char *nearest = ats_nearest_name(name, names);
    const char *list = ats_buf_text(&allowed);
    enum ats_status status = ats_error_set(
        err, ATS_ERR_CONFIG, "%s:%u: unknown property '%.*s'%s%s%s (allowed: %s)", reading->path,
        reading->line, ATS_QUOTE(name), nearest ? ", did you mean '" : "", nearest ? nearest : "",
        nearest ? "'?" : "", list ? list : "");
    ats_buf_fini(&allowed);
    return status;
}

static enum ats_status take_value(const struct reading *reading, const struct property *property,
                                  const char *value, struct ats_error *err)
{
    const char **place = (const char **)((char *)reading->settings + property->offset);
    if (property->is_secret && reading->is_exposed)
        return fail(reading, property->name,
                    "a secret, but group or others may read the file (mode 0600)", err);
    if (value[0] == '\0')
        return fail(reading, property->name, "has no value", err);
    if (*place)
        return fail(reading, property->name, "is given twice", err);
    *place = value;
    return ATS_OK;
}

static enum ats_status read_line(const struct reading *reading, char *text, struct ats_error *err)
{
    text = ats_text_trim(text);
    if (text[0] == '\0' || text[0] == '#')
        return ATS_OK;
    char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s:%u: expected PROPERTY=VALUE", reading->path,
                             reading->line);
    *equals = '\0';
    const char *name = ats_text_trim(text);
    for (size_t i = 0; i < PROPERTY_COUNT; i++)
        if (strcmp(properties[i].name, name) == 0)
            return take_value(reading, &properties[i], ats_text_trim(equals + 1), err);
    return unknown(reading, name, err);
}

static enum ats_status read_file(const char *path, struct ats_schema_registry_settings *settings,
                                 struct ats_error *err)
{
    char *text = NULL;
    struct stat st;
    struct reading reading = {.path = path, .settings = settings};
    enum ats_status status = ats_file_read_text(path, &settings->file, &text, err);
    if (status != ATS_OK) {
        err->status = ATS_ERR_CONFIG;
        return ATS_ERR_CONFIG;
    }
    reading.is_exposed = stat(path, &st) != 0 || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    for (char *rest = text, *next = NULL; (next = strsep(&rest, "\n")) && status == ATS_OK;) {
        reading.line++;
        status = read_line(&reading, next, err);
    }
    return status;
}

static bool is_url_text(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~' || strchr("@?#\"\\", *text))
            return false;
    return true;
}

/* Whoever lists processes can read the command line, so a URL has no secret in it, and its text may stand in errors. */
static enum ats_status check_url(char *url, struct ats_error *err)
{
    bool is_tls = strncmp(url, "https://", 8) == 0;
    size_t head = is_tls ? 8 : 7;
    if ((!is_tls && strncmp(url, "http://", 7) != 0) || strlen(url) <= head || !is_url_text(url))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "the Schema Registry's URL is not allowed (allowed: " URL_ALLOWED
                             "; a user stands in a file as basic.auth.user.info)");
    for (size_t len = strlen(url); len > head && url[len - 1] == '/'; len--)
        url[len - 1] = '\0';
    return ATS_OK;
}

/* "localhost" (which libcurl asks no resolver for), 127.0.0.0/8 or [::1]: what stays within the machine. */
static bool is_loopback(const char *host)
{
    char name[INET_ADDRSTRLEN];
    struct in_addr address;
    size_t len = strcspn(host, ":/");
    if (strncmp(host, "[::1]", 5) == 0)
        return host[5] == '\0' || host[5] == ':' || host[5] == '/';
    if (len >= sizeof(name))
        return false;
    (void)snprintf(name, sizeof(name), "%.*s", (int)len, host);
    return strcmp(name, "localhost") == 0 ||
           (inet_pton(AF_INET, name, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

/* What is sent with each question must not be read on the way. A key's password is not sent. */
static enum ats_status check_secret(const struct ats_schema_registry_settings *settings,
                                    struct ats_error *err)
{
    if (!settings->user_info && !settings->bearer)
        return ATS_OK;
    for (size_t i = 0; i < settings->url_count; i++)
        if (strncmp(settings->urls[i], "http://", 7) == 0 && !is_loopback(settings->urls[i] + 7))
            return ats_error_set(err, ATS_ERR_CONFIG,
                                 "property '%s' would go unencrypted to the Schema Registry at "
                                 "%.*s (allowed: https:// where a secret is given, or a loopback "
                                 "address)",
                                 settings->user_info ? "basic.auth.user.info" : "bearer.auth.token",
                                 ATS_QUOTE(settings->urls[i]));
    return ATS_OK;
}

/* `text` is a list with commas. */
static enum ats_status take_urls(struct ats_schema_registry_settings *settings, const char *text,
                                 struct ats_error *err)
{
    settings->url_text = strdup(text);
    if (!settings->url_text)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    enum ats_status status = ATS_OK;
    for (char *rest = settings->url_text, *next = NULL;
         (next = strsep(&rest, ",")) && status == ATS_OK;) {
        next = ats_text_trim(next);
        if (settings->url_count == ATS_SCHEMA_REGISTRY_URLS_MAX)
            return ats_error_set(err, ATS_ERR_CONFIG,
                                 "more than %d URLs of a Schema Registry are not allowed",
                                 ATS_SCHEMA_REGISTRY_URLS_MAX);
        status = check_url(next, err);
        settings->urls[settings->url_count++] = next;
    }
    return status;
}

static enum ats_status check_compatibility(const struct ats_schema_registry_settings *settings,
                                           const char *path, struct ats_error *err)
{
    if (!settings->compatibility)
        return ATS_OK;
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        if (strcmp(levels[i], settings->compatibility) == 0)
            return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "%s: property 'compatibility': '%.*s' is not allowed (allowed: NONE, "
                         "BACKWARD, FORWARD, FULL, and the last three with _TRANSITIVE)",
                         path, ATS_QUOTE(settings->compatibility));
}

/* The one in the fleet's folder may be missing. */
static enum ats_status read_files(const struct ats_cli *cli,
                                  struct ats_schema_registry_settings *settings,
                                  struct ats_error *err)
{
    struct ats_path own;
    const char *path = cli->schema_registry_config;
    if (!path) {
        enum ats_status status = ats_fleet_path(cli, &own, err, FILE_NAME);
        if (status != ATS_OK || access(own.text, F_OK) != 0)
            return status;
        path = own.text;
    }
    enum ats_status status = read_file(path, settings, err);
    return status == ATS_OK ? check_compatibility(settings, path, err) : status;
}

enum ats_status ats_schema_registry_settings_read(const struct ats_cli *cli,
                                                  struct ats_schema_registry_settings *ret_settings,
                                                  struct ats_error *err)
{
    *ret_settings = (struct ats_schema_registry_settings){0};
    ats_buf_init(&ret_settings->file, ATS_DOCUMENT_MAX);
    ret_settings->declined = cli->schema_registry && strcmp(cli->schema_registry, NONE) == 0;
    if (ret_settings->declined)
        return ATS_OK;
    enum ats_status status = read_files(cli, ret_settings, err);
    const char *urls = cli->schema_registry ? cli->schema_registry : ret_settings->urls[0];
    ret_settings->urls[0] = NULL;
    if (status == ATS_OK && urls)
        status = take_urls(ret_settings, urls, err);
    if (status == ATS_OK && urls)
        status = check_secret(ret_settings, err);
    else if (status == ATS_OK && ret_settings->file.len > 0)
        status = ats_error_set(err, ATS_ERR_CONFIG,
                               "the Schema Registry's settings have no schema.registry.url");
    if (status != ATS_OK)
        ats_schema_registry_settings_fini(ret_settings);
    return status;
}

void ats_schema_registry_settings_fini(struct ats_schema_registry_settings *settings)
{
    if (settings->file.data)
        sodium_memzero(settings->file.data, settings->file.cap);
    ats_buf_fini(&settings->file);
    free(settings->url_text);
    *settings = (struct ats_schema_registry_settings){0};
}
