/* SPDX-License-Identifier: Apache-2.0 */
/* What strangers may cost, by a clock set by hand: of the day, and of the broker's thread. */
#include "plugin/handshakes.h"

#include "common/base/limits.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>

#define HOME "192.0.2.1"
#define MICROSECOND 1000

static int64_t now_ms;
static int64_t spent;
static int64_t cost = 100 * MICROSECOND; /* of one verification */
static struct ats_handshakes *handshakes;

static int64_t read_now(void *ctx)
{
    (void)ctx;
    return now_ms;
}

static int64_t read_spent(void)
{
    return spent;
}

static const struct ats_clock test_clock = {read_now, read_now, NULL};

static void begin(int64_t per_address, int64_t per_device, int64_t held, int64_t share)
{
    const struct ats_handshake_limits limits = {per_address, per_device, held, share};
    cr_assert_geq(sodium_init(), 0);
    now_ms = 1000000;
    cr_assert_eq(ats_handshakes_new(&limits, &test_clock, read_spent, &handshakes), ATS_OK);
}

static void end(void)
{
    ats_handshakes_free(handshakes);
}

TestSuite(handshakes, .fini = end);

static enum ats_reason try_as(const char *address, const char *device, bool holds)
{
    struct ats_handshake_try tried;
    enum ats_reason reason = ats_handshakes_ask(handshakes, address, device, &tried);
    if (reason != ATS_REASON_NONE)
        return reason;
    spent += cost;
    ats_handshakes_told(handshakes, &tried, holds);
    return ATS_REASON_NONE;
}

static int verified(int tries, const char *address, const char *device, bool holds)
{
    int count = 0;
    for (int i = 0; i < tries; i++)
        count += try_as(address, device, holds) == ATS_REASON_NONE;
    return count;
}

/* Each from an address of its own, in a name of its own. */
static int verified_from_everywhere(int tries)
{
    int count = 0;
    for (int i = 0; i < tries; i++) {
        char address[32], device[32];
        (void)snprintf(address, sizeof(address), "10.%d.%d.%d", i >> 16 & 255, i >> 8 & 255,
                       i & 255);
        (void)snprintf(device, sizeof(device), "no-%d", i);
        count += try_as(address, device, false) == ATS_REASON_NONE;
    }
    return count;
}

Test(handshakes, a_thousand_devices_behind_one_address_connect_at_once)
{
    begin(10, 1, 20, 10);
    for (int i = 0; i < 1000; i++) {
        char device[32];
        (void)snprintf(device, sizeof(device), "device-%d", i);
        cr_assert_eq(try_as(HOME, device, true), ATS_REASON_NONE, "%s", device);
    }
}

Test(handshakes, failures_of_one_address_are_refused_past_its_limit)
{
    begin(10, 0, 0, 100);
    cr_assert_eq(verified(5000, HOME, "a", false), 100, "ten seconds' worth");
    cr_assert_eq(try_as(HOME, "b", false), ATS_REASON_BUSY_ADDRESS);
    cr_assert_eq(try_as("192.0.2.2", "a", false), ATS_REASON_NONE);
    now_ms += 1000;
    cr_assert_eq(verified(5000, HOME, "a", false), 10);
}

Test(handshakes, addresses_of_one_ipv6_network_and_mapped_ones_are_one)
{
    begin(10, 0, 0, 100);
    cr_assert_eq(verified(200, "2001:db8:1:2::1", "a", false), 100);
    cr_assert_eq(try_as("2001:db8:1:2:ffff::9", "a", false), ATS_REASON_BUSY_ADDRESS);
    cr_assert_eq(try_as("2001:db8:1:3::1", "a", false), ATS_REASON_NONE);
    cr_assert_eq(verified(200, "::ffff:192.0.2.1", "a", false), 100);
    cr_assert_eq(try_as(HOME, "a", false), ATS_REASON_BUSY_ADDRESS);
    cr_assert_eq(verified(200, "fe80::1%eth0", "a", false), 100);
    cr_assert_eq(try_as("fe80::2", "a", false), ATS_REASON_BUSY_ADDRESS);
}

Test(handshakes, what_is_no_address_counts_as_one)
{
    begin(10, 0, 0, 100);
    cr_assert_eq(verified(200, NULL, "a", false), 100);
    cr_assert_eq(try_as("", "a", false), ATS_REASON_BUSY_ADDRESS);
    cr_assert_eq(try_as("somewhere", "a", false), ATS_REASON_BUSY_ADDRESS);
}

Test(handshakes, failures_in_one_name_use_up_neither_their_address_nor_the_name_elsewhere)
{
    begin(0, 1, 0, 100);
    cr_assert_eq(verified(100, HOME, "a", false), 10);
    cr_assert_eq(try_as(HOME, "a", true), ATS_REASON_BUSY_DEVICE);
    cr_assert_eq(try_as(HOME, "b", false), ATS_REASON_NONE);
    cr_assert_eq(try_as("192.0.2.2", "a", true), ATS_REASON_NONE);
}

/* Also one that nobody has seen yet, as after a restart, or that has another address today. */
Test(handshakes, who_uses_a_devices_name_keeps_it_out_from_his_own_address_alone)
{
    begin(10, 1, 0, 10);
    for (int i = 0; i < 60; i++) {
        cr_assert_leq(verified(100, "192.0.2.66", "a", false), 10);
        cr_assert_eq(try_as(HOME, "a", i % 2 == 0), ATS_REASON_NONE);
        cr_assert_eq(try_as("192.0.2.66", "b", true), ATS_REASON_NONE);
        now_ms += 1000;
    }
}

Test(handshakes, a_device_comes_back_from_its_own_address_whoever_uses_up_the_share)
{
    begin(10, 1, 0, 10);
    cr_assert_eq(try_as(HOME, "a", true), ATS_REASON_NONE);
    cr_assert_gt(verified_from_everywhere(100000), 0);
    cr_assert_eq(verified(100, "192.0.2.2", "a", false), 0, "the share is used up");
    cr_assert_eq(try_as("192.0.2.3", "a", true), ATS_REASON_BUSY_HANDSHAKES);
    cr_assert_eq(try_as(HOME, "a", true), ATS_REASON_NONE);
    cr_assert_eq(verified(100, HOME, "a", false), 100, "what is familiar has no limit of its name");
}

Test(handshakes, failures_from_everywhere_take_their_share_of_the_thread_and_no_more)
{
    begin(10, 1, 0, 10);
    int64_t before = spent;
    for (int i = 0; i < 100; i++) {
        (void)verified_from_everywhere(5000);
        now_ms += 100;
    }
    int64_t percent = (spent - before) * 100 / (10 * 1000000000LL);
    cr_assert_geq(percent, 9, "%lld", (long long)percent);
    cr_assert_leq(percent, 11, "%lld", (long long)percent);
}

Test(handshakes, a_device_that_connects_in_a_loop_is_refused)
{
    begin(10, 1, 20, 10);
    cr_assert_eq(verified(1000, HOME, "a", true), 200);
    cr_assert_eq(try_as(HOME, "a", true), ATS_REASON_BUSY_DEVICE);
    cr_assert_eq(try_as(HOME, "b", true), ATS_REASON_NONE);
    now_ms += 1000;
    cr_assert_eq(verified(1000, HOME, "a", true), 20);
}

/* Whoever has used up his bucket gets no other one by filling the table from addresses that fail once. */
Test(handshakes, other_addresses_do_not_make_the_table_forget_one_that_failed_often)
{
    begin(10, 0, 0, 100);
    cr_assert_eq(verified(200, HOME, "a", false), 100);
    cr_assert_eq(verified_from_everywhere(4 * ATS_GATE_HANDSHAKES_KEPT),
                 4 * ATS_GATE_HANDSHAKES_KEPT);
    cr_assert_eq(try_as(HOME, "a", false), ATS_REASON_BUSY_ADDRESS);
}

Test(handshakes, with_0_and_100_percent_nothing_is_refused)
{
    begin(0, 0, 0, 100);
    cr_assert_eq(verified(10000, HOME, "a", false), 10000);
    cr_assert_eq(verified(10000, HOME, "a", true), 10000);
}
