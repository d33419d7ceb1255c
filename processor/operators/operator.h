/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators: the steps of an event's way. One file and one line in the tables of operators.c each.
 *
 *   for the event:          deduplicate -> event time
 *   for each use case:      window -> score -> episode
 *
 * An operator reads and writes the flow (one event on its way) and, for a use case, the chain (the use case as compiled for
 * one contract, with the result it is working on). What it must remember it keeps in the task's state under a key of its
 * own letter, so that it is restored from the changelog and undone with the transaction.
 *
 *   letter  key                          bytes                            whose
 *   n       -                            counts of inputs and control     pipeline
 *   h       topic, gate, journal id      high mark                        deduplicate
 *   t       contract, device             newest time                      event time
 *   u       use case, asset              shape, windows, model's memory   window, score
 *   e       use case, asset              episode                          episode
 *
 * Thread: the task's.
 */
#ifndef ATS_OPERATORS_OPERATOR_H
#define ATS_OPERATORS_OPERATOR_H

#include "common/contract/contract.h"
#include "processor/models/model.h"
#include "processor/outputs/output.h"
#include "processor/state/state.h"

#define ATS_STATE_KEY_SIZE 512
#define ATS_EXPLANATION_SIZE 512

/* Numbers of one field in panes of an event-time window; features of the same field and window share it. */
struct ats_series {
    size_t leaf;
    int64_t window_ms;
    size_t width; /* numbers in a pane */
    size_t at;    /* of its memory, in the chain's */
};

struct ats_chain_feature {
    size_t series; /* of the chain's; not for ATS_AGGREGATE_LAST */
    size_t leaf;
    size_t at; /* ATS_AGGREGATE_LAST: of its memory, in the chain's */
};

enum ats_episode_change { ATS_EPISODE_UNCHANGED, ATS_EPISODE_OPENED, ATS_EPISODE_CLOSED };

/* A use case as compiled for one version of its contract, and its answer to the event that is on its way. */
struct ats_chain {
    const struct ats_usecase *usecase;
    const struct ats_contract *contract;
    /* window */
    struct ats_series series[ATS_USECASE_FEATURES_MAX];
    size_t series_count;
    struct ats_chain_feature features[ATS_USECASE_FEATURES_MAX];
    /* score */
    const struct ats_model_ops *model;
    /* The entry "u": shape, windows, then the model's memory. */
    uint64_t shape; /* hash of all that its layout and meaning depend on */
    size_t model_at;
    size_t memory_size;
    /* The event's. */
    uint8_t *memory;
    double values[ATS_USECASE_FEATURES_MAX];
    struct ats_decision_feature scored[ATS_USECASE_FEATURES_MAX];
    struct ats_decision_result result;
    char explanation[ATS_EXPLANATION_SIZE];
    enum ats_episode_change change;
    char episode_id[ATS_EPISODE_ID_SIZE];
    struct ats_episode episode;
    struct ats_decision_feature peak[ATS_USECASE_FEATURES_MAX];
};

/* One event on its way. */
struct ats_flow {
    struct ats_state *state;
    const struct ats_kafka_record *record;
    struct ats_event event;
    const struct ats_contract *contract; /* NULL: unknown, or the value does not fit it */
    struct ats_leaf *leaves;
    int64_t event_time_ms; /* as the device says */
    /* The same, but never after the gate received it: what windows and the model go by. */
    int64_t time_ms;
    /* The latest `time_ms` of this device before this event; INT64_MIN: it is the first. */
    int64_t newest_ms;
    char key[ATS_STATE_KEY_SIZE];
};

/* What becomes of the event after an operator. */
enum ats_next {
    ATS_NEXT_GO_ON,
    ATS_NEXT_STOP, /* of the event: it is a duplicate. Of a use case: its chain ends here */
};

/* A status other than OK is the state's and ends the transaction. */
struct ats_event_operator {
    const char *name;
    enum ats_status (*process)(struct ats_flow *flow, enum ats_next *ret_next);
};

struct ats_usecase_operator {
    const char *name;
    /* Compiles its part of the chain; NULL: nothing to do. INVALID names what cannot be. */
    enum ats_status (*prepare)(struct ats_chain *chain, struct ats_error *err);
    enum ats_status (*process)(struct ats_chain *chain, struct ats_flow *flow,
                               enum ats_next *ret_next);
};

/* In order; both end with NULL. */
extern const struct ats_event_operator *const ats_event_operators[];
extern const struct ats_usecase_operator *const ats_usecase_operators[];

/* A state key: the letter and the parts, each but the last ended by a zero byte; borrowed from the flow. The parts are names
   and topics, so it fits. */
struct ats_span ats_flow_key(struct ats_flow *flow, char letter, struct ats_span first,
                             struct ats_span second, struct ats_span third);

/* Every topic of which de-duplication has seen a record, once for each of its gates and journals. */
typedef void ats_seen_topic(void *ctx, struct ats_span topic);
void ats_deduplicate_each_topic(const struct ats_state *state, ats_seen_topic *visit, void *ctx);

/* The chain of a use case for a contract. INVALID: unknown model, bad parameter, unknown or non-numeric field. */
ATS_MUST_USE enum ats_status ats_chain_new(const struct ats_usecase *usecase,
                                           const struct ats_contract *contract,
                                           struct ats_chain **ret_chain, struct ats_error *err);
void ats_chain_free(struct ats_chain *chain);
/* Runs the chain on the event; afterwards result and change hold the answer. */
ATS_MUST_USE enum ats_status ats_chain_process(struct ats_chain *chain, struct ats_flow *flow);

/* Appends to the chain's explanation which of the features deviate, and by how much, after the text `head`. */
void ats_chain_explain(struct ats_chain *chain, const char *head,
                       const struct ats_decision_feature *features, double score);

#endif
