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
    char text[ATS_ERROR_TEXT_MAX]; /* `err`'s old text may be among the arguments */
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    err->status = status;
    memcpy(err->text, text, strlen(text) + 1);
    return status;
}

void ats_error_prefix(struct ats_error *err, const char *format, ...)
{
    if (!err)
        return;
    char prefix[ATS_ERROR_TEXT_MAX];
    char joined[2 * ATS_ERROR_TEXT_MAX + 2];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(prefix, sizeof(prefix), format, args);
    va_end(args);
    (void)snprintf(joined, sizeof(joined), "%s: %s", prefix, err->text);
    memcpy(err->text, joined, sizeof(err->text) - 1);
    err->text[sizeof(err->text) - 1] = '\0';
}
