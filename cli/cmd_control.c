/* SPDX-License-Identifier: Apache-2.0 */
/* attestream control export: the control log as a file, for a gate that Kafka does not reach. */
#include "cli/cli.h"
#include "cli/kafka.h"
#include "cli/output.h"
#include "cli/topics.h"
#include "common/base/limits.h"
#include "common/base/parse.h"
#include "common/kafka/reader.h"
#include "common/record/recorded.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

struct extract {
    const char *path;
    char part[4096]; /* the file until it is whole */
    int64_t from;
    FILE *file;
    int64_t next; /* the offset behind what was written */
    size_t count;
};

static enum ats_status write_record(struct extract *extract, const struct ats_kafka_record *record,
                                    struct ats_error *err)
{
    json_t *json = ats_recorded_json(record);
    if (!json)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    int result = json_dumpf(json, extract->file, JSON_COMPACT);
    json_decref(json);
    if (result != 0 || fputc('\n', extract->file) == EOF)
        return ats_error_set(err, ATS_ERR_IO, "%s: %s", extract->part, strerror(errno));
    extract->count++;
    return ATS_OK;
}

/* To the end that the log has now. The last offsets may hold no record: the marks of a transaction. */
static enum ats_status write_log(struct extract *extract, struct ats_kafka_reader *reader,
                                 struct ats_error *err)
{
    int64_t end = 0;
    enum ats_status status = ats_kafka_reader_ask_end(reader, ATS_CLI_KAFKA_TIMEOUT_MS, &end, err);
    extract->next = extract->from;
    if (status == ATS_OK && extract->from >= end)
        return ats_error_set(
            err, ATS_ERR_REFUSED,
            "the control log ends before offset %lld (its last record is at %lld): "
            "no file was written",
            (long long)extract->from, (long long)end - 1);
    while (status == ATS_OK && extract->next < end) {
        struct ats_kafka_record record;
        status = ats_kafka_reader_next(reader, ATS_CLI_KAFKA_TIMEOUT_MS, &record, err);
        int64_t position = ats_kafka_reader_position(reader);
        if (status == ATS_ERR_AGAIN && position <= extract->next)
            return ats_error_set(err, ATS_ERR_UNAVAILABLE, "Kafka does not answer");
        if (status == ATS_OK)
            status = write_record(extract, &record, err);
        if (status == ATS_OK || status == ATS_ERR_AGAIN)
            extract->next = position;
        if (status == ATS_ERR_AGAIN)
            status = ATS_OK;
    }
    return status;
}

static enum ats_status read_topic(const struct ats_cli *cli, struct extract *extract,
                                  struct ats_error *err)
{
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    struct ats_kafka_reader *reader = NULL;
    enum ats_status status = ats_kafka_topic_name(&cli->kafka, "control", topic, err);
    if (status == ATS_OK)
        status =
            ats_kafka_reader_open_uncommitted(&cli->kafka, topic, 0, extract->from, &reader, err);
    if (status == ATS_OK)
        status = write_log(extract, reader, err);
    ats_kafka_reader_close(reader);
    return status == ATS_ERR_NOT_FOUND ? ats_topics_missing("control", topic, err) : status;
}

/* Beside its place and moved there when it is whole: a gate may read it at any time. */
static enum ats_status write_file(const struct ats_cli *cli, struct extract *extract,
                                  struct ats_error *err)
{
    if (snprintf(extract->part, sizeof(extract->part), "%s.part", extract->path) >=
        (int)sizeof(extract->part))
        return ats_error_set(err, ATS_ERR_CONFIG, "the path is too long");
    extract->file = fopen(extract->part, "we");
    if (!extract->file)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s: %s", extract->part, strerror(errno));
    enum ats_status status = read_topic(cli, extract, err);
    bool written = fflush(extract->file) == 0 && fsync(fileno(extract->file)) == 0;
    written = fclose(extract->file) == 0 && written;
    if (status == ATS_OK && (!written || rename(extract->part, extract->path) != 0))
        status = ats_error_set(err, ATS_ERR_IO, "%s: %s", extract->path, strerror(errno));
    if (status != ATS_OK)
        (void)unlink(extract->part);
    return status;
}

/* What is there may be anything, such as a key, if the path was a slip. */
static enum ats_status check_new(const char *path, const struct ats_arguments *arguments,
                                 struct ats_error *err)
{
    if (ats_argument_has(arguments, "--force") || access(path, F_OK) != 0)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "%s exists already: give another FILE, or --force to replace it", path);
}

static int run_export(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_error err = {0};
    struct extract extract = {.path = arguments->positional[0]};
    const char *from = ats_argument_find(arguments, "--from");
    if (from && (ats_parse_int64(from, &extract.from) != ATS_OK || extract.from < 0)) {
        ats_cli_note("--from: '%s' is not allowed (allowed: a number from 0)", from);
        return ATS_EXIT_USAGE;
    }
    enum ats_status status = check_new(extract.path, arguments, &err);
    if (status == ATS_OK)
        status = ats_cli_await_kafka(cli, &err);
    if (status == ATS_OK)
        status = write_file(cli, &extract, &err);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    ats_output_done(cli,
                    json_pack("{s:s, s:o, s:I, s:I, s:I}", "verdict", "exported", "file",
                              ats_output_text(extract.path), "records", (json_int_t)extract.count,
                              "from", (json_int_t)extract.from, "next", (json_int_t)extract.next),
                    "exported %zu %s of the control log, offsets %lld to %lld, to %s",
                    extract.count, ats_output_word(extract.count, "record", "records"),
                    (long long)extract.from, (long long)extract.next - 1, extract.path);
    return ATS_EXIT_DONE;
}

static const struct ats_flag export_flags[] = {
    {"--from", "N",
     "Offset of the first record; 0 by default, which fits every gate. Nothing from there on: exit "
     "code 1, and no file.",
     false},
    {"--force", NULL, "Replace FILE if it is there; otherwise that is refused.", false},
    {0},
};

const struct ats_command ats_control_commands[] = {
    {"export", "FILE", "Write the control log, as it is now, into a file.",
     "A gate whose plugin_opt_control_file names a copy of the file takes it in at its start and "
     "at "
     "SIGHUP, each record judged as from Kafka; `verify message` and `verify evidence` take it "
     "with "
     "--control.",
     export_flags, 1, 1, run_export},
    {0},
};
