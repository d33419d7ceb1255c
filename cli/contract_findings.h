/* SPDX-License-Identifier: Apache-2.0 */
/* What lint found wrong with a document, for people and as JSON. Thread: one. */
#ifndef ATS_CLI_CONTRACT_FINDINGS_H
#define ATS_CLI_CONTRACT_FINDINGS_H

#include "cli/command.h"
#include "common/contract/yaml.h"

#include <jansson.h>

/* A finding's text taken apart: file, line, key (null where it has none), text and what is allowed (null). The caller owns it. */
json_t *ats_finding_json(const char *text);
/* Tells them all, and gives the exit code. `err` is the first, or another failure. */
int ats_findings_fail(const struct ats_cli *cli, const struct ats_findings *findings,
                      const struct ats_error *err);

#endif
