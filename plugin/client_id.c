/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/client_id.h"

#include "common/base/limits.h"
#include "device/device.h"

#include <string.h>

#define SEPARATORS "/.-"

static size_t common_length(struct ats_span name, const char *client_id, size_t len)
{
    size_t common = 0;
    while (common < len && common < name.len &&
           ((const char *)name.data)[common] == client_id[common])
        common++;
    return common;
}

static bool is_boundary(const char *client_id, size_t at, size_t len)
{
    return at == len || strchr(SEPARATORS, client_id[at]);
}

/* Whether the id, up to one of its separators or its end, is a device's name of at least `from` bytes; also where that one's entry
   was altered on disk: it is not believed, and its name is still not another's.
   Names are sorted, so the last one before the id tells how much of the id any name can share, and the rest of the separators
   need no look-up: an id of nothing else costs no more than another, before its sender has proved anything. */
static bool begins_with_device(struct ats_store_view *view, const char *client_id, size_t from,
                               size_t len)
{
    size_t end = len;
    for (;;) {
        struct ats_span name;
        while (end >= from && (end > ATS_NAME_MAX || !is_boundary(client_id, end, len)))
            end--;
        if (end < from)
            return false;
        enum ats_status status =
            ats_registry_floor(view, ATS_CONTROL_DEVICE, ats_span_of(client_id, end), &name);
        if (status != ATS_OK)
            return status != ATS_ERR_NOT_FOUND;
        size_t common = common_length(name, client_id, end);
        if (common == end && name.len == end)
            return true;
        end = common < end ? common : end - 1;
    }
}

bool ats_client_id_fits(struct ats_store_view *view, const char *client_id, const char *device)
{
    size_t len = strlen(client_id);
    size_t own = strlen(device);
    if (len > ATS_CLIENT_ID_MAX || len < own || memcmp(client_id, device, own) != 0)
        return false;
    if (len == own)
        return true;
    if (ats_client_id_is_of_claim(client_id, device))
        return false;
    if (!strchr(SEPARATORS, client_id[own]) || len == own + 1)
        return false;
    return !begins_with_device(view, client_id, own + 2, len);
}

bool ats_client_id_is_reserved(struct ats_store_view *view, const char *client_id)
{
    size_t len = strnlen(client_id, ATS_CLIENT_ID_MAX + 1);
    return begins_with_device(view, client_id, 1, len);
}

bool ats_client_id_is_of_claim(const char *client_id, const char *device)
{
    size_t own = strlen(device);
    return strncmp(client_id, device, own) == 0 &&
           strcmp(client_id + own, ATS_DEVICE_CLAIM_ID_SUFFIX) == 0;
}
