/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/exit_code.h"

#include <criterion/criterion.h>

Test(exit_code, what_an_option_names_and_cannot_be_had_is_a_matter_of_usage)
{
    const enum ats_status statuses[] = {ATS_ERR_CONFIG,    ATS_ERR_INVALID, ATS_ERR_MALFORMED,
                                        ATS_ERR_NOT_FOUND, ATS_ERR_EXISTS,  ATS_ERR_IO,
                                        ATS_ERR_LIMIT,     ATS_ERR_REFUSED};
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        cr_assert_eq(ats_exit_code(statuses[i], false), 2, "%s", ats_status_name(statuses[i]));
}

Test(exit_code, a_full_disk_is_a_failure_of_this_machine)
{
    cr_assert_eq(ats_exit_code(ATS_ERR_DISK, true), 1);
    cr_assert_eq(ats_exit_code(ATS_ERR_IO, true), 1);
    cr_assert_eq(ats_exit_code(ATS_ERR_DISK, false), 1);
    cr_assert_eq(ats_exit_code(ATS_ERR_MEMORY, false), 1);
    cr_assert_eq(ats_exit_code(ATS_ERR_INTERNAL, true), 1);
}

Test(exit_code, done_is_0)
{
    cr_assert_eq(ats_exit_code(ATS_OK, true), 0);
}
