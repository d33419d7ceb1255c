/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payloads of a contract with JSON, both kinds of Avro, and text: the first byte chooses the content type, the rest is the payload. What is
 * admitted decodes with finite numbers alone, is the payload's own bytes where that is Avro, and is refused under each other type.
 */
#include "common/contract/batch.h"
#include "common/contract/schema.h"
#include "tests/fuzz/support.h"

#include <math.h>

static const char schema[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"d\",\"type\":\"double\"},"
    "{\"name\":\"u\",\"type\":[\"null\",\"long\",\"string\"],\"default\":null},"
    "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]},"
    "\"default\":\"A\"},"
    "{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"map\",\"values\":\"float\"}"
    "},\"default\":[]},"
    "{\"name\":\"f\",\"type\":[\"null\",\"float\"],\"default\":null}]}";

static const char odcs[] =
    "apiVersion: v3.1.0\nkind: DataContract\nid: r\nversion: 1.0.0\nstatus: active\n"
    "schema:\n  - name: r\n    properties: [{name: d}, {name: u}, {name: e}, {name: a}, {name: "
    "f}]\n"
    "customProperties:\n  - {property: attestream, value: {topics: [a], formats: [json, avro, "
    "avro-confluent, text]}}\n";

static const char *const content_types[] = {"", "application/json", "application/avro",
                                            "application/vnd.confluent.avro", "text/plain"};
#define TYPE_COUNT (sizeof(content_types) / sizeof(content_types[0]))

static struct ats_contract *contract;
static struct ats_batch *batch;

/* Whether an event is admitted under that content type; of a list the last. */
static bool is_admitted(struct ats_span payload, size_t type, struct ats_buf *out)
{
    const struct ats_contract_input input = {.payload = payload,
                                             .content_type = ats_span_text(content_types[type])};
    struct ats_verdict verdict;
    bool any = false;
    ats_buf_clear(out);
    if (ats_batch_open(batch, contract, &input, &verdict) != ATS_OK)
        return false;
    for (size_t i = 0; i < ats_batch_count(batch); i++) {
        size_t before = out->len;
        enum ats_status status = ats_batch_admit(batch, i, out, &verdict);
        FUZZ_CHECK(status == ATS_OK ? verdict.rule == ATS_RULE_NONE : out->len == before);
        if (status != ATS_OK)
            continue;
        out->len -= before;
        memmove(out->data, out->data + before, out->len);
        any = true;
    }
    return any;
}

static void check_value(struct ats_span value)
{
    struct ats_leaf leaves[8];
    FUZZ_CHECK(ats_contract_decode(contract, value, leaves) == ATS_OK);
    for (size_t i = 0; i < ats_contract_leaf_count(contract); i++)
        FUZZ_CHECK(leaves[i].type != ATS_LEAF_REAL || isfinite(leaves[i].value.real));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ats_buf out;
    static struct ats_buf again;
    if (!contract) {
        contract = fuzz_compile(odcs, schema);
        batch = ats_batch_new();
        ats_buf_init(&out, 4 * ATS_RECORD_MAX);
        ats_buf_init(&again, 4 * ATS_RECORD_MAX);
    }
    if (size == 0)
        return 0;
    size_t type = data[0] % TYPE_COUNT;
    struct ats_span payload = ats_span_of(data + 1, size - 1);
    if (!is_admitted(payload, type, &out))
        return 0;
    check_value(ats_buf_span(&out));
    if (type == 2)
        FUZZ_CHECK(out.len == payload.len + ATS_FRAMING_SIZE &&
                   memcmp(out.data + ATS_FRAMING_SIZE, payload.data, payload.len) == 0);
    if (type == 3)
        FUZZ_CHECK(ats_span_equal(ats_buf_span(&out), payload));
    size_t own = type == 0 ? 1 : type; /* without a content type it is the first */
    for (size_t other = 1; other < TYPE_COUNT; other++)
        if (other != own)
            FUZZ_CHECK(!is_admitted(payload, other, &again));
    return 0;
}
