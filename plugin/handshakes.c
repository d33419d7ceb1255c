/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/handshakes.h"

#include "common/base/bucket.h"
#include "common/base/limits.h"
#include "common/base/short_hash.h"
#include "plugin/address.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND_NS 1000000000LL
#define MILLISECOND_NS 1000000LL
#define BURST_NS (ATS_GATE_HANDSHAKES_BURST_MS * MILLISECOND_NS)
#define WAYS 8
#define SETS (ATS_GATE_HANDSHAKES_KEPT / WAYS)
#define FAMILIAR_SETS (ATS_GATE_FAMILIAR_MAX / WAYS)
/* What a stranger leaves of the share, as a part of it. */
#define KEPT_FOR_FAMILIAR 4

struct cell {
    uint64_t key; /* 0: none */
    struct ats_bucket bucket;
};

struct table {
    struct cell cells[SETS][WAYS];
};

struct ats_handshakes {
    const struct ats_clock *clock;
    int64_t (*spent_ns)(void);
    uint8_t key[ATS_SHORT_HASH_KEY_SIZE];
    struct ats_bucket_rate address_rate;
    struct ats_bucket_rate device_rate;
    struct ats_bucket_rate held_rate;
    struct ats_bucket_rate share_rate; /* its units are nanoseconds of the thread */
    struct ats_bucket share;
    struct table addresses;
    struct table devices; /* with the address that uses their names */
    struct table held;
    uint64_t familiar[FAMILIAR_SETS][WAYS];
    unsigned next_way;
};

static int64_t thread_ns(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

static struct ats_bucket_rate rate_of(int64_t per_second, int64_t burst_ns)
{
    return (struct ats_bucket_rate){.per_second = (double)per_second, .burst_ns = burst_ns};
}

enum ats_status ats_handshakes_new(const struct ats_handshake_limits *limits,
                                   const struct ats_clock *clock, int64_t (*spent_ns)(void),
                                   struct ats_handshakes **ret_handshakes)
{
    struct ats_handshakes *handshakes = calloc(1, sizeof(*handshakes));
    if (!handshakes)
        return ATS_ERR_MEMORY;
    handshakes->clock = clock;
    handshakes->spent_ns = spent_ns ? spent_ns : thread_ns;
    crypto_shorthash_keygen(handshakes->key);
    handshakes->address_rate = rate_of(limits->failed_per_address, BURST_NS);
    handshakes->device_rate = rate_of(limits->failed_per_device, BURST_NS);
    handshakes->held_rate = rate_of(limits->held_per_device, BURST_NS);
    if (limits->share_percent < 100)
        handshakes->share_rate = rate_of(limits->share_percent * SECOND_NS / 100, SECOND_NS);
    *ret_handshakes = handshakes;
    return ATS_OK;
}

void ats_handshakes_free(struct ats_handshakes *handshakes)
{
    free(handshakes);
}

/* Never 0. */
static uint64_t hash(const struct ats_handshakes *handshakes, const void *bytes, size_t len)
{
    uint64_t value = ats_short_hash(ats_span_of(bytes, len), handshakes->key);
    return value ? value : 1;
}

static uint64_t hash_address(const struct ats_handshakes *handshakes, const char *text)
{
    struct ats_address address = ats_address_parse(text);
    return hash(handshakes, &address, sizeof(address));
}

static const struct ats_bucket *find(const struct table *table, uint64_t key)
{
    static const struct ats_bucket full;
    const struct cell *set = table->cells[key % SETS];
    for (int i = 0; i < WAYS; i++)
        if (set[i].key == key)
            return &set[i].bucket;
    return &full;
}

/* The bucket of this key, in the place of the fullest one if there is none. */
static struct ats_bucket *make(struct table *table, uint64_t key)
{
    struct cell *set = table->cells[key % SETS];
    struct cell *fullest = set;
    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i].bucket;
        if (set[i].bucket.full_at_ns < fullest->bucket.full_at_ns)
            fullest = &set[i];
    }
    *fullest = (struct cell){.key = key};
    return &fullest->bucket;
}

static uint64_t pair_of(const struct ats_handshakes *handshakes,
                        const struct ats_handshake_try *tried)
{
    const uint64_t pair[] = {tried->device, tried->address};
    return hash(handshakes, pair, sizeof(pair));
}

static bool is_familiar(const struct ats_handshakes *handshakes, uint64_t pair)
{
    const uint64_t *set = handshakes->familiar[pair % FAMILIAR_SETS];
    for (int i = 0; i < WAYS; i++)
        if (set[i] == pair)
            return true;
    return false;
}

/* Only devices that proved themselves get here, so any way of a full set will do. */
static void make_familiar(struct ats_handshakes *handshakes, uint64_t pair)
{
    uint64_t *set = handshakes->familiar[pair % FAMILIAR_SETS];
    for (int i = 0; i < WAYS; i++) {
        if (set[i] != 0 && set[i] != pair)
            continue;
        set[i] = pair;
        return;
    }
    set[handshakes->next_way++ % WAYS] = pair;
}

static int64_t now_ns(const struct ats_handshakes *handshakes)
{
    return ats_clock_monotonic_ms(handshakes->clock) * MILLISECOND_NS;
}

/* A verification is charged once it is over, so it is enough that some of the share is left: for a stranger, more than
   what is kept for others. */
static bool share_is_left(const struct ats_handshakes *handshakes, bool familiar, int64_t now)
{
    double all = handshakes->share_rate.per_second;
    return ats_bucket_has(&handshakes->share, &handshakes->share_rate,
                          familiar ? 1 : all / KEPT_FOR_FAMILIAR, now);
}

enum ats_reason ats_handshakes_ask(struct ats_handshakes *handshakes, const char *address,
                                   const char *device, struct ats_handshake_try *ret_try)
{
    int64_t now = now_ns(handshakes);
    *ret_try = (struct ats_handshake_try){.address = hash_address(handshakes, address),
                                          .device = hash(handshakes, device, strlen(device))};
    ret_try->pair = pair_of(handshakes, ret_try);
    bool familiar = is_familiar(handshakes, ret_try->pair);
    if (!ats_bucket_has(find(&handshakes->addresses, ret_try->address), &handshakes->address_rate,
                        1, now))
        return ATS_REASON_BUSY_ADDRESS;
    if (!familiar && !ats_bucket_has(find(&handshakes->devices, ret_try->pair),
                                     &handshakes->device_rate, 1, now))
        return ATS_REASON_BUSY_DEVICE;
    if (!ats_bucket_has(find(&handshakes->held, ret_try->device), &handshakes->held_rate, 1, now))
        return ATS_REASON_BUSY_DEVICE;
    if (!share_is_left(handshakes, familiar, now))
        return ATS_REASON_BUSY_HANDSHAKES;
    ret_try->began_ns = handshakes->spent_ns();
    return ATS_REASON_NONE;
}

static void take(struct table *table, uint64_t key, const struct ats_bucket_rate *rate, int64_t now)
{
    if (rate->per_second > 0)
        ats_bucket_take(make(table, key), rate, 1, now);
}

void ats_handshakes_told(struct ats_handshakes *handshakes, const struct ats_handshake_try *tried,
                         bool held)
{
    int64_t now = now_ns(handshakes);
    if (held) {
        take(&handshakes->held, tried->device, &handshakes->held_rate, now);
        make_familiar(handshakes, tried->pair);
        return;
    }
    int64_t spent = handshakes->spent_ns() - tried->began_ns;
    take(&handshakes->addresses, tried->address, &handshakes->address_rate, now);
    take(&handshakes->devices, tried->pair, &handshakes->device_rate, now);
    ats_bucket_take(&handshakes->share, &handshakes->share_rate, (double)(spent > 0 ? spent : 0),
                    now);
}

enum ats_reason ats_handshakes_take_held(struct ats_handshakes *handshakes, const char *device)
{
    int64_t now = now_ns(handshakes);
    uint64_t key = hash(handshakes, device, strlen(device));
    if (!ats_bucket_has(find(&handshakes->held, key), &handshakes->held_rate, 1, now))
        return ATS_REASON_BUSY_DEVICE;
    take(&handshakes->held, key, &handshakes->held_rate, now);
    return ATS_REASON_NONE;
}
