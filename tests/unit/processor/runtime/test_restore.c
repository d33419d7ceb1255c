/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/changelog.h"

#include <criterion/criterion.h>

Test(restore, is_done_at_the_end_that_the_partition_had)
{
    cr_assert_eq(ats_restore_step(0, 0, 0), ATS_RESTORE_DONE);
    cr_assert_eq(ats_restore_step(12, 12, 12), ATS_RESTORE_DONE);
}

Test(restore, is_done_where_a_transaction_was_begun_behind_that_end)
{
    cr_assert_eq(ats_restore_step(12, 12, 3), ATS_RESTORE_DONE);
}

Test(restore, is_held_up_where_a_transaction_is_open_before_that_end)
{
    cr_assert_eq(ats_restore_step(5, 12, 5), ATS_RESTORE_HELD_UP);
    cr_assert_eq(ats_restore_step(5, 12, 11), ATS_RESTORE_HELD_UP);
    cr_assert_eq(ats_restore_step(-2, 1, 0), ATS_RESTORE_HELD_UP);
}

Test(restore, goes_on_where_that_transaction_has_ended_since)
{
    cr_assert_eq(ats_restore_step(5, 12, 12), ATS_RESTORE_MORE);
    cr_assert_eq(ats_restore_step(5, 12, 20), ATS_RESTORE_MORE);
}
