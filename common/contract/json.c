/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/json.h"

#include "common/base/limits.h"
#include "common/base/parse.h"

#include <math.h>

/* ---- judging ---- */

struct checker {
    const uint8_t *data;
    size_t len;
    size_t at;
    enum ats_rule rule;
};

static bool check_value(struct checker *c, int depth);

static bool broken(struct checker *c, enum ats_rule rule)
{
    if (c->rule == ATS_RULE_NONE)
        c->rule = rule;
    return false;
}

static void check_space(struct checker *c)
{
    while (c->at < c->len && (c->data[c->at] == ' ' || c->data[c->at] == '\n' ||
                              c->data[c->at] == '\r' || c->data[c->at] == '\t'))
        c->at++;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool check_digits(struct checker *c)
{
    size_t from = c->at;
    while (c->at < c->len && is_digit(c->data[c->at]))
        c->at++;
    return c->at > from || broken(c, ATS_RULE_JSON_SYNTAX);
}

static bool check_number(struct checker *c)
{
    if (c->data[c->at] == '-')
        c->at++;
    if (c->at < c->len && c->data[c->at] == '0')
        c->at++;
    else if (!check_digits(c))
        return false;
    if (c->at < c->len && c->data[c->at] == '.') {
        c->at++;
        if (!check_digits(c))
            return false;
    }
    if (c->at < c->len && (c->data[c->at] | 0x20) == 'e') {
        c->at++;
        if (c->at < c->len && (c->data[c->at] == '+' || c->data[c->at] == '-'))
            c->at++;
        return check_digits(c);
    }
    return true;
}

static int hex_value(uint8_t byte)
{
    if (is_digit(byte))
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The 4 hexadecimal digits at `data`, or -1. */
static int hex4(const uint8_t *data)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(data[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* At the byte behind a backslash. A lone surrogate is no Unicode text and cannot become UTF-8. */
static bool check_escape(struct checker *c)
{
    if (c->at >= c->len)
        return broken(c, ATS_RULE_JSON_SYNTAX);
    uint8_t kind = c->data[c->at++];
    if (kind != 'u')
        return kind && strchr("\"\\/bfnrt", kind) ? true : broken(c, ATS_RULE_JSON_SYNTAX);
    int unit = c->len - c->at >= 4 ? hex4(c->data + c->at) : -1;
    if (unit < 0)
        return broken(c, ATS_RULE_JSON_SYNTAX);
    c->at += 4;
    if (unit < 0xd800 || unit > 0xdfff)
        return true;
    bool pair = unit <= 0xdbff && c->len - c->at >= 6 && c->data[c->at] == '\\' &&
                c->data[c->at + 1] == 'u';
    int low = pair ? hex4(c->data + c->at + 2) : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return broken(c, ATS_RULE_UTF8);
    c->at += 6;
    return true;
}

/* A sequence of two to four bytes as RFC 3629 allows: no overlong form, no surrogate, nothing above U+10FFFF. */
static bool check_utf8(struct checker *c)
{
    const uint8_t *p = c->data + c->at;
    size_t left = c->len - c->at;
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < len)
        return broken(c, ATS_RULE_UTF8);
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return broken(c, ATS_RULE_UTF8);
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return broken(c, ATS_RULE_UTF8);
    c->at += len;
    return true;
}

static bool check_string(struct checker *c)
{
    c->at++;
    while (c->at < c->len) {
        uint8_t byte = c->data[c->at];
        if (byte == '"') {
            c->at++;
            return true;
        }
        if (byte < 0x20)
            return broken(c, ATS_RULE_JSON_SYNTAX);
        if (byte >= 0x80) {
            if (!check_utf8(c))
                return false;
            continue;
        }
        c->at++;
        if (byte == '\\' && !check_escape(c))
            return false;
    }
    return broken(c, ATS_RULE_JSON_SYNTAX);
}

static bool check_word(struct checker *c, const char *word)
{
    size_t len = strlen(word);
    if (c->len - c->at < len || memcmp(c->data + c->at, word, len) != 0)
        return broken(c, ATS_RULE_JSON_SYNTAX);
    c->at += len;
    return true;
}

static bool check_member_name(struct checker *c)
{
    check_space(c);
    if (c->at >= c->len || c->data[c->at] != '"' || !check_string(c))
        return broken(c, ATS_RULE_JSON_SYNTAX);
    check_space(c);
    if (c->at >= c->len || c->data[c->at] != ':')
        return broken(c, ATS_RULE_JSON_SYNTAX);
    c->at++;
    return true;
}

/* An object or array, at its opening byte. */
static bool check_container(struct checker *c, int depth)
{
    bool object = c->data[c->at] == '{';
    uint8_t close = object ? '}' : ']';
    if (depth >= ATS_JSON_DEPTH_MAX)
        return broken(c, ATS_RULE_JSON_DEPTH);
    c->at++;
    check_space(c);
    if (c->at < c->len && c->data[c->at] == close) {
        c->at++;
        return true;
    }
    for (;;) {
        if ((object && !check_member_name(c)) || !check_value(c, depth + 1))
            return false;
        check_space(c);
        if (c->at >= c->len || (c->data[c->at] != ',' && c->data[c->at] != close))
            return broken(c, ATS_RULE_JSON_SYNTAX);
        if (c->data[c->at++] == close)
            return true;
    }
}

static bool check_value(struct checker *c, int depth)
{
    check_space(c);
    if (c->at >= c->len)
        return broken(c, ATS_RULE_JSON_SYNTAX);
    switch (c->data[c->at]) {
    case '{':
    case '[':
        return check_container(c, depth);
    case '"':
        return check_string(c);
    case 't':
        return check_word(c, "true");
    case 'f':
        return check_word(c, "false");
    case 'n':
        return check_word(c, "null");
    default:
        if (c->data[c->at] == '-' || is_digit(c->data[c->at]))
            return check_number(c);
        return broken(c, c->data[c->at] >= 0x80 ? ATS_RULE_UTF8 : ATS_RULE_JSON_SYNTAX);
    }
}

/* A text with a byte that is no UTF-8 anywhere is called that, wherever the syntax breaks first. */
static bool is_utf8(struct ats_span text)
{
    struct checker c = {.data = text.data, .len = text.len};
    while (c.at < c.len) {
        if (text.data[c.at] < 0x80)
            c.at++;
        else if (!check_utf8(&c))
            return false;
    }
    return true;
}

enum ats_rule ats_json_check(struct ats_span text, size_t *ret_at)
{
    struct checker c = {.data = text.data, .len = text.len};
    if (check_value(&c, 0)) {
        check_space(&c);
        if (c.at < c.len)
            c.rule = ATS_RULE_JSON_SYNTAX;
    }
    *ret_at = c.at;
    return c.rule == ATS_RULE_JSON_SYNTAX && !is_utf8(text) ? ATS_RULE_UTF8 : c.rule;
}

/* ---- walking ---- */

const char *ats_json_type_name(enum ats_json_type type)
{
    static const char *const names[] = {"null", "boolean", "number", "string", "array", "object"};
    return names[type];
}

static void space(struct ats_json *json)
{
    while (json->at < json->end && *json->at <= ' ')
        json->at++;
}

enum ats_json_type ats_json_peek(struct ats_json *json)
{
    space(json);
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
    default:
        return ATS_JSON_NUMBER;
    }
}

struct ats_span ats_json_raw_string(struct ats_json *json, bool *ret_escaped)
{
    space(json);
    const uint8_t *from = ++json->at;
    *ret_escaped = false;
    while (*json->at != '"') {
        if (*json->at == '\\') {
            *ret_escaped = true;
            json->at++;
        }
        json->at++;
    }
    return ats_span_of(from, (size_t)(json->at++ - from));
}

struct ats_span ats_json_raw_number(struct ats_json *json)
{
    space(json);
    const uint8_t *from = json->at;
    while (json->at < json->end && (is_digit(*json->at) || *json->at == '-' || *json->at == '+' ||
                                    *json->at == '.' || (*json->at | 0x20) == 'e'))
        json->at++;
    return ats_span_of(from, (size_t)(json->at - from));
}

void ats_json_skip(struct ats_json *json)
{
    bool escaped = false;
    int open = 0;
    do {
        switch (ats_json_peek(json)) {
        case ATS_JSON_STRING:
            (void)ats_json_raw_string(json, &escaped);
            break;
        case ATS_JSON_OBJECT:
        case ATS_JSON_ARRAY:
            open++;
            json->at++;
            break;
        case ATS_JSON_NULL:
        case ATS_JSON_BOOLEAN:
            json->at += *json->at == 'f' ? 5 : 4;
            break;
        case ATS_JSON_NUMBER: /* or a mark between values */
            if (*json->at == '}' || *json->at == ']')
                open--;
            if (*json->at == '-' || is_digit(*json->at))
                (void)ats_json_raw_number(json);
            else
                json->at++;
            break;
        }
    } while (open > 0);
}

void ats_json_enter(struct ats_json *json)
{
    space(json);
    json->at++;
}

bool ats_json_step(struct ats_json *json)
{
    space(json);
    if (*json->at == ',')
        json->at++;
    space(json);
    if (*json->at != '}' && *json->at != ']')
        return true;
    json->at++;
    return false;
}

void ats_json_colon(struct ats_json *json)
{
    space(json);
    json->at++;
}

static size_t put_utf8(uint32_t code, uint8_t *out)
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xc0 | code >> 6);
        out[1] = (uint8_t)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (uint8_t)(0xe0 | code >> 12);
        out[1] = (uint8_t)(0x80 | ((code >> 6) & 0x3f));
        out[2] = (uint8_t)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | code >> 18);
    out[1] = (uint8_t)(0x80 | ((code >> 12) & 0x3f));
    out[2] = (uint8_t)(0x80 | ((code >> 6) & 0x3f));
    out[3] = (uint8_t)(0x80 | (code & 0x3f));
    return 4;
}

/* The code point of the escape at `*at` (behind the backslash); moves behind it. */
static uint32_t take_escape(const uint8_t **at)
{
    uint8_t kind = *(*at)++;
    switch (kind) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'u':
        break;
    default:
        return kind;
    }
    uint32_t unit = (uint32_t)hex4(*at);
    *at += 4;
    if (unit < 0xd800 || unit > 0xdbff)
        return unit;
    uint32_t low = (uint32_t)hex4(*at + 2);
    *at += 6;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

size_t ats_json_unescape(struct ats_span raw, uint8_t *ret_text)
{
    const uint8_t *at = raw.data;
    const uint8_t *end = raw.data + raw.len;
    uint8_t *out = ret_text;
    while (at < end) {
        if (*at != '\\') {
            *out++ = *at++;
            continue;
        }
        at++;
        out += put_utf8(take_escape(&at), out);
    }
    return (size_t)(out - ret_text);
}

/* Sign, digits and decimal exponent of a number whose digits fit 19 places; false otherwise. */
static bool split_number(struct ats_span raw, bool *ret_negative, uint64_t *ret_digits,
                         int *ret_exponent)
{
    size_t i = raw.data[0] == '-' ? 1 : 0;
    uint64_t digits = 0;
    int count = 0;
    int exponent = 0;
    bool fraction = false;
    *ret_negative = i == 1;
    for (; i < raw.len && (raw.data[i] | 0x20) != 'e'; i++) {
        if (raw.data[i] == '.') {
            fraction = true;
            continue;
        }
        if (digits > 0 || raw.data[i] != '0')
            count++;
        if (count > 19)
            return false;
        digits = digits * 10 + (uint64_t)(raw.data[i] - '0');
        exponent -= fraction ? 1 : 0;
    }
    if (i < raw.len) {
        bool minus = raw.data[++i] == '-';
        int value = 0;
        for (i += minus || raw.data[i] == '+' ? 1 : 0; i < raw.len; i++)
            value = value < 100000 ? value * 10 + (raw.data[i] - '0') : value;
        exponent += minus ? -value : value;
    }
    *ret_digits = digits;
    *ret_exponent = exponent;
    return true;
}

enum ats_status ats_json_integer(struct ats_span raw, int64_t *ret_value)
{
    bool negative = false;
    uint64_t digits = 0;
    int exponent = 0;
    if (!split_number(raw, &negative, &digits, &exponent))
        return ATS_ERR_LIMIT;
    while (digits > 0 && exponent < 0 && digits % 10 == 0) {
        digits /= 10;
        exponent++;
    }
    if (digits > 0 && exponent < 0)
        return ATS_ERR_INVALID;
    while (digits > 0 && exponent > 0) {
        if (digits > UINT64_MAX / 10)
            return ATS_ERR_LIMIT;
        digits *= 10;
        exponent--;
    }
    if (digits > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return ATS_ERR_LIMIT;
    *ret_value = negative ? (int64_t)(0 - digits) : (int64_t)digits;
    return ATS_OK;
}

enum ats_status ats_json_real(struct ats_span raw, double *ret_value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    bool negative = false;
    uint64_t digits = 0;
    int exponent = 0;
    /* Both factors are exact doubles, so one rounding is all there is (Clinger 1990, the fast path). */
    if (split_number(raw, &negative, &digits, &exponent) && digits <= (UINT64_C(1) << 53) &&
        exponent >= -22 && exponent <= 22) {
        double value = (double)digits;
        value = exponent < 0 ? value / powers[-exponent] : value * powers[exponent];
        *ret_value = negative ? -value : value;
        return ATS_OK;
    }
    char text[ATS_JSON_NUMBER_MAX + 1];
    if (raw.len > ATS_JSON_NUMBER_MAX)
        return ATS_ERR_LIMIT;
    memcpy(text, raw.data, raw.len);
    text[raw.len] = '\0';
    return ats_parse_double(text, ret_value);
}
