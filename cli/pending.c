/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pending.h"

#include "common/base/file.h"

#include <unistd.h>

static enum ats_status path_of(const struct ats_cli *cli, unsigned number, struct ats_path *path,
                               struct ats_error *err)
{
    return ats_fleet_path(cli, path, err, "pending/%04u.record", number);
}

enum ats_status ats_pending_put(const struct ats_cli *cli, unsigned number, struct ats_span value,
                                struct ats_error *err)
{
    struct ats_path path;
    enum ats_status status = ats_fleet_path(cli, &path, err, "pending");
    if (status == ATS_OK)
        status = ats_file_make_folder(path.text, 0700, err);
    if (status == ATS_OK)
        status = path_of(cli, number, &path, err);
    return status == ATS_OK ? ats_file_write(path.text, value, 0600, err) : status;
}

enum ats_status ats_pending_read(const struct ats_cli *cli, struct ats_pending *ret_pending,
                                 struct ats_error *err)
{
    *ret_pending = (struct ats_pending){0};
    for (unsigned number = 1; number <= ATS_PENDING_MAX; number++) {
        struct ats_path path;
        enum ats_status status = path_of(cli, number, &path, err);
        if (status != ATS_OK)
            return status;
        if (access(path.text, F_OK) != 0)
            return ATS_OK;
        struct ats_buf *value = &ret_pending->values[ret_pending->count++];
        ats_buf_init(value, ATS_RECORD_MAX);
        status = ats_file_read(path.text, value, err);
        if (status != ATS_OK)
            return status;
    }
    return ATS_OK;
}

void ats_pending_fini(struct ats_pending *pending)
{
    for (size_t i = 0; i < pending->count; i++)
        ats_buf_fini(&pending->values[i]);
    pending->count = 0;
}

bool ats_pending_any(const struct ats_cli *cli)
{
    struct ats_path path;
    return path_of(cli, 1, &path, NULL) == ATS_OK && access(path.text, F_OK) == 0;
}

/* From the last to the first, so that a kill in between leaves a sequence that starts at 1. */
void ats_pending_remove(const struct ats_cli *cli)
{
    struct ats_path path;
    for (unsigned number = ATS_PENDING_MAX; number >= 1; number--)
        if (path_of(cli, number, &path, NULL) == ATS_OK)
            (void)unlink(path.text);
    if (ats_fleet_path(cli, &path, NULL, "pending") == ATS_OK)
        (void)rmdir(path.text);
}
