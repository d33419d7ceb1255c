/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/topics_owned.h"

#include "tests/unit/common/control/contracts.h"

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

static const char *name_at(const struct ats_topic_list *list, size_t index)
{
    cr_assert_lt(index, list->count + list->beyond);
    return list->topics[index].name;
}

/* Eight are fixed. */
Test(topics, past_the_limit_are_those_that_came_last_in_the_log)
{
    struct ats_topic_list list;
    put_groups(ATS_TOPICS_MAX);
    list_topics(&list);
    cr_assert_eq(list.count, ATS_TOPICS_MAX);
    cr_assert_eq(list.beyond, 8);
    cr_assert_str_eq(name_at(&list, 8), "ats.state.g0");
    cr_assert_str_eq(name_at(&list, 10), "ats.state.g2"); /* not g10 */
    cr_assert_str_eq(name_at(&list, ATS_TOPICS_MAX), "ats.state.g504");
    ats_topics_fini(&list);
}

/* Contracts of one operator, whatever their names, once took every group's topic and those of all that sorted behind them. */
Test(topics, of_later_contracts_take_none_of_an_earlier_name)
{
    struct ats_topic_list list;
    cr_assert_eq(apply_renamed("zz", "1.0.0", "\"zz/{device}\""), ATS_CONTROL_ACCEPTED);
    put_groups(ATS_TOPICS_MAX - 9);
    cr_assert_eq(apply_renamed("aa", "1.0.0", "\"aa/{device}\""), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(apply_renamed("zz", "2.0.0", "\"zz/{device}\""), ATS_CONTROL_ACCEPTED);
    list_topics(&list);
    cr_assert_eq(list.count, ATS_TOPICS_MAX);
    cr_assert_eq(list.beyond, 1);
    cr_assert_str_eq(name_at(&list, 8), "ats.telemetry.zz");
    cr_assert_str_eq(name_at(&list, ATS_TOPICS_MAX - 1), "ats.state.g502");
    cr_assert_str_eq(name_at(&list, ATS_TOPICS_MAX), "ats.telemetry.aa");
    ats_topics_fini(&list);
}

Test(topics, of_void_contracts_stand_behind_all_others)
{
    struct ats_key_pair pair;
    struct ats_body_place before;
    struct ats_topic_list list;
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    struct ats_body_operator thief = operator_body("thief", &pair);
    cr_assert_eq(apply_operator("thief", &thief), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_registry_place(fleet.registry, &before.count, before.chain);
    cr_assert_eq(apply_signed("aa", "1.0.0", "\"aa/{device}\"", "thief", &pair),
                 ATS_CONTROL_ACCEPTED);
    thief.revoked = true;
    thief.stands_until = before;
    cr_assert_eq(apply_operator("thief", &thief), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    put_groups(1);
    list_topics(&list);
    cr_assert_eq(list.count, 10);
    cr_assert_str_eq(name_at(&list, 8), "ats.state.g0");
    cr_assert_str_eq(name_at(&list, 9), "ats.telemetry.aa");
    ats_topics_fini(&list);
}

Test(topics, of_an_act_are_its_own_alone)
{
    const struct ats_cli cli = {.fleet = fleet.folder, .kafka = {.topic_prefix = "ats."}};
    const struct ats_topic_owner owners[] = {ats_topic_owner(ATS_CONTROL_CONTRACT, "zz@2.0.0"),
                                             ats_topic_owner(ATS_CONTROL_PROCESSOR, "g1")};
    struct ats_topic_list list;
    struct ats_error err = {0};
    put_groups(2);
    cr_assert_eq(apply_renamed("zz", "1.0.0", "\"zz/{device}\""), ATS_CONTROL_ACCEPTED);
    list_topics(&list);
    ats_topics_mark(&cli, &list, owners, 2, &err);
    cr_assert_eq(err.status, ATS_OK);
    for (size_t i = 0; i < list.count; i++)
        cr_assert_eq(list.topics[i].own, strcmp(list.topics[i].name, "ats.telemetry.zz") == 0 ||
                                             strcmp(list.topics[i].name, "ats.state.g1") == 0);
    ats_topics_fini(&list);
}

Test(topics, of_a_name_that_no_topic_can_have_keep_no_others_from_theirs)
{
    const struct ats_cli cli = {.fleet = fleet.folder, .kafka = {.topic_prefix = "ats."}};
    const struct ats_topic_owner owners[] = {ats_topic_owner(ATS_CONTROL_PROCESSOR, "Werk 1"),
                                             ats_topic_owner(ATS_CONTROL_PROCESSOR, "g1")};
    struct ats_topic_list list;
    struct ats_error err = {0};
    put_groups(2);
    list_topics(&list);
    ats_topics_mark(&cli, &list, owners, 2, &err);
    cr_assert_eq(err.status, ATS_ERR_INVALID);
    cr_assert_not_null(strstr(err.text, "Werk 1"), "%s", err.text);
    cr_assert(ats_topics_find(&list, "ats.state.g1")->own);
    ats_topics_fini(&list);
}

/* Room is asked for once for all that is published together. */
Test(topics, need_room_where_they_are_new_and_once)
{
    struct ats_topic_owner owners[] = {ats_topic_owner(ATS_CONTROL_CONTRACT, "zz@2.0.0"),
                                       ats_topic_owner(ATS_CONTROL_CONTRACT, "aa@1.0.0"),
                                       ats_topic_owner(ATS_CONTROL_PROCESSOR, "g0"),
                                       ats_topic_owner(ATS_CONTROL_CONTRACT, "aa@1.1.0"),
                                       ats_topic_owner(ATS_CONTROL_PROCESSOR, "aa"),
                                       ats_topic_owner(ATS_CONTROL_CONTRACT, "a@1.0.0")};
    size_t count = sizeof(owners) / sizeof(owners[0]);
    struct ats_store_view *view = NULL;
    put_groups(1);
    cr_assert_eq(apply_renamed("zz", "1.0.0", "\"zz/{device}\""), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_topics_keep_new(view, owners, &count), ATS_OK);
    ats_store_view_close(view);
    cr_assert_eq(count, 3);
    cr_assert_str_eq(owners[0].name, "aa");
    cr_assert_eq(owners[0].kind, ATS_CONTROL_CONTRACT);
    cr_assert_eq(owners[1].kind, ATS_CONTROL_PROCESSOR);
    cr_assert_str_eq(owners[2].name, "a");
}

Test(topics, past_the_limit_are_found_by_name)
{
    struct ats_topic_list list;
    put_groups(ATS_TOPICS_MAX);
    list_topics(&list);
    cr_assert_eq(ats_topics_find(&list, "ats.state.g511"), &list.topics[ATS_TOPICS_MAX + 7]);
    cr_assert_null(ats_topics_find(&list, "ats.state.g512"));
    ats_topics_fini(&list);
}

Test(topics, for_which_there_is_no_room_are_refused)
{
    struct ats_error err = {0};
    cr_assert_eq(ats_topics_check_beyond(0, &err), ATS_OK);
    cr_assert_eq(ats_topics_check_beyond(8, &err), ATS_ERR_REFUSED);
    cr_assert_not_null(strstr(err.text, "8 contracts or groups have no topic"), "%s", err.text);
}

Test(topics, within_the_limit_leave_none_out)
{
    struct ats_topic_list list;
    put_groups(1);
    list_topics(&list);
    cr_assert_eq(list.count, 9);
    cr_assert_eq(list.beyond, 0);
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
