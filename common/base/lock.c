/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/lock.h"

#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum ats_status ats_folder_lock(const char *folder, int *ret_fd, struct ats_error *err)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof(path), "%s/lock", folder);
    if (len < 0 || (size_t)len >= sizeof(path))
        return ats_error_set(err, ATS_ERR_LIMIT, "path too long: %s", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return ats_file_error(err, "cannot open", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int error = errno;
        (void)close(fd);
        if (error == EWOULDBLOCK)
            return ats_error_set(err, ATS_ERR_EXISTS, "%s is in use by another process", folder);
        return ats_error_set(err, ATS_ERR_IO, "cannot lock %s: %s", path, strerror(error));
    }
    *ret_fd = fd;
    return ATS_OK;
}

void ats_folder_unlock(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}
