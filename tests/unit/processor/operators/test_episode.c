/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/processor/operators/flow_fixture.h"

#define ENTER 0.9
#define BETWEEN 0.7
#define BELOW 0.2

TestSuite(episode, .init = start_flow, .fini = finish_flow);

/* An event a second after the last one, as the model scored it. */
static enum ats_episode_change give(double score)
{
    enum ats_next next = ATS_NEXT_GO_ON;
    fix.flow.event.position++;
    fix.flow.event_time_ms += 1000;
    fix.chain->result.score = score;
    fix.chain->result.episode = ats_span_of(NULL, 0);
    fix.chain->change = ATS_EPISODE_UNCHANGED;
    fix.chain->scored[LAST].value = score * 100;
    cr_assert_eq(ats_operator_episode.process(fix.chain, &fix.flow, &next), ATS_OK);
    cr_assert_eq(next, ATS_NEXT_GO_ON);
    return fix.chain->change;
}

static void open_one(void)
{
    (void)give(ENTER);
    (void)give(ENTER);
    cr_assert_eq(give(ENTER), ATS_EPISODE_OPENED);
}

static void close_one(void)
{
    (void)give(BELOW);
    cr_assert_eq(give(BELOW), ATS_EPISODE_CLOSED);
}

Test(episode, opens_with_as_many_events_in_a_row_as_the_use_case_says)
{
    cr_assert_eq(give(ENTER), ATS_EPISODE_UNCHANGED);
    cr_assert_eq(give(ENTER), ATS_EPISODE_UNCHANGED);
    cr_assert_eq(fix.chain->result.episode.len, 0);
    cr_assert_eq(give(ENTER), ATS_EPISODE_OPENED);
    cr_assert_eq(fix.chain->result.episode.len, 32);
}

Test(episode, does_not_open_when_the_row_is_broken)
{
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(give(ENTER), ATS_EPISODE_UNCHANGED);
        cr_assert_eq(give(ENTER), ATS_EPISODE_UNCHANGED);
        cr_assert_eq(give(BETWEEN), ATS_EPISODE_UNCHANGED);
    }
}

Test(episode, opens_only_once)
{
    open_one();
    for (int i = 0; i < 10; i++)
        cr_assert_eq(give(ENTER), ATS_EPISODE_UNCHANGED);
}

Test(episode, stays_open_between_the_two_levels)
{
    open_one();
    for (int i = 0; i < 10; i++)
        cr_assert_eq(give(BETWEEN), ATS_EPISODE_UNCHANGED);
    cr_assert_eq(fix.chain->result.episode.len, 32);
}

Test(episode, closes_with_as_many_events_in_a_row_as_the_use_case_says)
{
    open_one();
    cr_assert_eq(give(BELOW), ATS_EPISODE_UNCHANGED);
    cr_assert_eq(give(BETWEEN), ATS_EPISODE_UNCHANGED);
    cr_assert_eq(give(BELOW), ATS_EPISODE_UNCHANGED);
    cr_assert_eq(give(BELOW), ATS_EPISODE_CLOSED);
    cr_assert_eq(give(BELOW), ATS_EPISODE_UNCHANGED);
    cr_assert_eq(fix.chain->result.episode.len, 0);
}

Test(episode, tells_onset_and_newest_event)
{
    fix.flow.event_time_ms = 100000;
    open_one();
    cr_assert_eq(fix.chain->episode.onset_ms, 101000);
    cr_assert_eq(fix.chain->episode.last_ms, 103000);
    close_one();
    cr_assert_eq(fix.chain->episode.onset_ms, 101000);
    cr_assert_eq(fix.chain->episode.last_ms, 105000);
}

Test(episode, keeps_the_features_of_its_peak)
{
    open_one();
    (void)give(0.99);
    close_one();
    cr_assert_float_eq(fix.chain->episode.peak_score, 0.99, 1e-12);
    cr_assert_float_eq(fix.chain->episode.features[LAST].value, 99, 1e-9);
    cr_assert_str_eq(fix.chain->episode.features[LAST].name, "last");
}

Test(episode, keeps_its_id_until_it_closes)
{
    char id[ATS_EPISODE_ID_SIZE];
    open_one();
    memcpy(id, fix.chain->episode_id, sizeof(id));
    close_one();
    cr_assert_str_eq(fix.chain->episode_id, id);
}

Test(episode, has_the_same_id_in_a_replay)
{
    char id[ATS_EPISODE_ID_SIZE];
    open_one();
    memcpy(id, fix.chain->episode_id, sizeof(id));
    finish_flow();
    start_flow();
    open_one();
    cr_assert_str_eq(fix.chain->episode_id, id);
}

Test(episode, has_an_id_of_its_own_where_another_began_at_the_same_time)
{
    char id[ATS_EPISODE_ID_SIZE];
    open_one();
    memcpy(id, fix.chain->episode_id, sizeof(id));
    close_one();
    fix.flow.event_time_ms = 0;
    open_one();
    cr_assert_str_neq(fix.chain->episode_id, id);
}

Test(episode, leaves_no_entry_of_an_asset_that_shows_nothing)
{
    (void)give(BELOW);
    (void)give(ENTER);
    cr_assert_eq(ats_state_count(fix.flow.state), 1);
    (void)give(BELOW);
    cr_assert_eq(ats_state_count(fix.flow.state), 0);
    open_one();
    close_one();
    cr_assert_eq(ats_state_count(fix.flow.state), 0);
}

Test(episode, is_one_for_each_asset)
{
    open_one();
    fix.flow.event.asset = ats_span_text("line-4");
    cr_assert_eq(give(ENTER), ATS_EPISODE_UNCHANGED);
    cr_assert_eq(fix.chain->result.episode.len, 0);
    fix.flow.event.asset = ats_span_text("line-3");
    (void)give(ENTER);
    cr_assert_eq(fix.chain->result.episode.len, 32);
}
