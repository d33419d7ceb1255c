/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that change or describe topics: each goes out with a time-out of its own, and its answer is awaited on a
 * queue with a deadline slightly behind it, so that a lost answer cannot hold the caller.
 */
#include "common/kafka/admin_internal.h"

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/kafka/client.h"
#include "common/kafka/reader.h"

#include <stdlib.h>
#include <time.h>

enum ats_status ats_kafka_admin_open(const struct ats_kafka_config *config,
                                     struct ats_kafka_admin **ret_admin, struct ats_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    struct ats_kafka_admin *admin = calloc(1, sizeof(*admin));
    if (!admin)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for a Kafka admin client");
    enum ats_status status = ats_kafka_conf_new(config, &conf, err);
    if (status == ATS_OK)
        status = ats_kafka_client_new(RD_KAFKA_PRODUCER, conf, config, &admin->client, err);
    if (status == ATS_OK) {
        admin->queue = rd_kafka_queue_new(admin->client);
        if (!admin->queue)
            status = ats_error_set(err, ATS_ERR_MEMORY, "out of memory for a Kafka admin client");
    }
    if (status != ATS_OK) {
        ats_kafka_admin_close(admin);
        return status;
    }
    *ret_admin = admin;
    return ATS_OK;
}

/* In the offset's place stands the time that is asked for. */
enum ats_status ats_kafka_admin_offset_at(struct ats_kafka_admin *admin, const char *topic,
                                          int32_t partition, int64_t time_ms, int timeout_ms,
                                          int64_t *ret_offset, struct ats_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *asked = rd_kafka_topic_partition_list_add(list, topic, partition);
    asked->offset = time_ms;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(admin->client, list, timeout_ms);
    code = code == RD_KAFKA_RESP_ERR_NO_ERROR ? list->elems[0].err : code;
    int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return ats_error_set(err, ats_kafka_status(code), "offset by time in %s [%d]: %s", topic,
                             (int)partition, rd_kafka_err2str(code));
    *ret_offset = offset >= 0 ? offset : ATS_KAFKA_OFFSET_END;
    return ATS_OK;
}

void ats_kafka_admin_close(struct ats_kafka_admin *admin)
{
    if (!admin)
        return;
    if (admin->queue)
        rd_kafka_queue_destroy(admin->queue);
    if (admin->client)
        rd_kafka_destroy(admin->client);
    free(admin);
}

/* One request: what it is about, its options, and its answer. */
struct request {
    struct ats_kafka_admin *admin;
    const char *verb;
    const char *topic;
    int timeout_ms;
    rd_kafka_AdminOptions_t *options;
    rd_kafka_event_t *event;
};

static enum ats_status request_begin(struct request *request, rd_kafka_admin_op_t op,
                                     struct ats_error *err)
{
    char reason[ATS_ERROR_TEXT_MAX / 2];
    request->options = rd_kafka_AdminOptions_new(request->admin->client, op);
    if (rd_kafka_AdminOptions_set_request_timeout(request->options, request->timeout_ms, reason,
                                                  sizeof(reason)) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return ats_error_set(err, ATS_ERR_INVALID, "time-out %d ms: %s", request->timeout_ms,
                             reason);
    /* How long the controller itself may wait until every broker knows. */
    if (op != RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS)
        (void)rd_kafka_AdminOptions_set_operation_timeout(request->options, request->timeout_ms,
                                                          reason, sizeof(reason));
    return ATS_OK;
}

static enum ats_status request_error(const struct request *request, rd_kafka_resp_err_t code,
                                     const char *text, struct ats_error *err)
{
    return ats_error_set(err, ats_kafka_status(code), "cannot %s topic %s: %s", request->verb,
                         request->topic, text ? text : rd_kafka_err2str(code));
}

/* Waits for the answer to `request` and drops answers of earlier requests that came after their deadline. */
static enum ats_status request_wait(struct request *request, rd_kafka_event_type_t type,
                                    struct ats_error *err)
{
    int wait_ms = request->timeout_ms + ATS_KAFKA_ADMIN_SLACK_MS;
    request->event = rd_kafka_queue_poll(request->admin->queue, wait_ms);
    if (!request->event)
        return request_error(request, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, err);
    if (rd_kafka_event_type(request->event) != type)
        return request_error(request, RD_KAFKA_RESP_ERR__FAIL, "unexpected answer", err);
    rd_kafka_resp_err_t code = rd_kafka_event_error(request->event);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return request_error(request, code, rd_kafka_event_error_string(request->event), err);
    return ATS_OK;
}

static void request_end(struct request *request)
{
    if (request->event)
        rd_kafka_event_destroy(request->event);
    if (request->options)
        rd_kafka_AdminOptions_destroy(request->options);
}

static enum ats_status topic_result(const struct request *request,
                                    const rd_kafka_topic_result_t *const *results, size_t count,
                                    struct ats_error *err)
{
    if (count != 1)
        return request_error(request, RD_KAFKA_RESP_ERR__FAIL, "unexpected answer", err);
    rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[0]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return ATS_OK;
    return request_error(request, code, rd_kafka_topic_result_error_string(results[0]), err);
}

static enum ats_status new_topic(const struct ats_kafka_topic_spec *spec,
                                 rd_kafka_NewTopic_t **ret_topic, struct ats_error *err)
{
    char reason[ATS_ERROR_TEXT_MAX / 2];
    const struct ats_kafka_topic_setting *setting = spec->settings;
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(spec->topic, spec->partitions,
                                                       spec->replication, reason, sizeof(reason));
    if (!topic)
        return ats_error_set(err, ATS_ERR_INVALID, "topic '%s': %s", spec->topic, reason);
    for (; setting && setting->name; setting++) {
        rd_kafka_resp_err_t code =
            rd_kafka_NewTopic_set_config(topic, setting->name, setting->value);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            rd_kafka_NewTopic_destroy(topic);
            return ats_error_set(err, ATS_ERR_INVALID, "topic '%s': setting '%s': %s", spec->topic,
                                 setting->name, rd_kafka_err2str(code));
        }
    }
    *ret_topic = topic;
    return ATS_OK;
}

/* The controller answers before every broker knows; who describes or lists next should find the topic. */
static void await_topic(struct ats_kafka_admin *admin, const char *name, int timeout_ms)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    int64_t deadline_ms = ats_clock_monotonic_ms(&ats_clock_system) + timeout_ms;
    int partitions = 0;
    int replication = 0;
    while (ats_kafka_admin_describe(admin, name, timeout_ms, &partitions, &replication, NULL) !=
               ATS_OK &&
           ats_clock_monotonic_ms(&ats_clock_system) < deadline_ms)
        (void)nanosleep(&pause, NULL);
}

enum ats_status ats_kafka_admin_create(struct ats_kafka_admin *admin,
                                       const struct ats_kafka_topic_spec *spec, int timeout_ms,
                                       struct ats_error *err)
{
    struct request request = {admin, "create", spec->topic, timeout_ms, NULL, NULL};
    rd_kafka_NewTopic_t *topic = NULL;
    size_t count = 0;
    enum ats_status status = request_begin(&request, RD_KAFKA_ADMIN_OP_CREATETOPICS, err);
    if (status == ATS_OK)
        status = new_topic(spec, &topic, err);
    if (status != ATS_OK)
        goto out;
    rd_kafka_CreateTopics(admin->client, &topic, 1, request.options, admin->queue);
    status = request_wait(&request, RD_KAFKA_EVENT_CREATETOPICS_RESULT, err);
    if (status != ATS_OK)
        goto out;
    const rd_kafka_CreateTopics_result_t *result =
        rd_kafka_event_CreateTopics_result(request.event);
    const rd_kafka_topic_result_t **results = rd_kafka_CreateTopics_result_topics(result, &count);
    status = topic_result(&request, results, count, err);
    if (status == ATS_OK)
        await_topic(admin, spec->topic, timeout_ms);
out:
    if (topic)
        rd_kafka_NewTopic_destroy(topic);
    request_end(&request);
    return status;
}

enum ats_status ats_kafka_admin_delete(struct ats_kafka_admin *admin, const char *name,
                                       int timeout_ms, struct ats_error *err)
{
    struct request request = {admin, "delete", name, timeout_ms, NULL, NULL};
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
    size_t count = 0;
    enum ats_status status = request_begin(&request, RD_KAFKA_ADMIN_OP_DELETETOPICS, err);
    if (status != ATS_OK)
        goto out;
    rd_kafka_DeleteTopics(admin->client, &topic, 1, request.options, admin->queue);
    status = request_wait(&request, RD_KAFKA_EVENT_DELETETOPICS_RESULT, err);
    if (status != ATS_OK)
        goto out;
    const rd_kafka_DeleteTopics_result_t *result =
        rd_kafka_event_DeleteTopics_result(request.event);
    const rd_kafka_topic_result_t **results = rd_kafka_DeleteTopics_result_topics(result, &count);
    status = topic_result(&request, results, count, err);
out:
    rd_kafka_DeleteTopic_destroy(topic);
    request_end(&request);
    return status;
}

static enum ats_status copy_setting(const struct request *request, const char *name,
                                    char *ret_value, size_t size, struct ats_error *err)
{
    size_t resources = 0;
    size_t entries = 0;
    const rd_kafka_DescribeConfigs_result_t *result =
        rd_kafka_event_DescribeConfigs_result(request->event);
    const rd_kafka_ConfigResource_t **resource =
        rd_kafka_DescribeConfigs_result_resources(result, &resources);
    if (resources != 1)
        return request_error(request, RD_KAFKA_RESP_ERR__FAIL, "unexpected answer", err);
    rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resource[0]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return request_error(request, code, rd_kafka_ConfigResource_error_string(resource[0]), err);
    const rd_kafka_ConfigEntry_t **entry = rd_kafka_ConfigResource_configs(resource[0], &entries);
    for (size_t i = 0; i < entries; i++) {
        if (strcmp(rd_kafka_ConfigEntry_name(entry[i]), name) != 0)
            continue;
        const char *value = rd_kafka_ConfigEntry_value(entry[i]);
        int len = snprintf(ret_value, size, "%s", value ? value : "");
        if (len < 0 || (size_t)len >= size)
            return ats_error_set(err, ATS_ERR_LIMIT, "setting '%s' of topic %s is longer than %zu",
                                 name, request->topic, size);
        return ATS_OK;
    }
    return ats_error_set(err, ATS_ERR_NOT_FOUND, "topic %s has no setting '%s'", request->topic,
                         name);
}

enum ats_status ats_kafka_admin_setting(struct ats_kafka_admin *admin, const char *topic,
                                        const char *name, int timeout_ms, char *ret_value,
                                        size_t size, struct ats_error *err)
{
    struct request request = {admin, "describe", topic, timeout_ms, NULL, NULL};
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    enum ats_status status = request_begin(&request, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, err);
    if (status != ATS_OK)
        goto out;
    rd_kafka_DescribeConfigs(admin->client, &resource, 1, request.options, admin->queue);
    status = request_wait(&request, RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT, err);
    if (status == ATS_OK)
        status = copy_setting(&request, name, ret_value, size, err);
out:
    rd_kafka_ConfigResource_destroy(resource);
    request_end(&request);
    return status;
}
