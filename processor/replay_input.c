/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/replay_input.h"

#include "common/base/limits.h"
#include "common/record/recorded.h"

#include <errno.h>
#include <stdlib.h>

#define GATE "replay"
#define PREFIX "ats."

struct ats_replay_input {
    struct ats_replay_input_options options;
    uint64_t line_number;
    struct ats_buf line;
    /* payloads */
    struct ats_contract *contract;
    size_t device_leaf;
    bool has_device_leaf;
    struct ats_leaf *leaves;
    int64_t time_ms; /* of the newest event, which a quarantined one is given too */
    struct ats_verdict verdict;
    struct ats_event_texts texts;
    struct ats_buf value;
    struct ats_buf scratch;
    char asset[ATS_NAME_MAX];
    /* records */
    struct ats_recorded record;
};

static enum ats_status fail(const struct ats_replay_input *input, enum ats_status status,
                            const char *text, struct ats_error *err)
{
    return ats_error_set(err, status, "%s:%llu: %s", input->options.name,
                         (unsigned long long)input->line_number, text);
}

static enum ats_status prepare_payloads(struct ats_replay_input *input, struct ats_error *err)
{
    const struct ats_contract_set *contracts = input->options.contracts;
    if (ats_contract_set_count(contracts) != 1)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "payloads go through one contract: give --contract once");
    input->contract = ats_contract_set_at(contracts, 0);
    input->leaves = calloc(ats_contract_leaf_count(input->contract) + 1, sizeof(*input->leaves));
    if (!input->leaves)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    const char *field = input->options.device_field;
    if (field[0] == '\0')
        field = ats_contract_device_field(input->contract);
    if (field[0] == '\0')
        return ATS_OK;
    if (ats_contract_leaf_find(input->contract, field, &input->device_leaf) != ATS_OK)
        return ats_error_set(err, ATS_ERR_CONFIG, "contract %s has no field '%s'",
                             ats_contract_name(input->contract), field);
    input->has_device_leaf = true;
    return ATS_OK;
}

enum ats_status ats_replay_input_new(const struct ats_replay_input_options *options,
                                     struct ats_replay_input **ret_input, struct ats_error *err)
{
    struct ats_replay_input *input = calloc(1, sizeof(*input));
    if (!input)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    input->options = *options;
    ats_buf_init(&input->line, ATS_RECORDED_LINE_MAX);
    ats_buf_init(&input->value, ATS_RECORD_MAX);
    ats_buf_init(&input->scratch, ATS_RECORD_MAX);
    ats_recorded_init(&input->record);
    enum ats_status status = options->records ? ATS_OK : prepare_payloads(input, err);
    if (status != ATS_OK) {
        ats_replay_input_free(input);
        return status;
    }
    *ret_input = input;
    return ATS_OK;
}

void ats_replay_input_free(struct ats_replay_input *input)
{
    if (!input)
        return;
    ats_buf_fini(&input->line);
    ats_buf_fini(&input->value);
    ats_buf_fini(&input->scratch);
    ats_recorded_fini(&input->record);
    free(input->leaves);
    free(input);
}

/* The next line without its end; NOT_FOUND at the file's. */
static enum ats_status read_line(struct ats_replay_input *input, struct ats_error *err)
{
    enum ats_status status = ats_recorded_read_line(input->options.file, &input->line);
    if (status == ATS_ERR_NOT_FOUND)
        return status;
    input->line_number++;
    if (status == ATS_OK)
        return ATS_OK;
    return fail(input, status,
                ferror(input->options.file) ? strerror(errno) : "the line is too long", err);
}

/* The device's name is also the asset's: which asset a device measures stands in the control log, not in a payload. */
static struct ats_span device_of(const struct ats_replay_input *input)
{
    if (input->has_device_leaf && input->leaves[input->device_leaf].type == ATS_LEAF_TEXT) {
        struct ats_span name = input->leaves[input->device_leaf].value.text;
        if (name.len > 0 && name.len <= ATS_NAME_MAX)
            return name;
    }
    return ats_span_text(GATE);
}

static enum ats_status admit(struct ats_replay_input *input, struct ats_event *event,
                             struct ats_error *err)
{
    const struct ats_contract_input given = {.payload = ats_buf_span(&input->line)};
    ats_buf_clear(&input->value);
    enum ats_status status =
        ats_contract_admit(input->contract, &given, &input->value, &input->verdict);
    if (status != ATS_OK && status != ATS_ERR_INVALID)
        return fail(input, status, "the payload cannot be encoded", err);
    if (status == ATS_ERR_INVALID) {
        event->kind = ATS_EVENT_QUARANTINED;
        event->device = ats_span_text(GATE);
        event->payload = given.payload;
        event->reason_class = ats_span_text(ats_verdict_class_name(input->verdict.verdict_class));
        event->reason_rule = ats_span_text(ats_rule_name(input->verdict.rule));
        event->reason_path = ats_span_text(input->verdict.path);
        event->reason_text = ats_span_text(input->verdict.text);
        return ATS_OK;
    }
    event->kind = ATS_EVENT_ADMITTED;
    event->value = ats_buf_span(&input->value);
    if (ats_contract_decode(input->contract, event->value, input->leaves) != ATS_OK)
        return fail(input, ATS_ERR_INTERNAL, "the value cannot be decoded", err);
    (void)ats_contract_event_time(input->contract, input->leaves, &input->time_ms);
    event->device = device_of(input);
    return ATS_OK;
}

/* What a gate would have made of the payload: one journal, each line its position. */
static enum ats_status make_event(struct ats_replay_input *input, enum ats_replay_kind *ret_kind,
                                  struct ats_kafka_record *ret_record, struct ats_error *err)
{
    struct ats_event event = {
        .gate = ats_span_text(GATE),
        .position = input->line_number,
        .topic = ats_span_text(GATE),
        .contract = ats_span_text(ats_contract_name(input->contract)),
        .contract_version = ats_span_text(ats_contract_version(input->contract)),
        .schema_id = ats_contract_schema_id(input->contract),
    };
    enum ats_status status = admit(input, &event, err);
    if (status != ATS_OK)
        return status;
    event.received_ms = input->time_ms;
    event.asset = event.device;
    status = ats_event_to_kafka(&event, GATE, PREFIX, &input->texts, &input->scratch, ret_record);
    if (status != ATS_OK)
        return fail(input, status, "no record can be made of the payload", err);
    ret_record->partition = 0;
    ret_record->offset = (int64_t)input->line_number - 1;
    *ret_kind = event.kind == ATS_EVENT_ADMITTED ? ATS_REPLAY_INPUT : ATS_REPLAY_QUARANTINED;
    return ATS_OK;
}

enum ats_status ats_replay_input_next(struct ats_replay_input *input,
                                      enum ats_replay_kind *ret_kind,
                                      struct ats_kafka_record *ret_record, struct ats_error *err)
{
    enum ats_status status = read_line(input, err);
    if (status != ATS_OK)
        return status;
    if (!input->options.records)
        return make_event(input, ret_kind, ret_record, err);
    struct ats_error reason = {0};
    status = ats_recorded_parse(&input->record, ats_buf_span(&input->line), ret_record, &reason);
    if (status == ATS_OK && ret_record->partition >= ATS_REPLAY_TASKS_MAX)
        status = ats_error_set(&reason, ATS_ERR_MALFORMED, "partition is not 0 to %d",
                               ATS_REPLAY_TASKS_MAX - 1);
    if (status != ATS_OK)
        return fail(input, status, reason.text, err);
    *ret_kind = strstr(ret_record->topic, "telemetry.") ? ATS_REPLAY_INPUT : ATS_REPLAY_OTHER;
    return ATS_OK;
}
