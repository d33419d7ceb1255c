/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/properties.h"

#include "common/base/utf8.h"

#include <stdio.h>
#include <string.h>

void ats_properties_take(const char *name, const char *value,
                         struct ats_gate_properties *properties)
{
    size_t len = strlen(value);
    if (strcmp(name, ATS_DEVICE_PROOF_PROPERTY) == 0) {
        bool again = properties->proof[0] || properties->proof_too_long;
        properties->proof_too_long = again || len == 0 || len >= sizeof(properties->proof);
        if (!properties->proof_too_long)
            memcpy(properties->proof, value, len + 1);
    } else if (strcmp(name, "traceparent") == 0 && len < sizeof(properties->traceparent)) {
        memcpy(properties->traceparent, value, len + 1);
    }
}

void ats_properties_take_content_type(const char *value, struct ats_gate_properties *properties)
{
    (void)snprintf(properties->content_type, sizeof(properties->content_type), "%.*s",
                   ats_utf8_cut(value, ATS_CONTENT_TYPE_MAX), value);
}
