/* SPDX-License-Identifier: Apache-2.0 */
/* A drafted contract becomes a folder, and what is left to do is told. Thread: one. */
#ifndef ATS_CLI_CONTRACT_DRAFT_H
#define ATS_CLI_CONTRACT_DRAFT_H

#include "cli/command.h"
#include "common/contract/infer.h"

/* EXISTS: a contract is there already, which a draft does not replace. */
ATS_MUST_USE enum ats_status ats_contract_draft_check_folder(const char *folder,
                                                             struct ats_error *err);
/* Writes both documents and the samples, holds the samples against the draft, and says what lint says. */
ATS_MUST_USE enum ats_status ats_contract_draft_write(const struct ats_cli *cli,
                                                      struct ats_infer *infer,
                                                      const struct ats_infer_options *options,
                                                      const char *folder, struct ats_error *err);

#endif
