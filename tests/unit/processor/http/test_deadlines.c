/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/http/deadlines.h"

#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEADLINE_MS ((int64_t)ATS_HTTP_DEADLINE_S * 1000)

static struct ats_http_deadlines deadlines;
static int pair[2];

static void begin(void)
{
    ats_http_deadlines_init(&deadlines);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
}

static void end(void)
{
    (void)close(pair[0]);
    (void)close(pair[1]);
    ats_http_deadlines_fini(&deadlines);
}

TestSuite(http_deadlines, .init = begin, .fini = end);

static bool is_shut(void)
{
    char byte;
    return recv(pair[1], &byte, 1, MSG_DONTWAIT) == 0;
}

Test(http_deadlines, a_connection_is_shut_down_at_its_deadline_and_once)
{
    cr_assert_not_null(ats_http_deadlines_open(&deadlines, pair[0], 1000));
    cr_assert_eq(ats_http_deadlines_sweep(&deadlines, 1000 + DEADLINE_MS - 1), 0);
    cr_assert_not(is_shut());
    cr_assert_eq(ats_http_deadlines_sweep(&deadlines, 1000 + DEADLINE_MS), 1);
    cr_assert(is_shut());
    cr_assert_eq(ats_http_deadlines_sweep(&deadlines, 1000 + 2 * DEADLINE_MS), 0);
}

Test(http_deadlines, an_answer_gives_the_time_anew)
{
    struct ats_http_deadline *place = ats_http_deadlines_open(&deadlines, pair[0], 0);
    ats_http_deadlines_restart(&deadlines, place, DEADLINE_MS - 1);
    cr_assert_eq(ats_http_deadlines_sweep(&deadlines, 2 * DEADLINE_MS - 2), 0);
    cr_assert_eq(ats_http_deadlines_sweep(&deadlines, 2 * DEADLINE_MS - 1), 1);
}

Test(http_deadlines, a_closed_connection_is_nobodys)
{
    struct ats_http_deadline *place = ats_http_deadlines_open(&deadlines, pair[0], 0);
    ats_http_deadlines_close(&deadlines, place);
    cr_assert_eq(ats_http_deadlines_sweep(&deadlines, DEADLINE_MS), 0);
    cr_assert_not(is_shut());
}

Test(http_deadlines, a_connection_without_a_place_is_shut_down)
{
    for (int i = 0; i < ATS_HTTP_CONNECTIONS_MAX; i++)
        cr_assert_not_null(ats_http_deadlines_open(&deadlines, 1000000 + i, 0));
    cr_assert_null(ats_http_deadlines_open(&deadlines, pair[0], 0));
    cr_assert(is_shut());
    ats_http_deadlines_restart(&deadlines, NULL, 0);
    ats_http_deadlines_close(&deadlines, NULL);
}
