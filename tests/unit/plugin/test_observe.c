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

Test(observe, copies_poison_of_unproven_clients_to_quarantine_and_counts_it_as_refused)
{
    struct ats_gate_client client = client_at(1, "scada", NULL, false);
    cr_assert_eq(publish_as(&client, TOPIC, BAD_PAYLOAD), ATS_GATE_PASS);
    struct ats_event event = last_event();
    cr_assert_eq(event.kind, ATS_EVENT_QUARANTINED);
    cr_assert_eq(event.device.len, 0);
    cr_assert_eq(event.proof, ATS_EVENT_PROOF_NONE);
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS);
    cr_assert_eq(journal_count(), 1);
    cr_assert_eq(refused(ATS_REASON_UNPROVEN), 2);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.quarantined), 0);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.quarantine_copies), 1);
    cr_assert_not_null(strstr(fix.log,
                              " publish.would-refuse device=\"\" client=\"scada\" topic=\"" TOPIC
                              "\" reason=unproven path=\"data.temp\" rule=range "),
                       "%s", fix.log);
    cr_assert_null(strstr(fix.log, "publish.would-quarantine"), "%s", fix.log);
    cr_assert_null(strstr(fix.log, " publish.refused "), "%s", fix.log);
}

/* Its topic was altered or mistyped: enforce would refuse it. */
Test(observe, counts_a_proof_on_a_topic_that_no_contract_governs_and_passes_it)
{
    struct ats_gate_client client = device_client();
    (void)ats_gate_connect(fix.gate, &client, good_token());
    cr_assert_eq(publish_as(&client, "office/lamp", "on"), ATS_GATE_PASS);
    cr_assert_eq(refused(ATS_REASON_TOPIC_UNKNOWN), 0);
    (void)snprintf(fix.properties.proof, sizeof(fix.properties.proof), "of another topic");
    cr_assert_eq(publish_as(&client, "office/lamp", "on"), ATS_GATE_PASS);
    cr_assert_eq(refused(ATS_REASON_TOPIC_UNKNOWN), 1);
    cr_assert_not_null(strstr(fix.log, " publish.would-refuse "), "%s", fix.log);
    cr_assert_eq(fix.receipt_count, 0);
}

/* What both modes count of the same traffic; beside it each answers as it must. */
static void meet_everybody(bool enforcing)
{
    static const enum ats_gate_answer pass = ATS_GATE_PASS;
    struct ats_gate_client device = device_client();
    struct ats_gate_client thief = client_at(1, DEVICE, NULL, true);
    struct ats_gate_client ghost = client_at(2, "ghost", "ghost", true);
    struct ats_gate_client scada = client_at(3, "scada", "scada", true);
    char ghost_token[ATS_JWT_MAX + 1];
    struct ats_jwt claims = good_claims();
    (void)snprintf(ghost_token, sizeof(ghost_token), "%s", token(&claims, &fix.device_key));
    cr_assert_eq(ats_gate_connect(fix.gate, &device, good_token()), ATS_GATE_ALLOW);
    cr_assert_eq(ats_gate_connect(fix.gate, &thief, NULL),
                 enforcing ? ATS_GATE_DENY : ATS_GATE_DEFER);
    cr_assert_eq(ats_gate_connect(fix.gate, &ghost, ghost_token),
                 enforcing ? ATS_GATE_DENY : ATS_GATE_ALLOW);
    cr_assert_eq(ats_gate_connect(fix.gate, &scada, "secret"), ATS_GATE_ALLOW);
    cr_assert_eq(publish_as(&device, TOPIC, GOOD_PAYLOAD), pass);
    static const struct {
        const char *topic;
        const char *payload;
    } bad[] = {{TOPIC, BAD_PAYLOAD}, {TOPIC, "{"}, {"ats/x", "x"}, {"site/hall/other/env", "{"}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_eq(publish_as(&device, bad[i].topic, bad[i].payload),
                     enforcing ? ATS_GATE_REJECT : pass);
        cr_assert_eq(publish_as(&scada, bad[i].topic, bad[i].payload),
                     enforcing ? ATS_GATE_REJECT : pass);
    }
    cr_assert_eq(publish_as(&scada, TOPIC, GOOD_PAYLOAD), enforcing ? ATS_GATE_REJECT : pass);
}

Test(observe, counts_under_the_same_names_as_enforce)
{
    meet_everybody(false);
    struct ats_gate_metrics seen = fix.gate->metrics;
    close_gate();
    open_gate("mode", "enforce");
    meet_everybody(true);
    const struct ats_gate_metrics *enforced = &fix.gate->metrics;
    for (int i = 0; i < ATS_REASON_COUNT; i++) {
        const char *name = ats_reason_info((enum ats_reason)i)->name;
        cr_expect_eq(seen.refused[i], enforced->refused[i], "%s", name);
        cr_expect_eq(seen.connections_refused[i], enforced->connections_refused[i], "%s", name);
    }
    cr_expect_eq(seen.published, enforced->published);
    cr_expect_eq(seen.admitted, enforced->admitted);
    cr_expect_eq(seen.quarantined, enforced->quarantined);
    cr_expect_eq(seen.connections_accepted, enforced->connections_accepted);
    cr_expect_eq(connections_refused(ATS_REASON_CLIENT_ID), 1);
    cr_expect_eq(connections_refused(ATS_REASON_DEVICE_UNKNOWN), 1);
    cr_expect_eq(refused(ATS_REASON_UNPROVEN), 5);
}

/* The gate lets nobody in after a reload whom the broker, had it no plugin, would not. */
Test(observe, leaves_those_who_are_asked_for_again_to_the_broker)
{
    struct ats_gate_client client = device_client();
    (void)ats_gate_connect(fix.gate, &client, good_token());
    fix.gate->rules.open_names = false;
    ats_gate_tick(fix.gate);
    fix.gate->turn.reloading = true;
    cr_assert_eq(ats_gate_connect(fix.gate, &client, NULL), ATS_GATE_DEFER);
    struct ats_gate_client other = client_at(1, DEVICE, DEVICE, true);
    cr_assert_eq(ats_gate_connect(fix.gate, &other, NULL), ATS_GATE_DEFER);
}

Test(observe, leaves_authentication_methods_to_the_broker)
{
    struct ats_gate_client client = device_client();
    uint8_t answer[ATS_GATE_DATA_MAX];
    size_t len = 0;
    cr_assert_eq(ats_gate_connect_with(fix.gate, &client, ATS_DEVICE_METHOD, ats_span_text("x"),
                                       answer, &len),
                 ATS_GATE_DEFER);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.connections_deferred[ATS_NOT_OURS_METHOD]), 0);
}
