/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/presence_file.h"

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "plugin/presence.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SESSIONS "sessions.ndjson"
#define SESSIONS_NEXT "sessions.ndjson.next"
#define DEPARTED "departed.ndjson"
#define DEPARTED_BEFORE "departed.1.ndjson"
/* Names of devices and addresses: not for everybody who has an account. */
#define MODE 0640

void ats_presence_file_init(struct ats_presence_file *file, struct ats_ring *rows,
                            const char *folder, const char *gate, struct ats_log *log)
{
    *file = (struct ats_presence_file){.rows = rows, .folder = folder, .gate = gate, .log = log};
}

/* A name that does not fit names nothing that can be opened. */
static const char *path_of(const struct ats_presence_file *file, const char *name,
                           char path[ATS_PRESENCE_PATH_SIZE])
{
    int len = snprintf(path, ATS_PRESENCE_PATH_SIZE, "%s/%s", file->folder, name);
    return len < ATS_PRESENCE_PATH_SIZE ? path : "";
}

static FILE *open_file(const struct ats_presence_file *file, const char *name, int flags)
{
    char path[ATS_PRESENCE_PATH_SIZE];
    int number = open(path_of(file, name, path), O_WRONLY | O_CREAT | O_CLOEXEC | flags, MODE);
    FILE *stream = number >= 0 ? fdopen(number, flags & O_APPEND ? "a" : "w") : NULL;
    if (number >= 0 && !stream)
        (void)close(number);
    return stream;
}

static void rename_file(const struct ats_presence_file *file, const char *from, const char *to)
{
    char old_path[ATS_PRESENCE_PATH_SIZE];
    char new_path[ATS_PRESENCE_PATH_SIZE];
    (void)rename(path_of(file, from, old_path), path_of(file, to, new_path));
}

static void tell(const struct ats_presence_file *file, bool *failed, const char *name, bool good)
{
    if (!good && !*failed)
        ats_log_event(file->log, ATS_LOG_WARNING, "sessions.file", "file=%s reason=\"%s\"", name,
                      strerror(errno));
    *failed = !good;
}

/* Whether there was a line to write; what becomes of it the file says at its end. */
static bool put_line(FILE *to, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    bool made = text != NULL;
    if (to && made)
        (void)fprintf(to, "%s\n", text);
    free(text);
    json_decref(object);
    return made;
}

/* JSON has no other bytes than UTF-8: each that is none becomes a question mark, so that no row is lost for it. */
static json_t *text_json(const char *text)
{
    char good[ATS_CLIENT_ID_MAX + 1];
    size_t len = strnlen(text, sizeof(good) - 1);
    memcpy(good, text, len);
    for (size_t at = 0; at < len; at++) {
        at += ats_utf8_span(ats_span_of(good + at, len - at));
        if (at < len)
            good[at] = '?';
    }
    return json_stringn(good, len);
}

static json_t *time_json(int64_t time_ms)
{
    char text[ATS_RFC3339_SIZE];
    if (time_ms == 0)
        return json_null();
    ats_clock_format_rfc3339(time_ms, text);
    return json_string(text);
}

static json_t *row_json(const struct ats_presence_row *row)
{
    const struct ats_session_activity *activity = &row->activity;
    json_t *object = json_pack(
        "{s:o, s:b, s:o, s:o, s:o, s:o, s:I, s:I}", "device", text_json(row->device), "connected",
        row->kind == ATS_PRESENCE_SESSION, "since", time_json(activity->since_ms), "seen",
        time_json(activity->seen_ms), "last_publish", time_json(activity->last_publish_ms),
        "address", text_json(activity->address), "published", (json_int_t)activity->published,
        "refused", (json_int_t)activity->refused);
    if (object && row->kind == ATS_PRESENCE_SESSION) {
        (void)json_object_set_new(object, "client", text_json(row->client_id));
        (void)json_object_set_new(object, "method", json_string(row->method));
    }
    return object;
}

/* ---- who has gone ---- */

static void open_departed(struct ats_presence_file *file)
{
    struct stat about;
    if (file->departed)
        return;
    file->departed = open_file(file, DEPARTED, O_APPEND);
    if (file->departed && fstat(fileno(file->departed), &about) == 0 &&
        about.st_size >= ATS_GATE_DEPARTED_FILE_MAX) {
        (void)fclose(file->departed);
        rename_file(file, DEPARTED, DEPARTED_BEFORE);
        file->departed = open_file(file, DEPARTED, O_APPEND);
    }
    if (!file->departed)
        tell(file, &file->departed_failed, DEPARTED, false);
}

/* Whether all is written; it is told where it is not. */
static bool close_departed(struct ats_presence_file *file)
{
    if (!file->departed)
        return false;
    bool good = ferror(file->departed) == 0;
    good = fclose(file->departed) == 0 && good;
    file->departed = NULL;
    tell(file, &file->departed_failed, DEPARTED, good);
    return good;
}

/* The lines of devices, as they are. */
static bool copy_lines(FILE *from, FILE *to)
{
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, from) > 0)
        if (strncmp(line, "{\"device\"", strlen("{\"device\"")) == 0)
            (void)fputs(line, to);
    free(line);
    return ferror(from) == 0;
}

static void take_over(struct ats_presence_file *file)
{
    char path[ATS_PRESENCE_PATH_SIZE];
    FILE *before = fopen(path_of(file, SESSIONS, path), "re");
    if (!before)
        return;
    open_departed(file);
    bool read = file->departed && copy_lines(before, file->departed);
    bool good = close_departed(file) && read;
    (void)fclose(before);
    if (good)
        (void)unlink(path);
}

/* ---- who is connected ---- */

static void begin_sessions(struct ats_presence_file *file, int64_t now_ms)
{
    char path[ATS_PRESENCE_PATH_SIZE];
    if (file->sessions)
        (void)fclose(file->sessions);
    (void)unlink(path_of(file, SESSIONS_NEXT, path));
    file->sessions = open_file(file, SESSIONS_NEXT, O_EXCL);
    if (!file->sessions)
        tell(file, &file->sessions_failed, SESSIONS, false);
    (void)put_line(file->sessions, json_pack("{s:o, s:o}", "gate", text_json(file->gate), "time",
                                             time_json(now_ms)));
}

static void end_sessions(struct ats_presence_file *file)
{
    if (!file->sessions)
        return;
    bool good = ferror(file->sessions) == 0;
    good = fclose(file->sessions) == 0 && good;
    file->sessions = NULL;
    tell(file, &file->sessions_failed, SESSIONS, good);
    if (good)
        rename_file(file, SESSIONS_NEXT, SESSIONS);
}

/* Out of memory, say: nobody is to be missing without a word. */
static void put_row(struct ats_presence_file *file, FILE *to, const struct ats_presence_row *row)
{
    if (put_line(to, row_json(row)))
        return;
    file->rows_lost++;
    ats_log_event(file->log, ATS_LOG_WARNING, "sessions.row-lost", "device=%s rows=%" PRIu64,
                  ats_log_quote(row->device).text, file->rows_lost);
}

static void take_row(struct ats_presence_file *file, const struct ats_presence_row *row)
{
    switch (row->kind) {
    case ATS_PRESENCE_BEGIN:
        begin_sessions(file, row->activity.seen_ms);
        break;
    case ATS_PRESENCE_SESSION:
        put_row(file, file->sessions, row);
        break;
    case ATS_PRESENCE_GONE:
        open_departed(file);
        put_row(file, file->departed, row);
        break;
    case ATS_PRESENCE_END:
        end_sessions(file);
        break;
    }
}

void ats_presence_file_step(struct ats_presence_file *file)
{
    struct ats_presence_row row;
    if (!file->rows)
        return;
    if (!file->began)
        take_over(file);
    file->began = true;
    for (size_t i = 0; i < ATS_GATE_PRESENCE_ROWS && ats_ring_pop(file->rows, &row); i++)
        take_row(file, &row);
    (void)close_departed(file);
}

void ats_presence_file_fini(struct ats_presence_file *file)
{
    char path[ATS_PRESENCE_PATH_SIZE];
    if (file->sessions) {
        (void)fclose(file->sessions);
        (void)unlink(path_of(file, SESSIONS_NEXT, path));
    }
    file->sessions = NULL;
}
