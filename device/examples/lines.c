/* SPDX-License-Identifier: Apache-2.0 */
#include "device/examples/lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool example_lines_take(struct example_lines *lines, const char **ret_line, size_t *ret_len)
{
    while (lines->taken < lines->len) {
        const char *line = lines->text + lines->taken;
        size_t left = lines->len - lines->taken;
        const char *end = memchr(line, '\n', left);
        if (!end && !lines->ended)
            return false;
        size_t len = end ? (size_t)(end - line) : left;
        lines->taken += end ? len + 1 : len;
        *ret_line = line;
        *ret_len = len;
        if (len > 0)
            return true;
    }
    return false;
}

bool example_lines_read(struct example_lines *lines)
{
    lines->len -= lines->taken;
    memmove(lines->text, lines->text + lines->taken, lines->len);
    lines->taken = 0;
    if (lines->len == sizeof(lines->text))
        return false;
    ssize_t got = read(lines->file, lines->text + lines->len, sizeof(lines->text) - lines->len);
    if (got < 0)
        return errno == EINTR;
    lines->len += (size_t)got;
    lines->ended = got == 0;
    return true;
}
