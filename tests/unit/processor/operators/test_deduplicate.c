/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/processor/operators/flow_fixture.h"

TestSuite(deduplicate, .init = start_flow, .fini = finish_flow);

/* Whether the event goes on. */
static bool passes(uint64_t position)
{
    enum ats_next next = ATS_NEXT_GO_ON;
    fix.flow.event.position = position;
    cr_assert_eq(ats_operator_deduplicate.process(&fix.flow, &next), ATS_OK);
    return next == ATS_NEXT_GO_ON;
}

Test(deduplicate, drops_what_was_seen)
{
    cr_assert(passes(7));
    cr_assert_not(passes(7));
    cr_assert_not(passes(6));
    cr_assert(passes(8));
}

Test(deduplicate, takes_gaps_since_other_partitions_have_the_rest)
{
    cr_assert(passes(7));
    cr_assert(passes(700));
    cr_assert_not(passes(8));
}

Test(deduplicate, keeps_a_mark_for_each_journal)
{
    cr_assert(passes(7));
    fix.flow.event.journal_id = 2;
    cr_assert(passes(7));
    fix.flow.event.journal_id = 1;
    cr_assert_not(passes(7));
}

Test(deduplicate, keeps_a_mark_for_each_gate)
{
    cr_assert(passes(7));
    fix.flow.event.gate = ats_span_text("gate-2");
    cr_assert(passes(7));
    fix.flow.event.gate = ats_span_text("gate-1");
    cr_assert_not(passes(7));
}

Test(deduplicate, keeps_a_mark_for_each_topic)
{
    cr_assert(passes(7));
    fix.record.topic = "ats.telemetry.machine-temp";
    cr_assert(passes(7));
}

Test(deduplicate, forgets_with_the_transaction)
{
    cr_assert(passes(7));
    ats_state_rollback(fix.flow.state);
    cr_assert(passes(7));
    ats_state_commit(fix.flow.state);
    cr_assert_not(passes(7));
}

static void note_topic(void *ctx, struct ats_span topic)
{
    char *found = ctx;
    size_t used = strlen(found);
    memcpy(found + used, topic.data, topic.len);
    found[used + topic.len] = ';';
}

Test(deduplicate, tells_the_topics_of_which_it_has_seen_a_record)
{
    char found[128] = "";
    ats_deduplicate_each_topic(fix.flow.state, note_topic, found);
    cr_assert_str_eq(found, "");
    cr_assert(passes(7));
    cr_assert_not_null(ats_state_edit(fix.flow.state, ats_span_text("n"), 8));
    ats_deduplicate_each_topic(fix.flow.state, note_topic, found);
    cr_assert_str_eq(found, "ats.telemetry.env-sensor;");
}

Test(deduplicate, says_so_when_the_state_is_full)
{
    enum ats_next next = ATS_NEXT_GO_ON;
    ats_state_free(fix.flow.state);
    fix.flow.state = ats_state_new(1);
    cr_assert_eq(ats_operator_deduplicate.process(&fix.flow, &next), ATS_ERR_MEMORY);
}
