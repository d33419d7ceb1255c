/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/replay_log.h"

#include "plugin/device_store.h"
#include "plugin/replays.h"

#include <stdatomic.h>
#include <stdio.h>

enum ats_status ats_replay_log_open(struct ats_replay_log *log)
{
    log->searched = UINT64_MAX;
    return ats_registry_view_open(log->registry, &log->view);
}

void ats_replay_log_close(struct ats_replay_log *log)
{
    ats_store_view_close(log->view);
    log->view = NULL;
}

bool ats_replay_log_renew(struct ats_replay_log *log)
{
    return ats_store_view_renew(log->view) == ATS_OK;
}

/* ---- marks ---- */

bool ats_replay_log_has(const struct ats_replay_log *log, const char *key)
{
    uint64_t mark = 0;
    return ats_device_store_get(log->marks, key, &mark) == ATS_OK && mark > 0;
}

static enum ats_status put(const struct ats_replay_log *log, const char *key)
{
    struct ats_store_batch *batch = NULL;
    enum ats_status status = ats_store_batch_begin(log->marks, &batch);
    if (status != ATS_OK)
        return status;
    status = ats_device_store_raise(batch, ats_span_text(key), 1);
    if (status != ATS_OK) {
        ats_store_batch_abort(batch);
        return status;
    }
    return ats_store_batch_commit(batch);
}

enum ats_status ats_replay_log_mark(const struct ats_replay_log *log, const char *name)
{
    char key[ATS_REPLAY_KEY_SIZE];
    ats_replay_name_key(name, key);
    return put(log, key);
}

static bool is_left(const struct ats_replay_log *log, const struct ats_control_record *record)
{
    char key[ATS_REPLAY_KEY_SIZE];
    ats_replay_name_key(record->name, key);
    return ats_span_is(ats_replay_gate(record->name), log->gate) && !ats_replay_log_has(log, key);
}

/* ---- with an empty store ---- */

static enum ats_status skip(void *ctx, const struct ats_control_record *record)
{
    const struct ats_replay_log *log = ctx;
    if (!is_left(log, record))
        return ATS_OK;
    enum ats_status status = ats_replay_log_mark(log, record->name);
    if (status == ATS_OK)
        ats_log_event(log->log, ATS_LOG_WARNING, "replay.skipped",
                      "name=%s hint=\"this gate's state is newer, and does not say whether it was "
                      "done: name its records once more if it was not\"",
                      record->name);
    return status;
}

/* Once the log was read to its end. */
static bool begin(struct ats_replay_log *log)
{
    if (log->has_begun || ats_replay_log_has(log, ATS_REPLAY_KEY_BEGUN)) {
        log->has_begun = true;
        return true;
    }
    if (!log->follower || !ats_control_follower_caught_up(log->follower) ||
        ats_store_view_renew(log->view) != ATS_OK ||
        ats_registry_walk(log->view, ATS_CONTROL_REPLAY, skip, log) != ATS_OK)
        return false;
    log->has_begun = put(log, ATS_REPLAY_KEY_BEGUN) == ATS_OK;
    return log->has_begun;
}

/* ---- what is left ---- */

struct search {
    struct ats_replay_log *log;
    struct ats_replay_due *due;
};

/* EXISTS ends the walk. */
static enum ats_status visit(void *ctx, const struct ats_control_record *record)
{
    struct search *search = ctx;
    if (!is_left(search->log, record))
        return ATS_OK;
    enum ats_status status = ats_body_replay_parse(record->body, &search->due->body);
    if (status != ATS_OK)
        return status;
    (void)snprintf(search->due->name, sizeof(search->due->name), "%s", record->name);
    ats_log_event(search->log->log, ATS_LOG_INFO, "replay.begun",
                  "name=%s operator=%s records=%zu%s", record->name, record->signer,
                  search->due->body.count, search->due->body.unsealed ? " unsealed=true" : "");
    return ATS_ERR_EXISTS;
}

/* The contracts of all that the view shows were offered to the broker's thread: a replay may rest on one that stands just before it. */
static bool is_settled(const struct ats_replay_log *log)
{
    uint64_t count = 0;
    return ats_registry_view_count(log->view, &count) == ATS_OK &&
           atomic_load(log->settled) >= count;
}

bool ats_replay_log_next(struct ats_replay_log *log, struct ats_replay_due *ret_due)
{
    struct search search = {log, ret_due};
    uint64_t stated = atomic_load(log->stated);
    *ret_due = (struct ats_replay_due){0};
    if (log->searched == stated || !begin(log) || ats_store_view_renew(log->view) != ATS_OK ||
        !is_settled(log))
        return false;
    enum ats_status status = ats_registry_walk(log->view, ATS_CONTROL_REPLAY, visit, &search);
    log->looked = stated;
    if (status == ATS_OK)
        log->searched = stated;
    return status == ATS_ERR_EXISTS;
}

bool ats_replay_log_is_void(struct ats_replay_log *log, const char *name)
{
    struct ats_control_record record;
    uint64_t stated = atomic_load(log->stated);
    if (log->looked == stated || ats_store_view_renew(log->view) != ATS_OK)
        return false;
    log->looked = stated;
    return ats_registry_find(log->view, ATS_CONTROL_REPLAY, ats_span_text(name), &record) ==
           ATS_ERR_NOT_FOUND;
}
