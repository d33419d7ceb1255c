/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/inputs.h"

#include "common/control/catalog.h"
#include "common/kafka/config.h"
#include "tests/unit/common/control/contracts.h"

TestSuite(inputs, .init = fleet_begin_with_operator, .fini = fleet_end);

#define PREFIX "ats.telemetry."

/* A contract with a topic of its own. */
static void publish(const char *name, const char *version)
{
    char topic[ATS_NAME_MAX + 16];
    (void)snprintf(topic, sizeof(topic), "\"%s/{device}\"", name);
    cr_assert_eq(apply_renamed(name, version, topic), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

/* What a member whose copy of the log is this one reads, without the prefix. */
static void assert_read(const char *prefix, size_t max, const char *expected, size_t left_out)
{
    struct ats_store_view *view = NULL;
    struct ats_contract_set *contracts = NULL;
    rd_kafka_topic_partition_list_t *topics = NULL;
    struct ats_buf found;
    size_t found_left_out = 99;
    ats_buf_init(&found, 1024);
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_catalog_contracts(view, NULL, NULL, &contracts), ATS_OK);
    cr_assert_eq(ats_inputs_choose(view, contracts, prefix, max, &topics, &found_left_out), ATS_OK);
    for (int i = 0; i < topics->cnt; i++)
        ats_buf_printf(&found, "%s%s", i > 0 ? " " : "", topics->elems[i].topic + strlen(prefix));
    cr_assert_str_eq(found.len > 0 ? ats_buf_text(&found) : "", expected);
    cr_assert_eq(found_left_out, left_out);
    rd_kafka_topic_partition_list_destroy(topics);
    ats_contract_set_free(contracts);
    ats_store_view_close(view);
    ats_buf_fini(&found);
}

Test(inputs, without_contracts_there_are_none)
{
    assert_read(PREFIX, 2, "", 0);
}

Test(inputs, versions_of_a_contract_share_one)
{
    publish("mm", "1.0.0");
    publish("mm", "1.1.0");
    publish("bb", "1.0.0");
    assert_read(PREFIX, 2, "bb mm", 0);
}

static void begin_log(void)
{
    cr_assert_eq(apply_root(), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

/* Two members read different topics after one of them had begun anew: each fenced the other, without an end. */
Test(inputs, of_more_than_fit_each_member_reads_those_that_were_first_in_the_log)
{
    publish("zz", "1.0.0");
    publish("mm", "1.0.0");
    assert_read(PREFIX, 2, "mm zz", 0); /* a member that runs, and sees the third come */
    publish("aa", "1.0.0");
    assert_read(PREFIX, 2, "zz mm", 1);
    close_registry(); /* one that begins anew with its copy */
    open_registry();
    assert_read(PREFIX, 2, "zz mm", 1);
    fleet_forget(); /* and one that has none yet */
    begin_log();
    publish("zz", "1.0.0");
    publish("mm", "1.0.0");
    publish("aa", "1.0.0");
    assert_read(PREFIX, 2, "zz mm", 1);
    assert_read(PREFIX, 1, "zz", 2);
}

Test(inputs, a_contract_keeps_its_place_with_a_later_version)
{
    publish("zz", "1.0.0");
    publish("mm", "1.0.0");
    publish("aa", "1.0.0");
    publish("zz", "0.9.0");
    publish("zz", "2.0.0");
    publish("aa", "2.0.0");
    assert_read(PREFIX, 2, "zz mm", 1);
}

Test(inputs, a_contract_that_is_void_gives_its_place_up_and_is_a_later_one_when_it_comes_back)
{
    struct ats_key_pair pair;
    struct ats_body_place before;
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    struct ats_body_operator thief = operator_body("thief", &pair);
    cr_assert_eq(apply_operator("thief", &thief), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_registry_place(fleet.registry, &before.count, before.chain);
    cr_assert_eq(apply_signed("aa", "1.0.0", "\"aa/{device}\"", "thief", &pair),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    publish("zz", "1.0.0");
    publish("mm", "1.0.0");
    assert_read(PREFIX, 2, "aa zz", 1);
    thief.revoked = true;
    thief.stands_until = before;
    cr_assert_eq(apply_operator("thief", &thief), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    assert_read(PREFIX, 2, "mm zz", 0);
    publish("aa", "1.0.0");
    assert_read(PREFIX, 2, "zz mm", 1);
}

Test(inputs, a_name_that_is_too_long_for_a_topic_takes_nobodys_place)
{
    char prefix[ATS_KAFKA_TOPIC_MAX + 1];
    memset(prefix, 'p', sizeof(prefix));
    prefix[ATS_KAFKA_TOPIC_MAX - 2] = '\0';
    publish("long", "1.0.0");
    publish("zz", "1.0.0");
    publish("mm", "1.0.0");
    publish("aa", "1.0.0");
    assert_read(prefix, 2, "zz mm", 2);
}
