/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/log_place.h"

#include "common/base/limits.h"
#include "common/base/parse.h"
#include "common/control/acts.h"

#include <inttypes.h>

void ats_log_place_now(struct ats_session *session, struct ats_body_place *ret_place)
{
    const struct ats_registry *registry = ats_session_registry(session);
    ret_place->count = ats_registry_count(registry);
    ats_registry_chain(registry, ret_place->chain);
}

enum ats_status ats_log_place(struct ats_session *session, const char *text,
                              struct ats_body_place *ret_place, struct ats_error *err)
{
    uint64_t end = ats_registry_count(ats_session_registry(session));
    uint64_t count = 0;
    struct ats_control_act act;
    if (ats_parse_uint64(ats_span_text(text), &count) != ATS_OK || count < 1 || count > end)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--stands-until: '%.*s' is not allowed (allowed: 1 to %" PRIu64
                             ", a count as `attestream operator acts` shows it)",
                             ATS_QUOTE_MAX, text, end);
    enum ats_status status = ats_control_act_get(ats_session_view(session), count, &act);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the local copy cannot be read: %s",
                             ats_status_name(status));
    ret_place->count = count;
    memcpy(ret_place->chain, act.chain, sizeof(ret_place->chain));
    return ATS_OK;
}
