/* SPDX-License-Identifier: Apache-2.0 */
/* attestream verify evidence: see cmd_verify.c's table. Thread: one. */
#ifndef ATS_CLI_VERIFY_EVIDENCE_H
#define ATS_CLI_VERIFY_EVIDENCE_H

#include "cli/command.h"

extern const struct ats_flag ats_verify_evidence_flags[];

int ats_verify_evidence_run(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
