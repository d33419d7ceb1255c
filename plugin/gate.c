/* SPDX-License-Identifier: Apache-2.0 */
/* Start and stop: what is opened in which order, and what an operator is told when it cannot be. */
#include "plugin/control.h"
#include "plugin/freshness.h"
#include "plugin/gate_rules.h"
#include "plugin/replay_judge.h"
#include "plugin/wills.h"

#include "common/base/file.h"
#include "common/base/utf8.h"
#include "common/identity/secret.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define PATH_SIZE 4096

static enum ats_status path_below(const struct ats_gate *gate, const char *name,
                                  char ret_path[PATH_SIZE], struct ats_error *err)
{
    if (snprintf(ret_path, PATH_SIZE, "%s/%s", gate->options.state_folder, name) < PATH_SIZE)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG, "plugin_opt_state_folder: the path is too long");
}

static enum ats_status open_store(const struct ats_gate *gate, const char *name, size_t map_size,
                                  struct ats_store **ret_store, struct ats_error *err)
{
    char path[PATH_SIZE];
    enum ats_status status = path_below(gate, name, path, err);
    if (status == ATS_OK)
        status = ats_file_make_folder(gate->options.state_folder, 0700, err);
    if (status == ATS_OK)
        status = ats_store_open(path, map_size, ret_store, err);
    return status;
}

static enum ats_status open_registry(struct ats_gate *gate, struct ats_error *err)
{
    enum ats_status status =
        open_store(gate, "control", ATS_CONTROL_MAP, &gate->control_store, err);
    if (status == ATS_OK) {
        ats_store_seal(gate->control_store, gate->fleet.identity.signing.seed);
        status = ats_registry_open(gate->control_store, &gate->fleet.pins, &gate->registry, err);
    }
    if (status != ATS_OK)
        return status;
    if (ats_registry_was_emptied(gate->registry))
        ats_log_event(
            gate->log, ATS_LOG_ERROR, "control.copy-emptied",
            "hint=\"the local copy was altered on disk, sealed by another key or made by an "
            "older version: it is read from the log again, and nobody is admitted before\"");
    status = ats_registry_view_open(gate->registry, &gate->view);
    if (status == ATS_OK)
        status = ats_gate_contracts(gate, gate->log, &gate->contracts);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the local copy of the control log in %s/control: %s%s",
                             gate->options.state_folder, ats_status_name(status),
                             status == ATS_ERR_CORRUPT
                                 ? " (an entry was altered on disk: remove that folder, it is read "
                                   "from the log again)"
                                 : "");
    gate->view_generation = UINT64_MAX;
    gate->fleet.generation = UINT64_MAX;
    atomic_store(&gate->contracts_offered, ats_registry_generation(gate->registry));
    (void)ats_gate_view(gate);
    return ATS_OK;
}

static enum ats_status open_journal(struct ats_gate *gate, struct ats_error *err)
{
    char path[PATH_SIZE];
    struct ats_journal_options options = {
        .segment_size = (uint64_t)gate->options.journal_segment_size,
        .size_max = (uint64_t)gate->options.journal_size,
        .sync = (enum ats_journal_sync)gate->options.journal_sync,
        .sync_interval_ms = gate->options.journal_sync_interval_ms,
    };
    enum ats_status status = path_below(gate, "journal", path, err);
    return status == ATS_OK ? ats_journal_open(path, &options, &gate->journal, err) : status;
}

static enum ats_status open_state(struct ats_gate *gate, struct ats_error *err)
{
    enum ats_status status = open_registry(gate, err);
    if (status == ATS_OK)
        status = open_store(gate, "counters", ATS_GATE_STATE_MAP, &gate->counter_store, err);
    if (status == ATS_OK)
        status = open_store(gate, "marks", ATS_GATE_STATE_MAP, &gate->mark_store, err);
    if (status == ATS_OK &&
        ats_replays_new(gate->mark_store, ATS_GATE_REPLAYS_PENDING, &gate->replays) != ATS_OK)
        status = ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    if (status == ATS_OK)
        status = open_store(gate, "tokens", ATS_GATE_TOKEN_MAP, &gate->token_store, err);
    if (status == ATS_OK)
        status = open_journal(gate, err);
    gate->used_tokens = (struct ats_used_tokens){
        .store = gate->token_store, .journal = gate->journal, .keys_max = ATS_GATE_TOKEN_KEYS_MAX};
    char path[PATH_SIZE];
    if (status == ATS_OK)
        status = path_below(gate, "metrics.json", path, err);
    if (status == ATS_OK && !(gate->metrics_path = strdup(path)))
        status = ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    return status;
}

/* Digests must be the same after a restart, and nobody else's guess: a key out of the gate's own. */
static void make_digest_key(struct ats_gate *gate)
{
    static const char label[] = "ATTESTREAM-1 window digest";
    (void)crypto_generichash(gate->digest_key, sizeof(gate->digest_key), (const uint8_t *)label,
                             sizeof(label) - 1, gate->fleet.identity.signing.seed,
                             sizeof(gate->fleet.identity.signing.seed));
}

static enum ats_status make_handshakes(struct ats_gate *gate)
{
    const struct ats_handshake_limits limits = {
        .failed_per_address = gate->options.handshakes_per_address,
        .failed_per_device = gate->options.handshakes_per_device,
        .held_per_device = gate->options.connects_per_device,
        .share_percent = gate->options.handshake_share,
    };
    return ats_handshakes_new(&limits, gate->clock, NULL, &gate->handshakes);
}

static enum ats_status hold_back(void *ctx, const struct ats_shed_filter *filter,
                                 struct ats_shed_coverage *ret_coverage, struct ats_error *err)
{
    struct ats_gate *gate = ctx;
    return ats_sinks_set(&gate->sinks, filter, ret_coverage, err);
}

static bool is_stopping(void *ctx)
{
    const struct ats_gate *gate = ctx;
    return gate->broker.is_stopping && gate->broker.is_stopping(gate->broker.ctx);
}

/* By addresses, so not where these tell nothing. */
static enum ats_status make_shed(struct ats_gate *gate)
{
    const struct ats_shed_options options = {
        .budget = gate->options.handshakes_per_address > 0
                      ? gate->options.refused_connects_per_second
                      : 0,
        .clock = gate->clock,
        .log = gate->forwarder_log.log,
        .install = hold_back,
        .is_stopping = is_stopping,
        .ctx = gate,
    };
    return ats_gate_observes(gate) ? ATS_OK : ats_shed_new(&options, &gate->shed);
}

static enum ats_status make_memory(struct ats_gate *gate)
{
    enum ats_log_level least = (enum ats_log_level)gate->options.log_level;
    ats_buf_init(&gate->value, ATS_RECORD_MAX);
    gate->event_memory_size = ATS_JOURNAL_RECORD_MAX;
    gate->event_memory = malloc(gate->event_memory_size);
    gate->batch = ats_batch_new();
    gate->series = ats_device_series_new(ATS_GATE_SERIES_MAX);
    gate->device_rules = ats_device_rules_new(ATS_GATE_DEVICE_RULES_MAX);
    bool made = gate->event_memory && gate->batch && gate->series && gate->device_rules;
    enum ats_status status = made ? ATS_OK : ATS_ERR_MEMORY;
    if (status == ATS_OK)
        status = ats_sessions_new(&gate->sessions);
    if (status == ATS_OK)
        status = ats_numbers_new(gate->counter_store, gate->mark_store, ATS_GATE_NUMBERS_MAX,
                                 &gate->numbers);
    if (status == ATS_OK)
        status = make_handshakes(gate);
    if (status == ATS_OK)
        status = ats_wills_new(ATS_GATE_NUMBERS_MAX, &gate->wills);
    if (status == ATS_OK)
        status = ats_ring_init(&gate->changed_devices, ATS_NAME_MAX + 1, ATS_GATE_CHANGES);
    if (status == ATS_OK)
        status = ats_ring_init(&gate->ephemeral_keys, sizeof(struct ats_key_pair),
                               ATS_GATE_EPHEMERAL_KEYS);
    if (status == ATS_OK)
        gate->locked = ats_ring_lock(&gate->ephemeral_keys) && gate->locked;
    if (status == ATS_OK)
        status = ats_claims_new(&gate->claims);
    if (status == ATS_OK)
        status = ats_log_shares_new(&gate->log_shares);
    if (status == ATS_OK)
        status = ats_presence_init(&gate->presence);
    if (status == ATS_OK)
        status = ats_thread_log_init(&gate->follower_log, least, gate->clock);
    if (status == ATS_OK)
        status = ats_thread_log_init(&gate->freshness_log, least, gate->clock);
    if (status == ATS_OK)
        status = ats_thread_log_init(&gate->forwarder_log, least, gate->clock);
    if (status == ATS_OK)
        status = ats_thread_log_init(&gate->replayer_log, least, gate->clock);
    if (status == ATS_OK)
        status = ats_replay_rings_init(&gate->replay_rings);
    if (status == ATS_OK)
        status = make_shed(gate);
    return status;
}

/* The group's state has a topic, so that Kafka's rule on names is the group's too. */
static enum ats_status check_group(const struct ats_gate *gate, struct ats_error *err)
{
    char suffix[sizeof("state.") + ATS_NAME_MAX];
    char name[ATS_KAFKA_TOPIC_MAX + 1];
    const char *group = gate->options.processor_group;
    if (snprintf(suffix, sizeof(suffix), "state.%s", group) >= (int)sizeof(suffix))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "plugin_opt_processor_group: '%.*s...' is too long (allowed: up to %d "
                             "bytes)",
                             ATS_QUOTE(group), ATS_NAME_MAX);
    enum ats_status status = ats_kafka_topic_name(&gate->kafka, suffix, name, err);
    if (status != ATS_OK)
        ats_error_prefix(err, "plugin_opt_processor_group");
    return status;
}

static enum ats_status take_kafka(struct ats_gate *gate, struct ats_error *err)
{
    char file[PATH_SIZE];
    const char *given = *gate->options.topic_prefix ? gate->options.topic_prefix : NULL;
    gate->kafka = (struct ats_kafka_config){.config_file = gate->options.kafka_config,
                                            .bootstrap = gate->options.kafka_bootstrap,
                                            .client_id = gate->fleet.identity.name};
    (void)snprintf(file, sizeof(file), "%s/gate.json", gate->options.fleet);
    enum ats_status status = ats_kafka_prefix_settle(given, gate->fleet.topic_prefix, file,
                                                     &gate->kafka.topic_prefix, err);
    if (status != ATS_OK)
        ats_error_prefix(err, "plugin_opt_topic_prefix");
    return status == ATS_OK ? check_group(gate, err) : status;
}

static void write_log(void *ctx, enum ats_log_level level, const char *line)
{
    const struct ats_gate *gate = ctx;
    gate->broker.log(gate->broker.ctx, level, line);
}

static enum ats_status open_all(struct ats_gate *gate, const struct ats_gate_option *options,
                                size_t option_count, struct ats_error *err)
{
    enum ats_status status = ats_identity_init();
    if (status != ATS_OK)
        return ats_error_set(err, status, "libsodium does not start");
    status = ats_gate_options_read(options, option_count, &gate->options, err);
    if (status != ATS_OK)
        return status;
    gate->log =
        ats_log_new(write_log, gate, (enum ats_log_level)gate->options.log_level, gate->clock);
    status = gate->log ? make_memory(gate) : ATS_ERR_MEMORY;
    if (status != ATS_OK)
        return ats_error_set(err, status, "out of memory");
    status = ats_gate_fleet_read(gate->options.fleet, &gate->fleet, err);
    if (status == ATS_OK)
        status = take_kafka(gate, err);
    if (status != ATS_OK)
        return status;
    make_digest_key(gate);
    status = ats_gate_rules_begin(gate, err);
    if (status == ATS_OK)
        status = open_state(gate, err);
    /* CONFIG has named its option. */
    if (status != ATS_OK && status != ATS_ERR_MEMORY && status != ATS_ERR_CONFIG)
        ats_error_prefix(err,
                         "plugin_opt_state_folder %s (allowed: a folder that the broker's user "
                         "may write: make it, owned by that user)",
                         gate->options.state_folder);
    else if (status == ATS_ERR_DISK)
        ats_error_prefix(err, "plugin_opt_state_folder %s", gate->options.state_folder);
    return status == ATS_OK ? ats_gate_rebuild(gate, err) : status;
}

/* The gate's own keys are in there, so all of it is memory for secrets. */
static struct ats_gate *open_memory(bool *ret_locked)
{
    return ats_identity_init() == ATS_OK ? ats_secret_new(sizeof(struct ats_gate), ret_locked)
                                         : NULL;
}

enum ats_status ats_gate_open(const struct ats_gate_option *options, size_t option_count,
                              const struct ats_gate_broker *broker, const struct ats_clock *clock,
                              const char *broker_rules_file, struct ats_gate **ret_gate,
                              struct ats_error *err)
{
    bool locked = true;
    struct ats_gate *gate = open_memory(&locked);
    if (!gate)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    gate->locked = locked;
    gate->broker = *broker;
    gate->clock = clock;
    gate->rules_file = broker_rules_file ? strdup(broker_rules_file) : NULL;
    enum ats_status status = open_all(gate, options, option_count, err);
    if (status != ATS_OK) {
        ats_gate_stop(gate);
        return status;
    }
    gate->next_metrics_ms = ats_clock_monotonic_ms(clock) + gate->options.metrics_interval_ms;
    ats_gate_say_opened(gate);
    *ret_gate = gate;
    return ATS_OK;
}

static enum ats_status make_claim_writer(struct ats_gate *gate, struct ats_error *err)
{
    struct ats_claim_writer_options options = {
        .kafka = &gate->kafka,
        .registry = gate->registry,
        .identity = &gate->fleet.identity,
        .metrics = &gate->metrics,
        .clock = gate->clock,
        .log = gate->forwarder_log.log,
    };
    return ats_claim_writer_new(&options, &gate->claim_writer, err);
}

static enum ats_status start_forwarder(struct ats_gate *gate, struct ats_error *err)
{
    struct ats_forwarder_options options = {
        .kafka = &gate->kafka,
        .journal = gate->journal,
        .registry = gate->registry,
        .marks = gate->mark_store,
        .counters = gate->counter_store,
        .tokens = gate->token_store,
        .ephemeral_keys = &gate->ephemeral_keys,
        .agreement = &gate->fleet.agreement,
        .signing = &gate->fleet.identity.signing,
        .fleet = gate->fleet.identity.fleet,
        .evidence_interval_ms = gate->options.evidence_interval_ms,
        .gate = gate->fleet.identity.name,
        .fleet_hex = gate->fleet.fleet_hex,
        .group = gate->options.processor_group,
        .mode = ats_gate_observes(gate) ? "observe" : "enforce",
        .metrics_path = gate->metrics_path,
        .presence = &gate->presence.rows,
        .device_rules = gate->device_rules,
        .state_folder = gate->options.state_folder,
        .claims = gate->claim_writer,
        .shed = gate->shed,
        .metrics = &gate->metrics,
        .freshness = &gate->freshness_report,
        .acts_changed = &gate->acts_changed,
        .clock = gate->clock,
        .log = gate->forwarder_log.log,
    };
    return ats_forwarder_start(&options, &gate->forwarder, err);
}

/* Kafka's settings are read where its clients are made: the operator is told which option brought them there. */
static void name_option(const struct ats_gate *gate, struct ats_error *err)
{
    if (*gate->options.kafka_config)
        ats_error_prefix(
            err,
            "plugin_opt_kafka_config %s (allowed: a file of librdkafka properties that "
            "the broker's user may read)",
            gate->options.kafka_config);
    else if (*gate->options.kafka_bootstrap)
        ats_error_prefix(err, "plugin_opt_kafka_bootstrap %s (allowed: HOST:PORT,...)",
                         gate->options.kafka_bootstrap);
}

enum ats_status ats_gate_run(struct ats_gate *gate, struct ats_error *err)
{
    enum ats_status status = make_claim_writer(gate, err);
    if (status == ATS_OK)
        status = start_forwarder(gate, err);
    if (status == ATS_OK)
        status = ats_gate_follow(gate, err);
    if (status == ATS_OK)
        status = ats_gate_replay_start(gate, err);
    if (status == ATS_OK)
        status = ats_gate_listen(gate, err);
    if (status == ATS_OK)
        ats_gate_import(gate);
    if (status == ATS_OK)
        ats_forwarder_watch(gate->forwarder, gate->follower);
    else if (status != ATS_ERR_MEMORY && status != ATS_ERR_INTERNAL)
        name_option(gate, err);
    return status;
}

static void close_state(struct ats_gate *gate)
{
    ats_journal_close(gate->journal);
    ats_contract_set_free(gate->contracts);
    ats_contract_set_free(atomic_load(&gate->next_contracts));
    ats_contract_set_free(gate->known_contracts);
    ats_store_view_close(gate->view);
    ats_registry_close(gate->registry);
    ats_store_close(gate->control_store);
    ats_store_close(gate->counter_store);
    ats_store_close(gate->mark_store);
    ats_numbers_free(gate->numbers);
    ats_replays_free(gate->replays);
    ats_used_tokens_fini(&gate->used_tokens);
    ats_store_close(gate->token_store);
}

static void say_stopped(struct ats_gate *gate)
{
    struct ats_buf line;
    ats_buf_init(&line, ATS_LOG_LINE_MAX);
    ats_metrics_line(&gate->metrics, &line);
    const char *text = ats_buf_text(&line);
    ats_log_event(gate->log, ATS_LOG_INFO, "gate.stopped", "%s", text ? text : "");
    ats_buf_fini(&line);
}

void ats_gate_stop(struct ats_gate *gate)
{
    if (!gate)
        return;
    ats_shed_stop(gate->shed); /* before anything that waits: nobody may be held back meanwhile */
    if (gate->forwarder)
        ats_forwarder_watch(gate->forwarder, NULL);
    ats_freshness_stop(gate->freshness);
    ats_replayer_stop(gate->replayer);
    ats_control_follower_stop(gate->follower);
    ats_forwarder_stop(gate->forwarder);
    ats_claim_writer_free(gate->claim_writer);
    if (gate->forwarder_log.log) {
        ats_thread_log_drain(&gate->follower_log, &gate->broker);
        ats_thread_log_drain(&gate->forwarder_log, &gate->broker);
        ats_thread_log_drain(&gate->freshness_log, &gate->broker);
        ats_thread_log_drain(&gate->replayer_log, &gate->broker);
    }
    if (gate->log_shares)
        ats_log_shares_tell(gate, 0);
    if (gate->journal)
        say_stopped(gate);
    close_state(gate);
    ats_sessions_free(gate->sessions);
    ats_handshakes_free(gate->handshakes);
    ats_shed_free(gate->shed);
    ats_wills_free(gate->wills);
    ats_claims_free(gate->claims);
    ats_log_shares_free(gate->log_shares);
    ats_presence_fini(&gate->presence);
    ats_ring_fini(&gate->changed_devices);
    ats_ring_fini(&gate->ephemeral_keys);
    ats_thread_log_fini(&gate->follower_log);
    ats_thread_log_fini(&gate->forwarder_log);
    ats_thread_log_fini(&gate->replayer_log);
    ats_replay_rings_fini(&gate->replay_rings);
    ats_thread_log_fini(&gate->freshness_log);
    ats_buf_fini(&gate->value);
    free(gate->event_memory);
    ats_batch_free(gate->batch);
    ats_device_series_free(gate->series);
    ats_device_rules_free(gate->device_rules);
    ats_gate_fleet_fini(&gate->fleet);
    ats_gate_options_fini(&gate->options);
    ats_log_free(gate->log);
    free(gate->rules_file);
    free(gate->metrics_path);
    ats_secret_free(gate);
}

bool ats_gate_observes(const struct ats_gate *gate)
{
    return gate->options.mode == ATS_GATE_OBSERVE;
}

void ats_gate_disconnected(struct ats_gate *gate, const void *client_handle)
{
    ats_gate_begin_turn(gate);
    gate->turn.just_gone = client_handle;
    const struct ats_session *session = ats_sessions_find_client(gate->sessions, client_handle);
    if (session)
        ats_wills_depart(gate->wills, session);
    ats_presence_end(gate, client_handle);
    ats_sessions_remove(gate->sessions, client_handle);
    ats_counter_set(&gate->metrics.sessions, ats_sessions_count(gate->sessions));
}

void ats_gate_reload(struct ats_gate *gate)
{
    ats_gate_begin_turn(gate);
    gate->turn.reloading = true;
    ats_gate_rules_again(gate);
    ats_gate_import(gate);
}
