/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/bucket.h"

#define SECOND_NS 1e9
/* A bucket is full again after this at the latest, however much was taken: keeps times far from overflow. */
#define MISSING_MAX_NS (24LL * 3600 * 1000000000)

static int64_t cost_of(const struct ats_bucket_rate *rate, double units)
{
    double cost = units * SECOND_NS / rate->per_second;
    return cost < (double)MISSING_MAX_NS ? (int64_t)cost : MISSING_MAX_NS;
}

static int64_t missing(const struct ats_bucket *bucket, int64_t now_ns)
{
    return bucket->full_at_ns > now_ns ? bucket->full_at_ns - now_ns : 0;
}

bool ats_bucket_has(const struct ats_bucket *bucket, const struct ats_bucket_rate *rate,
                    double units, int64_t now_ns)
{
    if (rate->per_second <= 0)
        return true;
    int64_t cost = cost_of(rate, units);
    int64_t lacks = missing(bucket, now_ns);
    return cost < rate->burst_ns ? lacks <= rate->burst_ns - cost : lacks == 0;
}

void ats_bucket_take(struct ats_bucket *bucket, const struct ats_bucket_rate *rate, double units,
                     int64_t now_ns)
{
    if (rate->per_second <= 0)
        return;
    int64_t lacks = missing(bucket, now_ns) + cost_of(rate, units);
    bucket->full_at_ns = now_ns + (lacks < MISSING_MAX_NS ? lacks : MISSING_MAX_NS);
}

void ats_bucket_give_back(struct ats_bucket *bucket, const struct ats_bucket_rate *rate,
                          double units)
{
    if (rate->per_second <= 0)
        return;
    int64_t cost = cost_of(rate, units);
    bucket->full_at_ns = bucket->full_at_ns > cost ? bucket->full_at_ns - cost : 0;
}
