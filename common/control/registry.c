/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applying: one batch per group of records (a record alone is a group of one), which also moves the state. A group of
 * rejected records moves the offset in memory only, until it is saved: after a restart they are read again and, since
 * nothing was accepted in between, rejected again. Judging writes nothing, so a rejected record leaves no trace in a group's batch.
 *
 * A position is of one log. Beside it stands the hash of the record before it, taken or not, with which a reader begins: another
 * fleet's log, or one that was deleted and made anew, shows another record there, or none, and moves nothing. Each reader begins
 * with that question anew, since the log may have been exchanged while a former one was read.
 */
#include "common/control/registry.h"

#include "common/control/judge.h"
#include "common/control/registry_state.h"
#include "common/control/store_key.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>

/* What the writer changes and any thread may look at. */
struct live {
    pthread_mutex_t lock;
    struct ats_registry_state state;
    _Atomic uint64_t generation; /* the count, without the lock */
};

/*
 * Whether the log that is read is the one that the copy was read from.
 *
 *   any --a reader begins--> AWAITED, or UNKNOWN without a record before our position
 *   UNKNOWN --a record is accepted--> OWN
 *   AWAITED --the record before our position--> OWN
 */
enum log_known {
    LOG_UNKNOWN, /* nothing to know it by yet */
    LOG_AWAITED, /* it must show the record before our position first */
    LOG_OWN,
};

struct ats_registry {
    struct ats_store *store;
    struct ats_registry_pins pins;
    uint8_t fleet[ATS_FLEET_ID_SIZE];
    struct live *live;             /* behind a pointer, so that a reader's registry can be const */
    struct ats_store_batch *batch; /* of the group that is open, or NULL */
    struct ats_registry_state group; /* the state at the group's end */
    enum ats_status group_status;    /* the first failure inside it */
    enum log_known log_known;
    bool emptied; /* at the start, since what stood there was not sealed by this process */
    uint64_t altered_then;
};

/* AGAIN: the copy was made by other rules. */
static enum ats_status check_pins(struct ats_registry *registry, struct ats_store_batch *batch,
                                  struct ats_error *err)
{
    uint8_t pins[2 * ATS_PUBLIC_KEY_SIZE + 1];
    struct ats_span key = ats_span_text(ATS_STORE_KEY_PINS);
    struct ats_span stored;
    memcpy(pins, registry->pins.root, ATS_PUBLIC_KEY_SIZE);
    memcpy(pins + ATS_PUBLIC_KEY_SIZE, registry->pins.successor, ATS_PUBLIC_KEY_SIZE);
    pins[sizeof(pins) - 1] = ATS_STORE_RULES;
    enum ats_status status = ats_store_batch_get(batch, key, &stored);
    if (status == ATS_ERR_NOT_FOUND)
        return ats_store_batch_put(batch, key, ats_span_of(pins, sizeof(pins)));
    if (status != ATS_OK || ats_span_equal(stored, ats_span_of(pins, sizeof(pins))))
        return status;
    if (stored.len + 1 < sizeof(pins) || memcmp(stored.data, pins, sizeof(pins) - 1) != 0)
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "the store was filled for a fleet with other root keys");
    return ATS_ERR_AGAIN;
}

/* Where not even pins and state can be believed, nothing can, and other rules may have taken what these refuse. An empty copy
   admits nobody until the log has filled it. */
static enum ats_status empty(struct ats_registry *registry, struct ats_store_batch *batch,
                             struct ats_error *err)
{
    registry->emptied = true;
    registry->altered_then = ats_store_altered(registry->store);
    registry->live->state = (struct ats_registry_state){0};
    enum ats_status status = ats_store_batch_clear(batch);
    return status == ATS_OK ? check_pins(registry, batch, err) : status;
}

static enum ats_status load(struct ats_registry *registry, struct ats_error *err)
{
    struct ats_store_batch *batch = NULL;
    enum ats_status status = ats_store_batch_begin(registry->store, &batch);
    if (status == ATS_OK)
        status = check_pins(registry, batch, err);
    if (status == ATS_OK)
        status = ats_registry_state_load(batch, &registry->live->state, err);
    if (status == ATS_ERR_AGAIN ||
        (status == ATS_ERR_CORRUPT && ats_store_altered(registry->store) > 0))
        status = empty(registry, batch, err);
    if (status == ATS_OK)
        return ats_store_batch_commit(batch);
    ats_store_batch_abort(batch);
    return status;
}

static enum ats_status explain(struct ats_error *err, enum ats_status status)
{
    if (status != ATS_OK && err && err->status == ATS_OK)
        (void)ats_error_set(err, status, "the registry's store failed: %s",
                            ats_store_reason(status));
    return status;
}

static struct live *live_new(void)
{
    struct live *live = calloc(1, sizeof(*live));
    if (live && pthread_mutex_init(&live->lock, NULL) != 0) {
        free(live);
        return NULL;
    }
    return live;
}

enum ats_status ats_registry_open(struct ats_store *store, const struct ats_registry_pins *pins,
                                  struct ats_registry **ret_registry, struct ats_error *err)
{
    struct ats_error reason = {0};
    enum ats_status status = ATS_ERR_MEMORY;
    struct ats_registry *registry = calloc(1, sizeof(*registry));
    if (!registry)
        goto out;
    registry->store = store;
    registry->pins = *pins;
    ats_registry_fleet_id(pins, registry->fleet);
    registry->live = live_new();
    if (registry->live)
        status = load(registry, &reason);
    if (status != ATS_OK)
        goto out;
    atomic_store(&registry->live->generation, registry->live->state.count);
    *ret_registry = registry;
    return ATS_OK;
out:
    ats_registry_close(registry);
    (void)explain(&reason, status);
    return ats_error_set(err, status, "%s", reason.text);
}

void ats_registry_close(struct ats_registry *registry)
{
    if (!registry)
        return;
    if (registry->live)
        (void)pthread_mutex_destroy(&registry->live->lock);
    free(registry->live);
    free(registry);
}

static void get_state(const struct ats_registry *registry, struct ats_registry_state *ret_state)
{
    (void)pthread_mutex_lock(&registry->live->lock);
    *ret_state = registry->live->state;
    (void)pthread_mutex_unlock(&registry->live->lock);
}

static void set_state(struct ats_registry *registry, const struct ats_registry_state *state)
{
    (void)pthread_mutex_lock(&registry->live->lock);
    registry->live->state = *state;
    (void)pthread_mutex_unlock(&registry->live->lock);
    atomic_store(&registry->live->generation, state->count);
}

static enum ats_status put(struct ats_judge *judge, struct ats_span value,
                           const struct ats_registry_state *state)
{
    struct ats_control_record signers = judge->record;
    enum ats_status status = ats_judge_claim_signers(judge, &signers);
    if (status == ATS_OK)
        status = ats_control_act_accept(judge->batch, &signers, value, state->count, state->chain);
    if (status == ATS_OK)
        status = ats_judge_index(judge);
    return status == ATS_OK ? ats_registry_state_put(judge->batch, state) : status;
}

enum ats_status ats_registry_begin_group(struct ats_registry *registry)
{
    registry->group_status = ATS_OK;
    get_state(registry, &registry->group);
    return ats_store_batch_begin(registry->store, &registry->batch);
}

enum ats_status ats_registry_end_group(struct ats_registry *registry, struct ats_error *err)
{
    enum ats_status status = registry->group_status;
    bool unchanged = registry->group.count == registry->live->state.count;
    if (status != ATS_OK || unchanged)
        ats_store_batch_abort(registry->batch);
    else
        status = ats_store_batch_commit(registry->batch);
    registry->batch = NULL;
    if (status != ATS_OK)
        return explain(err, status);
    set_state(registry, &registry->group);
    return ATS_OK;
}

/* Readers see the copy as it was until the end. Only of a log that is known to be ours. */
enum ats_status ats_registry_begin_rebuild(struct ats_registry *registry, struct ats_error *err)
{
    if (registry->log_known != LOG_OWN)
        return ats_error_set(err, ATS_ERR_AGAIN, "the log has not shown yet that it is ours");
    enum ats_status status = ats_registry_begin_group(registry);
    if (status != ATS_OK)
        return explain(err, status);
    registry->group = (struct ats_registry_state){0};
    status = ats_store_batch_clear(registry->batch);
    if (status == ATS_OK)
        status = check_pins(registry, registry->batch, err);
    if (status != ATS_OK) {
        ats_store_batch_abort(registry->batch);
        registry->batch = NULL;
    }
    return explain(err, status);
}

enum ats_status ats_registry_end_rebuild(struct ats_registry *registry, struct ats_error *err)
{
    struct ats_registry_state was;
    get_state(registry, &was);
    const struct ats_registry_state *now = &registry->group;
    enum ats_status status = registry->group_status;
    if (status == ATS_OK &&
        (now->count != was.count || memcmp(now->chain, was.chain, sizeof(was.chain)) != 0))
        status = ats_error_set(err, ATS_ERR_INVALID,
                               "of the %" PRIu64 " records of the copy the log shows %" PRIu64
                               ", or others",
                               was.count, now->count);
    if (status == ATS_OK)
        status = ats_registry_state_put(registry->batch, &was);
    if (status == ATS_OK)
        status = ats_store_batch_commit(registry->batch);
    else
        ats_store_batch_abort(registry->batch);
    registry->batch = NULL;
    return explain(err, status);
}

void ats_registry_abort_group(struct ats_registry *registry)
{
    ats_store_batch_abort(registry->batch);
    registry->batch = NULL;
}

static enum ats_status apply_in_group(struct ats_registry *registry, int64_t offset,
                                      struct ats_span value, enum ats_control_outcome *ret_outcome,
                                      struct ats_error *err)
{
    struct ats_registry_state next = registry->group;
    struct ats_judge judge = {.pins = &registry->pins,
                              .fleet = registry->fleet,
                              .batch = registry->batch,
                              .count = registry->group.count,
                              .chain = registry->group.chain,
                              .err = err};
    enum ats_status status = ats_judge_run(&judge, value);
    next.next_offset = offset + 1;
    (void)crypto_hash_sha256(next.before, value.data, value.len);
    if (status == ATS_OK && judge.outcome == ATS_CONTROL_ACCEPTED) {
        next.count++;
        ats_control_chain_extend(next.chain, &judge.record);
        status = put(&judge, value, &next);
    }
    if (status != ATS_OK) {
        registry->group_status = status;
        return explain(err, status);
    }
    *ret_outcome = judge.outcome;
    registry->group = next;
    if (judge.outcome == ATS_CONTROL_ACCEPTED)
        registry->log_known = LOG_OWN;
    return ATS_OK;
}

static enum ats_status refuse_log(struct ats_error *err)
{
    return ats_error_set(err, ATS_ERR_INVALID,
                         "it does not hold the record that the copy ends with");
}

static enum ats_status check_before(struct ats_registry *registry, int64_t offset,
                                    struct ats_span value, struct ats_error *err)
{
    uint8_t hash[ATS_HASH_SIZE];
    const struct ats_registry_state *state = &registry->group;
    if (offset != state->next_offset - 1 || !ats_registry_state_knows_before(state))
        return ATS_OK;
    (void)crypto_hash_sha256(hash, value.data, value.len);
    if (memcmp(hash, state->before, sizeof(hash)) != 0)
        return ats_error_set(err, ATS_ERR_INVALID,
                             "its record at offset %" PRId64
                             " is not the one that the copy has read "
                             "there",
                             offset);
    registry->log_known = LOG_OWN;
    return ATS_OK;
}

enum ats_status ats_registry_apply(struct ats_registry *registry, int64_t offset,
                                   struct ats_span value, enum ats_control_outcome *ret_outcome,
                                   struct ats_error *err)
{
    bool alone = !registry->batch;
    enum ats_status status = ATS_OK;
    *ret_outcome = ATS_CONTROL_ACCEPTED;
    if (alone)
        status = ats_registry_begin_group(registry);
    if (status != ATS_OK)
        return explain(err, status);
    if (offset < registry->group.next_offset)
        status = check_before(registry, offset, value, err);
    else if (registry->log_known == LOG_AWAITED)
        status = refuse_log(err);
    else
        status = apply_in_group(registry, offset, value, ret_outcome, err);
    if (!alone)
        return status;
    enum ats_status end_status = ats_registry_end_group(registry, err);
    return status != ATS_OK ? status : end_status;
}

int64_t ats_registry_begin_reading(struct ats_registry *registry)
{
    struct ats_registry_state state;
    get_state(registry, &state);
    registry->log_known = ats_registry_state_knows_before(&state) ? LOG_AWAITED : LOG_UNKNOWN;
    return ats_registry_state_knows_before(&state) ? state.next_offset - 1 : state.next_offset;
}

enum ats_status ats_registry_check_log(const struct ats_registry *registry, struct ats_error *err)
{
    return registry->log_known == LOG_AWAITED ? refuse_log(err) : ATS_OK;
}

enum ats_status ats_registry_save_offset(struct ats_registry *registry, struct ats_error *err)
{
    struct ats_registry_state state;
    struct ats_registry_state stored = {0};
    struct ats_store_batch *batch = NULL;
    get_state(registry, &state);
    if (registry->log_known == LOG_UNKNOWN)
        return ATS_OK;
    if (registry->log_known == LOG_AWAITED)
        return refuse_log(err);
    enum ats_status status = ats_store_batch_begin(registry->store, &batch);
    if (status != ATS_OK)
        return explain(err, status);
    status = ats_registry_state_load(batch, &stored, err);
    if (status != ATS_OK || stored.next_offset == state.next_offset) {
        ats_store_batch_abort(batch);
        return explain(err, status);
    }
    status = ats_registry_state_put(batch, &state);
    if (status == ATS_OK)
        return explain(err, ats_store_batch_commit(batch));
    ats_store_batch_abort(batch);
    return explain(err, status);
}

enum ats_status ats_registry_judge(struct ats_registry *registry, struct ats_span value,
                                   enum ats_control_outcome *ret_outcome, struct ats_error *err)
{
    struct ats_registry_state state;
    get_state(registry, &state);
    struct ats_judge judge = {.pins = &registry->pins,
                              .fleet = registry->fleet,
                              .count = state.count,
                              .chain = state.chain,
                              .err = err};
    enum ats_status status = ats_store_batch_begin(registry->store, &judge.batch);
    if (status == ATS_OK)
        status = ats_judge_run(&judge, value);
    ats_store_batch_abort(judge.batch);
    if (status != ATS_OK)
        return explain(err, status);
    *ret_outcome = judge.outcome;
    return ATS_OK;
}

int64_t ats_registry_next_offset(const struct ats_registry *registry)
{
    struct ats_registry_state state;
    get_state(registry, &state);
    return state.next_offset;
}

uint64_t ats_registry_count(const struct ats_registry *registry)
{
    struct ats_registry_state state;
    get_state(registry, &state);
    return state.count;
}

void ats_registry_chain(const struct ats_registry *registry, uint8_t ret_chain[ATS_HASH_SIZE])
{
    struct ats_registry_state state;
    get_state(registry, &state);
    memcpy(ret_chain, state.chain, sizeof(state.chain));
}

uint64_t ats_registry_altered(const struct ats_registry *registry)
{
    return ats_store_altered(registry->store) - registry->altered_then;
}

bool ats_registry_was_emptied(const struct ats_registry *registry)
{
    return registry->emptied;
}

void ats_registry_place(const struct ats_registry *registry, uint64_t *ret_count,
                        uint8_t ret_chain[ATS_HASH_SIZE])
{
    struct ats_registry_state state;
    get_state(registry, &state);
    *ret_count = state.count;
    memcpy(ret_chain, state.chain, sizeof(state.chain));
}

void ats_registry_measure(const struct ats_registry *registry, struct ats_store_size *ret_size)
{
    ats_store_measure(registry->store, ret_size);
}

uint64_t ats_registry_generation(const struct ats_registry *registry)
{
    return atomic_load(&registry->live->generation);
}

enum ats_status ats_registry_view_open(struct ats_registry *registry,
                                       struct ats_store_view **ret_view)
{
    return ats_store_view_open(registry->store, ret_view);
}
