/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/status.h"

#include <errno.h>
#include <stddef.h>

static const struct {
    const char *name;
    enum ats_status_class status_class;
} statuses[] = {
    [ATS_OK] = {"ok", ATS_CLASS_OK},
    [ATS_ERR_AGAIN] = {"again", ATS_CLASS_RETRY},
    [ATS_ERR_UNAVAILABLE] = {"unavailable", ATS_CLASS_RETRY},
    [ATS_ERR_MALFORMED] = {"malformed", ATS_CLASS_DROP},
    [ATS_ERR_INVALID] = {"invalid", ATS_CLASS_DROP},
    [ATS_ERR_LIMIT] = {"limit", ATS_CLASS_DROP},
    [ATS_ERR_REFUSED] = {"refused", ATS_CLASS_DROP},
    [ATS_ERR_NOT_FOUND] = {"not-found", ATS_CLASS_DROP},
    [ATS_ERR_EXISTS] = {"exists", ATS_CLASS_DROP},
    [ATS_ERR_MEMORY] = {"out-of-memory", ATS_CLASS_FATAL},
    [ATS_ERR_IO] = {"io", ATS_CLASS_FATAL},
    [ATS_ERR_DISK] = {"disk", ATS_CLASS_FATAL},
    [ATS_ERR_CORRUPT] = {"corrupt", ATS_CLASS_FATAL},
    [ATS_ERR_CONFIG] = {"config", ATS_CLASS_FATAL},
    [ATS_ERR_FENCED] = {"fenced", ATS_CLASS_FATAL},
    [ATS_ERR_INTERNAL] = {"internal", ATS_CLASS_FATAL},
};

enum ats_status_class ats_status_class(enum ats_status status)
{
    return statuses[status].status_class;
}

const char *ats_status_name(enum ats_status status)
{
    return statuses[status].name;
}

enum ats_status ats_status_of_errno(int error)
{
    switch (error) {
    case ENOENT:
        return ATS_ERR_NOT_FOUND;
    case ENOMEM:
        return ATS_ERR_MEMORY;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: /* a limit on a file's size */
    case EIO:
        return ATS_ERR_DISK;
    default:
        return ATS_ERR_IO;
    }
}
