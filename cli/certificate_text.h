/* SPDX-License-Identifier: Apache-2.0 */
/* Devices' certificates, which records carry in base64, as people read them. Thread: any. */
#ifndef ATS_CLI_CERTIFICATE_TEXT_H
#define ATS_CLI_CERTIFICATE_TEXT_H

#include <jansson.h>

/* Within a record's JSON, or what it changes: each certificate becomes a text of what it states, each not_before and not_after that is
   not 0 a time. */
void ats_certificates_as_text(json_t *value);

#endif
