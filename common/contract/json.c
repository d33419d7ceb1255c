/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/json.h"

#include "common/base/utf8.h"

void ats_json_init(struct ats_json *json, struct ats_span text)
{
    *json = (struct ats_json){
        .begin = text.data, .at = text.data, .end = text.data + text.len, .fault = ATS_RULE_NONE};
}

bool ats_json_fail(struct ats_json *json, enum ats_rule rule)
{
    if (json->fault == ATS_RULE_NONE) {
        json->fault = rule;
        json->fault_at = json->at;
    }
    return false;
}

/* A text that is no UTF-8 at all is called that, wherever its syntax breaks first. */
static enum ats_rule final_rule(const struct ats_json *json, const uint8_t **ret_at)
{
    struct ats_span text = ats_span_of(json->begin, (size_t)(json->end - json->begin));
    size_t good = ats_utf8_span(text);
    *ret_at = json->fault_at;
    if (json->fault != ATS_RULE_JSON_SYNTAX || good == text.len)
        return json->fault;
    *ret_at = json->begin + good;
    return ATS_RULE_UTF8;
}

void ats_json_verdict(const struct ats_json *json, struct ats_verdict *ret_verdict)
{
    static const char *const texts[ATS_RULE_COUNT] = {
        [ATS_RULE_JSON_SYNTAX] = "not JSON as RFC 8259 defines it",
        [ATS_RULE_JSON_DEPTH] = "nested too deep",
        [ATS_RULE_JSON_DUPLICATE_KEY] = "a key stands twice in one object",
        [ATS_RULE_UTF8] = "not UTF-8, or half of a surrogate pair",
        [ATS_RULE_SIZE] = "too many keys in one object",
    };
    const uint8_t *at = NULL;
    enum ats_rule rule = final_rule(json, &at);
    ats_verdict_set(ret_verdict, rule, "", "%s: byte %zu of %zu", texts[rule],
                    (size_t)(at - json->begin), (size_t)(json->end - json->begin));
}

static void skip_space(struct ats_json *json)
{
    while (json->at < json->end &&
           (*json->at == ' ' || *json->at == '\n' || *json->at == '\r' || *json->at == '\t'))
        json->at++;
}

enum ats_json_kind ats_json_peek(struct ats_json *json)
{
    skip_space(json);
    if (json->at == json->end || json->fault != ATS_RULE_NONE)
        return ATS_JSON_NOTHING;
    switch (*json->at) {
    case '{':
        return ATS_JSON_OBJECT;
    case '[':
        return ATS_JSON_ARRAY;
    case '"':
        return ATS_JSON_STRING;
    case 'n':
        return ATS_JSON_NULL;
    case 't':
    case 'f':
        return ATS_JSON_BOOLEAN;
    case '-':
        return ATS_JSON_NUMBER;
    default:
        return *json->at >= '0' && *json->at <= '9' ? ATS_JSON_NUMBER : ATS_JSON_NOTHING;
    }
}

const char *ats_json_kind_name(enum ats_json_kind kind)
{
    static const char *const names[] = {"null",  "boolean", "number", "string",
                                        "array", "object",  "nothing"};
    return names[kind];
}

static bool take_word(struct ats_json *json, const char *word, size_t len)
{
    if ((size_t)(json->end - json->at) < len || memcmp(json->at, word, len) != 0)
        return ats_json_fail(json, ATS_RULE_JSON_SYNTAX);
    json->at += len;
    return true;
}

bool ats_json_null(struct ats_json *json)
{
    skip_space(json);
    return take_word(json, "null", 4);
}

bool ats_json_boolean(struct ats_json *json, bool *ret_value)
{
    skip_space(json);
    *ret_value = json->at < json->end && *json->at == 't';
    return *ret_value ? take_word(json, "true", 4) : take_word(json, "false", 5);
}

bool ats_json_open(struct ats_json *json)
{
    skip_space(json);
    if (json->depth == ATS_JSON_DEPTH_MAX)
        return ats_json_fail(json, ATS_RULE_JSON_DEPTH);
    json->depth++;
    json->at++;
    return true;
}

bool ats_json_more(struct ats_json *json, uint8_t close, bool *first)
{
    if (json->fault != ATS_RULE_NONE)
        return false;
    skip_space(json);
    if (json->at == json->end)
        return ats_json_fail(json, ATS_RULE_JSON_SYNTAX);
    if (*json->at == close) {
        json->at++;
        json->depth--;
        return false;
    }
    if (!*first) {
        if (*json->at != ',')
            return ats_json_fail(json, ATS_RULE_JSON_SYNTAX);
        json->at++;
    }
    *first = false;
    return true;
}

bool ats_json_key(struct ats_json *json, struct ats_json_text *ret_key)
{
    skip_space(json);
    if (json->at == json->end || *json->at != '"')
        return ats_json_fail(json, ATS_RULE_JSON_SYNTAX);
    if (!ats_json_string(json, ret_key))
        return false;
    skip_space(json);
    if (json->at == json->end || *json->at != ':')
        return ats_json_fail(json, ATS_RULE_JSON_SYNTAX);
    json->at++;
    return true;
}

bool ats_json_end(struct ats_json *json)
{
    skip_space(json);
    return json->fault == ATS_RULE_NONE &&
           (json->at == json->end || ats_json_fail(json, ATS_RULE_JSON_SYNTAX));
}

static bool skip_object(struct ats_json *json, struct ats_json_keys *keys)
{
    bool first = true;
    size_t base = keys->count;
    struct ats_json_text key;
    if (!ats_json_open(json))
        return false;
    while (ats_json_more(json, '}', &first))
        if (!ats_json_key(json, &key) || !ats_json_keys_add(keys, base, json, key) ||
            !ats_json_skip(json, keys))
            return false;
    ats_json_keys_pop(keys, base);
    return json->fault == ATS_RULE_NONE;
}

static bool skip_array(struct ats_json *json, struct ats_json_keys *keys)
{
    bool first = true;
    if (!ats_json_open(json))
        return false;
    while (ats_json_more(json, ']', &first))
        if (!ats_json_skip(json, keys))
            return false;
    return json->fault == ATS_RULE_NONE;
}

bool ats_json_skip(struct ats_json *json, struct ats_json_keys *keys)
{
    struct ats_json_text text;
    struct ats_json_number number;
    bool boolean = false;
    switch (ats_json_peek(json)) {
    case ATS_JSON_NULL:
        return ats_json_null(json);
    case ATS_JSON_BOOLEAN:
        return ats_json_boolean(json, &boolean);
    case ATS_JSON_NUMBER:
        return ats_json_number(json, &number);
    case ATS_JSON_STRING:
        return ats_json_string(json, &text);
    case ATS_JSON_ARRAY:
        return skip_array(json, keys);
    case ATS_JSON_OBJECT:
        return skip_object(json, keys);
    case ATS_JSON_NOTHING:
        break;
    }
    return ats_json_fail(json, ATS_RULE_JSON_SYNTAX);
}

bool ats_json_check(struct ats_json *json, struct ats_json_keys *keys)
{
    ats_json_init(json, ats_span_of(json->begin, (size_t)(json->end - json->begin)));
    ats_json_keys_init(keys, keys->secret);
    return ats_json_skip(json, keys) && ats_json_end(json);
}
