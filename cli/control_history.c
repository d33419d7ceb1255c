/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/control_history.h"

#include "cli/cli.h"
#include "cli/fleet.h"
#include "cli/output.h"
#include "cli/session.h"
#include "common/base/limits.h"
#include "common/control/acts.h"
#include "common/control/body.h"
#include "common/control/catalog.h"
#include "common/record/recorded.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdlib.h>

static const enum ats_control_kind kinds[] = {ATS_CONTROL_DEVICE, ATS_CONTROL_GATE,
                                              ATS_CONTROL_CONTRACT};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

void ats_control_history_init(struct ats_control_history *history,
                              const struct ats_registry_pins *pins, bool whole)
{
    *history = (struct ats_control_history){.whole = whole};
    ats_fleet_id_text(pins, history->fleet);
}

void ats_control_history_fini(struct ats_control_history *history)
{
    for (size_t i = 0; i < history->entry_count; i++)
        free(history->entries[i].name);
    free(history->entries);
    ats_contract_set_free(history->contracts);
    ats_control_checkpoints_fini(&history->checkpoints);
    *history = (struct ats_control_history){0};
}

/* ---- filling ---- */

static bool is_kept(enum ats_control_kind kind)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

static bool make_room(struct ats_control_history *history)
{
    if (history->entry_count < history->entry_cap)
        return true;
    size_t cap = history->entry_cap > 0 ? 2 * history->entry_cap : 256;
    struct ats_control_history_entry *entries =
        realloc(history->entries, cap * sizeof(*history->entries));
    if (!entries)
        return false;
    history->entries = entries;
    history->entry_cap = cap;
    return true;
}

static bool is_end(const struct ats_control_record *record)
{
    struct ats_body_contract body;
    if (record->kind != ATS_CONTROL_CONTRACT || record->revision == 1)
        return false;
    bool retired = ats_body_contract_parse(record->body, &body) == ATS_OK && body.retired;
    ats_body_contract_fini(&body);
    return retired;
}

/* Name and body lie in one piece of memory. Of a contract its name is enough, the documents are in the set. */
enum ats_status ats_control_history_add(struct ats_control_history *history,
                                        const struct ats_control_record *record, uint64_t count)
{
    if (!is_kept(record->kind))
        return ATS_OK;
    size_t name_size = strlen(record->name) + 1;
    size_t body_len = record->kind == ATS_CONTROL_CONTRACT ? 0 : record->body.len;
    char *memory = make_room(history) ? malloc(name_size + body_len) : NULL;
    if (!memory)
        return ATS_ERR_MEMORY;
    memcpy(memory, record->name, name_size);
    if (body_len > 0)
        memcpy(memory + name_size, record->body.data, body_len);
    history->entries[history->entry_count++] =
        (struct ats_control_history_entry){.kind = record->kind,
                                           .name = memory,
                                           .count = count,
                                           .revision = record->revision,
                                           .retired = is_end(record),
                                           .body = ats_span_of(memory + name_size, body_len)};
    return ATS_OK;
}

static enum ats_status add_newest(void *ctx, const struct ats_control_record *record)
{
    return ats_control_history_add(ctx, record, 0);
}

enum ats_status ats_control_history_add_newest(struct ats_control_history *history,
                                               struct ats_store_view *view)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < KIND_COUNT && status == ATS_OK; i++)
        status = ats_registry_walk(view, kinds[i], add_newest, history);
    return status;
}

static int compare(const void *left, const void *right)
{
    const struct ats_control_history_entry *a = left;
    const struct ats_control_history_entry *b = right;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : (a->count > b->count) - (a->count < b->count);
}

/* What a later act made void never held, whatever a gate believed meanwhile. */
static enum ats_status drop_void(struct ats_control_history *history, struct ats_store_view *view)
{
    size_t kept = 0;
    for (size_t i = 0; i < history->entry_count; i++) {
        struct ats_control_act act;
        enum ats_status status = ats_control_act_get(view, history->entries[i].count, &act);
        if (status != ATS_OK)
            return status;
        if (act.void_by == 0)
            history->entries[kept++] = history->entries[i];
        else
            free(history->entries[i].name);
    }
    history->entry_count = kept;
    return ATS_OK;
}

enum ats_status ats_control_history_complete(struct ats_control_history *history,
                                             struct ats_store_view *view, uint64_t count)
{
    history->count = count;
    enum ats_status status = history->whole ? drop_void(history, view) : ATS_OK;
    if (status != ATS_OK)
        return status;
    if (history->entry_count > 0)
        qsort(history->entries, history->entry_count, sizeof(*history->entries), compare);
    return ats_catalog_contracts(view, NULL, NULL, &history->contracts);
}

/* ---- finding ---- */

const struct ats_control_history_entry *
ats_control_history_find(const struct ats_control_history *history, enum ats_control_kind kind,
                         struct ats_span name, uint64_t count)
{
    char text[ATS_NAME_MAX + 1];
    if (name.len > ATS_NAME_MAX || memchr(name.data, '\0', name.len))
        return NULL;
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    const struct ats_control_history_entry wanted = {.kind = kind, .name = text, .count = count};
    size_t low = 0;
    size_t high = history->entry_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&history->entries[middle], &wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct ats_control_history_entry *found = &history->entries[low - 1];
    return found->kind == kind && strcmp(found->name, text) == 0 ? found : NULL;
}

static const struct ats_control_history_entry *
find_version(const struct ats_control_history *history, const struct ats_contract *contract,
             uint64_t count)
{
    char name[2 * ATS_NAME_MAX + 2];
    int len = snprintf(name, sizeof(name), "%s@%s", ats_contract_name(contract),
                       ats_contract_version(contract));
    return len > 0 && (size_t)len < sizeof(name)
               ? ats_control_history_find(history, ATS_CONTROL_CONTRACT, ats_span_text(name), count)
               : NULL;
}

bool ats_control_history_is_retired(const struct ats_control_history *history,
                                    const struct ats_contract *contract, uint64_t count)
{
    const struct ats_control_history_entry *entry = find_version(history, contract, count);
    return entry && entry->retired;
}

/* As ats_contract_set_find_topic() chooses, of those that were there. */
const struct ats_contract *ats_control_history_governs(const struct ats_control_history *history,
                                                       struct ats_span topic, uint64_t count)
{
    const struct ats_contract *retired = NULL;
    for (size_t i = history->contracts ? ats_contract_set_count(history->contracts) : 0; i > 0;
         i--) {
        const struct ats_contract *contract = ats_contract_set_at(history->contracts, i - 1);
        struct ats_span device;
        const struct ats_control_history_entry *entry =
            ats_contract_matches(contract, topic, &device) ? find_version(history, contract, count)
                                                           : NULL;
        if (entry && !entry->retired)
            return contract;
        if (entry && !retired)
            retired = contract;
    }
    return retired;
}

/* ---- the fleet's copy ---- */

enum ats_status ats_control_history_of_copy(const struct ats_cli *cli,
                                            struct ats_control_history *ret_history,
                                            struct ats_error *err)
{
    struct ats_session *session = NULL;
    struct ats_control_history history;
    enum ats_status status = ats_session_open(cli, ATS_SESSION_READ, &session, err);
    if (status != ATS_OK)
        return status;
    ats_control_history_init(&history, ats_session_pins(session), false);
    status = ats_control_history_add_newest(&history, ats_session_view(session));
    if (status == ATS_OK)
        status = ats_control_history_complete(&history, ats_session_view(session),
                                              ats_registry_count(ats_session_registry(session)));
    ats_session_close(session);
    if (status == ATS_OK && history.count == 0)
        status = ats_error_set(err, ATS_ERR_CONFIG,
                               "this fleet's copy of the control log is empty: read it from Kafka "
                               "first, or give a recording with --control");
    else if (status != ATS_OK)
        (void)ats_error_set(err, status, "the local copy cannot be read: %s",
                            ats_status_name(status));
    if (status == ATS_OK)
        *ret_history = history;
    else
        ats_control_history_fini(&history);
    return status;
}

/* ---- a recording ---- */

struct recording {
    FILE *file;
    const char *name;
    uint64_t line_number;
    struct ats_buf line;
    struct ats_recorded recorded;
    struct ats_store *store;
    struct ats_registry *registry;
    struct ats_control_history *history;
    uint8_t fleet[ATS_FLEET_ID_SIZE]; /* the pinned root's */
    bool of_a_log;                    /* a control record was in it, whoever wrote that */
    bool of_the_fleet;                /* one that names this fleet was */
    int64_t next_offset;              /* of the log, as the lines show it */
    uint64_t count;
};

static enum ats_status fail_as_none(const struct recording *recording, struct ats_error *err)
{
    if (ferror(recording->file))
        return ats_error_set(err, ATS_ERR_CONFIG, "%s: it cannot be read", recording->name);
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "%s: this is no export of a control log: `attestream control export FILE` "
                         "makes one, where Kafka is",
                         recording->name);
}

/* As long as no control record was in it, no line is to blame: it is another file. */
static enum ats_status fail_at_line(const struct recording *recording, enum ats_status status,
                                    const char *text, struct ats_error *err)
{
    if (status == ATS_ERR_MEMORY)
        return ats_error_set(err, status, "%s:%" PRIu64 ": %s", recording->name,
                             recording->line_number, text);
    if (!recording->of_a_log)
        return fail_as_none(recording, err);
    return ats_error_set(err, ATS_ERR_CONFIG, "%s:%" PRIu64 ": %s", recording->name,
                         recording->line_number, text);
}

/* Nothing in it holds, from the pinned root down. */
static enum ats_status fail_as_foreign(const struct recording *recording, struct ats_error *err)
{
    if (!recording->of_a_log)
        return fail_as_none(recording, err);
    if (!recording->of_the_fleet)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "%s: this is the control log of another fleet, whose root is not the "
                             "pinned one (root.pub.pem in the folder of --fleet)",
                             recording->name);
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "%s: not one record in it holds: it must begin where this fleet's control "
                         "log does, as `attestream control export FILE` without --from writes it",
                         recording->name);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

/* A registry judges in a store; this one has no name any more once it is open, so that nothing can stay behind. */
static enum ats_status open_scratch(struct recording *recording,
                                    const struct ats_registry_pins *pins, struct ats_error *err)
{
    const char *temporary = getenv("TMPDIR");
    struct ats_path folder;
    enum ats_status status = ats_path_format(&folder, err, "%s/attestream-XXXXXX",
                                             temporary && temporary[0] ? temporary : "/tmp");
    if (status != ATS_OK)
        return status;
    if (!mkdtemp(folder.text))
        return ats_error_set(err, ATS_ERR_CONFIG, "no folder can be made as %s", folder.text);
    status = ats_store_open(folder.text, ATS_CONTROL_MAP, &recording->store, err);
    (void)nftw(folder.text, remove_one, 4, FTW_DEPTH | FTW_PHYS);
    return status == ATS_OK ? ats_registry_open(recording->store, pins, &recording->registry, err)
                            : status;
}

static void note_whose(struct recording *recording, struct ats_span value)
{
    struct ats_control_record record;
    if (recording->of_the_fleet || ats_control_record_decode(value, &record) != ATS_OK)
        return;
    recording->of_a_log = true;
    recording->of_the_fleet = memcmp(record.fleet, recording->fleet, sizeof(record.fleet)) == 0;
}

/* One record of the log. What does not hold is passed over, as each follower of the log does. */
static enum ats_status apply(struct recording *recording, const struct ats_kafka_record *record,
                             struct ats_error *err)
{
    enum ats_control_outcome outcome = ATS_CONTROL_ACCEPTED;
    struct ats_control_record accepted;
    struct ats_error reason = {0};
    note_whose(recording, record->value);
    if (record->partition != 0 || record->offset < recording->next_offset)
        return fail_at_line(recording, ATS_ERR_CONFIG,
                            "this is no recording of a control log, whose one partition is read "
                            "from its beginning on",
                            err);
    recording->next_offset = record->offset + 1;
    enum ats_status status =
        ats_registry_apply(recording->registry, record->offset, record->value, &outcome, &reason);
    if (status != ATS_OK)
        return fail_at_line(recording, status, reason.text, err);
    status = ats_control_checkpoints_note(&recording->history->checkpoints, record->value, outcome,
                                          recording->line_number, record->offset, recording->count);
    if (status == ATS_OK && outcome != ATS_CONTROL_ACCEPTED)
        return ATS_OK;
    recording->count++;
    if (status == ATS_OK)
        status = ats_control_record_decode(record->value, &accepted);
    if (status == ATS_OK)
        status = ats_control_history_add(recording->history, &accepted, recording->count);
    return status == ATS_OK ? ATS_OK
                            : fail_at_line(recording, status, ats_status_name(status), err);
}

static enum ats_status apply_line(struct recording *recording, struct ats_error *err)
{
    struct ats_kafka_record record;
    struct ats_error reason = {0};
    enum ats_status status = ats_recorded_read_line(recording->file, &recording->line);
    if (status == ATS_ERR_NOT_FOUND)
        return status;
    recording->line_number++;
    if (status != ATS_OK)
        return fail_at_line(recording, status, ats_status_name(status), err);
    status =
        ats_recorded_parse(&recording->recorded, ats_buf_span(&recording->line), &record, &reason);
    if (status != ATS_OK)
        return fail_at_line(recording, status, reason.text, err);
    return apply(recording, &record, err);
}

/* Records share commits, as they do where a follower reads the log. NOT_FOUND: the file's end. */
static enum ats_status apply_group(struct recording *recording, struct ats_error *err)
{
    enum ats_status status = ats_registry_begin_group(recording->registry);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the scratch store fails: %s", ats_status_name(status));
    for (int i = 0; i < ATS_CONTROL_GROUP_MAX && status == ATS_OK; i++)
        status = apply_line(recording, err);
    struct ats_error end_err = {0};
    enum ats_status end_status = ats_registry_end_group(recording->registry, &end_err);
    if (end_status != ATS_OK && (status == ATS_OK || status == ATS_ERR_NOT_FOUND)) {
        *err = end_err;
        return end_status;
    }
    return status;
}

static enum ats_status read_recording(struct recording *recording, struct ats_error *err)
{
    struct ats_store_view *view = NULL;
    struct ats_error doubt = {0};
    enum ats_status status = ATS_OK;
    while (status == ATS_OK)
        status = apply_group(recording, err);
    if (status != ATS_ERR_NOT_FOUND)
        return status;
    if (recording->count == 0)
        return fail_as_foreign(recording, err);
    status = ats_registry_view_open(recording->registry, &view);
    if (status == ATS_OK)
        status = ats_control_history_complete(recording->history, view, recording->count);
    if (status == ATS_OK)
        status = ats_control_checkpoints_conclude(&recording->history->checkpoints, view,
                                                  recording->count, &doubt);
    ats_store_view_close(view);
    if (status == ATS_ERR_REFUSED)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s:%s", recording->name, doubt.text);
    if (status != ATS_OK)
        return ats_error_set(err, status, "%s: %s", recording->name, ats_status_name(status));
    return ATS_OK;
}

enum ats_status ats_control_history_of_recording(const struct ats_cli *cli, FILE *file,
                                                 const char *name,
                                                 struct ats_control_history *ret_history,
                                                 struct ats_error *err)
{
    struct ats_registry_pins pins;
    struct ats_control_history history;
    struct recording recording = {.file = file, .name = name, .history = &history};
    enum ats_status status = ats_fleet_pins(cli, &pins, err);
    if (status != ATS_OK)
        return status;
    ats_control_history_init(&history, &pins, true);
    ats_registry_fleet_id(&pins, recording.fleet);
    ats_buf_init(&recording.line, ATS_RECORDED_LINE_MAX);
    ats_recorded_init(&recording.recorded);
    status = open_scratch(&recording, &pins, err);
    if (status == ATS_OK)
        status = read_recording(&recording, err);
    ats_registry_close(recording.registry);
    ats_store_close(recording.store);
    ats_recorded_fini(&recording.recorded);
    ats_buf_fini(&recording.line);
    if (status == ATS_OK)
        *ret_history = history;
    else
        ats_control_history_fini(&history);
    return status;
}

/* What lies behind that rests on the recording alone. */
static void tell_reach(const struct ats_control_history *history, const char *control)
{
    const struct ats_control_checkpoints *checkpoints = &history->checkpoints;
    if (checkpoints->confirmed > 0)
        ats_cli_note("%s: checkpoints speak for the first %" PRIu64 " of its %" PRIu64
                     " control records%s",
                     control, checkpoints->confirmed, history->count,
                     checkpoints->ends_with_one ? ", the last of which is such a checkpoint" : "");
    else
        ats_cli_note("%s: no checkpoint of a key in force speaks for any of its %" PRIu64
                     " control records",
                     control, history->count);
    if (checkpoints->strangers > 0)
        ats_cli_note("%s: %" PRIu64 " %s by a key that is no member's there, by its own records: "
                     "an ended one, anybody's, or that key's record is missing",
                     control, checkpoints->strangers,
                     ats_output_word(checkpoints->strangers, "checkpoint is", "checkpoints are"));
}

enum ats_status ats_control_history_of(const struct ats_cli *cli,
                                       const struct ats_arguments *arguments,
                                       struct ats_control_history *ret_history,
                                       struct ats_error *err)
{
    const char *control = ats_argument_find(arguments, "--control");
    if (!control)
        return ats_control_history_of_copy(cli, ret_history, err);
    if (strcmp(control, "-") == 0)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--control: standard input is for the records, give a file");
    FILE *file = fopen(control, "re");
    if (!file)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s: %s", control, strerror(errno));
    enum ats_status status = ats_control_history_of_recording(cli, file, control, ret_history, err);
    (void)fclose(file);
    if (status == ATS_OK)
        tell_reach(ret_history, control);
    return status;
}
