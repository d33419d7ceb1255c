/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One task's path of an input record: check and decode, de-duplicate, then per matching use case window, score and episode,
 * then the outputs. The same code runs under Kafka (processor/runtime) and in replay (files): sources and sinks differ, and
 * nothing here asks for the time, so a run is a pure function of its inputs.
 *
 * Thread: the task's.
 */
#ifndef ATS_OPERATORS_PIPELINE_H
#define ATS_OPERATORS_PIPELINE_H

#include "common/base/error.h"
#include "common/control/catalog.h"
#include "common/kafka/record.h"
#include "common/record/event.h"
#include "processor/operators/dead_letter.h"
#include "processor/state/state.h"

struct ats_pipeline;

/* Contracts and use cases at one count of control records. Immutable, shared by all tasks, reference-counted. */
struct ats_snapshot {
    uint64_t control_count;
    struct ats_contract_set *contracts;
    struct ats_usecase_list usecases;
    _Atomic(uint32_t) references;
};

/* Takes ownership of set and list. NULL when out of memory (they are freed then). */
struct ats_snapshot *ats_snapshot_new(uint64_t control_count, struct ats_contract_set *contracts,
                                      struct ats_usecase_list *usecases);
struct ats_snapshot *ats_snapshot_ref(struct ats_snapshot *snapshot);
void ats_snapshot_unref(struct ats_snapshot *snapshot);

/* INVALID: a use case cannot run with its contract (unknown model, parameter or field). */
ATS_MUST_USE enum ats_status ats_pipeline_check(const struct ats_snapshot *snapshot,
                                                struct ats_error *err);

/* Where outputs go. `topic_suffix` is without the prefix ("decisions"); the record's topic is not set. The sink copies. */
struct ats_sink {
    enum ats_status (*emit)(void *ctx, const char *topic_suffix,
                            const struct ats_kafka_record *record, struct ats_error *err);
    void *ctx;
};

/* The pairwise keys of gate and this group: its new one, and a former one beside it. */
#define ATS_SEAL_KEYS_MAX 2
struct ats_seal_keys {
    const uint8_t *keys[ATS_SEAL_KEYS_MAX]; /* borrowed until the next find */
    size_t count;
};
/* NOT_FOUND: the gate is not known or revoked, or its keys were not good at
   `received_ms`, when it says that it took the message in; anything else is a failure of this process, and says nothing about the
   gate. */
typedef enum ats_status ats_seal_key_find(void *ctx, struct ats_span gate, int64_t received_ms,
                                          struct ats_seal_keys *ret_keys);

struct ats_pipeline_options {
    struct ats_state *state; /* borrowed */
    struct ats_sink sink;
    const char *fleet;           /* fleet id in hexadecimal, for CloudEvents' source */
    const char *group;           /* the processor group's name */
    ats_seal_key_find *seal_key; /* NULL: seals are not asked for (replay of bare payloads) */
    void *seal_ctx;
    int32_t
        partition_count; /* of every input topic; 0: not known, where a record lies is not checked (replay) */
};

enum ats_pipeline_outcome {
    ATS_PIPELINE_DECIDED,
    ATS_PIPELINE_DUPLICATE,
    ATS_PIPELINE_DEAD_LETTER,
    ATS_PIPELINE_WAIT, /* the record's gate had applied more control records than the snapshot has: try again later */
};

struct ats_pipeline_counters {
    uint64_t decided;
    uint64_t duplicates;
    uint64_t dead_letters;
    uint64_t dead_letters_by[ATS_DEAD_LETTER_RULES]; /* the same, by their rule */
    uint64_t late;
    uint64_t episodes_opened;
    uint64_t episodes_closed;
};

/* INVALID: a use case cannot run and was left out, as ats_pipeline_update() says; the pipeline is there all the same. */
ATS_MUST_USE enum ats_status ats_pipeline_new(const struct ats_pipeline_options *options,
                                              struct ats_snapshot *snapshot,
                                              struct ats_pipeline **ret_pipeline,
                                              struct ats_error *err);
/* Takes the new snapshot from the next record on. A use case that cannot run (unknown model, unknown field) is reported in
   `err` as INVALID, and left out; the others run. */
ATS_MUST_USE enum ats_status ats_pipeline_update(struct ats_pipeline *pipeline,
                                                 struct ats_snapshot *snapshot,
                                                 struct ats_error *err);
/* One input record. A status other than OK is of the state or the sink and ends the transaction; bad input is DEAD_LETTER. */
ATS_MUST_USE enum ats_status ats_pipeline_process(struct ats_pipeline *pipeline,
                                                  const struct ats_kafka_record *record,
                                                  enum ats_pipeline_outcome *ret_outcome,
                                                  struct ats_error *err);
/* From the next record on (`wait` false), what would be WAIT becomes a dead letter; `wait` true is the rule. For the caller
   that has followed the control log to its end and still gets WAIT: else one forged record could hold a partition for ever. */
void ats_pipeline_set_wait(struct ats_pipeline *pipeline, bool wait);
/* From the next record on (`refused` true), a record becomes a dead letter without its payload: Kafka has refused for its size
   what came of it. */
void ats_pipeline_set_refused(struct ats_pipeline *pipeline, bool refused);
/* Counts since the start; the caller takes the difference it needs. */
const struct ats_pipeline_counters *ats_pipeline_counters(const struct ats_pipeline *pipeline);
/* The number of the newest input, from the state: what decisions and changelog carry. 0 before the first. */
uint64_t ats_pipeline_input_number(const struct ats_pipeline *pipeline);
void ats_pipeline_free(struct ats_pipeline *pipeline);

#endif
