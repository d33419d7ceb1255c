/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files with a maximum size, and secret files with a mode that is checked. Thread: any. */
#ifndef ATS_BASE_FILE_H
#define ATS_BASE_FILE_H

#include "common/base/buf.h"
#include "common/base/error.h"

#include <sys/types.h>

/* For a call that set errno: "WHAT PATH: reason", and as which user it was where that user may not. A daemon runs as another user than
   who starts it. */
enum ats_status ats_file_error(struct ats_error *err, const char *what, const char *path);
/* Appends the file's bytes to `buf`; NOT_FOUND, LIMIT (larger than the buffer's maximum), IO or DISK. */
ATS_MUST_USE enum ats_status ats_file_read(const char *path, struct ats_buf *buf,
                                           struct ats_error *err);
/* The same for a text, as `ret_text` with its NUL, to be cut up in place; CONFIG names the line of another NUL. */
ATS_MUST_USE enum ats_status ats_file_read_text(const char *path, struct ats_buf *buf,
                                                char **ret_text, struct ats_error *err);
/* As ats_file_read, for a key or password: REFUSED if group or others may read it (mode must be 0600 or stricter; of
   systemd's credentials, which an ACL guards that shows as the group's mode, others must not). */
ATS_MUST_USE enum ats_status ats_file_read_secret(const char *path, struct ats_buf *buf,
                                                  struct ats_error *err);
/* Where a program's secret is: $CREDENTIALS_DIRECTORY/NAME where systemd was told of it (LoadCredential=), else FOLDER/NAME.
   LIMIT: the path is longer than `size` allows. */
ATS_MUST_USE enum ats_status ats_file_secret_path(const char *folder, const char *name,
                                                  char *ret_path, size_t size);
/* Writes a temporary file beside `path` with `mode`, syncs it, renames it and syncs the folder, so that a reader sees old
   or new, also after a loss of power. */
ATS_MUST_USE enum ats_status ats_file_write(const char *path, struct ats_span data, mode_t mode,
                                            struct ats_error *err);
/* The same for a file that must not exist yet: EXISTS if it does, and then it stays as it is. */
ATS_MUST_USE enum ats_status ats_file_create(const char *path, struct ats_span data, mode_t mode,
                                             struct ats_error *err);
/* Makes the folder and those above it where they are missing. */
ATS_MUST_USE enum ats_status ats_file_make_folder(const char *path, mode_t mode,
                                                  struct ats_error *err);

#endif
