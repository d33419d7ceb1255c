/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/operator_record.h"

#include "cli/certificate.h"
#include "cli/publish.h"
#include "common/base/clock.h"

typedef enum ats_status use_draft(struct ats_session *session, const struct ats_draft *draft,
                                  struct ats_error *err);

static enum ats_status with_draft(struct ats_session *session, const char *name,
                                  const struct ats_body_operator *body, use_draft *use,
                                  struct ats_error *err)
{
    struct ats_draft draft;
    ats_draft_init(&draft, ATS_CONTROL_OPERATOR, name);
    enum ats_status status = ats_body_operator_format(body, &draft.body);
    if (status == ATS_OK)
        status = use(session, &draft, err);
    else
        (void)ats_error_set(err, status, "operator '%s' cannot be stated: %s", name,
                            ats_status_name(status));
    ats_draft_fini(&draft);
    return status;
}

static enum ats_status publish(struct ats_session *session, const struct ats_draft *draft,
                               struct ats_error *err)
{
    return ats_publish(session, draft, 1, err);
}

enum ats_status ats_operator_publish(struct ats_session *session, const char *name,
                                     const struct ats_body_operator *body, struct ats_error *err)
{
    return with_draft(session, name, body, publish, err);
}

enum ats_status ats_operator_check(struct ats_session *session, const char *name,
                                   const struct ats_body_operator *body, struct ats_error *err)
{
    return with_draft(session, name, body, ats_publish_check, err);
}

enum ats_status ats_operator_check_end(int64_t not_after_ms, struct ats_error *err)
{
    if (not_after_ms == 0 || not_after_ms > ats_clock_wall_ms(&ats_clock_system))
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG, "--until: that time has passed");
}

enum ats_status ats_operator_certify(struct ats_session *session, const struct ats_signer *root,
                                     const char *name, int64_t until_ms,
                                     struct ats_body_operator *body, struct ats_error *err)
{
    int64_t end_ms = body->not_after_ms;
    const struct ats_certificate_request request = {
        ATS_CERTIFICATE_OPERATOR, name, body->key,
        .until_ms = end_ms != 0 && end_ms < until_ms ? end_ms : until_ms,
        .from_ms = body->not_before_ms};
    if ((body->kinds & (UINT32_C(1) << ATS_CONTROL_GATE)) == 0)
        return ATS_OK;
    return ats_certificate_issue(&request, ats_session_pins(session), &root->pair,
                                 body->certificate, &body->certificate_len, err);
}

enum ats_status ats_operator_find(struct ats_session *session, const char *name, bool again,
                                  struct ats_body_operator *ret_body, struct ats_error *err)
{
    struct ats_control_record record;
    enum ats_status status = ats_session_find(session, ATS_CONTROL_OPERATOR, name, &record, err);
    if (status != ATS_OK)
        return status;
    if (ats_body_operator_parse(record.body, ret_body) != ATS_OK)
        return ats_error_set(err, ATS_ERR_CORRUPT, "the record of operator '%s' cannot be read",
                             name);
    if (ret_body->revoked && !again)
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "operator '%s' is revoked, for ever; an earlier --stands-until may "
                             "still be given",
                             name);
    return ATS_OK;
}
