/* SPDX-License-Identifier: Apache-2.0 */
/* Which versions of a contract the CLI lets follow each other, and which one is the newest. */
#include "cli/contract_versions.h"

#include "common/base/limits.h"
#include "common/contract/schema.h"
#include "tests/unit/common/control/fleet.h"

#define CONTRACT ATS_SOURCE_DIR "/schemas/contracts/machine-temp/"
#define TOPICS "\"plant/+/{device}/temperature\""

TestSuite(contract_versions, .init = fleet_begin_with_operator, .fini = fleet_end);

/* The body of a version with those topics. */
static void make_body(const char *name, const char *version, const char *topics,
                      struct ats_buf *ret_json)
{
    char line[ATS_NAME_MAX + 16];
    struct ats_buf odcs;
    struct ats_buf avsc;
    fleet_read_document(CONTRACT "contract.odcs.yaml", &odcs);
    fleet_read_document(CONTRACT "schema.avsc", &avsc);
    (void)snprintf(line, sizeof(line), "id: %s", name);
    replace_first(&odcs, "id: machine-temp", line);
    (void)snprintf(line, sizeof(line), "version: %s", version);
    replace_first(&odcs, "version: 1.0.0", line);
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
                                             const struct ats_buf *json)
{
    char full[ATS_NAME_MAX + 1];
    (void)snprintf(full, sizeof(full), "%s@%s", name, version);
    return next_record(ATS_CONTROL_CONTRACT, full, "op", ats_buf_span(json));
}

static void publish(const char *name, const char *version, const char *topics)
{
    struct ats_buf json;
    make_body(name, version, topics, &json);
    struct ats_control_record record = make_record(name, version, &json);
    cr_assert_eq(apply_record(&record, &fleet.operator_), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
    ats_buf_fini(&json);
}

static enum ats_status check(const char *name, const char *version, const char *topics)
{
    struct ats_buf json;
    struct ats_store_view *view = NULL;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    make_body(name, version, topics, &json);
    struct ats_control_record record = make_record(name, version, &json);
    fleet.err = (struct ats_error){0};
    enum ats_status status = ats_contract_versions_check(view, &record, &fleet.err);
    ats_buf_fini(&json);
    ats_store_view_close(view);
    return status;
}

static void assert_refused(enum ats_status status, const char *text)
{
    cr_assert_eq(status, ATS_ERR_REFUSED);
    cr_assert_not_null(strstr(fleet.err.text, text), "%s", fleet.err.text);
}

#define WIDE "\"plant/+/{device}/temperature\", \"hall/{device}\""

Test(contract_versions, what_breaks_devices_needs_a_new_major)
{
    publish("machine", "1.0.0", WIDE);
    assert_refused(check("machine", "1.1.0", TOPICS),
                   "contract machine@1.1.0 cannot stand behind version 1.0.0: 1 "
                   "change breaks who relies on 1.0.0, first topics for devices: not all topics of "
                   "'hall/{device}' are the new version's. Give it a new major version (2.0.0");
    cr_assert_eq(check("machine", "2.0.0", TOPICS), ATS_OK);
    cr_assert_eq(check("other", "1.1.0", TOPICS), ATS_OK);
    cr_assert_eq(check("machine-2", "1.1.0", TOPICS), ATS_OK);
    cr_assert_eq(check("machine", "1.1.0", WIDE), ATS_OK);
}

Test(contract_versions, the_next_lower_one_of_the_major_is_what_counts)
{
    publish("machine", "1.9.0", TOPICS);
    publish("machine", "1.10.0", WIDE);
    publish("machine", "2.0.0", "\"plant/#\"");
    assert_refused(check("machine", "1.11.0", TOPICS), "behind version 1.10.0");
    cr_assert_eq(check("machine", "2.0.1", "\"plant/#\""), ATS_OK);
    assert_refused(check("machine", "2.0.1", TOPICS), "behind version 2.0.0");
    cr_assert_eq(check("machine", "1.9.1", TOPICS), ATS_OK);
}

Test(contract_versions, one_that_comes_late_must_stand_before_the_next_higher)
{
    publish("machine", "1.5.0", TOPICS);
    assert_refused(check("machine", "1.4.0", WIDE),
                   "contract machine@1.4.0 cannot stand before version 1.5.0: 1 "
                   "change breaks who relies on 1.4.0");
    cr_assert_eq(check("machine", "1.4.0", TOPICS), ATS_OK);
}

Test(contract_versions, a_name_alone_is_its_highest_version)
{
    struct ats_control_record record;
    struct ats_store_view *view = NULL;
    publish("machine", "1.9.0", TOPICS);
    publish("machine", "1.10.0", TOPICS);
    publish("machine-2", "3.0.0", "\"hall/{device}\"");
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_contract_version_find(view, "machine", &record), ATS_OK);
    cr_assert_str_eq(record.name, "machine@1.10.0");
    cr_assert_eq(ats_contract_version_find(view, "machine@1.9.0", &record), ATS_OK);
    cr_assert_str_eq(record.name, "machine@1.9.0");
    cr_assert_eq(ats_contract_version_find(view, "machin", &record), ATS_ERR_NOT_FOUND);
    cr_assert_eq(ats_contract_version_find(view, "machine@1", &record), ATS_ERR_NOT_FOUND);
    ats_store_view_close(view);
}

Test(contract_versions, two_of_one_proposal_are_held_against_each_other)
{
    struct ats_buf wide;
    struct ats_buf narrow;
    make_body("machine", "1.0.0", WIDE, &wide);
    make_body("machine", "1.1.0", TOPICS, &narrow);
    struct ats_control_record a = make_record("machine", "1.0.0", &wide);
    struct ats_control_record b = make_record("machine", "1.1.0", &narrow);
    assert_refused(ats_contract_versions_check_both(&a, &b, &fleet.err), "behind version 1.0.0");
    assert_refused(ats_contract_versions_check_both(&b, &a, &fleet.err), "behind version 1.0.0");
    a = make_record("other", "1.0.0", &wide);
    cr_assert_eq(ats_contract_versions_check_both(&a, &b, &fleet.err), ATS_OK);
    ats_buf_fini(&wide);
    ats_buf_fini(&narrow);
}
