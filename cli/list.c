/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/list.h"

#include "cli/certificate_text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/record_json.h"
#include "cli/session.h"

#include <stdio.h>

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
    char none[64];
    enum ats_status status = ats_session_open(cli, ATS_SESSION_READ, &session, &err);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    listing.view = ats_session_view(session);
    ats_output_begin(&listing.output, cli);
    status = ats_registry_walk(listing.view, kind, print_row, &listing);
    (void)snprintf(none, sizeof(none), "the control log has no %s", ats_control_kind_name(kind));
    if (status == ATS_OK)
        ats_output_end_or(&listing.output, none);
    else
        ats_output_end(&listing.output);
    ats_session_close(session);
    if (status == ATS_OK)
        return ATS_EXIT_DONE;
    (void)ats_error_set(&err, status, "the local copy cannot be read: %s", ats_status_name(status));
    return ats_cli_fail(&err);
}

/* The word that `list` has for it. */
static void name_state(json_t *object)
{
    const json_t *revoked = json_object_get(object, "revoked");
    if (!json_is_boolean(revoked))
        return;
    bool is_revoked = json_is_true(revoked);
    (void)json_object_del(object, "revoked");
    if (!json_object_get(object, "state"))
        (void)json_object_set_new(object, "state", json_string(is_revoked ? "revoked" : "active"));
}

void ats_show_object(const struct ats_cli *cli, json_t *object)
{
    if (!cli->json) {
        ats_certificates_as_text(object);
        name_state(object);
    }
    ats_output_object(cli, object);
}

void ats_show_record(const struct ats_cli *cli, const struct ats_control_record *record)
{
    ats_show_object(cli, ats_record_json(record));
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
