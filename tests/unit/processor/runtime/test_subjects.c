/* SPDX-License-Identifier: Apache-2.0 */
/* Subjects and versions as a Schema Registry's clients see them, made from the control log. */
#include "processor/runtime/subjects.h"

#include "common/kafka/config.h"
#include "tests/unit/common/control/contracts.h"

static struct ats_subjects subjects;

static void begin(void)
{
    fleet_begin_with_operator();
    subjects = (struct ats_subjects){.registry = fleet.registry, .topic_prefix = "ats."};
}

static void end(void)
{
    ats_subjects_fini(&subjects);
    fleet_end();
}

TestSuite(subjects, .init = begin, .fini = end);

static size_t list(const struct ats_http_subject **ret_items)
{
    size_t count = 0;
    cr_assert_eq(ats_subjects_get(&subjects, ret_items, &count), ATS_OK);
    return count;
}

static void state_schema(const char *record, const char *text, uint32_t id)
{
    struct ats_buf json;
    struct ats_body_schema body = {.text = (char *)(uintptr_t)text, .schema_id = id};
    ats_buf_init(&json, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_schema_format(&body, &json), ATS_OK);
    cr_assert_eq(apply_text(ATS_CONTROL_SCHEMA, record, ats_buf_text(&json)), ATS_CONTROL_ACCEPTED,
                 "%s", fleet.err.text);
    ats_buf_fini(&json);
}

static void publish(const char *name, const char *version, const char *topics)
{
    cr_assert_eq(apply_renamed(name, version, topics), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

Test(subjects, of_an_empty_log_there_are_none)
{
    const struct ats_http_subject *items = NULL;
    cr_assert_eq(list(&items), 0);
}

Test(subjects, are_named_after_topics_and_sorted)
{
    const struct ats_http_subject *items = NULL;
    publish("press", "1.0.0", "\"press/{device}\"");
    publish("air", "1.0.0", "\"air/{device}\"");
    state_schema("decision", "\"string\"", 7);
    cr_assert_eq(list(&items), 3);
    cr_assert_str_eq(items[0].name, "ats.decisions-value");
    cr_assert_eq(items[0].schema_id, 7);
    cr_assert_str_eq(items[1].name, "ats.telemetry.air-value");
    cr_assert_str_eq(items[2].name, "ats.telemetry.press-value");
    cr_assert(items[1].version > items[2].version, "the place in the log");
}

Test(subjects, versions_with_one_schema_are_one_version)
{
    const struct ats_http_subject *items = NULL;
    publish("press", "1.0.0", "\"press/{device}\"");
    cr_assert_eq(list(&items), 1);
    int32_t version = items[0].version;
    publish("press", "1.1.0", "\"press/{device}\",\"more/{device}\"");
    cr_assert_eq(list(&items), 1);
    cr_assert_eq(items[0].version, version, "the first one's number stays");
}

Test(subjects, of_a_record_the_newest_schema_alone_is_listed)
{
    const struct ats_http_subject *items = NULL;
    state_schema("alert", "\"string\"", 7);
    state_schema("alert", "\"bytes\"", 8);
    state_schema("nobodys", "\"int\"", 9);
    cr_assert_eq(list(&items), 1);
    cr_assert_str_eq(items[0].name, "ats.alerts-value");
    cr_assert_eq(items[0].version, 2);
    cr_assert_eq(items[0].schema_id, 8);
}

Test(subjects, a_device_does_not_make_the_list_anew)
{
    const struct ats_http_subject *items = NULL;
    struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    publish("press", "1.0.0", "\"press/{device}\"");
    cr_assert_eq(list(&items), 1);
    cr_assert_eq(apply_device("d1", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(list(&items), 1);
    cr_assert_eq(subjects.times_made, 1);
    publish("air", "1.0.0", "\"air/{device}\"");
    cr_assert_eq(list(&items), 2);
    cr_assert_eq(subjects.times_made, 2);
}

Test(subjects, a_contract_that_became_void_is_gone)
{
    const struct ats_http_subject *items = NULL;
    struct ats_body_operator body = {.kinds = 1U << ATS_CONTROL_CONTRACT, .names = "*"};
    struct ats_key_pair thief;
    ats_key_pair_generate(&thief, ATS_KEY_SIGNING);
    memcpy(body.key, thief.public_key, sizeof(body.key));
    cr_assert_eq(apply_operator("ann", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_registry_place(fleet.registry, &body.stands_until.count, body.stands_until.chain);
    cr_assert_eq(apply_signed("press", "1.0.0", "\"press/{device}\"", "ann", &thief),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(list(&items), 1);
    body.revoked = true;
    cr_assert_eq(apply_operator("ann", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(list(&items), 0);
}

Test(subjects, a_topic_that_cannot_be_has_none)
{
    static char prefix[ATS_KAFKA_TOPIC_MAX];
    const struct ats_http_subject *items = NULL;
    memset(prefix, 'p', sizeof(prefix) - 1);
    subjects.topic_prefix = prefix;
    publish("press", "1.0.0", "\"press/{device}\"");
    cr_assert_eq(list(&items), 0);
}
