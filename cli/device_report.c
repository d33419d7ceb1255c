/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walk over the own copy of the registry. Counts are kept by value in a tree; rows of what ends are held until they can be
 * sorted by their end.
 */
#include "cli/device_report.h"

#include "cli/cli.h"
#include "cli/device_enrolment.h"
#include "cli/output.h"
#include "cli/session.h"
#include "common/base/calendar.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/parse.h"
#include "common/control/body.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>

#define BY_STATE "state"
#define BY_ENROLLED "enrolled"
#define BY_CONTRACT "contract"
#define DAYS_MAX 36500 /* a century */
#define STATE_COUNT (ATS_DEVICE_RETIRED + 1)
#define ENDS_STEP 1024

const struct ats_flag ats_device_report_flags[] = {
    {"--by", "WHAT",
     "Count by site (the default), line, vendor, model, firmware, contract, state or enrolled. By "
     "contract a device counts for each that its record lists, with the version where that names "
     "one; empty: for all that list none.",
     false},
    {"--expiring", "DAYS", "Instead: keys and warranties that end within so many days.", false},
    {"--expired", NULL, "With --expiring: also those that have ended already.", false},
    {0},
};

/* ---- counts ---- */

struct tally {
    char value[ATS_NAME_MAX + 1];
    size_t devices;
    size_t by_state[STATE_COUNT];
};

struct counting {
    const struct ats_device_attribute *attribute; /* NULL: the state, or how it was enrolled */
    struct ats_store_view *enrolments;            /* NULL: not how it was enrolled */
    bool contracts;
    void *tree;
};

static int compare_tallies(const void *a, const void *b)
{
    return strcmp(((const struct tally *)a)->value, ((const struct tally *)b)->value);
}

static enum ats_status count_value(struct counting *counting, const char *value,
                                   enum ats_device_state state)
{
    struct tally key = {.devices = 0};
    (void)snprintf(key.value, sizeof(key.value), "%s", value);
    struct tally *const *node = tfind(&key, &counting->tree, compare_tallies);
    struct tally *tally = node ? *node : malloc(sizeof(*tally));
    if (!tally)
        return ATS_ERR_MEMORY;
    if (!node) {
        *tally = key;
        if (!tsearch(tally, &counting->tree, compare_tallies)) {
            free(tally);
            return ATS_ERR_MEMORY;
        }
    }
    tally->devices++;
    tally->by_state[state]++;
    return ATS_OK;
}

static enum ats_status count_contracts(struct counting *counting,
                                       const struct ats_body_device *body)
{
    enum ats_status status =
        body->contract_count == 0 ? count_value(counting, "", body->state) : ATS_OK;
    for (size_t i = 0; i < body->contract_count && status == ATS_OK; i++)
        status = count_value(counting, body->contracts[i], body->state);
    return status;
}

static enum ats_status count_device(void *ctx, const struct ats_control_record *record)
{
    struct counting *counting = ctx;
    struct ats_body_device body;
    enum ats_status status = ats_body_device_parse(record->body, &body);
    if (status != ATS_OK)
        return status;
    if (counting->contracts)
        return count_contracts(counting, &body);
    const char *value = counting->attribute ? ats_device_attribute_get(&body, counting->attribute)
                                            : ats_device_state_name(body.state);
    if (counting->enrolments)
        value = ats_device_enrolled_by(counting->enrolments, record->name);
    return count_value(counting, value, body.state);
}

struct printing {
    struct ats_output *output;
    const char *by;
};

/* By state a row is its own state. */
static void print_tally(const void *node, VISIT order, void *ctx)
{
    const struct printing *printing = ctx;
    const struct tally *tally = *(const struct tally *const *)node;
    if (order != postorder && order != leaf)
        return;
    json_t *row =
        json_pack("{s:s, s:I}", printing->by, tally->value, "devices", (json_int_t)tally->devices);
    for (int state = 0; state < STATE_COUNT && strcmp(printing->by, BY_STATE) != 0; state++)
        (void)json_object_set_new(row, ats_device_state_name((enum ats_device_state)state),
                                  json_integer((json_int_t)tally->by_state[state]));
    ats_output_row(printing->output, row);
}

/* `attribute` is NULL where `by` is none. */
static enum ats_status report_counts(const struct ats_cli *cli, struct ats_session *session,
                                     const struct ats_device_attribute *attribute, const char *by)
{
    struct ats_output output;
    struct counting counting = {.attribute = attribute,
                                .enrolments =
                                    strcmp(by, BY_ENROLLED) == 0 ? ats_session_view(session) : NULL,
                                .contracts = strcmp(by, BY_CONTRACT) == 0};
    struct printing printing = {&output, by};
    enum ats_status status =
        ats_registry_walk(ats_session_view(session), ATS_CONTROL_DEVICE, count_device, &counting);
    if (status == ATS_OK) {
        ats_output_begin(&output, cli);
        twalk_r(counting.tree, print_tally, &printing);
        ats_output_end_or(&output, "the control log has no device");
    }
    tdestroy(counting.tree, free);
    return status;
}

/* ---- what ends ---- */

struct end {
    int64_t at_ms;
    char name[ATS_NAME_MAX + 1];
    char site[ATS_NAME_MAX + 1];
    char key_id[ATS_KEY_ID_SIZE]; /* "": the warranty */
};

struct ending {
    int64_t now_ms;
    int64_t until_ms;
    bool expired;
    struct end *ends;
    size_t count;
};

static enum ats_status note_end(struct ending *ending, const char *name,
                                const struct ats_body_device *body, const char *key_id,
                                int64_t at_ms)
{
    if (at_ms > ending->until_ms || (at_ms <= ending->now_ms && !ending->expired))
        return ATS_OK;
    if (ending->count % ENDS_STEP == 0) {
        struct end *grown =
            realloc(ending->ends, (ending->count + ENDS_STEP) * sizeof(*ending->ends));
        if (!grown)
            return ATS_ERR_MEMORY;
        ending->ends = grown;
    }
    struct end *end = &ending->ends[ending->count++];
    *end = (struct end){.at_ms = at_ms};
    (void)snprintf(end->name, sizeof(end->name), "%s", name);
    (void)snprintf(end->site, sizeof(end->site), "%s", body->site);
    (void)snprintf(end->key_id, sizeof(end->key_id), "%s", key_id);
    return ATS_OK;
}

/* Nobody waits for a key or a warranty of a device that is revoked or retired. */
static enum ats_status note_ends(void *ctx, const struct ats_control_record *record)
{
    struct ending *ending = ctx;
    struct ats_body_device body;
    int64_t day_ms = 0;
    enum ats_status status = ats_body_device_parse(record->body, &body);
    if (status != ATS_OK || !ats_device_state_may_follow(body.state, body.state))
        return status;
    for (size_t i = 0; i < body.key_count && status == ATS_OK; i++)
        if (body.keys[i].not_after_ms != 0)
            status =
                note_end(ending, record->name, &body, body.keys[i].id, body.keys[i].not_after_ms);
    /* It ends with its last day. */
    if (status == ATS_OK && ats_calendar_date(ats_span_text(body.warranty_end), &day_ms))
        status = note_end(ending, record->name, &body, "", day_ms + ATS_DAY_MS);
    return status;
}

static int compare_ends(const void *a, const void *b)
{
    const struct end *left = a;
    const struct end *right = b;
    if (left->at_ms != right->at_ms)
        return left->at_ms > right->at_ms ? 1 : -1;
    return strcmp(left->name, right->name);
}

static int64_t whole_days(int64_t ms)
{
    return ms >= 0 ? ms / ATS_DAY_MS : -((-ms + ATS_DAY_MS - 1) / ATS_DAY_MS);
}

static void print_end(struct ats_output *output, const struct end *end, int64_t now_ms)
{
    char at[ATS_RFC3339_SIZE];
    bool key = end->key_id[0] != '\0';
    ats_clock_format_rfc3339(end->at_ms, at);
    ats_output_row(output,
                   json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "name", end->name, "what",
                             key ? "key" : "warranty", "key_id", end->key_id, "site", end->site,
                             "ends", at, "days", (json_int_t)whole_days(end->at_ms - now_ms)));
}

static enum ats_status report_ends(const struct ats_cli *cli, struct ats_session *session,
                                   int64_t days, bool expired)
{
    struct ats_output output;
    char none[96];
    struct ending ending = {.now_ms = ats_clock_wall_ms(&ats_clock_system), .expired = expired};
    ending.until_ms = ending.now_ms + days * ATS_DAY_MS;
    enum ats_status status =
        ats_registry_walk(ats_session_view(session), ATS_CONTROL_DEVICE, note_ends, &ending);
    if (status == ATS_OK) {
        if (ending.count > 0)
            qsort(ending.ends, ending.count, sizeof(*ending.ends), compare_ends);
        ats_output_begin(&output, cli);
        for (size_t i = 0; i < ending.count; i++)
            print_end(&output, &ending.ends[i], ending.now_ms);
        (void)snprintf(none, sizeof(none), "no key and no warranty ends within %lld %s%s",
                       (long long)days, ats_output_word((uint64_t)days, "day", "days"),
                       expired ? ", and none has ended" : "");
        ats_output_end_or(&output, none);
    }
    free(ending.ends);
    return status;
}

/* ---- what is asked for ---- */

struct question {
    const char *by;
    const struct ats_device_attribute *attribute; /* NULL: it is none */
    bool ends;
    bool expired;
    int64_t days;
};

static const struct ats_device_attribute *find_attribute(const char *name)
{
    for (const struct ats_device_attribute *at = ats_device_attributes; at->name; at++)
        if (strcmp(at->name, name) == 0 && strcmp(name, "asset") != 0 &&
            at->form != ATS_ATTRIBUTE_DATE)
            return at;
    return NULL;
}

/* What is counted beside attributes. */
static bool is_other(const char *by)
{
    return strcmp(by, BY_ENROLLED) == 0 || strcmp(by, BY_CONTRACT) == 0 ||
           strcmp(by, BY_STATE) == 0;
}

static enum ats_status read_question(const struct ats_arguments *arguments,
                                     struct question *question, struct ats_error *err)
{
    const char *by = ats_argument_find(arguments, "--by");
    const char *days = ats_argument_find(arguments, "--expiring");
    question->ends = days != NULL;
    question->expired = ats_argument_has(arguments, "--expired");
    question->by = by ? by : "site";
    question->attribute = find_attribute(question->by);
    if (!question->attribute && !is_other(question->by))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--by: '%.*s' is not allowed (allowed: site, line, vendor, model, "
                             "firmware, contract, state, enrolled)",
                             ATS_QUOTE_MAX, question->by);
    if (by && days)
        return ats_error_set(err, ATS_ERR_CONFIG, "device report: --by or --expiring, not both");
    if (question->expired && !days)
        return ats_error_set(err, ATS_ERR_CONFIG, "--expired goes with --expiring");
    if (days && (ats_parse_int64(days, &question->days) != ATS_OK || question->days < 0 ||
                 question->days > DAYS_MAX))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--expiring: '%.*s' is not allowed (allowed: 0 to %d days)",
                             ATS_QUOTE_MAX, days, DAYS_MAX);
    return ATS_OK;
}

int ats_device_report(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    struct question question = {0};
    struct ats_error err = {0};
    enum ats_status status = read_question(arguments, &question, &err);
    if (status == ATS_OK)
        status = ats_session_open(cli, ATS_SESSION_READ, &session, &err);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    status = question.ends ? report_ends(cli, session, question.days, question.expired)
                           : report_counts(cli, session, question.attribute, question.by);
    ats_session_close(session);
    if (status == ATS_OK)
        return ATS_EXIT_DONE;
    (void)ats_error_set(&err, status, "the local copy cannot be read: %s", ats_status_name(status));
    return ats_cli_fail(&err);
}
