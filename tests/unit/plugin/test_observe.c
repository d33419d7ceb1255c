/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plugin/gate_fixture.h"

static void setup(void)
{
    fixture_open(NULL, "mode", "observe");
}

TestSuite(observe, .init = setup, .fini = fixture_end);

Test(observe, refuses_no_connection)
{
    struct ats_gate_client client = device_client();
    /* The broker of the fixture would let named users in; a plugin that deferred would keep them out. */
    cr_assert_eq(ats_gate_connect(fix.gate, &client, "wrong"), ATS_GATE_ALLOW);
    cr_assert_eq(connections_refused(ATS_REASON_TOKEN_MALFORMED), 1);
    cr_assert_not_null(strstr(fix.log, " connect.would-refuse "), "%s", fix.log);
    fix.gate->rules.open_names = false;
    cr_assert_eq(ats_gate_connect(fix.gate, &client, good_token()), ATS_GATE_DEFER);
}

Test(observe, forwards_what_would_be_admitted_and_changes_nothing)
{
    struct ats_gate_client client = device_client();
    (void)ats_gate_connect(fix.gate, &client, good_token());
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS);
    cr_assert_eq(last_event().kind, ATS_EVENT_ADMITTED);
    cr_assert_eq(publish_as(&client, TOPIC, BAD_PAYLOAD), ATS_GATE_PASS);
    cr_assert_eq(last_event().kind, ATS_EVENT_QUARANTINED);
    cr_assert_eq(fix.receipt_count, 0);
}

Test(observe, copies_poison_of_unproven_clients_to_quarantine_and_counts_the_rest)
{
    struct ats_gate_client client = client_at(1, "scada", NULL, false);
    cr_assert_eq(publish_as(&client, TOPIC, BAD_PAYLOAD), ATS_GATE_PASS);
    struct ats_event event = last_event();
    cr_assert_eq(event.kind, ATS_EVENT_QUARANTINED);
    cr_assert_eq(event.device.len, 0);
    cr_assert_eq(event.proof, ATS_EVENT_PROOF_NONE);
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS);
    cr_assert_eq(journal_count(), 1);
    cr_assert_eq(refused(ATS_REASON_UNPROVEN), 1);
    cr_assert_not_null(strstr(fix.log, " publish.would-quarantine "), "%s", fix.log);
    cr_assert_not_null(strstr(fix.log, " publish.would-refuse "), "%s", fix.log);
    cr_assert_null(strstr(fix.log, " publish.refused "), "%s", fix.log);
}

Test(observe, leaves_authentication_methods_to_the_broker)
{
    struct ats_gate_client client = device_client();
    uint8_t answer[ATS_GATE_DATA_MAX];
    size_t len = 0;
    cr_assert_eq(ats_gate_connect_with(fix.gate, &client, ATS_DEVICE_METHOD, ats_span_text("x"),
                                       answer, &len),
                 ATS_GATE_DEFER);
}
