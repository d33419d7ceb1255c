/* SPDX-License-Identifier: Apache-2.0 */
/* The table of reasons. */
#include "plugin/reasons.h"

#include <criterion/criterion.h>

Test(reasons, each_has_a_code_and_a_name_of_its_own)
{
    for (int i = 0; i < ATS_REASON_COUNT; i++) {
        const struct ats_reason_info *info = ats_reason_info((enum ats_reason)i);
        cr_assert_not_null(info->name, "reason %d has no row", i);
        for (int j = 0; j < i; j++) {
            const struct ats_reason_info *other = ats_reason_info((enum ats_reason)j);
            cr_assert_neq(info->code, other->code, "%s and %s", info->name, other->name);
            cr_assert_str_neq(info->name, other->name);
        }
    }
}
