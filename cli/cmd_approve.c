/* SPDX-License-Identifier: Apache-2.0 */
/* attestream approve: the second signature of a proposal. */
#include "cli/append.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/proposal.h"
#include "cli/record_json.h"
#include "cli/session.h"
#include "common/base/clock.h"

#include <stdio.h>
#include <stdlib.h>

static enum ats_status check_fresh(const struct ats_control_record *record, struct ats_error *err)
{
    char time[ATS_RFC3339_SIZE];
    if (record->expires_ms > ats_clock_wall_ms(&ats_clock_system))
        return ATS_OK;
    ats_clock_format_rfc3339(record->expires_ms, time);
    return ats_error_set(err, ATS_ERR_REFUSED,
                         "%s '%s' would not be accepted (unapproved): the proposal expired at %s",
                         ats_control_kind_name(record->kind), record->name, time);
}

static enum ats_status judge(const struct ats_append_target *target,
                             const struct ats_control_record *record, const struct ats_buf *value,
                             struct ats_error *err)
{
    enum ats_control_outcome outcome = ATS_CONTROL_ACCEPTED;
    struct ats_error why = {0};
    enum ats_status status =
        ats_registry_judge(target->registry, ats_buf_span(value), &outcome, &why);
    if (status != ATS_OK)
        return ats_error_set(err, status, "%s", why.text);
    if (outcome == ATS_CONTROL_ACCEPTED)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_REFUSED, "%s '%s' would not be accepted (%s): %s%s",
                         ats_control_kind_name(record->kind), record->name,
                         ats_control_outcome_name(outcome), why.text,
                         outcome == ATS_CONTROL_WRONG_REVISION
                             ? "; something about it changed since, propose it again"
                             : "");
}

/* The proposal as an act; `value` is replaced. */
static enum ats_status approve_one(struct ats_session *session, const struct ats_signer *signer,
                                   struct ats_buf *value, struct ats_error *err)
{
    const struct ats_append_target target = ats_session_target(session);
    struct ats_control_record record;
    struct ats_buf approved;
    enum ats_status status = ats_control_record_decode(ats_buf_span(value), &record);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the proposal cannot be read");
    status = check_fresh(&record, err);
    if (status != ATS_OK)
        return status;
    ats_buf_init(&approved, ATS_RECORD_MAX);
    status = ats_control_record_approve(&record, signer->name, &signer->pair);
    if (status == ATS_OK)
        status = ats_control_record_encode(&record, &approved);
    if (status != ATS_OK)
        (void)ats_error_set(err, status, "the approval cannot be signed: %s",
                            ats_status_name(status));
    else
        status = judge(&target, &record, &approved, err);
    ats_buf_fini(value);
    *value = approved;
    return status;
}

static enum ats_status approve(const struct ats_cli *cli, struct ats_buf *values, size_t count,
                               struct ats_error *err)
{
    struct ats_session *session = NULL;
    const struct ats_signer *signer = NULL;
    enum ats_status status = ats_session_open(cli, ATS_SESSION_WRITE, &session, err);
    if (status == ATS_OK)
        status = ats_session_signer(session, &signer, err);
    for (size_t i = 0; i < count && status == ATS_OK; i++)
        status = approve_one(session, signer, &values[i], err);
    if (status == ATS_OK) {
        const struct ats_append_target target = ats_session_target(session);
        status = ats_append(&target, values, count, err);
    }
    ats_session_close(session);
    return status;
}

static void show(const struct ats_cli *cli, const struct ats_buf *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct ats_control_record record;
        char expires[ATS_RFC3339_SIZE];
        if (ats_control_record_decode(ats_buf_span(&values[i]), &record) != ATS_OK)
            continue;
        json_t *object = ats_record_json(&record);
        ats_clock_format_rfc3339(record.expires_ms, expires);
        (void)json_object_set_new(object, "expires", json_string(expires));
        ats_output_object(cli, object);
    }
}

static int run(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_error err = {0};
    size_t count = 0;
    struct ats_buf *values = calloc(ATS_PROPOSAL_RECORDS_MAX, sizeof(*values));
    enum ats_status status = values
                                 ? ats_proposal_read(arguments->positional[0], values, &count, &err)
                                 : ats_error_set(&err, ATS_ERR_MEMORY, "out of memory");
    bool only_show = ats_argument_has(arguments, "--show");
    if (status == ATS_OK && cli->propose)
        status = ats_error_set(&err, ATS_ERR_CONFIG, "--propose: an approval is no proposal");
    if (status == ATS_OK && only_show)
        show(cli, values, count);
    else if (status == ATS_OK)
        status = approve(cli, values, count, &err);
    for (size_t i = 0; i < count; i++)
        ats_buf_fini(&values[i]);
    free(values);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    if (!only_show)
        ats_output_done(
            cli, json_pack("{s:s, s:I}", "verdict", "approved", "records", (json_int_t)count),
            "approved: %zu records are in the control log", count);
    return ATS_EXIT_DONE;
}

static const struct ats_flag flags[] = {
    {"--show", NULL, "Show what the file proposes, and sign nothing.", false},
    {0},
};

const struct ats_command ats_approve_commands[] = {
    {"", "FILE", "Approve what another operator proposed with --propose.",
     "Both signatures cover the same bytes. It is an act once the log has it; a proposal lasts a "
     "day, and does not hold any more once something else was written about the same name.",
     flags, 1, 1, run},
    {0},
};
