/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/hang_up.h"

#include "plugin/client_port.h"
#include "tests/unit/plugin/gate_fixture.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static int listening, client, accepted;

static int connected_client(void)
{
    struct sockaddr_in at = {0};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(getsockname(listening, (struct sockaddr *)&at, &len), 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&at, len), 0);
    return fd;
}

static void setup(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    listening = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(listening, (struct sockaddr *)&at, sizeof(at)), 0);
    cr_assert_eq(listen(listening, 2), 0);
    client = connected_client();
    accepted = accept(listening, NULL, NULL);
}

static void teardown(void)
{
    close(accepted);
    close(client);
    close(listening);
}

TestSuite(hang_up, .init = setup, .fini = teardown);

static bool has_ended(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

Test(hang_up, ends_the_connection_after_what_was_written)
{
    char text[5];
    struct ats_client_end end = ats_client_end_of(accepted, "127.0.0.1");
    cr_assert_eq(end.fd, accepted);
    cr_assert_eq(send(accepted, "told", 5, 0), 5);
    cr_assert(ats_hang_up(&end));
    cr_assert_eq(recv(client, text, sizeof(text), MSG_WAITALL), 5);
    cr_assert(has_ended(client));
}

Test(hang_up, leaves_alone_what_is_not_known)
{
    struct ats_client_end none = {0};
    cr_assert_not(ats_hang_up(&none));
    cr_assert_eq(ats_client_end_of(accepted, "127.0.0.2").port, 0);
    cr_assert_eq(ats_client_end_of(accepted, NULL).port, 0);
    cr_assert_eq(ats_client_end_of(listening, "127.0.0.1").port, 0);
    cr_assert_not(has_ended(client));
}

Test(hang_up, leaves_alone_another_connection_that_has_the_descriptor_now)
{
    struct ats_client_end end = ats_client_end_of(accepted, "127.0.0.1");
    int other = connected_client();
    int served = accept(listening, NULL, NULL);
    cr_assert_eq(dup2(served, accepted), accepted);
    cr_assert_not(ats_hang_up(&end));
    cr_assert_not(has_ended(other));
    close(served);
    close(other);
}

Test(hang_up, a_revoked_session_ends_at_the_tick_that_closes_it)
{
    fixture_open("connection", NULL, NULL);
    struct ats_gate_client device = device_client();
    device.end = ats_client_end_of(accepted, "127.0.0.1");
    cr_assert_eq(ats_gate_connect(fix.gate, &device, good_token()), ATS_GATE_ALLOW);
    apply_device_now(DEVICE, ATS_DEVICE_REVOKED);
    cr_assert_eq(publish_as(&device, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    ats_gate_tick(fix.gate);
    cr_assert_not(has_ended(client), "its receipt has not left yet");
    fix.monotonic_ms += ATS_GATE_RECEIPT_GRACE_MS + 1;
    ats_gate_tick(fix.gate);
    cr_assert(has_ended(client));
    fixture_end();
}
