/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/publish.h"

#include "cli/append.h"
#include "cli/proposal.h"
#include "common/base/clock.h"
#include "common/control/acts.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void ats_draft_init(struct ats_draft *draft, enum ats_control_kind kind, const char *name)
{
    draft->kind = kind;
    (void)snprintf(draft->name, sizeof(draft->name), "%s", name);
    ats_buf_init(&draft->body, ATS_CONTROL_RECORD_MAX);
}

void ats_draft_fini(struct ats_draft *draft)
{
    ats_buf_fini(&draft->body);
}

bool ats_draft_is_published(struct ats_session *session, const struct ats_draft *draft)
{
    struct ats_control_record record;
    struct ats_error ignored = {0};
    return ats_session_find(session, draft->kind, draft->name, &record, &ignored) == ATS_OK &&
           ats_span_equal(record.body, ats_buf_span(&draft->body));
}

/* The draft as the next record of its kind and name, signed. */
static enum ats_status make_record(struct ats_session *session, const struct ats_signer *signer,
                                   const struct ats_draft *draft, struct ats_buf *out)
{
    struct ats_control_record record = {.kind = draft->kind, .revision = 1};
    uint64_t newest = 0;
    ats_registry_fleet_id(ats_session_pins(session), record.fleet);
    memcpy(record.name, draft->name, sizeof(record.name));
    memcpy(record.signer, signer->name, sizeof(record.signer));
    record.time_ms = ats_clock_wall_ms(&ats_clock_system);
    record.body = ats_buf_span(&draft->body);
    enum ats_status status = ats_control_place(ats_session_view(session), draft->kind, draft->name,
                                               &newest, record.predecessor);
    if (status != ATS_OK)
        return status;
    record.revision = newest + 1;
    if (ats_session_cli(session)->propose)
        record.expires_ms = record.time_ms + ATS_PROPOSAL_LIFE_MS;
    status = ats_control_record_sign(&record, &signer->pair);
    return status == ATS_OK ? ats_control_record_encode(&record, out) : status;
}

static enum ats_status judge(const struct ats_append_target *target, const struct ats_draft *draft,
                             const struct ats_buf *value, struct ats_error *err)
{
    enum ats_control_outcome outcome = ATS_CONTROL_ACCEPTED;
    struct ats_error why = {0};
    enum ats_status status =
        ats_registry_judge(target->registry, ats_buf_span(value), &outcome, &why);
    if (status != ATS_OK)
        return ats_error_set(err, status, "%s", why.text);
    /* Of a proposal it means that nothing else speaks against it. */
    if (outcome == ATS_CONTROL_ACCEPTED ||
        (outcome == ATS_CONTROL_UNAPPROVED && ats_proposal_is(ats_buf_span(value))))
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_REFUSED, "%s '%s' would not be accepted (%s): %s",
                         ats_control_kind_name(draft->kind), draft->name,
                         ats_control_outcome_name(outcome), why.text);
}

static enum ats_status make_values(struct ats_session *session, const struct ats_draft *drafts,
                                   size_t count, struct ats_buf *values, struct ats_error *err)
{
    const struct ats_append_target target = ats_session_target(session);
    const struct ats_signer *signer = NULL;
    enum ats_status status = ats_session_signer(session, &signer, err);
    for (size_t i = 0; i < count && status == ATS_OK; i++) {
        ats_buf_init(&values[i], ATS_RECORD_MAX);
        status = make_record(session, signer, &drafts[i], &values[i]);
        if (status != ATS_OK)
            return ats_error_set(err, status, "%s '%s' cannot be signed: %s",
                                 ats_control_kind_name(drafts[i].kind), drafts[i].name,
                                 ats_status_name(status));
        status = judge(&target, &drafts[i], &values[i], err);
    }
    return status;
}

static void free_values(struct ats_buf *values, size_t count)
{
    for (size_t i = 0; values && i < count; i++)
        ats_buf_fini(&values[i]);
    free(values);
}

/* Into the log, or into the file that another operator approves. */
static enum ats_status put(struct ats_session *session, const struct ats_buf *values, size_t count,
                           struct ats_error *err)
{
    struct ats_append_target target = ats_session_target(session);
    const struct ats_cli *cli = ats_session_cli(session);
    if (count == 0)
        return ATS_OK;
    if (!cli->propose)
        return ats_append(&target, values, count, err);
    enum ats_status status = ats_proposal_write(cli->propose, values, count, err);
    *cli->proposed = status == ATS_OK;
    return status;
}

enum ats_status ats_publish(struct ats_session *session, const struct ats_draft *drafts,
                            size_t count, struct ats_error *err)
{
    struct ats_buf *values = calloc(count > 0 ? count : 1, sizeof(*values));
    if (!values)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    enum ats_status status = make_values(session, drafts, count, values, err);
    if (status == ATS_OK)
        status = put(session, values, count, err);
    if (status == ATS_OK && !ats_session_cli(session)->propose)
        status = ats_session_renew(session, err);
    free_values(values, count);
    return status;
}

/* The drafts that would be accepted, as values one behind the other. */
static enum ats_status make_accepted(struct ats_session *session, const struct ats_draft *drafts,
                                     size_t count, struct ats_publish_answer *answers,
                                     struct ats_buf *values, size_t *ret_count,
                                     struct ats_error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct ats_publish_answer *answer = &answers[i];
        enum ats_status status =
            make_values(session, &drafts[i], 1, &values[*ret_count], &answer->why);
        if (status == ATS_OK) {
            (*ret_count)++;
            continue;
        }
        ats_buf_fini(&values[*ret_count]);
        if (status != ATS_ERR_REFUSED)
            return ats_error_set(err, status, "%s", answer->why.text);
        answer->outcome = ATS_PUBLISH_REFUSED;
    }
    return ATS_OK;
}

static void answer_rest(struct ats_publish_answer *answers, size_t count,
                        enum ats_publish_outcome outcome)
{
    for (size_t i = 0; i < count; i++)
        if (answers[i].outcome == ATS_PUBLISH_UNSENT)
            answers[i].outcome = outcome;
}

/* Another operator wrote in between: what is not in the log as drafted was refused. */
static enum ats_status find_refused(struct ats_session *session, const struct ats_draft *drafts,
                                    size_t count, struct ats_publish_answer *answers,
                                    const struct ats_error *first, struct ats_error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct ats_control_record record;
        if (answers[i].outcome != ATS_PUBLISH_UNSENT)
            continue;
        enum ats_status status =
            ats_session_find(session, drafts[i].kind, drafts[i].name, &record, err);
        if (status != ATS_OK && status != ATS_ERR_REFUSED)
            return status;
        bool is_there =
            status == ATS_OK && ats_span_equal(record.body, ats_buf_span(&drafts[i].body));
        answers[i].outcome = is_there ? ATS_PUBLISH_ACCEPTED : ATS_PUBLISH_REFUSED;
        if (!is_there)
            (void)ats_error_set(&answers[i].why, ATS_ERR_REFUSED, "%s", first->text);
    }
    return ATS_OK;
}

/* Into the log, and what became of each. */
static enum ats_status append_each(struct ats_session *session, const struct ats_draft *drafts,
                                   size_t count, const struct ats_buf *values, size_t value_count,
                                   struct ats_publish_answer *answers, struct ats_error *err)
{
    struct ats_error first = {0};
    enum ats_status put_status = put(session, values, value_count, &first);
    if (put_status == ATS_OK)
        answer_rest(answers, count, ATS_PUBLISH_ACCEPTED);
    else if (put_status != ATS_ERR_REFUSED)
        return ats_error_set(err, put_status, "%s", first.text);
    enum ats_status status = ats_session_renew(session, err);
    return status == ATS_OK && put_status != ATS_OK
               ? find_refused(session, drafts, count, answers, &first, err)
               : status;
}

/* A disk that breaks may leave the file: somebody could approve it. */
static enum ats_publish_outcome outcome_of_proposal(const struct ats_cli *cli,
                                                    enum ats_status status)
{
    if (status == ATS_OK)
        return ATS_PUBLISH_ACCEPTED;
    return status != ATS_ERR_EXISTS && access(cli->propose, F_OK) == 0 ? ATS_PUBLISH_UNKNOWN
                                                                       : ATS_PUBLISH_UNSENT;
}

enum ats_status ats_publish_each(struct ats_session *session, const struct ats_draft *drafts,
                                 size_t count, struct ats_publish_answer *ret_answers,
                                 struct ats_error *err)
{
    const struct ats_cli *cli = ats_session_cli(session);
    size_t accepted = 0;
    for (size_t i = 0; i < count; i++)
        ret_answers[i] = (struct ats_publish_answer){.outcome = ATS_PUBLISH_UNSENT};
    struct ats_buf *values = calloc(count + 1, sizeof(*values));
    if (!values)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    enum ats_status status =
        make_accepted(session, drafts, count, ret_answers, values, &accepted, err);
    if (status == ATS_OK && cli->propose) {
        status = put(session, values, accepted, err);
        answer_rest(ret_answers, count, outcome_of_proposal(cli, status));
    } else if (status == ATS_OK) {
        status = append_each(session, drafts, count, values, accepted, ret_answers, err);
        answer_rest(ret_answers, count, ATS_PUBLISH_UNKNOWN);
    }
    free_values(values, accepted);
    return status;
}

enum ats_status ats_publish_check(struct ats_session *session, const struct ats_draft *draft,
                                  struct ats_error *err)
{
    struct ats_buf value = {0};
    enum ats_status status = make_values(session, draft, 1, &value, err);
    ats_buf_fini(&value);
    return status;
}
