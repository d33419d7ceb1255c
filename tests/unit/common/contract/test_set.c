/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/set.h"
#include "tests/unit/common/contract/support.h"

Test(set, finds_by_topic_schema_and_name)
{
    struct ats_contract_set *set = NULL;
    struct ats_contract *env = compile_folder("env-sensor");
    struct ats_contract *machine = compile_folder("machine-temp");
    struct ats_span device;
    cr_assert_eq(ats_contract_set_new(&set), ATS_OK);
    cr_assert_null(ats_contract_set_find_name(set, "env-sensor"));
    cr_assert_eq(ats_contract_set_add(set, env), ATS_OK);
    cr_assert_eq(ats_contract_set_add(set, machine), ATS_OK);
    cr_assert_eq(ats_contract_set_count(set), 2);
    cr_assert_eq(ats_contract_set_at(set, 1), machine);
    cr_assert_eq(
        ats_contract_set_find_topic(set, ats_span_text("plant/a/press-07/temperature"), &device),
        machine);
    cr_assert(ats_span_is(device, "press-07"));
    cr_assert_null(ats_contract_set_find_topic(set, ats_span_text("plant/a"), &device));
    cr_assert_eq(ats_contract_set_find_schema(set, ats_contract_schema_id(env)), env);
    cr_assert_null(ats_contract_set_find_schema(set, ats_contract_schema_id(env) ^ 1));
    cr_assert_eq(ats_contract_set_find_name(set, "env-sensor"), env);
    ats_contract_unref(env);
    ats_contract_unref(machine);
    ats_contract_set_free(set);
    ats_contract_set_free(NULL);
}

Test(set, the_newest_contract_governs)
{
    struct ats_contract_set *set = NULL;
    struct ats_contract *older = compile_folder("env-sensor");
    struct ats_contract *newer = compile_folder("env-sensor");
    struct ats_span device;
    cr_assert_eq(ats_contract_set_new(&set), ATS_OK);
    cr_assert_eq(ats_contract_set_add(set, older), ATS_OK);
    cr_assert_eq(ats_contract_set_add(set, newer), ATS_OK);
    cr_assert_eq(ats_contract_set_find_topic(set, ats_span_text("site/a/b/env"), &device), newer);
    cr_assert_eq(ats_contract_set_find_name(set, "env-sensor"), newer);
    ats_contract_unref(older);
    ats_contract_unref(newer);
    ats_contract_set_free(set);
}
