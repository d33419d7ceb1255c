/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of those who sign and seal: root, operators, gates, processors. */
#include "common/control/body.h"
#include "common/control/body_json.h"
#include "common/control/body_key.h"
#include "common/control/body_place.h"
#include "common/control/gate_former.h"
#include "device/name.h"

#define SCOPE_CHECKPOINT "checkpoint"

enum ats_status ats_body_root_parse(struct ats_span body, struct ats_body_root *ret_root)
{
    struct ats_body_reader reader;
    *ret_root = (struct ats_body_root){0};
    ats_body_reader_open(&reader, body);
    ats_body_get_fixed(&reader, "root", ret_root->root, ATS_PUBLIC_KEY_SIZE);
    ats_body_get_fixed(&reader, "successor", ret_root->successor, ATS_PUBLIC_KEY_SIZE);
    ats_body_find_place(&reader, "stands_until", &ret_root->stands_until);
    return ats_body_reader_done(&reader);
}

enum ats_status ats_body_root_format(const struct ats_body_root *root, struct ats_buf *out)
{
    json_t *object = json_object();
    ats_body_put_bytes(object, "root", root->root, sizeof(root->root));
    ats_body_put_bytes(object, "successor", root->successor, sizeof(root->successor));
    size_t members = 2 + ats_body_put_place(object, "stands_until", &root->stands_until);
    return ats_body_write(object, members, out);
}

static bool parse_kinds(json_t *names, uint32_t *ret_kinds)
{
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name)
    {
        enum ats_control_kind kind;
        const char *text = json_string_value(name);
        if (!text || ats_control_kind_parse(ats_span_text(text), &kind) != ATS_OK ||
            (*ret_kinds & (UINT32_C(1) << kind)) != 0)
            return false;
        *ret_kinds |= UINT32_C(1) << kind;
    }
    return true;
}

/* A list that is there names somebody. */
static bool parse_owner(json_t *names, uint32_t *ret_owner)
{
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name)
    {
        enum ats_owner owner =
            ats_owner_parse(ats_span_of(json_string_value(name), json_string_length(name)));
        if (owner == 0 || (*ret_owner & owner) != 0)
            return false;
        *ret_owner |= owner;
    }
    return !names || *ret_owner != 0;
}

/* A shell pattern: unlike a name it may hold any character that a person can read. */
static bool parse_pattern(json_t *value, char ret_pattern[ATS_NAME_MAX + 1])
{
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (!text || !ats_name_valid(text, len))
        return false;
    memcpy(ret_pattern, text, len + 1);
    return true;
}

enum ats_status ats_body_operator_parse(struct ats_span body,
                                        struct ats_body_operator *ret_operator)
{
    struct ats_body_reader reader;
    *ret_operator = (struct ats_body_operator){0};
    ats_body_reader_open(&reader, body);
    ats_body_get_fixed(&reader, "key", ret_operator->key, ATS_PUBLIC_KEY_SIZE);
    bool legal = parse_kinds(ats_body_get(&reader, "kinds", JSON_ARRAY), &ret_operator->kinds) &&
                 parse_pattern(ats_body_get(&reader, "names", JSON_STRING), ret_operator->names);
    json_t *not_after = ats_body_find(&reader, "not_after", JSON_INTEGER);
    ret_operator->not_before_ms = ats_body_find_time(&reader, "not_before");
    ret_operator->not_after_ms = json_integer_value(not_after);
    ret_operator->revoked = ats_body_find_boolean(&reader, "revoked");
    legal = parse_owner(ats_body_find(&reader, "owner", JSON_ARRAY), &ret_operator->owner) && legal;
    ats_body_find_place(&reader, "stands_until", &ret_operator->stands_until);
    if (json_object_get(reader.object, "certificate"))
        ats_body_get_bytes(&reader, "certificate", ret_operator->certificate,
                           sizeof(ret_operator->certificate), &ret_operator->certificate_len);
    enum ats_status status = ats_body_reader_done(&reader);
    if (status == ATS_OK && (!legal || ret_operator->not_after_ms < 0))
        return ATS_ERR_INVALID;
    return status;
}

static json_t *format_kinds(uint32_t kinds)
{
    json_t *names = json_array();
    for (int kind = 0; kind < ATS_CONTROL_KIND_COUNT; kind++)
        if (kinds & (UINT32_C(1) << kind))
            (void)json_array_append_new(
                names, json_string(ats_control_kind_name((enum ats_control_kind)kind)));
    return names;
}

static json_t *format_owner(uint32_t owner)
{
    json_t *names = json_array();
    if (owner & ATS_OWNER_OT)
        (void)json_array_append_new(names, json_string(ats_owner_name(ATS_OWNER_OT)));
    if (owner & ATS_OWNER_IT)
        (void)json_array_append_new(names, json_string(ats_owner_name(ATS_OWNER_IT)));
    return names;
}

enum ats_status ats_body_operator_format(const struct ats_body_operator *operator_,
                                         struct ats_buf *out)
{
    json_t *object = json_object();
    size_t members = 5;
    ats_body_put_bytes(object, "key", operator_->key, sizeof(operator_->key));
    (void)json_object_set_new(object, "kinds", format_kinds(operator_->kinds));
    (void)json_object_set_new(object, "names", json_string(operator_->names));
    members += ats_body_put_time(object, "not_before", operator_->not_before_ms);
    (void)json_object_set_new(object, "not_after", json_integer(operator_->not_after_ms));
    (void)json_object_set_new(object, "revoked", json_boolean(operator_->revoked));
    if (operator_->owner != 0 && ++members)
        (void)json_object_set_new(object, "owner", format_owner(operator_->owner));
    members += ats_body_put_place(object, "stands_until", &operator_->stands_until);
    if (operator_->certificate_len > 0) {
        ats_body_put_bytes(object, "certificate", operator_->certificate,
                           operator_->certificate_len);
        members++;
    }
    return ats_body_write(object, members, out);
}

enum ats_status ats_body_gate_parse(struct ats_span body, struct ats_body_gate *ret_gate)
{
    struct ats_body_reader reader;
    *ret_gate = (struct ats_body_gate){0};
    ats_body_reader_open(&reader, body);
    ats_body_get_fixed(&reader, "signing_key", ret_gate->signing_key, ATS_PUBLIC_KEY_SIZE);
    ats_body_get_agreement_key(&reader, "agreement_key", ret_gate->agreement_key);
    ats_body_get_name(&reader, "site", true, ret_gate->site);
    ret_gate->revoked = ats_body_find_boolean(&reader, "revoked");
    ret_gate->claims = ats_body_find_boolean(&reader, "claims");
    ret_gate->not_before_ms = ats_body_find_time(&reader, "not_before");
    ret_gate->not_after_ms = ats_body_find_time(&reader, "not_after");
    ats_body_get_bytes(&reader, "certificate", ret_gate->certificate, sizeof(ret_gate->certificate),
                       &ret_gate->certificate_len);
    enum ats_status former = ats_gate_former_read(&reader, &ret_gate->former);
    enum ats_status status = ats_body_reader_done(&reader);
    return status == ATS_OK ? former : status;
}

bool ats_gate_is_valid(const struct ats_body_gate *gate, int64_t now_ms)
{
    return gate->not_before_ms <= now_ms &&
           (gate->not_after_ms == 0 || now_ms < gate->not_after_ms);
}

enum ats_status ats_body_gate_format(const struct ats_body_gate *gate, struct ats_buf *out)
{
    json_t *object = json_object();
    size_t members = 4;
    ats_body_put_bytes(object, "signing_key", gate->signing_key, sizeof(gate->signing_key));
    ats_body_put_bytes(object, "agreement_key", gate->agreement_key, sizeof(gate->agreement_key));
    if (gate->site[0] != '\0') {
        (void)json_object_set_new(object, "site", json_string(gate->site));
        members++;
    }
    (void)json_object_set_new(object, "revoked", json_boolean(gate->revoked));
    if (gate->claims) {
        (void)json_object_set_new(object, "claims", json_true());
        members++;
    }
    members += ats_body_put_time(object, "not_before", gate->not_before_ms);
    members += ats_body_put_time(object, "not_after", gate->not_after_ms);
    ats_body_put_bytes(object, "certificate", gate->certificate, gate->certificate_len);
    members += ats_gate_former_put(object, &gate->former);
    return ats_body_write(object, members, out);
}

static bool has_member(const struct ats_body_processor *processor, const char *name)
{
    for (size_t i = 0; i < processor->member_count; i++)
        if (strcmp(processor->members[i].name, name) == 0)
            return true;
    return false;
}

/* Scopes that a member may have; so far one. */
static bool parse_scopes(json_t *scopes, bool *ret_may_checkpoint)
{
    size_t i;
    json_t *scope;
    *ret_may_checkpoint = false;
    json_array_foreach(scopes, i, scope)
    {
        const char *text = json_string_value(scope);
        if (!text || strcmp(text, SCOPE_CHECKPOINT) != 0 || *ret_may_checkpoint)
            return false;
        *ret_may_checkpoint = true;
    }
    return true;
}

static enum ats_status parse_member(json_t *value, struct ats_body_processor *processor)
{
    struct ats_body_reader reader;
    char name[ATS_NAME_MAX + 1];
    uint8_t key[ATS_PUBLIC_KEY_SIZE] = {0};
    ats_body_reader_enter(&reader, value);
    ats_body_get_name(&reader, "name", false, name);
    ats_body_get_fixed(&reader, "signing_key", key, ATS_PUBLIC_KEY_SIZE);
    bool may_checkpoint = false;
    bool legal = parse_scopes(ats_body_find(&reader, "scopes", JSON_ARRAY), &may_checkpoint);
    enum ats_status status = ats_body_reader_done(&reader);
    if (status != ATS_OK || !legal)
        return status != ATS_OK ? status : ATS_ERR_INVALID;
    if (processor->member_count == ATS_PROCESSOR_MEMBERS_MAX)
        return ATS_ERR_LIMIT;
    if (has_member(processor, name))
        return ATS_ERR_INVALID;
    memcpy(processor->members[processor->member_count].name, name, sizeof(name));
    memcpy(processor->members[processor->member_count].signing_key, key, sizeof(key));
    processor->members[processor->member_count].may_checkpoint = may_checkpoint;
    processor->member_count++;
    return ATS_OK;
}

enum ats_status ats_body_processor_parse(struct ats_span body,
                                         struct ats_body_processor *ret_processor)
{
    struct ats_body_reader reader;
    *ret_processor = (struct ats_body_processor){0};
    ats_body_reader_open(&reader, body);
    ats_body_get_agreement_key(&reader, "agreement_key", ret_processor->agreement_key);
    json_t *members = ats_body_get(&reader, "members", JSON_ARRAY);
    enum ats_status member_status = ATS_OK;
    size_t i;
    json_t *member;
    json_array_foreach(members, i, member)
    {
        if (member_status == ATS_OK)
            member_status = parse_member(member, ret_processor);
    }
    enum ats_status status = ats_body_reader_done(&reader);
    return status != ATS_OK ? status : member_status;
}

enum ats_status ats_body_processor_format(const struct ats_body_processor *processor,
                                          struct ats_buf *out)
{
    json_t *object = json_object();
    json_t *members = json_array();
    ats_body_put_bytes(object, "agreement_key", processor->agreement_key,
                       sizeof(processor->agreement_key));
    for (size_t i = 0; i < processor->member_count; i++) {
        json_t *member = json_object();
        (void)json_object_set_new(member, "name", json_string(processor->members[i].name));
        ats_body_put_bytes(member, "signing_key", processor->members[i].signing_key,
                           sizeof(processor->members[i].signing_key));
        if (processor->members[i].may_checkpoint)
            (void)json_object_set_new(member, "scopes", json_pack("[s]", SCOPE_CHECKPOINT));
        (void)json_array_append_new(members, member);
    }
    (void)json_object_set_new(object, "members", members);
    return ats_body_write(object, 2, out);
}
