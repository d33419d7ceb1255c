/* SPDX-License-Identifier: Apache-2.0 */
/* What a site's own Schema Registry is to have, as the control log says. */
#include "cli/registry_schemas.h"

#include "common/record/schemas.h"
#include "tests/unit/common/control/contracts.h"

static const struct ats_cli cli = {.kafka = {.topic_prefix = "plant."}};
static struct ats_registry_schemas list;

static void end(void)
{
    ats_registry_schemas_fini(&list);
    fleet_end();
}

TestSuite(registry_schemas, .init = fleet_begin_with_operator, .fini = end);

static void publish(const char *name, const char *version, const char *topics)
{
    cr_assert_eq(apply_renamed(name, version, topics), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

/* The schema of decisions as this code has it, under that id. */
static void state_decision(uint32_t id)
{
    struct ats_buf json;
    const struct ats_record_schema_text *schema = ats_record_schema_texts;
    while (strcmp(schema->name, "decision") != 0)
        schema++;
    struct ats_body_schema body = {
        .text = strndup((const char *)schema->text.data, schema->text.len), .schema_id = id};
    ats_buf_init(&json, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_schema_format(&body, &json), ATS_OK);
    cr_assert_eq(apply_text(ATS_CONTROL_SCHEMA, "decision", ats_buf_text(&json)),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_body_schema_fini(&body);
    ats_buf_fini(&json);
}

static const struct ats_registry_schema *find(const char *name)
{
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i].name, name) == 0)
            return &list.items[i];
    cr_assert_fail("%s is not listed", name);
    return NULL;
}

static void make_list(void)
{
    struct ats_store_view *view = NULL;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_registry_schemas_list(&cli, view, &list, &fleet.err), ATS_OK, "%s",
                 fleet.err.text);
    ats_store_view_close(view);
}

static bool is_used(const char *contract)
{
    struct ats_store_view *view = NULL;
    bool used = false;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_registry_ids_used(view, contract, &used, &fleet.err), ATS_OK, "%s",
                 fleet.err.text);
    ats_store_view_close(view);
    return used;
}

Test(registry_schemas, are_those_of_gate_and_processor_but_for_the_control_logs)
{
    make_list();
    cr_assert_eq(list.count, 5);
    cr_assert_str_eq(list.items[0].subject, "plant.alerts-value");
    cr_assert_str_eq(find("journal-checkpoint")->subject, "plant.evidence-value");
    for (size_t i = 0; i < list.count; i++)
        cr_assert_not(ats_registry_gave_id(&list.items[i]), "%s", list.items[i].name);
}

Test(registry_schemas, have_the_id_that_the_log_states)
{
    state_decision(7);
    make_list();
    cr_assert_eq(find("decision")->schema_id, 7);
    cr_assert(ats_registry_gave_id(find("decision")));
}

Test(registry_schemas, versions_of_a_contract_stand_from_the_lowest_up)
{
    publish("press", "1.10.0", "\"press/{device}\"");
    publish("press", "1.9.0", "\"press/{device}\"");
    make_list();
    cr_assert_eq(list.count, 7);
    cr_assert_str_eq(find("press@1.9.0")->subject, "plant.telemetry.press-value");
    cr_assert_eq(find("press@1.9.0") + 1, find("press@1.10.0"));
}

Test(registry_schemas, a_registry_is_used_where_a_record_has_an_id_of_one)
{
    publish("press", "1.0.0", "\"press/{device}\"");
    cr_assert_not(is_used("press"));
    cr_assert_not(is_used(NULL));
    state_decision(7);
    cr_assert(is_used("press"));
    cr_assert(is_used(NULL));
}
