/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/sessions.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct ats_sessions *sessions;
static int handles[6]; /* their addresses stand for connections */

static void add(int handle, const char *client_id, const char *device)
{
    struct ats_session *session = NULL;
    cr_assert_eq(ats_sessions_add(sessions, &handles[handle], client_id, device, &session), ATS_OK);
}

static void setup(void)
{
    cr_assert_eq(ats_identity_init(), ATS_OK);
    cr_assert_eq(ats_sessions_new(&sessions), ATS_OK);
    add(0, "a", "a");
    add(1, "a/1", "a");
    add(2, "a/2", "a");
    add(3, "b", "b");
}

static void teardown(void)
{
    ats_sessions_free(sessions);
}

TestSuite(sessions, .init = setup, .fini = teardown);

/* The client ids in the order of the visits, each with a blank. */
static void note(void *ctx, struct ats_session *session)
{
    char *text = ctx;
    (void)strcat(strcat(text, session->client_id), " ");
}

static const char *visited(const char *device)
{
    static char text[128];
    text[0] = '\0';
    ats_sessions_each(sessions, device, note, text);
    return text;
}

Test(sessions, visits_the_sessions_of_one_device_alone)
{
    cr_assert_str_eq(visited("a"), "a a/1 a/2 ");
    cr_assert_str_eq(visited("b"), "b ");
    cr_assert_str_eq(visited("c"), "");
    cr_assert_str_eq(visited(NULL), "a a/1 a/2 b ");
}

Test(sessions, forgets_a_session_that_is_removed_or_taken_over)
{
    ats_sessions_remove(sessions, &handles[1]);
    cr_assert_str_eq(visited("a"), "a a/2 ");
    add(4, "a/2", "a");
    cr_assert_str_eq(visited("a"), "a a/2 ");
    add(3, "a/3", "a");
    cr_assert_str_eq(visited("a"), "a a/2 a/3 ");
    cr_assert_str_eq(visited("b"), "");
    cr_assert_eq(ats_sessions_count(sessions), 3);
}

static const struct ats_session_keys *add_with_keys(int handle, uint8_t fill)
{
    struct ats_session *session = NULL;
    cr_assert_eq(ats_sessions_add(sessions, &handles[handle], "k", "k", &session), ATS_OK);
    session->keys = ats_sessions_keys_take(sessions);
    cr_assert_not_null(session->keys);
    memset(session->keys, fill, sizeof(*session->keys));
    session->has_keys = true;
    return session->keys;
}

Test(sessions, zeroes_keys_that_are_neither_a_sessions_nor_its_devices_previous_ones)
{
    static const uint8_t zero[32];
    const struct ats_session_keys *first = add_with_keys(0, 1);
    ats_sessions_remove(sessions, &handles[0]);
    cr_assert_eq(first->key[0], 1, "the previous ones, for packets in flight");
    const struct ats_session_keys *second = add_with_keys(0, 2);
    cr_assert_eq(first->key[0], 1);
    ats_sessions_remove(sessions, &handles[0]);
    cr_assert_arr_eq(first->key, zero, sizeof(zero));
    cr_assert_eq(second->key[0], 2);
}

Test(sessions, one_device_that_went_is_looked_at_a_call_and_none_that_came_back_is_told)
{
    char name[ATS_NAME_MAX + 1];
    struct ats_session_activity activity;
    add(4, "c", "c");
    for (int i = 3; i < 5; i++)
        ats_sessions_remove(sessions, &handles[i]);
    add(3, "b", "b");
    cr_assert_not(ats_sessions_pop_gone(sessions, name, &activity), "it came back");
    cr_assert(ats_sessions_has_gone(sessions));
    cr_assert(ats_sessions_pop_gone(sessions, name, &activity));
    cr_assert_str_eq(name, "c");
    cr_assert_not(ats_sessions_has_gone(sessions));
}
