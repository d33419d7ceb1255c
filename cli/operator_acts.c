/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/operator_acts.h"

#include "cli/cli.h"
#include "cli/output.h"
#include "common/base/clock.h"
#include "common/control/acts.h"

#include <stdio.h>

/* So many names in a note; `operator acts` has all. */
#define NAMES_IN_NOTE 5
#define KIND_AND_NAME_SIZE (ATS_NAME_MAX + 32)

struct search {
    const char *signer;
    json_t *rows;
    json_t *open; /* by kind and name, the newest row of the signer's that nobody has followed */
};

static json_t *make_row(const struct ats_control_act *act)
{
    char time[ATS_RFC3339_SIZE];
    ats_clock_format_rfc3339(act->time_ms, time);
    return json_pack("{s:I, s:s, s:s, s:I, s:s, s:s, s:I}", "count", (json_int_t)act->count, "kind",
                     ats_control_kind_name(act->kind), "name", act->name, "revision",
                     (json_int_t)act->revision, "time", time, "state",
                     act->void_by == 0 ? "holds" : "void", "followed_by", (json_int_t)0);
}

static void take(struct search *search, const struct ats_control_act *act)
{
    char key[KIND_AND_NAME_SIZE];
    (void)snprintf(key, sizeof(key), "%s/%s", ats_control_kind_name(act->kind), act->name);
    /* A group's member of that name: somebody else, and where the log's time comes from. */
    if (act->kind == ATS_CONTROL_CHECKPOINT && strcmp(act->signer, search->signer) == 0) {
        (void)json_array_append_new(search->rows, make_row(act));
        return;
    }
    if (ats_control_act_is_by(act, search->signer)) {
        json_t *row = make_row(act);
        (void)json_array_append_new(search->rows, row);
        (void)json_object_set(search->open, key, row);
        return;
    }
    json_t *row = json_object_get(search->open, key);
    if (!row || act->void_by != 0)
        return;
    (void)json_object_set_new(row, "followed_by", json_integer((json_int_t)act->count));
    (void)json_object_del(search->open, key);
}

enum ats_status ats_operator_acts_find(const struct ats_session *session, const char *signer,
                                       json_t **ret_rows, struct ats_error *err)
{
    struct search search = {signer, json_array(), json_object()};
    uint64_t end = ats_registry_count(ats_session_registry(session));
    enum ats_status status = search.rows && search.open ? ATS_OK : ATS_ERR_MEMORY;
    for (uint64_t count = 1; status == ATS_OK && count <= end; count++) {
        struct ats_control_act act;
        status = ats_control_act_get(ats_session_view(session), count, &act);
        if (status == ATS_OK)
            take(&search, &act);
    }
    json_decref(search.open);
    if (status == ATS_OK) {
        *ret_rows = search.rows;
        return ATS_OK;
    }
    json_decref(search.rows);
    return ats_error_set(err, status, "the local copy cannot be read: %s", ats_status_name(status));
}

static bool is_followed(const json_t *row)
{
    return strcmp(json_string_value(json_object_get(row, "state")), "void") == 0 &&
           json_integer_value(json_object_get(row, "followed_by")) > 0;
}

void ats_operator_acts_note_followed(struct ats_session *session, const char *signer)
{
    json_t *rows = NULL;
    struct ats_error ignored = {0};
    size_t i;
    json_t *row;
    size_t followed = 0;
    if (ats_session_renew(session, &ignored) != ATS_OK ||
        ats_operator_acts_find(session, signer, &rows, &ignored) != ATS_OK)
        return;
    json_array_foreach(rows, i, row)
    {
        if (!is_followed(row))
            continue;
        if (followed++ < NAMES_IN_NOTE)
            ats_cli_note("%s '%s' was stated again by somebody else since, and may still say what "
                         "is void of '%s': look at it",
                         json_string_value(json_object_get(row, "kind")),
                         json_string_value(json_object_get(row, "name")), signer);
    }
    json_decref(rows);
    if (followed > NAMES_IN_NOTE)
        ats_cli_note("and %zu more: `attestream operator acts %s`, followed_by",
                     followed - NAMES_IN_NOTE, signer);
}

/* A name that is misspelled must not read as one that has signed nothing. */
static enum ats_status check_known(struct ats_session *session, enum ats_control_kind kind,
                                   const char *name, struct ats_error *err)
{
    struct ats_control_record record;
    if (kind == ATS_CONTROL_OPERATOR &&
        (strcmp(name, "root") == 0 || strcmp(name, "successor") == 0))
        return ATS_OK;
    return ats_session_find(session, kind, name, &record, err);
}

static enum ats_status find_rows(const struct ats_cli *cli, enum ats_control_kind kind,
                                 const char *name, const char *signer, json_t **ret_rows,
                                 struct ats_error *err)
{
    struct ats_session *session = NULL;
    enum ats_status status = ats_fleet_check_name(ats_control_kind_name(kind), name, err);
    if (status == ATS_OK)
        status = ats_session_open(cli, ATS_SESSION_READ, &session, err);
    if (status == ATS_OK)
        status = ats_operator_acts_find(session, signer, ret_rows, err);
    if (status == ATS_OK && json_array_size(*ret_rows) == 0)
        status = check_known(session, kind, name, err);
    ats_session_close(session);
    return status;
}

static int run_acts(const struct ats_cli *cli, enum ats_control_kind kind, const char *name,
                    const char *signer)
{
    struct ats_output output;
    json_t *rows = NULL;
    struct ats_error err = {0};
    size_t i;
    json_t *row;
    if (find_rows(cli, kind, name, signer, &rows, &err) != ATS_OK) {
        json_decref(rows);
        return ats_cli_fail(&err);
    }
    if (json_array_size(rows) == 0)
        ats_cli_note("'%s' has signed nothing that is in the control log", name);
    ats_output_begin(&output, cli);
    json_array_foreach(rows, i, row) ats_output_row(&output, json_incref(row));
    ats_output_end(&output);
    json_decref(rows);
    return ATS_EXIT_DONE;
}

int ats_operator_run_acts(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    const char *name = arguments->positional[0];
    return run_acts(cli, ATS_CONTROL_OPERATOR, name, name);
}

int ats_gate_run_acts(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    /* As acts.c keeps it, so that a gate and an operator of one name are told apart. */
    char signer[ATS_NAME_MAX + 2];
    const char *name = arguments->positional[0];
    (void)snprintf(signer, sizeof(signer), "/%s", name);
    return run_acts(cli, ATS_CONTROL_GATE, name, signer);
}
