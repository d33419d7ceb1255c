/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/client_id.h"

#include "common/base/limits.h"
#include "device/device.h"

#define SEPARATORS "/.-"

/* Also one whose entry was altered on disk: it is not believed, and its name is still not another's. */
static bool is_device(struct ats_store_view *view, const char *name, size_t len)
{
    struct ats_control_record record;
    return len <= ATS_NAME_MAX &&
           ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_of(name, len), &record) !=
               ATS_ERR_NOT_FOUND;
}

/* Whether the id, up to one of its separators or its end, is a device's name of at least `from` bytes. */
static bool begins_with_device(struct ats_store_view *view, const char *client_id, size_t from,
                               size_t len)
{
    for (size_t end = from; end <= len; end++)
        if ((end == len || strchr(SEPARATORS, client_id[end])) && is_device(view, client_id, end))
            return true;
    return false;
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
