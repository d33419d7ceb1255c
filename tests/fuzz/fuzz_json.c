/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payloads against contracts: the first byte chooses env-sensor or a schema with every type, the rest is the payload. What is admitted
 * must decode, and what is refused must leave the buffer as it was.
 */
#include "tests/fuzz/support.h"

static const char every_type[] =
    "{\"type\":\"record\",\"name\":\"Every\",\"fields\":["
    "{\"name\":\"n\",\"type\":\"null\",\"default\":null},"
    "{\"name\":\"b\",\"type\":\"boolean\",\"default\":false},"
    "{\"name\":\"i\",\"type\":\"int\",\"default\":1},"
    "{\"name\":\"l\",\"type\":\"long\",\"default\":2},"
    "{\"name\":\"f\",\"type\":\"float\",\"default\":0.5},"
    "{\"name\":\"d\",\"type\":\"double\",\"default\":1e10},"
    "{\"name\":\"s\",\"type\":\"string\",\"default\":\"x\"},"
    "{\"name\":\"y\",\"type\":\"bytes\",\"default\":\"\\u00ff\"},"
    "{\"name\":\"x\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":2},\"default\":\"ab\"},"
    "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]},"
    "\"default\":\"A\"},"
    "{\"name\":\"r\",\"type\":{\"type\":\"record\",\"name\":\"P\",\"fields\":["
    "{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"b\",\"type\":[\"null\",\"string\"],"
    "\"default\":null}]},\"default\":{\"a\":1}},"
    "{\"name\":\"list\",\"type\":{\"type\":\"array\",\"items\":\"P\"},\"default\":[]},"
    "{\"name\":\"map\",\"type\":{\"type\":\"map\",\"values\":{\"type\":\"array\",\"items\":"
    "\"long\"}},"
    "\"default\":{}},"
    "{\"name\":\"u\",\"type\":[\"null\",\"boolean\",\"long\",\"double\",\"string\","
    "{\"type\":\"array\",\"items\":\"null\"},{\"type\":\"map\",\"values\":\"P\"}],"
    "\"default\":null}]}";

static const char every_type_odcs[] =
    "apiVersion: v3.1.0\nkind: DataContract\nid: every\nversion: 1.0.0\nstatus: active\n"
    "schema:\n  - name: every\n    properties: [{name: n}, {name: b}, {name: i}, {name: l},\n"
    "      {name: f}, {name: d, logicalTypeOptions: {minimum: 0}}, {name: s}, {name: y}, {name: "
    "x},\n"
    "      {name: e, quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: "
    "[A]}}]},\n"
    "      {name: r, properties: [{name: a}, {name: b, required: true}]},\n"
    "      {name: list, items: {properties: [{name: a}, {name: b}]}}, {name: map}, {name: u}]\n"
    "customProperties:\n  - property: attestream\n"
    "    value: {topics: [a], unknownFields: ignore, deviceField: s,\n"
    "      eventTime: {field: l, unit: ms, maxAge: 1d, maxFuture: 1d}}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ats_contract *contracts[2];
    static struct ats_buf out;
    static struct ats_leaf leaves[ATS_CONTRACT_LEAVES_MAX];
    if (!contracts[0]) {
        contracts[0] = fuzz_compile_folder("env-sensor");
        contracts[1] = fuzz_compile(every_type_odcs, every_type);
        ats_buf_init(&out, ATS_RECORD_MAX);
    }
    if (size == 0)
        return 0;
    struct ats_contract *contract = contracts[data[0] & 1];
    struct ats_contract_input input = {.payload = ats_span_of(data + 1, size - 1),
                                       .device = ats_span_text(data[0] & 2 ? "x" : NULL),
                                       .now_ms = data[0] & 4 ? 1594598424502 : 0};
    struct ats_verdict verdict;
    ats_buf_clear(&out);
    ats_buf_append_text(&out, "before");
    enum ats_status status = ats_contract_admit(contract, &input, &out, &verdict);
    if (status == ATS_OK) {
        FUZZ_CHECK(verdict.rule == ATS_RULE_NONE);
        struct ats_span value = ats_span_of(out.data + 6, out.len - 6);
        FUZZ_CHECK(ats_contract_decode(contract, value, leaves) == ATS_OK);
    } else {
        FUZZ_CHECK(status == ATS_ERR_INVALID && verdict.rule != ATS_RULE_NONE);
        FUZZ_CHECK(out.len == 6 && memcmp(out.data, "before", 6) == 0);
    }
    return 0;
}
