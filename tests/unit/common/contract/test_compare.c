/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/compare.h"

#include "tests/unit/common/contract/support.h"

/* A version of a contract with one field `v`, and what else a test needs. */
struct version {
    const char *id;         /* NULL: c */
    const char *number;     /* NULL: 1.0.0, of the newer one 1.1.0 */
    const char *type;       /* of v, as JSON; NULL: int */
    const char *more;       /* further members of v, with a comma before */
    const char *fields;     /* further fields, with a comma before */
    const char *properties; /* YAML lines of further properties */
    const char *rules;      /* flow mapping of logicalTypeOptions */
    const char *topics;     /* flow sequence */
    const char *settings;   /* flow mapping's further members, with a comma before */
};

static const char *either(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

static void write_version(const struct version *version, const char *number, struct ats_buf *odcs,
                          struct ats_buf *avsc)
{
    ats_buf_init(odcs, 100000);
    ats_buf_init(avsc, 100000);
    ats_buf_printf(
        avsc, "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"v\",\"type\":%s%s}%s]}",
        either(version->type, "\"int\""), either(version->more, ""), either(version->fields, ""));
    ats_buf_printf(
        odcs,
        "apiVersion: v3.1.0\nkind: DataContract\nid: %s\nversion: %s\nstatus: active\n"
        "schema:\n- name: R\n  properties:\n  - name: v\n    logicalTypeOptions: {%s}\n%s"
        "customProperties:\n- property: attestream\n  value: {topics: %s%s}\n",
        either(version->id, "c"), either(version->number, number), either(version->rules, ""),
        either(version->properties, ""), either(version->topics, "[\"a/{device}\"]"),
        either(version->settings, ""));
}

static void print_changes(const struct ats_comparison *comparison, struct ats_buf *out)
{
    for (size_t i = 0; i < comparison->count; i++) {
        const struct ats_change *change = &comparison->changes[i];
        ats_buf_printf(out, "%s", ats_version_part_name(change->part));
        for (unsigned bit = ATS_OLD_READERS; bit <= ATS_DEVICES; bit *= 2)
            if (change->concerned & bit)
                ats_buf_printf(out, " %s", ats_concerned_name((enum ats_concerned)bit));
        ats_buf_printf(out, " %s %s: %s\n", change->path, change->rule, change->text);
    }
}

static enum ats_status compare(const struct version *before, const struct version *after,
                               struct ats_comparison *ret_comparison, struct ats_error *err)
{
    struct ats_buf texts[4];
    write_version(before, "1.0.0", &texts[0], &texts[1]);
    write_version(after, "1.1.0", &texts[2], &texts[3]);
    const struct ats_contract_texts was = {ats_buf_span(&texts[0]), "old.yaml",
                                           ats_buf_span(&texts[1]), "old.avsc"};
    const struct ats_contract_texts is = {ats_buf_span(&texts[2]), "new.yaml",
                                          ats_buf_span(&texts[3]), "new.avsc"};
    enum ats_status status = ats_contract_compare(&was, &is, ret_comparison, err);
    for (int i = 0; i < 4; i++)
        ats_buf_fini(&texts[i]);
    return status;
}

/* Every change as a line: part, whom, path, rule, text. */
static void expect(const struct version *before, const struct version *after, const char *changes)
{
    struct ats_comparison comparison;
    struct ats_error err = {0};
    struct ats_buf found;
    ats_buf_init(&found, 100000);
    cr_assert_eq(compare(before, after, &comparison, &err), ATS_OK, "%s", err.text);
    print_changes(&comparison, &found);
    cr_assert_str_eq(ats_buf_text(&found), changes);
    ats_buf_fini(&found);
    ats_comparison_fini(&comparison);
}

static void expect_parts(const struct version *before, const struct version *after,
                         enum ats_version_part required, enum ats_version_part raised)
{
    struct ats_comparison comparison;
    struct ats_error err = {0};
    cr_assert_eq(compare(before, after, &comparison, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(comparison.required, required, "%d", comparison.required);
    cr_assert_eq(comparison.raised, raised, "%d", comparison.raised);
    cr_assert_eq(ats_comparison_holds(&comparison), raised >= required);
    ats_comparison_fini(&comparison);
}

#define V(...) (&(const struct version){__VA_ARGS__})

Test(compare, the_same_changes_nothing)
{
    expect(V(.type = "\"int\""), V(.type = "\"int\""), "");
    expect_parts(V(.number = "1.0.0"), V(.number = "1.0.0"), ATS_VERSION_NONE, ATS_VERSION_NONE);
}

Test(compare, what_changes_nothing_but_the_text_is_a_patch)
{
    expect_parts(V(.number = "1.0.0"), V(.number = "1.0.1", .more = ",\"doc\":\"d\""),
                 ATS_VERSION_PATCH, ATS_VERSION_PATCH);
    expect_parts(V(.number = "1.0.0"), V(.number = "1.0.0", .more = ",\"doc\":\"d\""),
                 ATS_VERSION_PATCH, ATS_VERSION_NONE);
}

Test(compare, the_part_that_rose_is_the_first_that_differs)
{
    expect_parts(V(.number = "1.9.9"), V(.number = "2.0.0"), ATS_VERSION_PATCH, ATS_VERSION_MAJOR);
    expect_parts(V(.number = "1.9.9"), V(.number = "1.10.0"), ATS_VERSION_PATCH, ATS_VERSION_MINOR);
    expect_parts(V(.number = "1.9.9"), V(.number = "1.9.10"), ATS_VERSION_PATCH, ATS_VERSION_PATCH);
    expect_parts(V(.number = "2.0.0"), V(.number = "1.9.9"), ATS_VERSION_PATCH, ATS_VERSION_NONE);
    expect_parts(V(.number = "1.2.0"), V(.number = "1.1.9"), ATS_VERSION_PATCH, ATS_VERSION_NONE);
}

#define NEW_FIELD(more) ",{\"name\":\"w\",\"type\":\"int\"" more "}"
#define W "  - name: w\n"

Test(compare, a_new_field_breaks_devices_and_new_readers_without_a_default)
{
    expect(
        V(0), V(.fields = NEW_FIELD(""), .properties = W),
        "major new-readers writers w missing-field: the field was not written and has no default\n"
        "major devices w missing-field: a new field without a default: payloads without it are "
        "refused\n");
    expect(
        V(0), V(.fields = NEW_FIELD(",\"default\":0"), .properties = W),
        "minor old-readers devices w new-field: a new field with a default: devices may send it, "
        "old readers pass it over\n");
}

Test(compare, a_field_that_is_gone_breaks_who_needs_it)
{
    expect(V(.fields = NEW_FIELD(""), .properties = W), V(0),
           "major old-readers w missing-field: the field was not written and has no default\n"
           "major devices w unknown-field: the field is gone: payloads that have it are refused\n");
    expect(
        V(.fields = NEW_FIELD(",\"default\":0"), .properties = W,
          .settings = ", unknownFields: ignore"),
        V(.settings = ", unknownFields: ignore"),
        "minor devices w unknown-field: the field is gone: what devices send of it is dropped\n");
}

Test(compare, an_alias_serves_readers_and_not_devices)
{
    expect(V(.fields = NEW_FIELD(",\"aliases\":[\"v\"]"), .properties = W),
           V(.fields = NEW_FIELD(",\"aliases\":[\"v\"]"), .properties = W),
           "major old-readers w two-fields: by its aliases the field is both v and w\n"
           "major new-readers writers w two-fields: by its aliases the field is both v and w\n");
}

Test(compare, a_default_that_goes_or_changes_is_told)
{
    expect(V(.more = ",\"default\":1"), V(0),
           "major devices v missing-field: the field could be missing, now it has no default\n");
    expect(V(.more = ",\"default\":1"), V(.more = ",\"default\":2"),
           "minor devices v default: where the field is missing it gets another default\n");
}

Test(compare, a_wider_type_breaks_old_readers_and_a_narrower_one_devices)
{
    expect(V(.type = "\"int\""), V(.type = "\"long\""),
           "major old-readers v type: int does not read long\n");
    expect(V(.type = "\"long\""), V(.type = "\"int\""),
           "major new-readers writers v type: int does not read long\n"
           "major devices v number-range: long was taken, now only int\n");
    expect(V(.type = "[\"null\",\"int\"]"), V(.type = "\"int\""),
           "major new-readers writers v type: int does not read null\n"
           "major devices v type: a JSON null is not taken any more\n");
    expect(V(.type = "\"double\""), V(.type = "[\"int\",\"float\"]"),
           "major new-readers writers v union-branch: no branch of the union reads double\n"
           "major devices v number-range: double was taken, now only float\n");
}

Test(compare, texts_are_compared_by_what_their_json_may_be)
{
#define ENUM(symbols) "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[" symbols "]}"
    expect(V(.type = ENUM("\"A\",\"B\"")), V(.type = ENUM("\"A\"")),
           "major new-readers writers v enum-symbol: the enum has no symbol B, and no default of "
           "its own\n"
           "major devices v enum-symbol: the symbol B is not taken any more\n");
    expect(V(.type = "\"string\""), V(.type = "\"bytes\""),
           "major devices v type: string was taken, now only bytes\n");
    expect(V(.type = "\"bytes\""), V(.type = "\"string\""), "");
}

Test(compare, a_narrower_rule_breaks_devices_and_is_told_with_a_value)
{
    expect(V(.rules = "maximum: 100"), V(.rules = "maximum: 80"),
           "major writers devices v range: narrower: 100 is above the most allowed, 80\n");
    expect(V(.rules = "maximum: 80"), V(.rules = "maximum: 100"),
           "minor old-readers v range: wider, the old version said: 81 is above the most allowed, "
           "80\n");
    expect(V(.rules = "maximum: 80"), V(.rules = "exclusiveMaximum: 81"), "");
    expect(V(.type = "\"double\"", .rules = "maximum: 80"),
           V(.type = "\"double\"", .rules = "exclusiveMaximum: 80"),
           "major writers devices v range: narrower: 80 is not below 80\n");
    expect(V(.rules = "minimum: 1, maximum: 3"), V(.rules = "mustBe: [1, 2, 3]"), "");
    expect(V(0), V(.rules = "mustNotBe: 5"),
           "major writers devices v allowed-values: narrower: a value that is not allowed\n");
}

Test(compare, rules_of_texts_are_compared_by_lists_and_lengths)
{
    const char *text = "\"string\"";
    expect(V(.type = text, .rules = "maxLength: 5"), V(.type = text, .rules = "maxLength: 4"),
           "major writers devices v range: narrower: longer than 4 characters\n");
    expect(V(.type = text, .rules = "mustBe: [A, B]"), V(.type = text, .rules = "mustBe: [A]"),
           "major writers devices v allowed-values: narrower: 'B': not one of the allowed values "
           "(1)\n");
    expect(V(.type = text, .rules = "mustBe: [A]"), V(.type = text, .rules = "maxLength: 1"),
           "minor old-readers v allowed-values: wider, the old version said: not one of the "
           "allowed values (1)\n");
}

Test(compare, a_value_that_must_not_be_null_any_more_breaks_devices)
{
    expect(V(.type = "[\"null\",\"int\"]", .rules = "}\n    required: false\n    examples: {"),
           V(.type = "[\"null\",\"int\"]", .rules = "}\n    required: true\n    examples: {"),
           "major writers devices v not-null: narrower: null, but a value is required\n");
}

Test(compare, topics_are_compared_by_what_they_take)
{
    expect(V(.topics = "[\"a/{device}\"]"), V(.topics = "[\"a/+\"]"),
           "minor devices  topics: 'a/+' has topics that the old version did not have\n");
    expect(V(.topics = "[\"a/+\"]"), V(.topics = "[\"a/{device}\"]"),
           "major devices  topics: not all topics of 'a/+' are the new version's\n");
    expect(V(.topics = "[\"a/b\"]"), V(.topics = "[\"a/#\"]"),
           "minor devices  topics: 'a/#' has topics that the old version did not have\n");
    expect(V(.topics = "[\"a\", \"a/b/c\"]"), V(.topics = "[\"a/#\", \"a/b/c\"]"),
           "minor devices  topics: 'a/#' has topics that the old version did not have\n");
}

Test(compare, settings_that_demand_more_break_devices)
{
    expect(V(.settings = ", proof: mac, unknownFields: ignore"),
           V(.settings = ", proof: signature"),
           "major devices  proof: the least proof is signature, it was mac\n"
           "major devices  unknownFields: fields that the schema does not have were ignored, now "
           "they are refused\n");
    expect(V(.settings = ", limits: {messagesPerSecond: 10}"),
           V(.settings = ", limits: {messagesPerSecond: 5, bytesPerSecond: 100, burst: 2s}"),
           "major devices  limits.messagesPerSecond: 5, it was 10\n"
           "major devices  limits.bytesPerSecond: 100, it was no limit\n"
           "major devices  limits.burst: 2000 ms, it was 10000 ms\n");
    expect(V(.type = "\"string\""), V(.type = "\"string\"", .settings = ", deviceField: v"),
           "major devices v deviceField: the field must name the device\n");
}

Test(compare, another_event_time_breaks_who_goes_by_it)
{
    expect(V(.settings = ", eventTime: {field: v, unit: s}"),
           V(.settings = ", eventTime: {field: v, unit: ms}"),
           "major old-readers new-readers devices v eventTime: the event's time is v in ms, it was "
           "v in s\n");
    expect(V(.settings = ", eventTime: {field: v, unit: s, maxAge: 1h}"),
           V(.settings = ", eventTime: {field: v, unit: s, maxAge: 1m, maxFuture: 1m}"),
           "major devices  maxAge: 60000 ms, it was 3600000 ms\n"
           "major devices  maxFuture: 60000 ms, it was none\n");
}

#define CHECK(rule, severity)                                                                      \
    "    quality: [{type: custom, engine: attestream, severity: " severity                         \
    ", implementation: {" rule "}}]\n"

Test(compare, rules_between_events_are_compared_by_their_limits)
{
    expect(V(.rules = "maxChangePerSecond: 5, maxUnchanged: 1m"),
           V(.rules = "maxChangePerSecond: 4.5, maxUnchanged: 2m"),
           "major writers devices v maxChangePerSecond: narrower: 4.5, it was 5\n"
           "minor old-readers v maxUnchanged: wider: 120000 ms, it was 60000 ms\n");
    expect(V(.rules = "maxUnchanged: 1m"), V(.rules = "maxChangePerSecond: 5"),
           "major writers devices v maxChangePerSecond: narrower: 5\n"
           "minor old-readers v maxUnchanged: wider: no event is kept out by it any more\n");
    expect(V(.settings = ", eventTime: {field: v, unit: s}"),
           V(.settings = ", eventTime: {field: v, unit: s, maxBack: 1s}"),
           "major writers devices v maxBack: narrower: 1000 ms\n");
}

Test(compare, rules_between_events_that_only_warn_break_nobody)
{
    expect(V(.properties = CHECK("maxGap: 0", "warning")),
           V(.properties = CHECK("maxGap: 2", "warning")),
           "minor old-readers v maxGap: warns from 2, it was 0\n");
    expect(V(.properties = CHECK("maxUnchanged: 1m", "warning")),
           V(.properties = CHECK("maxUnchanged: 1m", "error")),
           "major writers devices v maxUnchanged: narrower: 60000 ms\n"
           "minor old-readers v maxUnchanged: no event is tagged by it any more\n");
}

Test(compare, formats_that_go_and_a_content_type_that_begins_to_count_break_devices)
{
    expect(V(.settings = ", format: json"), V(.settings = ""), "");
    expect(V(.settings = ", formats: [json, avro]"), V(.settings = ", formats: [avro]"),
           "major devices  formats: json is not taken any more\n");
    expect(V(.settings = ", formats: [json, avro]"), V(.settings = ", formats: [avro, json]"),
           "major devices  formats: without a content type a payload is avro, it was json\n");
    expect(V(.settings = ""), V(.settings = ", formats: [json, avro-confluent]"),
           "minor devices  formats: avro-confluent is taken, too; a payload that can be read as "
           "two is not\n"
           "major devices  formats: the content type was not looked at: it must name one of 2 "
           "formats, or be left out\n");
}

Test(compare, names_of_senml_are_compared)
{
#define SENML(settings) ", format: senml-json, senml: {" settings "}"
    const char *fields = ",{\"name\":\"w\",\"type\":\"int\",\"default\":0}";
    expect(V(.fields = fields, .properties = W,
             .settings = SENML("names: {a: v, b: v}, baseName: \"urn:{device}:\"")),
           V(.fields = fields, .properties = W, .settings = SENML("names: {a: w, c: w}")),
           "major devices v senml.names: 'a' is the name of w, it was that of v\n"
           "major devices v senml.names: 'b' is no field's name any more\n"
           "minor devices w senml.names: 'c' is a name, too\n"
           "minor devices  senml.baseName: names may begin with anything, it was "
           "'urn:{device}:'\n");
    expect(V(.settings = SENML("")), V(.settings = SENML("baseName: \"urn:{device}:\"")),
           "major devices  senml.baseName: names begin with 'urn:{device}:', it was left open\n");
}

Test(compare, another_unit_makes_the_same_number_another_value)
{
#define UNIT(code) "    customProperties: [{property: unit, value: \"" code "\"}]\n"
    expect(V(.properties = UNIT("l")), V(.properties = UNIT("L")), "");
    expect(V(.properties = UNIT("m")), V(.properties = UNIT("mm")),
           "major old-readers new-readers v unit: the unit is mm, it was m: the same number is "
           "another value\n"
           "major devices v units: payloads are taken to be in mm, it was m\n");
    expect(V(.properties = UNIT("m")), V(.properties = UNIT("mm"), .settings = ", units: {v: m}"),
           "major old-readers new-readers v unit: the unit is mm, it was m: the same number is "
           "another value\n");
    expect(V(.properties = UNIT("m")), V(.properties = UNIT("m"), .settings = ", units: {v: km}"),
           "major devices v units: payloads are taken to be in km, it was m\n");
    expect(V(0), V(.properties = UNIT("m")), "patch v unit: the unit is m, it was none\n");
    expect(V(.settings = ", format: senml-json"),
           V(.settings = ", format: senml-json", .properties = UNIT("m")),
           "major devices v unit: the unit is m, it was none\n");
}

Test(compare, a_logical_type_changes_what_devices_may_send)
{
#define LONG(logical) "{\"type\":\"long\",\"logicalType\":\"" logical "\"}"
    expect(V(.type = "\"long\""), V(.type = LONG("timestamp-millis")),
           "minor old-readers v logical-type: the logical type timestamp-millis is read as none\n"
           "minor new-readers writers v logical-type: the logical type none is read as "
           "timestamp-millis\n"
           "minor devices v logical-type: values were taken as the logical type none, now as "
           "timestamp-millis\n");
    expect(V(.type = LONG("timestamp-millis")), V(.type = LONG("timestamp-micros")),
           "major old-readers v logical-type: the logical type timestamp-micros is read as "
           "timestamp-millis\n"
           "major new-readers writers v logical-type: the logical type timestamp-millis is read as "
           "timestamp-micros\n"
           "major devices v logical-type: values were taken as the logical type timestamp-millis, "
           "now as timestamp-micros\n");
    expect_parts(V(.type = "\"string\""),
                 V(.type = "{\"type\":\"string\",\"logicalType\":\"uuid\"}"), ATS_VERSION_MAJOR,
                 ATS_VERSION_MINOR);
}

Test(compare, versions_of_two_contracts_and_documents_that_do_not_hold_are_refused)
{
    struct ats_comparison comparison;
    struct ats_error err = {0};
    const struct ats_contract_texts none = {ats_span_text("a: 1"), "o.yaml", ats_span_text("{}"),
                                            "s.avsc"};
    cr_assert_eq(ats_contract_compare(&none, &none, &comparison, &err), ATS_ERR_CONFIG);
    cr_assert(strncmp(err.text, "s.avsc:1: ", 10) == 0, "%s", err.text);
    cr_assert_eq(compare(V(.id = "d"), V(0), &comparison, &err), ATS_ERR_CONFIG);
    cr_assert_str_eq(err.text, "'d' and 'c' are two contracts: only versions of one are compared");
}
