/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/bucket.h"

#include <criterion/criterion.h>

#define SECOND 1000000000LL

/* How many of 1,000 takes of so many units fit at this time. */
static int taken(struct ats_bucket *bucket, const struct ats_bucket_rate *rate, double units,
                 int64_t now_ns)
{
    int count = 0;
    for (; count < 1000 && ats_bucket_has(bucket, rate, units, now_ns); count++)
        ats_bucket_take(bucket, rate, units, now_ns);
    return count;
}

Test(bucket, gives_its_burst_at_once_and_then_its_rate)
{
    struct ats_bucket bucket = {0};
    const struct ats_bucket_rate rate = {5, 10 * SECOND};
    cr_assert_eq(taken(&bucket, &rate, 1, SECOND), 50);
    cr_assert_eq(taken(&bucket, &rate, 1, SECOND + SECOND / 10), 0);
    cr_assert_eq(taken(&bucket, &rate, 1, 2 * SECOND), 5);
    cr_assert_eq(taken(&bucket, &rate, 1, 100 * SECOND), 50, "no more than the burst is kept");
}

Test(bucket, gives_one_where_the_burst_is_less_than_one)
{
    struct ats_bucket bucket = {0};
    const struct ats_bucket_rate rate = {0.1, SECOND};
    cr_assert_eq(taken(&bucket, &rate, 1, SECOND), 1);
    cr_assert_eq(taken(&bucket, &rate, 1, 10 * SECOND), 0);
    cr_assert_eq(taken(&bucket, &rate, 1, 11 * SECOND), 1);
}

Test(bucket, holds_the_rate_where_one_take_is_more_than_the_burst)
{
    struct ats_bucket bucket = {0};
    const struct ats_bucket_rate rate = {100, SECOND};
    cr_assert_eq(taken(&bucket, &rate, 500, SECOND), 1);
    cr_assert_eq(taken(&bucket, &rate, 500, 5 * SECOND), 0);
    cr_assert_eq(taken(&bucket, &rate, 500, 6 * SECOND), 1);
}

Test(bucket, without_a_rate_has_no_limit)
{
    struct ats_bucket bucket = {0};
    const struct ats_bucket_rate rate = {0, 0};
    cr_assert_eq(taken(&bucket, &rate, 1e12, SECOND), 1000);
    cr_assert_eq(bucket.full_at_ns, 0);
}

Test(bucket, is_full_again_within_a_day_whatever_was_taken)
{
    struct ats_bucket bucket = {0};
    const struct ats_bucket_rate rate = {1e-6, SECOND};
    for (int i = 0; i < 100; i++)
        ats_bucket_take(&bucket, &rate, 1e18, SECOND);
    cr_assert_eq(taken(&bucket, &rate, 1, SECOND + 24 * 3600 * SECOND), 1);
}

Test(bucket, has_again_what_was_given_back)
{
    struct ats_bucket bucket = {0};
    const struct ats_bucket_rate rate = {5, SECOND};
    cr_assert_eq(taken(&bucket, &rate, 1, SECOND), 5);
    ats_bucket_give_back(&bucket, &rate, 1);
    cr_assert_eq(taken(&bucket, &rate, 1, SECOND), 1);
    for (int i = 0; i < 100; i++)
        ats_bucket_give_back(&bucket, &rate, 1);
    cr_assert_eq(taken(&bucket, &rate, 1, SECOND), 5, "never more than the burst");
}
