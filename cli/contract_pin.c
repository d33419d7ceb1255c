/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_pin.h"

#include "cli/fleet_copy.h"
#include "common/control/body.h"
#include "common/control/registry.h"

static bool find_device(const struct ats_cli *cli, const char *name,
                        struct ats_body_device *ret_device)
{
    struct ats_fleet_copy copy;
    struct ats_error unread = {0};
    struct ats_control_record record;
    bool found =
        ats_fleet_copy_open(cli, &copy, &unread) == ATS_OK &&
        ats_registry_find(copy.view, ATS_CONTROL_DEVICE, ats_span_text(name), &record) == ATS_OK &&
        ats_body_device_parse(record.body, ret_device) == ATS_OK;
    ats_fleet_copy_close(&copy);
    return found;
}

const struct ats_contract *ats_contract_judging(const struct ats_cli *cli,
                                                const struct ats_contract_set *set,
                                                const char *device,
                                                const struct ats_contract *governs)
{
    struct ats_body_device body;
    struct ats_span version = {0};
    const struct ats_contract *judging = governs;
    if (!governs)
        return NULL;
    if (device[0] != '\0' && find_device(cli, device, &body))
        version = ats_device_pinned_version(&body, ats_contract_name(governs));
    if (version.len > 0)
        judging =
            ats_contract_set_find_version(set, ats_span_text(ats_contract_name(governs)), version);
    return judging && !ats_contract_is_retired(judging) ? judging : NULL;
}
