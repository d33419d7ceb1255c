/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A payload taken apart into events, in the format that the contract or the publish's content type says: most payloads are one, a JSON
 * array is as many as it has items. Each is admitted or not on its own. The payload as a whole comes first: what is malformed
 * anywhere has no items, since nobody knows where they end.
 *
 * Thread: one at a time. Owns: its table of items, made once; the items' bytes are the payload's, borrowed until the next open.
 */
#ifndef ATS_CONTRACT_BATCH_H
#define ATS_CONTRACT_BATCH_H

#include "common/contract/contract.h"

struct ats_batch;

/* NULL: out of memory. */
ATS_MUST_USE struct ats_batch *ats_batch_new(void);
void ats_batch_free(struct ats_batch *batch);

/* Takes the input's payload apart as the contract says; the input is borrowed, too, until the next open. INVALID: the payload as a
   whole is refused, see the verdict. */
ATS_MUST_USE enum ats_status ats_batch_open(struct ats_batch *batch,
                                            const struct ats_contract *contract,
                                            const struct ats_contract_input *input,
                                            struct ats_verdict *ret_verdict);
/* At least one. */
size_t ats_batch_count(const struct ats_batch *batch);
/* Whether the payload is one event and no list of them, even of one. */
bool ats_batch_is_single(const struct ats_batch *batch);
/* What there is of an item in the payload: the bytes that stand for it in quarantine. */
struct ats_span ats_batch_item(const struct ats_batch *batch, size_t index);
/* As ats_contract_admit(), of one item. */
ATS_MUST_USE enum ats_status ats_batch_admit(const struct ats_batch *batch, size_t index,
                                             struct ats_buf *out, struct ats_verdict *ret_verdict);
/* Of a payload of `count` events (0: it is one event and no list) the event `index` once more. INVALID also where it has not so many. */
ATS_MUST_USE enum ats_status ats_batch_admit_again(const struct ats_contract *contract,
                                                   const struct ats_contract_input *input,
                                                   size_t index, size_t count, struct ats_buf *out,
                                                   struct ats_verdict *ret_verdict);

#endif
