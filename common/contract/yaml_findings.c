/* SPDX-License-Identifier: Apache-2.0 */
/* Reading on after an error, so that one look at a document tells all that is wrong with it. */
#include "common/contract/yaml_node.h"

#include <string.h>

/* Up to what is allowed, which two readers of one key may know differently. */
static size_t body_len(const char *text)
{
    const char *allowed = strstr(text, " (");
    return allowed ? (size_t)(allowed - text) : strlen(text);
}

static bool is_same(const struct ats_error *a, const struct ats_error *b)
{
    size_t len = body_len(a->text);
    return len == body_len(b->text) && memcmp(a->text, b->text, len) == 0;
}

void ats_findings_add(struct ats_findings *findings, const struct ats_error *err)
{
    for (size_t i = 0; i < findings->count; i++)
        if (is_same(&findings->errors[i], err))
            return;
    if (findings->count < ATS_FINDINGS_MAX)
        findings->errors[findings->count++] = *err;
    else
        findings->more++;
}

size_t ats_findings_count(const struct ats_findings *findings)
{
    return findings->count + findings->more;
}

void ats_yaml_collect(struct ats_yaml *yaml, struct ats_findings *findings)
{
    yaml->findings = findings;
}

enum ats_status ats_yaml_go_on(const struct ats_yaml_node *node, enum ats_status status,
                               const struct ats_error *err)
{
    struct ats_findings *findings = node->yaml->findings;
    if (status != ATS_ERR_CONFIG || !findings || !err)
        return status;
    ats_findings_add(findings, err);
    return ATS_OK;
}

size_t ats_yaml_found(const struct ats_yaml_node *node)
{
    return node->yaml->findings ? ats_findings_count(node->yaml->findings) : 0;
}
