/* SPDX-License-Identifier: Apache-2.0 */
/* SenML in JSON (RFC 8428, section 5). */
#include "common/contract/json.h"
#include "common/contract/senml.h"

#include <sodium.h>

struct reader {
    struct ats_senml *pack;
    struct ats_json json;
    struct ats_json_keys keys;
};

/* False: the pack has no room, which its own texts have. */
static bool plain_text(struct reader *r, struct ats_json_text text, struct ats_span *ret_plain)
{
    *ret_plain = text.raw;
    if (!text.escaped)
        return true;
    uint8_t *room = ats_senml_room(r->pack, text.raw.len);
    if (room)
        *ret_plain = ats_span_of(room, ats_json_unescape(text.raw, room));
    return room ? true : ats_senml_refuse(r->pack, "more text than a pack holds");
}

static bool read_text(struct reader *r, struct ats_given *given)
{
    struct ats_json_text text;
    given->kind = ATS_GIVEN_TEXT;
    return ats_json_string(&r->json, &text) && plain_text(r, text, &given->value.bytes);
}

/* Base64 with the alphabet for URLs, without padding. */
static bool read_data(struct reader *r, struct ats_given *given)
{
    struct ats_given text;
    size_t len = 0;
    if (!read_text(r, &text))
        return false;
    struct ats_span base64 = text.value.bytes;
    uint8_t *room = ats_senml_room(r->pack, base64.len);
    if (!room)
        return ats_senml_refuse(r->pack, "more text than a pack holds");
    if (sodium_base642bin(room, base64.len, (const char *)base64.data, base64.len, NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return ats_senml_refuse(r->pack, "vd is not base64 with - and _, without padding");
    *given = (struct ats_given){.kind = ATS_GIVEN_BYTES, .value.bytes = ats_span_of(room, len)};
    return true;
}

static bool read_number(struct reader *r, struct ats_given *given)
{
    struct ats_json_number number;
    if (!ats_json_number(&r->json, &number))
        return false;
    given->kind = ATS_GIVEN_INTEGER;
    if (number.plain && ats_json_to_integer(&number, &given->value.integer) == ATS_OK)
        return true;
    given->kind = ATS_GIVEN_REAL;
    if (ats_json_to_double(&number, &given->value.real) == ATS_OK)
        return true;
    ats_verdict_set(r->pack->verdict, ATS_RULE_NUMBER_RANGE, "",
                    "record %zu: the number does not fit double", r->pack->seen);
    return false;
}

static bool read_boolean(struct reader *r, struct ats_given *given)
{
    given->kind = ATS_GIVEN_BOOLEAN;
    return ats_json_boolean(&r->json, &given->value.boolean);
}

static bool read_value(struct reader *r, enum ats_senml_label label, struct ats_given *given)
{
    switch (ats_json_peek(&r->json)) {
    case ATS_JSON_NUMBER:
        return read_number(r, given);
    case ATS_JSON_STRING:
        return label == ATS_SENML_VD ? read_data(r, given) : read_text(r, given);
    case ATS_JSON_BOOLEAN:
        return read_boolean(r, given);
    case ATS_JSON_NOTHING:
        return ats_json_fail(&r->json, ATS_RULE_JSON_SYNTAX);
    default:
        return ats_senml_refuse(r->pack, "a field's value is a number, a text or a boolean");
    }
}

static bool read_field(struct reader *r, size_t base, struct ats_senml_raw *raw)
{
    struct ats_json_text key;
    struct ats_span name;
    struct ats_given given;
    if (!ats_json_key(&r->json, &key) || !plain_text(r, key, &name))
        return false;
    enum ats_senml_label label = ats_senml_label_find(name);
    if (label == ATS_SENML_LABEL_COUNT)
        return ats_json_keys_add(&r->keys, base, &r->json, key) &&
               ats_senml_may_pass(r->pack, name) && read_value(r, label, &given);
    if (raw->fields[label].kind != ATS_GIVEN_NOTHING)
        return ats_json_fail(&r->json, ATS_RULE_JSON_DUPLICATE_KEY);
    return read_value(r, label, &given) && ats_senml_take(r->pack, raw, label, given);
}

static bool read_record(struct reader *r)
{
    struct ats_senml_raw raw = {0};
    bool first = true;
    size_t base = r->keys.count;
    r->pack->seen++;
    enum ats_json_kind kind = ats_json_peek(&r->json);
    const uint8_t *begin = r->json.at;
    if (kind == ATS_JSON_NOTHING)
        return ats_json_fail(&r->json, ATS_RULE_JSON_SYNTAX);
    if (kind != ATS_JSON_OBJECT)
        return ats_senml_refuse(r->pack, "a record is an object");
    if (!ats_json_open(&r->json))
        return false;
    while (ats_json_more(&r->json, '}', &first))
        if (!read_field(r, base, &raw))
            return false;
    ats_json_keys_pop(&r->keys, base);
    raw.bytes = ats_span_of(begin, (size_t)(r->json.at - begin));
    return r->json.fault == ATS_RULE_NONE && ats_senml_add(r->pack, &raw);
}

static bool read_pack(struct reader *r)
{
    bool first = true;
    enum ats_json_kind kind = ats_json_peek(&r->json);
    if (kind == ATS_JSON_NOTHING)
        return ats_json_fail(&r->json, ATS_RULE_JSON_SYNTAX);
    if (kind != ATS_JSON_ARRAY)
        return ats_senml_refuse(r->pack, "a pack is a list of records");
    if (!ats_json_open(&r->json))
        return false;
    while (ats_json_more(&r->json, ']', &first))
        if (!read_record(r))
            return false;
    return ats_json_end(&r->json);
}

bool ats_senml_read_json(struct ats_senml *pack, struct ats_span payload, const uint8_t *secret)
{
    struct reader r;
    r.pack = pack;
    ats_json_init(&r.json, payload);
    ats_json_keys_init(&r.keys, secret);
    if (read_pack(&r))
        return ats_senml_end(pack);
    /* What breaks SenML may be no JSON further on, and then it is called that. */
    if (r.json.fault == ATS_RULE_NONE)
        (void)ats_json_check(&r.json, &r.keys);
    if (r.json.fault != ATS_RULE_NONE)
        ats_json_verdict(&r.json, pack->verdict);
    return false;
}
