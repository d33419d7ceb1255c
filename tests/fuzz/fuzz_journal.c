/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens a journal on arbitrary segments and an arbitrary watermark, reads, acknowledges, appends, and opens it again.
 *
 *   input: [flags][segments][records to mend][watermark length] [watermark] [segment bytes, cut into equal parts]
 *
 * Arbitrary bytes fail at the first CRC; so flags ask that headers (1) and the first records (2) get right ones.
 */
#include "common/journal/segment.h"

#include <dirent.h>
#include <endian.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define SEGMENT_SIZE 4096
#define SEGMENTS_MAX 4
#define INPUT_HEAD 4
#define FLAG_HEADER 1
#define FLAG_RECORDS 2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ats_journal_options options = {.segment_size = SEGMENT_SIZE,
                                                   .size_max = 16 * SEGMENT_SIZE};
static char folder[64];

static volatile unsigned sink; /* so that every byte is really read */

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void put_u32(uint8_t *at, uint32_t value)
{
    value = htobe32(value);
    memcpy(at, &value, sizeof(value));
}

static void put_u64(uint8_t *at, uint64_t value)
{
    value = htobe64(value);
    memcpy(at, &value, sizeof(value));
}

static uint32_t get_u32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return be32toh(value);
}

static void mend_header(uint8_t *segment, uint64_t number)
{
    memcpy(segment, "ATSJRNL", 8);
    put_u32(segment + 8, 1);
    put_u64(segment + 24, number);
    put_u32(segment + 40, (uint32_t)crc32_z(0, segment, 40));
}

static void mend_records(uint8_t *segment, size_t size, unsigned count)
{
    size_t offset = ATS_JOURNAL_HEADER_SIZE;
    uint64_t position;
    memcpy(&position, segment + 32, sizeof(position));
    position = be64toh(position);
    for (; count > 0 && offset + ATS_JOURNAL_RECORD_HEAD_SIZE <= size; count--, position++) {
        uint8_t head[24];
        uint32_t len = get_u32(segment + offset) % 200;
        uint64_t next = offset + ats_segment_record_size(len);
        if (next > size)
            return;
        put_u32(segment + offset, len + 8);
        memcpy(head, segment + 16, 8);
        put_u64(head + 8, position);
        memcpy(head + 16, segment + offset + 4, 4);
        put_u32(head + 20, len);
        uLong crc = crc32_z(0, head, sizeof(head));
        crc = crc32_z(crc, segment + offset + ATS_JOURNAL_RECORD_HEAD_SIZE, len);
        put_u32(segment + offset + 8, (uint32_t)crc);
        offset = next;
    }
}

static void write_file(const char *name, const uint8_t *data, size_t size)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    check(file && fwrite(data, 1, size, file) == size);
    check(fclose(file) == 0);
}

static void write_segments(const uint8_t *input, const uint8_t *data, size_t size)
{
    unsigned count = input[1] % SEGMENTS_MAX + 1;
    size_t each = size / count < SEGMENT_SIZE ? size / count : SEGMENT_SIZE;
    for (unsigned i = 0; i < count; i++) {
        uint8_t segment[SEGMENT_SIZE];
        char name[32];
        memcpy(segment, data + i * each, each);
        if ((input[0] & FLAG_HEADER) && each >= ATS_JOURNAL_HEADER_SIZE) {
            mend_header(segment, i + 1);
            if (input[0] & FLAG_RECORDS)
                mend_records(segment, each, input[2]);
        }
        (void)snprintf(name, sizeof(name), "%016x.seg", i + 1);
        write_file(name, segment, each);
    }
}

static uint64_t read_all(struct ats_journal *journal, bool from_oldest, bool acknowledge)
{
    struct ats_journal_reader *reader = NULL;
    struct ats_journal_entry entry;
    uint64_t count = 0;
    enum ats_status status = ats_journal_reader_open(journal, from_oldest, &reader);
    check(status == ATS_OK);
    for (; ats_journal_reader_next(reader, &entry) == ATS_OK; count++) {
        for (size_t i = 0; i < entry.data.len; i++)
            sink += entry.data.data[i];
        if (acknowledge)
            ats_journal_acknowledge(journal, entry.journal_id, entry.position);
    }
    ats_journal_reader_close(reader);
    return count;
}

static struct ats_journal *open_journal(void)
{
    struct ats_journal *journal = NULL;
    enum ats_status status = ats_journal_open(folder, &options, &journal, NULL);
    check((status == ATS_OK) == (journal != NULL));
    return journal;
}

static void use_journal(void)
{
    uint64_t position = 0;
    struct ats_journal *journal = open_journal();
    if (!journal)
        return;
    uint64_t count = read_all(journal, true, false);
    check(count == ats_journal_recovered(journal)->records);
    check(read_all(journal, false, true) <= count);
    enum ats_status status = ats_journal_maintain(journal, 1, NULL);
    check(status == ATS_OK);
    status = ats_journal_append(journal, 1, ats_span_text("more"), &position);
    check(status == ATS_OK && position > 0);
    ats_journal_close(journal);
    journal = open_journal();
    check(journal && ats_journal_recovered(journal)->torn == 0);
    check(read_all(journal, false, true) >= 1);
    ats_journal_close(journal);
}

static void remove_folder(void)
{
    (void)rmdir(folder);
}

/* One folder for all inputs: making and removing it costs more than the rest. */
static void empty_folder(void)
{
    struct dirent *entry;
    if (folder[0] == '\0') {
        (void)snprintf(folder, sizeof(folder), "%s/ats-fuzz-journal-XXXXXX",
                       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        check(mkdtemp(folder) != NULL);
        check(atexit(remove_folder) == 0);
    }
    DIR *dir = opendir(folder);
    check(dir != NULL);
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] != '.')
            check(unlinkat(dirfd(dir), entry->d_name, 0) == 0);
    }
    (void)closedir(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < INPUT_HEAD || size > SEGMENTS_MAX * SEGMENT_SIZE)
        return 0;
    size_t mark = data[3] < size - INPUT_HEAD ? data[3] : size - INPUT_HEAD;
    empty_folder();
    if (mark > 0)
        write_file("watermark", data + INPUT_HEAD, mark);
    write_segments(data, data + INPUT_HEAD + mark, size - INPUT_HEAD - mark);
    use_journal();
    empty_folder();
    return 0;
}
