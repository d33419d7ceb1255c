/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device's body, and the moves of its state:
 *
 *   from \ to    pending  active  suspended  revoked  retired
 *   pending         x       x                   x        x
 *   active                  x         x         x        x
 *   suspended               x         x         x        x
 *   revoked, retired: final
 *
 * A move to the same state is a change of keys or attributes.
 */
#include "common/control/body.h"

#include "common/base/base64.h"
#include "common/base/calendar.h"
#include "common/control/body_json.h"
#include "common/identity/x509.h"
#include "device/name.h"

#include <stddef.h>
#include <stdio.h>

#define STATE_COUNT (ATS_DEVICE_RETIRED + 1)
#define TO(state) (1U << (state))

static const struct {
    const char *name;
    unsigned may_follow;
} states[STATE_COUNT] = {
    [ATS_DEVICE_PENDING] = {"pending", TO(ATS_DEVICE_PENDING) | TO(ATS_DEVICE_ACTIVE) |
                                           TO(ATS_DEVICE_REVOKED) | TO(ATS_DEVICE_RETIRED)},
    [ATS_DEVICE_ACTIVE] = {"active", TO(ATS_DEVICE_ACTIVE) | TO(ATS_DEVICE_SUSPENDED) |
                                         TO(ATS_DEVICE_REVOKED) | TO(ATS_DEVICE_RETIRED)},
    [ATS_DEVICE_SUSPENDED] = {"suspended", TO(ATS_DEVICE_ACTIVE) | TO(ATS_DEVICE_SUSPENDED) |
                                               TO(ATS_DEVICE_REVOKED) | TO(ATS_DEVICE_RETIRED)},
    [ATS_DEVICE_REVOKED] = {"revoked", 0},
    [ATS_DEVICE_RETIRED] = {"retired", 0},
};

const char *ats_device_state_name(enum ats_device_state state)
{
    return states[state].name;
}

enum ats_status ats_device_state_parse(struct ats_span text, enum ats_device_state *ret_state)
{
    for (int state = 0; state < STATE_COUNT; state++) {
        if (!ats_span_is(text, states[state].name))
            continue;
        *ret_state = (enum ats_device_state)state;
        return ATS_OK;
    }
    return ATS_ERR_INVALID;
}

bool ats_device_state_may_follow(enum ats_device_state from, enum ats_device_state to)
{
    return (states[from].may_follow & TO(to)) != 0;
}

void ats_device_state_moves(enum ats_device_state from, char ret_text[ATS_DEVICE_MOVES_SIZE])
{
    unsigned left = states[from].may_follow & ~TO(from);
    size_t len = 0;
    (void)snprintf(ret_text, ATS_DEVICE_MOVES_SIZE, "none, it is final");
    for (int to = 0; to < STATE_COUNT; to++) {
        if ((left & TO(to)) == 0)
            continue;
        left &= ~TO(to);
        const char *between = len == 0 ? "" : left == 0 ? " or " : ", ";
        len += (size_t)snprintf(ret_text + len, ATS_DEVICE_MOVES_SIZE - len, "%s%s", between,
                                states[to].name);
    }
}

#define ATTRIBUTE(name, form)                                                                      \
    {                                                                                              \
#name, offsetof(struct ats_body_device, name), form                                        \
    }

const struct ats_device_attribute ats_device_attributes[] = {
    ATTRIBUTE(asset, ATS_ATTRIBUTE_NAME),        ATTRIBUTE(site, ATS_ATTRIBUTE_NAME),
    ATTRIBUTE(line, ATS_ATTRIBUTE_NAME),         ATTRIBUTE(vendor, ATS_ATTRIBUTE_TEXT),
    ATTRIBUTE(model, ATS_ATTRIBUTE_TEXT),        ATTRIBUTE(firmware, ATS_ATTRIBUTE_TEXT),
    ATTRIBUTE(warranty_end, ATS_ATTRIBUTE_DATE), {0},
};

const char *ats_device_attribute_get(const struct ats_body_device *device,
                                     const struct ats_device_attribute *attribute)
{
    return (const char *)device + attribute->offset;
}

static bool attribute_fits(enum ats_device_attribute_form form, struct ats_span text)
{
    int64_t day_ms = 0;
    switch (form) {
    case ATS_ATTRIBUTE_NAME:
        return ats_control_name_valid(text);
    case ATS_ATTRIBUTE_TEXT:
        return ats_name_valid((const char *)text.data, text.len);
    case ATS_ATTRIBUTE_DATE:
        break;
    }
    return ats_calendar_date(text, &day_ms);
}

enum ats_status ats_device_attribute_set(struct ats_body_device *device,
                                         const struct ats_device_attribute *attribute,
                                         struct ats_span text)
{
    char *to = (char *)device + attribute->offset;
    if (text.len > 0 && !attribute_fits(attribute->form, text))
        return ATS_ERR_INVALID;
    if (text.len > 0)
        memcpy(to, text.data, text.len);
    to[text.len] = '\0';
    return ATS_OK;
}

/* No contract's name has an '@'. */
void ats_device_contract_split(const char *entry, struct ats_span *ret_name,
                               struct ats_span *ret_version)
{
    size_t len = strcspn(entry, "@");
    *ret_name = ats_span_of(entry, len);
    *ret_version = ats_span_text(entry[len] == '@' ? entry + len + 1 : "");
}

bool ats_device_contract_is_of(const char *entry, const char *contract)
{
    struct ats_span name;
    struct ats_span version;
    ats_device_contract_split(entry, &name, &version);
    return ats_span_is(name, contract);
}

struct ats_span ats_device_pinned_version(const struct ats_body_device *device,
                                          const char *contract)
{
    for (size_t i = 0; i < device->contract_count; i++) {
        struct ats_span name;
        struct ats_span version;
        ats_device_contract_split(device->contracts[i], &name, &version);
        if (version.len > 0 && ats_span_is(name, contract))
            return version;
    }
    return ats_span_of(NULL, 0);
}

bool ats_device_key_is_valid(const struct ats_device_key *key, int64_t now_ms)
{
    return now_ms >= key->not_before_ms && (key->not_after_ms == 0 || now_ms < key->not_after_ms);
}

/* The id is stated so that a reader sees it, and must be the key's own. */
static enum ats_status parse_key(json_t *value, struct ats_body_device *device)
{
    struct ats_body_reader reader;
    struct ats_device_key key = {.id = ""};
    char id[ATS_NAME_MAX + 1];
    ats_body_reader_enter(&reader, value);
    ats_body_get_name(&reader, "id", false, id);
    key.is_spki = json_object_get(value, "spki") != NULL;
    if (key.is_spki)
        ats_body_get_fixed(&reader, "spki", key.key, sizeof(key.key));
    else
        ats_body_get_fixed(&reader, "key", key.key, ATS_PUBLIC_KEY_SIZE);
    key.not_before_ms = ats_body_find_time(&reader, "not_before");
    key.not_after_ms = ats_body_find_time(&reader, "not_after");
    enum ats_status status = ats_body_reader_done(&reader);
    if (status != ATS_OK)
        return status;
    if (device->key_count == ATS_DEVICE_KEYS_MAX)
        return ATS_ERR_LIMIT;
    if (key.is_spki)
        ats_spki_id(key.key, key.id);
    else
        ats_key_id(key.key, key.id);
    if (strcmp(key.id, id) != 0)
        return ATS_ERR_INVALID;
    if (key.not_after_ms != 0 && key.not_after_ms <= key.not_before_ms)
        return ATS_ERR_INVALID;
    for (size_t i = 0; i < device->key_count; i++)
        if (strcmp(device->keys[i].id, id) == 0)
            return ATS_ERR_INVALID;
    device->keys[device->key_count++] = key;
    return ATS_OK;
}

static enum ats_status parse_contract(json_t *value, struct ats_body_device *device)
{
    struct ats_span name = ats_span_of(json_string_value(value), json_string_length(value));
    if (device->contract_count == ATS_DEVICE_CONTRACTS_MAX)
        return ATS_ERR_LIMIT;
    if (!json_is_string(value) || !ats_control_name_valid(name))
        return ATS_ERR_INVALID;
    char *to = device->contracts[device->contract_count++];
    memcpy(to, name.data, name.len);
    to[name.len] = '\0';
    return ATS_OK;
}

static enum ats_status parse_each(json_t *array, struct ats_body_device *device,
                                  enum ats_status (*parse)(json_t *, struct ats_body_device *))
{
    size_t i;
    json_t *value;
    json_array_foreach(array, i, value)
    {
        enum ats_status status = parse(value, device);
        if (status != ATS_OK)
            return status;
    }
    return ATS_OK;
}

/* A member that is there says something. */
static enum ats_status parse_attributes(struct ats_body_reader *reader,
                                        struct ats_body_device *device)
{
    for (const struct ats_device_attribute *at = ats_device_attributes; at->name; at++) {
        const json_t *value = ats_body_find(reader, at->name, JSON_STRING);
        struct ats_span text = ats_span_of(json_string_value(value), json_string_length(value));
        if (value && (text.len == 0 || ats_device_attribute_set(device, at, text) != ATS_OK))
            return ATS_ERR_INVALID;
    }
    return ATS_OK;
}

static enum ats_status parse_least_proof(struct ats_body_reader *reader,
                                         struct ats_body_device *device)
{
    const json_t *value = ats_body_find(reader, "least_proof", JSON_STRING);
    if (!value)
        return ATS_OK;
    device->least_proof =
        ats_proof_level_parse(ats_span_of(json_string_value(value), json_string_length(value)));
    return device->least_proof != 0 ? ATS_OK : ATS_ERR_INVALID;
}

static enum ats_status parse_claim(struct ats_body_reader *reader, struct ats_body_device *device)
{
    const json_t *value = ats_body_find(reader, "claim", JSON_STRING);
    if (!value)
        return ATS_OK;
    struct ats_span text = ats_span_of(json_string_value(value), json_string_length(value));
    enum ats_status status =
        ats_base64_decode(text, device->claim, sizeof(device->claim), &device->claim_len);
    return status == ATS_OK && device->claim_len == 0 ? ATS_ERR_INVALID : status;
}

enum ats_status ats_body_device_parse(struct ats_span body, struct ats_body_device *ret_device)
{
    struct ats_body_reader reader;
    *ret_device = (struct ats_body_device){0};
    ats_body_reader_open(&reader, body);
    const char *state = json_string_value(ats_body_get(&reader, "state", JSON_STRING));
    enum ats_status state_status = ats_device_state_parse(ats_span_text(state), &ret_device->state);
    enum ats_status keys_status =
        parse_each(ats_body_get(&reader, "keys", JSON_ARRAY), ret_device, parse_key);
    enum ats_status attributes_status = parse_attributes(&reader, ret_device);
    enum ats_status contracts_status =
        parse_each(ats_body_find(&reader, "contracts", JSON_ARRAY), ret_device, parse_contract);
    enum ats_status least_status = parse_least_proof(&reader, ret_device);
    enum ats_status claim_status = parse_claim(&reader, ret_device);
    enum ats_status status = ats_body_reader_done(&reader);
    if (status == ATS_OK)
        status = claim_status;
    if (status == ATS_OK)
        status = state_status;
    if (status == ATS_OK)
        status = least_status;
    if (status == ATS_OK)
        status = keys_status;
    if (status == ATS_OK)
        status = attributes_status;
    return status != ATS_OK ? status : contracts_status;
}

static json_t *format_key(const struct ats_device_key *key)
{
    json_t *object = json_object();
    (void)json_object_set_new(object, "id", json_string(key->id));
    ats_body_put_bytes(object, key->is_spki ? "spki" : "key", key->key, sizeof(key->key));
    if (key->not_before_ms != 0)
        (void)json_object_set_new(object, "not_before", json_integer(key->not_before_ms));
    if (key->not_after_ms != 0)
        (void)json_object_set_new(object, "not_after", json_integer(key->not_after_ms));
    return object;
}

static json_t *format_keys(const struct ats_body_device *device)
{
    json_t *keys = json_array();
    for (size_t i = 0; i < device->key_count; i++)
        (void)json_array_append_new(keys, format_key(&device->keys[i]));
    return keys;
}

static json_t *format_contracts(const struct ats_body_device *device)
{
    json_t *contracts = json_array();
    for (size_t i = 0; i < device->contract_count; i++)
        (void)json_array_append_new(contracts, json_string(device->contracts[i]));
    return contracts;
}

enum ats_status ats_body_device_format(const struct ats_body_device *device, struct ats_buf *out)
{
    json_t *object = json_object();
    size_t members = 3;
    (void)json_object_set_new(object, "state", json_string(states[device->state].name));
    (void)json_object_set_new(object, "keys", format_keys(device));
    for (const struct ats_device_attribute *at = ats_device_attributes; at->name; at++) {
        const char *text = ats_device_attribute_get(device, at);
        if (text[0] != '\0' && ++members)
            (void)json_object_set_new(object, at->name, json_string(text));
    }
    if (device->least_proof != 0 && ++members)
        (void)json_object_set_new(object, "least_proof",
                                  json_string(ats_proof_level_name(device->least_proof)));
    (void)json_object_set_new(object, "contracts", format_contracts(device));
    return ats_body_write(object, members, out);
}
