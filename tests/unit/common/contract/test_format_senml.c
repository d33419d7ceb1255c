/* SPDX-License-Identifier: Apache-2.0 */
/* SenML in JSON: the examples of RFC 8428, and how a pack becomes events. */
#include "tests/unit/common/contract/senml_support.h"

#define NAMES                                                                                      \
    ", senml: {names: {temperature: data.temp, temp: data.temp, nfv-reader: raw, humidity: "       \
    "count}, sums: {energy: total}}"

static void setup(void)
{
    senml_setup("senml-json", NAMES);
}

TestSuite(format_senml, .init = setup, .fini = senml_teardown);

#define ASSERT_EVENTS(pack, ...)                                                                   \
    assert_events(ats_span_text(pack), (const char *const[]){__VA_ARGS__, NULL})

static enum ats_rule judge(const char *pack)
{
    return judge_pack(ats_span_text(pack));
}

/* The rule that refuses the only event of the pack. */
static enum ats_rule judge_one(const char *pack)
{
    cr_assert_eq(judge(pack), ATS_RULE_NONE, "%s: %s", pack, verdict.text);
    cr_assert_eq(ats_batch_count(batch), 1);
    return judge_event(0);
}

/* ---- the RFC's examples, by section ---- */

Test(format_senml, a_single_data_point_has_the_gates_time)
{
    /* 5.1.1; the last part of its name is no field */
    cr_assert_eq(judge_one("[{\"n\":\"urn:dev:ow:10e2073a01080063\",\"u\":\"Cel\",\"v\":23.1}]"),
                 ATS_RULE_UNKNOWN_FIELD);
    cr_assert_str_eq(verdict.path, "10e2073a01080063");
    ASSERT_EVENTS("[{\"n\":\"urn:dev:ow:10e2073a01080063:temp\",\"u\":\"Cel\",\"v\":23.1}]",
                  "{\"data\":{\"temp\":23.1},\"t\":1700000000.123}");
}

Test(format_senml, data_points_of_one_time_are_one_event)
{
    /* 5.1.2 */
    ASSERT_EVENTS(
        "[{\"bn\":\"urn:dev:ow:10e2073a01080063:\",\"n\":\"voltage\",\"u\":\"V\",\"v\":120.1},"
        "{\"n\":\"current\",\"u\":\"A\",\"v\":1.2}]",
        "{\"voltage\":120.1,\"current\":1.2,\"t\":1700000000.123}");
    ASSERT_EVENTS(
        "[{\"bn\":\"urn:dev:ow:10e2073a0108006:\",\"bt\":1.276020076001e+09,\"bu\":\"A\",\"bver\":"
        "5,"
        "\"n\":\"voltage\",\"u\":\"V\",\"v\":120.1},{\"n\":\"current\",\"t\":-5,\"v\":1.2},"
        "{\"n\":\"current\",\"t\":-4,\"v\":1.3},{\"n\":\"current\",\"v\":1.7}]",
        "{\"current\":1.2,\"t\":1276020071.001}", "{\"current\":1.3,\"t\":1276020072.001}",
        "{\"voltage\":120.1,\"current\":1.7,\"t\":1276020076.001}");
}

Test(format_senml, a_resolved_pack_says_the_same)
{
    /* 5.1.4 */
    ASSERT_EVENTS(
        "[{\"n\":\"urn:dev:ow:10e2:voltage\",\"u\":\"V\",\"t\":1.320067464e+09,\"v\":20},"
        "{\"n\":\"urn:dev:ow:10e2:current\",\"t\":1.320067464e+09,\"v\":1},"
        "{\"n\":\"urn:dev:ow:10e2:voltage\",\"u\":\"V\",\"t\":1.320067524e+09,\"v\":20.3}]",
        "{\"voltage\":20,\"current\":1,\"t\":1320067464}", "{\"voltage\":20.3,\"t\":1320067524}");
}

Test(format_senml, each_type_of_data_has_its_field)
{
    /* 5.1.5 */
    ASSERT_EVENTS(
        "[{\"bn\":\"urn:dev:ow:10e2073a01080063:\",\"n\":\"temp\",\"u\":\"Cel\",\"v\":23.1},"
        "{\"n\":\"label\",\"vs\":\"Machine Room\"},{\"n\":\"open\",\"vb\":false},"
        "{\"n\":\"nfv-reader\",\"vd\":\"aGkgCg\"}]",
        "{\"data\":{\"temp\":23.1},\"label\":\"Machine Room\",\"open\":false,\"raw\":\"hi \\n\","
        "\"t\":1700000000.123}");
}

Test(format_senml, each_sensor_has_its_own_event)
{
    /* 5.1.6: the base time goes on, and the events of one time are in the order of their sensors */
    ASSERT_EVENTS("[{\"bn\":\"2001:db8::2/"
                  "\",\"bt\":1.320078429e+09,\"n\":\"temperature\",\"u\":\"Cel\",\"v\":25.2},"
                  "{\"n\":\"humidity\",\"u\":\"%RH\",\"v\":30},"
                  "{\"bn\":\"2001:db8::1/\",\"n\":\"temperature\",\"u\":\"Cel\",\"v\":12.3},"
                  "{\"n\":\"humidity\",\"u\":\"%RH\",\"v\":67}]",
                  "{\"data\":{\"temp\":12.3},\"count\":67,\"t\":1320078429}",
                  "{\"data\":{\"temp\":25.2},\"count\":30,\"t\":1320078429}");
}

Test(format_senml, a_sensor_whose_name_goes_on_is_another)
{
    ASSERT_EVENTS("[{\"n\":\"d:voltage\",\"v\":1},{\"n\":\"d:e:current\",\"v\":2}]",
                  "{\"voltage\":1,\"t\":1700000000.123}", "{\"current\":2,\"t\":1700000000.123}");
}

Test(format_senml, a_record_of_base_fields_alone_measures_nothing)
{
    /* 5.1.7 */
    ASSERT_EVENTS("[{\"bn\":\"urn:dev:ow:10e2:\"},{\"n\":\"temp\",\"u\":\"Cel\",\"v\":23.1}]",
                  "{\"data\":{\"temp\":23.1},\"t\":1700000000.123}");
    cr_assert_eq(judge("[{\"bn\":\"urn:dev:ow:10e2:\",\"bv\":1}]"), ATS_RULE_BATCH);
    cr_assert_eq(judge("[]"), ATS_RULE_BATCH);
}

/* ---- base values ---- */

Test(format_senml, base_values_are_added_from_their_record_on)
{
    ASSERT_EVENTS(
        "[{\"n\":\"voltage\",\"v\":1},{\"bv\":100,\"n\":\"count\",\"v\":1},{\"n\":\"current\"},"
        "{\"n\":\"label\",\"vs\":\"x\"}]",
        "{\"voltage\":1,\"count\":101,\"current\":100,\"label\":\"x\",\"t\":1700000000.123}");
    ASSERT_EVENTS("[{\"bv\":0.5,\"n\":\"voltage\",\"v\":1},{\"bv\":2,\"n\":\"count\",\"v\":1}]",
                  "{\"voltage\":1.5,\"count\":3,\"t\":1700000000.123}");
}

Test(format_senml, sums_go_where_the_contract_says)
{
    ASSERT_EVENTS("[{\"n\":\"d:energy\",\"s\":12.5},{\"n\":\"d:voltage\",\"v\":3}]",
                  "{\"voltage\":3,\"total\":12.5,\"t\":1700000000.123}");
    ASSERT_EVENTS("[{\"bs\":2,\"n\":\"d:energy\",\"s\":12.5}]",
                  "{\"total\":14.5,\"t\":1700000000.123}");
    cr_assert_eq(judge_one("[{\"n\":\"d:voltage\",\"v\":3,\"s\":1}]"), ATS_RULE_UNKNOWN_FIELD);
    cr_assert_str_eq(verdict.text, "the contract has no such sum");
}

Test(format_senml, integers_stay_exact)
{
    ASSERT_EVENTS("[{\"bv\":9223372036854775800,\"n\":\"count\",\"v\":7}]",
                  "{\"count\":9223372036854775807,\"t\":1700000000.123}");
    cr_assert_eq(judge_one("[{\"bv\":9223372036854775807,\"n\":\"count\",\"v\":7}]"),
                 ATS_RULE_NUMBER_RANGE);
    cr_assert_eq(judge_one("[{\"n\":\"count\",\"v\":1.5}]"), ATS_RULE_TYPE);
    ASSERT_EVENTS("[{\"n\":\"count\",\"v\":5.0}]", "{\"count\":5,\"t\":1700000000.123}");
}

Test(format_senml, a_time_below_two_to_the_28_is_relative)
{
    ASSERT_EVENTS("[{\"n\":\"voltage\",\"t\":-10.5,\"v\":1}]",
                  "{\"voltage\":1,\"t\":1699999989.623}");
    ASSERT_EVENTS("[{\"n\":\"voltage\",\"t\":268435455,\"v\":1}]",
                  "{\"voltage\":1,\"t\":1968435455.123}");
    ASSERT_EVENTS("[{\"n\":\"voltage\",\"t\":268435456,\"v\":1}]",
                  "{\"voltage\":1,\"t\":268435456}");
    ASSERT_EVENTS("[{\"bt\":268435450,\"n\":\"voltage\",\"t\":6,\"v\":1}]",
                  "{\"voltage\":1,\"t\":268435456}");
    cr_assert_eq(judge("[{\"n\":\"voltage\",\"t\":1e300,\"v\":1}]"), ATS_RULE_SENML);
    cr_assert_eq(judge("[{\"n\":\"voltage\",\"t\":-1e300,\"v\":1}]"), ATS_RULE_SENML);
}

/* ---- what RFC 8428 forbids ---- */

Test(format_senml, what_the_rfc_forbids_is_no_pack)
{
    static const char *const bad[] = {
        "{\"n\":\"voltage\",\"v\":1}",
        "[1]",
        "[[]]",
        "[{\"v\":1}]",
        "[{\"n\":\"\",\"v\":1}]",
        "[{\"n\":\":voltage\",\"v\":1}]",
        "[{\"n\":\"a b\",\"v\":1}]",
        "[{\"n\":\"volt\\u0000age\",\"v\":1}]",
        "[{\"n\":\"\\u00e4\",\"v\":1}]",
        "[{\"n\":\"voltage\"}]",
        "[{\"n\":\"voltage\",\"v\":1,\"vs\":\"x\"}]",
        "[{\"n\":\"voltage\",\"v\":\"1\"}]",
        "[{\"n\":\"voltage\",\"v\":true}]",
        "[{\"n\":\"voltage\",\"v\":null}]",
        "[{\"n\":\"label\",\"vs\":1}]",
        "[{\"n\":\"open\",\"vb\":1}]",
        "[{\"n\":1,\"v\":1}]",
        "[{\"n\":\"voltage\",\"v\":1,\"x_\":1}]",
        "[{\"n\":\"voltage\",\"v\":1,\"x\":{}}]",
        "[{\"bver\":11,\"n\":\"voltage\",\"v\":1}]",
        "[{\"bver\":0,\"n\":\"voltage\",\"v\":1}]",
        "[{\"bver\":1.5,\"n\":\"voltage\",\"v\":1}]",
        "[{\"bver\":5,\"n\":\"voltage\",\"v\":1},{\"bver\":6,\"n\":\"current\",\"v\":1}]",
        "[{\"n\":\"voltage\",\"v\":1},{\"bver\":6,\"n\":\"current\",\"v\":1}]",
        "[{\"n\":\"raw\",\"vd\":\"aGkgCg==\"}]",
        "[{\"n\":\"raw\",\"vd\":\"a+b/\"}]",
        "[{\"n\":\"raw\",\"vd\":\"aGkgC\"}]",
        "[{\"bv\":1e308,\"n\":\"voltage\",\"v\":1e308}]",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_eq(judge(bad[i]), ATS_RULE_SENML, "%s: %s", bad[i], ats_rule_name(verdict.rule));
        cr_assert_eq(verdict.verdict_class, ATS_VERDICT_MALFORMED);
    }
}

Test(format_senml, what_is_no_json_is_called_that_first)
{
    static const struct {
        const char *pack;
        enum ats_rule rule;
    } cases[] = {
        {"[{\"n\":\"voltage\"}", ATS_RULE_JSON_SYNTAX},
        {"[{\"n\":\"voltage\",\"v\":1}]x", ATS_RULE_JSON_SYNTAX},
        {"[{\"n\":\"voltage\",\"v\":1,\"v\":1}]", ATS_RULE_JSON_DUPLICATE_KEY},
        {"[{\"n\":\"voltage\",\"v\":1,\"x\":1,\"\\u0078\":1}]", ATS_RULE_JSON_DUPLICATE_KEY},
        {"[{\"x_\":1},{\"n\":\"\xff\"}]", ATS_RULE_UTF8},
        {"[{\"n\":\"voltage\",\"v\":1e999}]", ATS_RULE_NUMBER_RANGE},
        {"[{\"n\":\"voltage\",\"v\":1e999}", ATS_RULE_JSON_SYNTAX},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_assert_eq(judge(cases[i].pack), cases[i].rule, "%s: %s", cases[i].pack,
                     ats_rule_name(verdict.rule));
}

Test(format_senml, other_fields_and_escapes_are_passed_over)
{
    ASSERT_EVENTS("[{\"\\u006e\":\"volt\\u0061ge\",\"v\":1,\"ut\":5,\"x\":\"y\",\"b\":true}]",
                  "{\"voltage\":1,\"t\":1700000000.123}");
}

/* ---- events ---- */

Test(format_senml, fields_that_no_record_gives_have_their_default)
{
    ASSERT_EVENTS("[{\"n\":\"data.n\",\"v\":4}]", "{\"data\":{\"n\":4},\"t\":1700000000.123}");
    cr_assert_eq(judge_one("[{\"n\":\"t\",\"v\":4}]"), ATS_RULE_UNKNOWN_FIELD, "time is t's alone");
    ats_contract_unref(contract);
    contract = compile_fields("1.0.0",
                              "{\"name\":\"v\",\"type\":\"int\"},{\"name\":\"w\",\"type\":\"int\"}",
                              "{name: v}, {name: w}", ", format: senml-json");
    cr_assert_eq(judge_one("[{\"n\":\"w\",\"v\":4}]"), ATS_RULE_MISSING_FIELD);
    cr_assert_str_eq(verdict.path, "v");
}

Test(format_senml, a_field_is_given_once)
{
    cr_assert_eq(judge_one("[{\"n\":\"voltage\",\"v\":4},{\"n\":\"voltage\",\"v\":4}]"),
                 ATS_RULE_DUPLICATE_FIELD);
    cr_assert_eq(judge_one("[{\"n\":\"temp\",\"v\":4},{\"n\":\"temperature\",\"v\":4}]"),
                 ATS_RULE_DUPLICATE_FIELD);
    cr_assert_str_eq(verdict.path, "data.temp");
}

/* The pack's only event is what the JSON gives. */
#define ASSERT_CONVERTED(pack, json)                                                               \
    ASSERT_EVENTS("[{\"t\":1700000000," pack "}]", "{\"t\":1700000000," json "}")

Test(format_senml, a_value_in_another_unit_of_its_dimension_is_converted)
{
    ASSERT_CONVERTED("\"n\":\"voltage\",\"u\":\"V\",\"v\":4", "\"voltage\":4");
    ASSERT_CONVERTED("\"n\":\"voltage\",\"u\":\"mV\",\"v\":4", "\"voltage\":0.004");
    ASSERT_CONVERTED("\"bu\":\"kV\",\"n\":\"voltage\",\"v\":0.23", "\"voltage\":230");
    ASSERT_CONVERTED("\"n\":\"humidity\",\"u\":\"%RH\",\"v\":4", "\"count\":4");
    ASSERT_CONVERTED("\"n\":\"humidity\",\"u\":\"/\",\"v\":0.5", "\"count\":50");
    ASSERT_CONVERTED("\"n\":\"humidity\",\"u\":\"ppm\",\"v\":30000", "\"count\":3");
    ASSERT_CONVERTED("\"n\":\"current\",\"u\":\"mA\",\"v\":4", "\"current\":4");
}

Test(format_senml, a_unit_that_cannot_be_converted_is_refused)
{
    cr_assert_eq(judge_one("[{\"bu\":\"A\",\"n\":\"voltage\",\"v\":4}]"), ATS_RULE_UNIT);
    cr_assert_str_eq(verdict.path, "voltage");
    cr_assert_eq(judge_one("[{\"n\":\"voltage\",\"u\":\"volt\",\"v\":4}]"), ATS_RULE_UNIT);
    cr_assert_eq(judge_one("[{\"n\":\"voltage\",\"u\":\"\",\"v\":4}]"), ATS_RULE_UNIT);
    cr_assert_eq(judge_one("[{\"n\":\"voltage\",\"u\":\"mV\",\"vs\":\"x\"}]"), ATS_RULE_UNIT);
    cr_assert_eq(judge_one("[{\"n\":\"label\",\"u\":\"1\",\"vs\":\"x\"}]"), ATS_RULE_UNIT,
                 "its own unit is no code of UCUM");
    /* 30001 ppm are 3.0001 %, and the field is an integer. */
    cr_assert_eq(judge_one("[{\"n\":\"humidity\",\"u\":\"ppm\",\"v\":30001}]"), ATS_RULE_TYPE);
    cr_assert_eq(judge_one("[{\"n\":\"humidity\",\"u\":\"/\",\"v\":1e17}]"), ATS_RULE_NUMBER_RANGE);
    cr_assert_eq(judge_one("[{\"n\":\"voltage\",\"u\":\"GV\",\"v\":1e300}]"),
                 ATS_RULE_NUMBER_RANGE);
}

Test(format_senml, each_event_is_judged_for_itself_and_kept_with_its_bytes)
{
    static const char first[] = "{\"n\":\"temp\",\"t\":-2,\"v\":81}",
                      second[] = "{\"n\":\"temp\",\"t\":-1,\"v\":7}";
    char pack[256];
    (void)snprintf(
        pack, sizeof(pack),
        "[%s ,{\"n\":\"voltage\",\"t\":-2,\"v\":1}, %s, {\"n\":\"current\",\"t\":-2,\"v\":1}]",
        first, second);
    cr_assert_eq(judge(pack), ATS_RULE_NONE);
    cr_assert_eq(ats_batch_count(batch), 2);
    cr_assert_eq(judge_event(0), ATS_RULE_RANGE);
    cr_assert_eq(judge_event(1), ATS_RULE_NONE);
    struct ats_span bytes = ats_batch_item(batch, 0);
    cr_assert(bytes.len > strlen(first) && memcmp(bytes.data, first, strlen(first)) == 0);
    cr_assert_eq(bytes.data[bytes.len - 1], '}');
    cr_assert_eq(bytes.len, (size_t)(strstr(pack, ", {\"n\":\"temp\",\"t\":-1") - pack) - 1,
                 "up to the voltage");
    cr_assert(ats_span_is(ats_batch_item(batch, 1), second));
}

Test(format_senml, as_many_events_as_a_list_may_have_are_taken)
{
    static char pack[64 * (ATS_BATCH_ITEMS_MAX + 2)];
    for (size_t count = ATS_BATCH_ITEMS_MAX; count <= ATS_BATCH_ITEMS_MAX + 1; count++) {
        size_t len = (size_t)snprintf(pack, sizeof(pack), "[{\"bn\":\"d:\"}");
        for (size_t i = 0; i < count; i++) /* the latest first */
            len += (size_t)snprintf(pack + len, sizeof(pack) - len,
                                    ",{\"n\":\"voltage\",\"t\":-%zu,\"v\":%zu}", i, i);
        (void)snprintf(pack + len, sizeof(pack) - len, "]");
        cr_assert_eq(judge(pack), count == ATS_BATCH_ITEMS_MAX ? ATS_RULE_NONE : ATS_RULE_BATCH);
        if (count > ATS_BATCH_ITEMS_MAX)
            break;
        cr_assert_eq(ats_batch_count(batch), count);
        cr_assert(strstr((const char *)ats_batch_item(batch, 0).data, "\"t\":-999,\"v\":999}"),
                  "the earliest is first");
        cr_assert_eq(judge_event(count - 1), ATS_RULE_NONE);
    }
}

Test(format_senml, too_many_records_are_told_when_all_of_them_are_good)
{
    static char pack[32 * (ATS_SENML_RECORDS_MAX + 2)];
    size_t len = (size_t)snprintf(pack, sizeof(pack), "[{\"n\":\"a\",\"v\":0}");
    for (size_t i = 0; i < ATS_SENML_RECORDS_MAX; i++)
        len += (size_t)snprintf(pack + len, sizeof(pack) - len, ",{\"n\":\"a\",\"v\":0}");
    (void)snprintf(pack + len, sizeof(pack) - len, "]");
    cr_assert_eq(judge(pack), ATS_RULE_BATCH);
    pack[len] = '}';
    cr_assert_eq(judge(pack), ATS_RULE_JSON_SYNTAX);
}

Test(format_senml, names_may_have_to_begin_with_the_devices)
{
    senml_setup("senml-json", ", senml: {baseName: 'urn:dev:mac:{device}:'}");
    cr_assert_eq(judge_one("[{\"n\":\"urn:dev:mac:d1:voltage\",\"v\":4}]"), ATS_RULE_NONE);
    static const char *const other_names[] = {"urn:dev:mac:d2:voltage", "urn:dev:mac:d1:x:voltage",
                                              "urn:dev:mac:voltage", "voltage", "d1:voltage"};
    for (size_t i = 0; i < sizeof(other_names) / sizeof(other_names[0]); i++) {
        char pack[128];
        (void)snprintf(pack, sizeof(pack), "[{\"n\":\"%s\",\"v\":4}]", other_names[i]);
        cr_assert_eq(judge_one(pack), ATS_RULE_DEVICE, "%s", other_names[i]);
    }
}

Test(format_senml, unknown_names_are_passed_over_where_the_contract_says_so)
{
    senml_setup("senml-json", ", unknownFields: ignore");
    ASSERT_EVENTS("[{\"n\":\"d:who\",\"v\":1,\"s\":2},{\"n\":\"d:voltage\",\"v\":4}]",
                  "{\"voltage\":4,\"t\":1700000000.123}");
}

/* ---- settings ---- */

static void assert_refused(const char *settings, const char *text)
{
    struct ats_error err = {0};
    struct ats_contract *none = NULL;
    cr_assert_eq(try_compile_fields("1.0.0", SENML_FIELDS, SENML_PROPERTIES, settings, &none, &err),
                 ATS_ERR_CONFIG, "%s", settings);
    cr_assert(strstr(err.text, text), "%s: %s", settings, err.text);
}

Test(format_senml, settings_that_lead_nowhere_are_refused)
{
    assert_refused(", senml: {}", "none of the contract's formats is SenML");
    assert_refused(", format: senml-json, senml: {name: {}}", "names");
    assert_refused(", format: senml-json, senml: {names: {x: nothing}}",
                   "no single value 'nothing'");
    assert_refused(", format: senml-json, senml: {names: {x: data}}", "no single value 'data'");
    assert_refused(", format: senml-json, senml: {names: {'a:b': voltage}}",
                   "the last part of a name");
    assert_refused(", format: senml-json" SENML_TIME ", senml: {sums: {x: t}}",
                   "is the event's time");
    assert_refused(", format: senml-json, senml: {baseName: 'urn:'}", "{device}");
    assert_refused(", format: senml-json, senml: {baseName: '{device}'}", "ends with : or /");
    assert_refused(", format: senml-json, senml: {baseName: '{device}{device}:'}", "once");
}
