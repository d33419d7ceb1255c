/* SPDX-License-Identifier: Apache-2.0 */
/* Which records are to be admitted anew, gate by gate, and the control records that say so. */
#include "cli/quarantine.h"

#include "cli/cli.h"
#include "cli/kafka.h"
#include "cli/output.h"
#include "cli/publish.h"
#include "cli/quarantine_judge.h"
#include "cli/quarantine_record.h"
#include "cli/topic_walk.h"
#include "cli/topics.h"
#include "common/base/clock.h"
#include "common/control/body.h"
#include "common/identity/seal.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* Of a name behind the gate's: the time, and what no other command of that moment has. */
#define ID_SIZE 64

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

/* A record that is to be named. */
struct named {
    struct ats_replay_record record;
    char gate[ATS_NAME_MAX + 1];
};

struct collection {
    const struct ats_cli *cli;
    const char *wanted[FILTER_COUNT]; /* NULL: any */
    const char *at_gate;              /* NULL: the one that kept it out */
    bool unsealed;
    bool dry_run;
    struct ats_quarantine_judge judge;
    struct ats_output output;
    struct named *named;
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

static json_t *span_json(struct ats_span text)
{
    return json_stringn_nocheck(text.data ? (const char *)text.data : "", text.len);
}

static void tell(struct collection *collection, const struct ats_kafka_record *record,
                 const struct ats_event *event, const struct ats_quarantine_refusal *refusal)
{
    char id[ATS_QUARANTINE_ID_SIZE];
    char time[ATS_RFC3339_SIZE];
    (void)snprintf(id, sizeof(id), "%" PRId32 ":%" PRId64, record->partition, record->offset);
    ats_clock_format_rfc3339(event->received_ms, time);
    collection->refused += refusal->reason != NULL;
    ats_output_row(&collection->output,
                   json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:s?, s:o}", "id", id, "time", time,
                             "gate", span_json(event->gate), "device", span_json(event->device),
                             "rule", span_json(event->reason_rule), "verdict",
                             refusal->reason ? "refused" : "replay", "reason", refusal->reason,
                             "text", ats_output_text(refusal->text)));
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
    struct named *named = realloc(collection->named, capacity * sizeof(*named));
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
    struct named *named = &collection->named[collection->count++];
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
    if (is_other_gates(collection, event))
        refusal = (struct ats_quarantine_refusal){
            "gate", "another gate kept it out, whose seal only that one checks (--unsealed)"};
    else
        status = ats_quarantine_judge(&collection->judge, event, &refusal);
    if (status != ATS_OK)
        return ats_error_set(collection->err, status, "the local copy cannot be read: %s",
                             ats_status_name(status));
    tell(collection, record, event, &refusal);
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
        tell(collection, record, &(struct ats_event){0}, &refusal);
    }
    return collection->status == ATS_OK;
}

static enum ats_status visit_ids(struct collection *collection, const char *topic,
                                 const struct ats_arguments *arguments)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < arguments->positional_count && status == ATS_OK; i++) {
        int32_t partition = 0;
        int64_t offset = 0;
        struct ats_topic_walk walk = {
            .cli = collection->cli, .topic = topic, .visit = visit, .ctx = collection};
        status =
            ats_quarantine_id_parse(arguments->positional[i], &partition, &offset, collection->err);
        if (status == ATS_OK)
            status = ats_topic_walk_one(&walk, partition, offset, collection->err);
        if (status == ATS_OK)
            status = collection->status;
    }
    return status;
}

static enum ats_status collect(struct collection *collection, const struct ats_arguments *arguments)
{
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    struct ats_topic_walk walk = {
        .cli = collection->cli, .topic = topic, .visit = visit, .ctx = collection};
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

/* ---- control records ---- */

static int compare(const void *a, const void *b)
{
    const struct named *left = a;
    const struct named *right = b;
    int order = strcmp(left->gate, right->gate);
    if (order != 0)
        return order;
    if (left->record.partition != right->record.partition)
        return left->record.partition < right->record.partition ? -1 : 1;
    if (left->record.offset == right->record.offset)
        return 0;
    return left->record.offset < right->record.offset ? -1 : 1;
}

/* One that was given twice is named once. */
static void sort(struct collection *collection)
{
    size_t kept = 0;
    if (collection->count == 0)
        return;
    qsort(collection->named, collection->count, sizeof(*collection->named), compare);
    for (size_t i = 0; i < collection->count; i++)
        if (kept == 0 || compare(&collection->named[kept - 1], &collection->named[i]) != 0)
            collection->named[kept++] = collection->named[i];
    collection->count = kept;
}

/* The end of those from `first` on that stand in one control record. */
static size_t end_of_one(const struct collection *collection, size_t first)
{
    size_t end = first;
    while (end < collection->count && end - first < ATS_REPLAY_RECORDS_MAX &&
           strcmp(collection->named[end].gate, collection->named[first].gate) == 0)
        end++;
    return end;
}

static void make_id(char ret_id[ID_SIZE])
{
    char time[ATS_RFC3339_SIZE];
    size_t len = 0;
    ats_clock_format_rfc3339(ats_clock_wall_ms(&ats_clock_system), time);
    for (const char *at = time; *at; at++)
        if (*at != ':' && *at != '-' && *at != '.')
            ret_id[len++] = *at;
    (void)snprintf(ret_id + len, ID_SIZE - len, "-%08x", randombytes_random());
}

static enum ats_status make_draft(const struct collection *collection, size_t first, size_t end,
                                  struct ats_draft *draft)
{
    char id[ID_SIZE];
    char name[2 * ATS_NAME_MAX];
    const char *gate = collection->named[first].gate;
    make_id(id);
    (void)snprintf(name, sizeof(name), "%s@%s", gate, id);
    ats_draft_init(draft, ATS_CONTROL_REPLAY, name);
    if (strlen(name) > ATS_NAME_MAX)
        return ats_error_set(collection->err, ATS_ERR_LIMIT,
                             "the name of gate '%s' is too long for a replay (allowed: %zu bytes)",
                             gate, ATS_NAME_MAX - strlen(id) - 1);
    struct ats_replay_record *records = calloc(end - first, sizeof(*records));
    if (!records)
        return ats_error_set(collection->err, ATS_ERR_MEMORY, "out of memory");
    for (size_t i = first; i < end; i++)
        records[i - first] = collection->named[i].record;
    const struct ats_body_replay body = {records, end - first, collection->unsealed};
    enum ats_status status = ats_body_replay_format(&body, &draft->body);
    free(records);
    return status == ATS_OK ? ATS_OK : ats_error_set(collection->err, status, "out of memory");
}

static size_t count_drafts(const struct collection *collection)
{
    size_t count = 0;
    for (size_t at = 0; at < collection->count; at = end_of_one(collection, at))
        count++;
    return count;
}

static void tell_drafts(const struct collection *collection, const struct ats_draft *drafts,
                        size_t count)
{
    size_t first = 0;
    for (size_t i = 0; i < count; i++) {
        size_t end = end_of_one(collection, first);
        ats_output_done(collection->cli,
                        json_pack("{s:s, s:s, s:s, s:I}", "verdict", "replay", "gate",
                                  collection->named[first].gate, "name", drafts[i].name, "records",
                                  (json_int_t)(end - first)),
                        "replay %s names %zu %s; what became of them says the log of gate %s "
                        "(replay.done, replay.refused)",
                        drafts[i].name, end - first,
                        ats_output_word(end - first, "record", "records"),
                        collection->named[first].gate);
        first = end;
    }
}

static enum ats_status sign(struct collection *collection, struct ats_session *session)
{
    size_t count = count_drafts(collection);
    size_t made = 0;
    enum ats_status status = ATS_OK;
    struct ats_draft *drafts = calloc(count + 1, sizeof(*drafts));
    if (!drafts)
        return ats_error_set(collection->err, ATS_ERR_MEMORY, "out of memory");
    for (size_t at = 0; at < collection->count && status == ATS_OK; made++) {
        size_t end = end_of_one(collection, at);
        status = make_draft(collection, at, end, &drafts[made]);
        at = end;
    }
    if (status == ATS_OK)
        status = ats_publish(session, drafts, count, collection->err);
    if (status == ATS_OK)
        tell_drafts(collection, drafts, count);
    for (size_t i = 0; i < made; i++)
        ats_draft_fini(&drafts[i]);
    free(drafts);
    return status;
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
    return any ? ATS_OK
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
    if (status == ATS_OK) {
        ats_output_begin(&collection->output, collection->cli);
        status = collect(collection, arguments);
        ats_output_end_or(&collection->output, "nothing is in quarantine that answers to that");
    }
    sort(collection);
    if (status == ATS_OK && collection->count > 0 && !collection->dry_run)
        status = sign(collection, session);
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
     "rotation, made it.",
     false},
    {"--dry-run", NULL, "Say what would be named, and sign nothing.", false},
    {0},
};
