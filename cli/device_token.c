/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attestream device token: a token from a key that the fleet's folder has. Which key and which gate the registry tells; who gives
 * both (--key and --gate) needs no fleet. What the copy knows against the token is said where it is made; gates judge.
 */
#include "cli/device_token.h"

#include "cli/cli.h"
#include "cli/device_keys.h"
#include "cli/fleet_copy.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/token_warnings.h"
#include "common/base/clock.h"
#include "common/base/parse.h"
#include "common/control/body.h"
#include "common/identity/jwt.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#define TTL_DEFAULT "1h"
/* No gate takes one that lives longer. */
#define TTL_MAX_MS (ATS_TOKEN_LIFETIME_MAX_DAYS * INT64_C(24) * 3600 * 1000)
#define TOKEN_ID_BYTES 16

const struct ats_flag ats_token_flags[] = {
    {"--gate", "GATE", "The gate that it is for; the fleet's only one by default.", false},
    {"--any-gate", NULL, "For any gate of the fleet that says `token_audience fleet`.", false},
    {"--audience", "GATE", "The same as --gate.", false},
    {"--ttl", "TIME",
     "How long it is valid; 1h by default. Gates take " ATS_LIMIT_TEXT(
         ATS_TOKEN_LIFETIME_USUAL_DAYS) "d, unless they say other (`token_lifetime_max`).",
     false},
    {"--single-use", NULL, "It opens one connection, and no second one (`jti`).", false},
    {"--key", "FILE", "The device's private key; else its newest that <fleet>/devices has.", false},
    {"--key-id", "ID", "Take the private key that `device add-key` made under this id.", false},
    {0},
};

struct request {
    const struct ats_cli *cli;
    const char *name;
    const char *gate; /* NULL: the only one */
    bool any_gate;
    const char *key_file;
    const char *key_id;
    int64_t ttl_ms;
    bool single_use;
    struct ats_session *session; /* NULL where the registry is not needed */
    struct ats_key_pair pair;
    struct ats_jwt jwt;
    uint64_t known; /* control records of the copy that was looked at; 0: there was none */
    bool unseen;    /* there is one, and it could not be looked at */
    json_t *warnings;
};

static enum ats_status read_ttl(const char *text, int64_t *ret_ms, struct ats_error *err)
{
    if (ats_parse_duration(text ? text : TTL_DEFAULT, ret_ms) != ATS_OK || *ret_ms < 1000 ||
        *ret_ms > TTL_MAX_MS)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--ttl: '%s' is not allowed (allowed: 1s to " ATS_LIMIT_TEXT(
                                 ATS_TOKEN_LIFETIME_MAX_DAYS) "d, such as 10m)",
                             text);
    return ATS_OK;
}

static enum ats_status read_request(const struct ats_arguments *arguments, struct request *request,
                                    struct ats_error *err)
{
    const char *audience = ats_argument_find(arguments, "--audience");
    request->name = arguments->positional[0];
    request->gate = ats_argument_find(arguments, "--gate");
    request->any_gate = ats_argument_has(arguments, "--any-gate");
    request->single_use = ats_argument_has(arguments, "--single-use");
    request->key_file = ats_argument_find(arguments, "--key");
    request->key_id = ats_argument_find(arguments, "--key-id");
    if ((request->gate != NULL) + (audience != NULL) + request->any_gate > 1)
        return ats_error_set(err, ATS_ERR_CONFIG, "device token: one of --gate and --any-gate");
    request->gate = request->gate ? request->gate : audience;
    if (request->key_file && request->key_id)
        return ats_error_set(err, ATS_ERR_CONFIG, "device token: --key or --key-id, not both");
    enum ats_status status = ats_fleet_check_name("device", request->name, err);
    if (status == ATS_OK && request->gate)
        status = ats_fleet_check_name("gate", request->gate, err);
    return status == ATS_OK ? read_ttl(ats_argument_find(arguments, "--ttl"), &request->ttl_ms, err)
                            : status;
}

/* ---- the gate ---- */

struct gates {
    char name[ATS_NAME_MAX + 1];
    size_t count;
};

static enum ats_status count_gate(void *ctx, const struct ats_control_record *record)
{
    struct gates *gates = ctx;
    struct ats_body_gate body;
    enum ats_status status = ats_body_gate_parse(record->body, &body);
    if (status != ATS_OK || body.revoked)
        return status;
    gates->count++;
    (void)snprintf(gates->name, sizeof(gates->name), "%s", record->name);
    return ATS_OK;
}

static enum ats_status only_gate(const struct request *request, char ret_name[ATS_NAME_MAX + 1],
                                 struct ats_error *err)
{
    struct gates gates = {.count = 0};
    enum ats_status status =
        ats_registry_walk(ats_session_view(request->session), ATS_CONTROL_GATE, count_gate, &gates);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the gates cannot be read: %s", ats_status_name(status));
    if (gates.count != 1)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "device token: say with --gate which gate it is for (the fleet has "
                             "%zu)",
                             gates.count);
    (void)snprintf(ret_name, ATS_NAME_MAX + 1, "%s", gates.name);
    return ATS_OK;
}

static enum ats_status take_audience(struct request *request, struct ats_error *err)
{
    struct ats_registry_pins pins;
    if (request->gate) {
        (void)snprintf(request->jwt.audience, sizeof(request->jwt.audience), "%s", request->gate);
        return ATS_OK;
    }
    if (!request->any_gate)
        return only_gate(request, request->jwt.audience, err);
    enum ats_status status = ats_fleet_pins(request->cli, &pins, err);
    if (status == ATS_OK)
        ats_fleet_id_text(&pins, request->jwt.audience);
    return status;
}

/* ---- the key ---- */

static enum ats_status read_key(struct request *request, const char *path, struct ats_error *err)
{
    return ats_cli_unusable(ats_key_pair_read(path, ATS_KEY_SIGNING, &request->pair, err), err);
}

/* The file that holds this key: one of its own, or that of the device's first key. NOT_FOUND: neither does. */
static enum ats_status read_key_of_id(struct request *request, const char *key_id,
                                      struct ats_error *err)
{
    struct ats_path path;
    char found[ATS_KEY_ID_SIZE];
    enum ats_status status = ats_device_key_path(request->cli, request->name, key_id, &path, err);
    if (status != ATS_OK)
        return status;
    if (access(path.text, F_OK) == 0)
        return read_key(request, path.text, err);
    status = ats_device_key_path(request->cli, request->name, NULL, &path, err);
    if (status != ATS_OK)
        return status;
    if (access(path.text, F_OK) != 0)
        return ATS_ERR_NOT_FOUND;
    status = read_key(request, path.text, err);
    if (status != ATS_OK)
        return status;
    ats_key_id(request->pair.public_key, found);
    if (strcmp(found, key_id) == 0)
        return ATS_OK;
    ats_key_pair_fini(&request->pair);
    return ATS_ERR_NOT_FOUND;
}

/* Whether `a` is to be tried before `b`; of two that began together the one that was added later. */
static bool is_newer(const struct ats_device_key *a, const struct ats_device_key *b)
{
    return a->not_before_ms != b->not_before_ms ? a->not_before_ms > b->not_before_ms : a > b;
}

/* The newest one that is valid now and has not been tried. */
static const struct ats_device_key *next_key(const struct ats_body_device *body,
                                             const bool tried[ATS_DEVICE_KEYS_MAX])
{
    int64_t now_ms = ats_clock_wall_ms(&ats_clock_system);
    const struct ats_device_key *best = NULL;
    for (size_t i = 0; i < body->key_count; i++)
        if (!tried[i] && !body->keys[i].is_spki &&
            ats_device_key_is_valid(&body->keys[i], now_ms) &&
            (!best || is_newer(&body->keys[i], best)))
            best = &body->keys[i];
    return best;
}

static enum ats_status read_newest_key(struct request *request, const struct ats_body_device *body,
                                       struct ats_error *err)
{
    bool tried[ATS_DEVICE_KEYS_MAX] = {false};
    const struct ats_device_key *key;
    while ((key = next_key(body, tried))) {
        enum ats_status status = read_key_of_id(request, key->id, err);
        if (status != ATS_ERR_NOT_FOUND)
            return status;
        tried[key - body->keys] = true;
    }
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "the fleet's folder has no private key of device '%s' that is valid now: "
                         "give its file with --key",
                         request->name);
}

static enum ats_status find_body(struct request *request, struct ats_body_device *ret_body,
                                 struct ats_error *err)
{
    struct ats_control_record record;
    enum ats_status status =
        ats_session_find(request->session, ATS_CONTROL_DEVICE, request->name, &record, err);
    if (status == ATS_OK && ats_body_device_parse(record.body, ret_body) != ATS_OK)
        status = ats_error_set(err, ATS_ERR_CORRUPT, "the record of device '%s' cannot be read",
                               request->name);
    return status;
}

static enum ats_status take_key(struct request *request, struct ats_error *err)
{
    struct ats_body_device body = {.key_count = 0};
    struct ats_path path;
    enum ats_status status = ATS_OK;
    if (request->session)
        status = find_body(request, &body, err);
    if (status != ATS_OK)
        return status;
    if (request->key_file)
        return read_key(request, request->key_file, err);
    if (!request->key_id)
        return read_newest_key(request, &body, err);
    status = ats_device_key_path(request->cli, request->name, request->key_id, &path, err);
    return status == ATS_OK ? read_key(request, path.text, err) : status;
}

/* ---- what speaks against it ---- */

static void warn_by(struct request *request, struct ats_store_view *view,
                    const struct ats_registry *registry)
{
    char key_id[ATS_KEY_ID_SIZE];
    ats_key_id(request->pair.public_key, key_id);
    request->known = ats_registry_count(registry);
    ats_token_warn_of_names(view, request->name, key_id, request->gate, request->warnings);
}

/* Where no session was needed, the copy in the fleet's folder; that there is none, and no fleet, is nothing to speak of. */
static void warn_by_copy(struct request *request)
{
    struct ats_fleet_copy copy;
    struct ats_error err = {0};
    const size_t before = json_array_size(request->warnings);
    enum ats_status status = ats_fleet_copy_open(request->cli, &copy, &err);
    if (status == ATS_OK)
        warn_by(request, copy.view, copy.registry);
    request->unseen = status != ATS_OK && status != ATS_ERR_NOT_FOUND;
    if (request->unseen)
        ats_cli_note("the fleet's copy of the control log was not looked at: %s",
                     err.text[0] ? err.text : ats_status_name(status));
    if (json_array_size(request->warnings) > before)
        ats_cli_note("that is as of control record %" PRIu64
                     ": with --key and --gate Kafka is not asked",
                     request->known);
    ats_fleet_copy_close(&copy);
}

static void look(struct request *request)
{
    ats_token_warn_of_life(request->ttl_ms, request->warnings);
    if (request->session)
        warn_by(request, ats_session_view(request->session),
                ats_session_registry(request->session));
    else
        warn_by_copy(request);
}

/* ---- the token ---- */

static enum ats_status fill(struct request *request, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    if (!request->key_file || !(request->gate || request->any_gate))
        status = ats_session_open(request->cli, ATS_SESSION_READ, &request->session, err);
    if (status == ATS_OK)
        status = take_key(request, err);
    if (status == ATS_OK)
        status = take_audience(request, err);
    if (status == ATS_OK)
        look(request);
    ats_session_close(request->session);
    if (status != ATS_OK)
        return status;
    struct ats_jwt *jwt = &request->jwt;
    (void)snprintf(jwt->subject, sizeof(jwt->subject), "%s", request->name);
    jwt->issued_s = ats_clock_wall_ms(&ats_clock_system) / 1000;
    jwt->expires_s = jwt->issued_s + request->ttl_ms / 1000;
    if (request->single_use) {
        uint8_t id[TOKEN_ID_BYTES];
        randombytes_buf(id, sizeof(id));
        (void)sodium_bin2hex(jwt->token_id, sizeof(jwt->token_id), id, sizeof(id));
    }
    return ATS_OK;
}

int ats_device_token(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct request request = {.cli = cli, .warnings = json_array()};
    struct ats_error err = {0};
    struct ats_buf text;
    ats_buf_init(&text, ATS_JWT_MAX);
    enum ats_status status = read_request(arguments, &request, &err);
    if (status == ATS_OK)
        status = fill(&request, &err);
    if (status == ATS_OK)
        status = ats_jwt_make(&request.jwt, &request.pair, &text, &err);
    ats_key_pair_fini(&request.pair);
    const char *token = status == ATS_OK ? ats_buf_text(&text) : NULL;
    if (token)
        ats_output_done(
            cli,
            json_pack("{s:s, s:s, s:s, s:I, s:O, s:o}", "name", request.name, "token", token,
                      "audience", request.jwt.audience, "expires_s",
                      (json_int_t)request.jwt.expires_s, "warnings", request.warnings,
                      "control_records",
                      request.unseen ? json_null() : json_integer((json_int_t)request.known)),
            "%s", token);
    json_decref(request.warnings);
    ats_buf_fini(&text);
    return token ? ATS_EXIT_DONE : ats_cli_fail(&err);
}
