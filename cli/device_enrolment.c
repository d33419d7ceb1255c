/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/device_enrolment.h"

#include "common/control/claim.h"

const char *ats_device_enrolled_by(struct ats_store_view *view, const char *device)
{
    struct ats_enrolment enrolment;
    return ats_claim_find_enrolment(view, device, &enrolment) == ATS_OK ? "claim" : "operator";
}

json_t *ats_device_enrolment_json(struct ats_store_view *view, const char *device)
{
    struct ats_enrolment enrolment;
    if (ats_claim_find_enrolment(view, device, &enrolment) != ATS_OK)
        return json_pack("{s:s}", "by", "operator");
    return json_pack("{s:s, s:s, s:s, s:s}", "by", "claim", "gate", enrolment.gate, "token_id",
                     enrolment.token_id, "operator", enrolment.signer);
}

static void tell_enrolment(struct ats_store_view *view, const struct ats_control_record *record,
                           json_t *row)
{
    struct ats_enrolment enrolment = {0};
    bool claimed = ats_claim_find_enrolment(view, record->name, &enrolment) == ATS_OK;
    (void)json_object_set_new(row, "enrolled", json_string(claimed ? "claim" : "operator"));
    (void)json_object_set_new(row, "gate", json_string(enrolment.gate));
}

int ats_device_list(const struct ats_cli *cli, ats_list_row *row)
{
    return ats_list_run(cli, ATS_CONTROL_DEVICE, row, tell_enrolment);
}
