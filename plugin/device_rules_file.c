/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/device_rules_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "rules.ndjson"
#define NAME_NEXT "rules.ndjson.next"
#define PATH_SIZE 4096
/* Names of devices: not for everybody who has an account. */
#define MODE 0640
/* Rows for which one more millisecond passes between two files, so that a large one is written less often. */
#define ROWS_PER_MS 4

void ats_device_rules_file_init(struct ats_device_rules_file *file,
                                const struct ats_device_rules *rules, const char *folder,
                                const char *gate, const struct ats_clock *clock,
                                struct ats_log *log)
{
    *file = (struct ats_device_rules_file){
        .rules = rules, .folder = folder, .gate = gate, .clock = clock, .log = log};
    file->since_ms = rules ? ats_clock_wall_ms(clock) : 0;
}

static const char *path_of(const struct ats_device_rules_file *file, const char *name,
                           char path[PATH_SIZE])
{
    int len = snprintf(path, PATH_SIZE, "%s/%s", file->folder, name);
    return len < PATH_SIZE ? path : "";
}

static void tell(struct ats_device_rules_file *file, bool good)
{
    if (!good && !file->failed)
        ats_log_event(file->log, ATS_LOG_WARNING, "rules.file", "file=%s reason=\"%s\"", NAME,
                      strerror(errno));
    file->failed = !good;
}

static void put_line(FILE *to, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    if (text)
        (void)fprintf(to, "%s\n", text);
    free(text);
    json_decref(object);
}

static void put_head(struct ats_device_rules_file *file)
{
    char now[ATS_RFC3339_SIZE];
    char since[ATS_RFC3339_SIZE];
    uint64_t quarantined = 0;
    uint64_t warned = 0;
    ats_clock_format_rfc3339(ats_clock_wall_ms(file->clock), now);
    ats_clock_format_rfc3339(file->since_ms, since);
    ats_device_rules_others(file->rules, &quarantined, &warned);
    put_line(file->file, json_pack("{s:s, s:s, s:s, s:I, s:I}", "gate", file->gate, "time", now,
                                   "since", since, "others_quarantined", (json_int_t)quarantined,
                                   "others_warned", (json_int_t)warned));
}

static void put_row(struct ats_device_rules_file *file)
{
    char last[ATS_RFC3339_SIZE];
    struct ats_device_rules_row row;
    ats_device_rules_read(file->rules, file->row++, &row);
    ats_clock_format_rfc3339(row.last_ms, last);
    put_line(file->file, json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "device", row.device,
                                   "contract", row.contract, "rule", ats_rule_name(row.rule),
                                   "quarantined", (json_int_t)row.quarantined, "warned",
                                   (json_int_t)row.warned, "last", last));
}

static void begin(struct ats_device_rules_file *file)
{
    char path[PATH_SIZE];
    file->changes = ats_device_rules_changes(file->rules);
    file->row = 0;
    (void)unlink(path_of(file, NAME_NEXT, path));
    int number = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
    file->file = number >= 0 ? fdopen(number, "w") : NULL;
    if (number >= 0 && !file->file)
        (void)close(number);
    if (file->file)
        put_head(file);
    else
        tell(file, false);
}

static void end(struct ats_device_rules_file *file)
{
    char from[PATH_SIZE];
    char to[PATH_SIZE];
    bool good = ferror(file->file) == 0;
    good = fclose(file->file) == 0 && good;
    file->file = NULL;
    good = good && rename(path_of(file, NAME_NEXT, from), path_of(file, NAME, to)) == 0;
    tell(file, good);
    file->shown = good ? file->changes : file->shown;
    file->began = file->began || good;
}

static bool is_due(const struct ats_device_rules_file *file, int64_t now)
{
    bool changed = !file->began || file->shown != ats_device_rules_changes(file->rules);
    return changed && now >= file->next_ms;
}

/* Rows that came behind the beginning are in it as far as they are met. */
static void write_rows(struct ats_device_rules_file *file, size_t rows_max)
{
    size_t count = ats_device_rules_count(file->rules);
    for (size_t i = 0; i < rows_max && file->row < count; i++)
        put_row(file);
    if (file->row == count)
        end(file);
}

void ats_device_rules_file_step(struct ats_device_rules_file *file)
{
    int64_t now = file->rules ? ats_clock_monotonic_ms(file->clock) : 0;
    if (!file->rules)
        return;
    if (!file->file && is_due(file, now)) {
        file->next_ms = now + ATS_GATE_METRICS_MS +
                        (int64_t)(ats_device_rules_count(file->rules) / ROWS_PER_MS);
        begin(file);
    }
    if (file->file)
        write_rows(file, ATS_GATE_DEVICE_RULES_WRITES_MAX);
}

void ats_device_rules_file_finish(struct ats_device_rules_file *file)
{
    char path[PATH_SIZE];
    if (!file->rules)
        return;
    if (file->file) {
        (void)fclose(file->file);
        (void)unlink(path_of(file, NAME_NEXT, path));
        file->file = NULL;
    }
    file->next_ms = 0;
    if (is_due(file, 0))
        begin(file);
    if (file->file)
        write_rows(file, SIZE_MAX);
}
