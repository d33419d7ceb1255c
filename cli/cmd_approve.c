/* SPDX-License-Identifier: Apache-2.0 */
/* attestream approve: the second signature of a proposal. */
#include "cli/append.h"
#include "cli/cli.h"
#include "cli/contract_governs.h"
#include "cli/contract_versions.h"
#include "cli/output.h"
#include "cli/processor_change.h"
#include "cli/proposal.h"
#include "cli/proposal_show.h"
#include "cli/session.h"
#include "cli/topics_owned.h"
#include "common/control/body.h"

#include <stdlib.h>

/* The proposal as an act; `value` is replaced. */
static enum ats_status approve_one(struct ats_session *session, const struct ats_signer *signer,
                                   struct ats_buf *value, struct ats_error *err)
{
    struct ats_control_record record;
    struct ats_buf approved;
    enum ats_status status = ats_control_record_decode(ats_buf_span(value), &record);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the proposal cannot be read");
    ats_buf_init(&approved, ATS_RECORD_MAX);
    status = ats_control_record_approve(&record, signer->name, &signer->pair);
    if (status == ATS_OK)
        status = ats_control_record_encode(&record, &approved);
    if (status != ATS_OK)
        (void)ats_error_set(err, status, "the approval cannot be signed: %s",
                            ats_status_name(status));
    else
        status = ats_proposal_judge(session, &record, &approved, err);
    ats_buf_fini(value);
    *value = approved;
    return status;
}

/* The contracts and groups among the records, whose topics are to be there. */
static enum ats_status gather_owners(const struct ats_buf *values, size_t count,
                                     struct ats_topic_owner **ret_owners, size_t *ret_count,
                                     struct ats_error *err)
{
    struct ats_control_record record;
    struct ats_topic_owner *owners = calloc(count > 0 ? count : 1, sizeof(*owners));
    if (!owners)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++)
        if (ats_control_record_decode(ats_buf_span(&values[i]), &record) == ATS_OK &&
            (record.kind == ATS_CONTROL_CONTRACT || record.kind == ATS_CONTROL_PROCESSOR))
            owners[(*ret_count)++] = ats_topic_owner(record.kind, record.name);
    *ret_owners = owners;
    return ATS_OK;
}

static void tell_record(struct ats_session *session, const struct ats_control_record *record)
{
    ats_contract_tell_record(ats_session_view(session), record, true);
    if (record->kind == ATS_CONTROL_PROCESSOR)
        ats_processor_tell_what_ends(record->name, record->body, false);
}

/* What `contract publish` says of whose topics are whose, and `processor remove` of what ends. */
static void tell(struct ats_session *session, const struct ats_buf *values, size_t count)
{
    struct ats_control_record record;
    for (size_t i = 0; i < count; i++)
        if (ats_control_record_decode(ats_buf_span(&values[i]), &record) == ATS_OK)
            tell_record(session, &record);
}

/* Leaves those that the log does not have yet: an approval that was cut short may be given again. */
static void drop_approved(struct ats_session *session, struct ats_buf *values, size_t *count)
{
    struct ats_control_record record;
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        struct ats_buf value = values[i];
        values[i] = (struct ats_buf){0};
        if (ats_control_record_decode(ats_buf_span(&value), &record) == ATS_OK &&
            ats_proposal_is_approved(session, &record))
            ats_buf_fini(&value);
        else
            values[kept++] = value;
    }
    *count = kept;
}

/* Each was judged by what is in the log: of one contract's versions none may break another one. */
static enum ats_status check_together(const struct ats_buf *values, size_t count,
                                      struct ats_error *err)
{
    struct ats_control_record a;
    struct ats_control_record b;
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < count && status == ATS_OK; i++) {
        if (ats_control_record_decode(ats_buf_span(&values[i]), &a) != ATS_OK ||
            a.kind != ATS_CONTROL_CONTRACT)
            continue;
        for (size_t k = 0; k < i && status == ATS_OK; k++)
            if (ats_control_record_decode(ats_buf_span(&values[k]), &b) == ATS_OK)
                status = ats_contract_versions_check_both(&a, &b, err);
    }
    return status;
}

/* `count`: then of those that this call approved. */
static enum ats_status approve(const struct ats_cli *cli, struct ats_buf *values, size_t *ret_count,
                               struct ats_error *err)
{
    struct ats_session *session = NULL;
    const struct ats_signer *signer = NULL;
    struct ats_topic_owner *owners = NULL;
    size_t owner_count = 0;
    enum ats_status status = ats_session_open(cli, ATS_SESSION_WRITE, &session, err);
    if (status == ATS_OK)
        status = ats_session_signer(session, &signer, err);
    if (status == ATS_OK) /* also where a call before stated all */
        status = gather_owners(values, *ret_count, &owners, &owner_count, err);
    if (status == ATS_OK)
        drop_approved(session, values, ret_count);
    const size_t count = *ret_count;
    if (status == ATS_OK && count > 0)
        status = ats_topics_check_room(cli, session, owners, owner_count, err);
    for (size_t i = 0; i < count && status == ATS_OK; i++)
        status = approve_one(session, signer, &values[i], err);
    if (status == ATS_OK)
        status = check_together(values, count, err);
    if (status == ATS_OK && count > 0) {
        const struct ats_append_target target = ats_session_target(session);
        status = ats_append(&target, values, count, err);
    }
    if (status == ATS_OK)
        status = ats_session_renew(session, err);
    if (status == ATS_OK)
        tell(session, values, count);
    if (status == ATS_OK && owner_count > 0)
        status = ats_topics_complete(cli, session, "what was approved", owners, owner_count, err);
    free(owners);
    ats_session_close(session);
    return status;
}

/* A person signs what that person saw. */
static enum ats_status check_digest(const struct ats_arguments *arguments,
                                    const struct ats_buf *values, size_t count,
                                    struct ats_error *err)
{
    char digest[ATS_PROPOSAL_DIGEST_SIZE];
    const char *file = arguments->positional[0];
    const char *given = ats_argument_find(arguments, "--digest");
    ats_proposal_digest(values, count, digest);
    if (!given)
        return ats_error_set(
            err, ATS_ERR_CONFIG,
            "give --digest with what `attestream approve %s --show` says, and look "
            "at what it shows",
            file);
    if (strcmp(given, digest) != 0)
        return ats_error_set(
            err, ATS_ERR_REFUSED,
            "--digest is not that of %s: the file is another than the one that was "
            "shown",
            file);
    return ATS_OK;
}

static void say_approved(const struct ats_cli *cli, size_t approved, size_t given)
{
    ats_output_done(cli,
                    json_pack("{s:s, s:I, s:I}", "verdict", approved > 0 ? "approved" : "already",
                              "records", (json_int_t)given, "already",
                              (json_int_t)(given - approved)),
                    "%s: %zu %s in the control log", approved > 0 ? "approved" : "approved already",
                    given, ats_output_word(given, "record is", "records are"));
}

static int run(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_error err = {0};
    size_t given = 0;
    struct ats_buf *values = calloc(ATS_PROPOSAL_RECORDS_MAX, sizeof(*values));
    enum ats_status status = values
                                 ? ats_proposal_read(arguments->positional[0], values, &given, &err)
                                 : ats_error_set(&err, ATS_ERR_MEMORY, "out of memory");
    size_t count = given;
    bool only_show = ats_argument_has(arguments, "--show");
    if (status == ATS_OK && cli->propose)
        status = ats_error_set(&err, ATS_ERR_CONFIG, "--propose: an approval is no proposal");
    if (status == ATS_OK && only_show)
        status = ats_proposal_show(cli, values, count, &err);
    else if (status == ATS_OK)
        status = check_digest(arguments, values, count, &err);
    if (status == ATS_OK && !only_show)
        status = approve(cli, values, &count, &err);
    for (size_t i = 0; i < given && values; i++)
        ats_buf_fini(&values[i]);
    free(values);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    if (!only_show)
        say_approved(cli, count, given);
    return ATS_EXIT_DONE;
}

static const struct ats_flag flags[] = {
    {"--show", NULL,
     "Show what the file proposes, what changes by it, and its digest; sign nothing. Refused where "
     "the "
     "proposer's signature does not hold. Of a certificate what it states is shown, with --json "
     "its "
     "bytes.",
     false},
    {"--digest", "HEX", "The digest that --show gave: another file is not signed.", false},
    {0},
};

const struct ats_command ats_approve_commands[] = {
    {"", "FILE", "Approve what another operator proposed with --propose.",
     "Look first, with --show; then sign what was shown, with --digest. Both signatures cover the "
     "same "
     "bytes. It is an act once the log has it; a proposal lasts a "
     "day, and does not hold any more once something else was written about the same name.",
     flags, 1, 1, run},
    {0},
};
