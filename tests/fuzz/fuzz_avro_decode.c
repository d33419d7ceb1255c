/* SPDX-License-Identifier: Apache-2.0 */
/* Avro bytes from Kafka, which may be hostile: every text that comes out lies inside the value and is good UTF-8. */
#include "common/base/utf8.h"
#include "common/contract/schema.h"
#include "tests/fuzz/support.h"

static const char schema[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"b\",\"type\":\"boolean\"},{\"name\":\"i\",\"type\":\"int\"},"
    "{\"name\":\"s\",\"type\":\"string\"},{\"name\":\"u\",\"type\":[\"null\",\"long\",\"string\"]},"
    "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}},"
    "{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"map\",\"values\":\"null\"}}"
    "},"
    "{\"name\":\"n\",\"type\":{\"type\":\"array\",\"items\":\"null\"}},"
    "{\"name\":\"f\",\"type\":\"float\"},{\"name\":\"t\",\"type\":\"string\"}]}";

static const char odcs[] =
    "apiVersion: v3.1.0\nkind: DataContract\nid: r\nversion: 1.0.0\nstatus: active\n"
    "schema:\n  - name: r\n    properties: [{name: b}, {name: i}, {name: s}, {name: u}, {name: "
    "e},\n"
    "      {name: a}, {name: n}, {name: f}, {name: t}]\n"
    "customProperties:\n  - {property: attestream, value: {topics: [a]}}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ats_contract *contract;
    static struct ats_buf framed;
    struct ats_leaf leaves[16];
    if (!contract) {
        contract = fuzz_compile(odcs, schema);
        ats_buf_init(&framed, ATS_RECORD_MAX);
    }
    (void)!ats_contract_decode(contract, ats_span_of(data, size), leaves);
    ats_buf_clear(&framed);
    ats_framing_put(&framed, ats_contract_schema_id(contract));
    ats_buf_append(&framed, data, size);
    if (ats_contract_decode(contract, ats_buf_span(&framed), leaves) != ATS_OK)
        return 0;
    for (size_t i = 0; i < ats_contract_leaf_count(contract); i++)
        if (leaves[i].type == ATS_LEAF_TEXT)
            FUZZ_CHECK(ats_utf8_span(leaves[i].value.text) == leaves[i].value.text.len);
    return 0;
}
