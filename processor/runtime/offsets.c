/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/offsets.h"

#include "processor/runtime/commit_mark.h"

#include <stdlib.h>

#define NOTHING_NEW (-1)

struct input {
    char *topic;
    int64_t committed;
    int64_t next;    /* behind the newest record of the open transaction, or NOTHING_NEW */
    int64_t time_ms; /* the newest of what is committed; negative: not known */
    int64_t next_time_ms;
    int64_t end; /* known when the newest wait began */
    int64_t settled;
    /* From here to there the input holds nothing; equal: not known. An input does not change, so this stays true after a
       rollback. */
    int64_t empty_from;
    int64_t empty_to;
};

struct ats_offsets {
    int32_t partition;
    uint64_t input_number;
    size_t count;
    size_t
        newest; /* index of the input that the newest record came from: the next one often does, too */
    struct input inputs[];
};

struct ats_offsets *ats_offsets_new(const rd_kafka_topic_partition_list_t *committed,
                                    int32_t partition)
{
    struct ats_offsets *offsets =
        calloc(1, sizeof(*offsets) + (size_t)committed->cnt * sizeof(struct input));
    if (!offsets)
        return NULL;
    offsets->partition = partition;
    for (int i = 0; i < committed->cnt; i++) {
        const rd_kafka_topic_partition_t *entry = &committed->elems[i];
        if (entry->partition != partition)
            continue;
        struct input *input = &offsets->inputs[offsets->count];
        input->topic = strdup(entry->topic);
        if (!input->topic) {
            ats_offsets_free(offsets);
            return NULL;
        }
        input->committed = entry->offset >= 0 ? entry->offset : RD_KAFKA_OFFSET_BEGINNING;
        input->next = NOTHING_NEW;
        offsets->count++;
        struct ats_commit_mark mark = ats_commit_mark_read(entry);
        input->time_ms = mark.time_ms;
        input->next_time_ms = mark.time_ms;
        if (mark.input_number > offsets->input_number)
            offsets->input_number = mark.input_number;
    }
    return offsets;
}

void ats_offsets_free(struct ats_offsets *offsets)
{
    if (!offsets)
        return;
    for (size_t i = 0; i < offsets->count; i++)
        free(offsets->inputs[i].topic);
    free(offsets);
}

/* The index of the topic's input, or their count. */
static size_t find_input(const struct ats_offsets *offsets, const char *topic)
{
    for (size_t tried = 0; tried < offsets->count; tried++) {
        size_t i = (offsets->newest + tried) % offsets->count;
        if (strcmp(offsets->inputs[i].topic, topic) == 0)
            return i;
    }
    return offsets->count;
}

enum ats_status ats_offsets_note(struct ats_offsets *offsets, const char *topic, int64_t offset,
                                 int64_t time_ms)
{
    size_t i = find_input(offsets, topic);
    if (i == offsets->count)
        return ATS_ERR_NOT_FOUND;
    offsets->newest = i;
    offsets->inputs[i].next = offset + 1;
    if (time_ms > offsets->inputs[i].next_time_ms)
        offsets->inputs[i].next_time_ms = time_ms;
    return ATS_OK;
}

void ats_offsets_note_end(struct ats_offsets *offsets, const char *topic, int64_t end)
{
    size_t i = find_input(offsets, topic);
    if (i < offsets->count && end > offsets->inputs[i].end)
        offsets->inputs[i].end = end;
}

void ats_offsets_settle(struct ats_offsets *offsets)
{
    for (size_t i = 0; i < offsets->count; i++)
        offsets->inputs[i].settled = offsets->inputs[i].end;
}

bool ats_offsets_is_settled(const struct ats_offsets *offsets, const char *topic, int64_t offset)
{
    size_t i = find_input(offsets, topic);
    return i < offsets->count && offset < offsets->inputs[i].settled;
}

rd_kafka_topic_partition_list_t *ats_offsets_to_commit(const struct ats_offsets *offsets,
                                                       const struct ats_changelog *changelog,
                                                       uint64_t input_number)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)offsets->count);
    for (size_t i = 0; list && i < offsets->count; i++) {
        if (offsets->inputs[i].next == NOTHING_NEW)
            continue;
        rd_kafka_topic_partition_t *entry =
            rd_kafka_topic_partition_list_add(list, offsets->inputs[i].topic, offsets->partition);
        entry->offset = offsets->inputs[i].next;
        if (!ats_commit_mark_set(changelog, entry, input_number, offsets->inputs[i].next_time_ms)) {
            rd_kafka_topic_partition_list_destroy(list);
            return NULL;
        }
    }
    return list;
}

void ats_offsets_commit(struct ats_offsets *offsets)
{
    for (size_t i = 0; i < offsets->count; i++) {
        if (offsets->inputs[i].next != NOTHING_NEW)
            offsets->inputs[i].committed = offsets->inputs[i].next;
        offsets->inputs[i].time_ms = offsets->inputs[i].next_time_ms;
        offsets->inputs[i].next = NOTHING_NEW;
    }
}

void ats_offsets_rollback(struct ats_offsets *offsets)
{
    for (size_t i = 0; i < offsets->count; i++) {
        offsets->inputs[i].next_time_ms = offsets->inputs[i].time_ms;
        offsets->inputs[i].next = NOTHING_NEW;
    }
}

void ats_offsets_note_idle(struct ats_offsets *offsets, const char *topic, int64_t offset)
{
    size_t i = find_input(offsets, topic);
    if (i == offsets->count)
        return;
    struct input *input = &offsets->inputs[i];
    input->empty_from = input->next != NOTHING_NEW ? input->next : input->committed;
    input->empty_to = offset;
}

int64_t ats_offsets_lag(const struct ats_offsets *offsets, size_t index, int64_t low, int64_t end)
{
    const struct input *input = &offsets->inputs[index];
    int64_t at = input->committed;
    if (at == input->empty_from && input->empty_to > at)
        at = input->empty_to;
    if (at < low)
        at = low;
    return end > at ? end - at : 0;
}

void ats_lag_add(struct ats_lag *lag, const struct ats_offsets *offsets, size_t index, int64_t low,
                 int64_t end)
{
    if (end < 0) {
        lag->unknown++;
        return;
    }
    lag->known++;
    lag->records += ats_offsets_lag(offsets, index, low, end);
}

int64_t ats_lag_shown(const struct ats_lag *lag)
{
    return lag->known > 0 ? lag->records : -1;
}

size_t ats_offsets_count(const struct ats_offsets *offsets)
{
    return offsets->count;
}

const char *ats_offsets_topic(const struct ats_offsets *offsets, size_t index)
{
    return offsets->inputs[index].topic;
}

int64_t ats_offsets_committed(const struct ats_offsets *offsets, size_t index)
{
    return offsets->inputs[index].committed;
}

uint64_t ats_offsets_input_number(const struct ats_offsets *offsets)
{
    return offsets->input_number;
}

enum ats_status ats_partitions_check(const char *topic, int count, const char *other,
                                     int other_count, struct ats_error *err)
{
    if (count == other_count)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "topic %s has %d partitions and %s has %d (allowed: equal counts, since "
                         "a task is the same partition of all; `attestream topics check` tells "
                         "more)",
                         topic, count, other, other_count);
}
