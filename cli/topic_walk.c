/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/topic_walk.h"

#include "cli/cli.h"
#include "cli/kafka.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/kafka/admin.h"

#include <signal.h>
#include <stdio.h>

#define POLL_MS 200

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static void take_signals(void)
{
    const struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

static bool is_over(struct ats_topic_walk *walk)
{
    walk->over = walk->over || interrupted || ferror(stdout);
    return walk->over;
}

/* Whether it has stood at one position for too long. */
static bool has_stopped(const struct ats_kafka_reader *reader, int64_t *position, int64_t *since_ms)
{
    int64_t now_ms = ats_clock_monotonic_ms(&ats_clock_system);
    int64_t here = ats_kafka_reader_position(reader);
    if (here != *position)
        *since_ms = now_ms;
    *position = here;
    return now_ms - *since_ms > ATS_CLI_KAFKA_TIMEOUT_MS;
}

static void visit(struct ats_topic_walk *walk, const struct ats_kafka_record *record)
{
    walk->any = true;
    if (!walk->visit(walk->ctx, record))
        walk->over = true;
}

/* `end`: of the reader's one partition, where it ends; negative: nowhere. Who waits for an end is told where Kafka gives nothing more. */
static enum ats_status read_records(struct ats_topic_walk *walk, struct ats_kafka_reader *reader,
                                    int64_t end, struct ats_error *err)
{
    bool said = false;
    int64_t position = -1;
    int64_t since_ms = ats_clock_monotonic_ms(&ats_clock_system);
    while (!is_over(walk) && (end < 0 || ats_kafka_reader_position(reader) < end)) {
        struct ats_kafka_record record;
        enum ats_status status = ats_kafka_reader_next(reader, POLL_MS, &record, err);
        if (end >= 0 && has_stopped(reader, &position, &since_ms))
            return ats_error_set(err, ATS_ERR_UNAVAILABLE,
                                 "Kafka has given nothing for %d s, and the topic goes on",
                                 ATS_CLI_KAFKA_TIMEOUT_MS / 1000);
        if (status == ATS_OK) {
            if (end >= 0 && record.offset >= end) /* what was before it is a transaction's mark */
                break;
            visit(walk, &record);
            said = false;
            position = -1; /* what the visit took is not Kafka's */
        } else if (status == ATS_ERR_UNAVAILABLE && !said) {
            ats_cli_note("%s; trying again", err->text);
            said = true;
        } else if (status != ATS_ERR_AGAIN && status != ATS_ERR_UNAVAILABLE) {
            return status;
        }
    }
    return ATS_OK;
}

/* Whether who reads the topic judges each record by its own seal or signature; such a topic is shown as it is read, past a
   transaction that somebody left open. */
static bool proves_itself(const struct ats_topic_walk *walk)
{
    static const char *const suffixes[] = {"control", "heartbeat", "evidence"};
    const char *suffix = walk->topic + strlen(walk->cli->kafka.topic_prefix);
    bool found = strncmp(suffix, "telemetry.", strlen("telemetry.")) == 0;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && !found; i++)
        found = strcmp(suffix, suffixes[i]) == 0;
    return found;
}

static enum ats_status open_reader(const struct ats_topic_walk *walk, int32_t partition,
                                   int64_t offset, struct ats_kafka_reader **ret_reader,
                                   struct ats_error *err)
{
    const struct ats_kafka_config *kafka = &walk->cli->kafka;
    return walk->uncommitted || proves_itself(walk)
               ? ats_kafka_reader_open_uncommitted(kafka, walk->topic, partition, offset,
                                                   ret_reader, err)
               : ats_kafka_reader_open(kafka, walk->topic, partition, offset, ret_reader, err);
}

enum ats_status ats_topic_follow(struct ats_topic_walk *walk, int64_t offset, struct ats_error *err)
{
    struct ats_kafka_reader *reader = NULL;
    enum ats_status status = open_reader(walk, ATS_KAFKA_PARTITION_ALL, offset, &reader, err);
    if (status != ATS_OK)
        return status;
    if (offset == ATS_KAFKA_OFFSET_END)
        ats_cli_note("waiting for new records of %s (--from-beginning shows what is there)",
                     walk->topic);
    take_signals();
    status = read_records(walk, reader, -1, err);
    ats_kafka_reader_close(reader);
    return status;
}

/* Where the walk begins: at the end there is nothing to read. */
static enum ats_status find_beginning(const struct ats_topic_walk *walk,
                                      struct ats_kafka_admin *admin, int32_t partition,
                                      int64_t *ret_offset, struct ats_error *err)
{
    *ret_offset = ATS_KAFKA_OFFSET_BEGINNING;
    return walk->since_ms == 0
               ? ATS_OK
               : ats_kafka_admin_offset_at(admin, walk->topic, partition, walk->since_ms,
                                           ATS_CLI_KAFKA_TIMEOUT_MS, ret_offset, err);
}

/* To the end that it has when it is asked, however much is written meanwhile. */
static enum ats_status read_partition(struct ats_topic_walk *walk, struct ats_kafka_admin *admin,
                                      int32_t partition, struct ats_error *err)
{
    int64_t end = 0;
    int64_t begin = 0;
    struct ats_kafka_reader *reader = NULL;
    enum ats_status status = find_beginning(walk, admin, partition, &begin, err);
    if (status != ATS_OK || begin == ATS_KAFKA_OFFSET_END)
        return status;
    status = open_reader(walk, partition, begin, &reader, err);
    if (status == ATS_OK)
        status = ats_kafka_reader_ask_end(reader, ATS_CLI_KAFKA_TIMEOUT_MS, &end, err);
    if (status == ATS_OK)
        status = read_records(walk, reader, end, err);
    if (status == ATS_OK && interrupted && ats_kafka_reader_position(reader) < end)
        walk->cut = true;
    ats_kafka_reader_close(reader);
    return status;
}

static enum ats_status count_partitions(const struct ats_topic_walk *walk, int *ret_count,
                                        struct ats_error *err)
{
    struct ats_kafka_admin *admin = NULL;
    int replication = 0;
    enum ats_status status = ats_kafka_admin_open(&walk->cli->kafka, &admin, err);
    if (status == ATS_OK)
        status = ats_kafka_admin_describe(admin, walk->topic, ATS_CLI_KAFKA_TIMEOUT_MS, ret_count,
                                          &replication, err);
    ats_kafka_admin_close(admin);
    return status;
}

enum ats_status ats_topic_walk_to_end(struct ats_topic_walk *walk, struct ats_error *err)
{
    int partitions = 0;
    int replication = 0;
    int begun = 0;
    struct ats_kafka_admin *admin = NULL;
    enum ats_status status = ats_kafka_admin_open(&walk->cli->kafka, &admin, err);
    if (status == ATS_OK)
        status = ats_kafka_admin_describe(admin, walk->topic, ATS_CLI_KAFKA_TIMEOUT_MS, &partitions,
                                          &replication, err);
    take_signals();
    while (begun < partitions && status == ATS_OK && !is_over(walk))
        status = read_partition(walk, admin, begun++, err);
    if (interrupted && begun < partitions)
        walk->cut = true;
    ats_kafka_admin_close(admin);
    return status;
}

static enum ats_status none_there(const struct ats_topic_walk *walk, int32_t partition,
                                  int64_t offset, struct ats_error *err)
{
    return ats_error_set(err, ATS_ERR_NOT_FOUND, "there is no record %d:%lld in %s", (int)partition,
                         (long long)offset, walk->topic);
}

/* What is there is a transaction's mark, or was compacted away. */
static bool is_behind(const struct ats_kafka_reader *reader, int64_t offset)
{
    return ats_kafka_reader_position(reader) > offset;
}

enum ats_status ats_topic_walk_one(struct ats_topic_walk *walk, int32_t partition, int64_t offset,
                                   struct ats_error *err)
{
    int64_t end = 0;
    int partitions = 0;
    struct ats_kafka_record record;
    struct ats_kafka_reader *reader = NULL;
    enum ats_status status = count_partitions(walk, &partitions, err);
    if (status == ATS_OK && (partition < 0 || partition >= partitions))
        return none_there(walk, partition, offset, err);
    if (status == ATS_OK)
        status = open_reader(walk, partition, offset, &reader, err);
    if (status == ATS_OK)
        status = ats_kafka_reader_ask_end(reader, ATS_CLI_KAFKA_TIMEOUT_MS, &end, err);
    if (status == ATS_OK && offset >= end)
        status = none_there(walk, partition, offset, err);
    int64_t until_ms = ats_clock_monotonic_ms(&ats_clock_system) + ATS_CLI_KAFKA_TIMEOUT_MS;
    enum ats_status found = ATS_ERR_AGAIN;
    while (status == ATS_OK && found == ATS_ERR_AGAIN && !is_behind(reader, offset) &&
           ats_clock_monotonic_ms(&ats_clock_system) < until_ms)
        found = ats_kafka_reader_next(reader, POLL_MS, &record, err);
    bool passed = status == ATS_OK && found == ATS_ERR_AGAIN && is_behind(reader, offset);
    if (status == ATS_OK && found == ATS_OK && record.offset == offset)
        visit(walk, &record);
    else if (status == ATS_OK && (passed || found == ATS_OK || found == ATS_ERR_INVALID))
        status = none_there(walk, partition, offset, err);
    else if (status == ATS_OK)
        status = ats_error_set(err, ATS_ERR_UNAVAILABLE, "Kafka has given nothing for %d s",
                               ATS_CLI_KAFKA_TIMEOUT_MS / 1000);
    ats_kafka_reader_close(reader);
    return status;
}
