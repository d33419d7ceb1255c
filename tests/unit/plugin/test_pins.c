/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/control.h"
#include "tests/unit/plugin/gate_fixture.h"

#define FILTER "\"site/+/{device}/env\""

static void setup(void)
{
    fixture_open(NULL, NULL, NULL);
}

TestSuite(pins, .init = setup, .fini = fixture_end);

/* The gate gets what the log has. */
static void reload(void)
{
    struct ats_contract_set *set = NULL;
    cr_assert_eq(ats_gate_contracts(fix.gate, fix.gate->log, &set), ATS_OK);
    ats_contract_set_free(atomic_exchange(&fix.gate->next_contracts, set));
}

/* The environmental sensor's contract under that version, with other texts in it. */
static void put_version(const char *version, const char *proof, const char *filter, bool retired)
{
    struct ats_body_contract body = {.retired = retired};
    struct ats_buf text;
    char name[64];
    char line[64];
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    body.odcs = read_document(ATS_SOURCE_DIR "/schemas/contracts/env-sensor/contract.odcs.yaml");
    body.avsc = read_document(ATS_SOURCE_DIR "/schemas/contracts/env-sensor/schema.avsc");
    (void)snprintf(line, sizeof(line), "version: %s", version);
    body.odcs = replaced(body.odcs, "version: 1.0.0", line);
    (void)snprintf(line, sizeof(line), "proof: %s", proof);
    body.odcs = replaced(body.odcs, "proof: connection", line);
    body.odcs = replaced(body.odcs, FILTER, filter);
    body.schema_id = ats_schema_id(ats_span_text(body.avsc));
    (void)snprintf(name, sizeof(name), "env-sensor@%s", version);
    apply_text_of(ATS_CONTROL_CONTRACT, name, ats_body_contract_format(&body, &text), &text);
    ats_body_contract_fini(&body);
    reload();
}

static void pin(const char *entry)
{
    (void)snprintf(fix.body.contracts[0], sizeof(fix.body.contracts[0]), "%s", entry);
    fix.body.contract_count = entry[0] ? 1 : 0;
    apply_device_now(DEVICE, ATS_DEVICE_ACTIVE);
}

static enum ats_gate_answer publish(void)
{
    struct ats_gate_client client = device_client();
    return publish_as(&client, TOPIC, GOOD_PAYLOAD);
}

static void assert_judged_by(const char *version)
{
    cr_assert_eq(publish(), ATS_GATE_PASS, "%s", fix.log);
    struct ats_event event = last_event();
    cr_assert(ats_span_is(event.contract_version, version), "%.*s",
              ATS_SPAN_ARGS(event.contract_version));
}

Test(pins, a_version_that_the_record_names_judges_in_the_place_of_the_highest)
{
    connect_with_token();
    put_version("1.1.0", "signature", FILTER, false);
    cr_assert_eq(publish(), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_PROOF_WEAK), 1);
    pin("env-sensor@1.0.0");
    assert_judged_by("1.0.0");
    pin("env-sensor");
    cr_assert_eq(publish(), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_PROOF_WEAK), 2);
}

Test(pins, a_higher_version_than_the_one_that_governs_is_found_when_it_comes)
{
    pin("env-sensor@1.1.0");
    connect_with_token();
    cr_assert_eq(publish(), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_CONTRACT), 1);
    put_version("1.1.0", "connection", FILTER, false);
    assert_judged_by("1.1.0");
    put_version("1.2.0", "signature", FILTER, false);
    assert_judged_by("1.1.0");
}

Test(pins, a_version_without_the_topic_does_not_take_it)
{
    pin("env-sensor@1.0.0");
    put_version("1.1.0", "connection", FILTER ", \"yard/{device}\"", false);
    connect_with_token();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, "yard/" DEVICE, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_CONTRACT), 1);
    pin("");
    cr_assert_eq(publish_as(&client, "yard/" DEVICE, GOOD_PAYLOAD), ATS_GATE_PASS);
}

Test(pins, a_topic_that_a_higher_version_leaves_out_stays_with_the_lower_one)
{
    connect_with_token();
    put_version("1.1.0", "signature", "\"yard/{device}\"", false);
    assert_judged_by("1.0.0");
    put_version("1.2.0", "signature", FILTER, false);
    cr_assert_eq(publish(), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_PROOF_WEAK), 1);
    put_version("1.2.0", "signature", FILTER, true);
    assert_judged_by("1.0.0");
}

Test(pins, a_version_that_is_retired_is_refused_by_its_own_reason)
{
    pin("env-sensor@1.0.0");
    connect_with_token();
    put_version("1.1.0", "connection", FILTER, false);
    put_version("1.0.0", "connection", FILTER, true);
    cr_assert_eq(publish(), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_VERSION_RETIRED), 1);
    cr_assert_not_null(strstr(fix.receipts[0], "\"reason\":\"version-retired\""), "%s",
                       fix.receipts[0]);
    cr_assert_not_null(strstr(fix.receipts[0], "\"code\":119"), "%s", fix.receipts[0]);
    pin("");
    assert_judged_by("1.1.0");
}

Test(pins, a_topic_that_only_a_retired_version_has_is_nobodys)
{
    connect_with_token();
    put_version("1.0.0", "connection", FILTER, true);
    cr_assert_eq(publish(), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_VERSION_RETIRED), 1);
    struct ats_gate_client stranger = client_at(1, "scada", NULL, true);
    cr_assert_eq(publish_as(&stranger, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_UNPROVEN), 1);
}

Test(pins, the_topic_of_another_device_stays_another_devices)
{
    pin("env-sensor@1.0.0");
    connect_with_token();
    put_version("1.1.0", "connection", FILTER, false);
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, "site/hall/press-18/env", GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_TOPIC_DEVICE), 1);
}
