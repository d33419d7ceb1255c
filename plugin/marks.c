/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/marks.h"

#include "plugin/device_store.h"
#include "plugin/numbers.h"
#include "plugin/wills.h"

#include <stdio.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->sequence = 0)
#include <uthash.h>

/* `name` is the owner's (numbers.h), for its highest will that of ats_will_key(). */
struct ats_mark {
    char name[ATS_WILL_KEY_SIZE];
    uint64_t sequence;
    UT_hash_handle hh;
};

enum ats_status ats_marks_raise(struct ats_marks *marks, const char *name, uint64_t number)
{
    struct ats_mark *mark = NULL;
    HASH_FIND_STR(marks->by_name, name, mark);
    if (!mark) {
        mark = calloc(1, sizeof(*mark));
        if (!mark)
            return ATS_ERR_MEMORY;
        (void)snprintf(mark->name, sizeof(mark->name), "%s", name);
        HASH_ADD_STR(marks->by_name, name, mark);
        if (!mark->hh.tbl) {
            free(mark);
            return ATS_ERR_MEMORY;
        }
    }
    if (number > mark->sequence)
        mark->sequence = number;
    return ATS_OK;
}

enum ats_status ats_marks_note(struct ats_marks *marks, struct ats_span device,
                               struct ats_span key_id, uint64_t sequence)
{
    if (device.len == 0 || device.len > ATS_NAME_MAX)
        return ATS_OK;
    char device_name[ATS_NAME_MAX + 1];
    char key_name[ATS_KEY_ID_SIZE];
    char owner[ATS_NUMBERS_OWNER_SIZE];
    char name[ATS_WILL_KEY_SIZE];
    (void)snprintf(device_name, sizeof(device_name), "%.*s", ATS_SPAN_ARGS(device));
    (void)snprintf(key_name, sizeof(key_name), "%.*s", ATS_SPAN_ARGS(key_id));
    ats_numbers_owner(device_name, key_name, owner);
    if (!ats_will_has_sequence(sequence))
        return ats_marks_raise(marks, owner, sequence);
    ats_will_key(owner, name);
    return ats_marks_raise(marks, name, sequence);
}

enum ats_status ats_marks_put(const struct ats_marks *marks, struct ats_store_batch *batch)
{
    enum ats_status status = ATS_OK;
    struct ats_mark *mark, *next;
    HASH_ITER(hh, marks->by_name, mark, next)
    if (status == ATS_OK)
        status = ats_device_store_raise(batch, ats_span_text(mark->name), mark->sequence);
    return status;
}

void ats_marks_fini(struct ats_marks *marks)
{
    struct ats_mark *mark, *next;
    /* NOLINTBEGIN(clang-analyzer-unix.Malloc): it does not follow uthash's list of what is left. */
    HASH_ITER(hh, marks->by_name, mark, next)
    {
        HASH_DEL(marks->by_name, mark);
        free(mark);
    }
    /* NOLINTEND(clang-analyzer-unix.Malloc) */
}
