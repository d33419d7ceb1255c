/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/lasting.h"

#include "plugin/gate_state.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define MILLISECOND_NS 1000000LL

void ats_lasting_fini(struct ats_lasting *lasting)
{
    free(lasting->filters.names);
    free(lasting->retained.names);
    free(lasting->client_ids.names);
    *lasting = (struct ats_lasting){0};
}

static uint64_t hash(const struct ats_gate *gate, const char *name)
{
    uint8_t out[crypto_shorthash_BYTES];
    uint64_t value;
    (void)crypto_shorthash(out, (const uint8_t *)name, strlen(name), gate->digest_key);
    memcpy(&value, out, sizeof(value));
    return value;
}

static bool has(const struct ats_lasting_set *set, uint64_t name)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->names[i] == name)
            return true;
    return false;
}

static bool append(struct ats_lasting_set *set, uint64_t name)
{
    uint64_t *grown = realloc(set->names, (set->count + 1) * sizeof(*grown));
    if (!grown)
        return false;
    grown[set->count++] = name;
    set->names = grown;
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

static enum ats_reason add(const struct ats_gate *gate, struct ats_lasting_set *set,
                           const char *name, size_t max, enum ats_reason full)
{
    uint64_t hashed = hash(gate, name);
    if (has(set, hashed))
        return ATS_REASON_NONE;
    if (set->count >= max)
        return full;
    return append(set, hashed) ? ATS_REASON_NONE : ATS_REASON_GATE_BUSY;
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
    return lasting ? add(gate, &lasting->filters, filter, ATS_GATE_DEVICE_FILTERS_MAX,
                         ATS_REASON_SUBSCRIPTIONS_FULL)
                   : ATS_REASON_GATE_BUSY;
}

enum ats_reason ats_lasting_retained(struct ats_gate *gate, const char *device, const char *topic)
{
    struct ats_lasting *lasting = lasting_of(gate, device);
    return lasting ? add(gate, &lasting->retained, topic, ATS_GATE_DEVICE_RETAINED_MAX,
                         ATS_REASON_RETAINED_FULL)
                   : ATS_REASON_GATE_BUSY;
}

/* As the newest one. */
static bool remember(struct ats_lasting_set *set, uint64_t name)
{
    if (set->count < ATS_GATE_DEVICE_CLIENT_IDS_MAX)
        return append(set, name);
    memmove(set->names, set->names + 1, (set->count - 1) * sizeof(*set->names));
    set->names[set->count - 1] = name;
    return true;
}

enum ats_reason ats_lasting_client_id(struct ats_gate *gate, const char *device,
                                      const char *client_id)
{
    static const struct ats_bucket_rate rate = {
        .per_second = 1000.0 / ATS_GATE_DEVICE_CLIENT_ID_MS,
        .burst_ns =
            (int64_t)ATS_GATE_DEVICE_CLIENT_IDS_MAX * ATS_GATE_DEVICE_CLIENT_ID_MS * MILLISECOND_NS,
    };
    if (strcmp(client_id, device) == 0)
        return ATS_REASON_NONE;
    struct ats_lasting *lasting = lasting_of(gate, device);
    if (!lasting)
        return ATS_REASON_GATE_BUSY;
    uint64_t hashed = hash(gate, client_id);
    if (has(&lasting->client_ids, hashed))
        return ATS_REASON_NONE;
    int64_t now_ns = ats_clock_monotonic_ms(gate->clock) * MILLISECOND_NS;
    if (!ats_bucket_has(&lasting->new_client_ids, &rate, 1, now_ns))
        return ATS_REASON_BUSY_DEVICE;
    if (!remember(&lasting->client_ids, hashed))
        return ATS_REASON_GATE_BUSY;
    ats_bucket_take(&lasting->new_client_ids, &rate, 1, now_ns);
    return ATS_REASON_NONE;
}
