/* SPDX-License-Identifier: Apache-2.0 */
/* Knowing that the broker ends, without keeping it from ending. */
#include "plugin/stopping.h"

#include "tests/unit/plugin/gate_fixture.h"

#include <signal.h>

static int asked;

static void brokers_own(int number)
{
    asked = number;
}

static bool says_yes(void *ctx)
{
    (void)ctx;
    return true;
}

static void set_up(void)
{
    fixture_open(NULL, NULL, NULL);
    asked = 0;
    cr_assert_neq(signal(SIGTERM, brokers_own), SIG_ERR);
}

static void tear_down(void)
{
    ats_stopping_unwatch();
    (void)signal(SIGTERM, SIG_DFL);
    fixture_end();
}

TestSuite(stopping, .init = set_up, .fini = tear_down);

Test(stopping, is_known_once_the_broker_has_been_asked_to_end)
{
    ats_stopping_watch();
    cr_assert_not(ats_stopping());
    cr_assert_eq(raise(SIGTERM), 0);
    cr_assert(ats_stopping());
    cr_assert_eq(asked, SIGTERM, "the broker has heard it too");
}

Test(stopping, gives_the_broker_its_handlers_back)
{
    ats_stopping_watch();
    ats_stopping_watch();
    ats_stopping_unwatch();
    cr_assert_eq(signal(SIGTERM, SIG_DFL), brokers_own);
}

Test(stopping, leaves_a_signal_alone_that_the_broker_does_not_handle)
{
    cr_assert_neq(signal(SIGTERM, SIG_IGN), SIG_ERR);
    ats_stopping_watch();
    cr_assert_eq(raise(SIGTERM), 0);
    cr_assert_not(ats_stopping());
}

/* Of a live session a will cannot be told from a publish then; who publishes sends it again. */
Test(stopping, a_device_publishes_and_leaves_nothing_while_the_broker_stops)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_publish publish = publish_of(TOPIC, GOOD_PAYLOAD);
    connect_with_token();
    fix.gate->broker.is_stopping = says_yes;
    cr_assert_eq(ats_gate_may_publish(fix.gate, &client, &publish), ATS_GATE_DENY_CLOSE);
    cr_assert_eq(refused(ATS_REASON_STOPPING), 1);
    cr_assert(strstr(fix.log, "publish.refused device=\"" DEVICE "\""), "%s", fix.log);
    cr_assert_eq(sessions_closed(ATS_REASON_STOPPING), 1);
    publish.topic = "office/lamp";
    cr_assert_eq(ats_gate_may_publish(fix.gate, &client, &publish), ATS_GATE_ALLOW);
}

Test(stopping, no_will_is_taken_that_waits_for_its_delay)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_publish will = publish_of(TOPIC, GOOD_PAYLOAD);
    will.properties = NULL;
    connect_with_token();
    ats_gate_tick(fix.gate);
    ats_gate_disconnected(fix.gate, &handles[0]);
    fix.gate->broker.is_stopping = says_yes;
    cr_assert_eq(ats_gate_may_publish(fix.gate, &client, &will), ATS_GATE_DENY_CLOSE);
    cr_assert_eq(refused(ATS_REASON_STOPPING), 1, "%s", fix.log);
    cr_assert_eq(journal_count(), 0);
}
