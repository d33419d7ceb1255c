/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/processor.h"

#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/control/checkpoint.h"
#include "common/control/freshness.h"
#include "processor/http/server.h"
#include "processor/runtime/checkpoint.h"
#include "processor/runtime/control.h"
#include "processor/runtime/subjects.h"
#include "processor/runtime/worker.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

struct ats_processor {
    struct ats_processor_settings settings;
    char name[ATS_NAME_MAX + 1];
    char group[ATS_NAME_MAX + 1];
    char fleet[ATS_NAME_MAX + 1];
    char *topic_prefix; /* NULL: its folder says none */
    struct ats_registry_pins pins;
    struct ats_key_pair group_key;
    struct ats_metrics metrics;
    uint8_t fleet_id[ATS_FLEET_ID_SIZE];
    struct ats_control *control;
    struct ats_checkpointer *checkpointer;
    struct ats_freshness *freshness;
    struct ats_freshness_report report;
    struct ats_worker **workers;
    size_t worker_count;
    struct ats_http_server *http;
    struct ats_subjects subjects; /* the HTTP server's thread alone */
    atomic_bool started;          /* the workers are all there */
    atomic_bool stopping;
};

/* ---- who it is ---- */

static enum ats_status take_name(json_t *json, const char *key, const char *path,
                                 char ret_name[ATS_NAME_MAX + 1], struct ats_error *err)
{
    const char *text = json_string_value(json_object_get(json, key));
    if (!text || !*text || strlen(text) > ATS_NAME_MAX)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s: key '%s': a text of 1 to %d bytes is needed",
                             path, key, ATS_NAME_MAX);
    (void)snprintf(ret_name, ATS_NAME_MAX + 1, "%s", text);
    return ATS_OK;
}

static enum ats_status take_prefix(json_t *json, const char *path, char **ret_prefix,
                                   struct ats_error *err)
{
    json_t *value = json_object_get(json, "topic_prefix");
    const char *text = json_string_value(value);
    if (!value)
        return ATS_OK;
    if (!text)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s: key 'topic_prefix': a text is needed", path);
    enum ats_status status = ats_kafka_prefix_check(text, err);
    if (status != ATS_OK)
        ats_error_prefix(err, "%s: key 'topic_prefix'", path);
    else if (!(*ret_prefix = strdup(text)))
        status = ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    return status;
}

/* Also where the folder is another program's, such as a gate's. */
static enum ats_status read_document(const char *folder, const char *path, struct ats_buf *text,
                                     struct ats_error *err)
{
    struct ats_error why = {0};
    enum ats_status status = ats_file_read(path, text, &why);
    if (status == ATS_OK || status == ATS_ERR_MEMORY)
        return status;
    return ats_error_set(err, ATS_ERR_CONFIG, "%s: no folder of `attestream processor add` (%s)",
                         folder, why.text);
}

static enum ats_status read_identity(struct ats_processor *processor, struct ats_error *err)
{
    char path[4096];
    struct ats_buf text;
    json_error_t why;
    const char *folder = processor->settings.fleet_folder;
    if (snprintf(path, sizeof(path), "%s/processor.json", folder) >= (int)sizeof(path))
        return ats_error_set(err, ATS_ERR_CONFIG, "the path is too long");
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    enum ats_status status = read_document(folder, path, &text, err);
    json_t *json = status == ATS_OK
                       ? json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &why)
                       : NULL;
    if (status == ATS_OK && !json)
        status = ats_error_set(err, ATS_ERR_CONFIG, "%s:%d: %s", path, why.line, why.text);
    if (status == ATS_OK)
        status = take_name(json, "name", path, processor->name, err);
    if (status == ATS_OK)
        status = take_name(json, "group", path, processor->group, err);
    if (status == ATS_OK)
        status = take_name(json, "fleet", path, processor->fleet, err);
    if (status == ATS_OK)
        status = take_prefix(json, path, &processor->topic_prefix, err);
    json_decref(json);
    ats_buf_fini(&text);
    if (status == ATS_OK)
        status = ats_registry_pins_read(folder, &processor->pins, err);
    if (status != ATS_OK)
        return status;
    if (ats_file_secret_path(folder, "group-agreement.key.pem", path, sizeof(path)) != ATS_OK)
        return ats_error_set(err, ATS_ERR_CONFIG, "the path is too long");
    return ats_key_pair_read(path, ATS_KEY_AGREEMENT, &processor->group_key, err);
}

/* ---- HTTP ---- */

static bool is_ready(void *ctx, struct ats_buf *reason)
{
    struct ats_processor *processor = ctx;
    if (!atomic_load(&processor->started)) {
        ats_buf_append_text(reason, "the workers are being started");
        return false;
    }
    size_t joined = 0;
    size_t held_up = 0;
    size_t full = 0;
    for (size_t i = 0; i < processor->worker_count; i++) {
        joined += ats_worker_joined(processor->workers[i]) ? 1 : 0;
        held_up += ats_worker_held_up(processor->workers[i]) ? 1 : 0;
        full += ats_worker_full(processor->workers[i]);
    }
    if (!ats_control_caught_up(processor->control))
        ats_buf_append_text(reason, "the control log is not read to its end");
    else if (held_up > 0)
        ats_buf_printf(reason,
                       "%zu of %zu workers wait for the end of a transaction that is open in the "
                       "changelog (docs/topics.md)",
                       held_up, processor->worker_count);
    else if (joined < processor->worker_count)
        ats_buf_printf(reason, "%zu of %zu workers are in the group", joined,
                       processor->worker_count);
    else if (full > 0)
        ats_buf_printf(reason, "%zu tasks have stopped, their state is full (state_max)", full);
    else
        return true;
    return false;
}

/* 0 before the log has a time, or where the clock is behind it. */
static uint64_t log_time_age_us(const struct ats_processor *processor)
{
    struct ats_store_view *view = NULL;
    int64_t time_ms = 0;
    if (ats_registry_view_open(ats_control_registry(processor->control), &view) != ATS_OK)
        return 0;
    enum ats_status status = ats_registry_log_time_ms(view, &time_ms);
    ats_store_view_close(view);
    int64_t now_ms = ats_clock_wall_ms(&ats_clock_system);
    return status == ATS_OK && time_ms > 0 && time_ms < now_ms ? (uint64_t)(now_ms - time_ms) * 1000
                                                               : 0;
}

static void print_metrics(void *ctx, struct ats_buf *out)
{
    struct ats_processor *processor = ctx;
    struct ats_metrics *metrics = &processor->metrics;
    ats_control_measure(processor->control, metrics);
    ats_metrics_set(metrics, ATS_METRIC_CONTROL_AGE_US,
                    (uint64_t)atomic_load(&processor->report.age_ms) * 1000);
    ats_metrics_set(metrics, ATS_METRIC_CONTROL_TIME_AGE_US, log_time_age_us(processor));
    ats_metrics_set(metrics, ATS_METRIC_CONTROL_STALE, atomic_load(&processor->report.stale));
    ats_metrics_set(metrics, ATS_METRIC_CONTROL_WITHHELD, atomic_load(&processor->report.withheld));
    ats_metrics_set(metrics, ATS_METRIC_HEARTBEATS_REFUSED,
                    atomic_load(&processor->report.refused));
    ats_metrics_print(&processor->metrics, out);
}

static enum ats_status find_schema(void *ctx, uint32_t schema_id, struct ats_buf *out)
{
    struct ats_processor *processor = ctx;
    return ats_control_schema(processor->control, schema_id, out);
}

static enum ats_status find_subjects(void *ctx, const struct ats_http_subject **ret_subjects,
                                     size_t *ret_count)
{
    struct ats_processor *processor = ctx;
    return ats_subjects_get(&processor->subjects, ret_subjects, ret_count);
}

static enum ats_status start_http(struct ats_processor *processor, struct ats_error *err)
{
    struct ats_http_source source = {.ready = is_ready,
                                     .metrics = print_metrics,
                                     .schema = find_schema,
                                     .subjects = find_subjects,
                                     .ctx = processor};
    processor->subjects.registry = ats_control_registry(processor->control);
    processor->subjects.topic_prefix = processor->settings.kafka.topic_prefix;
    const char *listen = processor->settings.http_listen;
    if (strcmp(listen, "off") == 0)
        return ATS_OK;
    enum ats_status status =
        ats_http_server_start(listen, &source, &ats_clock_system, &processor->http, err);
    if (status == ATS_OK)
        ats_log_event(processor->settings.log, ATS_LOG_INFO, "http.listening", "url=http://%.*s:%u",
                      (int)(strrchr(listen, ':') - listen), listen,
                      ats_http_server_port(processor->http));
    return status;
}

/* ---- start and stop ---- */

static enum ats_status start_workers(struct ats_processor *processor, struct ats_error *err)
{
    const struct ats_processor_settings *settings = &processor->settings;
    enum ats_status status = ATS_OK;
    processor->workers = calloc((size_t)settings->workers, sizeof(struct ats_worker *));
    if (!processor->workers)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    for (int64_t i = 0; i < settings->workers && status == ATS_OK; i++) {
        char instance[ATS_NAME_MAX + 32];
        (void)snprintf(instance, sizeof(instance), "%s-%lld", processor->name, (long long)i);
        struct ats_worker_options options = {
            .tasks = {.kafka = &settings->kafka,
                      .control = processor->control,
                      .metrics = &processor->metrics,
                      .log = settings->log,
                      .group = processor->group,
                      .group_key = &processor->group_key,
                      .state_bytes_max = (size_t)settings->state_bytes_max,
                      .stopping = &processor->stopping},
            .instance_id = instance,
            .session_timeout_ms = settings->session_timeout_ms,
            .commit_interval_ms = settings->commit_interval_ms,
            .commit_events_max = settings->commit_events_max,
        };
        status = ats_worker_start(&options, &processor->workers[processor->worker_count], err);
        if (status == ATS_OK)
            processor->worker_count++;
    }
    return status;
}

static enum ats_status settle_prefix(struct ats_processor *processor, struct ats_error *err)
{
    char file[4096];
    struct ats_kafka_config *kafka = &processor->settings.kafka;
    const char *given = kafka->topic_prefix && *kafka->topic_prefix ? kafka->topic_prefix : NULL;
    (void)snprintf(file, sizeof(file), "%s/processor.json", processor->settings.fleet_folder);
    return ats_kafka_prefix_settle(given, processor->topic_prefix, file, &kafka->topic_prefix, err);
}

static enum ats_status check_kafka(struct ats_processor *processor, struct ats_error *err)
{
    return ats_kafka_config_check(&processor->settings.kafka, err);
}

static enum ats_status open_control(struct ats_processor *processor, struct ats_error *err)
{
    struct ats_control_options control = {.kafka = &processor->settings.kafka,
                                          .pins = &processor->pins,
                                          .state_folder = processor->settings.state_folder,
                                          .group = processor->group,
                                          .group_key = &processor->group_key,
                                          .log = processor->settings.log};
    return ats_control_open(&control, &processor->control, err);
}

static enum ats_status check_fleet(struct ats_processor *processor, struct ats_error *err)
{
    if (strcmp(processor->fleet, ats_control_fleet(processor->control)) == 0)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "%s/processor.json: key 'fleet': %s is not the fleet of the pinned roots "
                         "beside it (%s)",
                         processor->settings.fleet_folder, processor->fleet,
                         ats_control_fleet(processor->control));
}

static enum ats_status follow_control(struct ats_processor *processor, struct ats_error *err)
{
    return ats_control_follow(processor->control, err);
}

/* A member that cannot read its signing key decides as well as any; it signs no checkpoints, and says so. */
static enum ats_status start_checkpoints(struct ats_processor *processor, struct ats_error *err)
{
    char path[4096];
    struct ats_error why = {0};
    const struct ats_processor_settings *settings = &processor->settings;
    (void)snprintf(path, sizeof(path), "%s/processor.key.pem", settings->fleet_folder);
    const struct ats_checkpointer_options options = {.kafka = &settings->kafka,
                                                     .control = processor->control,
                                                     .fleet = processor->fleet_id,
                                                     .group = processor->group,
                                                     .member = processor->name,
                                                     .key_path = path,
                                                     .log = settings->log};
    ats_registry_fleet_id(&processor->pins, processor->fleet_id);
    enum ats_status status = ats_checkpointer_start(&options, &processor->checkpointer, &why);
    if (status == ATS_ERR_MEMORY)
        return ats_error_set(err, status, "%s", why.text);
    if (status != ATS_OK)
        ats_log_event(settings->log, ATS_LOG_WARNING, "checkpoint.none", "reason=\"%s\"", why.text);
    return ATS_OK;
}

static enum ats_status start_freshness(struct ats_processor *processor, struct ats_error *err)
{
    const struct ats_processor_settings *settings = &processor->settings;
    const struct ats_freshness_options options = {.kafka = &settings->kafka,
                                                  .registry =
                                                      ats_control_registry(processor->control),
                                                  .fleet = processor->fleet_id,
                                                  .clock = &ats_clock_system,
                                                  .log = settings->log,
                                                  .max_age_ms = settings->control_max_age_ms,
                                                  .consequence = "decisions go on",
                                                  .report = &processor->report};
    if (settings->control_max_age_ms == 0)
        return ATS_OK;
    return ats_freshness_start(&options, &processor->freshness, err);
}

/* What is done at the start, and the option that a failure is about. HTTP before the workers, so that a port that is taken
   ends the start before the group hears of this member. */
static const struct step {
    const char *option; /* NULL: whichever says where Kafka is */
    enum ats_status (*run)(struct ats_processor *processor, struct ats_error *err);
} steps[] = {
    {"fleet", read_identity},       {"topic_prefix", settle_prefix}, {NULL, check_kafka},
    {"state_folder", open_control}, {"fleet", check_fleet},          {NULL, follow_control},
    {"http_listen", start_http},    {NULL, start_checkpoints},       {NULL, start_freshness},
    {NULL, start_workers},
};

/* The option that says where Kafka is; NULL where the environment does. */
static const char *kafka_option(const struct ats_kafka_config *kafka)
{
    if (kafka->config_file && *kafka->config_file)
        return "kafka_config";
    return kafka->bootstrap && *kafka->bootstrap ? "kafka_bootstrap" : NULL;
}

static enum ats_status start(struct ats_processor *processor, const char **ret_option,
                             struct ats_error *err)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        enum ats_status status = steps[i].run(processor, err);
        if (status == ATS_OK)
            continue;
        if (status != ATS_ERR_MEMORY && status != ATS_ERR_INTERNAL)
            *ret_option =
                steps[i].option ? steps[i].option : kafka_option(&processor->settings.kafka);
        return status;
    }
    atomic_store(&processor->started, true);
    return ATS_OK;
}

enum ats_status ats_processor_start(const struct ats_processor_settings *settings,
                                    struct ats_processor **ret_processor, const char **ret_option,
                                    struct ats_error *err)
{
    struct ats_processor *processor = calloc(1, sizeof(*processor));
    *ret_option = NULL;
    if (!processor)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    processor->settings = *settings;
    enum ats_status status = start(processor, ret_option, err);
    if (status != ATS_OK) {
        ats_processor_stop(processor);
        return status;
    }
    *ret_processor = processor;
    return ATS_OK;
}

void ats_processor_stop(struct ats_processor *processor)
{
    if (!processor)
        return;
    atomic_store(&processor->stopping, true);
    ats_http_server_stop(processor->http);
    ats_subjects_fini(&processor->subjects);
    for (size_t i = 0; i < processor->worker_count; i++)
        ats_worker_join(processor->workers[i]);
    free(processor->workers);
    ats_checkpointer_stop(processor->checkpointer);
    ats_freshness_stop(processor->freshness);
    ats_control_close(processor->control);
    ats_key_pair_fini(&processor->group_key);
    free(processor->topic_prefix);
    free(processor);
}
