/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/verdict.h"

#include "common/base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const class_names[] = {
    [ATS_VERDICT_ADMITTED] = "admitted",
    [ATS_VERDICT_MALFORMED] = "malformed",
    [ATS_VERDICT_SCHEMA] = "schema",
    [ATS_VERDICT_QUALITY] = "quality",
};

/* One line per rule: its stable name and the class that follows from it. */
static const struct {
    const char *name;
    enum ats_verdict_class verdict_class;
} rules[ATS_RULE_COUNT] = {
    [ATS_RULE_NONE] = {"none", ATS_VERDICT_ADMITTED},
    [ATS_RULE_JSON_SYNTAX] = {"json-syntax", ATS_VERDICT_MALFORMED},
    [ATS_RULE_JSON_DEPTH] = {"json-depth", ATS_VERDICT_MALFORMED},
    [ATS_RULE_JSON_DUPLICATE_KEY] = {"json-duplicate-key", ATS_VERDICT_MALFORMED},
    [ATS_RULE_UTF8] = {"utf8", ATS_VERDICT_MALFORMED},
    [ATS_RULE_SIZE] = {"size", ATS_VERDICT_MALFORMED},
    [ATS_RULE_EMPTY] = {"empty", ATS_VERDICT_MALFORMED},
    [ATS_RULE_CBOR_SYNTAX] = {"cbor-syntax", ATS_VERDICT_MALFORMED},
    [ATS_RULE_CBOR_DUPLICATE_KEY] = {"cbor-duplicate-key", ATS_VERDICT_MALFORMED},
    [ATS_RULE_SENML] = {"senml", ATS_VERDICT_MALFORMED},
    [ATS_RULE_AVRO_SYNTAX] = {"avro-syntax", ATS_VERDICT_MALFORMED},
    [ATS_RULE_TYPE] = {"type", ATS_VERDICT_SCHEMA},
    [ATS_RULE_UNKNOWN_FIELD] = {"unknown-field", ATS_VERDICT_SCHEMA},
    [ATS_RULE_MISSING_FIELD] = {"missing-field", ATS_VERDICT_SCHEMA},
    [ATS_RULE_NUMBER_RANGE] = {"number-range", ATS_VERDICT_SCHEMA},
    [ATS_RULE_ENUM_SYMBOL] = {"enum-symbol", ATS_VERDICT_SCHEMA},
    [ATS_RULE_LENGTH] = {"length", ATS_VERDICT_SCHEMA},
    [ATS_RULE_BATCH] = {"batch", ATS_VERDICT_SCHEMA},
    [ATS_RULE_UNIT] = {"unit", ATS_VERDICT_SCHEMA},
    [ATS_RULE_DUPLICATE_FIELD] = {"duplicate-field", ATS_VERDICT_SCHEMA},
    [ATS_RULE_CONTENT_TYPE] = {"content-type", ATS_VERDICT_SCHEMA},
    [ATS_RULE_AMBIGUOUS] = {"ambiguous", ATS_VERDICT_SCHEMA},
    [ATS_RULE_SCHEMA_ID] = {"schema-id", ATS_VERDICT_SCHEMA},
    [ATS_RULE_RANGE] = {"range", ATS_VERDICT_QUALITY},
    [ATS_RULE_NOT_NULL] = {"not-null", ATS_VERDICT_QUALITY},
    [ATS_RULE_ALLOWED_VALUES] = {"allowed-values", ATS_VERDICT_QUALITY},
    [ATS_RULE_DEVICE] = {"device", ATS_VERDICT_QUALITY},
    [ATS_RULE_TIME_FUTURE] = {"time-future", ATS_VERDICT_QUALITY},
    [ATS_RULE_TIME_OLD] = {"time-old", ATS_VERDICT_QUALITY},
    [ATS_RULE_TIME_BACK] = {"time-back", ATS_VERDICT_QUALITY},
    [ATS_RULE_CHANGE_RATE] = {"change-rate", ATS_VERDICT_QUALITY},
    [ATS_RULE_STUCK_VALUE] = {"stuck-value", ATS_VERDICT_QUALITY},
    [ATS_RULE_SEQUENCE_GAP] = {"sequence-gap", ATS_VERDICT_QUALITY},
    [ATS_RULE_FREQUENCY] = {"frequency", ATS_VERDICT_QUALITY},
    [ATS_RULE_FRESHNESS] = {"freshness", ATS_VERDICT_QUALITY},
};

_Static_assert(ATS_RULE_COUNT <= 64, "`warned` has a bit for each rule");

const char *ats_verdict_class_name(enum ats_verdict_class verdict_class)
{
    return class_names[verdict_class];
}

const char *ats_rule_name(enum ats_rule rule)
{
    return rules[rule].name;
}

void ats_verdict_set(struct ats_verdict *verdict, enum ats_rule rule, const char *path,
                     const char *format, ...)
{
    verdict->verdict_class = rules[rule].verdict_class;
    verdict->rule = rule;
    (void)snprintf(verdict->path, sizeof(verdict->path), "%.*s",
                   ats_utf8_cut(path, sizeof(verdict->path) - 1), path);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(verdict->text, sizeof(verdict->text), format, args);
    va_end(args);
    verdict->text[ats_utf8_cut(verdict->text, sizeof(verdict->text))] = '\0';
}

void ats_verdict_fail(struct ats_verdict *verdict, const struct ats_verdict *fault)
{
    verdict->verdict_class = fault->verdict_class;
    verdict->rule = fault->rule;
    memcpy(verdict->path, fault->path, sizeof(verdict->path));
    memcpy(verdict->text, fault->text, sizeof(verdict->text));
}

void ats_verdict_warn(struct ats_verdict *verdict, enum ats_rule rule, const char *path)
{
    static const char more[] = " ...";
    char *warnings = verdict->warnings;
    const char *name = rules[rule].name;
    size_t len = strlen(warnings);
    size_t room = sizeof(verdict->warnings) - len;
    verdict->warned |= UINT64_C(1) << rule;
    size_t needed = (len > 0) + strlen(path) + 1 + strlen(name);
    if (len >= sizeof(more) - 1 && strcmp(warnings + len - (sizeof(more) - 1), more) == 0)
        return;
    if (needed + sizeof(more) > room)
        (void)snprintf(warnings + len, room, "%s", more);
    else
        (void)snprintf(warnings + len, room, "%s%s:%s", len > 0 ? " " : "", path, name);
}
