/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which operator signs: the one of --operator, else the only one whose key lies in <fleet>/operators and is good. A key is good where
 * the control log has that operator with that key, not revoked, and not ended by this machine's clock. Thread: one.
 */
#ifndef ATS_CLI_SIGNER_H
#define ATS_CLI_SIGNER_H

#include "cli/fleet.h"

struct ats_signer {
    char name[ATS_NAME_MAX + 1];
    struct ats_key_pair pair;
};

/* A folder with one key alone has its signer, good or not: the log says best why it is not. CONFIG with the names in question.
   Owns: the caller wipes with ats_key_pair_fini. */
ATS_MUST_USE enum ats_status ats_signer_open(const struct ats_cli *cli, struct ats_store_view *view,
                                             struct ats_signer *ret_signer, struct ats_error *err);
/* Says that commands want --operator from now on, where the key of the operator that was added is the second good one. */
void ats_signer_note_second(const struct ats_cli *cli, struct ats_store_view *view,
                            const char *added);

#endif
