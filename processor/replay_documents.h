/* SPDX-License-Identifier: Apache-2.0 */
/* The contracts and use cases of a replay, from files instead of the control log. Thread: at start. */
#ifndef ATS_PROCESSOR_REPLAY_DOCUMENTS_H
#define ATS_PROCESSOR_REPLAY_DOCUMENTS_H

#include "common/base/limits.h"
#include "processor/operators/pipeline.h"

struct ats_replay_documents {
    const char *contracts[ATS_REPLAY_DOCUMENTS_MAX]; /* folders */
    size_t contract_count;
    const char *usecases[ATS_REPLAY_DOCUMENTS_MAX]; /* files */
    size_t usecase_count;
    const char
        *schema_ids[ATS_REPLAY_DOCUMENTS_MAX]; /* NAME@VERSION=ID of contracts that are given */
    size_t schema_id_count;
};

/* Reads and compiles everything; a use case that cannot run is an error here. NOT_FOUND, IO, CONFIG, INVALID, MEMORY. */
ATS_MUST_USE enum ats_status ats_replay_documents_read(const struct ats_replay_documents *documents,
                                                       struct ats_snapshot **ret_snapshot,
                                                       struct ats_error *err);

#endif
