/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/replay_fetch.h"

#include "common/base/limits.h"

enum ats_status ats_replay_fetch_init(struct ats_replay_fetch *fetch,
                                      const struct ats_kafka_config *kafka,
                                      const struct ats_clock *clock, struct ats_error *err)
{
    *fetch = (struct ats_replay_fetch){.kafka = kafka, .clock = clock};
    return ats_kafka_topic_name(kafka, "quarantine", fetch->topic, err);
}

void ats_replay_fetch_close(struct ats_replay_fetch *fetch)
{
    ats_kafka_reader_close(fetch->reader);
    fetch->reader = NULL;
    fetch->missing_since_ms = 0;
}

void ats_replay_fetch_fini(struct ats_replay_fetch *fetch)
{
    ats_replay_fetch_close(fetch);
}

static bool is_near(const struct ats_replay_fetch *fetch, int32_t partition, int64_t offset)
{
    int64_t here = fetch->reader ? ats_kafka_reader_position(fetch->reader) : -1;
    return fetch->reader && fetch->partition == partition && here <= offset &&
           offset - here <= ATS_GATE_REPLAY_SKIP;
}

static enum ats_status open_at(struct ats_replay_fetch *fetch, int32_t partition, int64_t offset,
                               struct ats_error *err)
{
    int64_t since_ms = fetch->partition == partition ? fetch->missing_since_ms : 0;
    ats_replay_fetch_close(fetch);
    fetch->partition = partition;
    fetch->missing_since_ms = since_ms;
    fetch->end = -1;
    return ats_kafka_reader_open_uncommitted(fetch->kafka, fetch->topic, partition, offset,
                                             &fetch->reader, err);
}

/* Brokers that start, and such as did not hear of a topic yet, say so for a moment. */
static enum ats_replay_fetched missing(struct ats_replay_fetch *fetch)
{
    int64_t now_ms = ats_clock_monotonic_ms(fetch->clock);
    if (fetch->missing_since_ms == 0)
        fetch->missing_since_ms = now_ms;
    if (now_ms - fetch->missing_since_ms < ATS_GATE_REPLAY_MISSING_MS)
        return ATS_REPLAY_AWAIT;
    /* It stays known as missing: what else is named there is not waited for again. */
    ats_kafka_reader_close(fetch->reader);
    fetch->reader = NULL;
    return ATS_REPLAY_GONE;
}

/* Whether the partition goes that far is asked once where nothing comes: what is named stood there before. */
static enum ats_replay_fetched nothing_came(struct ats_replay_fetch *fetch, int64_t offset,
                                            struct ats_error *err)
{
    if (ats_kafka_reader_position(fetch->reader) > offset)
        return ATS_REPLAY_GONE;
    if (fetch->end <= offset) {
        enum ats_status status = ats_kafka_reader_ask_end(
            fetch->reader, ATS_KAFKA_METADATA_TIMEOUT_MS, &fetch->end, err);
        if (status == ATS_ERR_NOT_FOUND)
            return missing(fetch);
        if (status == ATS_OK && fetch->end <= offset)
            return ATS_REPLAY_GONE;
    }
    return ATS_REPLAY_AWAIT;
}

enum ats_replay_fetched ats_replay_fetch(struct ats_replay_fetch *fetch, int32_t partition,
                                         int64_t offset, struct ats_kafka_record *ret_record,
                                         struct ats_error *err)
{
    if (!is_near(fetch, partition, offset) && open_at(fetch, partition, offset, err) != ATS_OK)
        return ATS_REPLAY_AWAIT;
    for (;;) {
        enum ats_status status =
            ats_kafka_reader_next(fetch->reader, ATS_CONTROL_POLL_TIMEOUT_MS, ret_record, err);
        if (status == ATS_OK)
            fetch->missing_since_ms = 0;
        if (status == ATS_OK && ret_record->offset < offset)
            continue;
        if (status == ATS_OK)
            return ret_record->offset == offset ? ATS_REPLAY_HAS : ATS_REPLAY_GONE;
        if (status == ATS_ERR_AGAIN)
            return nothing_came(fetch, offset, err);
        if (status == ATS_ERR_NOT_FOUND)
            return missing(fetch);
        if (status == ATS_ERR_UNAVAILABLE)
            return ATS_REPLAY_AWAIT;
        ats_replay_fetch_close(fetch);
        return status == ATS_ERR_INVALID ? ATS_REPLAY_GONE : ATS_REPLAY_AWAIT;
    }
}
