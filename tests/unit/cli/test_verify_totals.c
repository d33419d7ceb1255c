/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verify_totals.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_totals(const struct ats_verify_totals *totals, const char *expected)
{
    struct ats_buf line;
    ats_buf_init(&line, 256);
    ats_verify_totals_format(totals, &line);
    const char *text = ats_buf_text(&line);
    cr_assert_not_null(text);
    cr_assert_str_eq(text, expected);
    ats_buf_fini(&line);
}

Test(verify_totals, count_the_verdicts_that_there_were)
{
    struct ats_verify_totals totals = {0};
    expect_totals(&totals, "0 records");
    ats_verify_totals_add(&totals, ATS_MESSAGE_WRONG);
    expect_totals(&totals, "1 record: 1 wrong");
    ats_verify_totals_add(&totals, ATS_MESSAGE_VERIFIED);
    ats_verify_totals_add(&totals, ATS_MESSAGE_GATES_WORD_SIGNED);
    ats_verify_totals_add(&totals, ATS_MESSAGE_VERIFIED);
    expect_totals(&totals, "4 records: 2 verified, 1 gates-word-signed, 1 wrong");
}
