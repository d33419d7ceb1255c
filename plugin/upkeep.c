/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/upkeep.h"

#include "common/base/file.h"
#include "common/identity/key.h"
#include "plugin/claim_writer.h"

#include <inttypes.h>
#include <sodium.h>
#include <time.h>

#define PAUSE_MS 20

void ats_upkeep_init(struct ats_upkeep *upkeep, const struct ats_forwarder_options *options)
{
    *upkeep = (struct ats_upkeep){.options = options};
    ats_buf_init(&upkeep->text, ATS_RECORD_MAX);
    ats_presence_file_init(&upkeep->presence, options->presence, options->state_folder,
                           options->gate, options->log);
    ats_device_rules_file_init(&upkeep->device_rules, options->device_rules, options->state_folder,
                               options->gate, options->clock, options->log);
    ats_void_count_begin(&upkeep->voids);
    upkeep->room = (struct ats_state_room){.stores = {[ATS_STATE_COUNTERS] = options->counters,
                                                      [ATS_STATE_MARKS] = options->marks,
                                                      [ATS_STATE_TOKENS] = options->tokens},
                                           .log = options->log};
    upkeep->prune = (struct ats_token_prune){.store = options->tokens,
                                             .metrics = options->metrics,
                                             .log = options->log,
                                             .part = (uint16_t)randombytes_uniform(1 << 16)};
}

void ats_upkeep_fini(struct ats_upkeep *upkeep)
{
    ats_buf_fini(&upkeep->text);
    ats_presence_file_fini(&upkeep->presence);
}

static void keep_journal(struct ats_upkeep *upkeep, int64_t now)
{
    struct ats_error err = {0};
    if (ats_journal_maintain(upkeep->options->journal, now, &err) != ATS_OK)
        ats_log_event(upkeep->options->log, ATS_LOG_ERROR, "journal.maintain", "reason=\"%s\"",
                      err.text);
}

static void fill_ephemeral_keys(struct ats_upkeep *upkeep)
{
    struct ats_key_pair pair = {0};
    while (ats_ring_count(upkeep->options->ephemeral_keys) < ATS_GATE_EPHEMERAL_KEYS) {
        ats_key_pair_generate(&pair, ATS_KEY_AGREEMENT);
        if (!ats_ring_push(upkeep->options->ephemeral_keys, &pair))
            break;
    }
    ats_key_pair_fini(&pair);
}

static void count_voids(struct ats_upkeep *upkeep)
{
    atomic_bool *changed = upkeep->options->acts_changed;
    if (changed && atomic_load_explicit(changed, memory_order_relaxed) &&
        atomic_exchange(changed, false))
        ats_void_count_begin(&upkeep->voids);
    if (ats_void_count_step(&upkeep->voids, upkeep->options->registry, ATS_GATE_VOID_LOOKS_MAX))
        ats_log_event(upkeep->options->log, ATS_LOG_WARNING, "control.void", "records=%" PRIu64,
                      upkeep->voids.records);
}

static void take_control(const struct ats_control_follower *follower,
                         struct ats_gate_status *status)
{
    if (!follower)
        return;
    for (int i = 0; i < ATS_CONTROL_OUTCOME_COUNT; i++)
        status->control_rejected[i] =
            ats_control_follower_rejected(follower, (enum ats_control_outcome)i);
    for (int i = 0; i < ATS_CONTROL_IMPORT_COUNT; i++)
        status->control_imports[i] =
            ats_control_follower_imports(follower, (enum ats_control_import)i);
}

bool ats_upkeep_knows_log(const struct ats_upkeep *upkeep)
{
    const struct ats_control_follower *follower = atomic_load(&upkeep->follower);
    return follower && ats_control_follower_caught_up(follower);
}

void ats_upkeep_write_metrics(struct ats_upkeep *upkeep)
{
    const struct ats_forwarder_options *options = upkeep->options;
    const struct ats_freshness_report *freshness = options->freshness;
    struct ats_gate_status status = {
        .gate = options->gate,
        .mode = options->mode,
        .now_ms = ats_clock_wall_ms(options->clock),
        .control_count = ats_registry_count(options->registry),
        .control_heartbeats_refused = freshness ? atomic_load(&freshness->refused) : 0,
        .control_void = upkeep->voids.records,
        .control_caught_up = ats_upkeep_knows_log(upkeep),
        .control_age_ms = freshness ? atomic_load(&freshness->age_ms) : 0,
        .control_stale = freshness && atomic_load(&freshness->stale),
        .control_withheld = freshness && atomic_load(&freshness->withheld),
        .backlog_bytes = ats_journal_backlog_bytes(options->journal),
        .missing_topic = upkeep->missing_topic,
        .shed = {.let_in = 1},
        .session_rows_lost = upkeep->presence.rows_lost,
    };
    if (options->shed)
        status.shed = ats_shed_report(options->shed);
    struct ats_error err = {0};
    ats_registry_measure(options->registry, &status.control_copy);
    take_control(atomic_load(&upkeep->follower), &status);
    ats_state_room_look(&upkeep->room);
    memcpy(status.state_used_percent, upkeep->room.used_percent, sizeof(status.state_used_percent));
    ats_buf_clear(&upkeep->text);
    if (ats_metrics_json(options->metrics, &status, &upkeep->text) != ATS_OK ||
        ats_file_write(options->metrics_path, ats_buf_span(&upkeep->text), 0644, &err) != ATS_OK)
        ats_log_event(options->log, ATS_LOG_ERROR, "metrics.file", "reason=\"%s\"", err.text);
    upkeep->shown_count = status.control_count;
}

/* Once a second; sooner when the control log has grown, since that is what people wait for. */
static void write_metrics_when_due(struct ats_upkeep *upkeep, int64_t now)
{
    bool grown = upkeep->shown_count != ats_registry_count(upkeep->options->registry);
    int64_t early_ms = ATS_GATE_METRICS_MS - ATS_GATE_METRICS_MS / 10;
    if (now < upkeep->next_metrics_ms - (grown ? early_ms : 0))
        return;
    upkeep->next_metrics_ms = now + ATS_GATE_METRICS_MS;
    ats_upkeep_write_metrics(upkeep);
}

void ats_upkeep_step(struct ats_upkeep *upkeep)
{
    int64_t now = ats_clock_monotonic_ms(upkeep->options->clock);
    keep_journal(upkeep, now);
    fill_ephemeral_keys(upkeep);
    if (upkeep->options->claims)
        ats_claim_writer_step(upkeep->options->claims);
    count_voids(upkeep);
    ats_token_prune_step(&upkeep->prune, now, ats_clock_wall_ms(upkeep->options->clock) / 1000);
    if (upkeep->options->shed)
        ats_shed_step(upkeep->options->shed);
    write_metrics_when_due(upkeep, now);
    ats_presence_file_step(&upkeep->presence);
    ats_device_rules_file_step(&upkeep->device_rules);
}

int ats_upkeep_wait_ms(const struct ats_upkeep *upkeep, int longest_ms)
{
    struct ats_shed *shed = upkeep->options->shed;
    return shed ? ats_shed_wait_ms(shed, longest_ms) : longest_ms;
}

void ats_upkeep_pause(void)
{
    struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    (void)nanosleep(&pause, NULL);
}
