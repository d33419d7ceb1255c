/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gates write these files (plugin/presence_file.h); the CLI opens no other store than its own. What a folder's metrics.json says
 * of the time tells a gate that runs from one that stopped.
 */
#include "cli/device_sessions.h"

#include "cli/cli.h"
#include "cli/fleet.h"
#include "cli/output.h"
#include "cli/session.h"
#include "common/base/calendar.h"
#include "common/base/clock.h"
#include "common/control/body.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>

/* A gate writes metrics.json once a second. */
#define ALIVE_MS 10000
#define TIME_SIZE ATS_RFC3339_SIZE
#define ADDRESS_SIZE 46

/* What is known of a device by its name, in a tree. */
struct seen {
    char name[ATS_NAME_MAX + 1];
    char gate[ATS_NAME_MAX + 1];
    char time[TIME_SIZE]; /* of one form, so that later ones sort behind */
    char address[ADDRESS_SIZE];
    bool connected;
};

struct reading {
    const struct ats_cli *cli;
    struct ats_output output;
    bool away;
    bool dead;                   /* that folder's gate does not run */
    char gate[ATS_NAME_MAX + 1]; /* of the folder that is read */
    void *seen;
    size_t active; /* of the fleet, with --away */
    size_t broken; /* lines that are none */
};

const struct ats_flag ats_device_sessions_flags[] = {
    {"--away", NULL,
     "Instead: the fleet's active devices that are connected to none of these gates, and when each "
     "was seen last.",
     false},
    {0},
};

static const char *text_of(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));
    return text ? text : "";
}

static int compare_seen(const void *a, const void *b)
{
    return strcmp(((const struct seen *)a)->name, ((const struct seen *)b)->name);
}

/* The newest of what is said of a device; of one time, that it is connected. */
static enum ats_status note_seen(struct reading *reading, const json_t *line, struct ats_error *err)
{
    struct seen *found = calloc(1, sizeof(*found));
    if (!found)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    (void)snprintf(found->name, sizeof(found->name), "%s", text_of(line, "device"));
    (void)snprintf(found->gate, sizeof(found->gate), "%s", reading->gate);
    (void)snprintf(found->time, sizeof(found->time), "%s", text_of(line, "seen"));
    (void)snprintf(found->address, sizeof(found->address), "%s", text_of(line, "address"));
    found->connected = json_is_true(json_object_get(line, "connected"));
    struct seen **node = tsearch(found, &reading->seen, compare_seen);
    if (node && *node != found) {
        bool connected = found->connected || (*node)->connected;
        if (strcmp(found->time, (*node)->time) > 0)
            **node = *found;
        (*node)->connected = connected;
        free(found);
    } else if (!node) {
        free(found);
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    }
    return ATS_OK; /* NOLINT(clang-analyzer-unix.Malloc): the tree keeps it, tdestroy() frees it */
}

static json_t *member(const json_t *line, const char *key)
{
    json_t *value = json_object_get(line, key);
    return value ? json_incref(value) : json_null();
}

static void print_session(struct reading *reading, const json_t *line)
{
    ats_output_row(&reading->output,
                   json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
                             member(line, "device"), "gate", reading->gate, "since",
                             member(line, "since"), "seen", member(line, "seen"), "last_publish",
                             member(line, "last_publish"), "published", member(line, "published"),
                             "refused", member(line, "refused"), "method", member(line, "method"),
                             "address", member(line, "address"), "client", member(line, "client")));
}

/* What a process left that was connected when it ended counts as gone; so does all that a gate lists that does not run. */
static enum ats_status take_line(struct reading *reading, json_t *line, bool departed,
                                 struct ats_error *err)
{
    const char *device = text_of(line, "device");
    if (!*device && *text_of(line, "gate"))
        (void)snprintf(reading->gate, sizeof(reading->gate), "%s", text_of(line, "gate"));
    if (!*device)
        return ATS_OK;
    if (departed)
        (void)json_object_set_new(line, "connected", json_false());
    if (reading->away)
        return note_seen(reading, line, err);
    print_session(reading, line);
    return ATS_OK;
}

/* A file that is not there has no lines. */
static enum ats_status read_lines(struct reading *reading, const char *folder, const char *name,
                                  struct ats_error *err)
{
    struct ats_path path;
    char *text = NULL;
    size_t size = 0;
    enum ats_status status = ats_path_format(&path, err, "%s/%s", folder, name);
    FILE *from = status == ATS_OK ? fopen(path.text, "re") : NULL;
    if (status == ATS_OK && !from && errno != ENOENT)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s: %s", path.text, strerror(errno));
    while (status == ATS_OK && from && getline(&text, &size, from) > 0) {
        json_t *line = json_loads(text, 0, NULL);
        if (line)
            status =
                take_line(reading, line, reading->dead || strncmp(name, "departed", 8) == 0, err);
        else
            reading->broken++;
        json_decref(line);
    }
    free(text);
    if (from)
        (void)fclose(from);
    return status;
}

/* Says of a gate that does not run that the list is of then. */
static enum ats_status check_alive(struct reading *reading, const char *folder,
                                   struct ats_error *err)
{
    struct ats_path path;
    int64_t time_ms = 0;
    enum ats_status status = ats_path_format(&path, err, "%s/metrics.json", folder);
    reading->dead = false;
    if (status != ATS_OK)
        return status;
    json_t *metrics = json_load_file(path.text, 0, NULL);
    const char *time = text_of(metrics, "time");
    (void)snprintf(reading->gate, sizeof(reading->gate), "%s", text_of(metrics, "gate"));
    if (!ats_calendar_time(ats_span_text(time), &time_ms))
        status = ats_error_set(err, ATS_ERR_CONFIG,
                               "%s is not the state folder of a gate (plugin_opt_state_folder): "
                               "no metrics.json can be read there",
                               folder);
    else
        reading->dead = ats_clock_wall_ms(&ats_clock_system) - time_ms > ALIVE_MS;
    if (reading->dead)
        ats_cli_note("gate '%s' in %s has not run since %s: shown is what it wrote before",
                     reading->gate, folder, time);
    json_decref(metrics);
    return status;
}

static enum ats_status read_folder(struct reading *reading, const char *folder,
                                   struct ats_error *err)
{
    enum ats_status status = check_alive(reading, folder, err);
    if (status == ATS_OK && reading->away)
        status = read_lines(reading, folder, "departed.1.ndjson", err);
    if (status == ATS_OK && reading->away)
        status = read_lines(reading, folder, "departed.ndjson", err);
    return status == ATS_OK ? read_lines(reading, folder, "sessions.ndjson", err) : status;
}

static enum ats_status print_away(void *ctx, const struct ats_control_record *record)
{
    struct reading *reading = ctx;
    struct ats_body_device body;
    struct seen key;
    if (ats_body_device_parse(record->body, &body) != ATS_OK)
        return ATS_ERR_CORRUPT;
    if (body.state != ATS_DEVICE_ACTIVE)
        return ATS_OK;
    reading->active++;
    (void)snprintf(key.name, sizeof(key.name), "%s", record->name);
    struct seen *const *node = tfind(&key, &reading->seen, compare_seen);
    const struct seen *seen = node ? *node : NULL;
    if (seen && seen->connected)
        return ATS_OK;
    ats_output_row(&reading->output,
                   json_pack("{s:s, s:s, s:s?, s:s?, s:s?}", "name", record->name, "site",
                             body.site, "seen", seen ? seen->time : NULL, "gate",
                             seen ? seen->gate : NULL, "address", seen ? seen->address : NULL));
    return ATS_OK;
}

static enum ats_status compare_with_fleet(struct reading *reading, struct ats_error *err)
{
    struct ats_session *session = NULL;
    enum ats_status status = ats_session_open(reading->cli, ATS_SESSION_READ, &session, err);
    if (status == ATS_OK) {
        status =
            ats_registry_walk(ats_session_view(session), ATS_CONTROL_DEVICE, print_away, reading);
        if (status != ATS_OK)
            (void)ats_error_set(err, status, "the local copy cannot be read: %s",
                                ats_status_name(status));
    }
    ats_session_close(session);
    return status;
}

/* What it means that no row was printed. */
static const char *none(const struct reading *reading)
{
    if (reading->away)
        return reading->active > 0 ? "every active device is connected to one of these gates"
                                   : "no device of this fleet is active";
    return reading->broken > 0
               ? "no device is connected to these gates, by the lines that can be read"
               : "no device is connected to these gates";
}

int ats_device_sessions(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_error err = {0};
    struct reading reading = {.cli = cli, .away = ats_argument_has(arguments, "--away")};
    enum ats_status status = ATS_OK;
    ats_output_begin(&reading.output, cli);
    for (size_t i = 0; status == ATS_OK && i < arguments->positional_count; i++)
        status = read_folder(&reading, arguments->positional[i], &err);
    if (status == ATS_OK && reading.away)
        status = compare_with_fleet(&reading, &err);
    if (status == ATS_OK)
        ats_output_end_or(&reading.output, none(&reading));
    else
        ats_output_end(&reading.output);
    tdestroy(reading.seen, free);
    if (reading.broken > 0)
        ats_cli_note("%zu %s passed over%s", reading.broken,
                     ats_output_word(reading.broken, "line cannot be read and is",
                                     "lines cannot be read and are"),
                     reading.away ? ": a device that is listed here may be connected" : "");
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}
