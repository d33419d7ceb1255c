/* SPDX-License-Identifier: Apache-2.0 */
/* A folder that one process uses at a time, by flock() on the file `lock` in it; the kernel lets go when the process dies. Thread: any. */
#ifndef ATS_BASE_LOCK_H
#define ATS_BASE_LOCK_H

#include "common/base/error.h"

/* Owns: the caller, who gives `ret_fd` to ats_folder_unlock(). EXISTS: another process, or another part of this one, has the folder. */
ATS_MUST_USE enum ats_status ats_folder_lock(const char *folder, int *ret_fd,
                                             struct ats_error *err);
/* Takes what ats_folder_lock() gave; -1 is fine. The file stays: removing it would let two processes lock two files of one name. */
void ats_folder_unlock(int fd);

#endif
