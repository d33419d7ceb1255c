/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/freshness.h"

#include "common/base/limits.h"
#include "common/control/freshness_state.h"
#include "common/kafka/reader.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

struct ats_freshness {
    struct ats_freshness_options options;
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    struct ats_kafka_reader *reader;
    struct ats_store_view *view;
    uint64_t generation; /* of the view */
    struct ats_freshness_state state;
    int64_t retry_ms; /* monotonic: when a reader is opened again */
    bool said_stale;
    bool said_withheld;
    int64_t ahead_said_ms; /* monotonic; 0: never */
    int64_t refused_said_ms;
    pthread_t thread;
    atomic_bool stop;
};

static int64_t monotonic_ms(const struct ats_freshness *freshness)
{
    return ats_clock_monotonic_ms(freshness->options.clock);
}

/* The view as it is now; whoever lost the scope since is not believed any more. */
static bool renew(struct ats_freshness *freshness)
{
    uint64_t generation = ats_registry_generation(freshness->options.registry);
    enum ats_status status = ATS_OK;
    if (freshness->view && generation == freshness->generation)
        return true;
    if (freshness->view)
        status = ats_store_view_renew(freshness->view);
    else
        status = ats_registry_view_open(freshness->options.registry, &freshness->view);
    if (status != ATS_OK)
        return false;
    freshness->generation = generation;
    ats_freshness_recheck(&freshness->state, freshness->view);
    return true;
}

static bool is_time_to_say(struct ats_freshness *freshness, int64_t *said_ms)
{
    int64_t now_ms = monotonic_ms(freshness);
    if (*said_ms != 0 && now_ms - *said_ms < ATS_CONTROL_HEARTBEAT_AHEAD_MS)
        return false;
    *said_ms = now_ms;
    return true;
}

/* An empty copy knows nobody: that refuses nothing. Whose word it is, is not proven. */
static void tell_refused(struct ats_freshness *freshness, const struct ats_heartbeat *stated,
                         enum ats_status status)
{
    if (ats_registry_count(freshness->options.registry) == 0)
        return;
    atomic_fetch_add(&freshness->options.report->refused, 1);
    if (!is_time_to_say(freshness, &freshness->refused_said_ms))
        return;
    if (status == ATS_ERR_MALFORMED)
        ats_log_event(freshness->options.log, ATS_LOG_INFO, "control.heartbeat-refused",
                      "topic=%s reason=\"it is none\"", freshness->topic);
    else
        ats_log_event(freshness->options.log, ATS_LOG_INFO, "control.heartbeat-refused",
                      "topic=%s group=%s member=%s reason=\"%s\"", freshness->topic,
                      ats_log_quote(stated->group).text, ats_log_quote(stated->member).text,
                      stated->foreign ? "it is of another fleet"
                                      : "its signature does not hold, or the member that it names "
                                        "is none that may sign one");
}

/* Now and then, since such a member goes on saying so. */
static void tell_ahead(struct ats_freshness *freshness, const struct ats_heartbeat *heartbeat,
                       int64_t wall_ms)
{
    atomic_fetch_add(&freshness->options.report->refused, 1);
    if (!is_time_to_say(freshness, &freshness->ahead_said_ms))
        return;
    ats_log_event(freshness->options.log, ATS_LOG_WARNING, "control.heartbeat-ahead",
                  "group=%s member=%s by=%" PRId64 "s hint=\"that member's clock is ahead of this "
                  "machine's: its heartbeats do not count until both agree\"",
                  ats_log_quote(heartbeat->group).text, ats_log_quote(heartbeat->member).text,
                  (heartbeat->time_ms - wall_ms) / 1000);
}

static void hear(struct ats_freshness *freshness, struct ats_span value)
{
    struct ats_heartbeat heartbeat;
    if (!value.data || !renew(freshness)) /* compaction's own marks have no value */
        return;
    enum ats_status status =
        ats_heartbeat_read(value, freshness->options.fleet, freshness->view, &heartbeat);
    if (status == ATS_ERR_MALFORMED || status == ATS_ERR_REFUSED)
        tell_refused(freshness, &heartbeat, status);
    if (status != ATS_OK)
        return;
    int64_t wall_ms = ats_clock_wall_ms(freshness->options.clock);
    if (!ats_freshness_hear(&freshness->state, &heartbeat, wall_ms, monotonic_ms(freshness)))
        tell_ahead(freshness, &heartbeat, wall_ms);
}

static void tell_age(struct ats_freshness *freshness)
{
    const struct ats_freshness_state *state = &freshness->state;
    if (state->stale == freshness->said_stale)
        return;
    freshness->said_stale = state->stale;
    if (state->stale)
        ats_log_event(freshness->options.log, ATS_LOG_WARNING, "control.stale",
                      "age=%" PRId64 "s max=%" PRId64 "s heard=%s consequence=\"%s\"",
                      state->age_ms / 1000, state->max_age_ms / 1000,
                      state->heard ? "before" : "never", freshness->options.consequence);
    else
        ats_log_event(freshness->options.log, ATS_LOG_INFO, "control.fresh", "age=%" PRId64 "s",
                      state->age_ms / 1000);
}

static void tell_withheld(struct ats_freshness *freshness, uint64_t count)
{
    const struct ats_freshness_state *state = &freshness->state;
    const struct ats_freshness_member *member = state->forked ? state->forked : state->withheld;
    if ((member != NULL) == freshness->said_withheld)
        return;
    freshness->said_withheld = member != NULL;
    if (!member)
        ats_log_event(freshness->options.log, ATS_LOG_INFO, "control.complete", "records=%" PRIu64,
                      count);
    else
        ats_log_event(freshness->options.log, ATS_LOG_ERROR,
                      state->forked ? "control.forked" : "control.withheld",
                      "group=%s member=%s counted=%" PRIu64 " records=%" PRIu64 " reason=\"%s\"",
                      ats_log_quote(member->newest.group).text,
                      ats_log_quote(member->newest.member).text, member->newest.place.count, count,
                      state->forked ? "that member has read another log"
                                    : "that member has read records that this copy does not get");
}

static void judge(struct ats_freshness *freshness)
{
    struct ats_freshness_report *report = freshness->options.report;
    struct ats_body_checkpoint place;
    (void)renew(freshness);
    ats_registry_place(freshness->options.registry, &place.count, place.chain);
    ats_freshness_judge(&freshness->state, &place, ats_clock_wall_ms(freshness->options.clock),
                        monotonic_ms(freshness));
    atomic_store(&report->age_ms, freshness->state.age_ms);
    atomic_store(&report->stale, freshness->state.stale);
    atomic_store(&report->withheld, freshness->state.withheld || freshness->state.forked);
    tell_age(freshness);
    tell_withheld(freshness, place.count);
}

/* Uncommitted, as the log itself: a transaction left open must not silence anybody. */
static enum ats_status open_reader(struct ats_freshness *freshness, struct ats_error *err)
{
    return ats_kafka_reader_open_uncommitted(freshness->options.kafka, freshness->topic, 0,
                                             ATS_KAFKA_OFFSET_BEGINNING, &freshness->reader, err);
}

static void pause_a_round(void)
{
    const struct timespec round = {.tv_nsec = ATS_CONTROL_POLL_TIMEOUT_MS * 1000000L};
    (void)nanosleep(&round, NULL);
}

/* One record, or what has to be done without one. True: more of the topic is at hand. */
static bool listen_step(struct ats_freshness *freshness)
{
    struct ats_kafka_record record;
    struct ats_error err = {0};
    if (!freshness->reader &&
        (monotonic_ms(freshness) < freshness->retry_ms || open_reader(freshness, &err) != ATS_OK)) {
        pause_a_round();
        return false;
    }
    enum ats_status status =
        ats_kafka_reader_next(freshness->reader, ATS_CONTROL_POLL_TIMEOUT_MS, &record, &err);
    if (status == ATS_OK)
        hear(freshness, record.value);
    if (status == ATS_OK)
        return !ats_kafka_reader_at_end(freshness->reader);
    if (status == ATS_ERR_AGAIN || status == ATS_ERR_UNAVAILABLE || status == ATS_ERR_NOT_FOUND)
        return false;
    ats_kafka_reader_close(freshness->reader);
    freshness->reader = NULL;
    freshness->retry_ms = monotonic_ms(freshness) + ATS_CONTROL_RETRY_INTERVAL_MS;
    return false;
}

static void *run(void *arg)
{
    struct ats_freshness *freshness = arg;
    int64_t judged_ms = monotonic_ms(freshness);
    while (!atomic_load(&freshness->stop)) {
        /* Old heartbeats that newer ones follow say nothing; a flood of them does not put off the judgement for ever. */
        if (listen_step(freshness) &&
            monotonic_ms(freshness) - judged_ms < ATS_CONTROL_RETRY_INTERVAL_MS)
            continue;
        judge(freshness);
        judged_ms = monotonic_ms(freshness);
    }
    return NULL;
}

static void free_freshness(struct ats_freshness *freshness)
{
    ats_kafka_reader_close(freshness->reader);
    ats_store_view_close(freshness->view);
    free(freshness);
}

enum ats_status ats_freshness_start(const struct ats_freshness_options *options,
                                    struct ats_freshness **ret_freshness, struct ats_error *err)
{
    struct ats_freshness *freshness = calloc(1, sizeof(*freshness));
    if (!freshness)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for the heartbeats");
    freshness->options = *options;
    ats_freshness_init(&freshness->state, options->max_age_ms, monotonic_ms(freshness));
    enum ats_status status =
        ats_kafka_topic_name(options->kafka, "heartbeat", freshness->topic, err);
    if (status == ATS_OK)
        status = open_reader(freshness, err);
    if (status == ATS_OK && pthread_create(&freshness->thread, NULL, run, freshness) != 0)
        status = ats_error_set(err, ATS_ERR_MEMORY, "cannot start the thread for heartbeats");
    if (status != ATS_OK) {
        free_freshness(freshness);
        return status;
    }
    *ret_freshness = freshness;
    return ATS_OK;
}

void ats_freshness_stop(struct ats_freshness *freshness)
{
    if (!freshness)
        return;
    atomic_store(&freshness->stop, true);
    (void)pthread_join(freshness->thread, NULL);
    free_freshness(freshness);
}
