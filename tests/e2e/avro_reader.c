/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our side of tests/e2e/test_avro_oracle.py: one JSON object a line in, one out. {"reader": TEXT, "writer": TEXT} of two schemas
 * gives whether what the writer writes can be read, and what stands in the way.
 */
#include "common/base/limits.h"
#include "common/contract/resolve.h"

#include <stdio.h>
#include <stdlib.h>

static void tell(void *ctx, const struct ats_resolve_finding *finding)
{
    (void)json_array_append_new(
        ctx, json_pack("{s:s, s:b, s:s, s:s}", "fault", ats_resolve_fault_name(finding->fault),
                       "breaks", finding->breaks, "path", finding->path, "text", finding->text));
}

/* The tree of a schema that a contract may have. */
static enum ats_status read_tree(const json_t *text, struct ats_avsc_tree *tree,
                                 struct ats_error *err)
{
    struct ats_plan plan;
    const struct ats_span span = ats_span_text(json_string_value(text));
    enum ats_status status = ats_plan_compile(span, "schema", &plan, err);
    if (status != ATS_OK)
        return status;
    ats_plan_fini(&plan);
    return ats_avsc_tree_read(span, "schema", tree, err);
}

static json_t *answer_pair(const json_t *question)
{
    struct ats_avsc_tree reader = {0};
    struct ats_avsc_tree writer = {0};
    struct ats_error err = {0};
    bool readable = false;
    json_t *findings = json_array();
    enum ats_status status = read_tree(json_object_get(question, "reader"), &reader, &err);
    if (status == ATS_OK)
        status = read_tree(json_object_get(question, "writer"), &writer, &err);
    if (status == ATS_OK)
        status = ats_resolve(&reader, &writer, tell, findings, &readable);
    json_t *answer = status == ATS_OK
                         ? json_pack("{s:b, s:O}", "readable", readable, "findings", findings)
                         : json_pack("{s:s}", "refused", err.text);
    json_decref(findings);
    ats_avsc_tree_fini(&reader);
    ats_avsc_tree_fini(&writer);
    return answer;
}

int main(void)
{
    static char line[1 << 20];
    while (fgets(line, sizeof(line), stdin)) {
        json_t *question = json_loads(line, 0, NULL);
        json_t *answer =
            question ? answer_pair(question) : json_pack("{s:s}", "refused", "no JSON");
        (void)json_dumpf(answer, stdout, JSON_COMPACT);
        (void)puts("");
        json_decref(answer);
        json_decref(question);
    }
    return 0;
}
