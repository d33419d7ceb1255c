/* SPDX-License-Identifier: Apache-2.0 */
/* The input as a file, for what reads one: in memory, under a path of this process. */
#ifndef ATS_TESTS_FUZZ_INPUT_FILE_H
#define ATS_TESTS_FUZZ_INPUT_FILE_H

#include "tests/fuzz/support.h"

#include <sys/mman.h>
#include <unistd.h>

/* The same path each time. */
static inline const char *fuzz_input_file(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("input", MFD_CLOEXEC);
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    FUZZ_CHECK(fd >= 0 && ftruncate(fd, 0) == 0);
    FUZZ_CHECK(pwrite(fd, data, size, 0) == (ssize_t)size);
    return path;
}

#endif
