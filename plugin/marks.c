/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/marks.h"

#include "plugin/device_store.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->sequence = 0)
#include <uthash.h>

struct ats_mark {
    char device[ATS_NAME_MAX + 1];
    uint64_t sequence;
    UT_hash_handle hh;
};

enum ats_status ats_marks_note(struct ats_marks *marks, struct ats_span device, uint64_t sequence)
{
    if (device.len == 0 || device.len > ATS_NAME_MAX)
        return ATS_OK;
    struct ats_mark *mark = NULL;
    HASH_FIND(hh, marks->by_device, device.data, device.len, mark);
    if (!mark) {
        mark = calloc(1, sizeof(*mark));
        if (!mark)
            return ATS_ERR_MEMORY;
        memcpy(mark->device, device.data, device.len);
        HASH_ADD_KEYPTR(hh, marks->by_device, mark->device, device.len, mark);
        if (!mark->hh.tbl) {
            free(mark);
            return ATS_ERR_MEMORY;
        }
    }
    if (sequence > mark->sequence)
        mark->sequence = sequence;
    return ATS_OK;
}

enum ats_status ats_marks_put(const struct ats_marks *marks, struct ats_store_batch *batch)
{
    enum ats_status status = ATS_OK;
    struct ats_mark *mark, *next;
    HASH_ITER(hh, marks->by_device, mark, next)
    if (status == ATS_OK)
        status = ats_device_store_raise(batch, ats_span_text(mark->device), mark->sequence);
    return status;
}

void ats_marks_fini(struct ats_marks *marks)
{
    struct ats_mark *mark, *next;
    /* NOLINTBEGIN(clang-analyzer-unix.Malloc): it does not follow uthash's list of what is left. */
    HASH_ITER(hh, marks->by_device, mark, next)
    {
        HASH_DEL(marks->by_device, mark);
        free(mark);
    }
    /* NOLINTEND(clang-analyzer-unix.Malloc) */
}
