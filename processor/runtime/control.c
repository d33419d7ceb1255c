/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/control.h"

#include "common/base/limits.h"
#include "common/control/body.h"
#include "common/control/gate_former.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* A new snapshot is made at most this often, and at most a tenth of the time. */
#define REFRESH_INTERVAL_US 50000
#define REFRESH_SHARE 10

struct ats_control {
    struct ats_control_options options;
    struct ats_store *store;
    struct ats_registry *registry;
    struct ats_control_follower *follower;
    char fleet[2 * ATS_FLEET_ID_SIZE + 1];
    pthread_mutex_t lock; /* around `snapshot` */
    struct ats_snapshot *snapshot;
    _Atomic(uint64_t) generation;
    pthread_mutex_t refresh_lock; /* around making a snapshot */
    int64_t refresh_due_us;
    _Atomic(uint64_t) seen; /* the registry's generation that the snapshot was made from */
    _Atomic(uint64_t) read; /* of ats_control_ask(), what the snapshot answers */
    _Atomic(uint64_t)
        documents;     /* contracts and use cases that the log has brought since the start */
    uint64_t reported; /* of them, when bad ones were reported last */
};

static void on_changed(void *ctx, enum ats_control_kind kind, struct ats_span name)
{
    struct ats_control *control = ctx;
    (void)name;
    /* What an operator or a root signed may have become void. */
    if (kind == ATS_CONTROL_CONTRACT || kind == ATS_CONTROL_USECASE ||
        kind == ATS_CONTROL_OPERATOR || kind == ATS_CONTROL_ROOT)
        (void)atomic_fetch_add(&control->documents, 1);
}

/* What is bad is said once, not again for each device that is added. */
static void report_bad(void *ctx, const char *name, const struct ats_error *err)
{
    struct ats_control *control = ctx;
    if (!control->snapshot || atomic_load(&control->documents) != control->reported)
        ats_log_event(control->options.log, ATS_LOG_WARNING, "control.left_out",
                      "name=%s reason=\"%s\"", name, err->text);
}

static enum ats_status read_catalog(struct ats_control *control,
                                    struct ats_contract_set **ret_contracts,
                                    struct ats_usecase_list *ret_usecases)
{
    struct ats_store_view *view = NULL;
    enum ats_status status = ats_registry_view_open(control->registry, &view);
    if (status != ATS_OK)
        return status;
    /* Who makes a snapshot is alone in that, so that the former one stays. */
    const struct ats_contract_set *known = control->snapshot ? control->snapshot->contracts : NULL;
    status = ats_catalog_record_ids(view);
    if (status == ATS_OK)
        status = ats_catalog_contracts_anew(view, known, report_bad, control, ret_contracts);
    if (status == ATS_OK)
        status = ats_catalog_usecases(view, report_bad, control, ret_usecases);
    ats_store_view_close(view);
    return status;
}

/* Builds a snapshot of what the registry holds now and puts it in place of the former one. */
static enum ats_status refresh(struct ats_control *control)
{
    struct ats_contract_set *contracts = NULL;
    struct ats_usecase_list usecases = {0};
    /* Both before the view: the snapshot then holds at least what its count says, and what comes later makes another. */
    uint64_t seen = ats_registry_generation(control->registry);
    uint64_t count = ats_registry_count(control->registry);
    uint64_t documents = atomic_load(&control->documents);
    enum ats_status status = read_catalog(control, &contracts, &usecases);
    if (status != ATS_OK) {
        ats_contract_set_free(contracts);
        return status;
    }
    struct ats_snapshot *snapshot = ats_snapshot_new(count, contracts, &usecases);
    if (!snapshot)
        return ATS_ERR_MEMORY;
    (void)pthread_mutex_lock(&control->lock);
    struct ats_snapshot *former = control->snapshot;
    control->snapshot = snapshot;
    (void)pthread_mutex_unlock(&control->lock);
    ats_snapshot_unref(former);
    control->reported = documents;
    atomic_store(&control->seen, seen);
    atomic_fetch_add(&control->generation, 1);
    return ATS_OK;
}

void ats_control_poll(struct ats_control *control)
{
    /* Before the generation, which then covers all that has been read. */
    uint64_t read = ats_control_follower_read(control->follower);
    if (ats_registry_generation(control->registry) == atomic_load(&control->seen)) {
        atomic_store(&control->read, read);
        return;
    }
    if (pthread_mutex_trylock(&control->refresh_lock) != 0)
        return;
    int64_t begun_us = ats_metrics_clock_us();
    if (begun_us >= control->refresh_due_us) {
        enum ats_status status = refresh(control);
        if (status != ATS_OK)
            ats_log_event(control->options.log, ATS_LOG_ERROR, "control.refresh_failed",
                          "status=%s", ats_status_name(status));
        int64_t ended_us = ats_metrics_clock_us();
        int64_t rest_us = REFRESH_SHARE * (ended_us - begun_us);
        control->refresh_due_us =
            ended_us + (rest_us > REFRESH_INTERVAL_US ? rest_us : REFRESH_INTERVAL_US);
    }
    (void)pthread_mutex_unlock(&control->refresh_lock);
}

static enum ats_status open_registry(struct ats_control *control, struct ats_error *err)
{
    char folder[4096];
    uint8_t fleet[ATS_FLEET_ID_SIZE];
    if (snprintf(folder, sizeof(folder), "%s/control", control->options.state_folder) >=
        (int)sizeof(folder))
        return ats_error_set(err, ATS_ERR_LIMIT, "the path is too long");
    const struct ats_registry_pins *pins = control->options.pins;
    enum ats_status status = ats_store_open(folder, ATS_CONTROL_MAP, &control->store, err);
    if (status == ATS_OK) {
        ats_store_seal(control->store, control->options.group_key->seed);
        status = ats_registry_open(control->store, pins, &control->registry, err);
    }
    if (status != ATS_OK)
        return status;
    if (ats_registry_was_emptied(control->registry))
        ats_log_event(
            control->options.log, ATS_LOG_ERROR, "control.copy-emptied",
            "hint=\"the local copy was altered on disk, sealed by another key or made by an "
            "older version: it is read from the log again\"");
    ats_registry_fleet_id(pins, fleet);
    (void)sodium_bin2hex(control->fleet, sizeof(control->fleet), fleet, sizeof(fleet));
    return ATS_OK;
}

enum ats_status ats_control_open(const struct ats_control_options *options,
                                 struct ats_control **ret_control, struct ats_error *err)
{
    struct ats_control *control = calloc(1, sizeof(*control));
    if (!control)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    (void)pthread_mutex_init(&control->lock, NULL); /* with default attributes it cannot fail */
    (void)pthread_mutex_init(&control->refresh_lock, NULL);
    control->options = *options;
    enum ats_status status = open_registry(control, err);
    if (status == ATS_OK && refresh(control) != ATS_OK)
        status =
            ats_error_set(err, ATS_ERR_MEMORY, "cannot read the local copy of the control log");
    if (status != ATS_OK) {
        ats_control_close(control);
        return status;
    }
    *ret_control = control;
    return ATS_OK;
}

enum ats_status ats_control_follow(struct ats_control *control, struct ats_error *err)
{
    const struct ats_control_follower_options follower = {.kafka = control->options.kafka,
                                                          .registry = control->registry,
                                                          .log = control->options.log,
                                                          .changed = on_changed,
                                                          .ctx = control};
    return ats_control_follower_start(&follower, &control->follower, err);
}

void ats_control_close(struct ats_control *control)
{
    if (!control)
        return;
    if (control->follower)
        ats_control_follower_stop(control->follower);
    ats_snapshot_unref(control->snapshot);
    if (control->registry)
        ats_registry_close(control->registry);
    if (control->store)
        ats_store_close(control->store);
    (void)pthread_mutex_destroy(&control->refresh_lock);
    (void)pthread_mutex_destroy(&control->lock);
    free(control);
}

struct ats_snapshot *ats_control_current(struct ats_control *control)
{
    (void)pthread_mutex_lock(&control->lock);
    struct ats_snapshot *snapshot = ats_snapshot_ref(control->snapshot);
    (void)pthread_mutex_unlock(&control->lock);
    return snapshot;
}

uint64_t ats_control_generation(const struct ats_control *control)
{
    return atomic_load_explicit(&control->generation, memory_order_acquire);
}

bool ats_control_caught_up(const struct ats_control *control)
{
    return ats_control_follower_caught_up(control->follower);
}

uint64_t ats_control_ask(struct ats_control *control)
{
    return ats_control_follower_ask(control->follower);
}

uint64_t ats_control_read(const struct ats_control *control)
{
    return atomic_load(&control->read);
}

enum ats_status ats_control_check_group(struct ats_control *control, struct ats_error *err)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    struct ats_body_processor body;
    const char *group = control->options.group;
    enum ats_status status = ats_registry_view_open(control->registry, &view);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the local copy of the control log cannot be read");
    status = ats_registry_find(view, ATS_CONTROL_PROCESSOR, ats_span_text(group), &record);
    if (status == ATS_OK)
        status = ats_body_processor_parse(record.body, &body);
    ats_store_view_close(view);
    if (status != ATS_OK)
        return ats_error_set(err, ATS_ERR_UNAVAILABLE,
                             "group %s is not in the control log%s: `attestream processor add` "
                             "puts it there",
                             group, ats_control_caught_up(control) ? "" : " as far as it is read");
    if (memcmp(body.agreement_key, control->options.group_key->public_key,
               sizeof(body.agreement_key)) != 0)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "group %s has another key in the control log than "
                             "group-agreement.key.pem: `attestream processor add` gives this "
                             "member the group's",
                             group);
    return ATS_OK;
}

void ats_control_measure(const struct ats_control *control, struct ats_metrics *metrics)
{
    struct ats_store_size copy;
    ats_registry_measure(control->registry, &copy);
    ats_metrics_set(metrics, ATS_METRIC_CONTROL_COPY, copy.used_bytes);
    ats_metrics_set(metrics, ATS_METRIC_CONTROL_COPY_FREE, copy.free_bytes);
    ats_metrics_set(metrics, ATS_METRIC_CONTROL_COUNT, ats_registry_count(control->registry));
    for (int i = ATS_CONTROL_ACCEPTED + 1; i < ATS_CONTROL_OUTCOME_COUNT; i++)
        ats_metrics_set(
            metrics, ats_metric_rejected((enum ats_control_outcome)i),
            ats_control_follower_rejected(control->follower, (enum ats_control_outcome)i));
}

struct ats_registry *ats_control_registry(struct ats_control *control)
{
    return control->registry;
}

const char *ats_control_fleet(const struct ats_control *control)
{
    return control->fleet;
}

enum ats_status ats_control_schema(struct ats_control *control, uint32_t schema_id,
                                   struct ats_buf *ret_text)
{
    struct ats_store_view *view = NULL;
    enum ats_status status = ats_registry_view_open(control->registry, &view);
    if (status != ATS_OK)
        return status;
    status = ats_catalog_schema(view, schema_id, ret_text);
    ats_store_view_close(view);
    return status;
}

/* ---- seal keys ---- */

struct seal_entry {
    char gate[ATS_NAME_MAX + 1];
    bool known; /* false: asked for, and there is no such gate */
    int64_t not_before_ms;
    int64_t not_after_ms; /* 0: no end */
    uint8_t key[ATS_SEAL_KEY_SIZE];
    int64_t former_not_after_ms; /* 0: it has no former key */
    uint8_t former_key[ATS_SEAL_KEY_SIZE];
};

struct ats_seal_ring {
    struct ats_control *control;
    uint64_t generation; /* of the registry, for which the entries hold */
    struct seal_entry entries[ATS_SEAL_RING_GATES];
    size_t count;
};

struct ats_seal_ring *ats_seal_ring_new(struct ats_control *control)
{
    struct ats_seal_ring *ring = calloc(1, sizeof(*ring));
    if (ring)
        ring->control = control;
    return ring;
}

void ats_seal_ring_free(struct ats_seal_ring *ring)
{
    if (!ring)
        return;
    sodium_memzero(ring, sizeof(*ring));
    free(ring);
}

static enum ats_status agree(const struct ats_control *control, const struct seal_entry *entry,
                             const uint8_t gate_key[ATS_PUBLIC_KEY_SIZE],
                             uint8_t ret_key[ATS_SEAL_KEY_SIZE])
{
    const struct ats_key_pair *group_key = control->options.group_key;
    return ats_seal_key(group_key, gate_key, entry->gate, gate_key, control->options.group,
                        group_key->public_key, ret_key);
}

static enum ats_status take_gate(const struct ats_control *control,
                                 const struct ats_body_gate *gate, struct seal_entry *entry)
{
    if (gate->revoked || agree(control, entry, gate->agreement_key, entry->key) != ATS_OK)
        return ATS_ERR_NOT_FOUND;
    entry->not_before_ms = gate->not_before_ms;
    entry->not_after_ms = gate->not_after_ms;
    if (ats_gate_has_former(gate) &&
        agree(control, entry, gate->former.agreement_key, entry->former_key) == ATS_OK)
        entry->former_not_after_ms = gate->former.not_after_ms;
    return ATS_OK;
}

/* NOT_FOUND: no such gate, or one that is revoked or has a key of no use. */
static enum ats_status compute_keys(struct ats_control *control, struct ats_span gate,
                                    struct seal_entry *entry)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    struct ats_body_gate body;
    enum ats_status status = ats_registry_view_open(control->registry, &view);
    if (status != ATS_OK)
        return status;
    status = ats_registry_find(view, ATS_CONTROL_GATE, gate, &record);
    if (status == ATS_OK)
        status = ats_body_gate_parse(record.body, &body) == ATS_OK
                     ? take_gate(control, &body, entry)
                     : ATS_ERR_NOT_FOUND;
    ats_store_view_close(view);
    return status;
}

/* The cached answer, or NULL. */
static const struct seal_entry *find_entry(const struct ats_seal_ring *ring, struct ats_span gate)
{
    for (size_t i = 0; i < ring->count; i++)
        if (ats_span_is(gate, ring->entries[i].gate))
            return &ring->entries[i];
    return NULL;
}

/* Only what the log says is kept: a failure to read it may be over at the next record. */
static enum ats_status add_entry(struct ats_seal_ring *ring, struct ats_span gate,
                                 const struct seal_entry **ret_entry)
{
    struct seal_entry made = {0};
    memcpy(made.gate, gate.data, gate.len);
    enum ats_status status = strlen(made.gate) == gate.len
                                 ? compute_keys(ring->control, gate, &made)
                                 : ATS_ERR_NOT_FOUND;
    if (status != ATS_OK && status != ATS_ERR_NOT_FOUND)
        return status;
    made.known = status == ATS_OK;
    /* A full ring forgets its newest entry: made-up names cannot push the others out. */
    if (ring->count < ATS_SEAL_RING_GATES)
        ring->count++;
    ring->entries[ring->count - 1] = made;
    sodium_memzero(&made, sizeof(made));
    *ret_entry = &ring->entries[ring->count - 1];
    return ATS_OK;
}

/* By the gate's own clock, which its seal covers: a processor's would judge a backlog by when it is read. */
static void add_good(const struct seal_entry *entry, int64_t end_ms, int64_t received_ms,
                     const uint8_t *key, struct ats_seal_keys *keys)
{
    if (entry->not_before_ms <= received_ms && (end_ms == 0 || received_ms < end_ms))
        keys->keys[keys->count++] = key;
}

enum ats_status ats_seal_ring_find(void *ctx, struct ats_span gate, int64_t received_ms,
                                   struct ats_seal_keys *ret_keys)
{
    struct ats_seal_ring *ring = ctx;
    uint64_t generation = ats_registry_generation(ring->control->registry);
    if (gate.len == 0 || gate.len > ATS_NAME_MAX)
        return ATS_ERR_NOT_FOUND;
    if (generation != ring->generation) {
        ring->generation = generation;
        ring->count = 0;
    }
    const struct seal_entry *entry = find_entry(ring, gate);
    enum ats_status status = entry ? ATS_OK : add_entry(ring, gate, &entry);
    if (status != ATS_OK)
        return status;
    ret_keys->count = 0;
    if (entry->known)
        add_good(entry, entry->not_after_ms, received_ms, entry->key, ret_keys);
    if (entry->known && entry->former_not_after_ms != 0)
        add_good(entry, entry->former_not_after_ms, received_ms, entry->former_key, ret_keys);
    return ret_keys->count > 0 ? ATS_OK : ATS_ERR_NOT_FOUND;
}
