/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token bucket as one point in time (the Generic Cell Rate Algorithm, ITU-T I.371): when it will be full again. All zero
 * is a full bucket, so that a table of them needs no set-up, and one that is forgotten once it is full is not missed.
 *
 *     now                full_at
 *      |---- missing ----|          has room for `cost` as long as missing + cost <= burst
 *
 * Times are nanoseconds of a clock that never goes back. Thread: one at a time.
 */
#ifndef ATS_BASE_BUCKET_H
#define ATS_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct ats_bucket {
    int64_t full_at_ns;
};

/* How a kind of buckets is filled. */
struct ats_bucket_rate {
    double per_second; /* units; 0: no limit */
    int64_t burst_ns;  /* that much of the rate may come at once, and always one take */
};

/* Whether so many units may be taken. Of more than the burst it is enough that the bucket is full. */
bool ats_bucket_has(const struct ats_bucket *bucket, const struct ats_bucket_rate *rate,
                    double units, int64_t now_ns);
/* Takes them, whether they are there or not: what is missing is waited for by whoever asks next. */
void ats_bucket_take(struct ats_bucket *bucket, const struct ats_bucket_rate *rate, double units,
                     int64_t now_ns);
/* Gives back what was just taken. */
void ats_bucket_give_back(struct ats_bucket *bucket, const struct ats_bucket_rate *rate,
                          double units);

#endif
