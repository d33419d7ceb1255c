/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backtest, what-if and golden files: what the processor makes of recorded data. Each partition of a recording is a task
 * with a state of its own, as under Kafka; payloads are one partition.
 */
#include "processor/replay.h"

#include "common/base/file.h"
#include "common/base/limits.h"
#include "processor/exit_code.h"
#include "processor/operators/pipeline.h"
#include "processor/replay_documents.h"
#include "processor/replay_input.h"
#include "processor/replay_output.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRESS_EVERY 8192

static const char usage[] =
    "usage: attestream-processor replay --contract DIR [--usecase FILE]... [options]\n"
    "\n"
    "Decides what stands in a file with the code that decides what arrives in Kafka. Time is the "
    "events' own, so\n"
    "the same input always gives the same output, byte for byte.\n"
    "\n"
    "  --contract DIR       folder with contract.odcs.yaml and schema.avsc; several with "
    "--records\n"
    "  --schema-id NAME@VERSION=ID\n"
    "                       the id that this contract's records have, where a Schema Registry gave "
    "it\n"
    "  --usecase FILE       a use case; may be given several times\n"
    "  --in FILE            one JSON payload a line; - is standard input (default)\n"
    "  --records            the input's lines are recorded Kafka records instead:\n"
    "                       "
    "{\"topic\",\"partition\",\"offset\",\"timestamp\",\"key\",\"value\",\"headers\"}, bytes in "
    "base64\n"
    "  --device-field PATH  field with the device's name, where the contract names none\n"
    "  --out FILE           one output record a line, {\"topic\",\"key\",\"value\"}; - is standard "
    "output (default)\n"
    "  --json               the summary as JSON\n"
    "\n"
    "The summary goes to standard output, or to standard error where the records go to standard "
    "output.\n" ATS_EXIT_CODES_HELP
    "With --records also 1: no telemetry record is in the input, so that nothing could be "
    "decided.\n";

struct options {
    struct ats_replay_documents documents;
    const char *in;
    const char *out;
    const char *device_field;
    bool records;
    bool json;
};

struct task {
    struct ats_state *state;
    struct ats_pipeline *pipeline;
};

struct replay {
    struct ats_snapshot *snapshot;
    struct ats_replay_input *input;
    struct ats_replay_output *output;
    FILE *in;
    FILE *out;
    struct task tasks[ATS_REPLAY_TASKS_MAX];
    uint64_t lines;
    uint64_t inputs; /* of the lines, those for the pipeline */
    uint64_t quarantined;
    uint64_t others;
    bool progress;
};

enum { PARSED_RUN, PARSED_HELP, PARSED_WRONG };

/* False: there are too many. */
static bool add(const char **list, size_t *count, const char *text)
{
    if (*count == ATS_REPLAY_DOCUMENTS_MAX)
        return false;
    list[(*count)++] = text;
    return true;
}

static int parse(int argc, char **argv, struct options *ret_options)
{
    static const struct option names[] = {{"contract", required_argument, NULL, 'c'},
                                          {"usecase", required_argument, NULL, 'u'},
                                          {"schema-id", required_argument, NULL, 's'},
                                          {"in", required_argument, NULL, 'i'},
                                          {"out", required_argument, NULL, 'o'},
                                          {"records", no_argument, NULL, 'r'},
                                          {"device-field", required_argument, NULL, 'd'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    struct options options = {.in = "-", .out = "-", .device_field = ""};
    struct ats_replay_documents *documents = &options.documents;
    int option = 0;
    bool fits = true;
    optind = 0; /* glibc: start anew, also where a test calls twice */
    while (fits && (option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 'c':
            fits = add(documents->contracts, &documents->contract_count, optarg);
            break;
        case 's':
            fits = add(documents->schema_ids, &documents->schema_id_count, optarg);
            break;
        case 'u':
            fits = add(documents->usecases, &documents->usecase_count, optarg);
            break;
        case 'i':
            options.in = optarg;
            break;
        case 'o':
            options.out = optarg;
            break;
        case 'd':
            options.device_field = optarg;
            break;
        case 'r':
            options.records = true;
            break;
        case 'j':
            options.json = true;
            break;
        case 'h':
            return PARSED_HELP;
        default:
            return PARSED_WRONG;
        }
    }
    *ret_options = options;
    return fits && optind == argc && documents->contract_count > 0 ? PARSED_RUN : PARSED_WRONG;
}

static enum ats_status open_file(const char *name, bool to_write, FILE **ret_file,
                                 struct ats_error *err)
{
    struct stat st;
    if (strcmp(name, "-") == 0)
        *ret_file = to_write ? stdout : stdin;
    else
        *ret_file = fopen(name, to_write ? "we" : "re");
    if (!*ret_file)
        return ats_error_set(err, ats_status_of_errno(errno), "%s: %s", name, strerror(errno));
    /* A folder opens for reading, and only its first read fails. */
    if (fstat(fileno(*ret_file), &st) == 0 && S_ISDIR(st.st_mode))
        return ats_error_set(err, ATS_ERR_CONFIG, "%s: a folder, not a file", name);
    return ATS_OK;
}

static enum ats_status open_all(struct replay *replay, const struct options *options,
                                struct ats_error *err)
{
    enum ats_status status = ats_replay_documents_read(&options->documents, &replay->snapshot, err);
    if (status == ATS_OK)
        status = open_file(options->in, false, &replay->in, err);
    if (status == ATS_OK)
        status = open_file(options->out, true, &replay->out, err);
    if (status != ATS_OK)
        return status;
    const struct ats_replay_input_options input = {.file = replay->in,
                                                   .name = options->in,
                                                   .records = options->records,
                                                   .contracts = replay->snapshot->contracts,
                                                   .device_field = options->device_field};
    status = ats_replay_input_new(&input, &replay->input, err);
    return status == ATS_OK ? ats_replay_output_new(replay->out, &replay->output, err) : status;
}

static enum ats_status close_all(struct replay *replay, enum ats_status status,
                                 struct ats_error *err)
{
    for (size_t i = 0; i < ATS_REPLAY_TASKS_MAX; i++) {
        ats_pipeline_free(replay->tasks[i].pipeline);
        ats_state_free(replay->tasks[i].state);
    }
    ats_replay_input_free(replay->input);
    ats_replay_output_free(replay->output);
    ats_snapshot_unref(replay->snapshot);
    if (replay->in && replay->in != stdin)
        (void)fclose(replay->in);
    bool written = !replay->out || fflush(replay->out) == 0;
    if (replay->out && replay->out != stdout && fclose(replay->out) != 0)
        written = false;
    if (status == ATS_OK && !written)
        return ats_error_set(err, ats_status_of_errno(errno), "the output cannot be written: %s",
                             strerror(errno));
    return status;
}

static enum ats_status task_for(struct replay *replay, int32_t partition, struct task **ret_task,
                                struct ats_error *err)
{
    struct task *task = &replay->tasks[partition];
    *ret_task = task;
    if (task->pipeline)
        return ATS_OK;
    task->state = ats_state_new(ATS_REPLAY_STATE_MAX);
    if (!task->state)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    const struct ats_pipeline_options options = {
        .state = task->state,
        .sink = {.emit = ats_replay_output_emit, .ctx = replay->output},
        .fleet = "replay",
        .group = "replay"};
    enum ats_status status = ats_pipeline_new(&options, replay->snapshot, &task->pipeline, err);
    if (status == ATS_OK)
        ats_pipeline_set_wait(task->pipeline, false); /* there is no control log to wait for */
    return status;
}

static enum ats_status process(struct replay *replay, const struct ats_kafka_record *record,
                               struct ats_error *err)
{
    enum ats_pipeline_outcome outcome = ATS_PIPELINE_DECIDED;
    struct task *task = NULL;
    enum ats_status status = task_for(replay, record->partition, &task, err);
    if (status == ATS_OK)
        status = ats_pipeline_process(task->pipeline, record, &outcome, err);
    if (status == ATS_OK)
        ats_state_commit(task->state);
    return status;
}

static enum ats_status run(struct replay *replay, struct ats_error *err)
{
    enum ats_replay_kind kind = ATS_REPLAY_INPUT;
    struct ats_kafka_record record;
    enum ats_status status = ATS_OK;
    while ((status = ats_replay_input_next(replay->input, &kind, &record, err)) == ATS_OK) {
        replay->lines++;
        if (kind == ATS_REPLAY_INPUT) {
            replay->inputs++;
            status = process(replay, &record, err);
        } else if (kind == ATS_REPLAY_QUARANTINED) {
            replay->quarantined++;
            status = ats_replay_output_emit(replay->output, "quarantine", &record, err);
        } else {
            replay->others++;
        }
        if (status != ATS_OK)
            return status;
        if (replay->progress && replay->lines % PROGRESS_EVERY == 0)
            (void)fprintf(stderr, "\r%llu lines", (unsigned long long)replay->lines);
    }
    if (replay->progress && replay->lines >= PROGRESS_EVERY)
        (void)fputs("\r\033[K", stderr);
    return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
}

static void report(const struct replay *replay, const struct options *options)
{
    FILE *to = replay->out == stdout ? stderr : stdout;
    struct ats_pipeline_counters sum = {0};
    for (size_t i = 0; i < ATS_REPLAY_TASKS_MAX; i++) {
        if (!replay->tasks[i].pipeline)
            continue;
        const struct ats_pipeline_counters *own = ats_pipeline_counters(replay->tasks[i].pipeline);
        sum.decided += own->decided;
        sum.duplicates += own->duplicates;
        sum.dead_letters += own->dead_letters;
        sum.late += own->late;
        sum.episodes_opened += own->episodes_opened;
        sum.episodes_closed += own->episodes_closed;
    }
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {{"lines", replay->lines},
                {"quarantined", replay->quarantined},
                {"other_records", replay->others},
                {"decided", sum.decided},
                {"duplicates", sum.duplicates},
                {"dead_letters", sum.dead_letters},
                {"late", sum.late},
                {"episodes_opened", sum.episodes_opened},
                {"episodes_closed", sum.episodes_closed}};
    size_t count = sizeof(rows) / sizeof(rows[0]);
    for (size_t i = 0; i < count; i++) {
        if (options->json)
            (void)fprintf(to, "%s\"%s\":%llu%s", i == 0 ? "{" : ",", rows[i].name,
                          (unsigned long long)rows[i].value, i + 1 == count ? "}\n" : "");
        else
            (void)fprintf(to, "%-16s %12llu\n", rows[i].name, (unsigned long long)rows[i].value);
    }
}

int ats_replay_main(int argc, char **argv)
{
    struct options options;
    struct ats_error err = {0};
    int parsed = parse(argc, argv, &options);
    if (parsed != PARSED_RUN) {
        (void)fputs(usage, parsed == PARSED_HELP ? stdout : stderr);
        return parsed == PARSED_HELP ? ATS_EXIT_DONE : ATS_EXIT_USAGE;
    }
    struct replay *replay = calloc(1, sizeof(*replay));
    if (!replay)
        return ATS_EXIT_FAILED;
    replay->progress = isatty(STDERR_FILENO) == 1;
    enum ats_status status = open_all(replay, &options, &err);
    bool opened = status == ATS_OK;
    if (opened)
        status = run(replay, &err);
    if (opened && status == ATS_OK)
        report(replay, &options);
    status = close_all(replay, status, &err);
    bool empty = status == ATS_OK && options.records && replay->inputs == 0;
    if (status != ATS_OK)
        (void)fprintf(stderr, "attestream-processor replay: %s\n", err.text);
    else if (empty)
        (void)fprintf(stderr, "attestream-processor replay: %s: no telemetry record is in it\n",
                      options.in);
    free(replay);
    return empty ? ATS_EXIT_FAILED : ats_exit_code(status, opened);
}
