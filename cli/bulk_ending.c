/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bulk_ending.h"

#include "cli/cli.h"
#include "cli/output.h"

#include <inttypes.h>

static const struct {
    const char *name; /* with --json; NULL: all was reached */
    const char *text;
} endings[] = {
    [ATS_BULK_DONE] = {NULL, NULL},
    [ATS_BULK_INTERRUPTED] = {"interrupted", "interrupted: the same command goes on with the rest"},
    [ATS_BULK_TAKES_TWO] = {"takes-two",
                            "the rest takes two persons: give the same command --propose FILE, and "
                            "another operator runs `attestream approve FILE`"},
    [ATS_BULK_HOURLY] = {"hourly", NULL},
    [ATS_BULK_FULL] = {"proposal-full",
                       "a proposal holds no more: propose the rest once this one is approved"},
    [ATS_BULK_TOO_MANY] = {"too-many",
                           "there are more devices than one call takes: give the rest in "
                           "a file of its own"},
    [ATS_BULK_FAILED] =
        {"failed",
         "it failed before the end: once that is mended, the same command goes on with the rest"},
};

void ats_bulk_ending_set(enum ats_bulk_ending ending, const char *done, json_t *sums)
{
    const char *name = endings[ending].name;
    (void)json_object_set_new(sums, "verdict", json_string(name ? "incomplete" : done));
    if (name)
        (void)json_object_set_new(sums, "ending", json_string(name));
}

static void note_hourly(uint64_t hourly)
{
    static const char go_on[] =
        "two persons stop the rest at once: give the same command --propose FILE, and another "
        "operator runs `attestream approve FILE`";
    if (hourly == 0)
        ats_cli_note("the policy lets no operator stop devices, gates or members alone: %s", go_on);
    else
        ats_cli_note("the policy lets one operator stop %" PRIu64
                     " %s within an hour, and no more are left: wait until some are an hour old, "
                     "or %s",
                     hourly,
                     ats_output_word(hourly, "device, gate or member", "devices, gates or members"),
                     go_on);
}

void ats_bulk_ending_note(const struct ats_cli *cli, enum ats_bulk_ending ending, uint64_t hourly)
{
    /* The same command would propose the same once more. */
    bool is_proposed = ending != ATS_BULK_DONE && cli->propose && *cli->proposed;
    const char *text = endings[ending].text;
    if (is_proposed && ending != ATS_BULK_FULL)
        text = "it ended before all were proposed: propose the rest once this one is approved";
    if (ending == ATS_BULK_HOURLY)
        note_hourly(hourly);
    if (text)
        ats_cli_note("%s", text);
}
