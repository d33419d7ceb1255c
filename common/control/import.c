/* SPDX-License-Identifier: Apache-2.0 */
/* Twice over the file: once in a group that is thrown away, to learn how far it can be believed, and once to store that. */
#include "common/control/import.h"

#include "common/base/limits.h"
#include "common/record/recorded.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

struct piece {
    struct ats_registry *registry;
    FILE *file;
    struct ats_buf line;
    struct ats_recorded recorded;
    int64_t needed;   /* it must begin here or before */
    int64_t new_from; /* records from here on are new to the copy */
    int64_t next;     /* the least offset that may come now; negative before the first */
    int64_t
        hole; /* the file has nothing at this offset, before the record that was read; or negative */
    uint64_t lines;
    struct ats_error *err;
};

static enum ats_status check_offset(struct piece *piece, int64_t offset)
{
    if (piece->next < 0 && offset > piece->needed)
        return ats_error_set(piece->err, ATS_ERR_INVALID,
                             "it begins at offset %" PRId64 ", and this copy needs it from %" PRId64
                             " on",
                             offset, piece->needed);
    if (piece->next >= 0 && offset < piece->next)
        return ats_error_set(piece->err, ATS_ERR_INVALID,
                             "line %" PRIu64 " goes back to offset %" PRId64 " where %" PRId64
                             " is next",
                             piece->lines, offset, piece->next);
    piece->hole = piece->next >= 0 && offset > piece->next ? piece->next : -1;
    piece->next = offset + 1;
    return ATS_OK;
}

/* NOT_FOUND at the file's end. */
static enum ats_status read_record(struct piece *piece, struct ats_kafka_record *ret_record)
{
    struct ats_error why = {0};
    enum ats_status status = ats_recorded_read_line(piece->file, &piece->line);
    if (status == ATS_ERR_NOT_FOUND)
        return status;
    piece->lines++;
    if (status == ATS_OK)
        status = ats_recorded_parse(&piece->recorded, ats_buf_span(&piece->line), ret_record, &why);
    if (status != ATS_OK)
        return ats_error_set(piece->err, status == ATS_ERR_NOT_FOUND ? ATS_ERR_MALFORMED : status,
                             "line %" PRIu64 ": %s", piece->lines,
                             why.text[0] ? why.text : ats_status_name(status));
    return check_offset(piece, ret_record->offset);
}

static enum ats_status begin(struct piece *piece)
{
    rewind(piece->file);
    piece->next = -1;
    piece->lines = 0;
    piece->needed = ats_registry_begin_reading(piece->registry);
    return ats_registry_begin_group(piece->registry);
}

static bool is_checkpoint(struct ats_span value)
{
    struct ats_control_record record;
    return value.data && ats_control_record_decode(value, &record) == ATS_OK &&
           record.kind == ATS_CONTROL_CHECKPOINT;
}

struct mark {
    int64_t end;      /* exclusively */
    uint64_t records; /* new ones before it */
};

/* How far the piece is believed. */
struct belief {
    struct mark whole;
    struct mark checked; /* behind the last accepted checkpoint */
    bool doubted; /* a refused record or a hole stands before, and no accepted checkpoint since */
};

/* Where no checkpoint vouches for what stands behind it, the copy stops here. */
static void doubt(struct belief *belief, int64_t offset, enum ats_control_outcome outcome,
                  const char *reason, struct ats_import *import)
{
    if (!belief->doubted) {
        import->stopped_at = offset;
        import->outcome = outcome;
        (void)snprintf(import->reason.text, sizeof(import->reason.text), "%s", reason);
    }
    belief->doubted = true;
}

static void weigh(struct belief *belief, const struct ats_kafka_record *record,
                  enum ats_control_outcome outcome, const struct ats_error *reason,
                  uint64_t new_records, struct ats_import *import)
{
    const struct mark here = {record->offset + 1, new_records};
    if (outcome == ATS_CONTROL_ACCEPTED && is_checkpoint(record->value)) {
        belief->doubted = false;
        belief->checked = here;
    }
    if (outcome == ATS_CONTROL_WRONG_CHECKPOINT) {
        belief->whole = belief->checked;
        belief->doubted = false; /* it is told in the place of what was doubted before */
    }
    if (outcome != ATS_CONTROL_ACCEPTED)
        doubt(belief, record->offset, outcome, reason->text, import);
    if (!belief->doubted)
        belief->whole = here;
}

static enum ats_status look_through(struct piece *piece, struct belief *belief,
                                    struct ats_import *import)
{
    struct ats_kafka_record record = {0};
    uint64_t new_records = 0;
    enum ats_status status = begin(piece);
    if (status != ATS_OK)
        return ats_error_set(piece->err, status, "the local copy cannot be written");
    belief->whole.end = belief->checked.end = piece->new_from;
    while ((status = read_record(piece, &record)) == ATS_OK) {
        struct ats_error reason = {0};
        enum ats_control_outcome outcome;
        status =
            ats_registry_apply(piece->registry, record.offset, record.value, &outcome, &reason);
        if (status != ATS_OK) {
            status = ats_error_set(piece->err, status, "%s", reason.text);
            break;
        }
        if (record.offset < piece->new_from)
            continue;
        if (piece->hole >= 0)
            doubt(belief, piece->hole, ATS_CONTROL_MALFORMED, "the file has nothing there", import);
        weigh(belief, &record, outcome, &reason, ++new_records, import);
    }
    ats_registry_abort_group(piece->registry);
    if (status != ATS_ERR_NOT_FOUND)
        return status;
    import->left = new_records - belief->whole.records;
    return ATS_OK;
}

struct sink {
    ats_control_pulled *pulled;
    ats_control_committed *committed;
    void *ctx;
};

static enum ats_status commit(struct piece *piece, const struct sink *sink)
{
    enum ats_status status = ats_registry_end_group(piece->registry, piece->err);
    if (status == ATS_OK)
        sink->committed(sink->ctx);
    return status;
}

static enum ats_status store(struct piece *piece, int64_t end, const struct sink *sink,
                             struct ats_import *import)
{
    struct ats_kafka_record record = {0};
    enum ats_status status = begin(piece);
    while (status == ATS_OK && piece->next < end &&
           (status = read_record(piece, &record)) == ATS_OK) {
        struct ats_error reason = {0};
        enum ats_control_outcome outcome;
        status =
            ats_registry_apply(piece->registry, record.offset, record.value, &outcome, &reason);
        if (status != ATS_OK || record.offset < piece->new_from)
            continue;
        import->taken++;
        import->accepted += outcome == ATS_CONTROL_ACCEPTED ? 1 : 0;
        sink->pulled(sink->ctx, &record, outcome, &reason);
        if (import->taken % ATS_CONTROL_GROUP_MAX != 0)
            continue;
        status = commit(piece, sink);
        if (status == ATS_OK)
            status = ats_registry_begin_group(piece->registry);
        if (status != ATS_OK)
            return ats_error_set(piece->err, status, "the local copy cannot be written");
    }
    if (status == ATS_OK)
        return commit(piece, sink);
    ats_registry_abort_group(piece->registry);
    return ats_error_set(piece->err, status, "the file or the local copy changed meanwhile");
}

static enum ats_status open_file(struct piece *piece, const char *path)
{
    struct stat info;
    piece->file = fopen(path, "re");
    if (!piece->file)
        return ats_error_set(piece->err, ATS_ERR_IO, "%s", strerror(errno));
    if (fstat(fileno(piece->file), &info) != 0 || !S_ISREG(info.st_mode))
        return ats_error_set(piece->err, ATS_ERR_IO, "it is no file");
    if ((uint64_t)info.st_size > ATS_CONTROL_FILE_MAX)
        return ats_error_set(piece->err, ATS_ERR_LIMIT, "it is larger than %zu bytes",
                             ATS_CONTROL_FILE_MAX);
    return ATS_OK;
}

enum ats_status ats_control_import(struct ats_registry *registry, const char *path,
                                   ats_control_pulled *pulled, ats_control_committed *committed,
                                   void *ctx, struct ats_import *ret_import, struct ats_error *err)
{
    const struct sink sink = {pulled, committed, ctx};
    struct belief belief = {0};
    struct piece piece = {
        .registry = registry, .new_from = ats_registry_next_offset(registry), .err = err};
    *ret_import = (struct ats_import){0};
    ats_buf_init(&piece.line, ATS_RECORDED_LINE_MAX);
    ats_recorded_init(&piece.recorded);
    enum ats_status status = open_file(&piece, path);
    if (status == ATS_OK)
        status = look_through(&piece, &belief, ret_import);
    if (status == ATS_OK && belief.whole.end > piece.new_from)
        status = store(&piece, belief.whole.end, &sink, ret_import);
    if (piece.file)
        (void)fclose(piece.file);
    ats_recorded_fini(&piece.recorded);
    ats_buf_fini(&piece.line);
    return status;
}
