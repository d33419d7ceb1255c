/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/publish.h"

#include "cli/append.h"
#include "cli/proposal.h"
#include "common/base/clock.h"
#include "common/control/acts.h"

#include <stdio.h>
#include <stdlib.h>

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
    if (status == ATS_OK)
        status = ats_session_renew(session, err);
    free_values(values, count);
    return status;
}

/* The drafts that would be accepted, as values one behind the other. */
static enum ats_status make_accepted(struct ats_session *session, const struct ats_draft *drafts,
                                     size_t count, struct ats_error *ret_answers,
                                     struct ats_buf *values, size_t *ret_count,
                                     struct ats_error *err)
{
    for (size_t i = 0; i < count; i++) {
        ret_answers[i] = (struct ats_error){0};
        enum ats_status status =
            make_values(session, &drafts[i], 1, &values[*ret_count], &ret_answers[i]);
        if (status == ATS_OK) {
            (*ret_count)++;
            continue;
        }
        ats_buf_fini(&values[*ret_count]);
        if (status != ATS_ERR_REFUSED)
            return ats_error_set(err, status, "%s", ret_answers[i].text);
    }
    return ATS_OK;
}

/* Another operator wrote in between: what is not in the log as drafted was refused. */
static void find_refused(struct ats_session *session, const struct ats_draft *drafts, size_t count,
                         struct ats_error *answers, const struct ats_error *first)
{
    for (size_t i = 0; i < count; i++)
        if (answers[i].status == ATS_OK && !ats_draft_is_published(session, &drafts[i]))
            (void)ats_error_set(&answers[i], ATS_ERR_REFUSED, "%s", first->text);
}

/* What failed before an answer to all was there. */
static void leave_unknown(struct ats_error *answers, size_t count, const struct ats_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (answers[i].status != ATS_ERR_REFUSED)
            answers[i] = *err;
}

enum ats_status ats_publish_each(struct ats_session *session, const struct ats_draft *drafts,
                                 size_t count, struct ats_error *ret_answers, struct ats_error *err)
{
    struct ats_error first = {0};
    size_t accepted = 0;
    struct ats_buf *values = calloc(count + 1, sizeof(*values));
    enum ats_status status = values ? ATS_OK : ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++)
        ret_answers[i] = (struct ats_error){0};
    if (status == ATS_OK)
        status = make_accepted(session, drafts, count, ret_answers, values, &accepted, err);
    if (status == ATS_OK && put(session, values, accepted, &first) != ATS_OK &&
        first.status != ATS_ERR_REFUSED)
        status = ats_error_set(err, first.status, "%s", first.text);
    bool is_known = status == ATS_OK && first.status == ATS_OK;
    if (status == ATS_OK)
        status = ats_session_renew(session, err);
    if (status == ATS_OK && first.status != ATS_OK)
        find_refused(session, drafts, count, ret_answers, &first);
    else if (status != ATS_OK && !is_known)
        leave_unknown(ret_answers, count, err);
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
