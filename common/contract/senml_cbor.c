/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SenML in CBOR (RFC 8428, section 6; RFC 8949). A pack is an array of maps of single values and never deeper, so this reader is no
 * CBOR library: it walks the bytes once, holds every length against what is left, and allocates nothing (docs/adr/0033).
 */
#include "common/base/utf8.h"
#include "common/contract/json.h"
#include "common/contract/senml.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* Fields of one record that are none of ours, so that none of them stands twice. */
#define OTHER_FIELDS_MAX 16
/* Past that a decimal fraction is zero or infinite, whatever its digits are. */
#define EXPONENT_MAX 400

enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };

#define INDEFINITE 31
#define BREAK 0xff
#define TAG_DECIMAL_FRACTION 4

struct head {
    enum major major;
    unsigned info;
    uint64_t value; /* of the argument; 0 for INDEFINITE */
};

struct reader {
    struct ats_senml *pack;
    const uint8_t *begin;
    const uint8_t *at;
    const uint8_t *end;
};

static bool fail(struct reader *r, enum ats_rule rule, const char *what)
{
    ats_verdict_set(r->pack->verdict, rule, "", "%s at byte %zu", what, (size_t)(r->at - r->begin));
    return false;
}

/* ---- bytes ---- */

/* The first byte of an item and its argument (RFC 8949, section 3). */
static bool read_head(struct reader *r, struct head *ret_head)
{
    static const uint8_t sizes[] = {1, 2, 4, 8};
    if (r->at == r->end)
        return fail(r, ATS_RULE_CBOR_SYNTAX, "the CBOR ends");
    uint8_t first = *r->at;
    unsigned info = first & 0x1f;
    *ret_head = (struct head){.major = (enum major)(first >> 5), .info = info, .value = info};
    if (info > 27 && info < INDEFINITE)
        return fail(r, ATS_RULE_CBOR_SYNTAX, "no CBOR");
    size_t size = info >= 24 && info <= 27 ? sizes[info - 24] : 0;
    if ((size_t)(r->end - r->at) - 1 < size)
        return fail(r, ATS_RULE_CBOR_SYNTAX, "the CBOR ends");
    r->at++;
    if (info >= 24)
        ret_head->value = 0;
    for (size_t i = 0; i < size; i++)
        ret_head->value = ret_head->value << 8 | *r->at++;
    return true;
}

/* The bytes of a string, UTF-8 where it is a text. */
static bool read_string(struct reader *r, const struct head *head, struct ats_span *ret_bytes)
{
    if (head->info == INDEFINITE)
        return ats_senml_refuse(r->pack, "a text or bytes in pieces");
    if (head->value > (uint64_t)(r->end - r->at))
        return fail(r, ATS_RULE_CBOR_SYNTAX, "the CBOR ends");
    *ret_bytes = ats_span_of(r->at, (size_t)head->value);
    if (head->major == TEXT && ats_utf8_span(*ret_bytes) != ret_bytes->len)
        return fail(r, ATS_RULE_UTF8, "not UTF-8 in a text");
    r->at += head->value;
    return true;
}

/* Whether another item of an array or map follows; `left` counts those of a definite length. */
static bool more(struct reader *r, const struct head *head, uint64_t *left)
{
    if (head->info != INDEFINITE)
        return (*left)-- > 0;
    if (r->at == r->end || *r->at != BREAK)
        return true;
    r->at++;
    return false;
}

/* ---- numbers ---- */

static struct ats_given integer_of(uint64_t value, bool negative)
{
    if (value > INT64_MAX)
        return (struct ats_given){.kind = ATS_GIVEN_REAL,
                                  .value.real = negative ? -1.0 - (double)value : (double)value};
    return (struct ats_given){.kind = ATS_GIVEN_INTEGER,
                              .value.integer = negative ? -1 - (int64_t)value : (int64_t)value};
}

/* RFC 8949, appendix D. */
static double half_of(uint64_t bits)
{
    unsigned exponent = (unsigned)(bits >> 10) & 0x1f;
    double mantissa = (double)(bits & 0x3ff);
    double value =
        exponent == 0 ? ldexp(mantissa, -24) : ldexp(mantissa + 1024, (int)exponent - 25);
    if (exponent == 31)
        value = HUGE_VAL; /* or not a number, which is refused as well */
    return bits & 0x8000 ? -value : value;
}

static double single_of(uint64_t bits)
{
    uint32_t narrow = (uint32_t)bits;
    float value;
    memcpy(&value, &narrow, sizeof(value));
    return (double)value;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static bool take_real(struct reader *r, double value, struct ats_given *ret_given)
{
    *ret_given = (struct ats_given){.kind = ATS_GIVEN_REAL, .value.real = value};
    return isfinite(value) ? true : ats_senml_refuse(r->pack, "a number that is not finite");
}

static bool read_integer(struct reader *r, struct head *ret_head)
{
    if (!read_head(r, ret_head))
        return false;
    if (ret_head->info == INDEFINITE && ret_head->major <= NEGATIVE)
        return fail(r, ATS_RULE_CBOR_SYNTAX, "no CBOR");
    return ret_head->major <= NEGATIVE
               ? true
               : ats_senml_refuse(r->pack, "a decimal fraction is two integers of 64 bits");
}

/* mantissa * 10^exponent, rounded once as JSON's numbers are. */
static bool to_decimal(struct reader *r, const struct head *exponent, const struct head *mantissa,
                       struct ats_given *ret_given)
{
    char text[64];
    bool small = exponent->value <= EXPONENT_MAX;
    int power = small ? (int)exponent->value : EXPONENT_MAX;
    power = exponent->major == NEGATIVE ? -1 - power : power;
    bool negative = mantissa->major == NEGATIVE;
    bool overflow = negative && mantissa->value == UINT64_MAX; /* -2^64 */
    uint64_t digits = mantissa->value + (negative && !overflow ? 1 : 0);
    int len = snprintf(text, sizeof(text), "%" PRIu64 "e%d", digits, power);
    const struct ats_json_number number = {
        .raw = ats_span_of(text, (size_t)len), .digits = digits, .exponent = power, .exact = true};
    double value = 0;
    if (ats_json_to_double(&number, &value) != ATS_OK)
        value = HUGE_VAL;
    return take_real(r, negative ? -value : value, ret_given);
}

static bool read_decimal(struct reader *r, struct ats_given *ret_given)
{
    struct head array;
    struct head exponent;
    struct head mantissa;
    if (!read_head(r, &array))
        return false;
    if (array.major != ARRAY || array.info == INDEFINITE || array.value != 2)
        return ats_senml_refuse(r->pack, "a decimal fraction is two integers of 64 bits");
    return read_integer(r, &exponent) && read_integer(r, &mantissa) &&
           to_decimal(r, &exponent, &mantissa, ret_given);
}

/* ---- values ---- */

static bool read_simple(struct reader *r, const struct head *head, struct ats_given *ret_given)
{
    switch (head->info) {
    case 20:
    case 21:
        *ret_given =
            (struct ats_given){.kind = ATS_GIVEN_BOOLEAN, .value.boolean = head->info == 21};
        return true;
    case 25:
        return take_real(r, half_of(head->value), ret_given);
    case 26:
        return take_real(r, single_of(head->value), ret_given);
    case 27:
        return take_real(r, double_of(head->value), ret_given);
    case 24:
        if (head->value < 32)
            return fail(r, ATS_RULE_CBOR_SYNTAX, "no CBOR");
        break;
    case INDEFINITE:
        return fail(r, ATS_RULE_CBOR_SYNTAX, "a break of nothing");
    default:
        break;
    }
    return ats_senml_refuse(r->pack, "null, undefined and simple values are no value");
}

static bool read_value(struct reader *r, struct ats_given *ret_given)
{
    struct head head;
    if (!read_head(r, &head))
        return false;
    if (head.info == INDEFINITE && (head.major <= NEGATIVE || head.major == TAG))
        return fail(r, ATS_RULE_CBOR_SYNTAX, "no CBOR");
    switch (head.major) {
    case UNSIGNED:
    case NEGATIVE:
        *ret_given = integer_of(head.value, head.major == NEGATIVE);
        return true;
    case BYTES:
    case TEXT:
        ret_given->kind = head.major == TEXT ? ATS_GIVEN_TEXT : ATS_GIVEN_BYTES;
        return read_string(r, &head, &ret_given->value.bytes);
    case TAG:
        return head.value == TAG_DECIMAL_FRACTION
                   ? read_decimal(r, ret_given)
                   : ats_senml_refuse(r->pack, "a tag other than that of decimal fractions");
    case SIMPLE:
        return read_simple(r, &head, ret_given);
    default:
        return ats_senml_refuse(r->pack, "a field's value is a number, a text, bytes or a boolean");
    }
}

/* ---- records ---- */

/* A field's label: one of ours, or another's text or number. */
struct label {
    enum ats_senml_label known; /* LABEL_COUNT: not ours */
    struct head head;
    struct ats_span text;
};

static bool read_label(struct reader *r, struct label *ret_label)
{
    /* From -6, bs, to 8, vd (table 4). */
    static const enum ats_senml_label labels[] = {
        ATS_SENML_BS,   ATS_SENML_BV, ATS_SENML_BU, ATS_SENML_BT, ATS_SENML_BN,
        ATS_SENML_BVER, ATS_SENML_N,  ATS_SENML_U,  ATS_SENML_V,  ATS_SENML_VS,
        ATS_SENML_VB,   ATS_SENML_S,  ATS_SENML_T,  ATS_SENML_UT, ATS_SENML_VD};
    struct head head;
    *ret_label = (struct label){.known = ATS_SENML_LABEL_COUNT};
    if (!read_head(r, &head))
        return false;
    ret_label->head = head;
    if (head.major == TEXT)
        return read_string(r, &head, &ret_label->text) &&
               (ats_senml_label_find(ret_label->text) == ATS_SENML_LABEL_COUNT
                    ? ats_senml_may_pass(r->pack, ret_label->text)
                    : ats_senml_refuse(r->pack, "a label of RFC 8428 is a number in CBOR"));
    if (head.major > NEGATIVE)
        return ats_senml_refuse(r->pack, "a label is a text or a number");
    if (head.info == INDEFINITE)
        return fail(r, ATS_RULE_CBOR_SYNTAX, "no CBOR");
    if (head.major == UNSIGNED && head.value <= 8)
        ret_label->known = labels[6 + head.value];
    if (head.major == NEGATIVE && head.value <= 5)
        ret_label->known = labels[5 - head.value];
    return true;
}

/* Two of one kind, however long their heads are. */
static bool is_same(const struct label *a, const struct label *b)
{
    return a->head.major == b->head.major && a->head.value == b->head.value &&
           (a->head.major != TEXT || ats_span_equal(a->text, b->text));
}

static bool note_other(struct reader *r, struct label *others, size_t *count,
                       const struct label *label)
{
    for (size_t i = 0; i < *count; i++)
        if (is_same(&others[i], label))
            return fail(r, ATS_RULE_CBOR_DUPLICATE_KEY, "a label stands twice");
    if (*count == OTHER_FIELDS_MAX)
        return ats_senml_refuse(r->pack, "more than %d fields that RFC 8428 does not have",
                                OTHER_FIELDS_MAX);
    others[(*count)++] = *label;
    return true;
}

static bool read_fields(struct reader *r, const struct head *map, struct ats_senml_raw *raw)
{
    struct label others[OTHER_FIELDS_MAX];
    size_t other_count = 0;
    uint64_t left = map->value;
    while (more(r, map, &left)) {
        struct label label;
        struct ats_given given;
        if (!read_label(r, &label))
            return false;
        bool known = label.known != ATS_SENML_LABEL_COUNT;
        if (known && raw->fields[label.known].kind != ATS_GIVEN_NOTHING)
            return fail(r, ATS_RULE_CBOR_DUPLICATE_KEY, "a label stands twice");
        if (!known && !note_other(r, others, &other_count, &label))
            return false;
        if (!read_value(r, &given) || (known && !ats_senml_take(r->pack, raw, label.known, given)))
            return false;
    }
    return true;
}

static bool read_record(struct reader *r)
{
    struct ats_senml_raw raw = {0};
    struct head map;
    const uint8_t *begin = r->at;
    r->pack->seen++;
    if (!read_head(r, &map))
        return false;
    if (map.major != MAP)
        return ats_senml_refuse(r->pack, "a record is a map");
    if (!read_fields(r, &map, &raw))
        return false;
    raw.bytes = ats_span_of(begin, (size_t)(r->at - begin));
    return ats_senml_add(r->pack, &raw);
}

bool ats_senml_read_cbor(struct ats_senml *pack, struct ats_span payload)
{
    struct reader r = {
        .pack = pack, .begin = payload.data, .at = payload.data, .end = payload.data + payload.len};
    struct head array;
    if (!read_head(&r, &array))
        return false;
    if (array.major != ARRAY)
        return ats_senml_refuse(pack, "a pack is an array of records");
    uint64_t left = array.value;
    while (more(&r, &array, &left))
        if (!read_record(&r))
            return false;
    return r.at == r.end ? ats_senml_end(pack)
                         : fail(&r, ATS_RULE_CBOR_SYNTAX, "bytes behind the pack");
}
