/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/schema_registry.h"

#include "cli/registry_schemas.h"
#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/record/avro_same.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TYPE "application/vnd.schemaregistry.v1+json"
/* Of what a server says in an error, in bytes: what we say about it must still fit. */
#define SAID_MAX 160
#define PATH_SIZE (ATS_KAFKA_TOPIC_MAX + 64)
#define URL_SIZE 2048
/* Error codes of the API. */
#define NO_SUBJECT 40401
#define NO_VERSION 40402
#define NO_SCHEMA 40403

struct ats_schema_registry {
    struct ats_schema_registry_settings settings;
    CURL *curl;
    struct curl_slist *headers;
    size_t at; /* the URL that answered last */
    bool started;
};

struct exchange {
    const char *method;
    char path[PATH_SIZE];
    char *body; /* NULL: none */
    long status;
    struct ats_buf answer;
    json_t *json; /* of the answer; NULL: it is none */
};

const char *ats_schema_registry_url(const struct ats_schema_registry *client)
{
    return client->settings.urls[client->at];
}

/* ---- set-up ---- */

static size_t on_answer(char *data, size_t size, size_t count, void *ctx)
{
    struct ats_buf *answer = ctx;
    ats_buf_append(answer, data, size * count);
    return answer->status == ATS_OK ? size * count : 0;
}

static void set_text(CURL *curl, CURLoption option, const char *text)
{
    if (text)
        (void)curl_easy_setopt(curl, option, text);
}

/* Secrets are given to libcurl alone. Redirections are not followed: they would carry credentials to wherever a server says. */
static void set_up(const struct ats_schema_registry *client)
{
    const struct ats_schema_registry_settings *settings = &client->settings;
    CURL *curl = client->curl;
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    /* What goes to this machine in plain text stays in it. */
    (void)curl_easy_setopt(curl, CURLOPT_NOPROXY, "localhost,127.0.0.0/8,::1");
    (void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT,
                           (long)ATS_SCHEMA_REGISTRY_CONNECT_TIMEOUT_S);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ATS_SCHEMA_REGISTRY_TIMEOUT_S);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, client->headers);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "attestream/" ATS_VERSION);
    set_text(curl, CURLOPT_USERPWD, settings->user_info);
    set_text(curl, CURLOPT_XOAUTH2_BEARER, settings->bearer);
    if (settings->user_info || settings->bearer)
        (void)curl_easy_setopt(curl, CURLOPT_HTTPAUTH,
                               (long)(settings->bearer ? CURLAUTH_BEARER : CURLAUTH_BASIC));
    set_text(curl, CURLOPT_CAINFO, settings->ca);
    set_text(curl, CURLOPT_SSLCERT, settings->certificate);
    set_text(curl, CURLOPT_SSLKEY, settings->key);
    set_text(curl, CURLOPT_KEYPASSWD, settings->key_password);
}

enum ats_status ats_schema_registry_new(struct ats_schema_registry_settings *settings,
                                        struct ats_schema_registry **ret_client,
                                        struct ats_error *err)
{
    struct ats_schema_registry *client = calloc(1, sizeof(*client));
    if (!client)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    client->started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    client->curl = client->started ? curl_easy_init() : NULL;
    client->headers = curl_slist_append(NULL, "Content-Type: " TYPE);
    struct curl_slist *more =
        client->headers ? curl_slist_append(client->headers, "Accept: " TYPE ", application/json")
                        : NULL;
    if (!client->curl || !more) {
        ats_schema_registry_free(client);
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    }
    client->settings = *settings;
    *settings = (struct ats_schema_registry_settings){0};
    set_up(client);
    *ret_client = client;
    return ATS_OK;
}

void ats_schema_registry_free(struct ats_schema_registry *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->curl);
    curl_slist_free_all(client->headers);
    if (client->started)
        curl_global_cleanup();
    ats_schema_registry_settings_fini(&client->settings);
    free(client);
}

enum ats_status ats_schema_registry_open(const struct ats_cli *cli, struct ats_store_view *view,
                                         const char *contract,
                                         struct ats_schema_registry **ret_client,
                                         struct ats_error *err)
{
    struct ats_schema_registry_settings settings;
    bool is_used = false;
    *ret_client = NULL;
    enum ats_status status = ats_schema_registry_settings_read(cli, &settings, err);
    if (status != ATS_OK)
        return status;
    if (settings.url_count > 0) {
        status = ats_schema_registry_new(&settings, ret_client, err);
    } else if (!settings.declined) {
        status = ats_registry_ids_used(view, contract, &is_used, err);
        if (status == ATS_OK && is_used)
            status = ats_error_set(err, ATS_ERR_CONFIG,
                                   "schemas of this fleet have ids of a Schema Registry: say where "
                                   "it is (--schema-registry URL), or --schema-registry none for "
                                   "an id that no registry knows");
    }
    ats_schema_registry_settings_fini(&settings);
    return status;
}

/* ---- one exchange ---- */

static bool is_certificate(CURLcode code)
{
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
           code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CIPHER;
}

/* libcurl's own texts say what failed, and no secret. */
static enum ats_status tell_failure(const char *url, CURLcode code, struct ats_error *err)
{
    if (code == CURLE_WRITE_ERROR)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "%s answers with more than %d bytes: is it a "
                             "Schema Registry?",
                             url, ATS_SCHEMA_REGISTRY_ANSWER_MAX);
    enum ats_status status = is_certificate(code)          ? ATS_ERR_CONFIG
                             : code == CURLE_OUT_OF_MEMORY ? ATS_ERR_MEMORY
                                                           : ATS_ERR_UNAVAILABLE;
    return ats_error_set(err, status, "the Schema Registry at %s cannot be asked: %s", url,
                         curl_easy_strerror(code));
}

/* OK: an answer is there, whatever it says. */
static enum ats_status perform(struct ats_schema_registry *client, struct exchange *exchange,
                               struct ats_error *err)
{
    char url[URL_SIZE];
    const char *base = ats_schema_registry_url(client);
    if (snprintf(url, sizeof(url), "%s%s", base, exchange->path) >= (int)sizeof(url))
        return ats_error_set(err, ATS_ERR_CONFIG, "the Schema Registry's URL is too long");
    ats_buf_clear(&exchange->answer);
    (void)curl_easy_setopt(client->curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &exchange->answer);
    (void)curl_easy_setopt(client->curl, CURLOPT_HTTPGET, 1L);
    if (exchange->body)
        (void)curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, exchange->body);
    (void)curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, exchange->method);
    CURLcode code = curl_easy_perform(client->curl);
    if (code != CURLE_OK)
        return tell_failure(base, code, err);
    (void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &exchange->status);
    if (exchange->status >= 500 || exchange->status == 429)
        return ats_error_set(err, ATS_ERR_UNAVAILABLE,
                             "the Schema Registry at %s answers with HTTP status %ld", base,
                             exchange->status);
    return ATS_OK;
}

static void pause_before(int round)
{
    int64_t ms = (int64_t)ATS_SCHEMA_REGISTRY_PAUSE_MS << (round - 1);
    struct timespec rest = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&rest, NULL);
}

/* Each request means the same if it comes twice. */
static enum ats_status ask(struct ats_schema_registry *client, struct exchange *exchange,
                           struct ats_error *err)
{
    enum ats_status status = ATS_ERR_UNAVAILABLE;
    size_t count = client->settings.url_count;
    for (int round = 0; round < ATS_SCHEMA_REGISTRY_TRIES && status == ATS_ERR_UNAVAILABLE;
         round++) {
        if (round > 0)
            pause_before(round);
        for (size_t i = 0; i < count && status == ATS_ERR_UNAVAILABLE; i++) {
            status = perform(client, exchange, err);
            if (status == ATS_ERR_UNAVAILABLE)
                client->at = (client->at + 1) % count;
        }
    }
    if (status == ATS_OK)
        exchange->json =
            json_loadb((const char *)exchange->answer.data, exchange->answer.len, 0, NULL);
    return status;
}

static void end(struct exchange *exchange)
{
    json_decref(exchange->json);
    free(exchange->body);
    ats_buf_fini(&exchange->answer);
}

static void begin(struct exchange *exchange, const char *method)
{
    *exchange = (struct exchange){.method = method};
    ats_buf_init(&exchange->answer, ATS_SCHEMA_REGISTRY_ANSWER_MAX);
}

/* ---- what an answer means ---- */

/* What the server says in its own words, cut. */
static struct ats_span said(const struct exchange *exchange)
{
    const char *text = json_string_value(json_object_get(exchange->json, "message"));
    text = text ? text : "no reason is given";
    return ats_span_of(text, (size_t)ats_utf8_cut(text, SAID_MAX));
}

static enum ats_status judge_conflict(const struct ats_schema_registry *client,
                                      const struct exchange *exchange, const char *subject,
                                      struct ats_error *err)
{
    struct ats_span text = said(exchange);
    if (exchange->status == 409)
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "the Schema Registry at %s does not take the schema for subject %s, "
                             "whose compatibility it breaks there (%.*s): a contract's new major "
                             "may do that, so set NONE there (property compatibility)",
                             ats_schema_registry_url(client), subject, ATS_SPAN_ARGS(text));
    return ats_error_set(err, ATS_ERR_REFUSED,
                         "the Schema Registry at %s does not take subject %s: %.*s",
                         ats_schema_registry_url(client), subject, ATS_SPAN_ARGS(text));
}

static enum ats_status judge(const struct ats_schema_registry *client,
                             const struct exchange *exchange, const char *subject,
                             struct ats_error *err)
{
    json_int_t code = json_integer_value(json_object_get(exchange->json, "error_code"));
    const char *url = ats_schema_registry_url(client);
    if (exchange->status == 200 && exchange->json)
        return ATS_OK;
    if (exchange->status == 404 && (code == NO_SUBJECT || code == NO_VERSION || code == NO_SCHEMA))
        return ats_error_set(err, ATS_ERR_NOT_FOUND, "the Schema Registry at %s has no such schema",
                             url);
    if (exchange->status == 401 || exchange->status == 403)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "the Schema Registry at %s does not let us in (HTTP status %ld): see "
                             "basic.auth.user.info, bearer.auth.token, ssl.certificate.location",
                             url, exchange->status);
    if (exchange->status == 409 || exchange->status == 422)
        return judge_conflict(client, exchange, subject, err);
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "%s answers with HTTP status %ld%s: is it the address of a Schema "
                         "Registry, with the path that its API has there?",
                         url, exchange->status, exchange->json ? "" : " and no JSON");
}

static enum ats_status take_id(const struct ats_schema_registry *client,
                               const struct exchange *exchange, uint32_t *ret_id,
                               struct ats_error *err)
{
    json_int_t id = json_integer_value(json_object_get(exchange->json, "id"));
    if (id < 1 || id > INT32_MAX)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "the Schema Registry at %s gives no id (allowed: 1 to 2^31-1)",
                             ats_schema_registry_url(client));
    *ret_id = (uint32_t)id;
    return ATS_OK;
}

/* Avro is the type where none is named, also for registries that know no other. */
static enum ats_status post_schema(struct ats_schema_registry *client, const char *path,
                                   const char *subject, struct ats_span schema, uint32_t *ret_id,
                                   struct ats_error *err)
{
    struct exchange exchange;
    begin(&exchange, "POST");
    (void)snprintf(exchange.path, sizeof(exchange.path), "/subjects/%s%s", subject, path);
    json_t *body = json_pack("{s:s%}", "schema", schema.data, schema.len);
    exchange.body = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    enum ats_status status = exchange.body ? ask(client, &exchange, err)
                                           : ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    if (status == ATS_OK)
        status = judge(client, &exchange, subject, err);
    if (status == ATS_OK)
        status = take_id(client, &exchange, ret_id, err);
    end(&exchange);
    return status;
}

static enum ats_status set_compatibility(struct ats_schema_registry *client, const char *subject,
                                         struct ats_error *err)
{
    struct exchange exchange;
    if (!client->settings.compatibility)
        return ATS_OK;
    begin(&exchange, "PUT");
    (void)snprintf(exchange.path, sizeof(exchange.path), "/config/%s", subject);
    json_t *body = json_pack("{s:s}", "compatibility", client->settings.compatibility);
    exchange.body = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    enum ats_status status = exchange.body ? ask(client, &exchange, err)
                                           : ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    if (status == ATS_OK)
        status = judge(client, &exchange, subject, err);
    end(&exchange);
    return status;
}

enum ats_status ats_schema_registry_has(struct ats_schema_registry *client, uint32_t id,
                                        struct ats_span schema, bool *ret_same,
                                        struct ats_error *err)
{
    struct exchange exchange;
    begin(&exchange, "GET");
    (void)snprintf(exchange.path, sizeof(exchange.path), "/schemas/ids/%" PRIu32, id);
    enum ats_status status = ask(client, &exchange, err);
    if (status == ATS_OK)
        status = judge(client, &exchange, exchange.path, err);
    if (status == ATS_OK) {
        const char *text = json_string_value(json_object_get(exchange.json, "schema"));
        *ret_same = text && ats_avro_same_type(schema, ats_span_text(text));
    }
    end(&exchange);
    return status;
}

enum ats_status ats_schema_registry_find(struct ats_schema_registry *client, const char *subject,
                                         struct ats_span schema, uint32_t *ret_id,
                                         struct ats_error *err)
{
    return post_schema(client, "", subject, schema, ret_id, err);
}

enum ats_status ats_schema_registry_register(struct ats_schema_registry *client,
                                             const char *subject, struct ats_span schema,
                                             uint32_t *ret_id, struct ats_error *err)
{
    bool same = false;
    enum ats_status status = set_compatibility(client, subject, err);
    if (status == ATS_OK)
        status = post_schema(client, "/versions", subject, schema, ret_id, err);
    if (status == ATS_OK)
        status = ats_schema_registry_has(client, *ret_id, schema, &same, err);
    if (status == ATS_ERR_NOT_FOUND || (status == ATS_OK && !same))
        return ats_error_set(
            err, ATS_ERR_CONFIG,
            "the Schema Registry at %s gave schema id %" PRIu32 ", under which it has %s",
            ats_schema_registry_url(client), *ret_id, status == ATS_OK ? "another schema" : "none");
    return status;
}
