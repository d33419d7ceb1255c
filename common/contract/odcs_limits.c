/* SPDX-License-Identifier: Apache-2.0 */
/* What one device may send under the contract: the setting `limits`. docs/contracts.md is its reference. */
#include "common/contract/odcs.h"

#include "common/base/limits.h"

/* A number above 0 and at most `max`; missing: 0, which is no limit. */
static enum ats_status read_rate(const struct ats_yaml_node *mapping, const char *key, double max,
                                 double *ret_rate, struct ats_error *err)
{
    const struct ats_yaml_node *node = ats_yaml_find(mapping, key);
    if (!node)
        return ATS_OK;
    enum ats_status status = ats_yaml_get_real(node, ret_rate, err);
    if (status == ATS_OK && (*ret_rate < ATS_CONTRACT_RATE_MIN || *ret_rate > max))
        status = ats_yaml_error(node, err, "%g is not allowed (allowed: %g to %.0f)", *ret_rate,
                                ATS_CONTRACT_RATE_MIN, max);
    return status;
}

enum ats_status ats_odcs_read_limits(const struct ats_yaml_node *node,
                                     struct ats_contract_limits *ret_limits, struct ats_error *err)
{
    static const char *const keys[] = {"messagesPerSecond", "bytesPerSecond", "burst", NULL};
    const struct ats_yaml_node *burst = ats_yaml_find(node, "burst");
    *ret_limits = (struct ats_contract_limits){.burst_ms = ATS_CONTRACT_BURST_MS};
    enum ats_status status = ats_yaml_check_keys(node, keys, err);
    if (status == ATS_OK)
        status = read_rate(node, keys[0], ATS_CONTRACT_MESSAGES_MAX,
                           &ret_limits->messages_per_second, err);
    if (status == ATS_OK)
        status =
            read_rate(node, keys[1], ATS_CONTRACT_BYTES_MAX, &ret_limits->bytes_per_second, err);
    if (status == ATS_OK && burst)
        status = ats_yaml_get_duration(burst, &ret_limits->burst_ms, err);
    if (status == ATS_OK && (ret_limits->burst_ms < 1 || ret_limits->burst_ms > ATS_BURST_MAX_MS))
        status = ats_yaml_error(burst, err, "expected 1ms to 1h");
    if (status == ATS_OK && ret_limits->messages_per_second <= 0 &&
        ret_limits->bytes_per_second <= 0)
        status = ats_yaml_error(node, err, "it has neither messagesPerSecond nor bytesPerSecond");
    return status;
}
