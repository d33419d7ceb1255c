/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/list.h"

#include "cli/certificate_text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/record_json.h"
#include "cli/session.h"

struct listing {
    struct ats_store_view *view;
    ats_list_row *row;
    ats_list_more *more;
    struct ats_output output;
};

static enum ats_status print_row(void *ctx, const struct ats_control_record *record)
{
    struct listing *listing = ctx;
    json_t *row = listing->row(record);
    if (!row)
        return ATS_ERR_CORRUPT;
    if (listing->more)
        listing->more(listing->view, record, row);
    ats_output_row(&listing->output, row);
    return ATS_OK;
}

int ats_list_run(const struct ats_cli *cli, enum ats_control_kind kind, ats_list_row *row,
                 ats_list_more *more)
{
    struct ats_session *session = NULL;
    struct ats_error err = {0};
    struct listing listing = {.row = row, .more = more};
    enum ats_status status = ats_session_open(cli, ATS_SESSION_READ, &session, &err);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    listing.view = ats_session_view(session);
    ats_output_begin(&listing.output, cli);
    status = ats_registry_walk(listing.view, kind, print_row, &listing);
    ats_output_end(&listing.output);
    ats_session_close(session);
    if (status == ATS_OK)
        return ATS_EXIT_DONE;
    (void)ats_error_set(&err, status, "the local copy cannot be read: %s", ats_status_name(status));
    return ats_cli_fail(&err);
}

void ats_show_record(const struct ats_cli *cli, const struct ats_control_record *record)
{
    json_t *object = ats_record_json(record);
    if (!cli->json)
        ats_certificates_as_text(object);
    ats_output_object(cli, object);
}

int ats_show_run(const struct ats_cli *cli, enum ats_control_kind kind, const char *name)
{
    struct ats_session *session = NULL;
    struct ats_error err = {0};
    struct ats_control_record record;
    enum ats_status status = ats_session_open(cli, ATS_SESSION_READ, &session, &err);
    if (status == ATS_OK)
        status = ats_session_find(session, kind, name, &record, &err);
    if (status == ATS_OK)
        ats_show_record(cli, &record);
    ats_session_close(session);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}
