/* SPDX-License-Identifier: Apache-2.0 */
/* What a gate has the kernel hold back, and when: beside a socket that listens as a broker's does. */
#include "tests/unit/plugin/gate_fixture.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define FLOODER "127.0.9.9"
#define CONNECTS 2000
#define STRANGER "a name of nobody"

static int listener = -1;
static bool shared_when_it_waits;

static void setup(void)
{
    const struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(listener, (const struct sockaddr *)&any, sizeof(any)), 0);
    cr_assert_eq(listen(listener, 10), 0);
    fixture_open(NULL, NULL, NULL);
    close_gate();
}

static void teardown(void)
{
    fixture_end();
    (void)close(listener);
}

TestSuite(gate_shed, .init = setup, .fini = teardown);

static void open_with(const struct ats_gate_option *more, size_t count)
{
    cr_assert_eq(open_gate_with(more, count), ATS_OK, "%s", fix.err.text);
}

static bool is_shared(void)
{
    int value = 0;
    socklen_t len = sizeof(value);
    cr_assert_eq(getsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &value, &len), 0);
    return value != 0;
}

static bool is_held_back_after(enum ats_gate_access (*connects)(const struct ats_gate_client *))
{
    struct ats_gate_client client = client_at(1, "somebody", STRANGER, true);
    client.address = FLOODER;
    for (int i = 0; i < CONNECTS; i++)
        (void)connects(&client);
    if (fix.gate->shed)
        ats_shed_step(fix.gate->shed);
    return fix.gate->shed && ats_shed_report(fix.gate->shed).groups > 0 && is_shared();
}

static enum ats_gate_access by_wrong_token(const struct ats_gate_client *client)
{
    struct ats_gate_client device = *client;
    device.user_name = DEVICE;
    return ats_gate_connect(fix.gate, &device, "wrong");
}

static enum ats_gate_access by_name(const struct ats_gate_client *client)
{
    return ats_gate_connect(fix.gate, client, "secret");
}

static enum ats_gate_access by_no_name(const struct ats_gate_client *client)
{
    struct ats_gate_client nobody = *client;
    nobody.user_name = NULL;
    return ats_gate_connect(fix.gate, &nobody, NULL);
}

static enum ats_gate_access by_another_method(const struct ats_gate_client *client)
{
    uint8_t data[ATS_GATE_DATA_MAX];
    size_t len = 0;
    return ats_gate_connect_with(fix.gate, client, "SCRAM-SHA-256", ats_span_text("n,,"), data,
                                 &len);
}

Test(gate_shed, a_flood_is_held_back)
{
    open_with(NULL, 0);
    cr_assert(is_held_back_after(by_wrong_token));
    fix.monotonic_ms += ATS_GATE_SHED_STEP_MS;
    ats_shed_step(fix.gate->shed);
    ats_thread_log_drain(&fix.gate->forwarder_log, &fix_broker);
    cr_assert_not_null(strstr(fix.log, "connect.held-back address=" FLOODER " "));
}

Test(gate_shed, who_only_observes_holds_back_nobody)
{
    static const struct ats_gate_option observe = {"mode", "observe"};
    open_with(&observe, 1);
    cr_assert_not(is_held_back_after(by_wrong_token));
    cr_assert_gt(connections_refused(ATS_REASON_TOKEN_MALFORMED), 0);
}

Test(gate_shed, where_addresses_tell_nothing_nobody_is_held_back)
{
    static const struct ats_gate_option none = {"handshakes_per_address", "0"};
    open_with(&none, 1);
    cr_assert_not(is_held_back_after(by_wrong_token));
}

Test(gate_shed, without_a_budget_nobody_is_held_back)
{
    static const struct ats_gate_option none = {"refused_connects_per_second", "0"};
    open_with(&none, 1);
    cr_assert_not(is_held_back_after(by_wrong_token));
}

Test(gate_shed, who_is_left_to_the_brokers_rules_is_not_counted)
{
    open_with(NULL, 0);
    cr_assert_not(is_held_back_after(by_name));
    cr_assert_not(is_held_back_after(by_no_name));
    cr_assert_not(is_held_back_after(by_another_method));
}

Test(gate_shed, where_the_gate_is_exclusive_each_of_them_is_counted)
{
    static const struct ats_gate_option exclusive = {"exclusive", "true"};
    enum ats_gate_access (*const ways[])(const struct ats_gate_client *) = {by_name, by_no_name,
                                                                            by_another_method};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        open_with(&exclusive, 1);
        cr_assert(is_held_back_after(ways[i]), "way %zu", i);
        close_gate();
        cr_assert_not(is_shared());
    }
    open_with(&exclusive, 1);
}

/* In the place of the gate's own: where a gate stops, this is among the first that waits for a thread. */
void __wrap_ats_freshness_stop(struct ats_freshness *freshness);
void __wrap_ats_freshness_stop(struct ats_freshness *freshness)
{
    cr_assert_null(freshness, "no gate here has any");
    shared_when_it_waits = is_shared();
}

Test(gate_shed, who_stops_lets_all_in_before_he_waits_for_anything)
{
    open_with(NULL, 0);
    cr_assert(is_held_back_after(by_wrong_token));
    shared_when_it_waits = true;
    close_gate();
    cr_assert_not(shared_when_it_waits);
    open_with(NULL, 0);
}
