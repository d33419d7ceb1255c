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
    int64_t valid_ms; /* from now */
};

/* Signs it into `ret_data` of ATS_CERTIFICATE_MAX bytes. It begins a day ago, since devices' clocks are not ours. */
ATS_MUST_USE enum ats_status ats_certificate_issue(const struct ats_certificate_request *request,
                                                   const struct ats_registry_pins *pins,
                                                   const struct ats_key_pair *issuer,
                                                   uint8_t ret_data[ATS_CERTIFICATE_MAX],
                                                   size_t *ret_len, struct ats_error *err);
/* As it, but of who begins at `not_before_ms`: it begins no earlier, and is valid from then on where that is to come. */
ATS_MUST_USE enum ats_status
ats_certificate_issue_from(const struct ats_certificate_request *request, int64_t not_before_ms,
                           const struct ats_registry_pins *pins, const struct ats_key_pair *issuer,
                           uint8_t ret_data[ATS_CERTIFICATE_MAX], size_t *ret_len,
                           struct ats_error *err);
/* The duration of a flag such as --valid; `otherwise` where it is not given. CONFIG. */
ATS_MUST_USE enum ats_status ats_certificate_validity(const char *flag, const char *text,
                                                      const char *otherwise, int64_t *ret_ms,
                                                      struct ats_error *err);

#endif
