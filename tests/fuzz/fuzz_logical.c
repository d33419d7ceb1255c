/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads with a field for each logical type, in a schema of nullable ones: what is taken decodes again. */
#include "common/contract/transcode.h"
#include "tests/fuzz/support.h"

#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":[\"null\"," type "],\"default\":null}"
#define LOGICAL(type, name) "{\"type\":\"" type "\",\"logicalType\":\"" name "\"}"
#define FIXED(name, size, more)                                                                    \
    "{\"type\":\"fixed\",\"name\":\"" name "\",\"size\":" size ",\"logicalType\":\"" more "}"

static const char schema
    [] = "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" FIELD("d", LOGICAL("bytes", "decimal\","
                                                                                        "\"precisio"
                                                                                        "n\":40,"
                                                                                        "\"scale\":"
                                                                                        "20,\"x\":"
                                                                                        "\"")) "," FIELD("f", FIXED("F", "8", "decimal\",\"precision\":18,\"scale\":3")) "," FIELD("u", LOGICAL("string", "uuid")) "," FIELD(
        "v",
        FIXED("V", "16",
              "uuid\"")) "," FIELD("a",
                                   LOGICAL(
                                       "int",
                                       "date")) "," FIELD("t",
                                                          LOGICAL(
                                                              "int",
                                                              "time-millis")) "," FIELD("m",
                                                                                        LOGICAL(
                                                                                            "long",
                                                                                            "time-"
                                                                                            "micro"
                                                                                            "s")) "," FIELD("n",
                                                                                                            LOGICAL(
                                                                                                                "long",
                                                                                                                "timestamp-nanos")) "," FIELD("l",
                                                                                                                                              LOGICAL(
                                                                                                                                                  "long",
                                                                                                                                                  "local-timestamp-micros")) "," FIELD("p",
                                                                                                                                                                                       FIXED(
                                                                                                                                                                                           "P",
                                                                                                                                                                                           "12",
                                                                                                                                                                                           "duration\"")) "]}";

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
        ats_transcode(&plan.root, &options, ats_span_of(data, size), &out, &verdict);
    if (status == ATS_OK)
        FUZZ_CHECK(ats_plan_decode(&plan, ats_buf_span(&out), leaves) == ATS_OK);
    else
        FUZZ_CHECK(verdict.text[0] != '\0');
    ats_buf_fini(&out);
    return 0;
}
