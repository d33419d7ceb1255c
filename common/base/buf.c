/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUF_FIRST_CAP 256

void ats_buf_init(struct ats_buf *buf, size_t max)
{
    *buf = (struct ats_buf){.max = max};
}

void ats_buf_fini(struct ats_buf *buf)
{
    if (!buf)
        return;
    free(buf->data);
    ats_buf_init(buf, buf->max);
}

void ats_buf_clear(struct ats_buf *buf)
{
    buf->len = 0;
    buf->status = ATS_OK;
}

uint8_t *ats_buf_reserve(struct ats_buf *buf, size_t more)
{
    if (buf->status != ATS_OK)
        return NULL;
    if (more > buf->max || buf->len > buf->max - more) {
        buf->status = ATS_ERR_LIMIT;
        return NULL;
    }
    if (buf->data && buf->cap - buf->len >= more)
        return buf->data + buf->len;
    size_t cap = buf->cap ? buf->cap : BUF_FIRST_CAP;
    while (cap < buf->len + more)
        cap *= 2;
    uint8_t *data = realloc(buf->data, cap);
    if (!data) {
        buf->status = ATS_ERR_MEMORY;
        return NULL;
    }
    buf->data = data;
    buf->cap = cap;
    return data + buf->len;
}

void ats_buf_append(struct ats_buf *buf, const void *data, size_t len)
{
    uint8_t *room = ats_buf_reserve(buf, len);
    if (!room || len == 0)
        return;
    memcpy(room, data, len);
    buf->len += len;
}

void ats_buf_append_byte(struct ats_buf *buf, uint8_t byte)
{
    ats_buf_append(buf, &byte, 1);
}

void ats_buf_append_text(struct ats_buf *buf, const char *text)
{
    ats_buf_append(buf, text, strlen(text));
}

void ats_buf_printf(struct ats_buf *buf, const char *format, ...)
{
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 && buf->status == ATS_OK)
        buf->status = ATS_ERR_INTERNAL;
    uint8_t *room = len < 0 ? NULL : ats_buf_reserve(buf, (size_t)len + 1);
    if (room) {
        (void)vsnprintf((char *)room, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

const char *ats_buf_text(struct ats_buf *buf)
{
    uint8_t *room = ats_buf_reserve(buf, 1);
    if (!room)
        return NULL;
    *room = '\0';
    return (const char *)buf->data;
}
