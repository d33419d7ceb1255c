/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/client_port.h"
#include "plugin/tls_listeners.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static struct ats_tls_listeners listeners;

static void setup(void)
{
    ats_tls_listeners_init(&listeners);
}

TestSuite(tls_listeners, .init = setup);

static void take(const char *name, const char *value)
{
    ats_tls_listeners_take(&listeners, name, value);
}

Test(tls_listeners, one_with_certificate_and_key_speaks_tls)
{
    take("listener", "1883 127.0.0.1");
    take("listener", "8883");
    take("certfile", "server.pem");
    cr_assert_not(ats_tls_listeners_has(&listeners, 8883), "a certificate alone is none");
    take("keyfile", "server.key");
    cr_assert(ats_tls_listeners_has(&listeners, 8883));
    cr_assert_not(ats_tls_listeners_has(&listeners, 1883));
    cr_assert_not(ats_tls_listeners_has(&listeners, 8884));
    cr_assert_not(ats_tls_listeners_has(&listeners, 0));
}

Test(tls_listeners, pre_shared_keys_are_tls)
{
    take("listener", "8883");
    take("psk_hint", "plant");
    cr_assert(ats_tls_listeners_has(&listeners, 8883));
}

Test(tls_listeners, lines_before_the_first_listener_are_the_default_ones)
{
    take("certfile", "server.pem");
    take("keyfile", "server.key");
    take("listener", "1884");
    cr_assert(ats_tls_listeners_has(&listeners, 1883));
    cr_assert_not(ats_tls_listeners_has(&listeners, 1884));
    take("port", "8883");
    cr_assert(ats_tls_listeners_has(&listeners, 8883));
}

Test(tls_listeners, a_port_with_a_plain_listener_is_plain)
{
    take("listener", "8883 10.0.0.1");
    take("certfile", "server.pem");
    take("keyfile", "server.key");
    take("listener", "8883 127.0.0.1");
    cr_assert_not(ats_tls_listeners_has(&listeners, 8883));
}

Test(tls_listeners, those_past_the_limit_are_plain)
{
    for (int i = 0; i < ATS_BROKER_LISTENERS_MAX + 2; i++) {
        char port[16];
        (void)snprintf(port, sizeof(port), "%d", 9000 + i);
        take("listener", port);
        take("certfile", "server.pem");
        take("keyfile", "server.key");
    }
    cr_assert(ats_tls_listeners_has(&listeners, 9000));
    cr_assert_not(ats_tls_listeners_has(&listeners, 9000 + ATS_BROKER_LISTENERS_MAX));
}

/* --- the client's port --- */

Test(client_port, is_told_for_a_socket_whose_other_end_is_the_client)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(listening, (struct sockaddr *)&at, len), 0);
    cr_assert_eq(listen(listening, 1), 0);
    cr_assert_eq(getsockname(listening, (struct sockaddr *)&at, &len), 0);
    cr_assert_eq(connect(client, (struct sockaddr *)&at, len), 0);
    int accepted = accept(listening, NULL, NULL);
    cr_assert_eq(ats_client_port(accepted, "127.0.0.1"), ntohs(at.sin_port));
    cr_assert_eq(ats_client_port(accepted, "127.0.0.2"), 0);
    cr_assert_eq(ats_client_port(accepted, NULL), 0);
    cr_assert_eq(ats_client_port(listening, "127.0.0.1"), 0, "it has no other end");
    cr_assert_eq(ats_client_port(-1, "127.0.0.1"), 0);
    close(accepted);
    close(client);
    close(listening);
}
