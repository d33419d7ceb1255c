/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/topics.h"

#include "tests/unit/common/control/fleet.h"

TestSuite(topics, .init = fleet_begin_with_operator, .fini = fleet_end);

static void put_group(int number)
{
    struct ats_body_processor body = {.member_count = 0};
    struct ats_key_pair pair; /* no two groups have the same */
    struct ats_buf text;
    char name[16];
    (void)snprintf(name, sizeof(name), "g%d", number);
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    ats_key_pair_generate(&pair, ATS_KEY_AGREEMENT);
    memcpy(body.agreement_key, pair.public_key, sizeof(body.agreement_key));
    cr_assert_eq(ats_body_processor_format(&body, &text), ATS_OK);
    cr_assert_eq(
        apply_body(ATS_CONTROL_PROCESSOR, name, "op", &fleet.operator_, ats_buf_span(&text)),
        ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
}

static void put_groups(int count)
{
    for (int i = 0; i < count; i++)
        put_group(i);
}

static void list_topics(struct ats_topic_list *ret_list)
{
    const struct ats_cli cli = {.fleet = fleet.folder, .kafka = {.topic_prefix = "ats."}};
    struct ats_error err = {0};
    struct ats_store_view *view = NULL;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_topics_list(&cli, view, true, ret_list, &err), ATS_OK, "%s", err.text);
    ats_store_view_close(view);
}

Test(topics, past_the_limit_are_counted_and_refused)
{
    struct ats_topic_list list;
    struct ats_error err = {0};
    put_groups(ATS_TOPICS_MAX);
    list_topics(&list);
    cr_assert_eq(list.count, ATS_TOPICS_MAX);
    cr_assert_eq(list.beyond, 8); /* as many as are fixed */
    cr_assert_eq(ats_topics_check_beyond(list.beyond, &err), ATS_ERR_REFUSED);
    cr_assert_not_null(strstr(err.text, "8 contracts or groups"), "%s", err.text);
    ats_topics_fini(&list);
}

Test(topics, within_the_limit_leave_none_out)
{
    struct ats_topic_list list;
    struct ats_error err = {0};
    put_groups(1);
    list_topics(&list);
    cr_assert_eq(list.beyond, 0);
    cr_assert_eq(ats_topics_check_beyond(list.beyond, &err), ATS_OK);
    ats_topics_fini(&list);
}

/* The act is done, whatever became of the topic: who is told of the failure alone would do it again. */
Test(topics, not_made_are_told_beside_what_is_in_the_log)
{
    const struct ats_cli cli = {.fleet = fleet.folder};
    struct ats_error err = {0};
    (void)ats_error_set(&err, ATS_ERR_UNAVAILABLE, "Kafka does not answer");
    cr_assert_eq(ats_topics_not_made(&cli, "env@1.0.0", &err), ATS_ERR_UNAVAILABLE);
    cr_assert_str_eq(err.text,
                     "env@1.0.0 is in the control log; its topic was not made (Kafka does "
                     "not answer): run `attestream topics create`");
}
