/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/void_count.h"

#include "common/control/acts.h"

void ats_void_count_begin(struct ats_void_count *count)
{
    count->next = 1;
    count->found = 0;
}

/* NOT_FOUND at the log's end. */
static enum ats_status look(struct ats_void_count *count, struct ats_store_view *view, size_t max)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < max; i++, count->next++) {
        struct ats_control_act act;
        status = ats_control_act_get(view, count->next, &act);
        if (status != ATS_OK)
            return status;
        count->found += act.void_by != 0;
    }
    return status;
}

bool ats_void_count_step(struct ats_void_count *count, struct ats_registry *registry, size_t max)
{
    struct ats_store_view *view = NULL;
    if (count->next == 0)
        return false;
    enum ats_status status = ats_registry_view_open(registry, &view);
    if (status == ATS_OK)
        status = look(count, view, max);
    ats_store_view_close(view);
    if (status == ATS_OK)
        return false;
    count->next = 0;
    if (status != ATS_ERR_NOT_FOUND || count->found == count->records)
        return false;
    count->records = count->found;
    return true;
}
