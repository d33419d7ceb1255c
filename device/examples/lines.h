/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a file descriptor, for somebody who has a connection to care for while none comes. Thread: one. */
#ifndef ATS_DEVICE_EXAMPLES_LINES_H
#define ATS_DEVICE_EXAMPLES_LINES_H

#include <stdbool.h>
#include <stddef.h>

#define EXAMPLE_LINE_MAX 262144 /* bytes of a line; a longer one is an error */

struct example_lines {
    int file;
    char text[EXAMPLE_LINE_MAX];
    size_t len;
    size_t taken; /* bytes that earlier lines had */
    bool ended;
};

/* The next line that is not empty, without its end, as far as it has been read; valid until example_lines_read(). */
bool example_lines_take(struct example_lines *lines, const char **ret_line, size_t *ret_len);
/* Reads once (blocks if nothing is there). False: the line is too long, or it cannot be read. */
bool example_lines_read(struct example_lines *lines);

#endif
