/* SPDX-License-Identifier: Apache-2.0 */
/* The contracts that are documented: those of folders, or the highest version of each in the fleet's control log. Thread: one. */
#ifndef ATS_CLI_DOCS_SOURCE_H
#define ATS_CLI_DOCS_SOURCE_H

#include "cli/command.h"
#include "common/contract/contract.h"
#include "common/contract/yaml.h"

struct ats_docs_contract {
    struct ats_contract *contract;
    struct ats_yaml *odcs;
};

/* Sorted by name. */
struct ats_docs {
    struct ats_docs_contract *contracts;
    size_t count;
};

/* CONFIG: a folder does not hold, or two have one contract. */
ATS_MUST_USE enum ats_status ats_docs_read_folders(const char *const *folders, size_t count,
                                                   struct ats_docs *ret_docs,
                                                   struct ats_error *err);
ATS_MUST_USE enum ats_status ats_docs_read_log(const struct ats_cli *cli, struct ats_docs *ret_docs,
                                               struct ats_error *err);
void ats_docs_fini(struct ats_docs *docs);

#endif
