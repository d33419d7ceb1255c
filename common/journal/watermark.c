/* SPDX-License-Identifier: Apache-2.0 */
/* The file `watermark`: 56 bytes, replaced as a whole. */
#include "common/journal/journal_internal.h"

#include "common/base/file.h"
#include "device/wire.h"

#include <limits.h>
#include <stdio.h>
#include <zlib.h>

#define MAGIC "ATSJMRK"
#define VERSION 1
#define SIZE 56

static enum ats_status path_of(const char *folder, char ret_path[PATH_MAX], struct ats_error *err)
{
    int len = snprintf(ret_path, PATH_MAX, "%s/watermark", folder);
    if (len < 0 || len >= PATH_MAX)
        return ats_error_set(err, ATS_ERR_LIMIT, "path too long: %s", folder);
    return ATS_OK;
}

static enum ats_status parse(const char *path, struct ats_span bytes,
                             struct ats_journal_mark *ret_mark, struct ats_error *err)
{
    struct ats_wire_reader reader;
    ats_wire_reader_init(&reader, bytes.data, bytes.len);
    const uint8_t *magic = ats_wire_get_fixed(&reader, sizeof(MAGIC));
    uint32_t version = ats_wire_get_u32(&reader);
    ret_mark->clean = ats_wire_get_u32(&reader) == 1;
    ret_mark->segment = ats_wire_get_u64(&reader);
    ret_mark->position = ats_wire_get_u64(&reader);
    ret_mark->journal_id = ats_wire_get_u64(&reader);
    ret_mark->last_position = ats_wire_get_u64(&reader);
    uint32_t crc = ats_wire_get_u32(&reader);
    (void)ats_wire_get_u32(&reader);
    if (!ats_wire_reader_done(&reader) || memcmp(magic, MAGIC, sizeof(MAGIC)) != 0 ||
        version != VERSION || crc != (uint32_t)crc32_z(0, bytes.data, SIZE - 8))
        return ats_error_set(err, ATS_ERR_CORRUPT, "%s is not a journal's watermark", path);
    return ATS_OK;
}

enum ats_status ats_journal_mark_read(const char *folder, struct ats_journal_mark *ret_mark,
                                      struct ats_error *err)
{
    char path[PATH_MAX];
    struct ats_buf buf;
    enum ats_status status = path_of(folder, path, err);
    if (status != ATS_OK)
        return status;
    ats_buf_init(&buf, SIZE);
    status = ats_file_read(path, &buf, err);
    if (status == ATS_OK || status == ATS_ERR_LIMIT)
        status = parse(path, ats_buf_span(&buf), ret_mark, err);
    ats_buf_fini(&buf);
    return status;
}

enum ats_status ats_journal_mark_write(const char *folder, const struct ats_journal_mark *mark,
                                       struct ats_error *err)
{
    char path[PATH_MAX];
    uint8_t bytes[SIZE];
    struct ats_wire_writer writer;
    enum ats_status status = path_of(folder, path, err);
    if (status != ATS_OK)
        return status;
    ats_wire_writer_init(&writer, bytes, sizeof(bytes));
    ats_wire_put_fixed(&writer, MAGIC, sizeof(MAGIC));
    ats_wire_put_u32(&writer, VERSION);
    ats_wire_put_u32(&writer, mark->clean ? 1 : 0);
    ats_wire_put_u64(&writer, mark->segment);
    ats_wire_put_u64(&writer, mark->position);
    ats_wire_put_u64(&writer, mark->journal_id);
    ats_wire_put_u64(&writer, mark->last_position);
    ats_wire_put_u32(&writer, (uint32_t)crc32_z(0, bytes, writer.len));
    ats_wire_put_u32(&writer, 0);
    status = ats_file_write(path, ats_span_of(bytes, writer.len), 0600, err);
    return status == ATS_OK ? ats_segment_sync_folder(folder, err) : status;
}
