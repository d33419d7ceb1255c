/* SPDX-License-Identifier: Apache-2.0 */
/* Changes bytes of a store's file behind LMDB's back, as somebody with access to the disk would. */
#ifndef ATS_TESTS_STORE_ALTER_H
#define ATS_TESTS_STORE_ALTER_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Writes `to` over every place of `from` in folder/data.mdb (equal lengths); how many there were. */
static inline size_t alter_store(const char *folder, const char *from, const char *to)
{
    char path[PATH_MAX + 16];
    struct stat st;
    size_t count = 0;
    size_t len = strlen(from);
    (void)snprintf(path, sizeof(path), "%s/data.mdb", folder);
    int fd = open(path, O_RDWR);
    cr_assert(fd >= 0 && fstat(fd, &st) == 0 && strlen(to) == len);
    char *bytes = malloc((size_t)st.st_size);
    cr_assert_not_null(bytes);
    cr_assert_eq(pread(fd, bytes, (size_t)st.st_size, 0), st.st_size);
    for (size_t at = 0; at + len <= (size_t)st.st_size; at++) {
        if (memcmp(bytes + at, from, len) != 0)
            continue;
        cr_assert_eq(pwrite(fd, to, len, (off_t)at), (ssize_t)len);
        count++;
    }
    free(bytes);
    (void)close(fd);
    return count;
}

#endif
