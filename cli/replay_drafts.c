/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/replay_drafts.h"

#include "cli/output.h"
#include "cli/publish.h"
#include "common/base/clock.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* Of a name behind the gate's: the time, and what no other command of that moment has. */
#define ID_SIZE 64

struct list {
    const struct ats_cli *cli;
    struct ats_replay_named *named;
    size_t count;
    bool unsealed;
    struct ats_error *err;
};

static int compare(const void *a, const void *b)
{
    const struct ats_replay_named *left = a;
    const struct ats_replay_named *right = b;
    int order = strcmp(left->gate, right->gate);
    if (order != 0)
        return order;
    if (left->record.partition != right->record.partition)
        return left->record.partition < right->record.partition ? -1 : 1;
    if (left->record.offset == right->record.offset)
        return 0;
    return left->record.offset < right->record.offset ? -1 : 1;
}

/* One that was given twice is named once. */
static void sort(struct list *list)
{
    size_t kept = 0;
    if (list->count == 0)
        return;
    qsort(list->named, list->count, sizeof(*list->named), compare);
    for (size_t i = 0; i < list->count; i++)
        if (kept == 0 || compare(&list->named[kept - 1], &list->named[i]) != 0)
            list->named[kept++] = list->named[i];
    list->count = kept;
}

/* The end of those from `first` on that stand in one control record. */
static size_t end_of_one(const struct list *list, size_t first)
{
    size_t end = first;
    while (end < list->count && end - first < ATS_REPLAY_RECORDS_MAX &&
           strcmp(list->named[end].gate, list->named[first].gate) == 0)
        end++;
    return end;
}

static void make_id(char ret_id[ID_SIZE])
{
    char time[ATS_RFC3339_SIZE];
    size_t len = 0;
    ats_clock_format_rfc3339(ats_clock_wall_ms(&ats_clock_system), time);
    for (const char *at = time; *at; at++)
        if (*at != ':' && *at != '-' && *at != '.')
            ret_id[len++] = *at;
    (void)snprintf(ret_id + len, ID_SIZE - len, "-%08x", randombytes_random());
}

static enum ats_status make_draft(const struct list *list, size_t first, size_t end,
                                  struct ats_draft *draft)
{
    char id[ID_SIZE];
    char name[2 * ATS_NAME_MAX];
    const char *gate = list->named[first].gate;
    make_id(id);
    (void)snprintf(name, sizeof(name), "%s@%s", gate, id);
    ats_draft_init(draft, ATS_CONTROL_REPLAY, name);
    if (strlen(name) > ATS_NAME_MAX)
        return ats_error_set(list->err, ATS_ERR_LIMIT,
                             "the name of gate '%s' is too long for a replay (allowed: %zu bytes)",
                             gate, ATS_NAME_MAX - strlen(id) - 1);
    struct ats_replay_record *records = calloc(end - first, sizeof(*records));
    if (!records)
        return ats_error_set(list->err, ATS_ERR_MEMORY, "out of memory");
    for (size_t i = first; i < end; i++)
        records[i - first] = list->named[i].record;
    const struct ats_body_replay body = {records, end - first, list->unsealed};
    enum ats_status status = ats_body_replay_format(&body, &draft->body);
    free(records);
    return status == ATS_OK ? ATS_OK : ats_error_set(list->err, status, "out of memory");
}

static size_t count_drafts(const struct list *list)
{
    size_t count = 0;
    for (size_t at = 0; at < list->count; at = end_of_one(list, at))
        count++;
    return count;
}

static void tell(const struct list *list, const struct ats_draft *made, size_t count)
{
    size_t first = 0;
    for (size_t i = 0; i < count; i++) {
        size_t end = end_of_one(list, first);
        ats_output_done(list->cli,
                        json_pack("{s:s, s:s, s:s, s:I}", "verdict", "replay", "gate",
                                  list->named[first].gate, "name", made[i].name, "records",
                                  (json_int_t)(end - first)),
                        "replay %s names %zu %s; what became of them says the log of gate %s "
                        "(replay.done, replay.refused)",
                        made[i].name, end - first,
                        ats_output_word(end - first, "record", "records"), list->named[first].gate);
        first = end;
    }
}

enum ats_status ats_replay_drafts_sign(struct ats_session *session, struct ats_replay_named *named,
                                       size_t count, bool unsealed, struct ats_error *err)
{
    struct list all = {ats_session_cli(session), named, count, unsealed, err};
    struct list *list = &all;
    sort(list);
    size_t draft_count = count_drafts(list);
    size_t made = 0;
    enum ats_status status = ATS_OK;
    struct ats_draft *drafts = calloc(draft_count + 1, sizeof(*drafts));
    if (!drafts)
        return ats_error_set(list->err, ATS_ERR_MEMORY, "out of memory");
    for (size_t at = 0; at < list->count && status == ATS_OK; made++) {
        size_t end = end_of_one(list, at);
        status = make_draft(list, at, end, &drafts[made]);
        at = end;
    }
    if (status == ATS_OK)
        status = ats_publish(session, drafts, draft_count, list->err);
    if (status == ATS_OK)
        tell(list, drafts, draft_count);
    for (size_t i = 0; i < made; i++)
        ats_draft_fini(&drafts[i]);
    free(drafts);
    return status;
}
