/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/load/watch.h"

#include "common/base/limits.h"
#include "common/contract/avro.h"
#include "common/contract/schema.h"
#include "common/kafka/reader.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define READ_MS 50

struct load_watch {
    struct ats_kafka_config kafka;
    struct ats_kafka_reader *reader;
    struct load_client *clients;
    size_t client_count;
    pthread_t thread;
    atomic_bool stopping;
    _Atomic(uint64_t) seen;
    struct load_watch_result result;
};

static struct load_client *find_client(struct load_watch *watch, struct ats_span device)
{
    for (size_t i = 0; i < watch->client_count; i++)
        if (ats_span_is(device, watch->clients[i].plan->name))
            return &watch->clients[i];
    return NULL;
}

/* Device and sequence of a decision, as schemas/records/decision.avsc orders its fields; false if it is none of ours. */
static bool read_decision(struct ats_span value, struct ats_span *ret_device,
                          uint64_t *ret_sequence)
{
    uint32_t schema_id = 0;
    struct ats_span body;
    struct ats_avro_reader reader;
    if (ats_framing_get(value, &schema_id, &body) != ATS_OK)
        return false;
    ats_avro_reader_init(&reader, body);
    for (int i = 0; i < 3; i++)
        (void)ats_avro_get_bytes(&reader); /* id, gate, journal */
    (void)ats_avro_get_long(&reader);      /* position */
    (void)ats_avro_get_bytes(&reader);     /* topic */
    (void)ats_avro_get_long(&reader);      /* partition */
    (void)ats_avro_get_long(&reader);      /* offset */
    (void)ats_avro_get_bytes(&reader);     /* contract */
    (void)ats_avro_get_bytes(&reader);     /* version */
    (void)ats_avro_get_long(&reader);      /* schema id */
    *ret_device = ats_avro_get_bytes(&reader);
    (void)ats_avro_get_bytes(&reader); /* asset */
    (void)ats_avro_get_long(&reader);  /* event time */
    (void)ats_avro_get_long(&reader);  /* received time */
    *ret_sequence = ats_avro_get_long(&reader) == 1 ? (uint64_t)ats_avro_get_long(&reader) : 0;
    return !reader.failed;
}

static void take(struct load_watch *watch, const struct ats_kafka_record *record)
{
    struct ats_span device;
    uint64_t sequence = 0;
    struct load_client *client =
        read_decision(record->value, &device, &sequence) ? find_client(watch, device) : NULL;
    uint64_t slot = client ? sequence - client->first_sequence : 0;
    int64_t sent_us =
        client && slot < client->sent_cap ? atomic_exchange(&client->sent_us[slot], 0) : 0;
    if (sent_us == 0) {
        watch->result.strangers++;
        return;
    }
    watch->result.last_us = load_now_us();
    load_samples_add(&watch->result.visible_us, watch->result.last_us - sent_us);
    watch->result.decisions++;
    atomic_fetch_add(&watch->seen, 1);
}

static void *run(void *arg)
{
    struct load_watch *watch = arg;
    struct ats_kafka_record record;
    while (!atomic_load(&watch->stopping))
        if (ats_kafka_reader_next(watch->reader, READ_MS, &record, NULL) == ATS_OK)
            take(watch, &record);
    return NULL;
}

/* What is there already is no business of this run; a reader that has just started would measure its own start. */
static enum ats_status read_to_end(struct load_watch *watch, struct ats_error *err)
{
    struct ats_kafka_record record;
    int64_t until_us = load_now_us() + ATS_KAFKA_METADATA_TIMEOUT_MS * 1000LL;
    while (!ats_kafka_reader_at_end(watch->reader)) {
        enum ats_status status = ats_kafka_reader_next(watch->reader, READ_MS, &record, err);
        if (status != ATS_OK && status != ATS_ERR_AGAIN && load_now_us() > until_us)
            return status;
    }
    return ATS_OK;
}

enum ats_status load_watch_start(const struct load_options *options, struct load_client *clients,
                                 size_t client_count, struct load_watch **ret_watch,
                                 struct ats_error *err)
{
    struct load_watch *watch = calloc(1, sizeof(*watch));
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    if (!watch)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    watch->kafka = (struct ats_kafka_config){.config_file = options->kafka_config,
                                             .bootstrap = options->kafka_bootstrap,
                                             .topic_prefix = options->topic_prefix,
                                             .client_id = "attestream-load"};
    watch->clients = clients;
    watch->client_count = client_count;
    enum ats_status status = ats_kafka_topic_name(&watch->kafka, "decisions", topic, err);
    if (status == ATS_OK)
        status = ats_kafka_reader_open(&watch->kafka, topic, ATS_KAFKA_PARTITION_ALL,
                                       ATS_KAFKA_OFFSET_BEGINNING, &watch->reader, err);
    if (status == ATS_OK)
        status = read_to_end(watch, err);
    if (status == ATS_OK && pthread_create(&watch->thread, NULL, run, watch) != 0)
        status = ats_error_set(err, ATS_ERR_MEMORY, "cannot start a thread");
    if (status == ATS_OK) {
        *ret_watch = watch;
        return ATS_OK;
    }
    if (watch->reader)
        ats_kafka_reader_close(watch->reader);
    free(watch);
    return status;
}

uint64_t load_watch_seen(const struct load_watch *watch)
{
    return atomic_load(&watch->seen);
}

void load_watch_stop(struct load_watch *watch, struct load_watch_result *ret_result)
{
    atomic_store(&watch->stopping, true);
    (void)pthread_join(watch->thread, NULL);
    ats_kafka_reader_close(watch->reader);
    *ret_result = watch->result;
    free(watch);
}
