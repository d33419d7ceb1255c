/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/control.h"

#include "common/control/catalog.h"
#include "plugin/signals.h"

#include <unistd.h>

static void log_bad(void *ctx, const char *name, const struct ats_error *err)
{
    ats_log_event(ctx, ATS_LOG_ERROR, "contract.unusable", "name=%s reason=\"%s\"", name,
                  err->text);
}

/* So that a version is compiled once. Without memory for it, once more. */
static void keep_known(struct ats_gate *gate, const struct ats_contract_set *set)
{
    struct ats_contract_set *known = NULL;
    if (ats_contract_set_copy(set, &known) != ATS_OK)
        return;
    ats_contract_set_free(gate->known_contracts);
    gate->known_contracts = known;
}

enum ats_status ats_gate_contracts(struct ats_gate *gate, struct ats_log *log,
                                   struct ats_contract_set **ret_set)
{
    struct ats_store_view *view = NULL;
    enum ats_status status = ats_registry_view_open(gate->registry, &view);
    if (status != ATS_OK)
        return status;
    status = ats_catalog_record_ids(view);
    if (status == ATS_OK)
        status = ats_catalog_contracts_anew(view, gate->known_contracts, log_bad, log, ret_set);
    ats_store_view_close(view);
    if (status == ATS_OK)
        keep_known(gate, *ret_set);
    return status;
}

/* A set that the broker's thread has not taken yet is replaced. False: the old ones stay. */
static bool offer_contracts(struct ats_gate *gate)
{
    struct ats_contract_set *set = NULL;
    enum ats_status status = ats_gate_contracts(gate, gate->follower_log.log, &set);
    if (status != ATS_OK) {
        ats_log_event(gate->follower_log.log, ATS_LOG_ERROR, "contracts.kept",
                      "reason=\"cannot compile the new contracts, the old ones stay: %s\"",
                      ats_status_name(status));
        return false;
    }
    ats_contract_set_free(atomic_exchange(&gate->next_contracts, set));
    return true;
}

static void offer_device(struct ats_gate *gate, struct ats_span name)
{
    char device[ATS_NAME_MAX + 1] = {0};
    if (name.len > ATS_NAME_MAX)
        return;
    memcpy(device, name.data, name.len);
    if (!ats_ring_push(&gate->changed_devices, device))
        atomic_store(&gate->changes_lost, true);
}

/* What an operator or a root signed may have become void. */
static void offer_everything(struct ats_gate *gate)
{
    gate->contracts_due = true;
    atomic_store(&gate->changes_lost, true);
}

static void changed(void *ctx, enum ats_control_kind kind, struct ats_span name)
{
    struct ats_gate *gate = ctx;
    if (kind == ATS_CONTROL_OPERATOR || kind == ATS_CONTROL_ROOT || kind == ATS_CONTROL_POLICY)
        atomic_store(&gate->acts_changed, true);
    if (kind == ATS_CONTROL_REPLAY || kind == ATS_CONTROL_OPERATOR || kind == ATS_CONTROL_ROOT ||
        kind == ATS_CONTROL_POLICY)
        gate->replays_due = true;
    if (kind == ATS_CONTROL_CONTRACT || kind == ATS_CONTROL_SCHEMA)
        gate->contracts_due = true;
    else if (kind == ATS_CONTROL_DEVICE)
        offer_device(gate, name);
    else if (kind == ATS_CONTROL_OPERATOR || kind == ATS_CONTROL_ROOT)
        offer_everything(gate);
}

/* Once for a group of records: with thousands of versions it takes a while, and no further group is read meanwhile. */
static void changed_all(void *ctx)
{
    struct ats_gate *gate = ctx;
    if (gate->contracts_due && !offer_contracts(gate))
        return; /* with the next group */
    gate->contracts_due = false;
    /* Contracts first: a replay may rest on one of its own group. */
    uint64_t generation = ats_registry_generation(gate->registry);
    atomic_store(&gate->contracts_offered, generation);
    if (gate->replays_due)
        atomic_store(&gate->replays_stated, generation);
    gate->replays_due = false;
}

enum ats_status ats_gate_follow(struct ats_gate *gate, struct ats_error *err)
{
    struct ats_control_follower_options options = {
        .kafka = &gate->kafka,
        .registry = gate->registry,
        .log = gate->follower_log.log,
        .changed = changed,
        .changed_all = changed_all,
        .ctx = gate,
    };
    sigset_t before = ats_signals_block();
    enum ats_status status = ats_control_follower_start(&options, &gate->follower, err);
    ats_signals_restore(before);
    return status;
}

/* A file that is not there yet is what a site has that may be cut off one day. */
void ats_gate_import(struct ats_gate *gate)
{
    const char *path = gate->options.control_file;
    if (!*path || !gate->follower)
        return;
    if (access(path, F_OK) == 0)
        ats_control_follower_import(gate->follower, path);
    else
        ats_log_event(gate->log, ATS_LOG_INFO, "control.no-file", "file=%s",
                      ats_log_quote(path).text);
}
