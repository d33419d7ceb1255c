/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a record can keep of a publish: all of it, or, where it is too long, its beginning. Whoever looks at quarantine then
 * knows the rest by its size and hash. Thread: any. Owns: nothing.
 */
#ifndef ATS_PLUGIN_KEEP_H
#define ATS_PLUGIN_KEEP_H

#include "common/contract/verdict.h"
#include "plugin/gate.h"

struct ats_kept {
    struct ats_span topic;
    struct ats_span payload;
};

/* Whether all is kept; otherwise the verdict says what is not. Reads the whole of a payload that is longer than
   `payload_max`, for its hash. */
bool ats_keep(const struct ats_gate_publish *publish, size_t payload_max, struct ats_kept *ret_kept,
              struct ats_verdict *verdict);

#endif
