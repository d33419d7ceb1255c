/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/odcs.h"
#include "common/contract/series.h"
#include "tests/unit/common/contract/support.h"

static const char schema[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"t\",\"type\":\"long\"},"
    "{\"name\":\"v\",\"type\":[\"null\",\"double\"],\"default\":null},"
    "{\"name\":\"n\",\"type\":\"long\",\"default\":0},{\"name\":\"s\",\"type\":\"string\","
    "\"default\":\"\"}]}";

#define DOCUMENT(v, n, time)                                                                       \
    "apiVersion: v3.1.0\nkind: DataContract\nid: t\nversion: 1.0.0\nstatus: active\nschema:\n"     \
    "  - name: r\n    properties:\n      - {name: t}\n      - name: v\n" v "      - name: n\n" n   \
    "      - {name: s}\ncustomProperties:\n  - property: attestream\n    value:\n"                 \
    "      topics: [\"a/{device}\"]\n      eventTime: {field: t, unit: ms" time "}\n"
#define RULE(severity, rule)                                                                       \
    "        quality: [{type: custom, engine: attestream, severity: " severity                     \
    ", implementation: {" rule "}}]\n"

static struct ats_contract *contract;
static struct ats_series_state state;
static struct ats_verdict verdict;
static struct ats_buf out;

static enum ats_status compile(const char *document, struct ats_error *err)
{
    return ats_contract_compile(ats_span_text(document), "t.yaml", ats_span_text(schema), "t.avsc",
                                &contract, err);
}

static void begin_with(const char *document)
{
    struct ats_error err = {0};
    cr_assert_eq(compile(document, &err), ATS_OK, "%s", err.text);
    state = (struct ats_series_state){0};
    ats_buf_init(&out, ATS_RECORD_MAX);
}

static void end(void)
{
    ats_contract_unref(contract);
    ats_buf_fini(&out);
}

/* One event at that time, in milliseconds; "null" is a value too. */
static enum ats_status send(int t, const char *v, int n)
{
    char payload[128];
    (void)snprintf(payload, sizeof(payload), "{\"t\":%d,\"v\":%s,\"n\":%d}", t, v, n);
    const struct ats_contract_input input = {.payload = ats_span_text(payload)};
    ats_buf_clear(&out);
    cr_assert_eq(ats_contract_admit(contract, &input, &out, &verdict), ATS_OK, "%s", verdict.text);
    return ats_contract_follow(contract, ats_buf_span(&out), 1, &state, &verdict);
}

static void expect_kept_out(int t, const char *v, int n, enum ats_rule rule, const char *path)
{
    cr_assert_eq(send(t, v, n), ATS_ERR_INVALID, "%d %s %d", t, v, n);
    cr_assert_eq(verdict.rule, rule, "%s", verdict.text);
    cr_assert_eq(verdict.verdict_class, ATS_VERDICT_QUALITY);
    cr_assert_str_eq(verdict.path, path);
}

Test(series, a_value_may_change_by_so_much_a_second)
{
    begin_with(DOCUMENT(RULE("error", "maxChangePerSecond: 2"), "", ""));
    cr_assert_eq(send(1000, "100", 0), ATS_OK, "the first has nothing before it");
    cr_assert_eq(send(2000, "102", 0), ATS_OK);
    expect_kept_out(2500, "103.5", 0, ATS_RULE_CHANGE_RATE, "v");
    cr_assert_eq(send(3000, "100", 0), ATS_OK, "held against the last that was admitted");
    cr_assert_eq(send(3000, "500", 0), ATS_OK, "of one time there is no rate");
    cr_assert_eq(send(2900, "0", 0), ATS_OK, "nor where the later one came first");
    expect_kept_out(4000, "100", 0, ATS_RULE_CHANGE_RATE, "v");
    cr_assert_eq(send(204000, "100", 0), ATS_OK, "in time it may");
    cr_assert_eq(send(204001, "null", 0), ATS_OK);
    expect_kept_out(205000, "103", 0, ATS_RULE_CHANGE_RATE, "v");
    end();
}

Test(series, a_value_may_stay_the_same_for_so_long)
{
    begin_with(DOCUMENT(RULE("error", "maxUnchanged: 10s"), "", ""));
    cr_assert_eq(send(0, "20", 0), ATS_OK);
    cr_assert_eq(send(6000, "20", 0), ATS_OK);
    cr_assert_eq(send(10000, "20", 0), ATS_OK);
    expect_kept_out(10001, "20", 0, ATS_RULE_STUCK_VALUE, "v");
    expect_kept_out(60000, "20", 0, ATS_RULE_STUCK_VALUE, "v");
    cr_assert_eq(send(60001, "20.5", 0), ATS_OK, "it moves");
    cr_assert_eq(send(70001, "20.5", 0), ATS_OK, "counted anew");
    end();
}

Test(series, a_counter_that_jumps_is_a_warning)
{
    begin_with(DOCUMENT("", RULE("warning", "maxGap: 1"), ""));
    cr_assert_eq(send(1, "null", 5), ATS_OK);
    cr_assert_eq(send(2, "null", 7), ATS_OK);
    cr_assert_str_eq(verdict.warnings, "");
    cr_assert_eq(send(3, "null", 10), ATS_OK);
    cr_assert_str_eq(verdict.warnings, "n:sequence-gap");
    cr_assert_eq(verdict.warned, UINT64_C(1) << ATS_RULE_SEQUENCE_GAP);
    cr_assert_eq(send(4, "null", 11), ATS_OK);
    cr_assert_str_eq(verdict.warnings, "", "it goes on from there");
    cr_assert_eq(send(5, "null", 0), ATS_OK);
    cr_assert_str_eq(verdict.warnings, "", "it began anew");
    end();
}

Test(series, time_may_go_back_by_so_much)
{
    begin_with(DOCUMENT("", "", ", maxBack: 5s"));
    cr_assert_eq(send(20000, "1", 0), ATS_OK);
    cr_assert_eq(send(15000, "1", 0), ATS_OK);
    expect_kept_out(14999, "1", 0, ATS_RULE_TIME_BACK, "t");
    cr_assert_eq(send(30000, "1", 0), ATS_OK);
    expect_kept_out(24999, "1", 0, ATS_RULE_TIME_BACK, "t");
    end();
}

Test(series, a_warning_keeps_nothing_out_and_is_counted_from_what_was_admitted)
{
    begin_with(
        DOCUMENT(RULE("warning", "maxChangePerSecond: 1, maxUnchanged: 1s, maximum: 50"), "", ""));
    cr_assert_eq(send(0, "10", 0), ATS_OK);
    cr_assert_eq(send(1000, "60", 0), ATS_OK);
    cr_assert_str_eq(verdict.warnings, "v:range v:change-rate");
    cr_assert_eq(send(3000, "60", 0), ATS_OK);
    cr_assert_str_eq(verdict.warnings, "v:range v:stuck-value");
    cr_assert_eq(send(4000, "50", 0), ATS_OK);
    cr_assert_str_eq(verdict.warnings, "v:change-rate");
    end();
}

Test(series, a_contract_without_such_rules_asks_nothing)
{
    begin_with(DOCUMENT("", "", ""));
    cr_assert_not(ats_contract_has_series(contract));
    cr_assert_eq(send(1, "1", 0), ATS_OK);
    cr_assert_eq(send(1, "1000", 0), ATS_OK);
    end();
}

Test(series, refuses_what_cannot_be_compared)
{
    static const struct {
        const char *document;
        const char *why;
    } cases[] = {
        {DOCUMENT(RULE("error", "maxChangePerSecond: 0"), "", ""), "above 0"},
        {DOCUMENT(RULE("error", "maxChangePerSecond: x"), "", ""), "maxChangePerSecond"},
        {DOCUMENT(RULE("error", "maxUnchanged: 10"), "", ""), "maxUnchanged"},
        {DOCUMENT("", RULE("error", "maxGap: 0"), ""), "severity: warning"},
        {DOCUMENT(RULE("warning", "maxGap: 0"), "", ""), "this rule is not for 'v'"},
        {DOCUMENT("", RULE("warning", "maxGap: -1"), ""), "maxGap"},
        {DOCUMENT("", "", ", maxBack: soon"), "maxBack"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ats_error err = {0};
        cr_assert_eq(compile(cases[i].document, &err), ATS_ERR_CONFIG, "%zu", i);
        cr_assert(strstr(err.text, cases[i].why), "%s", err.text);
        cr_assert(strncmp(err.text, "t.yaml:", 7) == 0, "%s", err.text);
    }
}

Test(series, warnings_that_do_not_fit_are_left_out)
{
    struct ats_verdict many;
    char path[200];
    memset(path, 'p', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    ats_verdict_clear(&many);
    for (int i = 0; i < 10; i++)
        ats_verdict_warn(&many, ATS_RULE_RANGE, path);
    cr_assert_lt(strlen(many.warnings), sizeof(many.warnings));
    cr_assert(strcmp(many.warnings + strlen(many.warnings) - 4, " ...") == 0, "%s", many.warnings);
}

/* ---- service levels ---- */

#define SERVICES(entries, setting)                                                                 \
    "apiVersion: v3.1.0\nkind: DataContract\nid: t\nversion: 1.0.0\nstatus: active\nschema:\n"     \
    "  - {name: r, properties: [{name: t}, {name: v}, {name: n}, {name: s}]}\nslaProperties: "     \
    "[" entries "]\ncustomProperties:\n  - property: attestream\n    value: {topics: "             \
    "[\"a/{device}\"]" setting "}\n"
#define TIME ", eventTime: {field: t, unit: ms}"

static void expect_tagged(int t, const char *warnings)
{
    cr_assert_eq(send(t, "1", 1), ATS_OK, "%s", verdict.text);
    cr_assert_str_eq(verdict.warnings, warnings);
}

Test(series, a_pause_longer_than_the_frequency_promised_is_tagged)
{
    begin_with(
        SERVICES("{property: frequency, value: 1.5, unit: s}", TIME ", serviceLevels: warn"));
    expect_tagged(10000, "");
    expect_tagged(11500, "");
    expect_tagged(13001, "t:frequency");
    expect_tagged(12000, "");
    expect_tagged(14000, "");
    end();
}

Test(series, an_event_older_than_the_freshness_promised_is_tagged_from_the_first_on)
{
    begin_with(
        SERVICES("{property: freshness, value: 1, unit: min}", TIME ", serviceLevels: warn"));
    expect_tagged(-60000, "t:freshness");
    expect_tagged(1 - 60000, "");
    expect_tagged(1, "");
    end();
}

Test(series, service_levels_are_for_people_unless_the_contract_says_otherwise)
{
    begin_with(SERVICES("{property: freshness, value: 1, unit: parsec}", TIME));
    cr_assert_not(ats_contract_has_series(contract));
    end();
}

static void expect_services_refused(const char *entries, const char *settings, const char *text)
{
    char document[1024];
    struct ats_error err = {0};
    (void)snprintf(document, sizeof(document), SERVICES("%s", "%s"), entries, settings);
    cr_assert_eq(compile(document, &err), ATS_ERR_CONFIG, "%s", entries);
    cr_assert_str_eq(err.text, text);
}

Test(series, service_levels_that_cannot_be_watched_are_refused)
{
    expect_services_refused("{value: 1}, 7, {property: [x]}", TIME ", serviceLevels: warn",
                            "t.yaml:11: key 'serviceLevels': slaProperties has neither 'frequency' "
                            "nor 'freshness'");
    expect_services_refused("{property: latency, value: 1, unit: s}", TIME ", serviceLevels: warn",
                            "t.yaml:11: key 'serviceLevels': slaProperties has neither 'frequency' "
                            "nor 'freshness'");
    expect_services_refused("{property: frequency, value: 1, unit: s}", ", serviceLevels: warn",
                            "t.yaml:11: key 'serviceLevels': events have no time to judge by: it "
                            "needs 'eventTime'");
    expect_services_refused("{property: frequency, value: 0, unit: s}",
                            TIME ", serviceLevels: warn",
                            "t.yaml:8: key 'value': 0 is not allowed (allowed: above 0, to "
                            "3155760000)");
    expect_services_refused("{property: frequency, value: 1}", TIME ", serviceLevels: warn",
                            "t.yaml:8: key 'slaProperties': missing key 'unit'");
}
