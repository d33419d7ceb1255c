/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/in_flight.h"

#include <assert.h>
#include <stdlib.h>

enum ats_status ats_in_flight_init(struct ats_in_flight *flights)
{
    *flights =
        (struct ats_in_flight){.items = calloc(ATS_GATE_IN_FLIGHT_MAX, sizeof(*flights->items))};
    return flights->items ? ATS_OK : ATS_ERR_MEMORY;
}

void ats_in_flight_fini(struct ats_in_flight *flights)
{
    free(flights->items);
    flights->items = NULL;
}

bool ats_in_flight_full(const struct ats_in_flight *flights)
{
    return flights->tail - flights->head == ATS_GATE_IN_FLIGHT_MAX;
}

bool ats_in_flight_empty(const struct ats_in_flight *flights)
{
    return flights->tail == flights->head;
}

uint64_t ats_in_flight_count(const struct ats_in_flight *flights)
{
    return flights->tail - flights->head;
}

uint64_t ats_in_flight_next_tag(const struct ats_in_flight *flights)
{
    return flights->tail;
}

void ats_in_flight_push(struct ats_in_flight *flights, const struct ats_flight *flight)
{
    assert(!ats_in_flight_full(flights));
    flights->items[flights->tail++ % ATS_GATE_IN_FLIGHT_MAX] = *flight;
}

const struct ats_flight *ats_in_flight_find(const struct ats_in_flight *flights, uint64_t tag)
{
    bool in_flight = tag >= flights->head && tag < flights->tail;
    return in_flight ? &flights->items[tag % ATS_GATE_IN_FLIGHT_MAX] : NULL;
}

void ats_in_flight_done(struct ats_in_flight *flights, uint64_t tag)
{
    if (ats_in_flight_find(flights, tag))
        flights->items[tag % ATS_GATE_IN_FLIGHT_MAX].done = true;
}

const struct ats_flight *ats_in_flight_peek(const struct ats_in_flight *flights)
{
    const struct ats_flight *oldest = &flights->items[flights->head % ATS_GATE_IN_FLIGHT_MAX];
    return ats_in_flight_empty(flights) || !oldest->done ? NULL : oldest;
}

void ats_in_flight_pop(struct ats_in_flight *flights)
{
    assert(ats_in_flight_peek(flights));
    flights->head++;
}

void ats_in_flight_clear(struct ats_in_flight *flights)
{
    flights->head = flights->tail;
}
