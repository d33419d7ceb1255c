/* SPDX-License-Identifier: Apache-2.0 */
/* Contracts and use cases as they stand in files. Thread: one. Owns: the caller finis. */
#ifndef ATS_CLI_DOCUMENT_H
#define ATS_CLI_DOCUMENT_H

#include "cli/command.h"
#include "cli/fleet.h"
#include "common/base/buf.h"
#include "common/contract/contract.h"

/* A contract's folder: contract.odcs.yaml and schema.avsc, read and compiled. */
struct ats_contract_files {
    struct ats_buf odcs;
    struct ats_buf avsc;
    struct ats_contract *contract;
    struct ats_path odcs_path;
    struct ats_path avsc_path;
};

/* The text begins with "FILE:LINE: " where a file does not hold. */
ATS_MUST_USE enum ats_status ats_contract_files_read(const char *folder,
                                                     struct ats_contract_files *ret_files,
                                                     struct ats_error *err);
/* The two texts alone, whatever they say. */
ATS_MUST_USE enum ats_status ats_contract_texts_read(const char *folder,
                                                     struct ats_contract_files *ret_files,
                                                     struct ats_error *err);
void ats_contract_files_fini(struct ats_contract_files *files);
/* What lint says of a document that does not hold, and its exit code: NO where the document is to blame. */
int ats_lint_fail(const struct ats_cli *cli, const struct ats_error *err);

#endif
