/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/device_change.h"

#include "cli/publish.h"

static enum ats_status state_body(struct ats_draft *draft, const char *name,
                                  const struct ats_body_device *body, struct ats_error *err)
{
    ats_draft_init(draft, ATS_CONTROL_DEVICE, name);
    enum ats_status status = ats_body_device_format(body, &draft->body);
    if (status == ATS_OK)
        return ATS_OK;
    return ats_error_set(err, status, "device '%s' cannot be stated: %s", name,
                         ats_status_name(status));
}

/* Both are stated by us, so that a record that somebody wrote in another form compares by what it says. */
static enum ats_status publish_if_changed(struct ats_session *session, const char *name,
                                          const struct ats_body_device *before,
                                          const struct ats_body_device *after,
                                          struct ats_error *err)
{
    struct ats_draft old = {0};
    struct ats_draft new = {0};
    enum ats_status status = state_body(&old, name, before, err);
    if (status == ATS_OK)
        status = state_body(&new, name, after, err);
    if (status == ATS_OK && !ats_span_equal(ats_buf_span(&old.body), ats_buf_span(&new.body)))
        status = ats_publish(session, &new, 1, err);
    ats_draft_fini(&old);
    ats_draft_fini(&new);
    return status;
}

static enum ats_status edit_and_publish(struct ats_session *session, const char *name,
                                        ats_device_edit *edit, void *ctx, struct ats_error *err)
{
    struct ats_control_record record;
    struct ats_body_device before;
    enum ats_status status = ats_session_find(session, ATS_CONTROL_DEVICE, name, &record, err);
    if (status != ATS_OK)
        return status;
    if (ats_body_device_parse(record.body, &before) != ATS_OK)
        return ats_error_set(err, ATS_ERR_CORRUPT, "the record of device '%s' cannot be read",
                             name);
    struct ats_body_device after = before;
    status = edit(ctx, name, ats_session_view(session), &after, err);
    return status == ATS_OK ? publish_if_changed(session, name, &before, &after, err) : status;
}

enum ats_status ats_device_change(const struct ats_cli *cli, const char *name,
                                  ats_device_edit *edit, void *ctx, struct ats_error *err)
{
    struct ats_session *session = NULL;
    enum ats_status status = ats_session_open(cli, ATS_SESSION_WRITE, &session, err);
    if (status == ATS_OK)
        status = edit_and_publish(session, name, edit, ctx, err);
    ats_session_close(session);
    return status;
}

enum ats_status ats_device_check_changes(const char *name, const struct ats_body_device *body,
                                         struct ats_error *err)
{
    if (ats_device_state_may_follow(body->state, body->state))
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_REFUSED,
                         "device '%s' is %s, which is final: nothing about it changes any more",
                         name, ats_device_state_name(body->state));
}
