/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/proposal_show.h"

#include "common/base/limits.h"

#include <criterion/criterion.h>
#include <string.h>

#define NOW_MS INT64_C(1764000000000)
#define HOUR_MS INT64_C(3600000)

static struct ats_error err;

static enum ats_status check_end(int64_t expires_ms)
{
    const struct ats_control_record record = {
        .kind = ATS_CONTROL_GATE, .name = "g", .expires_ms = expires_ms};
    err = (struct ats_error){0};
    return ats_proposal_check_end(&record, NOW_MS, &err);
}

Test(proposal_show, a_proposals_end_is_to_come)
{
    cr_assert_eq(check_end(NOW_MS + 1), ATS_OK);
    cr_assert_eq(check_end(NOW_MS), ATS_ERR_REFUSED);
    cr_assert_not_null(strstr(err.text, "expired"), "%s", err.text);
}

Test(proposal_show, nobody_approves_what_is_dated_forward)
{
    cr_assert_eq(check_end(NOW_MS + ATS_PROPOSAL_LIFE_MAX_MS + HOUR_MS), ATS_OK);
    cr_assert_eq(check_end(NOW_MS + ATS_PROPOSAL_LIFE_MAX_MS + HOUR_MS + 1), ATS_ERR_REFUSED);
    cr_assert_not_null(strstr(err.text, "more than seven days"), "%s", err.text);
}
