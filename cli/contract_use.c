/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_use.h"

#include "cli/kafka.h"
#include "cli/output.h"
#include "cli/topic_walk.h"
#include "cli/topics.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/control/body.h"
#include "common/control/registry.h"

#include <stdio.h>

enum ats_status ats_contract_use_init(struct ats_contract_use *use, const char *name,
                                      struct ats_error *err)
{
    *use = (struct ats_contract_use){.name = name, .devices = json_object(), .whole = true};
    return use->devices ? ATS_OK : ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
}

void ats_contract_use_fini(struct ats_contract_use *use)
{
    json_decref(use->devices);
    *use = (struct ats_contract_use){0};
}

/* Its entry, made where there is none; NULL without memory. */
static json_t *entry_of(struct ats_contract_use *use, const char *device)
{
    json_t *entry = json_object_get(use->devices, device);
    if (entry)
        return entry;
    entry = json_pack("{s:b, s:i, s:I}", "pinned", 0, "records", 0, "last", (json_int_t)0);
    return json_object_set_new(use->devices, device, entry) == 0 ? entry : NULL;
}

/* ---- what Kafka has ---- */

static void note_record(struct ats_contract_use *use, const char *device, int64_t time_ms)
{
    json_t *entry = entry_of(use, device);
    json_int_t records = json_integer_value(json_object_get(entry, "records"));
    json_int_t last = json_integer_value(json_object_get(entry, "last"));
    (void)json_object_set_new(entry, "records", json_integer(records + 1));
    if (time_ms > last)
        (void)json_object_set_new(entry, "last", json_integer((json_int_t)time_ms));
}

/* Whoever may write to the topic may write any bytes there: what is no name is nobody's. */
static bool take(void *ctx, const struct ats_kafka_record *record)
{
    struct ats_contract_use *use = ctx;
    char device[ATS_NAME_MAX + 1] = {0};
    struct ats_span name = ats_kafka_record_header(record, "ats_device");
    if (use->looked_at == ATS_CLI_USE_RECORDS_MAX) {
        use->whole = false;
        return false;
    }
    use->looked_at++;
    if (!ats_span_is(ats_kafka_record_header(record, "ats_contract"), use->name) ||
        !ats_control_name_valid(name))
        return true;
    memcpy(device, name.data, name.len);
    note_record(use, device, record->timestamp_ms);
    return true;
}

enum ats_status ats_contract_use_read(const struct ats_cli *cli, struct ats_contract_use *use,
                                      int64_t since_ms, struct ats_error *err)
{
    char given[ATS_NAME_MAX + sizeof("telemetry.")];
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    struct ats_topic_walk walk = {
        .cli = cli, .topic = topic, .visit = take, .ctx = use, .since_ms = since_ms};
    (void)snprintf(given, sizeof(given), "telemetry.%.*s", (int)strcspn(use->name, "@"), use->name);
    enum ats_status status = ats_cli_await_kafka(cli, err);
    if (status == ATS_OK)
        status = ats_topics_resolve(cli, given, topic, err);
    if (status == ATS_OK)
        status = ats_topic_walk_to_end(&walk, err);
    if (walk.cut)
        use->whole = false;
    if (status != ATS_ERR_NOT_FOUND)
        return status;
    *err = (struct ats_error){0}; /* no topic: nobody has published */
    return ATS_OK;
}

/* ---- what records name ---- */

static bool names(const struct ats_body_device *device, const char *version)
{
    for (size_t i = 0; i < device->contract_count; i++)
        if (strcmp(device->contracts[i], version) == 0)
            return true;
    return false;
}

static enum ats_status take_device(void *ctx, const struct ats_control_record *record)
{
    struct ats_contract_use *use = ctx;
    struct ats_body_device device;
    enum ats_status status = ats_body_device_parse(record->body, &device);
    if (status != ATS_OK)
        return status;
    if (device.state == ATS_DEVICE_REVOKED || device.state == ATS_DEVICE_RETIRED) {
        (void)json_object_del(use->devices, record->name);
        return ATS_OK;
    }
    if (!names(&device, use->name))
        return ATS_OK;
    return json_object_set_new(entry_of(use, record->name), "pinned", json_true()) == 0
               ? ATS_OK
               : ATS_ERR_MEMORY;
}

enum ats_status ats_contract_use_pins(struct ats_store_view *view, struct ats_contract_use *use,
                                      struct ats_error *err)
{
    enum ats_status status = ats_registry_walk(view, ATS_CONTROL_DEVICE, take_device, use);
    return status == ATS_OK ? ATS_OK
                            : ats_error_set(err, status, "the local copy cannot be read: %s",
                                            ats_status_name(status));
}

/* ---- telling ---- */

void ats_contract_use_print(const struct ats_cli *cli, const struct ats_contract_use *use)
{
    struct ats_output output;
    const char *device;
    json_t *entry;
    ats_output_begin(&output, cli);
    json_object_foreach(use->devices, device, entry)
    {
        char last[ATS_RFC3339_SIZE] = "";
        int64_t last_ms = json_integer_value(json_object_get(entry, "last"));
        if (last_ms > 0)
            ats_clock_format_rfc3339(last_ms, last);
        ats_output_row(&output, json_pack("{s:s, s:O, s:O, s:s}", "device", device, "pinned",
                                          json_object_get(entry, "pinned"), "records",
                                          json_object_get(entry, "records"), "last", last));
    }
    ats_output_end(&output);
}
