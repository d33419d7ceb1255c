/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/lasting.h"

#include "common/base/short_hash.h"
#include "plugin/gate_state.h"

#include <stdlib.h>
#include <string.h>

#define MILLISECOND_NS 1000000LL

void ats_lasting_fini(struct ats_lasting *lasting)
{
    free(lasting->filters.last.names);
    free(lasting->retained.names);
    free(lasting->client_ids.last.names);
    *lasting = (struct ats_lasting){0};
}

static uint64_t hash(const struct ats_gate *gate, const char *name)
{
    return ats_short_hash(ats_span_text(name), gate->digest_key);
}

static bool has(const struct ats_lasting_set *set, uint64_t name)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->names[i] == name)
            return true;
    return false;
}

/* Room for one more. */
static bool reserve(struct ats_lasting_set *set)
{
    uint64_t *grown = realloc(set->names, (set->count + 1) * sizeof(*grown));
    if (grown)
        set->names = grown;
    return grown != NULL;
}

static bool append(struct ats_lasting_set *set, uint64_t name)
{
    if (!reserve(set))
        return false;
    set->names[set->count++] = name;
    return true;
}

/* Outlives the device's connections from now on. NULL: no room. */
static struct ats_lasting *lasting_of(struct ats_gate *gate, const char *device)
{
    struct ats_device_limits *limits = ats_sessions_limits(gate->sessions, device, true);
    if (!limits)
        return NULL;
    limits->touched = true;
    return &limits->lasting;
}

/* As the newest one. */
static bool remember(struct ats_lasting_set *set, uint64_t name)
{
    if (set->count < ATS_GATE_DEVICE_NAMES_MAX)
        return append(set, name);
    memmove(set->names, set->names + 1, (set->count - 1) * sizeof(*set->names));
    set->names[set->count - 1] = name;
    return true;
}

static const struct ats_bucket_rate new_names = {
    .per_second = 1000.0 / ATS_GATE_DEVICE_NEW_NAME_MS,
    .burst_ns = (int64_t)ATS_GATE_DEVICE_NAMES_MAX * ATS_GATE_DEVICE_NEW_NAME_MS * MILLISECOND_NS,
};

static int64_t now(const struct ats_gate *gate)
{
    return ats_clock_monotonic_ms(gate->clock) * MILLISECOND_NS;
}

/* One of the last few, or one more in a while. */
static bool has_room(const struct ats_gate *gate, const struct ats_lasting_names *names,
                     const char *name)
{
    return has(&names->last, hash(gate, name)) ||
           ats_bucket_has(&names->more, &new_names, 1, now(gate));
}

/* GATE_BUSY without memory, or `full`. */
static enum ats_reason take(const struct ats_gate *gate, struct ats_lasting_names *names,
                            const char *name, enum ats_reason full)
{
    uint64_t hashed = hash(gate, name);
    if (!has_room(gate, names, name))
        return full;
    if (has(&names->last, hashed))
        return ATS_REASON_NONE;
    if (!remember(&names->last, hashed))
        return ATS_REASON_GATE_BUSY;
    ats_bucket_take(&names->more, &new_names, 1, now(gate));
    return ATS_REASON_NONE;
}

static size_t levels(const char *topic)
{
    size_t count = 1;
    for (; *topic; topic++)
        count += *topic == '/';
    return count;
}

enum ats_reason ats_lasting_filter(struct ats_gate *gate, const char *device, const char *filter)
{
    const char *commands = gate->options.device_commands;
    if (levels(filter) > levels(commands) + ATS_GATE_DEVICE_FILTER_LEVELS ||
        strlen(filter) > strlen(commands) + strlen(device) + ATS_GATE_DEVICE_FILTER_BYTES)
        return ATS_REASON_SUBSCRIPTIONS_FULL;
    struct ats_lasting *lasting = lasting_of(gate, device);
    return lasting ? take(gate, &lasting->filters, filter, ATS_REASON_SUBSCRIPTIONS_FULL)
                   : ATS_REASON_GATE_BUSY;
}

static bool leaves_retained(const struct ats_gate *gate, const struct ats_gate_publish *publish)
{
    return gate->options.device_retained_topics != 0 && publish->retain &&
           publish->payload.len > 0; /* without one it takes a message away */
}

enum ats_reason ats_lasting_retained_room(struct ats_gate *gate, const char *device,
                                          const struct ats_gate_publish *publish)
{
    if (!leaves_retained(gate, publish))
        return ATS_REASON_NONE;
    struct ats_lasting *lasting = lasting_of(gate, device);
    if (!lasting)
        return ATS_REASON_GATE_BUSY;
    struct ats_lasting_set *retained = &lasting->retained;
    if (has(retained, hash(gate, publish->topic)))
        return ATS_REASON_NONE;
    if ((int64_t)retained->count >= gate->options.device_retained_topics)
        return ATS_REASON_RETAINED_FULL;
    return reserve(retained) ? ATS_REASON_NONE : ATS_REASON_GATE_BUSY;
}

enum ats_reason ats_lasting_retained(struct ats_gate *gate, const char *device,
                                     const struct ats_gate_publish *publish)
{
    enum ats_reason reason = ats_lasting_retained_room(gate, device, publish);
    if (reason != ATS_REASON_NONE || !leaves_retained(gate, publish))
        return reason;
    struct ats_lasting_set *retained = &lasting_of(gate, device)->retained;
    uint64_t hashed = hash(gate, publish->topic);
    return has(retained, hashed) || append(retained, hashed) ? ATS_REASON_NONE
                                                             : ATS_REASON_GATE_BUSY;
}

static bool leaves_client_id(const struct ats_gate_client *client, const char *device)
{
    return !client->leaves_nothing && strcmp(client->id, device) != 0;
}

enum ats_reason ats_lasting_client_id_room(struct ats_gate *gate, const char *device,
                                           const struct ats_gate_client *client)
{
    const struct ats_device_limits *limits =
        leaves_client_id(client, device) ? ats_sessions_limits(gate->sessions, device, false)
                                         : NULL;
    return !limits || has_room(gate, &limits->lasting.client_ids, client->id)
               ? ATS_REASON_NONE
               : ATS_REASON_BUSY_DEVICE;
}

enum ats_reason ats_lasting_client_id(struct ats_gate *gate, const char *device,
                                      const struct ats_gate_client *client)
{
    if (!leaves_client_id(client, device))
        return ATS_REASON_NONE;
    struct ats_lasting *lasting = lasting_of(gate, device);
    return lasting ? take(gate, &lasting->client_ids, client->id, ATS_REASON_BUSY_DEVICE)
                   : ATS_REASON_GATE_BUSY;
}
