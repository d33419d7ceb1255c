/* SPDX-License-Identifier: Apache-2.0 */
/* The gates that an operator has certified, and that another has to renew once its key counts no more. Thread: one. */
#ifndef ATS_CLI_OPERATOR_GATES_H
#define ATS_CLI_OPERATOR_GATES_H

#include "cli/session.h"

#include <jansson.h>

/* Reads the log to its end; a note for each gate, with the command. `of`: whose the certificate is, such as "the former key". The
   names as an array for the caller, NULL where the copy could not be read: a note says so. */
json_t *ats_operator_gates_note(struct ats_session *session, const char *operator_name,
                                const char *of);

#endif
