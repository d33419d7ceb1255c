/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The asset's twin: an Eclipse Ditto protocol message that merges (RFC 7396) what was inferred into one feature of the thing,
 * so that raw and inferred data may have policies of their own. Ditto's published schema forbids null values, so an end
 * is told by state and "until", and nothing is deleted.
 */
#include "common/record/text.h"

#include "processor/outputs/output.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define CONTENT_TYPE "application/vnd.eclipse.ditto+json"

/* What the feature's properties become. */
static json_t *make_properties(const struct ats_output_input *input)
{
    const struct ats_episode *episode = input->episode;
    bool opened = input->occasion == ATS_OCCASION_EPISODE_OPENED;
    char since[ATS_RFC3339_SIZE];
    char until[ATS_RFC3339_SIZE];
    (void)ats_text_time(episode->onset_ms, since);
    (void)ats_text_time(episode->last_ms, until);
    json_t *properties = json_pack(
        "{s:s, s:f, s:f, s:s, s:s, s:s, s:s#, s:s}", "state", opened ? "anomalous" : "normal",
        "score", input->result->score, "threshold", input->usecase->episode.enter, "failureMode",
        input->usecase->episode.failure_mode, "useCase", input->usecase->name, "severity",
        ats_severity_name(input->usecase->alert.severity), "episode",
        (const char *)episode->id.data, (int)episode->id.len, "since", since);
    if (properties && !opened &&
        json_object_set_new(properties, "until", json_string(until)) != 0) {
        json_decref(properties);
        return NULL;
    }
    return properties;
}

/* The message; NULL when out of memory. `thing_id` is "namespace:name". */
static json_t *make_message(const struct ats_output_input *input, const char *thing_id,
                            const char *correlation_id)
{
    char topic[ATS_THING_ID_SIZE + 64];
    char path[ATS_NAME_MAX + 64];
    const char *colon = strchr(thing_id, ':');
    assert(colon);
    const char *name = colon + 1;
    (void)snprintf(topic, sizeof(topic), "%.*s/%s/things/twin/commands/merge",
                   (int)(name - thing_id - 1), thing_id, name);
    (void)snprintf(path, sizeof(path), "/features/%s/properties", input->usecase->twin.feature);
    json_t *properties = make_properties(input);
    if (!properties)
        return NULL;
    return json_pack("{s:s, s:{s:s, s:s, s:b}, s:s, s:o}", "topic", topic, "headers",
                     "correlation-id", correlation_id, "content-type",
                     "application/merge-patch+json", "response-required", 0, "path", path, "value",
                     properties);
}

static enum ats_status write_message(const struct ats_output_input *input,
                                     struct ats_output_record *output)
{
    bool opened = input->occasion == ATS_OCCASION_EPISODE_OPENED;
    ats_buf_append(&output->text, input->episode->id.data, input->episode->id.len);
    ats_buf_append_text(&output->text, opened ? "/opened" : "/closed");
    const char *correlation_id = ats_buf_text(&output->text);
    if (!correlation_id)
        return output->text.status;
    assert(output->key);
    json_t *message = make_message(input, output->key, correlation_id);
    char *json = message ? json_dumps(message, JSON_COMPACT) : NULL;
    json_decref(message);
    if (!json)
        return ATS_ERR_MEMORY;
    ats_buf_append_text(&output->value, json);
    free(json);
    return output->value.status;
}

static enum ats_status map(const struct ats_output_input *input, struct ats_output_record *output)
{
    const struct ats_event *event = input->decision->event;
    ats_output_thing_id(input->usecase->twin.namespace_, event->asset, output->key);
    ats_output_begin(output, ats_span_text(output->key));
    enum ats_status status = write_message(input, output);
    if (status != ATS_OK)
        return status;
    output->record.value = ats_buf_span(&output->value);
    int64_t time_ms = input->decision->event_time_ms > 0 ? input->decision->event_time_ms : 0;
    ats_kafka_record_add_text(&output->record, "content-type", CONTENT_TYPE);
    ats_kafka_record_add_text(&output->record, "device_id", output->key);
    ats_kafka_record_add(
        &output->record, "creation-time",
        ats_span_of(output->number, ats_text_decimal((uint64_t)time_ms, output->number)));
    if (event->traceparent.len > 0)
        ats_kafka_record_add(&output->record, "traceparent", event->traceparent);
    return ATS_OK;
}

const struct ats_output_ops ats_output_twin = {
    .name = "twin",
    .topic = "twin",
    .occasions = ATS_OCCASION_EPISODE_OPENED | ATS_OCCASION_EPISODE_CLOSED,
    .map = map,
};
