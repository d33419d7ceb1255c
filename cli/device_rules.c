/* SPDX-License-Identifier: Apache-2.0 */
/* The gates write these files (plugin/device_rules_file.h). */
#include "cli/device_rules.h"

#include "cli/cli.h"
#include "cli/fleet.h"
#include "cli/output.h"

#include <errno.h>
#include <stdlib.h>

#define NAME "rules.ndjson"

static const struct {
    const char *flag;
    const char *key;
} filters[] = {{"--device", "device"}, {"--contract", "contract"}, {"--rule", "rule"}};
#define FILTER_COUNT (sizeof(filters) / sizeof(filters[0]))

const struct ats_flag ats_device_rules_flags[] = {
    {"--device", "NAME", "That device alone.", false},
    {"--contract", "NAME", "That contract alone, all its versions together.", false},
    {"--rule", "RULE", "That rule alone, as `quarantine list` names it.", false},
    {0},
};

struct reading {
    const char *wanted[FILTER_COUNT]; /* NULL: any */
    char gate[ATS_NAME_MAX + 1];
    json_t *rows;
    size_t broken; /* lines that are none */
};

static const char *text_of(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));
    return text ? text : "";
}

static json_int_t number_of(const json_t *line, const char *key)
{
    return json_integer_value(json_object_get(line, key));
}

static void take_head(struct reading *reading, const json_t *line)
{
    json_int_t quarantined = number_of(line, "others_quarantined");
    json_int_t warned = number_of(line, "others_warned");
    (void)snprintf(reading->gate, sizeof(reading->gate), "%s", text_of(line, "gate"));
    ats_cli_note("gate '%s' counts since %s", reading->gate, text_of(line, "since"));
    if (quarantined + warned > 0)
        ats_cli_note("gate '%s' had no room for more rows: beside these %lld were quarantined and "
                     "%lld warned of",
                     reading->gate, (long long)quarantined, (long long)warned);
}

static void take_row(struct reading *reading, const json_t *line)
{
    for (size_t i = 0; i < FILTER_COUNT; i++)
        if (reading->wanted[i] && strcmp(text_of(line, filters[i].key), reading->wanted[i]) != 0)
            return;
    (void)json_array_append_new(
        reading->rows,
        json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:o}", "device",
                  ats_output_text(text_of(line, "device")), "gate", ats_output_text(reading->gate),
                  "contract", ats_output_text(text_of(line, "contract")), "rule",
                  ats_output_text(text_of(line, "rule")), "quarantined",
                  number_of(line, "quarantined"), "warned", number_of(line, "warned"), "last",
                  ats_output_text(text_of(line, "last"))));
}

static enum ats_status read_folder(struct reading *reading, const char *folder,
                                   struct ats_error *err)
{
    struct ats_path path;
    char *text = NULL;
    size_t size = 0;
    enum ats_status status = ats_path_format(&path, err, "%s/" NAME, folder);
    FILE *from = status == ATS_OK ? fopen(path.text, "re") : NULL;
    if (status == ATS_OK && !from)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "%s is not the state folder of a gate (plugin_opt_state_folder): no "
                             "%s can be read there: %s",
                             folder, NAME, strerror(errno));
    while (from && getline(&text, &size, from) > 0) {
        json_t *line = json_loads(text, 0, NULL);
        if (json_object_get(line, "rule"))
            take_row(reading, line);
        else if (json_object_get(line, "gate"))
            take_head(reading, line);
        else
            reading->broken++;
        json_decref(line);
    }
    free(text);
    if (from)
        (void)fclose(from);
    return status;
}

/* What happened most often first. */
static int compare_rows(const void *a, const void *b)
{
    const json_t *left = *(json_t *const *)a;
    const json_t *right = *(json_t *const *)b;
    json_int_t was = number_of(left, "quarantined") + number_of(left, "warned");
    json_int_t is = number_of(right, "quarantined") + number_of(right, "warned");
    if (was != is)
        return was < is ? 1 : -1;
    return strcmp(text_of(left, "device"), text_of(right, "device"));
}

static enum ats_status print_rows(const struct ats_cli *cli, const struct reading *reading,
                                  struct ats_error *err)
{
    struct ats_output output;
    size_t count = json_array_size(reading->rows);
    json_t **sorted = calloc(count + 1, sizeof(json_t *));
    if (!sorted)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++)
        sorted[i] = json_array_get(reading->rows, i);
    qsort(sorted, count, sizeof(json_t *), compare_rows);
    ats_output_begin(&output, cli);
    for (size_t i = 0; i < count; i++)
        ats_output_row(&output, json_incref(sorted[i]));
    ats_output_end_or(&output, "no rule kept an event out there, or warned of one");
    free(sorted);
    return ATS_OK;
}

int ats_device_rules(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_error err = {0};
    struct reading reading = {.rows = json_array()};
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < FILTER_COUNT; i++)
        reading.wanted[i] = ats_argument_find(arguments, filters[i].flag);
    if (reading.wanted[1] && strchr(reading.wanted[1], '@'))
        status = ats_error_set(&err, ATS_ERR_CONFIG,
                               "--contract: '%.64s' is not allowed (allowed: NAME, since all "
                               "versions of a contract are counted together)",
                               reading.wanted[1]);
    for (size_t i = 0; status == ATS_OK && i < arguments->positional_count; i++)
        status = read_folder(&reading, arguments->positional[i], &err);
    if (status == ATS_OK)
        status = print_rows(cli, &reading, &err);
    json_decref(reading.rows);
    if (reading.broken > 0)
        ats_cli_note("%zu %s passed over", reading.broken,
                     ats_output_word(reading.broken, "line cannot be read and is",
                                     "lines cannot be read and are"));
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}
