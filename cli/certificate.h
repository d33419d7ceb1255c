/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for devices: what a record of an operator or gate carries. Thread: any. */
#ifndef ATS_CLI_CERTIFICATE_H
#define ATS_CLI_CERTIFICATE_H

#include "common/control/registry.h"
#include "device/protocol.h"

struct ats_certificate_request {
    enum ats_certificate_role role;
    const char *name;
    const uint8_t *key;
    int64_t until_ms; /* since 1970 */
    int64_t from_ms;  /* it begins no earlier; 0: as below */
};

/* Signs it into `ret_data` of ATS_CERTIFICATE_MAX bytes. It begins a day ago, or a day before an end that is past,
   since devices' clocks are not ours. */
ATS_MUST_USE enum ats_status ats_certificate_issue(const struct ats_certificate_request *request,
                                                   const struct ats_registry_pins *pins,
                                                   const struct ats_key_pair *issuer,
                                                   uint8_t ret_data[ATS_CERTIFICATE_MAX],
                                                   size_t *ret_len, struct ats_error *err);
/* The duration of a flag such as --valid; `otherwise` where it is not given. CONFIG. */
ATS_MUST_USE enum ats_status ats_certificate_validity(const char *flag, const char *text,
                                                      const char *otherwise, int64_t *ret_ms,
                                                      struct ats_error *err);

#endif
