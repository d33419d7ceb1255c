/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the policy leaves to one operator alone, for who is about to do much: so that it is asked before, and the log is not filled
 * with what its readers refuse. Thread: any.
 */
#ifndef ATS_CONTROL_ALLOWANCE_H
#define ATS_CONTROL_ALLOWANCE_H

#include "common/control/body.h"
#include "common/control/registry.h"

struct ats_control_allowance {
    bool takes_two; /* a record of that kind takes two persons, unless it does nothing but stop */
    uint64_t
        stops; /* devices, gates and members that the operator may still stop; UINT64_MAX: no limit */
    uint64_t hourly; /* of how many in an hour; UINT64_MAX: no limit */
};

/* By the log's time in that view. */
ATS_MUST_USE enum ats_status ats_registry_allowance(struct ats_store_view *view,
                                                    const char *operator_name,
                                                    enum ats_control_kind kind,
                                                    struct ats_control_allowance *ret_allowance);
/* Whether the device can do less than before, which counts as one stop; by the log's time. */
bool ats_device_is_stopped(const struct ats_body_device *device,
                           const struct ats_body_device *before, int64_t now_ms);
/* Whether it ends and is otherwise as before, which one person may do although devices take two. */
bool ats_device_only_stops(const struct ats_body_device *device,
                           const struct ats_body_device *before);

#endif
