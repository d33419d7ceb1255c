/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificate.h"

#include "common/base/clock.h"
#include "common/base/parse.h"

#include <stdio.h>

#define DAY_MS INT64_C(86400000)
#define VALID_MS_MAX (36500 * DAY_MS)

static int64_t later(int64_t a_ms, int64_t b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

enum ats_status ats_certificate_issue(const struct ats_certificate_request *request,
                                      const struct ats_registry_pins *pins,
                                      const struct ats_key_pair *issuer,
                                      uint8_t ret_data[ATS_CERTIFICATE_MAX], size_t *ret_len,
                                      struct ats_error *err)
{
    int64_t now_ms = ats_clock_wall_ms(&ats_clock_system);
    int64_t begin_ms = (request->until_ms < now_ms ? request->until_ms : now_ms) - DAY_MS;
    struct ats_certificate certificate = {.role = (uint8_t)request->role,
                                          .not_before_ms =
                                              (uint64_t)later(begin_ms, request->from_ms),
                                          .not_after_ms = (uint64_t)request->until_ms};
    ats_registry_fleet_id(pins, certificate.fleet);
    memcpy(certificate.key, request->key, sizeof(certificate.key));
    (void)snprintf(certificate.name, sizeof(certificate.name), "%s", request->name);
    enum ats_device_result result = ats_certificate_sign(&certificate, issuer->secret_key);
    if (result == ATS_DEVICE_OK)
        result = ats_certificate_encode(&certificate, ret_data, ATS_CERTIFICATE_MAX, ret_len);
    if (result != ATS_DEVICE_OK)
        return ats_error_set(err, ATS_ERR_INTERNAL, "the certificate of '%s' cannot be made",
                             request->name);
    return ATS_OK;
}

enum ats_status ats_certificate_validity(const char *flag, const char *text, const char *otherwise,
                                         int64_t *ret_ms, struct ats_error *err)
{
    const char *given = text ? text : otherwise;
    if (ats_parse_duration(given, ret_ms) == ATS_OK && *ret_ms >= 60000 && *ret_ms <= VALID_MS_MAX)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "option '%s': '%.32s' is not allowed (allowed: 1m to 36500d)", flag,
                         given);
}
