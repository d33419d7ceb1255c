/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_names.h"
#include "cli/operator_scope.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct ats_error err;

static enum ats_status add(struct ats_body_device *device, const char *entry)
{
    return ats_contract_names_add(device, "--contract", entry, &err);
}

static void assert_refused(struct ats_body_device *device, const char *entry, const char *text)
{
    size_t before = device->contract_count;
    cr_assert_neq(add(device, entry), ATS_OK, "%s", entry);
    cr_assert_not_null(strstr(err.text, text), "%s", err.text);
    cr_assert_eq(device->contract_count, before);
}

Test(contract_names, takes_a_name_and_a_version)
{
    struct ats_body_device device = {0};
    cr_assert_eq(add(&device, "env-sensor"), ATS_OK);
    cr_assert_eq(add(&device, "machine@1.10.0"), ATS_OK);
    cr_assert_str_eq(device.contracts[1], "machine@1.10.0");
}

Test(contract_names, refuses_what_is_no_version)
{
    struct ats_body_device device = {0};
    static const char *const entries[] = {"env@",      "env@1",      "env@1.0",   "env@1.0.0.0",
                                          "env@1..0",  "env@01.0.0", "@1.0.0",    "env@1.0.0@2",
                                          "env@1.0.x", "env@1.0.",   "env@-1.0.0"};
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
        assert_refused(&device, entries[i], "allowed: NAME, or NAME@VERSION");
}

Test(contract_names, refuses_one_contract_twice)
{
    struct ats_body_device device = {0};
    cr_assert_eq(add(&device, "env@1.0.0"), ATS_OK);
    assert_refused(&device, "env@1.1.0", "'env' stands twice");
    assert_refused(&device, "env", "'env' stands twice");
    cr_assert_eq(add(&device, "envy"), ATS_OK);
}

Test(contract_names, refuses_more_than_a_record_has)
{
    struct ats_body_device device = {0};
    char name[8];
    for (int i = 0; i < ATS_DEVICE_CONTRACTS_MAX; i++) {
        (void)snprintf(name, sizeof(name), "c%d", i);
        cr_assert_eq(add(&device, name), ATS_OK);
    }
    assert_refused(&device, "env", "at most 16");
}

Test(contract_names, an_operators_side_is_one_of_two)
{
    uint32_t owner = 9;
    cr_assert_eq(ats_operator_owner(NULL, &owner, &err), ATS_OK);
    cr_assert_eq(owner, 0);
    cr_assert_eq(ats_operator_owner("it,ot", &owner, &err), ATS_OK);
    cr_assert_eq(owner, ATS_OWNERS);
    static const char *const wrong[] = {"ot,", ",ot", "ot,ot", "hr", "ot it"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        cr_assert_eq(ats_operator_owner(wrong[i], &owner, &err), ATS_ERR_CONFIG, "%s", wrong[i]);
}
