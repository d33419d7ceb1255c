/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Features over event-time windows that end with the event, in constant memory and time.
 *
 *   a series (one field, one window length):   16 panes of window/16 each, a ring over event time
 *
 *        newest-15                                   newest
 *          |----|----|----|----| ... |----|----|----|----|
 *
 * An event goes into the pane of its own time; its window are that pane and the 15 before it, so between 15/16 of the window's
 * length and all of it. An event that is out of order but not late goes into an older pane and gets the window that ended with
 * it, as far as the ring still holds it; what is older than the ring changes nothing and sees itself alone. All devices of an
 * asset meet in its series.
 *
 * Only an event that is late by its own device's event time is left out: it ends the chain before any state is touched.
 */
#include "processor/operators/operator.h"

#include <math.h>

#define PANES 16

/* The numbers of a pane. A series with means and counts alone has the first two. */
enum { PANE_COUNT, PANE_SUM, PANE_M2, PANE_MIN, PANE_MAX, PANE_WIDTH };
#define PANE_WIDTH_SMALL PANE_M2

struct series_memory {
    uint64_t used;
    int64_t newest; /* number of the newest pane */
    double panes[]; /* PANES times the series' width */
};

/* ATS_AGGREGATE_LAST: the newest value by event time. */
struct last_memory {
    uint64_t used;
    int64_t time_ms;
    double value;
};

static size_t width_for(enum ats_aggregate aggregate)
{
    return aggregate == ATS_AGGREGATE_MEAN || aggregate == ATS_AGGREGATE_COUNT ? PANE_WIDTH_SMALL
                                                                               : PANE_WIDTH;
}

/* The series of that field and window: one that is there, or a new one. */
static size_t series_for(struct ats_chain *chain, size_t leaf, const struct ats_feature *feature)
{
    size_t i = 0;
    while (i < chain->series_count &&
           (chain->series[i].leaf != leaf || chain->series[i].window_ms != feature->window_ms))
        i++;
    if (i == chain->series_count)
        chain->series[chain->series_count++] =
            (struct ats_series){.leaf = leaf, .window_ms = feature->window_ms};
    size_t width = width_for(feature->aggregate);
    if (chain->series[i].width < width)
        chain->series[i].width = width;
    return i;
}

static enum ats_status prepare(struct ats_chain *chain, struct ats_error *err)
{
    const struct ats_usecase *usecase = chain->usecase;
    for (size_t i = 0; i < usecase->feature_count; i++) {
        const struct ats_feature *feature = &usecase->features[i];
        struct ats_chain_feature *compiled = &chain->features[i];
        if (ats_contract_leaf_find(chain->contract, feature->field, &compiled->leaf) != ATS_OK)
            return ats_error_set(err, ATS_ERR_INVALID,
                                 "use case %s: feature %s: contract %s has no field '%s'",
                                 usecase->name, feature->name, usecase->contract, feature->field);
        if (feature->aggregate == ATS_AGGREGATE_LAST) {
            compiled->at = chain->memory_size;
            chain->memory_size += sizeof(struct last_memory);
        } else {
            compiled->series = series_for(chain, compiled->leaf, feature);
        }
    }
    for (size_t i = 0; i < chain->series_count; i++) {
        chain->series[i].at = chain->memory_size;
        chain->memory_size +=
            sizeof(struct series_memory) + PANES * chain->series[i].width * sizeof(double);
    }
    return ATS_OK;
}

/* Division that rounds down, for times before 1970. */
static int64_t floor_divide(int64_t dividend, int64_t divisor)
{
    int64_t quotient = dividend / divisor;
    return quotient - (dividend % divisor < 0 ? 1 : 0);
}

static double *pane_of(struct series_memory *memory, size_t width, int64_t number)
{
    size_t slot = (size_t)(number & (PANES - 1));
    return memory->panes + slot * width;
}

/* Moves the ring on so that it ends with pane `number`. */
static void advance(struct series_memory *memory, size_t width, int64_t number)
{
    int64_t steps = memory->used ? number - memory->newest : PANES;
    if (steps > PANES)
        steps = PANES;
    for (int64_t i = 0; i < steps; i++)
        memset(pane_of(memory, width, number - i), 0, width * sizeof(double));
    memory->newest = number;
    memory->used = 1;
}

/* Adds the numbers of `from` to `into`; the sums of squares by Chan, Golub and LeVeque's pairwise formula (1983). */
static void merge(double *into, const double *from, size_t width)
{
    double count = into[PANE_COUNT] + from[PANE_COUNT];
    if (from[PANE_COUNT] <= 0)
        return;
    if (width == PANE_WIDTH) {
        bool first = into[PANE_COUNT] <= 0;
        if (!first) {
            double gap = from[PANE_SUM] / from[PANE_COUNT] - into[PANE_SUM] / into[PANE_COUNT];
            into[PANE_M2] += gap * gap * into[PANE_COUNT] * from[PANE_COUNT] / count;
        }
        into[PANE_M2] += from[PANE_M2];
        if (first || from[PANE_MIN] < into[PANE_MIN])
            into[PANE_MIN] = from[PANE_MIN];
        if (first || from[PANE_MAX] > into[PANE_MAX])
            into[PANE_MAX] = from[PANE_MAX];
    }
    into[PANE_SUM] += from[PANE_SUM];
    into[PANE_COUNT] = count;
}

/* Takes the event into the series and gives the totals of the window that ends with it. */
static void update_series(const struct ats_series *series, struct series_memory *memory,
                          const struct ats_flow *flow, double ret_totals[PANE_WIDTH])
{
    int64_t pane_ms = (series->window_ms + PANES - 1) / PANES;
    int64_t number = floor_divide(flow->time_ms, pane_ms);
    double value = (double)NAN;
    double own[PANE_WIDTH] = {0};
    if (ats_leaf_number(&flow->leaves[series->leaf], &value) && isfinite(value)) {
        own[PANE_COUNT] = 1;
        own[PANE_SUM] = own[PANE_MIN] = own[PANE_MAX] = value;
    }
    if (!memory->used || number > memory->newest)
        advance(memory, series->width, number);
    bool in_ring = number > memory->newest - PANES;
    memset(ret_totals, 0, PANE_WIDTH * sizeof(double));
    merge(in_ring ? pane_of(memory, series->width, number) : ret_totals, own, series->width);
    int64_t oldest = memory->newest - PANES + 1;
    for (int64_t i = number - PANES + 1 > oldest ? number - PANES + 1 : oldest; i <= number; i++)
        merge(ret_totals, pane_of(memory, series->width, i), series->width);
}

static double update_last(struct last_memory *memory, const struct ats_flow *flow, size_t leaf)
{
    double value = (double)NAN;
    bool present = ats_leaf_number(&flow->leaves[leaf], &value) && isfinite(value);
    bool newest = !memory->used || flow->time_ms >= memory->time_ms;
    if (!present)
        return memory->used && newest ? memory->value : (double)NAN;
    if (newest)
        *memory = (struct last_memory){.used = 1, .time_ms = flow->time_ms, .value = value};
    return value;
}

static double aggregate_of(enum ats_aggregate aggregate, const double totals[PANE_WIDTH])
{
    double count = totals[PANE_COUNT];
    if (aggregate == ATS_AGGREGATE_COUNT)
        return count;
    if (count <= 0)
        return (double)NAN;
    switch (aggregate) {
    case ATS_AGGREGATE_MIN:
        return totals[PANE_MIN];
    case ATS_AGGREGATE_MAX:
        return totals[PANE_MAX];
    case ATS_AGGREGATE_STDDEV:
        return count > 1 ? sqrt(totals[PANE_M2] / (count - 1)) : 0;
    default:
        return totals[PANE_SUM] / count;
    }
}

static bool is_late(const struct ats_chain *chain, const struct ats_flow *flow)
{
    return flow->newest_ms > INT64_MIN + chain->usecase->allowed_lateness_ms &&
           flow->event_time_ms < flow->newest_ms - chain->usecase->allowed_lateness_ms;
}

/* The chain's entry of the state; all zero where it was made for another shape. */
static uint8_t *open_memory(const struct ats_chain *chain, struct ats_flow *flow)
{
    struct ats_span key = ats_flow_key(flow, 'u', ats_span_text(chain->usecase->name),
                                       flow->event.asset, ats_span_of(NULL, 0));
    uint8_t *memory = ats_state_edit(flow->state, key, chain->memory_size);
    if (memory && memcmp(memory, &chain->shape, sizeof(chain->shape)) != 0) {
        memset(memory, 0, chain->memory_size);
        memcpy(memory, &chain->shape, sizeof(chain->shape));
    }
    return memory;
}

static enum ats_status process(struct ats_chain *chain, struct ats_flow *flow,
                               enum ats_next *ret_next)
{
    double totals[ATS_USECASE_FEATURES_MAX][PANE_WIDTH];
    if (is_late(chain, flow)) {
        chain->result.late = true;
        *ret_next = ATS_NEXT_STOP;
        return ATS_OK;
    }
    chain->memory = open_memory(chain, flow);
    if (!chain->memory)
        return ATS_ERR_MEMORY;
    for (size_t i = 0; i < chain->series_count; i++)
        update_series(&chain->series[i], (void *)(chain->memory + chain->series[i].at), flow,
                      totals[i]);
    for (size_t i = 0; i < chain->usecase->feature_count; i++) {
        const struct ats_chain_feature *feature = &chain->features[i];
        enum ats_aggregate aggregate = chain->usecase->features[i].aggregate;
        chain->values[i] =
            aggregate == ATS_AGGREGATE_LAST
                ? update_last((void *)(chain->memory + feature->at), flow, feature->leaf)
                : aggregate_of(aggregate, totals[feature->series]);
    }
    return ATS_OK;
}

const struct ats_usecase_operator ats_operator_window = {
    .name = "window", .prepare = prepare, .process = process};
