/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/fleet.h"

#include "common/base/file.h"
#include "common/control/body.h"
#include "common/control/gate_former.h"
#include "common/kafka/config.h"
#include "device/name.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define GATE_JSON_MAX 4096

static enum ats_status path_of(const char *folder, const char *file, char *ret_path, size_t size,
                               struct ats_error *err)
{
    if ((size_t)snprintf(ret_path, size, "%s/%s", folder, file) < size)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG, "plugin_opt_fleet: the path is too long");
}

static enum ats_status read_pair(const char *folder, const char *file, enum ats_key_kind kind,
                                 struct ats_key_pair *ret_pair, struct ats_error *err)
{
    char path[4096];
    if (ats_file_secret_path(folder, file, path, sizeof(path)) != ATS_OK)
        return ats_error_set(err, ATS_ERR_CONFIG, "plugin_opt_fleet: the path is too long");
    return ats_key_pair_read(path, kind, ret_pair, err);
}

static enum ats_status take_prefix(const json_t *root, const char *path, char **ret_prefix,
                                   struct ats_error *err)
{
    const json_t *value = json_object_get(root, "topic_prefix");
    const char *text = json_string_value(value);
    if (!value)
        return ATS_OK;
    if (!text)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s: \"topic_prefix\" must be a text", path);
    enum ats_status status = ats_kafka_prefix_check(text, err);
    if (status != ATS_OK)
        ats_error_prefix(err, "%s: \"topic_prefix\"", path);
    else if (!(*ret_prefix = strdup(text)))
        status = ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    return status;
}

/* Takes the members that gate.json has. */
static enum ats_status take_json(const json_t *root, const char *path, struct ats_gate_fleet *fleet,
                                 struct ats_error *err)
{
    const char *name = json_string_value(json_object_get(root, "name"));
    const char *fleet_hex = json_string_value(json_object_get(root, "fleet"));
    if (!name || !fleet_hex)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "%s: not what `attestream gate add` writes (allowed: an object with "
                             "the texts \"name\" and \"fleet\")",
                             path);
    if (!ats_name_valid(name, strlen(name)))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "%s: \"name\" must have 1 to %d bytes, no control characters", path,
                             ATS_NAME_MAX);
    (void)snprintf(fleet->identity.name, sizeof(fleet->identity.name), "%s", name);
    if (strcmp(fleet_hex, fleet->fleet_hex) != 0)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "%s: \"fleet\" is not the fleet of root.pub.pem beside it (%s)", path,
                             fleet->fleet_hex);
    return take_prefix(root, path, &fleet->topic_prefix, err);
}

static enum ats_status read_json(const char *folder, struct ats_gate_fleet *fleet,
                                 struct ats_error *err)
{
    char path[4096];
    enum ats_status status = path_of(folder, "gate.json", path, sizeof(path), err);
    if (status != ATS_OK)
        return status;
    struct ats_buf buf;
    ats_buf_init(&buf, GATE_JSON_MAX);
    status = ats_file_read(path, &buf, err);
    if (status == ATS_OK) {
        json_error_t where;
        json_t *root = json_loadb((const char *)buf.data, buf.len, 0, &where);
        if (root)
            status = take_json(root, path, fleet, err);
        else
            status = ats_error_set(err, ATS_ERR_CONFIG, "%s:%d: %s", path, where.line, where.text);
        json_decref(root);
    }
    ats_buf_fini(&buf);
    return status;
}

enum ats_status ats_gate_fleet_read(const char *folder, struct ats_gate_fleet *ret_fleet,
                                    struct ats_error *err)
{
    memset(ret_fleet, 0, sizeof(*ret_fleet));
    enum ats_status status = ats_registry_pins_read(folder, &ret_fleet->pins, err);
    if (status == ATS_OK) {
        ats_registry_fleet_id(&ret_fleet->pins, ret_fleet->identity.fleet);
        (void)sodium_bin2hex(ret_fleet->fleet_hex, sizeof(ret_fleet->fleet_hex),
                             ret_fleet->identity.fleet, ATS_FLEET_ID_SIZE);
        status = read_json(folder, ret_fleet, err);
    }
    if (status == ATS_OK)
        status =
            read_pair(folder, "gate.key.pem", ATS_KEY_SIGNING, &ret_fleet->identity.signing, err);
    if (status == ATS_OK)
        status = read_pair(folder, "gate-agreement.key.pem", ATS_KEY_AGREEMENT,
                           &ret_fleet->agreement, err);
    if (status != ATS_OK) {
        ats_error_prefix(err, "plugin_opt_fleet %s", folder);
        ats_gate_fleet_fini(ret_fleet);
    }
    return status;
}

void ats_gate_fleet_fini(struct ats_gate_fleet *fleet)
{
    ats_key_pair_fini(&fleet->identity.signing);
    ats_key_pair_fini(&fleet->agreement);
    free(fleet->topic_prefix);
    fleet->topic_prefix = NULL;
}

/* The certificate of the operator who signed the gate's record. */
static bool find_operator(struct ats_gate_fleet *fleet, struct ats_store_view *view,
                          const char *signer)
{
    struct ats_control_record record;
    struct ats_body_operator body;
    if (ats_registry_find(view, ATS_CONTROL_OPERATOR, ats_span_text(signer), &record) != ATS_OK ||
        ats_body_operator_parse(record.body, &body) != ATS_OK || body.revoked)
        return false;
    memcpy(fleet->identity.operator_certificate, body.certificate, body.certificate_len);
    fleet->identity.operator_certificate_len = body.certificate_len;
    return true;
}

static enum ats_gate_standing look_up(struct ats_gate_fleet *fleet, struct ats_store_view *view)
{
    struct ats_control_record record;
    struct ats_body_gate body;
    struct ats_gate_identity *identity = &fleet->identity;
    if (ats_registry_find(view, ATS_CONTROL_GATE, ats_span_text(identity->name), &record) !=
            ATS_OK ||
        ats_body_gate_parse(record.body, &body) != ATS_OK)
        return ATS_GATE_UNCERTIFIED;
    /* It may still run with the keys that it had before a rotation. */
    (void)ats_gate_take_former(&body, identity->signing.public_key);
    fleet->claims = body.claims && !body.revoked;
    fleet->not_before_ms = body.not_before_ms;
    fleet->not_after_ms = body.not_after_ms;
    if (body.revoked)
        return ATS_GATE_REVOKED;
    if (memcmp(body.signing_key, identity->signing.public_key, ATS_PUBLIC_KEY_SIZE) != 0 ||
        memcmp(body.agreement_key, fleet->agreement.public_key, ATS_PUBLIC_KEY_SIZE) != 0)
        return ATS_GATE_KEYS_DIFFER;
    memcpy(identity->gate_certificate, body.certificate, body.certificate_len);
    identity->gate_certificate_len = body.certificate_len;
    return find_operator(fleet, view, record.signer) ? ATS_GATE_CERTIFIED : ATS_GATE_UNCERTIFIED;
}

bool ats_gate_fleet_check_time(struct ats_gate_fleet *fleet, int64_t now_ms)
{
    enum ats_gate_standing before = fleet->standing;
    bool good = fleet->not_before_ms <= now_ms &&
                (fleet->not_after_ms == 0 || now_ms < fleet->not_after_ms);
    fleet->standing = fleet->recorded;
    if (!good && fleet->recorded == ATS_GATE_CERTIFIED)
        fleet->standing = ATS_GATE_NOT_VALID;
    return fleet->standing != before;
}

bool ats_gate_fleet_refresh(struct ats_gate_fleet *fleet, struct ats_store_view *view,
                            uint64_t generation, int64_t now_ms)
{
    if (fleet->generation == generation)
        return false;
    fleet->generation = generation;
    fleet->not_before_ms = 0;
    fleet->not_after_ms = 0;
    fleet->recorded = look_up(fleet, view);
    return ats_gate_fleet_check_time(fleet, now_ms);
}
