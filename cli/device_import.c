/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows are read, drafted and published ATS_CLI_IMPORT_ROWS at a time: one wait for Kafka serves them all, and what a failure
 * leaves is whole groups; with --propose all go into one file instead. A refused row is noted and holds up nothing.
 */
#include "cli/device_import.h"

#include "cli/bulk_ending.h"
#include "cli/cli.h"
#include "cli/contract_names.h"
#include "cli/device_keys.h"
#include "cli/device_row.h"
#include "cli/interrupt.h"
#include "cli/name_taken.h"
#include "cli/output.h"
#include "cli/publish.h"
#include "cli/refusals.h"
#include "common/base/file.h"
#include "common/control/allowance.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A row that is drafted and not published yet. */
struct waiting {
    size_t line;
    const char *name;
    bool has_pair;  /* its private key is in the fleet's folder */
    bool makes_key; /* the pair's file is new */
    char key_id[ATS_KEY_ID_SIZE];
};

struct import {
    const struct ats_cli *cli;
    struct ats_session *session;
    const char *path;
    const char *text;
    size_t text_len;
    struct ats_csv csv;
    struct ats_device_header header;
    void *names;   /* of the rows so far, a tree */
    void *key_ids; /* given in rows so far, a tree; each text is owned */
    struct ats_control_allowance allowance;
    struct ats_draft *drafts; /* `count` of `room` */
    struct waiting *waiting;
    struct ats_publish_answer *answers;
    size_t count;
    size_t room;
    struct ats_refusals refusals;
    size_t added;
    size_t unchanged;
    size_t pairs; /* of those added */
    size_t kept;  /* pairs of rows of which it is not known whether they were added */
    size_t left;  /* rows that were not reached */
    enum ats_bulk_ending ending;
    struct ats_contract_names contracts;
};

static enum ats_status no_memory(struct ats_error *err)
{
    return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
}

static enum ats_status refuse(struct import *import, size_t line, const char *name,
                              const char *reason, struct ats_error *err)
{
    return ats_refusals_add(&import->refusals, line, name, reason, err);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Whether the text is new to the tree, which keeps it. */
static enum ats_status note_once(void **tree, const char *text, bool *ret_new,
                                 struct ats_error *err)
{
    const char *const *node = tsearch(text, tree, compare_texts);
    if (!node)
        return no_memory(err);
    *ret_new = *node == text;
    return ATS_OK;
}

static enum ats_status note_key(struct import *import, const struct ats_device_row *row,
                                bool *ret_new, struct ats_error *err)
{
    *ret_new = true;
    if (row->body.key_count == 0)
        return ATS_OK;
    char *id = strdup(row->body.keys[0].id);
    enum ats_status status = id ? note_once(&import->key_ids, id, ret_new, err) : no_memory(err);
    if (status != ATS_OK || !*ret_new)
        free(id);
    return status; /* NOLINT(clang-analyzer-unix.Malloc): the tree keeps a new id, import_free() frees it */
}

/* ---- a group ---- */

static void show_progress(const struct import *import)
{
    size_t done = (size_t)(import->csv.rest - import->text);
    if (!import->cli->json && isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\r%zu added, %zu refused (%zu %%)", import->added,
                      import->refusals.count,
                      import->text_len > 0 ? done * 100 / import->text_len : 100);
}

/* A key that was made for what is not stated must not be found later and taken for the device's. */
static void remove_key(const struct import *import, const struct waiting *waiting)
{
    struct ats_path path;
    if (waiting->makes_key &&
        ats_device_key_path(import->cli, waiting->name, NULL, &path, NULL) == ATS_OK)
        (void)unlink(path.text);
}

/* Another operator's change may have come on top of a row that was taken. */
static bool is_enrolled(const struct import *import, const struct waiting *waiting)
{
    return ats_device_has_key(ats_session_view(import->session), waiting->name, waiting->key_id);
}

/* The pair of a row that may be in the log stays. */
static enum ats_status settle_row(struct import *import, const struct waiting *waiting,
                                  const struct ats_publish_answer *answer, struct ats_error *err)
{
    bool added = answer->outcome == ATS_PUBLISH_ACCEPTED;
    bool refused = answer->outcome == ATS_PUBLISH_REFUSED;
    bool unknown = answer->outcome == ATS_PUBLISH_UNKNOWN;
    import->added += added;
    import->left += !added && !refused;
    import->pairs += added && waiting->has_pair;
    import->kept += unknown && waiting->has_pair;
    if (answer->outcome == ATS_PUBLISH_UNSENT || (refused && !is_enrolled(import, waiting)))
        remove_key(import, waiting);
    return refused ? refuse(import, waiting->line, waiting->name, answer->why.text, err) : ATS_OK;
}

static enum ats_status publish_group(struct import *import, struct ats_error *err)
{
    struct ats_error lost = {0};
    enum ats_status status =
        ats_publish_each(import->session, import->drafts, import->count, import->answers, err);
    for (size_t i = 0; i < import->count; i++) {
        enum ats_status settled =
            settle_row(import, &import->waiting[i], &import->answers[i], &lost);
        if (status == ATS_OK && settled != ATS_OK)
            status = ats_error_set(err, settled, "%s", lost.text);
        ats_draft_fini(&import->drafts[i]);
    }
    import->count = 0;
    show_progress(import);
    return status;
}

/* What was drafted and will not be sent, after a failure. */
static void drop_group(struct import *import)
{
    import->left += import->count;
    for (size_t i = 0; i < import->count; i++) {
        remove_key(import, &import->waiting[i]);
        ats_draft_fini(&import->drafts[i]);
    }
    import->count = 0;
}

/* The row's key, or a pair in the fleet's folder, which is not written yet. */
static enum ats_status open_key(struct import *import, struct ats_device_row *row,
                                struct ats_fleet_key *ret_pair, struct ats_error *err)
{
    struct ats_path path;
    struct ats_device_key *key = &row->body.keys[0];
    if (row->body.key_count > 0)
        return ATS_OK;
    enum ats_status status = ats_device_key_path(import->cli, row->name, NULL, &path, err);
    if (status == ATS_OK)
        status = ats_fleet_key_open(&path, ATS_KEY_SIGNING, ret_pair, err);
    if (status != ATS_OK)
        return status;
    memcpy(key->key, ret_pair->pair.public_key, sizeof(key->key));
    ats_key_id(key->key, key->id);
    row->body.key_count = 1;
    return ATS_OK;
}

/* Before a key is made: where devices take two persons one cannot state it, a proposal has an end, and somebody must sign. */
static enum ats_status may_draft(struct import *import, bool *ret_may, struct ats_error *err)
{
    const struct ats_signer *signer = NULL;
    if (import->cli->propose && import->count == import->room)
        import->ending = ATS_BULK_FULL;
    else if (!import->cli->propose && import->allowance.takes_two)
        import->ending = ATS_BULK_TAKES_TWO;
    *ret_may = import->ending == ATS_BULK_DONE;
    return *ret_may ? ats_session_signer(import->session, &signer, err) : ATS_OK;
}

/* The row as a draft behind those that wait. `ret_pair` is its key pair where it brings no key, not written yet. */
static enum ats_status format_row(struct import *import, struct ats_device_row *row,
                                  struct ats_fleet_key *ret_pair, struct ats_error *err)
{
    struct ats_draft *draft = &import->drafts[import->count];
    ats_draft_init(draft, ATS_CONTROL_DEVICE, row->name);
    enum ats_status status = open_key(import, row, ret_pair, err);
    if (status == ATS_OK)
        status = ats_fleet_check_key(ats_session_pins(import->session), row->body.keys[0].key, err);
    return status == ATS_OK ? ats_body_device_format(&row->body, &draft->body) : status;
}

/* A device that the log does not have: it waits with the others of its group. */
static enum ats_status add_row(struct import *import, struct ats_device_row *row,
                               struct ats_error *err)
{
    struct ats_fleet_key pair = {0};
    bool has_pair = row->body.key_count == 0;
    enum ats_status status = format_row(import, row, &pair, err);
    bool makes_key = pair.is_new;
    if (status == ATS_OK)
        status = ats_fleet_key_write(&pair, err);
    if (status == ATS_OK) {
        struct waiting *waiting = &import->waiting[import->count++];
        *waiting = (struct waiting){.line = import->csv.line,
                                    .name = row->name,
                                    .has_pair = has_pair,
                                    .makes_key = makes_key};
        memcpy(waiting->key_id, row->body.keys[0].id, sizeof(waiting->key_id));
    } else {
        ats_draft_fini(&import->drafts[import->count]);
    }
    ats_fleet_key_fini(&pair);
    return status;
}

/* One that it has: unchanged where the row says the same, else EXISTS. */
static enum ats_status compare_row(struct import *import, struct ats_device_row *row,
                                   const struct ats_control_record *known, struct ats_error *err)
{
    struct ats_fleet_key pair = {0};
    struct ats_draft *draft = &import->drafts[import->count];
    enum ats_status status = format_row(import, row, &pair, err);
    bool same = status == ATS_OK && ats_span_equal(known->body, ats_buf_span(&draft->body));
    ats_draft_fini(draft);
    ats_fleet_key_fini(&pair);
    import->unchanged += same;
    return status == ATS_OK && !same ? ats_name_taken(known, err) : status;
}

static enum ats_status draft_row(struct import *import, struct ats_device_row *row,
                                 struct ats_error *err)
{
    struct ats_control_record known;
    struct ats_error why = {0};
    bool may = true;
    enum ats_status found = ats_registry_find(ats_session_view(import->session), ATS_CONTROL_DEVICE,
                                              ats_span_text(row->name), &known);
    if (found != ATS_OK && found != ATS_ERR_NOT_FOUND)
        return ats_error_set(err, found, "the fleet's store cannot be read");
    enum ats_status status = found == ATS_ERR_NOT_FOUND ? may_draft(import, &may, err) : ATS_OK;
    if (status != ATS_OK || !may)
        return status;
    status = found == ATS_OK ? compare_row(import, row, &known, &why) : add_row(import, row, &why);
    if (status == ATS_OK)
        return ATS_OK;
    return status == ATS_ERR_MEMORY || status == ATS_ERR_DISK
               ? ats_error_set(err, status, "%s", why.text)
               : refuse(import, import->csv.line, row->name, why.text, err);
}

static enum ats_status take_row(struct import *import, struct ats_error *err)
{
    struct ats_device_row row;
    struct ats_error why = {0};
    bool new_name = true;
    bool new_key = true;
    size_t line = import->csv.line;
    if (ats_device_row_read(&import->header, &import->csv, &row, &why) != ATS_OK)
        return refuse(import, line, row.name, why.text, err);
    enum ats_status status = note_once(&import->names, row.name, &new_name, err);
    if (status == ATS_OK && !new_name)
        return refuse(import, line, row.name, "the name stands in the file twice", err);
    if (status == ATS_OK)
        status = note_key(import, &row, &new_key, err);
    if (status == ATS_OK && !new_key)
        return refuse(import, line, row.name, "the public_key stands in the file twice", err);
    ats_contract_names_gather(&import->contracts, &row.body, line);
    return status == ATS_OK ? draft_row(import, &row, err) : status;
}

static enum ats_status take_if_read(struct import *import, const struct ats_error *read,
                                    struct ats_error *err)
{
    enum ats_status status = read->status == ATS_OK
                                 ? take_row(import, err)
                                 : refuse(import, import->csv.line, "", read->text, err);
    if (status == ATS_OK && !import->cli->propose && import->count == import->room)
        return publish_group(import, err);
    /* The row itself, also where it ends there; publish_group() counts its own. */
    import->left += status != ATS_OK || import->ending != ATS_BULK_DONE;
    return status;
}

/* What is not taken any more is counted. */
static enum ats_status take_rows(struct import *import, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (size_t rows = 0;; rows++) {
        struct ats_error why = {0};
        if (ats_csv_next(&import->csv, &why) == ATS_ERR_NOT_FOUND)
            break;
        if (import->ending == ATS_BULK_DONE && ats_interrupted())
            import->ending = ATS_BULK_INTERRUPTED;
        if (import->ending == ATS_BULK_DONE && rows == ATS_CLI_BULK_MAX)
            import->ending = ATS_BULK_TOO_MANY;
        if (import->ending != ATS_BULK_DONE) {
            import->left++;
            continue;
        }
        status = take_if_read(import, &why, err);
        if (status != ATS_OK)
            import->ending = ATS_BULK_FAILED;
    }
    if (status == ATS_OK)
        status = publish_group(import, err);
    if (status != ATS_OK)
        import->ending = ATS_BULK_FAILED;
    else if (import->ending == ATS_BULK_TOO_MANY)
        status = ats_error_set(err, ATS_ERR_LIMIT, "more than %d rows", ATS_CLI_BULK_MAX);
    drop_group(import);
    return status;
}

/* ---- the whole ---- */

/* Where the private keys are of those added or not known; NULL where there is none of these. */
static json_t *key_folder(const struct import *import)
{
    struct ats_path folder;
    if (import->pairs + import->kept == 0 ||
        ats_fleet_path(import->cli, &folder, NULL, "devices") != ATS_OK)
        return NULL;
    return ats_output_text(folder.text);
}

static json_t *sums(const struct import *import)
{
    json_t *object = json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:o?}", "verdict", "", "added", (json_int_t)import->added,
        "unchanged", (json_int_t)import->unchanged, "refused", (json_int_t)import->refusals.count,
        "left", (json_int_t)import->left, "key_folder", key_folder(import));
    ats_bulk_ending_set(import->ending, "imported", object);
    return object;
}

static void tell_keys(const struct import *import)
{
    const char *fleet = import->cli->fleet;
    if (import->pairs > 0 && (!import->cli->json || import->cli->propose))
        ats_cli_note("the private %s of %zu of them %s in %s/devices",
                     ats_output_word(import->pairs, "key", "keys"), import->pairs,
                     ats_output_word(import->pairs, "is", "are"), fleet);
    if (import->kept > 0)
        ats_cli_note("the private %s of %zu of those not reached %s in %s/devices, and the same "
                     "command uses %s again",
                     ats_output_word(import->kept, "key", "keys"), import->kept,
                     ats_output_word(import->kept, "is", "are"), fleet,
                     ats_output_word(import->kept, "it", "them"));
}

static void report(struct import *import)
{
    if (!import->cli->json && isatty(STDERR_FILENO))
        (void)fputc('\n', stderr);
    ats_refusals_print(&import->refusals, import->cli);
    ats_output_sums(import->cli, sums(import),
                    "added %zu %s, %zu unchanged, %zu %s refused, %zu not reached", import->added,
                    ats_output_word(import->added, "device", "devices"), import->unchanged,
                    import->refusals.count, ats_output_word(import->refusals.count, "row", "rows"),
                    import->left);
    if (import->cli->propose)
        ats_cli_note("%zu %s to be added, %zu unchanged, %zu %s refused, %zu not reached",
                     import->added, ats_output_word(import->added, "device is", "devices are"),
                     import->unchanged, import->refusals.count,
                     ats_output_word(import->refusals.count, "row", "rows"), import->left);
    tell_keys(import);
    ats_bulk_ending_note(import->cli, import->ending, import->allowance.hourly);
}

static enum ats_status make_room(struct import *import, struct ats_error *err)
{
    /* One more: a row that is there already is drafted to be compared, also beside a full proposal. */
    import->room = import->cli->propose ? ATS_PROPOSAL_RECORDS_MAX : ATS_CLI_IMPORT_ROWS;
    import->drafts = calloc(import->room + 1, sizeof(*import->drafts));
    import->waiting = calloc(import->room + 1, sizeof(*import->waiting));
    import->answers = calloc(import->room + 1, sizeof(*import->answers));
    return import->drafts && import->waiting && import->answers ? ATS_OK : no_memory(err);
}

/* What takes two persons hangs on the policy, not on who signs: nobody is asked for where nothing is new. */
static enum ats_status ask_allowance(struct import *import, struct ats_error *err)
{
    enum ats_status status = ats_registry_allowance(ats_session_view(import->session), "",
                                                    ATS_CONTROL_DEVICE, &import->allowance);
    return status == ATS_OK || status == ATS_ERR_NOT_FOUND
               ? ATS_OK
               : ats_error_set(err, status, "the local copy cannot be read: %s",
                               ats_status_name(status));
}

static enum ats_status import_text(struct import *import, struct ats_error *err)
{
    struct ats_path folder;
    enum ats_status status = ats_device_header_read(&import->csv, &import->header, err);
    if (status != ATS_OK) {
        ats_error_prefix(err, "%s:%zu", import->path, import->csv.line);
        return status;
    }
    status = make_room(import, err);
    if (status == ATS_OK)
        status = ats_session_open(import->cli, ATS_SESSION_WRITE, &import->session, err);
    if (status == ATS_OK)
        status = ask_allowance(import, err);
    if (status == ATS_OK)
        status = ats_fleet_path(import->cli, &folder, err, "devices");
    if (status == ATS_OK)
        status = ats_file_make_folder(folder.text, 0700, err);
    if (status != ATS_OK)
        return status;
    ats_interrupt_heed();
    status = take_rows(import, err);
    if (status == ATS_OK)
        ats_contract_names_note_gathered(ats_session_view(import->session), &import->contracts);
    report(import);
    return status;
}

static void keep(void *text)
{
    (void)text; /* is the file's, not the tree's */
}

static void import_free(struct import *import)
{
    ats_session_close(import->session);
    free(import->drafts);
    free(import->waiting);
    free(import->answers);
    ats_refusals_fini(&import->refusals);
    tdestroy(import->names, keep);
    tdestroy(import->key_ids, free);
    free(import);
}

int ats_device_import(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_error err = {0};
    struct ats_buf buf;
    char *text = NULL;
    bool refused = false;
    struct import *import = calloc(1, sizeof(*import));
    if (!import) {
        (void)no_memory(&err);
        return ats_cli_fail(&err);
    }
    ats_buf_init(&buf, ATS_CLI_IMPORT_FILE_MAX);
    enum ats_status status = ats_file_read_text(arguments->positional[0], &buf, &text, &err);
    if (status == ATS_OK) {
        import->cli = cli;
        import->path = arguments->positional[0];
        import->text = text;
        import->text_len = strlen(text);
        ats_csv_init(&import->csv, text);
        status = import_text(import, &err);
        refused = import->refusals.count > 0 || import->left > 0;
    }
    import_free(import);
    ats_buf_fini(&buf);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    return refused ? ATS_EXIT_NO : ATS_EXIT_DONE;
}
