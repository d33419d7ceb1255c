/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/error.h"

#include "common/base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* As much as fits, and no half character, which JSON would not take. */
static void take_text(struct ats_error *err, const char *text)
{
    size_t len = (size_t)ats_utf8_cut(text, sizeof(err->text) - 1);
    memcpy(err->text, text, len);
    err->text[len] = '\0';
}

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
    take_text(err, text);
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
    take_text(err, joined);
}
