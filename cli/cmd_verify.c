/* SPDX-License-Identifier: Apache-2.0 */
/* attestream verify message: what a telemetry record proves, against the control log, without trusting who kept either. */
#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/kafka.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/topics.h"
#include "cli/verify_evidence.h"
#include "cli/verify_totals.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/parse.h"
#include "common/kafka/admin.h"
#include "common/kafka/reader.h"
#include "common/record/recorded.h"
#include "common/record/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define POLL_MS 200

struct verification {
    const struct ats_cli *cli;
    struct ats_control_history history;
    char evidence_topic[ATS_KAFKA_TOPIC_MAX + 1];
    struct ats_evidence_log evidence;
    bool has_evidence;
    struct ats_buf value;
    uint64_t line_number; /* 0: from Kafka */
    struct ats_verify_totals totals;
    bool all_verified;
};

/* ---- printing ---- */

static void set_bytes(json_t *object, const char *name, struct ats_span bytes)
{
    (void)json_object_set_new(object, name, bytes.len > 0 ? ats_output_bytes(bytes) : json_null());
}

/* JSON readers know signed numbers of 64 bits at most: a larger one is its decimal text. 0: the record has none. */
static void set_number(json_t *object, const char *name, uint64_t number)
{
    char text[ATS_TEXT_NUMBER_SIZE];
    size_t len = ats_text_decimal(number, text);
    (void)json_object_set_new(object, name,
                              number == 0           ? json_null()
                              : number <= INT64_MAX ? json_integer((json_int_t)number)
                                                    : json_stringn(text, len));
}

/* What the record says; of it, the signature covers device, topic, sequence and time. */
static void add_claims(json_t *object, const struct ats_message_finding *finding)
{
    const struct ats_event *event = &finding->event;
    (void)json_object_set_new(object, "proof", json_string(ats_event_proof_name(event->proof)));
    set_bytes(object, "device", event->device);
    set_bytes(object, "key_id", event->key_id);
    set_bytes(object, "gate", event->gate);
    set_bytes(object, "mqtt_topic", event->topic);
    set_number(object, "sequence", event->sequence);
    set_number(object, "time", event->proof_time_ms);
    set_number(object, "control", event->control_count);
    if (event->replay.len > 0)
        set_bytes(object, "replay", event->replay);
    if (finding->checkpoint > 0)
        set_number(object, "checkpoint", finding->checkpoint);
}

static json_t *describe(const struct verification *verification,
                        const struct ats_kafka_record *record,
                        const struct ats_message_finding *finding)
{
    const char *reason = ats_message_reason_name(finding->reason);
    json_t *object = json_object();
    if (verification->line_number > 0)
        (void)json_object_set_new(object, "line",
                                  json_integer((json_int_t)verification->line_number));
    if (record) {
        (void)json_object_set_new(object, "topic", ats_output_text(record->topic));
        (void)json_object_set_new(object, "partition", json_integer(record->partition));
        (void)json_object_set_new(object, "offset", json_integer((json_int_t)record->offset));
    }
    (void)json_object_set_new(object, "verdict",
                              json_string(ats_message_verdict_name(finding->verdict)));
    (void)json_object_set_new(object, "reason", reason[0] ? json_string(reason) : json_null());
    (void)json_object_set_new(object, "text", ats_output_text(finding->text.text));
    (void)json_object_set_new(object, "log",
                              json_string(verification->history.whole ? "whole" : "newest"));
    if (finding->has_event)
        add_claims(object, finding);
    return object;
}

/* "TOPIC/PARTITION/OFFSET: VERDICT (REASON): TEXT", where a line is no record "line N". */
static void print_line(const struct verification *verification,
                       const struct ats_kafka_record *record,
                       const struct ats_message_finding *finding)
{
    const char *reason = ats_message_reason_name(finding->reason);
    if (record) {
        ats_output_plain(stdout, record->topic);
        (void)printf("/%d/%lld", (int)record->partition, (long long)record->offset);
    } else {
        (void)printf("line %" PRIu64, verification->line_number);
    }
    (void)printf(": %s%s%s%s: ", ats_message_verdict_name(finding->verdict), reason[0] ? " (" : "",
                 reason, reason[0] ? ")" : "");
    ats_output_plain(stdout, finding->text.text);
    (void)fputc('\n', stdout);
}

static void report(struct verification *verification, const struct ats_kafka_record *record,
                   const struct ats_message_finding *finding)
{
    ats_verify_totals_add(&verification->totals, finding->verdict);
    if (finding->verdict != ATS_MESSAGE_VERIFIED &&
        finding->verdict != ATS_MESSAGE_GATES_WORD_SIGNED)
        verification->all_verified = false;
    if (verification->cli->json) {
        json_t *object = describe(verification, record, finding);
        ats_output_line(object);
        json_decref(object);
    } else {
        print_line(verification, record, finding);
    }
    (void)fflush(stdout); /* it may stand behind a `watch` */
}

/* What the log's own checkpoints say against its recording stands before all that rests on it. */
static void report_remark(struct verification *verification, const char *file,
                          const struct ats_control_remark *remark)
{
    if (remark->kind == ATS_CONTROL_DOUBTED)
        verification->all_verified = false;
    if (!verification->cli->json) {
        ats_output_plain(stdout, file);
        (void)printf(":%" PRIu64 ": %s: ", remark->line, ats_control_remark_name(remark->kind));
        ats_output_plain(stdout, remark->text.text);
        (void)fputc('\n', stdout);
        return;
    }
    json_t *object = ats_control_remark_json(&verification->history.checkpoints, remark, file);
    (void)json_object_set_new(object, "verdict",
                              json_string(ats_control_remark_name(remark->kind)));
    (void)json_object_set_new(object, "reason", json_null());
    (void)json_object_set_new(object, "text", ats_output_text(remark->text.text));
    ats_output_line(object);
    json_decref(object);
}

static void report_control(struct verification *verification, const struct ats_arguments *arguments)
{
    const struct ats_control_checkpoints *checkpoints = &verification->history.checkpoints;
    const char *file = ats_argument_find(arguments, "--control");
    for (size_t i = 0; i < checkpoints->remark_count; i++)
        report_remark(verification, file, &checkpoints->remarks[i]);
    (void)fflush(stdout);
}

static enum ats_status judge(struct verification *verification,
                             const struct ats_kafka_record *record, struct ats_error *err)
{
    struct ats_message_finding finding;
    enum ats_status status =
        ats_message_judge(&verification->history, verification->cli->kafka.topic_prefix, record,
                          &verification->value, &finding);
    if (status != ATS_OK)
        return ats_error_set(err, status, "out of memory");
    if (verification->has_evidence)
        ats_evidence_appraise(&verification->evidence, record, &finding);
    report(verification, record, &finding);
    return ATS_OK;
}

/* ---- records of a file ---- */

static enum ats_status open_file(const char *name, FILE **ret_file, struct ats_error *err)
{
    *ret_file = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
    if (!*ret_file)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s: %s", name, strerror(errno));
    return ATS_OK;
}

static void close_file(FILE *file)
{
    if (file && file != stdin)
        (void)fclose(file);
}

static void report_line(struct verification *verification, const char *text)
{
    struct ats_message_finding finding = {.verdict = ATS_MESSAGE_WRONG,
                                          .reason = ATS_MESSAGE_NOT_A_RECORD};
    (void)ats_error_set(&finding.text, ATS_ERR_MALFORMED, "%s", text);
    report(verification, NULL, &finding);
}

static enum ats_status judge_line(struct verification *verification, struct ats_recorded *recorded,
                                  struct ats_span line, struct ats_error *err)
{
    struct ats_kafka_record record = {0};
    struct ats_error reason = {0};
    enum ats_status status = ats_recorded_parse(recorded, line, &record, &reason);
    if (status == ATS_ERR_MEMORY)
        return ats_error_set(err, status, "out of memory");
    if (status == ATS_OK)
        return judge(verification, &record, err);
    report_line(verification, reason.text);
    return ATS_OK;
}

static enum ats_status judge_lines(struct verification *verification, FILE *file, const char *name,
                                   struct ats_error *err)
{
    struct ats_recorded recorded;
    struct ats_buf line;
    enum ats_status status = ATS_OK;
    ats_recorded_init(&recorded);
    ats_buf_init(&line, ATS_RECORDED_LINE_MAX);
    while (status == ATS_OK && !ferror(stdout)) {
        status = ats_recorded_read_line(file, &line);
        if (status == ATS_ERR_NOT_FOUND)
            break;
        verification->line_number++;
        if (status == ATS_OK) {
            status = judge_line(verification, &recorded, ats_buf_span(&line), err);
        } else if (status == ATS_ERR_LIMIT && !ferror(file)) {
            report_line(verification, "the line is too long");
            status = ATS_OK;
        } else {
            status = ats_error_set(err, ATS_ERR_CONFIG, "%s: %s", name,
                                   ferror(file) ? strerror(errno) : "out of memory");
        }
    }
    ats_buf_fini(&line);
    ats_recorded_fini(&recorded);
    return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
}

static enum ats_status judge_file(struct verification *verification, const char *name,
                                  struct ats_error *err)
{
    FILE *file = NULL;
    enum ats_status status = open_file(name, &file, err);
    if (status == ATS_OK)
        status = judge_lines(verification, file, name, err);
    close_file(file);
    if (status == ATS_OK && verification->totals.judged == 0)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s: there is no record in it", name);
    return status;
}

/* ---- a record of Kafka ---- */

struct place {
    const char *topic;
    int64_t partition;
    int64_t offset;
};

static enum ats_status no_record(const struct place *place, struct ats_error *err)
{
    return ats_error_set(err, ATS_ERR_CONFIG, "%s has no record at partition %lld, offset %lld",
                         place->topic, (long long)place->partition, (long long)place->offset);
}

/* What Kafka does not have: the topic, or the partition. */
static enum ats_status no_partition(const struct ats_cli *cli, const struct place *place,
                                    const char *name, struct ats_error *err)
{
    struct ats_kafka_admin *admin = NULL;
    int partitions = 0;
    int replication = 0;
    enum ats_status status = ats_kafka_admin_open(&cli->kafka, &admin, err);
    if (status == ATS_OK)
        status = ats_kafka_admin_describe(admin, name, ATS_CLI_KAFKA_TIMEOUT_MS, &partitions,
                                          &replication, err);
    ats_kafka_admin_close(admin);
    if (status == ATS_ERR_NOT_FOUND)
        return ats_topics_missing(place->topic, name, err);
    if (status == ATS_OK && place->partition >= partitions)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s has no partition %lld (its last one is %d)",
                             name, (long long)place->partition, partitions - 1);
    return status == ATS_OK ? no_record(place, err) : status;
}

/* The one at the offset, while the partition goes so far. NOT_FOUND: no such topic or partition. */
static enum ats_status read_one(struct ats_kafka_reader *reader, const struct place *place,
                                struct ats_kafka_record *ret_record, struct ats_error *err)
{
    int64_t end = 0;
    int64_t deadline_ms = ats_clock_monotonic_ms(&ats_clock_system) + ATS_CLI_KAFKA_TIMEOUT_MS;
    enum ats_status status = ats_kafka_reader_ask_end(reader, ATS_CLI_KAFKA_TIMEOUT_MS, &end, err);
    if (status == ATS_OK && place->offset >= end)
        return no_record(place, err);
    if (status != ATS_OK)
        return status;
    do
        status = ats_kafka_reader_next(reader, POLL_MS, ret_record, err);
    while ((status == ATS_ERR_AGAIN || status == ATS_ERR_UNAVAILABLE) &&
           ats_kafka_reader_position(reader) < end &&
           ats_clock_monotonic_ms(&ats_clock_system) < deadline_ms);
    if (status == ATS_ERR_UNAVAILABLE)
        return status;
    if (status == ATS_ERR_AGAIN && ats_kafka_reader_position(reader) < end)
        return ats_error_set(err, ATS_ERR_UNAVAILABLE, "Kafka does not give the record in time");
    return status == ATS_OK && ret_record->offset == place->offset ? ATS_OK : no_record(place, err);
}

static enum ats_status judge_place(struct verification *verification, const struct place *place,
                                   struct ats_error *err)
{
    struct ats_kafka_reader *reader = NULL;
    struct ats_kafka_record record = {0};
    char name[ATS_KAFKA_TOPIC_MAX + 1];
    enum ats_status status = ats_cli_await_kafka(verification->cli, err);
    if (status == ATS_OK)
        status = ats_topics_resolve(verification->cli, place->topic, name, err);
    if (status == ATS_OK)
        /* As the processor reads it: past a transaction that somebody left open. */
        status = ats_kafka_reader_open_uncommitted(&verification->cli->kafka, name,
                                                   (int32_t)place->partition, place->offset,
                                                   &reader, err);
    if (status == ATS_OK)
        status = read_one(reader, place, &record, err);
    if (status == ATS_ERR_NOT_FOUND)
        status = no_partition(verification->cli, place, name, err);
    if (status == ATS_OK)
        status = judge(verification, &record, err);
    ats_kafka_reader_close(reader);
    return status;
}

/* All three or none, and then no file. */
static enum ats_status parse_place(const struct ats_arguments *arguments, struct place *ret_place,
                                   struct ats_error *err)
{
    const char *partition = ats_argument_find(arguments, "--partition");
    const char *offset = ats_argument_find(arguments, "--offset");
    *ret_place = (struct place){.topic = ats_argument_find(arguments, "--topic")};
    if (!ret_place->topic && !partition && !offset)
        return ATS_OK;
    if (!ret_place->topic || !partition || !offset || arguments->positional_count > 0)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "a record of Kafka is given by --topic, --partition and --offset, and "
                             "without a FILE");
    if (ats_parse_int64(partition, &ret_place->partition) != ATS_OK || ret_place->partition < 0 ||
        ret_place->partition > INT32_MAX)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--partition: '%.32s' is not allowed (allowed: a number from 0)",
                             partition);
    if (ats_parse_int64(offset, &ret_place->offset) != ATS_OK || ret_place->offset < 0)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--offset: '%.32s' is not allowed (allowed: a number from 0)", offset);
    return ATS_OK;
}

/* ---- the command ---- */

/* What does not hold covers nothing: `verify evidence` says why. */
static void pass_over(void *ctx, enum ats_evidence_fault fault, struct ats_span gate,
                      uint64_t number, const char *text)
{
    size_t *count = ctx;
    (void)fault;
    (void)gate;
    (void)number;
    (void)text;
    ++*count;
}

static enum ats_status read_evidence(struct verification *verification,
                                     const struct ats_arguments *arguments, struct ats_error *err)
{
    const char *name = ats_argument_find(arguments, "--evidence");
    size_t passed_over = 0;
    FILE *file = NULL;
    if (!name)
        return ATS_OK;
    if (strcmp(name, "-") == 0)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--evidence: standard input is for the records, give a file");
    enum ats_status status =
        ats_topics_resolve(verification->cli, "evidence", verification->evidence_topic, err);
    if (status == ATS_OK)
        status = open_file(name, &file, err);
    if (status != ATS_OK)
        return status;
    ats_evidence_log_init(&verification->evidence, &verification->history,
                          verification->evidence_topic);
    verification->has_evidence = true;
    status =
        ats_evidence_log_read(&verification->evidence, file, name, pass_over, &passed_over, err);
    close_file(file);
    if (status == ATS_OK && passed_over > 0)
        ats_cli_note("%s: %zu %s nothing (`attestream verify evidence` says why)%s", name,
                     passed_over,
                     ats_output_word(passed_over, "line that is no checkpoint that holds covers",
                                     "lines that are no checkpoint that holds cover"),
                     verification->evidence.undecided.count > 0
                         ? "; of some the control log at hand does not say whether they hold: a "
                           "whole and later recording of it (--control) does"
                         : "");
    return status;
}

/* Beside the rows: of many nobody counts them. */
static void note_totals(const struct verification *verification)
{
    struct ats_buf line;
    if (verification->cli->json || verification->totals.judged < 2)
        return;
    ats_buf_init(&line, 256);
    ats_verify_totals_format(&verification->totals, &line);
    const char *text = ats_buf_text(&line);
    if (text)
        ats_cli_note("%s", text);
    ats_buf_fini(&line);
}

static int run_message(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct verification verification = {.cli = cli, .all_verified = true};
    struct ats_error err = {0};
    struct place place;
    ats_buf_init(&verification.value, ATS_RECORD_MAX);
    enum ats_status status = parse_place(arguments, &place, &err);
    if (status == ATS_OK)
        status = ats_control_history_of(cli, arguments, &verification.history, &err);
    if (status == ATS_OK)
        status = read_evidence(&verification, arguments, &err);
    if (status == ATS_OK)
        report_control(&verification, arguments);
    if (status == ATS_OK && place.topic)
        status = judge_place(&verification, &place, &err);
    else if (status == ATS_OK)
        status = judge_file(&verification,
                            arguments->positional_count > 0 ? arguments->positional[0] : "-", &err);
    note_totals(&verification);
    ats_evidence_log_fini(&verification.evidence);
    ats_control_history_fini(&verification.history);
    ats_buf_fini(&verification.value);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    return verification.all_verified ? ATS_EXIT_DONE : ATS_EXIT_NO;
}

static const struct ats_flag message_flags[] = {
    {"--control", "FILE",
     "The control log as `control export FILE` writes it, or a recording (`watch control "
     "--from-beginning --raw`), in place of the fleet's copy: it also says what held at the time.",
     false},
    {"--evidence", "FILE",
     "A recording of the gates' journal checkpoints (`watch evidence --from-beginning --raw "
     "--exit-at-end`): says which gate's signature stands behind a record.",
     false},
    {"--topic", "T", "Judge one record of Kafka: of this topic, as `watch` takes it,", false},
    {"--partition", "P", "of this partition,", false},
    {"--offset", "O", "at this offset.", false},
    {0},
};

const struct ats_command ats_verify_commands[] = {
    {"message", "[FILE]",
     "Say of telemetry records whether they prove that their device sent the message.",
     "FILE, or standard input, has a recorded record a line, as `watch telemetry.CONTRACT --raw` "
     "prints them. Kafka is not needed. The verdicts: verified (the device's signature holds, and "
     "the payload transcoded again is the value byte for byte), gates-word (a session tag or a "
     "connection's token is no proof to third parties), gates-word-signed (the same, covered by a "
     "signed checkpoint of the gate in --evidence: attributable to the gate), undecided (the "
     "control log at hand does "
     "not reach, or has newest revisions only, so that it, or the checkpoint that would cover it, "
     "cannot be judged), wrong, with the reason. Rows before them say what members' checkpoints in "
     "the recording of the control log say of it; of several records the totals are told on "
     "standard error. Exit code 1 if one is neither verified nor "
     "gates-word-signed, or one member's checkpoint tells of another log (control-doubted); 2 if "
     "two members' do.",
     message_flags, 0, 1, run_message},
    {"evidence", "FILE...", "Say whether the gates' journal checkpoints hold, and hold together.",
     "Each FILE is a recording of the evidence topic, as `watch evidence --from-beginning --raw "
     "--exit-at-end` prints it; Kafka is not needed. A row for each thing that is wrong: a "
     "signature, one by a "
     "key that the fleet's copy does not have any more or of a gate that was revoked since "
     "(undecided: --control decides), one that a revoked gate signed, a fork (two different signed "
     "checkpoints over one position or after one "
     "predecessor, which proves that somebody with the gate's key told two stories), a gap in the "
     "numbers, positions that none covers, a chain that begins anew. Then a row for each gate. "
     "What members' checkpoints in the recording of the control log say of it stands first. Exit "
     "code 1 if anything is wrong, or the control log is doubted by one member; 2 if by two.",
     ats_verify_evidence_flags, 1, ATS_POSITIONAL_ANY, ats_verify_evidence_run},
    {0},
};
