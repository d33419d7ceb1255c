/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP 16384

enum ats_status ats_file_error(struct ats_error *err, const char *what, const char *path)
{
    int number = errno;
    enum ats_status status = ats_status_of_errno(number);
    if (number == EACCES || number == EPERM)
        return ats_error_set(err, status, "%s %s as user %lu: %s", what, path,
                             (unsigned long)geteuid(), strerror(number));
    return ats_error_set(err, status, "%s %s: %s", what, path, strerror(number));
}

static enum ats_status read_all(int fd, const char *path, struct ats_buf *buf,
                                struct ats_error *err)
{
    for (;;) {
        size_t step = buf->max - buf->len < READ_STEP ? buf->max - buf->len + 1 : READ_STEP;
        uint8_t chunk[READ_STEP];
        ssize_t got = read(fd, chunk, step);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ats_file_error(err, "cannot read", path);
        if (got == 0)
            return ATS_OK;
        ats_buf_append(buf, chunk, (size_t)got);
        explicit_bzero(chunk, (size_t)got); /* it may be a key */
        if (buf->status == ATS_ERR_LIMIT)
            return ats_error_set(err, ATS_ERR_LIMIT, "%s is larger than %zu bytes", path, buf->max);
        if (buf->status != ATS_OK)
            return ats_error_set(err, buf->status, "out of memory while reading %s", path);
    }
}

/* systemd's folder of credentials, or NULL. */
static const char *credentials_folder(void)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    return folder && *folder == '/' ? folder : NULL;
}

static bool is_credential(const char *path)
{
    const char *folder = credentials_folder();
    size_t len = folder ? strlen(folder) : 0;
    return folder && strncmp(path, folder, len) == 0 && path[len] == '/' &&
           !strchr(path + len + 1, '/');
}

static enum ats_status check_file(int fd, const char *path, bool secret, struct ats_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ats_file_error(err, "cannot examine", path);
    if (S_ISDIR(st.st_mode))
        return ats_error_set(err, ATS_ERR_IO, "%s is a folder, not a file", path);
    mode_t open_to = S_IRWXO | (is_credential(path) ? 0 : S_IRWXG);
    if (secret && (st.st_mode & open_to) != 0)
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "%s holds a secret but has mode %04o (allowed: 0600)", path,
                             (unsigned)(st.st_mode & 07777));
    return ATS_OK;
}

static enum ats_status read_checked(const char *path, bool secret, struct ats_buf *buf,
                                    struct ats_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ats_file_error(err, "cannot open", path);
    enum ats_status status = check_file(fd, path, secret, err);
    if (status == ATS_OK)
        status = read_all(fd, path, buf, err);
    (void)close(fd);
    return status;
}

enum ats_status ats_file_read(const char *path, struct ats_buf *buf, struct ats_error *err)
{
    return read_checked(path, false, buf, err);
}

/* A NUL would end the text for whoever reads on. */
static enum ats_status check_text(const char *text, size_t len, const char *path,
                                  struct ats_error *err)
{
    size_t line = 1;
    size_t good = strlen(text);
    for (size_t i = 0; i < good; i++)
        line += text[i] == '\n';
    return good == len
               ? ATS_OK
               : ats_error_set(err, ATS_ERR_CONFIG, "%s:%zu: a NUL byte: not a text", path, line);
}

enum ats_status ats_file_read_text(const char *path, struct ats_buf *buf, char **ret_text,
                                   struct ats_error *err)
{
    enum ats_status status = ats_file_read(path, buf, err);
    if (status != ATS_OK)
        return status;
    const char *text = ats_buf_text(buf);
    if (!text)
        return ats_error_set(err, buf->status, "%s: no room for its %zu bytes", path, buf->len);
    *ret_text = (char *)buf->data;
    return check_text(text, buf->len, path, err);
}

enum ats_status ats_file_secret_path(const char *folder, const char *name, char *ret_path,
                                     size_t size)
{
    const char *credentials = credentials_folder();
    if (credentials && (size_t)snprintf(ret_path, size, "%s/%s", credentials, name) < size &&
        access(ret_path, F_OK) == 0)
        return ATS_OK;
    return (size_t)snprintf(ret_path, size, "%s/%s", folder, name) < size ? ATS_OK : ATS_ERR_LIMIT;
}

enum ats_status ats_file_read_secret(const char *path, struct ats_buf *buf, struct ats_error *err)
{
    return read_checked(path, true, buf, err);
}

static enum ats_status write_all(int fd, const char *path, struct ats_span data,
                                 struct ats_error *err)
{
    size_t done = 0;
    while (done < data.len) {
        ssize_t wrote = write(fd, data.data + done, data.len - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return ats_file_error(err, "cannot write", path);
        done += (size_t)wrote;
    }
    return fsync(fd) == 0 ? ATS_OK : ats_file_error(err, "cannot sync", path);
}

/* A synced file of its own name beside `path`; removed again on failure. */
static enum ats_status write_temporary(const char *path, struct ats_span data, mode_t mode,
                                       char ret_temporary[PATH_MAX], struct ats_error *err)
{
    int len = snprintf(ret_temporary, PATH_MAX, "%s.XXXXXX", path);
    if (len < 0 || len >= PATH_MAX)
        return ats_error_set(err, ATS_ERR_LIMIT, "path too long: %s", path);
    int fd = mkostemp(ret_temporary, O_CLOEXEC);
    if (fd < 0)
        return ats_file_error(err, "cannot create a file beside", path);
    enum ats_status status =
        fchmod(fd, mode) == 0 ? ATS_OK : ats_file_error(err, "cannot chmod", ret_temporary);
    if (status == ATS_OK)
        status = write_all(fd, ret_temporary, data, err);
    if (close(fd) != 0 && status == ATS_OK)
        status = ats_file_error(err, "cannot close", ret_temporary);
    if (status != ATS_OK)
        (void)unlink(ret_temporary);
    return status;
}

/* Makes the new name of a file last through a loss of power. */
static enum ats_status sync_folder_of(const char *path, struct ats_error *err)
{
    char folder[PATH_MAX];
    (void)snprintf(folder, sizeof(folder), "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ats_file_error(err, "cannot open the folder of", path);
    /* A file system that cannot sync a folder says EINVAL, and then there is nothing to do. */
    enum ats_status status = fsync(fd) == 0 || errno == EINVAL
                                 ? ATS_OK
                                 : ats_file_error(err, "cannot sync the folder of", path);
    (void)close(fd);
    return status;
}

enum ats_status ats_file_write(const char *path, struct ats_span data, mode_t mode,
                               struct ats_error *err)
{
    char temporary[PATH_MAX];
    enum ats_status status = write_temporary(path, data, mode, temporary, err);
    if (status != ATS_OK)
        return status;
    if (rename(temporary, path) != 0) {
        status = ats_file_error(err, "cannot rename to", path);
        (void)unlink(temporary);
        return status;
    }
    return sync_folder_of(path, err);
}

enum ats_status ats_file_create(const char *path, struct ats_span data, mode_t mode,
                                struct ats_error *err)
{
    char temporary[PATH_MAX];
    enum ats_status status = write_temporary(path, data, mode, temporary, err);
    if (status != ATS_OK)
        return status;
    /* link() never replaces, unlike rename(). */
    if (link(temporary, path) != 0)
        status = errno == EEXIST ? ats_error_set(err, ATS_ERR_EXISTS, "%s exists already", path)
                                 : ats_file_error(err, "cannot create", path);
    (void)unlink(temporary);
    if (status != ATS_OK)
        return status;
    status = sync_folder_of(path, err);
    if (status != ATS_OK)
        (void)unlink(path); /* what failed is not there */
    return status;
}

/* Makes one folder, or finds that it is there. */
static enum ats_status make_one(const char *path, mode_t mode, struct ats_error *err)
{
    struct stat st;
    if (mkdir(path, mode) == 0)
        return ATS_OK;
    if (errno == EEXIST && stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
        return ats_error_set(err, ATS_ERR_IO, "%s is a file, not a folder", path);
    return errno == EEXIST ? ATS_OK : ats_file_error(err, "cannot make folder", path);
}

enum ats_status ats_file_make_folder(const char *path, mode_t mode, struct ats_error *err)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof(part))
        return ats_error_set(err, ATS_ERR_LIMIT, "bad folder name: '%s'", path);
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != '\0')
            continue;
        char end = part[i];
        part[i] = '\0';
        enum ats_status status = make_one(part, mode, err);
        if (status != ATS_OK)
            return status;
        part[i] = end;
    }
    return ATS_OK;
}
