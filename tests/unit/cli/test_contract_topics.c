/* SPDX-License-Identifier: Apache-2.0 */
/* What the CLI says of a contract's topics, against what the log's judge says of the same record. */
#include "cli/contract_topics.h"

#include "cli/contract_governs.h"
#include "common/base/limits.h"
#include "common/contract/schema.h"
#include "tests/unit/common/control/fleet.h"

#define CONTRACT ATS_SOURCE_DIR "/schemas/contracts/machine-temp/"
#define TOPICS "\"plant/+/{device}/temperature\""
#define VERSION "version: 1.0.0"
#define ID "id: machine-temp"

static struct ats_key_pair narrow;

/* "op", who may state all, and "narrow", who may state contracts of zz-*. */
static void begin(void)
{
    fleet_begin_with_operator();
    ats_key_pair_generate(&narrow, ATS_KEY_SIGNING);
    struct ats_body_operator body = {.kinds = 1U << ATS_CONTROL_CONTRACT, .names = "zz-*"};
    memcpy(body.key, narrow.public_key, sizeof(body.key));
    cr_assert_eq(apply_operator("narrow", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

TestSuite(contract_topics, .init = begin, .fini = fleet_end);

/* The body of contract `name` with those topics. */
static void make_body(const char *name, const char *version, const char *topics,
                      struct ats_buf *ret_json)
{
    char line[ATS_NAME_MAX + 16];
    struct ats_buf odcs;
    struct ats_buf avsc;
    fleet_read_document(CONTRACT "contract.odcs.yaml", &odcs);
    fleet_read_document(CONTRACT "schema.avsc", &avsc);
    (void)snprintf(line, sizeof(line), "id: %s", name);
    replace_first(&odcs, ID, line);
    (void)snprintf(line, sizeof(line), "version: %s", version);
    replace_first(&odcs, VERSION, line);
    replace_first(&odcs, TOPICS, topics);
    const struct ats_body_contract body = {.odcs = (char *)odcs.data,
                                           .avsc = (char *)avsc.data,
                                           .schema_id = ats_schema_id(ats_buf_span(&avsc))};
    ats_buf_init(ret_json, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_contract_format(&body, ret_json), ATS_OK);
    ats_buf_fini(&odcs);
    ats_buf_fini(&avsc);
}

static struct ats_control_record make_record(const char *name, const char *version,
                                             const char *signer, const struct ats_buf *json)
{
    char full[ATS_NAME_MAX + 1];
    (void)snprintf(full, sizeof(full), "%s@%s", name, version);
    return next_record(ATS_CONTROL_CONTRACT, full, signer, ats_buf_span(json));
}

static void publish(const char *name, const char *version, const char *topics)
{
    struct ats_buf json;
    make_body(name, version, topics, &json);
    struct ats_control_record record = make_record(name, version, "op", &json);
    cr_assert_eq(apply_record(&record, &fleet.operator_), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
    ats_buf_fini(&json);
}

static struct ats_store_view *open_view(void)
{
    struct ats_store_view *view = NULL;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    return view;
}

/* The answer is the judge's, too: a topic that the CLI lets pass is taken, one that it refuses is not. */
static enum ats_status check(const char *name, const char *topics, const char *signer,
                             const char *approver)
{
    struct ats_buf json;
    struct ats_buf value;
    struct ats_store_view *view = open_view();
    enum ats_control_outcome outcome = ATS_CONTROL_OUTCOME_COUNT;
    struct ats_error why = {0};
    bool by_narrow = strcmp(signer, "narrow") == 0;
    make_body(name, "1.0.0", topics, &json);
    struct ats_control_record record = make_record(name, "1.0.0", signer, &json);
    (void)snprintf(record.approver, sizeof(record.approver), "%s", approver);
    fleet.err = (struct ats_error){0};
    enum ats_status status = ats_contract_topics_check_record(view, &record, &fleet.err);
    record.approver[0] = '\0';
    encode(&record, by_narrow ? &narrow : &fleet.operator_, &value);
    cr_assert_eq(ats_registry_judge(fleet.registry, ats_buf_span(&value), &outcome, &why), ATS_OK);
    if (approver[0] == '\0')
        cr_assert_eq(status == ATS_ERR_REFUSED, outcome == ATS_CONTROL_ILLEGAL_BODY, "%s / %s",
                     fleet.err.text, why.text);
    ats_buf_fini(&value);
    ats_buf_fini(&json);
    ats_store_view_close(view);
    return status;
}

static void assert_refused(enum ats_status status, const char *text)
{
    cr_assert_eq(status, ATS_ERR_REFUSED);
    cr_assert_not_null(strstr(fleet.err.text, text), "%s", fleet.err.text);
}

static void retire(const char *name, const char *version, const char *topics)
{
    struct ats_buf json;
    make_body(name, version, topics, &json);
    json.data[--json.len] = '\0'; /* its brace */
    ats_buf_append_text(&json, ",\"retired\":true}");
    struct ats_control_record record = make_record(name, version, "op", &json);
    cr_assert_eq(
        apply_body(ATS_CONTROL_CONTRACT, record.name, "op", &fleet.operator_, ats_buf_span(&json)),
        ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&json);
}

static bool governs(const char *name, const char *version, const char *topics)
{
    struct ats_buf json;
    struct ats_contract *contract = NULL;
    struct ats_error err = {0};
    struct ats_store_view *view = open_view();
    make_body(name, version, topics, &json);
    struct ats_control_record record = make_record(name, version, "op", &json);
    cr_assert_eq(ats_contract_of_record(&record, &contract, &err), ATS_OK, "%s", err.text);
    bool answer = ats_contract_tell_governed(view, contract, false);
    ats_contract_unref(contract);
    ats_store_view_close(view);
    ats_buf_fini(&json);
    return answer;
}

Test(contract_topics, of_another_contract_are_refused_to_who_may_state_that_one)
{
    publish("machine", "1.0.0", TOPICS);
    assert_refused(check("zz-one", "\"plant/{device}/+/temperature\"", "op", ""),
                   "contract machine@1.0.0's already: publish a new version of that one");
}

Test(contract_topics, of_another_contract_are_refused_to_who_may_not)
{
    publish("machine", "1.0.0", TOPICS);
    assert_refused(check("zz-one", TOPICS, "narrow", ""), "which 'narrow' may not state");
}

Test(contract_topics, of_a_former_version_are_another_contracts_still)
{
    publish("machine", "1.0.0", TOPICS);
    publish("machine", "2.0.0", "\"plant/{device}/new\"");
    assert_refused(check("zz-one", TOPICS, "op", ""), "contract machine@1.0.0's already");
}

Test(contract_topics, in_common_are_for_who_may_state_both)
{
    publish("machine", "1.0.0", TOPICS);
    cr_assert_eq(check("zz-one", "\"plant/a/{device}/temperature\"", "op", ""), ATS_OK, "%s",
                 fleet.err.text);
    assert_refused(check("zz-one", "\"plant/a/{device}/temperature\"", "narrow", ""),
                   "only who may state both may lay one over the other");
}

Test(contract_topics, in_common_are_for_two_persons_who_may_state_both)
{
    publish("machine", "1.0.0", TOPICS);
    assert_refused(check("zz-one", "\"plant/a/{device}/temperature\"", "op", "narrow"),
                   "which 'narrow' may not state");
}

Test(contract_topics, that_a_contract_has_stay_its_own)
{
    publish("zz-one", "0.9.0", TOPICS);
    publish("machine", "1.0.0", "\"plant/#\"");
    cr_assert_eq(check("zz-one", TOPICS, "narrow", ""), ATS_OK, "%s", fleet.err.text);
}

Test(contract_topics, of_a_contract_that_is_void_are_free)
{
    struct ats_buf json;
    struct ats_body_operator body = {
        .kinds = 1U << ATS_CONTROL_CONTRACT, .names = "zz-*", .revoked = true};
    memcpy(body.key, narrow.public_key, sizeof(body.key));
    ats_registry_place(fleet.registry, &body.stands_until.count, body.stands_until.chain);
    make_body("zz-void", "1.0.0", TOPICS, &json);
    struct ats_control_record record = make_record("zz-void", "1.0.0", "narrow", &json);
    cr_assert_eq(apply_record(&record, &narrow), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&json);
    assert_refused(check("zz-one", TOPICS, "op", ""), "contract zz-void@1.0.0's already");
    cr_assert_eq(apply_operator("narrow", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(check("zz-one", TOPICS, "op", ""), ATS_OK, "%s", fleet.err.text);
}

Test(contract_topics, out_of_scope_are_left_to_the_judge)
{
    publish("machine", "1.0.0", TOPICS);
    cr_assert_eq(check("aa-one", TOPICS, "narrow", ""), ATS_OK, "%s", fleet.err.text);
}

/* `count` filters of contract `number`. */
static void write_filters(size_t number, size_t count, struct ats_buf *topics)
{
    ats_buf_init(topics, ATS_DOCUMENT_MAX);
    for (size_t i = 0; i < count; i++)
        ats_buf_printf(topics, "%s\"plant/%zu/%zu/{device}\"", i > 0 ? ", " : "", number, i);
}

Test(contract_topics, are_bounded_and_told_with_their_numbers)
{
    const size_t contracts = ATS_CONTRACT_FILTERS_MAX / ATS_CONTRACT_TOPICS_MAX;
    struct ats_buf topics;
    for (size_t i = 0; i < contracts; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "many-%zu", i);
        write_filters(i, ATS_CONTRACT_TOPICS_MAX - (i == 0), &topics);
        publish(name, "1.0.0", ats_buf_text(&topics));
        ats_buf_fini(&topics);
    }
    cr_assert_eq(check("zz-one", TOPICS, "op", ""), ATS_OK, "%s", fleet.err.text);
    write_filters(contracts, 2, &topics);
    assert_refused(check("zz-one", ats_buf_text(&topics), "op", ""),
                   "may have 4096 topic filters together: they have 4095, and this one brings 2");
    ats_buf_fini(&topics);
}

Test(contract_topics, within_those_of_a_later_name_are_not_governed)
{
    publish("machine", "1.0.0", "\"plant/#\"");
    cr_assert(!governs("aa", "1.0.0", TOPICS));
    cr_assert(!governs("aa", "1.0.0", "\"plant/+/{device}/#\""));
    cr_assert(!governs("aa", "1.0.0", TOPICS ", \"plant/{device}\""));
    cr_assert(governs("aa", "1.0.0", TOPICS ", \"hall/{device}\""));
    cr_assert(governs("zz", "1.0.0", TOPICS));
}

Test(contract_topics, that_are_wider_or_only_cross_are_governed_in_part)
{
    publish("machine", "1.0.0", TOPICS ", \"hall/{device}/+\"");
    cr_assert(governs("aa", "1.0.0", "\"plant/#\""));
    cr_assert(governs("aa", "1.0.0", "\"hall/{device}/#\""));
    cr_assert(governs("aa", "1.0.0", "\"plant/a/{device}/+\""));
    cr_assert(governs("aa", "1.0.0", "\"plant/a/{device}/temperature/#\""));
    cr_assert(!governs("aa", "1.0.0", "\"plant/a/{device}/temperature\""));
}

Test(contract_topics, of_a_higher_version_are_not_governed)
{
    publish("machine", "2.0.0", TOPICS);
    cr_assert(!governs("machine", "1.9.0", TOPICS));
    cr_assert(governs("machine", "2.1.0", TOPICS));
    publish("machine", "2.1.0", TOPICS);
    cr_assert(governs("machine", "2.1.0", TOPICS));
}

Test(contract_topics, of_a_higher_version_that_is_retired_are_governed)
{
    publish("machine", "2.0.0", TOPICS);
    cr_assert(!governs("machine", "1.9.0", TOPICS));
    retire("machine", "2.0.0", TOPICS);
    cr_assert(governs("machine", "1.9.0", TOPICS));
}
