/* SPDX-License-Identifier: Apache-2.0 */
/* attestream verify evidence: whether gates' journal checkpoints hold, and hold together. */
#include "cli/verify_evidence.h"

#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/output.h"
#include "cli/topics.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

const struct ats_flag ats_verify_evidence_flags[] = {
    {"--control", "FILE",
     "The control log as `control export FILE` writes it, or a recording (`watch control "
     "--from-beginning --raw`), in place of the fleet's copy: it also says what held at the time.",
     false},
    {0},
};

struct report {
    struct ats_output output;
    const struct ats_evidence_log *log;
    const char *file;
    uint64_t before; /* records of the files before this one */
    uint64_t faults;
};

static json_t *number_or_null(bool is_there, uint64_t number)
{
    return is_there && number <= INT64_MAX ? json_integer((json_int_t)number) : json_null();
}

/* Every row has the same members, so that they make one table. */
static json_t *make_row(const char *verdict, struct ats_span gate, json_t *first, json_t *last,
                        json_t *checkpoints, json_t *positions, const char *text)
{
    json_t *row = json_object();
    (void)json_object_set_new(row, "gate", gate.len > 0 ? ats_output_bytes(gate) : json_null());
    (void)json_object_set_new(row, "verdict", json_string(verdict));
    (void)json_object_set_new(row, "first", first);
    (void)json_object_set_new(row, "last", last);
    (void)json_object_set_new(row, "checkpoints", checkpoints);
    (void)json_object_set_new(row, "positions", positions);
    (void)json_object_set_new(row, "text", ats_output_text(text));
    return row;
}

static void add_row(struct report *report, const char *verdict, struct ats_span gate, json_t *first,
                    json_t *last, json_t *checkpoints, json_t *positions, const char *text)
{
    ats_output_row(&report->output,
                   make_row(verdict, gate, first, last, checkpoints, positions, text));
}

static void add_fault(struct report *report, enum ats_evidence_fault fault, struct ats_span gate,
                      uint64_t number, const char *text)
{
    report->faults++;
    add_row(report, ats_evidence_fault_name(fault), gate, number_or_null(number > 0, number),
            number_or_null(number > 0, number), json_null(), json_null(), text);
}

static void found_in_file(void *ctx, enum ats_evidence_fault fault, struct ats_span gate,
                          uint64_t number, const char *text)
{
    struct report *report = ctx;
    struct ats_error where = {0};
    (void)ats_error_set(&where, ATS_ERR_INVALID, "%.128s:%" PRIu64 ": %s", report->file,
                        report->log->read - report->before, text);
    add_fault(report, fault, gate, number, where.text);
}

/* What the control log's own checkpoints say against its recording: a fault only where nothing refutes it. In JSON with members of its
   own, which stand in a table's text. */
static void add_remarks(struct report *report, const struct ats_control_checkpoints *checkpoints,
                        const char *file)
{
    for (size_t i = 0; i < checkpoints->remark_count; i++) {
        const struct ats_control_remark *remark = &checkpoints->remarks[i];
        char text[ATS_ERROR_TEXT_MAX + PATH_MAX];
        (void)snprintf(text, sizeof(text), "%s:%" PRIu64 ": %s", file, remark->line,
                       remark->text.text);
        report->faults += remark->kind == ATS_CONTROL_DOUBTED ? 1 : 0;
        json_t *row = make_row(ats_control_remark_name(remark->kind), (struct ats_span){0},
                               json_null(), json_null(), json_null(), json_null(), text);
        json_t *members =
            report->output.json ? ats_control_remark_json(checkpoints, remark, file) : NULL;
        (void)json_object_update(row, members);
        json_decref(members);
        ats_output_row(&report->output, row);
    }
}

static void found_in_chain(void *ctx, enum ats_evidence_fault fault, struct ats_span gate,
                           uint64_t number, const char *text)
{
    add_fault(ctx, fault, gate, number, text);
}

static void summed(void *ctx, const struct ats_evidence_chain *chain)
{
    const char *verdict = chain->faults > 0      ? "broken"
                          : chain->undecided > 0 ? "undecided"
                                                 : "holds";
    const char *text = chain->faults + chain->undecided > 0 ? "see the rows above"
                       : chain->first == 1                  ? "from the chain's beginning"
                                           : "what came before the first is not in the files";
    add_row(ctx, verdict, chain->gate, number_or_null(true, chain->first),
            number_or_null(true, chain->last), number_or_null(true, chain->checkpoints),
            number_or_null(true, chain->positions), text);
}

static void add_none(struct report *report)
{
    report->faults++;
    add_row(report, "none", (struct ats_span){0}, json_null(), json_null(), json_integer(0),
            json_integer(0), "no checkpoint is in the files, only evidence of other kinds");
}

static enum ats_status read_file(struct report *report, struct ats_evidence_log *log,
                                 const char *name, struct ats_error *err)
{
    bool is_input = strcmp(name, "-") == 0;
    FILE *file = is_input ? stdin : fopen(name, "re");
    if (!file)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s: %s", name, strerror(errno));
    report->file = name;
    report->before = log->read;
    enum ats_status status = ats_evidence_log_read(log, file, name, found_in_file, report, err);
    if (!is_input)
        (void)fclose(file);
    return status;
}

static enum ats_status read_files(struct report *report, struct ats_evidence_log *log,
                                  const struct ats_arguments *arguments, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < arguments->positional_count && status == ATS_OK; i++)
        status = read_file(report, log, arguments->positional[i], err);
    if (status == ATS_OK && log->read == 0)
        return ats_error_set(err, ATS_ERR_CONFIG, "there is no record in the files");
    return status;
}

int ats_verify_evidence_run(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_control_history history = {0};
    struct ats_evidence_log log = {0};
    struct report report = {.log = &log};
    struct ats_error err = {0};
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    enum ats_status status = ats_topics_resolve(cli, "evidence", topic, &err);
    if (status == ATS_OK)
        status = ats_control_history_of(cli, arguments, &history, &err);
    if (status == ATS_OK) {
        ats_evidence_log_init(&log, &history, topic);
        ats_output_begin(&report.output, cli);
        add_remarks(&report, &history.checkpoints, ats_argument_find(arguments, "--control"));
        status = read_files(&report, &log, arguments, &err);
        if (status == ATS_OK)
            ats_evidence_log_chains(&log, found_in_chain, summed, &report);
        if (status == ATS_OK && log.holds.count == 0 && report.faults == 0)
            add_none(&report);
        ats_output_end(&report.output);
    }
    ats_evidence_log_fini(&log);
    ats_control_history_fini(&history);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    return report.faults == 0 ? ATS_EXIT_DONE : ATS_EXIT_NO;
}
