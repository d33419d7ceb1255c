/* SPDX-License-Identifier: Apache-2.0 */
/* A control record as JSON for people: name, revision, signer, time, and the members of its body. */
#ifndef ATS_CLI_RECORD_JSON_H
#define ATS_CLI_RECORD_JSON_H

#include "common/control/record.h"

#include <jansson.h>

/* Owns: the caller. */
json_t *ats_record_json(const struct ats_control_record *record);

#endif
