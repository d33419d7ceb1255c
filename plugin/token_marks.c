/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/token_marks.h"

#include <stdlib.h>

#define CAPACITY_FIRST 64

enum ats_status ats_token_marks_note(struct ats_token_marks *marks, struct ats_span record)
{
    struct ats_token_record token;
    if (!ats_token_record_decode(record, &token))
        return ATS_OK;
    if (marks->count > 0 && memcmp(&marks->items[marks->count - 1], &token, sizeof(token)) == 0)
        return ATS_OK; /* its flight is taken again */
    if (marks->count == marks->capacity) {
        size_t capacity = marks->capacity ? 2 * marks->capacity : CAPACITY_FIRST;
        struct ats_token_record *items = realloc(marks->items, capacity * sizeof(*items));
        if (!items)
            return ATS_ERR_MEMORY;
        marks->items = items;
        marks->capacity = capacity;
    }
    marks->items[marks->count++] = token;
    return ATS_OK;
}

enum ats_status ats_token_marks_store(struct ats_token_marks *marks, struct ats_store *store,
                                      const struct ats_clock *clock)
{
    struct ats_store_batch *batch = NULL;
    if (marks->count == 0)
        return ATS_OK;
    int64_t now_s = ats_clock_wall_ms(clock) / 1000;
    enum ats_status status = ats_store_batch_begin(store, &batch);
    if (status != ATS_OK)
        return status;
    for (size_t i = 0; i < marks->count && status == ATS_OK; i++)
        status = ats_token_store_put(batch, &marks->items[i], now_s);
    if (status != ATS_OK) {
        ats_store_batch_abort(batch);
        return status;
    }
    status = ats_store_batch_commit(batch);
    if (status == ATS_OK)
        ats_token_marks_fini(marks);
    return status;
}

void ats_token_marks_fini(struct ats_token_marks *marks)
{
    free(marks->items);
    *marks = (struct ats_token_marks){0};
}
