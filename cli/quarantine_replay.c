/* SPDX-License-Identifier: Apache-2.0 */
/* Which records are to be admitted anew, gate by gate, and the control records that say so. */
#include "cli/quarantine.h"

#include "cli/cli.h"
#include "cli/kafka.h"
#include "cli/output.h"
#include "cli/quarantine_evidence.h"
#include "cli/quarantine_judge.h"
#include "cli/quarantine_record.h"
#include "cli/replay_drafts.h"
#include "cli/topic_walk.h"
#include "cli/topics.h"
#include "common/base/clock.h"
#include "common/identity/seal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *flag;
    size_t offset; /* of a text in the event */
} filters[] = {
    {"--device", offsetof(struct ats_event, device)},
    {"--contract", offsetof(struct ats_event, contract)},
    {"--class", offsetof(struct ats_event, reason_class)},
    {"--rule", offsetof(struct ats_event, reason_rule)},
    {"--gate", offsetof(struct ats_event, gate)},
};
#define FILTER_COUNT (sizeof(filters) / sizeof(filters[0]))

struct collection {
    const struct ats_cli *cli;
    const char *wanted[FILTER_COUNT]; /* NULL: any */
    const char *at_gate;              /* NULL: the one that kept it out */
    bool unsealed;
    bool dry_run;
    struct ats_quarantine_judge judge;
    struct ats_quarantine_evidence evidence; /* where no seal is to be checked */
    struct ats_output output;
    struct ats_replay_named *named;
    size_t count;
    size_t capacity;
    size_t refused;
    bool by_id; /* what is asked for by its id is told whatever it is */
    struct ats_error *err;
    enum ats_status status;
};

/* ---- records ---- */

static bool matches(const struct collection *collection, const struct ats_event *event)
{
    for (size_t i = 0; i < FILTER_COUNT; i++) {
        struct ats_span value;
        char contract[2 * ATS_NAME_MAX + 2];
        bool is_contract = filters[i].offset == offsetof(struct ats_event, contract);
        memcpy(&value, (const char *)event + filters[i].offset, sizeof(value));
        (void)snprintf(contract, sizeof(contract), "%.*s@%.*s", ATS_SPAN_ARGS(event->contract),
                       ATS_SPAN_ARGS(event->contract_version));
        if (is_contract)
            value = ats_span_text(contract);
        if (collection->wanted[i] &&
            !ats_quarantine_is_wanted(value, collection->wanted[i], is_contract))
            return false;
    }
    return true;
}

/* Of whoever may write to the topic: bytes of any kind. */
static json_t *span_json(struct ats_span text)
{
    char shown[ATS_NAME_MAX + 1];
    (void)snprintf(shown, sizeof(shown), "%.*s", ATS_SPAN_ARGS(text));
    return ats_output_text(shown);
}

/* `evidence` NULL: it was not asked. */
static void tell(struct collection *collection, const struct ats_kafka_record *record,
                 const struct ats_event *event, const struct ats_quarantine_refusal *refusal,
                 const char *evidence)
{
    char id[ATS_QUARANTINE_ID_SIZE];
    char time[ATS_RFC3339_SIZE];
    (void)snprintf(id, sizeof(id), "%" PRId32 ":%" PRId64, record->partition, record->offset);
    ats_clock_format_rfc3339(event->received_ms, time);
    collection->refused += refusal->reason != NULL;
    json_t *row =
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:s?, s:o}", "id", id, "time", time, "gate",
                  span_json(event->gate), "device", span_json(event->device), "rule",
                  span_json(event->reason_rule), "verdict", refusal->reason ? "refused" : "replay",
                  "reason", refusal->reason, "text", ats_output_text(refusal->text));
    if (collection->unsealed)
        (void)json_object_set_new(row, "evidence", json_string(evidence ? evidence : ""));
    ats_output_row(&collection->output, row);
}

static enum ats_status grow(struct collection *collection)
{
    size_t capacity = collection->capacity ? 2 * collection->capacity : 64;
    if (collection->count < collection->capacity)
        return ATS_OK;
    if (collection->count >= ATS_CLI_QUARANTINE_ROWS_MAX)
        return ats_error_set(collection->err, ATS_ERR_LIMIT,
                             "more than %d records answer to that: say more of them",
                             ATS_CLI_QUARANTINE_ROWS_MAX);
    struct ats_replay_named *named = realloc(collection->named, capacity * sizeof(*named));
    if (!named)
        return ats_error_set(collection->err, ATS_ERR_MEMORY, "out of memory");
    collection->named = named;
    collection->capacity = capacity;
    return ATS_OK;
}

static enum ats_status keep(struct collection *collection, const struct ats_kafka_record *record,
                            const struct ats_event *event)
{
    enum ats_status status = grow(collection);
    if (status != ATS_OK)
        return status;
    struct ats_replay_named *named = &collection->named[collection->count++];
    named->record = (struct ats_replay_record){record->partition, record->offset, {0}};
    ats_seal_leaf(record, named->record.hash);
    if (collection->at_gate)
        (void)snprintf(named->gate, sizeof(named->gate), "%s", collection->at_gate);
    else
        (void)snprintf(named->gate, sizeof(named->gate), "%.*s", ATS_SPAN_ARGS(event->gate));
    return ATS_OK;
}

/* Another gate has no key to check the seal with. */
static bool is_other_gates(const struct collection *collection, const struct ats_event *event)
{
    return collection->at_gate && !collection->unsealed &&
           !ats_span_is(event->gate, collection->at_gate);
}

static enum ats_status judge(struct collection *collection, const struct ats_kafka_record *record,
                             const struct ats_event *event)
{
    struct ats_quarantine_refusal refusal = {0};
    enum ats_status status = ATS_OK;
    const char *evidence = collection->unsealed
                               ? ats_quarantine_evidence_of(&collection->evidence, record, event)
                               : NULL;
    if (evidence && (strcmp(evidence, "differs") == 0 || strcmp(evidence, "fork") == 0))
        refusal = (struct ats_quarantine_refusal){
            "evidence", "by the signed checkpoints of its gate, that one forwarded another record"};
    else if (is_other_gates(collection, event))
        refusal = (struct ats_quarantine_refusal){
            "gate", "another gate kept it out, whose seal only that one checks (--unsealed)"};
    else
        status = ats_quarantine_judge(&collection->judge, event, &refusal);
    if (status != ATS_OK)
        return ats_error_set(collection->err, status, "the local copy cannot be read: %s",
                             ats_status_name(status));
    tell(collection, record, event, &refusal, evidence);
    return refusal.reason ? ATS_OK : keep(collection, record, event);
}

static bool visit(void *ctx, const struct ats_kafka_record *record)
{
    struct collection *collection = ctx;
    struct ats_event event;
    struct ats_error why = {0};
    enum ats_status status = ats_event_from_quarantine(record, &event, &why);
    if (status == ATS_OK && matches(collection, &event))
        collection->status = judge(collection, record, &event);
    if (status != ATS_OK && collection->by_id) {
        struct ats_quarantine_refusal refusal = {.reason = "not-a-record"};
        (void)snprintf(refusal.text, sizeof(refusal.text), "%.200s", why.text);
        tell(collection, record, &(struct ats_event){0}, &refusal, NULL);
    }
    return collection->status == ATS_OK;
}

/* All of them first: of a list with a wrong one no row is shown. */
static enum ats_status check_ids(const struct ats_arguments *arguments, struct ats_error *err)
{
    int32_t partition = 0;
    int64_t offset = 0;
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < arguments->positional_count && status == ATS_OK; i++)
        status = ats_quarantine_id_parse(arguments->positional[i], &partition, &offset, err);
    return status;
}

static enum ats_status visit_ids(struct collection *collection, const char *topic,
                                 const struct ats_arguments *arguments)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < arguments->positional_count && status == ATS_OK; i++) {
        int32_t partition = 0;
        int64_t offset = 0;
        struct ats_topic_walk walk = {.cli = collection->cli,
                                      .topic = topic,
                                      .visit = visit,
                                      .ctx = collection,
                                      .uncommitted = true};
        status =
            ats_quarantine_id_parse(arguments->positional[i], &partition, &offset, collection->err);
        if (status == ATS_OK)
            status = ats_topic_walk_one(&walk, partition, offset, collection->err);
        if (status == ATS_OK)
            status = collection->status;
    }
    if (status == ATS_ERR_NOT_FOUND)
        ats_cli_note("nothing was signed");
    return status;
}

static enum ats_status collect(struct collection *collection, const struct ats_arguments *arguments)
{
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    struct ats_topic_walk walk = {.cli = collection->cli,
                                  .topic = topic,
                                  .visit = visit,
                                  .ctx = collection,
                                  .uncommitted = true};
    enum ats_status status =
        ats_topics_resolve(collection->cli, "quarantine", topic, collection->err);
    if (status == ATS_OK && collection->by_id)
        return visit_ids(collection, topic, arguments);
    if (status == ATS_OK)
        status = ats_topic_walk_to_end(&walk, collection->err);
    if (status == ATS_ERR_NOT_FOUND)
        status = ats_topics_missing("quarantine", topic, collection->err);
    if (status == ATS_OK && walk.cut)
        status = ats_error_set(collection->err, ATS_ERR_UNAVAILABLE,
                               "ended before the end of %s: nothing was signed", topic);
    return status == ATS_OK ? collection->status : status;
}

/* ---- the command ---- */

static enum ats_status read_options(struct collection *collection,
                                    const struct ats_arguments *arguments)
{
    bool any = arguments->positional_count > 0;
    collection->by_id = any;
    collection->at_gate = ats_argument_find(arguments, "--at-gate");
    collection->unsealed = ats_argument_find(arguments, "--unsealed") != NULL;
    collection->dry_run = ats_argument_find(arguments, "--dry-run") != NULL;
    for (size_t i = 0; i < FILTER_COUNT; i++) {
        collection->wanted[i] = ats_argument_find(arguments, filters[i].flag);
        any = any || collection->wanted[i];
    }
    if (collection->at_gate && strlen(collection->at_gate) > ATS_NAME_MAX)
        return ats_error_set(collection->err, ATS_ERR_CONFIG, "--at-gate: that is no gate's name");
    return any ? check_ids(arguments, collection->err)
               : ats_error_set(collection->err, ATS_ERR_CONFIG,
                               "which records? (allowed: IDs as `attestream quarantine list` "
                               "prints them, or one of --device, --contract, --class, --rule, "
                               "--gate)");
}

static enum ats_status run(struct collection *collection, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    enum ats_status status =
        ats_session_open(collection->cli, ATS_SESSION_WRITE, &session, collection->err);
    if (status == ATS_OK)
        status = ats_quarantine_judge_open(&collection->judge, ats_session_view(session),
                                           collection->err);
    if (status == ATS_OK && collection->unsealed)
        status = ats_quarantine_evidence_open(&collection->evidence, collection->cli, session,
                                              collection->err);
    if (status == ATS_OK) {
        ats_output_begin(&collection->output, collection->cli);
        status = collect(collection, arguments);
        ats_output_end_or(&collection->output, "nothing is in quarantine that answers to that");
    }
    if (status == ATS_OK && collection->count > 0 && !collection->dry_run)
        status = ats_replay_drafts_sign(session, collection->named, collection->count,
                                        collection->unsealed, collection->err);
    ats_quarantine_evidence_close(&collection->evidence);
    ats_quarantine_judge_close(&collection->judge);
    ats_session_close(session);
    return status;
}

int ats_quarantine_replay(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_error err = {0};
    struct collection collection = {.cli = cli, .err = &err};
    enum ats_status status = read_options(&collection, arguments);
    if (status == ATS_OK)
        status = run(&collection, arguments);
    free(collection.named);
    if (status == ATS_ERR_NOT_FOUND) {
        ats_cli_note("%s", err.text);
        return ATS_EXIT_NO;
    }
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    return collection.refused > 0 || collection.count == 0 ? ATS_EXIT_NO : ATS_EXIT_DONE;
}

const struct ats_flag ats_quarantine_replay_flags[] = {
    {"--device", "D", "What was refused of this device.", false},
    {"--contract", "C", "Under this contract, NAME for each of its versions or NAME@VERSION.",
     false},
    {"--class", "K", "Of this class: malformed, schema or quality.", false},
    {"--rule", "R", "By this rule, such as unknown-field.", false},
    {"--gate", "G", "That this gate kept out.", false},
    {"--at-gate", "G", "Have this gate admit them, where the one that kept them out is gone.",
     false},
    {"--unsealed", NULL,
     "Vouch for the records yourself: no seal is checked, since another gate, or keys before a "
     "rotation, made it. Shown is what the signed checkpoints of the gate that kept them out say.",
     false},
    {"--dry-run", NULL, "Say what would be named, and sign nothing.", false},
    {0},
};
