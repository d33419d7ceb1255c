/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A draft of a contract from payloads that were seen: types, what may be missing, ranges, rate. What payloads cannot tell (owner, topics,
 * units) and what is only likely is marked DECIDE in a comment, for a person to finish.
 *
 * Memory is bounded by the limits ATS_INFER_*, however long the input. Thread: one. Owns: everything but the files' names.
 * `err` is never NULL here.
 */
#ifndef ATS_CONTRACT_INFER_H
#define ATS_CONTRACT_INFER_H

#include "common/base/buf.h"
#include "common/base/error.h"

/* The mark of a line that is left to a person. */
#define ATS_INFER_MARK "DECIDE"

struct ats_infer;

ATS_MUST_USE enum ats_status ats_infer_new(struct ats_infer **ret_infer, struct ats_error *err);
void ats_infer_free(struct ats_infer *infer);

/*
 * One file: begin, its bytes in pieces of any size, end. Its text is events (JSON objects) one after the other, with white space or
 * nothing between them, and lists of events. CONFIG: the text is "FILE:LINE: ...": not JSON, no object, a key with values of two types,
 * one of the limits. After a failure only free and the getters are allowed. `file` must live as long as `infer`.
 */
void ats_infer_begin(struct ats_infer *infer, const char *file);
ATS_MUST_USE enum ats_status ats_infer_push(struct ats_infer *infer, struct ats_span bytes,
                                            struct ats_error *err);
ATS_MUST_USE enum ats_status ats_infer_end(struct ats_infer *infer, struct ats_error *err);

uint64_t ats_infer_event_count(const struct ats_infer *infer);
/* Events as they came: the first ones, and those that showed something new; at most ATS_INFER_SAMPLES_MAX. Borrowed. */
size_t ats_infer_sample_count(const struct ats_infer *infer);
struct ats_span ats_infer_sample(const struct ats_infer *infer, size_t index);

struct ats_infer_options {
    const char *name;          /* the contract's: a-z, 0-9 and - */
    const char *const *topics; /* MQTT filters; none: left to a person, and lint says so */
    size_t topic_count;
};

/* Appends the two documents, after the last file. CONFIG: there was no event, or none with a key. */
ATS_MUST_USE enum ats_status ats_infer_draft(struct ats_infer *infer,
                                             const struct ats_infer_options *options,
                                             struct ats_buf *odcs, struct ats_buf *avsc,
                                             struct ats_error *err);

#endif
