/* SPDX-License-Identifier: Apache-2.0 */
/* Contracts and use cases as they stand in files. Thread: one. Owns: the caller finis. */
#ifndef ATS_CLI_DOCUMENT_H
#define ATS_CLI_DOCUMENT_H

#include "common/base/buf.h"
#include "common/contract/contract.h"

/* A contract's folder: contract.odcs.yaml and schema.avsc, read and compiled. */
struct ats_contract_files {
    struct ats_buf odcs;
    struct ats_buf avsc;
    struct ats_contract *contract;
};

/* The text begins with "FILE:LINE: " where a file does not hold. */
ATS_MUST_USE enum ats_status ats_contract_files_read(const char *folder,
                                                     struct ats_contract_files *ret_files,
                                                     struct ats_error *err);
void ats_contract_files_fini(struct ats_contract_files *files);

#endif
