/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads with a field for each logical type, in a schema of nullable ones: what is taken decodes again. */
#include "common/contract/transcode.h"
#include "tests/fuzz/support.h"

static const char schema[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"d\",\"type\":[\"null\","
    "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":40,\"scale\":20}],\"default\":"
    "null},"
    "{\"name\":\"f\",\"type\":[\"null\","
    "{\"type\":\"fixed\",\"name\":\"F\",\"size\":8,\"logicalType\":\"decimal\",\"precision\":18,"
    "\"scale\":3}],\"default\":null},"
    "{\"name\":\"u\",\"type\":[\"null\","
    "{\"type\":\"string\",\"logicalType\":\"uuid\"}],\"default\":null},"
    "{\"name\":\"v\",\"type\":[\"null\","
    "{\"type\":\"fixed\",\"name\":\"V\",\"size\":16,\"logicalType\":\"uuid\"}],\"default\":null},"
    "{\"name\":\"a\",\"type\":[\"null\","
    "{\"type\":\"int\",\"logicalType\":\"date\"}],\"default\":null},"
    "{\"name\":\"t\",\"type\":[\"null\","
    "{\"type\":\"int\",\"logicalType\":\"time-millis\"}],\"default\":null},"
    "{\"name\":\"m\",\"type\":[\"null\","
    "{\"type\":\"long\",\"logicalType\":\"time-micros\"}],\"default\":null},"
    "{\"name\":\"n\",\"type\":[\"null\","
    "{\"type\":\"long\",\"logicalType\":\"timestamp-nanos\"}],\"default\":null},"
    "{\"name\":\"l\",\"type\":[\"null\","
    "{\"type\":\"long\",\"logicalType\":\"local-timestamp-micros\"}],\"default\":null},"
    "{\"name\":\"p\",\"type\":[\"null\","
    "{\"type\":\"fixed\",\"name\":\"P\",\"size\":12,\"logicalType\":\"duration\"}],\"default\":"
    "null}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ats_plan plan;
    struct ats_error err = {.text = ""};
    struct ats_verdict verdict = {0};
    struct ats_buf out;
    struct ats_leaf leaves[ATS_CONTRACT_LEAVES_MAX];
    if (!plan.leaves)
        FUZZ_CHECK(ats_plan_compile(ats_span_text(schema), "f.avsc", &plan, &err) == ATS_OK);
    const struct ats_transcode_options options = {.secret = plan.secret};
    ats_buf_init(&out, ATS_PAYLOAD_MAX);
    enum ats_status status =
        ats_transcode(&plan.root, &options, ats_span_of(data, size), &out, NULL, &verdict);
    if (status == ATS_OK)
        FUZZ_CHECK(ats_plan_decode(&plan, ats_buf_span(&out), leaves) == ATS_OK);
    else
        FUZZ_CHECK(verdict.text[0] != '\0');
    ats_buf_fini(&out);
    return 0;
}
