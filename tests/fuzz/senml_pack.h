/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SenML packs against a contract with fields of each kind: the first byte chooses whether the device is known and what the clock says,
 * the rest is the pack. Events are as many as allowed, each with bytes of the payload; what is admitted decodes, with finite numbers
 * alone, and what is refused leaves the buffer as it was.
 */
#ifndef ATS_TESTS_FUZZ_SENML_PACK_H
#define ATS_TESTS_FUZZ_SENML_PACK_H

#include "common/contract/batch.h"
#include "tests/fuzz/support.h"

#include <math.h>

static const char senml_schema[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"d\",\"type\":[\"null\",\"double\"],\"default\":null},"
    "{\"name\":\"f\",\"type\":[\"null\",\"float\"],\"default\":null},"
    "{\"name\":\"l\",\"type\":[\"null\",\"long\",\"double\"],\"default\":null},"
    "{\"name\":\"i\",\"type\":\"int\",\"default\":0},"
    "{\"name\":\"s\",\"type\":\"string\",\"default\":\"\"},"
    "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]},"
    "\"default\":\"A\"},"
    "{\"name\":\"b\",\"type\":\"boolean\",\"default\":false},"
    "{\"name\":\"x\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":2},\"default\":\"ab\"},"
    "{\"name\":\"y\",\"type\":[\"null\",\"bytes\"],\"default\":null},"
    "{\"name\":\"r\",\"type\":{\"type\":\"record\",\"name\":\"P\",\"fields\":["
    "{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"t\",\"type\":\"long\"}]}},"
    "{\"name\":\"who\",\"type\":\"string\",\"default\":\"\"}]}";

static const char senml_odcs[] =
    "apiVersion: v3.1.0\nkind: DataContract\nid: r\nversion: 1.0.0\nstatus: active\n"
    "schema:\n  - name: r\n    properties: [{name: d, customProperties: [{property: unit, value: "
    "V}]},"
    " {name: f, customProperties: [{property: unit, value: Cel}]}, {name: l}, "
    "{name: i, customProperties: [{property: unit, value: m}]}, {name: s}, {name: e}, {name: b}, "
    "{name: x}, {name: y},"
    " {name: r, properties: [{name: a}, {name: t}]}, {name: who}]\n"
    "customProperties:\n  - property: attestream\n    value: {topics: [a], format: %s, "
    "deviceField: who,\n"
    "      units: {f: '[degF]', i: mm},\n"
    "      eventTime: {field: r.t, unit: us, maxFuture: 1h}, senml: {names: {a: r.a}, sums: {z: "
    "d},\n"
    "      baseName: 'u:{device}:'}}\n";

static struct ats_contract *senml_contract(const char *format)
{
    char odcs[2048];
    (void)snprintf(odcs, sizeof(odcs), senml_odcs, format);
    return fuzz_compile(odcs, senml_schema);
}

static void check_event(struct ats_batch *batch, size_t index, const struct ats_contract *contract,
                        struct ats_buf *out)
{
    struct ats_leaf leaves[16];
    struct ats_verdict verdict;
    ats_buf_clear(out);
    ats_buf_append_text(out, "before");
    enum ats_status status = ats_batch_admit(batch, index, out, &verdict);
    if (status != ATS_OK) {
        FUZZ_CHECK(status == ATS_ERR_INVALID && verdict.rule != ATS_RULE_NONE && out->len == 6);
        return;
    }
    FUZZ_CHECK(verdict.rule == ATS_RULE_NONE);
    FUZZ_CHECK(ats_contract_decode(contract, ats_span_of(out->data + 6, out->len - 6), leaves) ==
               ATS_OK);
    for (size_t i = 0; i < ats_contract_leaf_count(contract); i++)
        FUZZ_CHECK(leaves[i].type != ATS_LEAF_REAL || isfinite(leaves[i].value.real));
}

static void check_pack(const struct ats_contract *contract, const uint8_t *data, size_t size)
{
    static struct ats_batch *batch;
    static struct ats_buf out;
    if (!batch) {
        batch = ats_batch_new();
        ats_buf_init(&out, ATS_RECORD_MAX);
    }
    const struct ats_contract_input input = {.payload = ats_span_of(data + 1, size - 1),
                                             .device = ats_span_text(data[0] & 1 ? "d1" : NULL),
                                             .now_ms = data[0] & 2 ? 1700000000123 : 0};
    struct ats_verdict verdict;
    if (ats_batch_open(batch, contract, &input, &verdict) != ATS_OK) {
        FUZZ_CHECK(verdict.rule != ATS_RULE_NONE);
        return;
    }
    FUZZ_CHECK(!ats_batch_is_single(batch) && ats_batch_count(batch) >= 1 &&
               ats_batch_count(batch) <= ATS_BATCH_ITEMS_MAX);
    for (size_t i = 0; i < ats_batch_count(batch); i++) {
        struct ats_span bytes = ats_batch_item(batch, i);
        FUZZ_CHECK(bytes.len > 0 && bytes.data >= data + 1 &&
                   bytes.data + bytes.len <= data + size);
        check_event(batch, i, contract, &out);
    }
}

#endif
