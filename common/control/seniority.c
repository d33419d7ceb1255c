/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/seniority.h"

#include "common/control/acts.h"
#include "common/control/store_key.h"

struct search {
    struct ats_store_view *view;
    uint64_t first; /* UINT64_MAX: none yet */
};

static enum ats_status look(void *ctx, struct ats_span key, struct ats_span value)
{
    struct search *search = ctx;
    struct ats_control_act act;
    uint64_t count = 0;
    (void)key;
    if (!ats_control_revision_count(value, &count))
        return ATS_ERR_CORRUPT;
    if (count >= search->first)
        return ATS_OK;
    enum ats_status status = ats_control_act_get(search->view, count, &act);
    if (status == ATS_OK && act.void_by == 0)
        search->first = count;
    return status == ATS_ERR_NOT_FOUND ? ATS_ERR_CORRUPT : status;
}

enum ats_status ats_control_seniority(struct ats_store_view *view, enum ats_control_kind kind,
                                      const char *name, uint64_t *ret_count)
{
    struct search search = {view, UINT64_MAX};
    struct ats_store_key key = ats_store_key_revisions(kind, name);
    enum ats_status status = ats_store_walk(view, ats_store_key_span(&key), look, &search);
    if (status != ATS_OK)
        return status;
    *ret_count = search.first;
    return search.first == UINT64_MAX ? ATS_ERR_NOT_FOUND : ATS_OK;
}
