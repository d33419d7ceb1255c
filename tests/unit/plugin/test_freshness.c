/* SPDX-License-Identifier: Apache-2.0 */
/* What a gate does whose copy of the control log is stale, as it is configured. */
#include "tests/unit/plugin/gate_fixture.h"

TestSuite(stale, .fini = fixture_end);

static void open_stale(const char *choice)
{
    fixture_open(NULL, "control_stale", choice);
    connect_with_token();
    atomic_store(&fix.gate->freshness_report.stale, true);
}

static enum ats_gate_answer publish(void)
{
    struct ats_gate_client client = device_client();
    return publish_as(&client, TOPIC, GOOD_PAYLOAD);
}

static enum ats_gate_access connect_again(void)
{
    struct ats_gate_client client = client_at(1, DEVICE "/b", DEVICE, true);
    return ats_gate_connect(fix.gate, &client, good_token());
}

Test(stale, gate_goes_on_with_its_copy_by_default)
{
    fixture_open(NULL, NULL, NULL);
    connect_with_token();
    atomic_store(&fix.gate->freshness_report.stale, true);
    cr_assert_eq(publish(), ATS_GATE_PASS);
    cr_assert_eq(connect_again(), ATS_GATE_ALLOW);
}

Test(stale, gate_keeps_sessions_and_opens_none_with_no_new_sessions)
{
    open_stale("no-new-sessions");
    cr_assert_eq(publish(), ATS_GATE_PASS);
    cr_assert_eq(connect_again(), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_CONTROL_STALE), 1);
}

Test(stale, gate_refuses_publishes_too_with_refuse_and_says_why)
{
    open_stale("refuse");
    cr_assert_eq(publish(), ATS_GATE_REJECT);
    cr_assert_eq(connect_again(), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_CONTROL_STALE), 1);
    cr_assert_eq(journal_count(), 0);
    cr_assert_eq(fix.receipt_count, 1);
    cr_assert(strstr(fix.receipts[0], "control-stale"), "%s", fix.receipts[0]);
    cr_assert(strstr(fix.receipts[0], "150"), "%s", fix.receipts[0]);
}

Test(stale, gate_admits_again_once_its_copy_is_fresh)
{
    open_stale("refuse");
    cr_assert_eq(publish(), ATS_GATE_REJECT);
    atomic_store(&fix.gate->freshness_report.stale, false);
    cr_assert_eq(publish(), ATS_GATE_PASS);
    cr_assert_eq(connect_again(), ATS_GATE_ALLOW);
}
