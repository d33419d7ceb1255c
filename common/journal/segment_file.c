/* SPDX-License-Identifier: Apache-2.0 */
/* Segments as files: names, header, creation, mapping, removal. */
#include "common/journal/segment.h"

#include "device/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define MAGIC "ATSJRNL"
#define VERSION 1
#define CRC_AT 40
#define NAME_DIGITS 16
/* Blocks of a segment's start that must be zeros for it to count as never used. */
#define BLANK_SIZE 4096

static enum ats_status path_of(const char *folder, uint64_t number, const char *suffix,
                               char ret_path[PATH_MAX], struct ats_error *err)
{
    int len = snprintf(ret_path, PATH_MAX, "%s/%016" PRIx64 ".seg%s", folder, number, suffix);
    if (len < 0 || len >= PATH_MAX)
        return ats_error_set(err, ATS_ERR_LIMIT, "path too long: %s", folder);
    return ATS_OK;
}

static enum ats_status io_error(const char *what, const char *path, int error,
                                struct ats_error *err)
{
    bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    return ats_error_set(err, full ? ATS_ERR_LIMIT : ATS_ERR_IO, "cannot %s %s: %s", what, path,
                         strerror(error));
}

bool ats_segment_parse_name(const char *name, const char *suffix, uint64_t *ret_number)
{
    uint64_t number = 0;
    for (int i = 0; i < NAME_DIGITS; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = name[i] != '\0' ? strchr(digits, name[i]) : NULL;
        if (!digit)
            return false;
        number = number << 4 | (uint64_t)(digit - digits);
    }
    if (strncmp(name + NAME_DIGITS, ".seg", 4) != 0 || strcmp(name + NAME_DIGITS + 4, suffix) != 0)
        return false;
    *ret_number = number;
    /* The numbers of a life-time start at 1; the upper half is nobody's. */
    return number > 0 && number <= INT64_MAX;
}

enum ats_status ats_segment_sync_folder(const char *folder, struct ats_error *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return io_error("open", folder, errno, err);
    int error = fsync(fd) == 0 ? 0 : errno;
    (void)close(fd);
    return error == 0 ? ATS_OK : io_error("sync", folder, error, err);
}

static enum ats_status map_file(int fd, const char *path, uint64_t number, uint64_t size,
                                struct ats_segment **ret_segment, struct ats_error *err)
{
    struct ats_segment *segment = calloc(1, sizeof(*segment));
    if (!segment)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for %s", path);
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        int error = errno;
        free(segment);
        return io_error("map", path, error, err);
    }
    segment->map = map;
    segment->size = size;
    segment->number = number;
    atomic_init(&segment->end, ATS_JOURNAL_HEADER_SIZE);
    *ret_segment = segment;
    return ATS_OK;
}

static enum ats_status fill_file(int fd, const char *path, const char *folder, uint64_t size,
                                 struct ats_error *err)
{
    /* Blocks are allocated now: a write into the map on a full disk would end the process with SIGBUS. */
    int error = posix_fallocate(fd, 0, (off_t)size);
    if (error != 0)
        return io_error("allocate", path, error, err);
    if (fsync(fd) != 0)
        return io_error("sync", path, errno, err);
    return ats_segment_sync_folder(folder, err);
}

enum ats_status ats_segment_create(const char *folder, uint64_t number, uint64_t size,
                                   struct ats_segment **ret_segment, struct ats_error *err)
{
    char path[PATH_MAX];
    enum ats_status status = path_of(folder, number, "", path, err);
    if (status != ATS_OK)
        return status;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return io_error("create", path, errno, err);
    status = fill_file(fd, path, folder, size, err);
    if (status == ATS_OK)
        status = map_file(fd, path, number, size, ret_segment, err);
    (void)close(fd);
    if (status != ATS_OK)
        (void)unlink(path);
    return status;
}

void ats_segment_begin(struct ats_segment *segment, uint64_t journal_id, uint64_t first_position)
{
    struct ats_wire_writer writer;
    segment->journal_id = journal_id;
    segment->first_position = first_position;
    ats_wire_writer_init(&writer, segment->map, ATS_JOURNAL_HEADER_SIZE);
    ats_wire_put_fixed(&writer, MAGIC, sizeof(MAGIC));
    ats_wire_put_u32(&writer, VERSION);
    ats_wire_put_u32(&writer, 0);
    ats_wire_put_u64(&writer, journal_id);
    ats_wire_put_u64(&writer, segment->number);
    ats_wire_put_u64(&writer, first_position);
    ats_wire_put_u32(&writer, (uint32_t)crc32_z(0, segment->map, CRC_AT));
}

static bool is_blank(const struct ats_segment *segment)
{
    uint64_t len = segment->size < BLANK_SIZE ? segment->size : BLANK_SIZE;
    for (uint64_t i = 0; i < len; i++) {
        if (segment->map[i] != 0)
            return false;
    }
    return true;
}

static enum ats_status read_header(struct ats_segment *segment, const char *path,
                                   struct ats_error *err)
{
    struct ats_wire_reader reader;
    if (is_blank(segment))
        return ATS_ERR_NOT_FOUND;
    ats_wire_reader_init(&reader, segment->map, segment->size);
    const uint8_t *magic = ats_wire_get_fixed(&reader, sizeof(MAGIC));
    uint32_t version = ats_wire_get_u32(&reader);
    (void)ats_wire_get_u32(&reader);
    segment->journal_id = ats_wire_get_u64(&reader);
    uint64_t number = ats_wire_get_u64(&reader);
    segment->first_position = ats_wire_get_u64(&reader);
    uint32_t crc = ats_wire_get_u32(&reader);
    if (reader.failed || !magic || memcmp(magic, MAGIC, sizeof(MAGIC)) != 0 ||
        crc != (uint32_t)crc32_z(0, segment->map, CRC_AT) || number != segment->number ||
        segment->size < ATS_JOURNAL_HEADER_SIZE)
        return ATS_ERR_MALFORMED;
    if (version != VERSION)
        return ats_error_set(err, ATS_ERR_CORRUPT, "%s has version %u, this program reads %d", path,
                             (unsigned)version, VERSION);
    return ATS_OK;
}

static enum ats_status open_file(int fd, const char *path, uint64_t number,
                                 struct ats_segment **ret_segment, struct ats_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return io_error("examine", path, errno, err);
    if (!S_ISREG(st.st_mode))
        return ATS_ERR_MALFORMED;
    if (st.st_size == 0)
        return ATS_ERR_NOT_FOUND;
    return map_file(fd, path, number, (uint64_t)st.st_size, ret_segment, err);
}

enum ats_status ats_segment_open(const char *folder, uint64_t number,
                                 struct ats_segment **ret_segment, struct ats_error *err)
{
    char path[PATH_MAX];
    struct ats_segment *segment = NULL;
    enum ats_status status = path_of(folder, number, "", path, err);
    if (status != ATS_OK)
        return status;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && (errno == ELOOP || errno == EISDIR || errno == ENXIO))
        return ATS_ERR_MALFORMED;
    if (fd < 0)
        return io_error("open", path, errno, err);
    status = open_file(fd, path, number, &segment, err);
    (void)close(fd);
    if (!segment)
        return status;
    status = read_header(segment, path, err);
    if (status != ATS_OK) {
        ats_segment_free(segment);
        return status;
    }
    ats_segment_scan(segment);
    segment->synced = atomic_load_explicit(&segment->end, memory_order_relaxed);
    *ret_segment = segment;
    return ATS_OK;
}

enum ats_status ats_segment_trim(struct ats_segment *segment, const char *folder,
                                 struct ats_error *err)
{
    char path[PATH_MAX];
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t end = atomic_load_explicit(&segment->end, memory_order_relaxed);
    uint64_t size = (end + page - 1) / page * page;
    /* The page that stays may hold the start of a torn record. */
    memset(segment->map + end, 0, (size < segment->size ? size : segment->size) - end);
    segment->broken = false;
    if (size >= segment->size)
        return ATS_OK;
    enum ats_status status = path_of(folder, segment->number, "", path, err);
    if (status != ATS_OK)
        return status;
    (void)munmap(segment->map + size, segment->size - size);
    segment->size = size;
    return truncate(path, (off_t)size) == 0 ? ATS_OK : io_error("shorten", path, errno, err);
}

void ats_segment_free(struct ats_segment *segment)
{
    if (!segment)
        return;
    if (segment->map)
        (void)munmap(segment->map, segment->size);
    free(segment);
}

enum ats_status ats_segment_remove(const char *folder, uint64_t number, bool keep,
                                   struct ats_error *err)
{
    char path[PATH_MAX];
    char kept[PATH_MAX];
    enum ats_status status = path_of(folder, number, "", path, err);
    if (status == ATS_OK)
        status = path_of(folder, number, ".corrupt", kept, err);
    if (status != ATS_OK)
        return status;
    if ((keep ? rename(path, kept) : unlink(path)) != 0)
        return io_error(keep ? "set aside" : "remove", path, errno, err);
    return ATS_OK;
}
