/* SPDX-License-Identifier: Apache-2.0 */
/* Contracts and use cases in the registry, and the catalog made from them. */
#include "tests/unit/common/control/contracts.h"

#include "common/control/catalog.h"
#include "common/record/schemas.h"

#define ENV "env-sensor@1.0.0"

TestSuite(control_documents, .init = fleet_begin_with_operator, .fini = fleet_end);

/* Applies the contract of that folder under `name`; `twist` is added to the schema id. */
static enum ats_control_outcome apply_contract(const char *folder, const char *name, uint32_t twist)
{
    char path[PATH_MAX];
    struct ats_buf odcs;
    struct ats_buf avsc;
    struct ats_buf json;
    (void)snprintf(path, sizeof(path), CONTRACTS "%s/contract.odcs.yaml", folder);
    read_document(path, &odcs);
    (void)snprintf(path, sizeof(path), CONTRACTS "%s/schema.avsc", folder);
    read_document(path, &avsc);
    struct ats_body_contract body = {.odcs = (char *)odcs.data,
                                     .avsc = (char *)avsc.data,
                                     .schema_id = ats_schema_id(ats_buf_span(&avsc)) + twist};
    ats_buf_init(&json, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_contract_format(&body, &json), ATS_OK);
    enum ats_control_outcome outcome = apply_text(ATS_CONTROL_CONTRACT, name, ats_buf_text(&json));
    ats_buf_fini(&odcs);
    ats_buf_fini(&avsc);
    ats_buf_fini(&json);
    return outcome;
}

static struct ats_store_view *open_view(void)
{
    struct ats_store_view *view = NULL;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    return view;
}

static void assert_reason(const char *text)
{
    cr_assert_not_null(strstr(fleet.err.text, text), "'%s' does not say '%s'", fleet.err.text,
                       text);
}

Test(control_documents, takes_a_contract_that_compiles)
{
    cr_assert_eq(apply_contract("env-sensor", ENV, 0), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

Test(control_documents, a_published_contract_never_changes)
{
    cr_assert_eq(apply_contract("env-sensor", ENV, 0), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(apply_contract("env-sensor", ENV, 0), ATS_CONTROL_ILLEGAL_BODY);
    assert_reason("does not change");
}

Test(control_documents, refuses_a_contract_under_another_name)
{
    cr_assert_eq(apply_contract("env-sensor", "env-sensor@1.0.1", 0), ATS_CONTROL_ILLEGAL_BODY);
    assert_reason("it holds contract 'env-sensor@1.0.0'");
}

Test(control_documents, a_contract_has_the_id_that_it_was_published_with)
{
    struct ats_contract_set *set = NULL;
    cr_assert_eq(apply_contract("env-sensor", ENV, 1), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    struct ats_store_view *view = open_view();
    cr_assert_eq(ats_catalog_contracts(view, NULL, NULL, &set), ATS_OK);
    const struct ats_contract *contract = ats_contract_set_at(set, 0);
    cr_assert_eq(ats_contract_schema_id(contract),
                 ats_schema_id(ats_contract_schema(contract)) + 1);
    ats_store_view_close(view);
    ats_contract_set_free(set);
}

/* The text of the record "decision" as this code has it, or with a space behind it. */
static enum ats_control_outcome state_decision(const char *more, uint32_t id)
{
    struct ats_buf json;
    struct ats_buf text;
    const struct ats_record_schema_text *schema = ats_record_schema_texts;
    while (strcmp(schema->name, "decision") != 0)
        schema++;
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    ats_buf_append(&text, schema->text.data, schema->text.len);
    ats_buf_append_text(&text, more);
    struct ats_body_schema body = {.text = (char *)(uintptr_t)ats_buf_text(&text), .schema_id = id};
    ats_buf_init(&json, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_schema_format(&body, &json), ATS_OK);
    enum ats_control_outcome outcome =
        apply_text(ATS_CONTROL_SCHEMA, "decision", ats_buf_text(&json));
    ats_buf_fini(&text);
    ats_buf_fini(&json);
    return outcome;
}

static uint32_t decision_id(void)
{
    struct ats_store_view *view = open_view();
    cr_assert_eq(ats_catalog_record_ids(view), ATS_OK);
    ats_store_view_close(view);
    return ats_record_schema_id("decision");
}

Test(control_documents, records_are_framed_with_the_id_that_the_log_states_for_their_text)
{
    uint32_t own = ats_record_schema_id("decision");
    cr_assert_eq(decision_id(), own);
    cr_assert_eq(state_decision("", 7), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(decision_id(), 7);
    cr_assert_neq(ats_record_schema_id("alert"), 7);
    /* Another text is another version's. */
    cr_assert_eq(state_decision(" ", 8), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(decision_id(), own);
}

Test(control_documents, the_control_logs_own_records_take_no_id)
{
    cr_assert_not(ats_record_schema_takes_id("control"));
    cr_assert_not(ats_record_schema_takes_id("control-approved"));
    cr_assert(ats_record_schema_takes_id("alert"));
}

Test(control_documents, refuses_a_contract_that_does_not_compile)
{
    cr_assert_eq(apply_text(ATS_CONTROL_CONTRACT, ENV,
                            "{\"odcs\":\"version: 1\",\"avsc\":\"{}\",\"schema_id\":1}"),
                 ATS_CONTROL_ILLEGAL_BODY);
    assert_reason("does not compile");
}

Test(control_documents, refuses_a_use_case_that_cannot_be_read)
{
    cr_assert_eq(apply_text(ATS_CONTROL_USECASE, "x", "{\"yaml\":\"name: [\"}"),
                 ATS_CONTROL_ILLEGAL_BODY);
    assert_reason("cannot be read");
}

struct bad {
    char name[ATS_NAME_MAX + 1];
    size_t count;
};

static void note_bad(void *ctx, const char *name, const struct ats_error *err)
{
    struct bad *bad = ctx;
    cr_assert_str_not_empty(err->text);
    (void)snprintf(bad->name, sizeof(bad->name), "%s", name);
    bad->count++;
}

/* Puts a record past the judge, as an older version with laxer rules might have stored it. */
static void smuggle(enum ats_control_kind kind, const char *name, const char *body)
{
    struct ats_control_record record = next_record(kind, name, "op", ats_span_text(body));
    struct ats_store_batch *batch = NULL;
    struct ats_buf value;
    char key[ATS_NAME_MAX + 16];
    encode(&record, &fleet.operator_, &value);
    (void)snprintf(key, sizeof(key), "r/%s/%s", ats_control_kind_name(kind), name);
    cr_assert_eq(ats_store_batch_begin(fleet.store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_put(batch, ats_span_text(key), ats_buf_span(&value)), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    ats_buf_fini(&value);
}

Test(control_documents, the_catalog_compiles_every_contract)
{
    struct ats_contract_set *set = NULL;
    struct bad bad = {0};
    cr_assert_eq(apply_contract("env-sensor", ENV, 0), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(apply_contract("machine-temp", "machine-temp@1.0.0", 0), ATS_CONTROL_ACCEPTED,
                 "%s", fleet.err.text);
    struct ats_store_view *view = open_view();
    cr_assert_eq(ats_catalog_contracts(view, note_bad, &bad, &set), ATS_OK);
    ats_store_view_close(view);
    cr_assert_eq(ats_contract_set_count(set), 2);
    cr_assert_not_null(ats_contract_set_find_name(set, "env-sensor"));
    cr_assert_eq(bad.count, 0);
    ats_contract_set_free(set);
}

Test(control_documents, a_version_that_was_compiled_is_not_compiled_again)
{
    struct ats_contract_set *first = NULL;
    struct ats_contract_set *second = NULL;
    cr_assert_eq(apply_contract("env-sensor", ENV, 0), ATS_CONTROL_ACCEPTED);
    struct ats_store_view *view = open_view();
    cr_assert_eq(ats_catalog_contracts(view, NULL, NULL, &first), ATS_OK);
    ats_store_view_close(view);
    cr_assert_eq(apply_contract("machine-temp", "machine-temp@1.0.0", 0), ATS_CONTROL_ACCEPTED,
                 "%s", fleet.err.text);
    view = open_view();
    cr_assert_eq(ats_catalog_contracts_anew(view, first, NULL, NULL, &second), ATS_OK);
    ats_store_view_close(view);
    cr_assert_eq(ats_contract_set_count(second), 2);
    cr_assert_eq(ats_contract_set_find_name(second, "env-sensor"),
                 ats_contract_set_find_name(first, "env-sensor"));
    ats_contract_set_free(first);
    cr_assert_str_eq(ats_contract_name(ats_contract_set_find_name(second, "env-sensor")),
                     "env-sensor");
    ats_contract_set_free(second);
}

Test(control_documents, the_catalog_leaves_out_what_does_not_compile)
{
    struct ats_contract_set *set = NULL;
    struct ats_usecase_list list;
    struct bad bad = {0};
    cr_assert_eq(apply_contract("env-sensor", ENV, 0), ATS_CONTROL_ACCEPTED);
    smuggle(ATS_CONTROL_CONTRACT, "bad@1.0.0", "{}");
    smuggle(ATS_CONTROL_USECASE, "worse", "{\"yaml\":\"x\"}");
    struct ats_store_view *view = open_view();
    cr_assert_eq(ats_catalog_contracts(view, note_bad, &bad, &set), ATS_OK);
    cr_assert_eq(ats_contract_set_count(set), 1);
    cr_assert_eq(bad.count, 1);
    cr_assert_str_eq(bad.name, "bad@1.0.0");
    cr_assert_eq(ats_catalog_usecases(view, note_bad, &bad, &list), ATS_OK);
    cr_assert_eq(list.count, 0);
    cr_assert_str_eq(bad.name, "worse");
    ats_store_view_close(view);
    ats_usecase_list_fini(&list);
    ats_contract_set_free(set);
}

Test(control_documents, the_catalog_finds_a_schema_by_its_id)
{
    struct ats_buf avsc;
    struct ats_buf text;
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    cr_assert_eq(apply_contract("env-sensor", ENV, 0), ATS_CONTROL_ACCEPTED);
    read_document(CONTRACTS "env-sensor/schema.avsc", &avsc);
    uint32_t id = ats_schema_id(ats_buf_span(&avsc));
    struct ats_store_view *view = open_view();
    cr_assert_eq(ats_catalog_schema(view, id, &text), ATS_OK);
    cr_assert(ats_span_equal(ats_buf_span(&text), ats_buf_span(&avsc)));
    cr_assert_eq(ats_catalog_schema(view, id ^ 1, &text), ATS_ERR_NOT_FOUND);
    ats_store_view_close(view);
    ats_buf_fini(&avsc);
    ats_buf_fini(&text);
}

Test(control_documents, an_empty_registry_has_an_empty_catalog)
{
    struct ats_contract_set *set = NULL;
    struct ats_usecase_list list;
    struct ats_store_view *view = open_view();
    cr_assert_eq(ats_catalog_contracts(view, NULL, NULL, &set), ATS_OK);
    cr_assert_eq(ats_catalog_usecases(view, NULL, NULL, &list), ATS_OK);
    cr_assert_eq(ats_contract_set_count(set), 0);
    cr_assert_eq(list.count, 0);
    ats_store_view_close(view);
    ats_usecase_list_fini(&list);
    ats_contract_set_free(set);
}

/* Takes the one name. */
static enum ats_status note_name(void *ctx, const char *name)
{
    struct bad *names = ctx;
    (void)snprintf(names->name, sizeof(names->name), "%s", name);
    names->count++;
    return ATS_OK;
}

static struct bad void_names(void)
{
    struct bad names = {0};
    struct ats_store_view *view = open_view();
    cr_assert_eq(ats_registry_walk_void(view, ATS_CONTROL_CONTRACT, note_name, &names), ATS_OK);
    ats_store_view_close(view);
    return names;
}

static void revoke_op_after(const struct ats_body_place *place)
{
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    body.revoked = true;
    body.stands_until = *place;
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

static struct ats_body_place here(void)
{
    struct ats_body_place place = {.count = ats_registry_count(fleet.registry)};
    ats_registry_chain(fleet.registry, place.chain);
    return place;
}

Test(control_documents, a_contract_that_is_void_keeps_its_name_known)
{
    cr_assert_eq(apply_contract("machine-temp", "machine-temp@1.0.0", 0), ATS_CONTROL_ACCEPTED);
    struct ats_body_place before = here();
    cr_assert_eq(apply_contract("env-sensor", ENV, 0), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(void_names().count, 0);
    revoke_op_after(&before);
    cr_assert_eq(void_names().count, 1);
    cr_assert_str_eq(void_names().name, ENV);
}

Test(control_documents, refuses_the_topics_of_another_contract)
{
    cr_assert_eq(apply_contract("machine-temp", "machine-temp@1.0.0", 0), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(apply_renamed("zz-other", "1.0.0", "\"plant/+/{device}/temperature\""),
                 ATS_CONTROL_ILLEGAL_BODY);
    assert_reason("are contract machine-temp@1.0.0's already");
    cr_assert_eq(apply_renamed("zz-other", "1.0.0", "\"a/b\", \"plant/{device}/+/temperature\""),
                 ATS_CONTROL_ILLEGAL_BODY);
    cr_assert_eq(apply_renamed("zz-other", "1.0.0", "\"plant/+/{device}/humidity\""),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

/* `count` filters of a contract of its own, from that number on. */
static enum ats_control_outcome apply_numbered(size_t contract, size_t count)
{
    char name[32];
    struct ats_buf topics;
    ats_buf_init(&topics, ATS_DOCUMENT_MAX);
    for (size_t i = 0; i < count; i++)
        ats_buf_printf(&topics, "%s\"plant/%zu/%zu/{device}\"", i > 0 ? ", " : "", contract, i);
    (void)snprintf(name, sizeof(name), "many-%zu", contract);
    enum ats_control_outcome outcome = apply_renamed(name, "1.0.0", ats_buf_text(&topics));
    ats_buf_fini(&topics);
    return outcome;
}

Test(control_documents, contracts_have_a_bounded_number_of_filters)
{
    size_t contracts = ATS_CONTRACT_FILTERS_MAX / ATS_CONTRACT_TOPICS_MAX;
    for (size_t i = 0; i + 1 < contracts; i++)
        cr_assert_eq(apply_numbered(i, ATS_CONTRACT_TOPICS_MAX), ATS_CONTROL_ACCEPTED, "%s",
                     fleet.err.text);
    cr_assert_eq(apply_numbered(contracts, ATS_CONTRACT_TOPICS_MAX - 1), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(apply_numbered(contracts + 1, 2), ATS_CONTROL_ILLEGAL_BODY);
    assert_reason("may have no more");
    cr_assert_eq(apply_numbered(contracts + 1, 1), ATS_CONTROL_ACCEPTED);
}

Test(control_documents, replay_survives_a_round_trip)
{
    struct ats_replay_record records[] = {{0, 5, {1}}, {0, INT64_MAX, {2}}, {INT32_MAX, 0, {3}}};
    struct ats_body_replay body = {records, 3, true};
    struct ats_body_replay back;
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_replay_format(&body, &text), ATS_OK);
    cr_assert_eq(ats_body_replay_parse(ats_buf_span(&text), &back), ATS_OK);
    cr_assert_eq(back.count, 3);
    cr_assert(back.unsealed);
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(back.records[i].partition, records[i].partition);
        cr_assert_eq(back.records[i].offset, records[i].offset);
        cr_assert_arr_eq(back.records[i].hash, records[i].hash, ATS_HASH_SIZE);
    }
    ats_body_replay_fini(&back);
    ats_buf_fini(&text);
}

Test(control_documents, replay_names_a_gate_behind_which_something_stands)
{
    static const char *const names[][2] = {
        {"plant-1@7", "plant-1"}, {"a@b@c", "a@b"}, {"plant-1", ""}, {"plant-1@", ""}, {"@7", ""},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_assert(ats_span_is(ats_replay_gate(names[i][0]), names[i][1]), "%s", names[i][0]);
}
