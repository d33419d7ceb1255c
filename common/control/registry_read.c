/* SPDX-License-Identifier: Apache-2.0 */
/* What a registry answers, and the pins that it rests on. */
#include "common/control/registry.h"

#include "common/control/registry_state.h"
#include "common/control/store_key.h"

#include <limits.h>
#include <sodium.h>

static enum ats_status read_pin(const char *folder, const char *name,
                                uint8_t ret_key[ATS_PUBLIC_KEY_SIZE], struct ats_error *err)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (len < 0 || (size_t)len >= sizeof(path))
        return ats_error_set(err, ATS_ERR_LIMIT, "path too long: %s", folder);
    return ats_public_key_read(path, ATS_KEY_SIGNING, ret_key, err);
}

void ats_registry_fleet_id(const struct ats_registry_pins *pins,
                           uint8_t ret_fleet[ATS_FLEET_ID_SIZE])
{
    (void)crypto_hash_sha256(ret_fleet, pins->root, sizeof(pins->root));
}

enum ats_status ats_registry_pins_read(const char *fleet_folder, struct ats_registry_pins *ret_pins,
                                       struct ats_error *err)
{
    enum ats_status status = read_pin(fleet_folder, "root.pub.pem", ret_pins->root, err);
    if (status != ATS_OK)
        return status;
    return read_pin(fleet_folder, "successor.pub.pem", ret_pins->successor, err);
}

const char *ats_control_outcome_name(enum ats_control_outcome outcome)
{
    static const char *const names[ATS_CONTROL_OUTCOME_COUNT] = {
        [ATS_CONTROL_ACCEPTED] = "accepted",
        [ATS_CONTROL_MALFORMED] = "malformed",
        [ATS_CONTROL_FOREIGN_FLEET] = "foreign-fleet",
        [ATS_CONTROL_UNKNOWN_SIGNER] = "unknown-signer",
        [ATS_CONTROL_BAD_SIGNATURE] = "bad-signature",
        [ATS_CONTROL_OUT_OF_SCOPE] = "out-of-scope",
        [ATS_CONTROL_WRONG_REVISION] = "wrong-revision",
        [ATS_CONTROL_WRONG_PREDECESSOR] = "wrong-predecessor",
        [ATS_CONTROL_ILLEGAL_BODY] = "illegal-body",
        [ATS_CONTROL_LATE_CHECKPOINT] = "late-checkpoint",
        [ATS_CONTROL_WRONG_CHECKPOINT] = "wrong-checkpoint",
        [ATS_CONTROL_UNAPPROVED] = "unapproved",
    };
    return names[outcome];
}

/* What was verified when it was stored is only decoded here. */
static enum ats_status decode_stored(struct ats_span value, struct ats_control_record *ret_record)
{
    return ats_control_record_decode(value, ret_record) == ATS_OK ? ATS_OK : ATS_ERR_CORRUPT;
}

enum ats_status ats_registry_view_count(struct ats_store_view *view, uint64_t *ret_count)
{
    struct ats_registry_state state = {0};
    enum ats_status status = ats_registry_state_view(view, &state);
    *ret_count = state.count;
    return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
}

enum ats_status ats_registry_find(struct ats_store_view *view, enum ats_control_kind kind,
                                  struct ats_span name, struct ats_control_record *ret_record)
{
    char text[ATS_NAME_MAX + 1];
    struct ats_span value;
    if (name.len > ATS_NAME_MAX || !ats_control_name_valid(name))
        return ATS_ERR_NOT_FOUND;
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    struct ats_store_key key = ats_store_key_record(kind, text);
    enum ats_status status = ats_store_get(view, ats_store_key_span(&key), &value);
    return status == ATS_OK ? decode_stored(value, ret_record) : status;
}

enum ats_status ats_registry_key_device(struct ats_store_view *view, const char *key_id,
                                        struct ats_span *ret_name)
{
    if (strlen(key_id) != ATS_KEY_ID_SIZE - 1)
        return ATS_ERR_NOT_FOUND;
    struct ats_store_key key = ats_store_key_device(key_id);
    return ats_store_get(view, ats_store_key_span(&key), ret_name);
}

enum ats_status ats_registry_floor(struct ats_store_view *view, enum ats_control_kind kind,
                                   struct ats_span name, struct ats_span *ret_name)
{
    struct ats_store_key prefix = ats_store_key_record(kind, "");
    struct ats_store_key key = prefix;
    struct ats_span found;
    size_t from = strlen(prefix.text);
    size_t len = name.len < ATS_NAME_MAX ? name.len : ATS_NAME_MAX;
    memcpy(key.text + from, name.data, len);
    enum ats_status status = ats_store_floor(view, ats_span_of(key.text, from + len), &found);
    if (status != ATS_OK)
        return status;
    if (found.len < from || memcmp(found.data, prefix.text, from) != 0)
        return ATS_ERR_NOT_FOUND;
    *ret_name = ats_span_of((const char *)found.data + from, found.len - from);
    return ATS_OK;
}

struct walk {
    ats_registry_visit *visit;
    void *ctx;
};

static enum ats_status visit_stored(void *ctx, struct ats_span key, struct ats_span value)
{
    const struct walk *walk = ctx;
    struct ats_control_record record;
    (void)key;
    enum ats_status status = decode_stored(value, &record);
    return status == ATS_OK ? walk->visit(walk->ctx, &record) : status;
}

enum ats_status ats_registry_walk(struct ats_store_view *view, enum ats_control_kind kind,
                                  ats_registry_visit *visit, void *ctx)
{
    struct walk walk = {visit, ctx};
    struct ats_store_key key = ats_store_key_record(kind, "");
    return ats_store_walk(view, ats_store_key_span(&key), visit_stored, &walk);
}

struct void_walk {
    struct ats_store_view *view;
    enum ats_control_kind kind;
    ats_registry_visit_name *visit;
    void *ctx;
};

/* A newer record of that name may be void over one that holds. */
static enum ats_status visit_place(void *ctx, struct ats_span key, struct ats_span value)
{
    const struct void_walk *walk = ctx;
    struct ats_store_key prefix = ats_store_key_place(walk->kind, "");
    size_t from = strlen(prefix.text);
    char name[ATS_NAME_MAX + 1];
    struct ats_span held;
    (void)value;
    if (key.len < from || key.len - from > ATS_NAME_MAX)
        return ATS_ERR_CORRUPT;
    memcpy(name, (const char *)key.data + from, key.len - from);
    name[key.len - from] = '\0';
    struct ats_store_key record = ats_store_key_record(walk->kind, name);
    enum ats_status status = ats_store_get(walk->view, ats_store_key_span(&record), &held);
    return status == ATS_ERR_NOT_FOUND ? walk->visit(walk->ctx, name) : status;
}

enum ats_status ats_registry_walk_void(struct ats_store_view *view, enum ats_control_kind kind,
                                       ats_registry_visit_name *visit, void *ctx)
{
    struct void_walk walk = {view, kind, visit, ctx};
    struct ats_store_key key = ats_store_key_place(kind, "");
    return ats_store_walk(view, ats_store_key_span(&key), visit_place, &walk);
}
