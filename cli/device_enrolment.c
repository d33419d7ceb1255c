/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/device_enrolment.h"

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/session.h"
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

struct listing {
    struct ats_store_view *view;
    ats_list_row *row;
    struct ats_output output;
};

static enum ats_status print_row(void *ctx, const struct ats_control_record *record)
{
    struct listing *listing = ctx;
    json_t *row = listing->row(record);
    if (!row)
        return ATS_ERR_CORRUPT;
    struct ats_enrolment enrolment = {0};
    bool claimed = ats_claim_find_enrolment(listing->view, record->name, &enrolment) == ATS_OK;
    (void)json_object_set_new(row, "enrolled", json_string(claimed ? "claim" : "operator"));
    (void)json_object_set_new(row, "gate", json_string(enrolment.gate));
    ats_output_row(&listing->output, row);
    return ATS_OK;
}

int ats_device_list(const struct ats_cli *cli, ats_list_row *row)
{
    struct ats_session *session = NULL;
    struct ats_error err = {0};
    struct listing listing = {.row = row};
    enum ats_status status = ats_session_open(cli, ATS_SESSION_READ, &session, &err);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    listing.view = ats_session_view(session);
    ats_output_begin(&listing.output, cli);
    status = ats_registry_walk(listing.view, ATS_CONTROL_DEVICE, print_row, &listing);
    ats_output_end(&listing.output);
    ats_session_close(session);
    if (status == ATS_OK)
        return ATS_EXIT_DONE;
    (void)ats_error_set(&err, status, "the local copy cannot be read: %s", ats_status_name(status));
    return ats_cli_fail(&err);
}
