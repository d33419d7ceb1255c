/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/shed.h"

#include "common/base/limits.h"
#include "plugin/shed_cause.h"
#include "plugin/shed_rest.h"
#include "plugin/shed_told.h"
#include "plugin/shed_window.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define SECOND_MS 1000
#define LET_IN_LEAST 0.02
/* Of the budget, what those who are held back have in any case: others may use up all of it. */
#define HELD_SHARE_LEAST 0.25
/* More groups than these would hold back others by chance: one in 500 with an eighth of three levels. */
#define HELD_MOST (ATS_SHED_GROUPS / 8)
/* Once it was more, it must be so few before anybody is held back again: else a flood about there opened and closed sockets at each step. */
#define HELD_AGAIN (HELD_MOST / 2)
/* What is left at a step of the rate that was believed to be sent: half of it after some three seconds. */
#define SLOWLY 0.975
#define CHANCES 4294967296.0

struct ats_shed {
    struct ats_shed_options options;
    struct ats_shed_filter filter;
    /* Since the last step: by their own doing, and beside that. */
    _Atomic(uint32_t) own[ATS_SHED_LEVELS][ATS_SHED_GROUPS];
    _Atomic(uint32_t) beside[ATS_SHED_LEVELS][ATS_SHED_GROUPS];
    _Atomic(uint32_t) total;
    struct ats_shed_window window;
    uint32_t latest[ATS_SHED_GROUPS]; /* in the last step, for whatever reason; of one level */
    int64_t held_until_ms[ATS_SHED_LEVELS][ATS_SHED_GROUPS]; /* monotonic */
    double
        sent; /* a second, by all who are held back: what came through, over the part that was let in */
    double let_in;
    double kept_out; /* connections, so far */
    unsigned
        held; /* groups, of the level that has the fewest of them: no more addresses are held back by themselves */
    unsigned crowd;         /* of the level that has the most */
    int64_t last_ms;        /* step; 0: there was none */
    int64_t next_ms;        /* the same */
    int64_t all_since_ms;   /* everything has been let in since; 0: it is not */
    bool declined;          /* too many addresses to hold any back, which has been said */
    int64_t below_since_ms; /* the budget, while it is declined; 0: it is not */
    bool failing;           /* the filter is not in force, which has been said */
    int64_t retry_ms;       /* between the last try and the next, while it is failing */
    int64_t retry_at_ms;    /* monotonic */
    bool in_force;          /* it is, which has been said */
    bool partial;           /* not for all listeners, which has been said */
    struct ats_shed_coverage coverage;
    struct ats_shed_rest rest;
    struct ats_shed_told told;
    pthread_mutex_t lock; /* a step, a report and the stop exclude each other */
    bool stopped;
};

enum ats_status ats_shed_new(const struct ats_shed_options *options, struct ats_shed **ret_shed)
{
    struct ats_shed *shed = calloc(1, sizeof(*shed));
    if (!shed)
        return ATS_ERR_MEMORY;
    shed->options = *options;
    shed->let_in = 1;
    (void)pthread_mutex_init(&shed->lock, NULL);
    ats_shed_filter_init(&shed->filter);
    *ret_shed = shed;
    return ATS_OK;
}

void ats_shed_free(struct ats_shed *shed)
{
    if (!shed)
        return;
    ats_shed_stop(shed);
    (void)pthread_mutex_destroy(&shed->lock);
    free(shed);
}

void ats_shed_refused(struct ats_shed *shed, const char *address, enum ats_reason reason)
{
    enum ats_shed_cause cause = ats_shed_cause_of(reason);
    if (!shed || shed->options.budget == 0 || cause == ATS_SHED_CAUSE_GATE)
        return;
    struct ats_address from = ats_address_parse(address);
    bool has_group = !ats_address_is_none(&from); /* else the kernel has nothing to tell it by */
    for (unsigned level = 0; has_group && level < ATS_SHED_LEVELS; level++) {
        unsigned group = ats_shed_group(&shed->filter, level, &from);
        _Atomic(uint32_t) *count =
            cause == ATS_SHED_CAUSE_CLIENT ? &shed->own[level][group] : &shed->beside[level][group];
        atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
        if (level == 0)
            ats_shed_told_note(&shed->told, group, &from);
    }
    /* Last: whoever sees it sees whose it was. */
    atomic_fetch_add_explicit(&shed->total, 1, memory_order_release);
}

/* Of what is sent by who is held back. */
static double part_let_in(const struct ats_shed *shed)
{
    return shed->in_force ? shed->let_in : 1;
}

/* What its addresses send is what came through and what was held back, for which one alone that came through says too little. Who sends
   more than one address has reason to is held back for what others did, too, so that a flood which uses up the share of handshakes is not
   hidden by that. */
static bool floods(const struct ats_shed *shed, unsigned level, unsigned number)
{
    struct ats_shed_counts came = ats_shed_window_of(&shed->window, level, number);
    double part = ats_shed_filter_has(&shed->filter, level, number) ? part_let_in(shed) : 1;
    return (came.own > 1 && came.own >= ATS_GATE_SHED_LEAST * part) ||
           (came.beside > 1 && came.beside > ATS_GATE_SHED_BESIDE * part);
}

static uint32_t take(_Atomic(uint32_t) *count)
{
    return atomic_exchange_explicit(count, 0, memory_order_relaxed);
}

static void count_level(struct ats_shed *shed, unsigned level)
{
    for (unsigned i = 0; i < ATS_SHED_GROUPS; i++) {
        uint32_t own = take(&shed->own[level][i]);
        uint32_t beside = take(&shed->beside[level][i]);
        ats_shed_window_put(&shed->window, level, i, own, beside);
        if (level == 0)
            shed->latest[i] = own + beside;
    }
}

static void choose_level(struct ats_shed *shed, unsigned level, int64_t now)
{
    unsigned held = 0;
    for (unsigned i = 0; i < ATS_SHED_GROUPS; i++) {
        int64_t *until_ms = &shed->held_until_ms[level][i];
        if (floods(shed, level, i))
            *until_ms = now + ATS_GATE_SHED_HOLD_MS;
        bool held_back = now < *until_ms;
        ats_shed_filter_set(&shed->filter, level, i, held_back);
        held += held_back;
    }
    if (level == 0 || held < shed->held)
        shed->held = held;
    if (level == 0 || held > shed->crowd)
        shed->crowd = held;
}

static void choose(struct ats_shed *shed, int64_t now)
{
    for (unsigned level = 0; level < ATS_SHED_LEVELS; level++)
        choose_level(shed, level, now);
}

/* Of the last step's refusals, those from groups that are held back, by one level; a second. */
static double held_of(const struct ats_shed *shed, int64_t took)
{
    double sum = 0;
    for (unsigned i = 0; i < ATS_SHED_GROUPS; i++)
        if (ats_shed_filter_has(&shed->filter, 0, i))
            sum += shed->latest[i];
    return sum * SECOND_MS / (double)took;
}

/* `held` came through from those who are held back, of `came` from all. Who is held back is quiet for a while, so what is sent is
   believed to be less only slowly. */
static void adjust(struct ats_shed *shed, double held, double came, int64_t now)
{
    double budget = (double)shed->options.budget;
    double left = came > held ? budget - (came - held) : budget;
    double sent = held / part_let_in(shed);
    if (left < budget * HELD_SHARE_LEAST)
        left = budget * HELD_SHARE_LEAST;
    shed->sent = shed->sent * SLOWLY > sent ? shed->sent * SLOWLY : sent;
    shed->let_in = shed->sent > 0 ? left / shed->sent : 1;
    if (shed->let_in < LET_IN_LEAST)
        shed->let_in = LET_IN_LEAST;
    if (shed->let_in < 1)
        shed->all_since_ms = 0;
    else if (shed->all_since_ms == 0)
        shed->all_since_ms = now;
    if (shed->let_in > 1)
        shed->let_in = 1;
    double chances = shed->let_in * CHANCES;
    shed->filter.let_in = chances >= CHANCES - 1 ? UINT32_MAX : (uint32_t)chances;
}

static void say_in_force(struct ats_shed *shed)
{
    const struct ats_shed_coverage *coverage = &shed->coverage;
    if (!shed->in_force)
        ats_log_event(shed->options.log, ATS_LOG_WARNING, "connect.shedding",
                      "refused_per_second=%.0f budget=%lld address_groups=%u let_in=%.3f "
                      "listeners_covered=%u listeners=%u",
                      shed->window.total, (long long)shed->options.budget, shed->held, shed->let_in,
                      coverage->covered, coverage->listeners);
    if (coverage->covered < coverage->listeners && !shed->partial)
        ats_log_event(shed->options.log, ATS_LOG_WARNING, "connect.shedding-partial",
                      "listeners_covered=%u listeners=%u reason=\"%s\"", coverage->covered,
                      coverage->listeners, coverage->reason);
    shed->in_force = true;
    shed->partial = coverage->covered < coverage->listeners;
}

static void fail(struct ats_shed *shed, int64_t now, const struct ats_error *err)
{
    if (!shed->failing)
        ats_log_event(shed->options.log, ATS_LOG_WARNING, "connect.shedding-failed",
                      "reason=\"%s\"", err->text);
    shed->retry_ms = shed->failing ? 2 * shed->retry_ms : ATS_GATE_SHED_RETRY_MS;
    if (shed->retry_ms > ATS_GATE_SHED_RETRY_MAX_MS)
        shed->retry_ms = ATS_GATE_SHED_RETRY_MAX_MS;
    shed->retry_at_ms = now + shed->retry_ms;
    shed->failing = true;
    shed->in_force = false;
    shed->partial = false;
}

static void install(struct ats_shed *shed, int64_t now)
{
    struct ats_error err = {0};
    if (shed->failing && now < shed->retry_at_ms)
        return;
    if (shed->options.install(shed->options.ctx, &shed->filter, &shed->coverage, &err) != ATS_OK) {
        fail(shed, now, &err);
        return;
    }
    shed->failing = false;
    say_in_force(shed);
}

static void uninstall(struct ats_shed *shed)
{
    struct ats_error err = {0};
    (void)shed->options.install(shed->options.ctx, NULL, &shed->coverage, &err);
    shed->failing = false;
    shed->in_force = false;
    shed->partial = false;
}

/* Who would be held back is still known. */
static void let_go(struct ats_shed *shed)
{
    for (unsigned level = 0; level < ATS_SHED_LEVELS; level++)
        for (unsigned i = 0; i < ATS_SHED_GROUPS; i++)
            ats_shed_filter_set(&shed->filter, level, i, false);
    shed->held = 0;
    shed->let_in = 1;
    shed->sent = 0;
    shed->all_since_ms = 0;
}

static void forget(struct ats_shed *shed)
{
    let_go(shed);
    for (unsigned level = 0; level < ATS_SHED_LEVELS; level++)
        for (unsigned i = 0; i < ATS_SHED_GROUPS; i++)
            shed->held_until_ms[level][i] = 0;
}

static void let_all_in(struct ats_shed *shed)
{
    bool was_in_force = shed->in_force;
    if (shed->declined)
        let_go(shed);
    else
        forget(shed);
    uninstall(shed);
    if (was_in_force)
        ats_log_event(shed->options.log, ATS_LOG_INFO, "connect.shedding-over",
                      "refused_per_second=%.0f", shed->window.total);
}

/* A flood from so many addresses cannot be told from the fleet: nobody is held back. */
static bool is_declined(struct ats_shed *shed)
{
    bool declined = shed->crowd > (shed->declined ? HELD_AGAIN : HELD_MOST);
    if (declined && !shed->declined)
        ats_log_event(shed->options.log, ATS_LOG_WARNING, "connect.shedding-declined",
                      "refused_per_second=%.0f budget=%lld address_groups=%u most=%d",
                      shed->window.total, (long long)shed->options.budget, shed->crowd, HELD_MOST);
    shed->declined = declined;
    if (!declined)
        shed->below_since_ms = 0;
    return declined;
}

/* A flood that was declined is over once it is no flood for as long as an address is held back. */
static void watch_declined(struct ats_shed *shed, int64_t now)
{
    if (shed->window.total > (double)shed->options.budget) {
        shed->below_since_ms = 0;
        return;
    }
    if (shed->below_since_ms == 0)
        shed->below_since_ms = now;
    if (now - shed->below_since_ms < ATS_GATE_SHED_HOLD_MS)
        return;
    forget(shed);
    shed->declined = false;
    shed->below_since_ms = 0;
    ats_log_event(shed->options.log, ATS_LOG_INFO, "connect.shedding-declined-over",
                  "refused_per_second=%.0f", shed->window.total);
}

static void begin(struct ats_shed *shed, double came, int64_t now, int64_t took)
{
    choose(shed, now);
    if (is_declined(shed))
        let_go(shed);
    if (shed->held == 0)
        return; /* from so many addresses that each might be a device with a wrong key */
    adjust(shed, held_of(shed, took), came, now);
    install(shed, now);
}

/* Who came through was let in by chance: for each of them, so many others were not. `took` in ms. */
static void count_kept_out(struct ats_shed *shed, double held, int64_t took)
{
    if (shed->in_force && !shed->failing)
        shed->kept_out += held * (double)took / SECOND_MS * (1 / shed->let_in - 1);
}

static void go_on(struct ats_shed *shed, double came, int64_t now, int64_t took)
{
    double held = held_of(shed, took);
    count_kept_out(shed, held, took);
    choose(shed, now);
    adjust(shed, held, came, now);
    if (shed->held == 0 || is_declined(shed) ||
        (shed->all_since_ms != 0 && now - shed->all_since_ms >= ATS_GATE_SHED_HOLD_MS))
        let_all_in(shed);
    else
        install(shed, now);
}

/* `took` in ms, since the last one. */
static void choose_anew(struct ats_shed *shed, int64_t now, int64_t took)
{
    uint32_t more = atomic_exchange_explicit(&shed->total, 0, memory_order_acquire);
    if (more == 0 && shed->window.total <= 0 && shed->held == 0 && !shed->declined &&
        !shed->rest.is_flood) {
        shed->rest = (struct ats_shed_rest){0};
        return;
    }
    double came = (double)more * SECOND_MS / (double)took;
    ats_shed_window_step(&shed->window, now - took, now, more);
    for (unsigned level = 0; level < ATS_SHED_LEVELS; level++)
        count_level(shed, level);
    if (shed->held > 0)
        go_on(shed, came, now, took);
    else if (shed->window.total > (double)shed->options.budget)
        begin(shed, came, now, took);
    if (shed->declined)
        watch_declined(shed, now);
    if (shed->declined)
        ats_shed_rest_pause(&shed->rest);
    else
        ats_shed_rest_step(&shed->rest, came - held_of(shed, took), shed->options.budget, now,
                           shed->options.log);
}

/* As if none were late, so that so many are a second; but none sooner than after half of one. */
static int64_t step_after(int64_t due_ms, int64_t now)
{
    int64_t missed = (now - due_ms + ATS_GATE_SHED_STEP_MS / 2) / ATS_GATE_SHED_STEP_MS;
    return due_ms + (missed + 1) * ATS_GATE_SHED_STEP_MS;
}

static void step(struct ats_shed *shed)
{
    int64_t now = ats_clock_monotonic_ms(shed->options.clock);
    if (now < shed->next_ms)
        return;
    int64_t took = shed->last_ms > 0 ? now - shed->last_ms : ATS_GATE_SHED_STEP_MS;
    shed->next_ms = step_after(shed->last_ms > 0 ? shed->next_ms : now, now);
    shed->last_ms = now;
    choose_anew(shed, now, took);
    bool in_force = shed->held > 0 && !shed->failing;
    ats_shed_told_step(&shed->told, in_force ? &shed->filter : NULL, shed->options.log);
}

int ats_shed_wait_ms(struct ats_shed *shed, int longest_ms)
{
    int64_t left = longest_ms;
    (void)pthread_mutex_lock(&shed->lock);
    if (!shed->stopped && atomic_load_explicit(&shed->total, memory_order_relaxed) > 0)
        left = shed->next_ms - ats_clock_monotonic_ms(shed->options.clock);
    (void)pthread_mutex_unlock(&shed->lock);
    if (left < 0)
        return 0;
    return left < longest_ms ? (int)left : longest_ms;
}

void ats_shed_step(struct ats_shed *shed)
{
    (void)pthread_mutex_lock(&shed->lock);
    bool stopping = shed->options.is_stopping && shed->options.is_stopping(shed->options.ctx);
    if (stopping && !shed->stopped && shed->held > 0)
        let_all_in(shed);
    shed->stopped = shed->stopped || stopping;
    if (!shed->stopped)
        step(shed);
    (void)pthread_mutex_unlock(&shed->lock);
}

void ats_shed_stop(struct ats_shed *shed)
{
    if (!shed)
        return;
    (void)pthread_mutex_lock(&shed->lock);
    if (shed->held > 0) {
        forget(shed);
        uninstall(shed);
    }
    shed->stopped = true;
    (void)pthread_mutex_unlock(&shed->lock);
}

struct ats_shed_report ats_shed_report(struct ats_shed *shed)
{
    (void)pthread_mutex_lock(&shed->lock);
    struct ats_shed_report report = {.let_in = 1,
                                     .kept_out = (uint64_t)shed->kept_out,
                                     .declined = shed->declined,
                                     .insufficient = shed->rest.is_flood,
                                     .failing = shed->failing,
                                     .covered = shed->coverage.covered,
                                     .listeners = shed->coverage.listeners};
    if (!shed->failing) {
        report.groups = shed->held;
        report.let_in = shed->let_in;
    }
    (void)pthread_mutex_unlock(&shed->lock);
    return report;
}
