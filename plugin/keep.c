/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/keep.h"

#include "common/base/limits.h"
#include "common/base/utf8.h"

#include <sodium.h>

static void tell_hash(struct ats_span payload, size_t payload_max, struct ats_verdict *verdict)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof(hash) + 1];
    (void)crypto_hash_sha256(hash, payload.data, payload.len);
    ats_verdict_set(
        verdict, ATS_RULE_SIZE, "",
        "%zu bytes, more than the %zu that quarantine keeps whole: kept are the first %d, "
        "SHA-256 of all is %s",
        payload.len, payload_max, ATS_QUARANTINE_BEGINNING,
        sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash)));
}

bool ats_keep(const struct ats_gate_publish *publish, size_t payload_max, struct ats_kept *ret_kept,
              struct ats_verdict *verdict)
{
    struct ats_kept kept = {ats_span_text(publish->topic), publish->payload};
    bool long_topic = kept.topic.len > ATS_TOPIC_MAX;
    bool long_payload = kept.payload.len > payload_max;
    if (long_topic) {
        ats_verdict_set(verdict, ATS_RULE_SIZE, "",
                        "a topic of %zu bytes, more than a record carries: kept are the first %d",
                        kept.topic.len, ATS_TOPIC_MAX);
        kept.topic.len = (size_t)ats_utf8_cut(publish->topic, ATS_TOPIC_MAX);
    }
    if (long_payload) {
        tell_hash(kept.payload, payload_max, verdict);
        kept.payload.len = ATS_QUARANTINE_BEGINNING;
    }
    *ret_kept = kept;
    return !long_topic && !long_payload;
}
