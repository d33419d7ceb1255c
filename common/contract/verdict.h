/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a payload did not pass its contract: a class, the place in the schema, the rule, a sentence. Every rule has a stable
 * name from one table (verdict.c), which logs, receipts, metrics and `attestream contract check` share.
 */
#ifndef ATS_CONTRACT_VERDICT_H
#define ATS_CONTRACT_VERDICT_H

#include "common/base/status.h"

#include <stddef.h>
#include <stdint.h>

#define ATS_VERDICT_PATH_MAX 256
#define ATS_VERDICT_TEXT_MAX 256
/* Those that do not fit are left out, and the last is "...". */
#define ATS_VERDICT_WARNINGS_MAX 512

enum ats_verdict_class {
    ATS_VERDICT_ADMITTED,
    ATS_VERDICT_MALFORMED, /* not even the format: not JSON, not UTF-8, too large */
    ATS_VERDICT_SCHEMA, /* the format, but not the schema: wrong type, unknown or missing field */
    ATS_VERDICT_QUALITY, /* the schema, but a quality rule does not hold: range, allowed values, time */
};

enum ats_rule {
    ATS_RULE_NONE,
    /* malformed */
    ATS_RULE_JSON_SYNTAX,
    ATS_RULE_JSON_DEPTH,
    ATS_RULE_JSON_DUPLICATE_KEY,
    ATS_RULE_UTF8,
    ATS_RULE_SIZE,
    ATS_RULE_EMPTY,
    ATS_RULE_CBOR_SYNTAX,
    ATS_RULE_CBOR_DUPLICATE_KEY,
    ATS_RULE_SENML,       /* not what RFC 8428 allows */
    ATS_RULE_AVRO_SYNTAX, /* not the Avro of the contract's schema, or not framed */
    /* schema */
    ATS_RULE_TYPE,
    ATS_RULE_UNKNOWN_FIELD,
    ATS_RULE_MISSING_FIELD,
    ATS_RULE_NUMBER_RANGE, /* does not fit the schema's int, long, float or double, or is too long */
    ATS_RULE_ENUM_SYMBOL,
    ATS_RULE_LENGTH,
    ATS_RULE_BATCH,           /* a list without events, or with too many */
    ATS_RULE_UNIT,            /* a SenML record has another unit than its field */
    ATS_RULE_DUPLICATE_FIELD, /* two SenML records give one field of one event */
    ATS_RULE_CONTENT_TYPE,    /* of none of the contract's formats */
    ATS_RULE_AMBIGUOUS,       /* two of them can read it */
    ATS_RULE_SCHEMA_ID,       /* framed with another schema's */
    /* quality */
    ATS_RULE_RANGE,
    ATS_RULE_NOT_NULL,
    ATS_RULE_ALLOWED_VALUES,
    ATS_RULE_DEVICE, /* the payload names another device than the one that proved itself */
    ATS_RULE_TIME_FUTURE,
    ATS_RULE_TIME_OLD,
    ATS_RULE_TIME_BACK,    /* too far before the newest event of the device */
    ATS_RULE_CHANGE_RATE,  /* a value changes too fast */
    ATS_RULE_STUCK_VALUE,  /* a value stays the same for too long */
    ATS_RULE_SEQUENCE_GAP, /* a counter jumps: events are missing */
    ATS_RULE_FREQUENCY,    /* a pause longer than the service level states */
    ATS_RULE_FRESHNESS,    /* an event older than the service level states */
    ATS_RULE_COUNT,
};

struct ats_verdict {
    enum ats_verdict_class verdict_class;
    enum ats_rule rule;
    char path[ATS_VERDICT_PATH_MAX]; /* "data.temp", "" for the whole payload */
    char text
        [ATS_VERDICT_TEXT_MAX]; /* for a person; holds no more of the payload than a short number or name */
    char warnings
        [ATS_VERDICT_WARNINGS_MAX]; /* rules that only warn, as "PATH:RULE PATH:RULE"; "": none */
    uint64_t warned;                /* a bit for each rule among them */
};

/* "admitted", "malformed", "schema", "quality". */
const char *ats_verdict_class_name(enum ats_verdict_class verdict_class);
/* "json-syntax", "unknown-field", ... */
const char *ats_rule_name(enum ats_rule rule);
/* Admitted, as long as nothing else is set: no rule, no text, no warning. */
static inline void ats_verdict_clear(struct ats_verdict *ret_verdict)
{
    ret_verdict->verdict_class = ATS_VERDICT_ADMITTED;
    ret_verdict->rule = ATS_RULE_NONE;
    ret_verdict->path[0] = '\0';
    ret_verdict->text[0] = '\0';
    ret_verdict->warnings[0] = '\0';
    ret_verdict->warned = 0;
}
/* Sets the verdict; the class follows from the rule. */
void ats_verdict_set(struct ats_verdict *verdict, enum ats_rule rule, const char *path,
                     const char *format, ...) ATS_PRINTF(4, 5);

/* The other's fault in the place of this one's; its warnings stay. */
void ats_verdict_fail(struct ats_verdict *verdict, const struct ats_verdict *fault);
/* Adds a warning. */
void ats_verdict_warn(struct ats_verdict *verdict, enum ats_rule rule, const char *path);

#endif
