/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum ats_status ats_error_set(struct ats_error *err, enum ats_status status, const char *format,
                              ...)
{
    if (!err)
        return status;
    va_list args;
    va_start(args, format);
    err->status = status;
    (void)vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    return status;
}

void ats_error_prefix(struct ats_error *err, const char *format, ...)
{
    if (!err)
        return;
    char prefix[ATS_ERROR_TEXT_MAX];
    char text[ATS_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(prefix, sizeof(prefix), format, args);
    va_end(args);
    memcpy(text, err->text, sizeof(text));
    size_t used = strlen(prefix);
    memcpy(err->text, prefix, used + 1);
    (void)snprintf(err->text + used, sizeof(err->text) - used, ": %s", text);
}
