/* SPDX-License-Identifier: Apache-2.0 */
/* The body of the policy: which acts take two persons, and up to where the log's time stands. As body.h. */
#ifndef ATS_CONTROL_BODY_POLICY_H
#define ATS_CONTROL_BODY_POLICY_H

#include "common/control/body.h"

#define ATS_POLICY_NAME "policy"
#define ATS_POLICY_UNLIMITED UINT64_MAX

struct ats_body_policy {
    uint32_t critical; /* bit per ats_control_kind: every record of it */
    uint64_t hourly;   /* stops (judge_stops.c) an hour that one operator may do alone */
    struct ats_body_place
        stands_until; /* the log's time: what members signed of it later is void */
};

ATS_MUST_USE enum ats_status ats_body_policy_parse(struct ats_span body,
                                                   struct ats_body_policy *ret_policy);
ATS_MUST_USE enum ats_status ats_body_policy_format(const struct ats_body_policy *policy,
                                                    struct ats_buf *out);

#endif
