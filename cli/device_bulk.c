/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices are drafted and published ATS_CLI_IMPORT_ROWS at a time. What the policy leaves to one operator is asked for before each
 * group, so that nothing is signed that every reader would refuse; with --propose all go into one file instead. A command that was
 * stopped in between may be run again: what is done already changes nothing.
 */
#include "cli/device_bulk.h"

#include "cli/bulk_ending.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/publish.h"
#include "cli/refusals.h"
#include "common/control/allowance.h"
#include "common/control/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct bulk {
    const struct ats_cli *cli;
    const struct ats_device_act *act;
    struct ats_device_rows rows;
    struct ats_session *session;
    const char *signer;
    struct ats_control_allowance allowance; /* before this group */
    int64_t log_time_ms;
    struct ats_draft *drafts; /* `count` of `room` */
    size_t *lines;
    struct ats_publish_answer *answers;
    size_t count;
    size_t room;
    uint64_t stops; /* of this group */
    struct ats_refusals refusals;
    size_t changed;
    size_t already;
    size_t left; /* not reached */
    enum ats_bulk_ending ending;
};

static void show_progress(const struct bulk *bulk)
{
    if (!bulk->cli->json && isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\r%s %zu %s, %zu refused (%u %%)", bulk->act->done, bulk->changed,
                      ats_output_word(bulk->changed, "device", "devices"), bulk->refusals.count,
                      ats_device_rows_percent(&bulk->rows));
}

/* ---- a group ---- */

static enum ats_status ask_allowance(struct bulk *bulk, struct ats_error *err)
{
    struct ats_store_view *view = ats_session_view(bulk->session);
    enum ats_status status =
        ats_registry_allowance(view, bulk->signer, ATS_CONTROL_DEVICE, &bulk->allowance);
    if (status == ATS_OK)
        status = ats_registry_log_time_ms(view, &bulk->log_time_ms);
    return status == ATS_OK || status == ATS_ERR_NOT_FOUND
               ? ATS_OK
               : ats_error_set(err, status, "the local copy cannot be read: %s",
                               ats_status_name(status));
}

/* Counts the answer to one draft. */
static enum ats_status settle(struct bulk *bulk, size_t i, struct ats_error *err)
{
    const struct ats_publish_answer *answer = &bulk->answers[i];
    bool refused = answer->outcome == ATS_PUBLISH_REFUSED;
    bool changed = answer->outcome == ATS_PUBLISH_ACCEPTED;
    bulk->changed += changed;
    bulk->left += !changed && !refused;
    return refused ? ats_refusals_add(&bulk->refusals, bulk->lines[i], bulk->drafts[i].name,
                                      answer->why.text, err)
                   : ATS_OK;
}

static enum ats_status publish_group(struct bulk *bulk, struct ats_error *err)
{
    struct ats_error lost = {0};
    enum ats_status status =
        ats_publish_each(bulk->session, bulk->drafts, bulk->count, bulk->answers, err);
    for (size_t i = 0; i < bulk->count; i++) {
        enum ats_status settled = settle(bulk, i, &lost);
        if (status == ATS_OK && settled != ATS_OK)
            status = ats_error_set(err, settled, "%s", lost.text);
        ats_draft_fini(&bulk->drafts[i]);
    }
    bulk->count = 0;
    bulk->stops = 0;
    show_progress(bulk);
    return status == ATS_OK ? ask_allowance(bulk, err) : status;
}

static bool is_drafted(const struct bulk *bulk, const char *name)
{
    for (size_t i = 0; i < bulk->count; i++)
        if (strcmp(bulk->drafts[i].name, name) == 0)
            return true;
    return false;
}

static enum ats_status state(struct ats_draft *draft, const char *name,
                             const struct ats_body_device *body, struct ats_error *err)
{
    ats_draft_init(draft, ATS_CONTROL_DEVICE, name);
    enum ats_status status = ats_body_device_format(body, &draft->body);
    return status == ATS_OK ? ATS_OK
                            : ats_error_set(err, status, "device '%s' cannot be stated: %s", name,
                                            ats_status_name(status));
}

/* What may not be signed alone is not drafted: the rest is for two persons. */
static bool may_draft(struct bulk *bulk, bool stops, bool only_stops)
{
    bool takes_two = bulk->allowance.takes_two && !only_stops;
    if (bulk->cli->propose && bulk->count == bulk->room)
        bulk->ending = ATS_BULK_FULL;
    else if (!bulk->cli->propose && takes_two)
        bulk->ending = ATS_BULK_TAKES_TWO;
    else if (!bulk->cli->propose && stops && bulk->stops >= bulk->allowance.stops)
        bulk->ending = ATS_BULK_HOURLY;
    return bulk->ending == ATS_BULK_DONE;
}

static enum ats_status draft_change(struct bulk *bulk, const struct ats_named_device *device,
                                    const struct ats_body_device *before,
                                    const struct ats_body_device *after, struct ats_error *err)
{
    struct ats_draft old = {0};
    struct ats_draft *new = &bulk->drafts[bulk->count];
    bool stops = ats_device_is_stopped(after, before, bulk->log_time_ms);
    *new = (struct ats_draft){0};
    enum ats_status status = state(&old, device->name, before, err);
    if (status == ATS_OK)
        status = state(new, device->name, after, err);
    bool same =
        status == ATS_OK && ats_span_equal(ats_buf_span(&old.body), ats_buf_span(&new->body));
    bulk->already += same;
    bool only_stops = ats_device_only_stops(after, before);
    if (status == ATS_OK && !same && may_draft(bulk, stops, only_stops)) {
        bulk->stops += stops;
        bulk->lines[bulk->count++] = device->line;
    } else {
        ats_draft_fini(new);
    }
    ats_draft_fini(&old);
    return status;
}

static enum ats_status edit(struct bulk *bulk, const struct ats_named_device *device,
                            struct ats_error *err)
{
    struct ats_control_record record;
    struct ats_body_device before;
    enum ats_status status = ats_fleet_check_name("device", device->name, err);
    if (status == ATS_OK)
        status = ats_session_find(bulk->session, ATS_CONTROL_DEVICE, device->name, &record, err);
    if (status != ATS_OK)
        return status;
    if (ats_body_device_parse(record.body, &before) != ATS_OK)
        return ats_error_set(err, ATS_ERR_CORRUPT, "the record of device '%s' cannot be read",
                             device->name);
    struct ats_body_device after = before;
    status = bulk->act->edit(bulk->act->ctx, device, ats_session_view(bulk->session), &after, err);
    return status == ATS_OK ? draft_change(bulk, device, &before, &after, err) : status;
}

/* A device that stands twice is changed once more by what its first row made of it. */
static enum ats_status take(struct bulk *bulk, const struct ats_named_device *device,
                            struct ats_error *err)
{
    struct ats_error why = {0};
    enum ats_status status = ATS_OK;
    if (bulk->cli->propose && is_drafted(bulk, device->name))
        return ats_refusals_add(&bulk->refusals, device->line, device->name,
                                "it stands twice, and a proposal states it once", err);
    if (!bulk->cli->propose && (bulk->count == bulk->room || is_drafted(bulk, device->name)))
        status = publish_group(bulk, err);
    if (status != ATS_OK)
        return status;
    status = edit(bulk, device, &why);
    if (status == ATS_ERR_EXISTS)
        bulk->already++;
    else if (status == ATS_ERR_MEMORY || status == ATS_ERR_DISK || status == ATS_ERR_CORRUPT ||
             status == ATS_ERR_IO || status == ATS_ERR_INTERNAL)
        return ats_error_set(err, status, "%s", why.text);
    else if (status != ATS_OK)
        return ats_refusals_add(&bulk->refusals, device->line, device->name, why.text, err);
    return ATS_OK;
}

static enum ats_status take_if_read(struct bulk *bulk, const struct ats_named_device *device,
                                    const struct ats_error *read, struct ats_error *err)
{
    enum ats_status status =
        read->status == ATS_OK
            ? take(bulk, device, err)
            : ats_refusals_add(&bulk->refusals, device->line, device->name, read->text, err);
    if (status != ATS_OK)
        bulk->ending = ATS_BULK_FAILED;
    return status;
}

/* What is not taken any more is counted. */
static enum ats_status take_all(struct bulk *bulk, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (size_t taken = 0;; taken++) {
        struct ats_named_device device;
        struct ats_error why = {0};
        if (ats_device_rows_next(&bulk->rows, &device, &why) == ATS_ERR_NOT_FOUND)
            break;
        if (bulk->ending == ATS_BULK_DONE && ats_interrupted())
            bulk->ending = ATS_BULK_INTERRUPTED;
        if (bulk->ending == ATS_BULK_DONE && taken == ATS_CLI_BULK_MAX)
            bulk->ending = ATS_BULK_TOO_MANY;
        if (bulk->ending == ATS_BULK_DONE)
            status = take_if_read(bulk, &device, &why, err);
        bulk->left += bulk->ending != ATS_BULK_DONE;
    }
    if (status == ATS_OK)
        status = publish_group(bulk, err);
    if (status != ATS_OK)
        bulk->ending = ATS_BULK_FAILED;
    else if (bulk->ending == ATS_BULK_TOO_MANY)
        status = ats_error_set(err, ATS_ERR_LIMIT, "more than %d devices", ATS_CLI_BULK_MAX);
    bulk->left += bulk->count; /* drafted, and not sent after a failure */
    return status;
}

/* ---- the whole ---- */

static json_t *sums(const struct bulk *bulk)
{
    const struct ats_device_act *act = bulk->act;
    json_t *object =
        json_pack("{s:s, s:I, s:I, s:I, s:I}", "verdict", "", "changed", (json_int_t)bulk->changed,
                  "already", (json_int_t)bulk->already, "refused", (json_int_t)bulk->refusals.count,
                  "left", (json_int_t)bulk->left);
    ats_bulk_ending_set(bulk->ending, act->verdict ? act->verdict : act->done, object);
    return object;
}

static void report(struct bulk *bulk)
{
    if (!bulk->cli->json && isatty(STDERR_FILENO))
        (void)fputc('\n', stderr);
    ats_refusals_print(&bulk->refusals, bulk->cli);
    ats_output_sums(bulk->cli, sums(bulk),
                    "%s %zu %s, %zu %s so already, %zu refused, %zu not reached", bulk->act->done,
                    bulk->changed, ats_output_word(bulk->changed, "device", "devices"),
                    bulk->already, ats_output_word(bulk->already, "was", "were"),
                    bulk->refusals.count, bulk->left);
    if (bulk->cli->propose)
        ats_cli_note("%zu %s to %s%s, %zu %s so already, %zu refused, %zu not reached",
                     bulk->changed, ats_output_word(bulk->changed, "device is", "devices are"),
                     bulk->act->to ? "" : "be ", bulk->act->to ? bulk->act->to : bulk->act->done,
                     bulk->already, ats_output_word(bulk->already, "is", "are"),
                     bulk->refusals.count, bulk->left);
    ats_bulk_ending_note(bulk->cli, bulk->ending, bulk->allowance.hourly);
}

static enum ats_status open_rows(struct bulk *bulk, const struct ats_arguments *arguments,
                                 struct ats_error *err)
{
    const struct ats_device_act *act = bulk->act;
    const char *file = ats_argument_find(arguments, "--from");
    if ((arguments->positional_count > 0) == (file != NULL))
        return ats_error_set(err, ATS_ERR_CONFIG, "device %s: give a NAME, several, or --from FILE",
                             act->command);
    enum ats_status status =
        ats_device_rows_open(&bulk->rows, &act->columns, file ? NULL : arguments->positional,
                             arguments->positional_count, file, err);
    if (status == ATS_OK && act->wants && !act->wants(act->ctx, &bulk->rows))
        return ats_error_set(err, ATS_ERR_CONFIG, "device %s: %s", act->command, act->unwanted);
    return status;
}

static enum ats_status make_room(struct bulk *bulk, struct ats_error *err)
{
    bulk->room = bulk->cli->propose ? ATS_PROPOSAL_RECORDS_MAX : ATS_CLI_IMPORT_ROWS;
    bulk->drafts = calloc(bulk->room, sizeof(*bulk->drafts));
    bulk->lines = calloc(bulk->room, sizeof(*bulk->lines));
    bulk->answers = calloc(bulk->room, sizeof(*bulk->answers));
    return bulk->drafts && bulk->lines && bulk->answers
               ? ATS_OK
               : ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
}

static enum ats_status open_session(struct bulk *bulk, struct ats_error *err)
{
    const struct ats_signer *signer = NULL;
    enum ats_status status = ats_session_open(bulk->cli, ATS_SESSION_WRITE, &bulk->session, err);
    if (status == ATS_OK)
        status = ats_session_signer(bulk->session, &signer, err);
    if (status != ATS_OK)
        return status;
    bulk->signer = signer->name;
    return ask_allowance(bulk, err);
}

static void bulk_fini(struct bulk *bulk)
{
    for (size_t i = 0; i < bulk->count; i++)
        ats_draft_fini(&bulk->drafts[i]);
    free(bulk->drafts);
    free(bulk->lines);
    free(bulk->answers);
    ats_refusals_fini(&bulk->refusals);
    ats_session_close(bulk->session);
    ats_device_rows_fini(&bulk->rows);
}

bool ats_device_act_is_bulk(const struct ats_arguments *arguments)
{
    return arguments->positional_count != 1 || ats_argument_has(arguments, "--from");
}

int ats_device_act_run(const struct ats_cli *cli, const struct ats_arguments *arguments,
                       const struct ats_device_act *act)
{
    struct ats_error err = {0};
    struct bulk bulk = {.cli = cli, .act = act};
    enum ats_status status = open_rows(&bulk, arguments, &err);
    if (status == ATS_OK)
        status = make_room(&bulk, &err);
    if (status == ATS_OK)
        status = open_session(&bulk, &err);
    if (status == ATS_OK) {
        ats_interrupt_heed();
        status = take_all(&bulk, &err);
        report(&bulk);
    }
    bool whole = bulk.refusals.count == 0 && bulk.left == 0;
    bulk_fini(&bulk);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    return whole ? ATS_EXIT_DONE : ATS_EXIT_NO;
}
