/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/seniority.h"

#include "tests/unit/common/control/contracts.h"

TestSuite(seniority, .init = fleet_begin_with_operator, .fini = fleet_end);

static enum ats_status ask(enum ats_control_kind kind, const char *name, uint64_t *ret_count)
{
    struct ats_store_view *view = NULL;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    enum ats_status status = ats_control_seniority(view, kind, name, ret_count);
    ats_store_view_close(view);
    return status;
}

static void assert_first(enum ats_control_kind kind, const char *name, uint64_t expected)
{
    uint64_t count = 0;
    cr_assert_eq(ask(kind, name, &count), ATS_OK, "%s", name);
    cr_assert_eq(count, expected, "%s: %d", name, (int)count);
}

static void publish(const char *name, const char *version)
{
    char topic[ATS_NAME_MAX + 16];
    (void)snprintf(topic, sizeof(topic), "\"%s/{device}\"", name);
    cr_assert_eq(apply_renamed(name, version, topic), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

/* The root and the operator are the first two records. */
Test(seniority, of_a_contract_is_that_of_its_first_version)
{
    publish("temp", "2.0.0");
    publish("temp-2", "1.0.0");
    publish("temp", "1.0.0");
    assert_first(ATS_CONTROL_CONTRACT, "temp", 3);
    assert_first(ATS_CONTROL_CONTRACT, "temp-2", 4);
    assert_first(ATS_CONTROL_CONTRACT, "temp@1.0.0", 5);
    assert_first(ATS_CONTROL_CONTRACT, "temp@2.0.0", 3);
}

Test(seniority, of_any_other_name_is_that_of_its_first_revision)
{
    struct ats_body_device first = device_body(ATS_DEVICE_ACTIVE);
    struct ats_body_device second = device_body(ATS_DEVICE_ACTIVE);
    cr_assert_eq(apply_device("d1", &first), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(apply_device("d2", &second), ATS_CONTROL_ACCEPTED);
    first.state = ATS_DEVICE_SUSPENDED;
    cr_assert_eq(apply_device("d1", &first), ATS_CONTROL_ACCEPTED);
    assert_first(ATS_CONTROL_DEVICE, "d1", 3);
    assert_first(ATS_CONTROL_DEVICE, "d2", 4);
}

Test(seniority, of_what_is_not_there_is_none)
{
    uint64_t count = 0;
    publish("temp", "1.0.0");
    cr_assert_eq(ask(ATS_CONTROL_CONTRACT, "tem", &count), ATS_ERR_NOT_FOUND);
    cr_assert_eq(ask(ATS_CONTROL_CONTRACT, "temp@1.0", &count), ATS_ERR_NOT_FOUND);
    cr_assert_eq(ask(ATS_CONTROL_DEVICE, "temp", &count), ATS_ERR_NOT_FOUND);
}

Test(seniority, begins_behind_what_is_void)
{
    struct ats_key_pair pair;
    struct ats_body_place before;
    uint64_t count = 0;
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    struct ats_body_operator thief = operator_body("thief", &pair);
    cr_assert_eq(apply_operator("thief", &thief), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_registry_place(fleet.registry, &before.count, before.chain);
    cr_assert_eq(apply_signed("temp", "1.0.0", "\"temp/{device}\"", "thief", &pair),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    assert_first(ATS_CONTROL_CONTRACT, "temp", 4);
    thief.revoked = true;
    thief.stands_until = before;
    cr_assert_eq(apply_operator("thief", &thief), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(ask(ATS_CONTROL_CONTRACT, "temp", &count), ATS_ERR_NOT_FOUND);
    publish("temp", "1.0.0");
    assert_first(ATS_CONTROL_CONTRACT, "temp", 6);
}
