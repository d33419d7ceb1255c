/* SPDX-License-Identifier: Apache-2.0 */
/* Strings of JSON: scanning and escapes. */
#include "common/contract/json.h"

#include "common/base/utf8.h"
#include "common/contract/scan.h"

static int hex_digit(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The four hexadecimal digits at `bytes`, or -1. */
static int32_t hex_unit(const uint8_t *bytes)
{
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(bytes[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* Behind the 'u' of an escape. A character beyond U+FFFF takes two escapes; half of such a pair is no character. */
static bool pass_unicode_escape(struct ats_json *json)
{
    int32_t unit = json->end - json->at >= 4 ? hex_unit(json->at) : -1;
    if (unit < 0)
        return ats_json_fail(json, ATS_RULE_JSON_SYNTAX);
    if (unit < 0xd800 || unit > 0xdfff) {
        json->at += 4;
        return true;
    }
    bool pair =
        unit < 0xdc00 && json->end - json->at >= 10 && json->at[4] == '\\' && json->at[5] == 'u';
    int32_t low = pair ? hex_unit(json->at + 6) : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return ats_json_fail(json, ATS_RULE_UTF8);
    json->at += 10;
    return true;
}

static bool pass_escape(struct ats_json *json)
{
    json->at++;
    if (json->at == json->end)
        return ats_json_fail(json, ATS_RULE_JSON_SYNTAX);
    switch (*json->at++) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return true;
    case 'u':
        return pass_unicode_escape(json);
    default:
        json->at--;
        return ats_json_fail(json, ATS_RULE_JSON_SYNTAX);
    }
}

bool ats_json_string(struct ats_json *json, struct ats_json_text *ret_text)
{
    const uint8_t *begin = ++json->at;
    ret_text->escaped = false;
    for (;;) {
        if (json->at < json->end && !ats_scan_is_special(*json->at))
            json->at = ats_scan_plain(json->at, json->end);
        if (json->at == json->end || *json->at < 0x20)
            return ats_json_fail(json, ATS_RULE_JSON_SYNTAX);
        if (*json->at == '"') {
            ret_text->raw = ats_span_of(begin, (size_t)(json->at - begin));
            json->at++;
            return true;
        }
        if (*json->at == '\\') {
            ret_text->escaped = true;
            if (!pass_escape(json))
                return false;
            continue;
        }
        size_t len = ats_utf8_sequence(ats_span_of(json->at, (size_t)(json->end - json->at)));
        if (len == 0)
            return ats_json_fail(json, ATS_RULE_UTF8);
        json->at += len;
    }
}

uint32_t ats_json_take_escape(const uint8_t **at)
{
    static const char marks[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    uint8_t mark = (*at)[1];
    *at += 2;
    if (mark != 'u') {
        const char *found = strchr(marks, mark);
        return found ? (uint32_t)meanings[found - marks] : mark;
    }
    uint32_t unit = (uint32_t)hex_unit(*at);
    *at += 4;
    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    uint32_t low = (uint32_t)hex_unit(*at + 2);
    *at += 6;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

size_t ats_json_unescape(struct ats_span raw, uint8_t *ret_bytes)
{
    const uint8_t *at = raw.data;
    const uint8_t *end = raw.data + raw.len;
    uint8_t *to = ret_bytes;
    while (at < end) {
        if (*at != '\\')
            *to++ = *at++;
        else
            to += ats_utf8_put(ats_json_take_escape(&at), to);
    }
    return (size_t)(to - ret_bytes);
}
