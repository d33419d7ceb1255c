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

Test(set, finds_what_was_compiled_from_a_record_by_its_signature)
{
    const uint8_t one[ATS_CONTRACT_SIGNATURE_SIZE] = {1};
    const uint8_t zeros[ATS_CONTRACT_SIGNATURE_SIZE] = {0};
    struct ats_contract_set *set = NULL;
    struct ats_contract_set *copy = NULL;
    struct ats_contract *env = compile_folder("env-sensor");
    struct ats_contract *machine = compile_folder("machine-temp");
    cr_assert_null(ats_contract_set_find_signed(NULL, one));
    cr_assert_eq(ats_contract_set_new(&set), ATS_OK);
    cr_assert_eq(ats_contract_set_add_signed(set, machine, one), ATS_OK);
    cr_assert_eq(ats_contract_set_add(set, env), ATS_OK);
    cr_assert_eq(ats_contract_set_copy(set, &copy), ATS_OK);
    ats_contract_set_free(set);
    ats_contract_unref(machine);
    cr_assert_eq(ats_contract_set_count(copy), 2);
    cr_assert_eq(ats_contract_set_find_signed(copy, one), machine);
    cr_assert_null(ats_contract_set_find_signed(copy, zeros), "env has no signature");
    ats_contract_unref(env);
    ats_contract_set_free(copy);
}

Test(set, two_are_equal_that_have_the_very_same_contracts)
{
    struct ats_contract_set *set = NULL;
    struct ats_contract_set *other = NULL;
    struct ats_contract *env = compile_folder("env-sensor");
    struct ats_contract *machine = compile_folder("machine-temp");
    cr_assert_eq(ats_contract_set_new(&set), ATS_OK);
    cr_assert_eq(ats_contract_set_add(set, env), ATS_OK);
    cr_assert_eq(ats_contract_set_copy(set, &other), ATS_OK);
    cr_assert(ats_contract_set_equal(set, other));
    cr_assert_eq(ats_contract_set_add(set, machine), ATS_OK);
    cr_assert_not(ats_contract_set_equal(set, other), "one more");
    cr_assert_not(ats_contract_set_equal(other, set), "one less");
    ats_contract_set_free(other);
    cr_assert_eq(ats_contract_set_new(&other), ATS_OK);
    ats_contract_unref(env);
    env = compile_folder("env-sensor");
    cr_assert_eq(ats_contract_set_add(other, machine), ATS_OK);
    cr_assert_eq(ats_contract_set_add(other, env), ATS_OK);
    cr_assert_not(ats_contract_set_equal(set, other), "one was compiled anew");
    ats_contract_unref(env);
    ats_contract_unref(machine);
    ats_contract_set_free(set);
    ats_contract_set_free(other);
}

static struct ats_contract *compile_text(const char *name, const char *version)
{
    static const char schema[] = "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                                 "{\"name\":\"id\",\"type\":\"string\"}]}";
    char text[1024];
    struct ats_contract *contract = NULL;
    struct ats_error err = {0};
    (void)snprintf(
        text, sizeof(text),
        "apiVersion: v3.1.0\nkind: DataContract\nid: %s\nversion: %s\nstatus: active\n"
        "schema:\n  - name: r\n    properties:\n      - {name: id, logicalType: string}\n"
        "customProperties:\n  - property: attestream\n    value: {topics: [a/b]}\n",
        name, version);
    cr_assert_eq(ats_contract_compile(ats_span_text(text), "t.yaml", ats_span_text(schema),
                                      "t.avsc", &contract, &err),
                 ATS_OK, "%s", err.text);
    return contract;
}

/* In the order of the control log's keys 1.10.0 comes before 1.9.0. */
Test(set, the_highest_version_governs_whatever_the_order)
{
    static const char *const versions[] = {"1.9.0", "1.10.0", "1.9.10", "0.99.99", "1.9.9"};
    struct ats_contract_set *set = NULL;
    struct ats_span device;
    cr_assert_eq(ats_contract_set_new(&set), ATS_OK);
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        struct ats_contract *contract = compile_text("t", versions[i]);
        cr_assert_eq(ats_contract_set_add(set, contract), ATS_OK);
        ats_contract_unref(contract);
    }
    const struct ats_contract *found =
        ats_contract_set_find_topic(set, ats_span_text("a/b"), &device);
    cr_assert_str_eq(ats_contract_version(found), "1.10.0");
    cr_assert_eq(ats_contract_set_find_name(set, "t"), found);
    cr_assert_str_eq(ats_contract_version(ats_contract_set_at(set, 0)), "0.99.99");
    cr_assert_str_eq(ats_contract_version(ats_contract_set_at(set, 3)), "1.9.10");
    ats_contract_set_free(set);
}

Test(set, of_two_contracts_the_last_by_name_governs)
{
    struct ats_contract_set *set = NULL;
    struct ats_contract *last = compile_text("u", "1.0.0");
    struct ats_contract *first = compile_text("t", "2.0.0");
    struct ats_span device;
    cr_assert_eq(ats_contract_set_new(&set), ATS_OK);
    cr_assert_eq(ats_contract_set_add(set, last), ATS_OK);
    cr_assert_eq(ats_contract_set_add(set, first), ATS_OK);
    cr_assert_eq(ats_contract_set_find_topic(set, ats_span_text("a/b"), &device), last);
    ats_contract_unref(first);
    ats_contract_unref(last);
    ats_contract_set_free(set);
}

Test(set, of_equal_versions_the_one_added_last_governs)
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

/* Versions 1.0.0 to 1.2.0 of one contract, of which bit i of `retired` ends the one at i. */
static struct ats_contract_set *set_of_three(unsigned retired)
{
    static const char *const versions[] = {"1.0.0", "1.1.0", "1.2.0"};
    struct ats_contract_set *set = NULL;
    cr_assert_eq(ats_contract_set_new(&set), ATS_OK);
    for (size_t i = 0; i < 3; i++) {
        struct ats_contract *contract = compile_text("t", versions[i]);
        if (retired >> i & 1u)
            ats_contract_retire(contract);
        cr_assert_eq(ats_contract_set_add(set, contract), ATS_OK);
        ats_contract_unref(contract);
    }
    return set;
}

static void assert_governs(unsigned retired, const char *version)
{
    struct ats_contract_set *set = set_of_three(retired);
    struct ats_contract_set *copy = NULL;
    struct ats_span device;
    cr_assert_eq(ats_contract_set_copy(set, &copy), ATS_OK);
    const struct ats_contract *found =
        ats_contract_set_find_topic(copy, ats_span_text("a/b"), &device);
    cr_assert_str_eq(ats_contract_version(found), version, "with %u retired", retired);
    cr_assert_eq(ats_contract_set_find_name(copy, "t"), found);
    ats_contract_set_free(set);
    ats_contract_set_free(copy);
}

Test(set, the_highest_version_in_force_governs)
{
    assert_governs(4, "1.1.0");
    assert_governs(6, "1.0.0");
    assert_governs(2, "1.2.0");
}

Test(set, a_topic_that_only_retired_versions_have_stays_theirs)
{
    assert_governs(7, "1.2.0");
}

Test(set, finds_a_version_that_is_retired)
{
    struct ats_contract_set *set = set_of_three(2);
    const struct ats_contract *found =
        ats_contract_set_find_version(set, ats_span_text("t"), ats_span_text("1.1.0"));
    cr_assert_not_null(found);
    cr_assert(ats_contract_is_retired(found));
    cr_assert_null(ats_contract_set_find_version(set, ats_span_text("t"), ats_span_text("1.1")));
    cr_assert_null(ats_contract_set_find_version(set, ats_span_text("u"), ats_span_text("1.1.0")));
    ats_contract_set_free(set);
}
