/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of a test's own, below TMPDIR: a run of many tests puts that into memory, since each gate and copy syncs what it writes. */
#ifndef ATS_TESTS_UNIT_SCRATCH_H
#define ATS_TESTS_UNIT_SCRATCH_H

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static inline void scratch_folder(char *ret_folder, size_t size, const char *name)
{
    const char *base = getenv("TMPDIR");
    int len = snprintf(ret_folder, size, "%s/%s-XXXXXX", base && *base ? base : "/tmp", name);
    cr_assert(len > 0 && (size_t)len < size);
    cr_assert_not_null(mkdtemp(ret_folder), "%s", ret_folder);
}

static inline int scratch_remove_one(const char *path, const struct stat *st, int flag,
                                     struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static inline void scratch_remove(const char *folder)
{
    (void)nftw(folder, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
