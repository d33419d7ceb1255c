/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/quarantine.h"

#include "cli/cli.h"
#include "cli/kafka.h"
#include "cli/output.h"
#include "cli/quarantine_record.h"
#include "cli/topic_walk.h"
#include "cli/topics.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/parse.h"

#include <stdlib.h>

/* Rows that are shown where nothing else is said: a screen or two. */
#define ROWS_DEFAULT 100
/* Values beyond those that are counted apart. */
#define OTHERS "(others)"

/* The fields that a flag narrows the list by, and --by counts. */
static const struct {
    const char *flag;
    const char *field;
} filters[] = {
    {"--device", "device"}, {"--contract", "contract"}, {"--class", "class"},
    {"--rule", "rule"},     {"--gate", "gate"},         {"--source", "source"},
};
#define FILTER_COUNT (sizeof(filters) / sizeof(filters[0]))

struct listing {
    const struct ats_cli *cli;
    struct ats_value_decoder *decoder;
    const char *wanted[FILTER_COUNT]; /* NULL: any */
    const char *by;                   /* NULL: rows */
    json_t *counts;                   /* by the field's value */
    struct row {
        int64_t time_ms;
        size_t arrival;
        json_t *json;
    } * rows; /* the newest `count` of `max`, a heap with the oldest first */
    size_t count;
    size_t max;
    size_t found;
    size_t unreadable;
};

static bool matches(const struct listing *listing, const struct ats_quarantine_record *record)
{
    for (size_t i = 0; i < FILTER_COUNT; i++)
        if (listing->wanted[i] &&
            !ats_quarantine_is_wanted(
                ats_span_text(ats_quarantine_record_text(record, filters[i].field)),
                listing->wanted[i], strcmp(filters[i].field, "contract") == 0))
            return false;
    return true;
}

/* ---- counting ---- */

static void count(struct listing *listing, const struct ats_quarantine_record *record)
{
    json_t *field = ats_quarantine_record_field(record, listing->by);
    const char *value = json_is_string(field) ? json_string_value(field) : "";
    if (json_object_size(listing->counts) >= ATS_CLI_QUARANTINE_ROWS_MAX &&
        !json_object_get(listing->counts, value))
        value = OTHERS;
    json_int_t before = json_integer_value(json_object_get(listing->counts, value));
    (void)json_object_set_new(listing->counts, value, json_integer(before + 1));
    json_decref(field);
}

struct counted {
    const char *value;
    json_int_t count;
};

static int compare_counts(const void *a, const void *b)
{
    const struct counted *left = a;
    const struct counted *right = b;
    if (left->count != right->count)
        return left->count < right->count ? 1 : -1;
    return strcmp(left->value, right->value);
}

static enum ats_status print_counts(const struct listing *listing, struct ats_output *output,
                                    struct ats_error *err)
{
    size_t size = json_object_size(listing->counts);
    struct counted *sorted = calloc(size + 1, sizeof(*sorted));
    size_t n = 0;
    const char *value;
    json_t *number;
    if (!sorted)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    json_object_foreach(listing->counts, value, number)
    {
        sorted[n++] = (struct counted){value, json_integer_value(number)};
    }
    qsort(sorted, n, sizeof(*sorted), compare_counts);
    for (size_t i = 0; i < n; i++)
        ats_output_row(output,
                       json_pack("{s:o, s:I}", listing->by, ats_output_text(sorted[i].value),
                                 "records", sorted[i].count));
    free(sorted);
    return ATS_OK;
}

/* ---- rows ---- */

static bool is_older(const struct row *a, const struct row *b)
{
    return a->time_ms != b->time_ms ? a->time_ms < b->time_ms : a->arrival < b->arrival;
}

static void swap(struct row *a, struct row *b)
{
    struct row other = *a;
    *a = *b;
    *b = other;
}

/* The oldest is to be first: what is at `i` goes down to its place. */
static void sink_row(struct listing *listing, size_t i)
{
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < listing->count; child++)
            if (is_older(&listing->rows[child], &listing->rows[least]))
                least = child;
        if (least == i)
            return;
        swap(&listing->rows[i], &listing->rows[least]);
        i = least;
    }
}

static void keep_row(struct listing *listing, struct row row)
{
    if (listing->count == listing->max) {
        if (is_older(&row, &listing->rows[0])) {
            json_decref(row.json);
            return;
        }
        json_decref(listing->rows[0].json);
        listing->rows[0] = row;
        sink_row(listing, 0);
        return;
    }
    size_t i = listing->count++;
    listing->rows[i] = row;
    while (i > 0 && is_older(&listing->rows[i], &listing->rows[(i - 1) / 2])) {
        swap(&listing->rows[i], &listing->rows[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

static json_t *describe(const struct ats_quarantine_record *record)
{
    char time[ATS_RFC3339_SIZE];
    ats_clock_format_rfc3339(record->time_ms, time);
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", record->id, "time",
                     time, "source", ats_quarantine_record_field(record, "source"), "device",
                     ats_quarantine_record_field(record, "device"), "contract",
                     ats_quarantine_record_field(record, "contract"), "class",
                     ats_quarantine_record_field(record, "class"), "rule",
                     ats_quarantine_record_field(record, "rule"), "path",
                     ats_quarantine_record_field(record, "path"), "item",
                     ats_quarantine_record_field(record, "item"), "text",
                     ats_quarantine_record_field(record, "text"));
}

static bool take(void *ctx, const struct ats_kafka_record *record)
{
    struct listing *listing = ctx;
    struct ats_quarantine_record read;
    if (!record->value.data)
        return true;
    if (!ats_quarantine_record_read(listing->decoder, record, &read)) {
        listing->unreadable++;
        return true;
    }
    if (matches(listing, &read)) {
        listing->found++;
        if (listing->by)
            count(listing, &read);
        else
            keep_row(listing, (struct row){read.time_ms, listing->found, describe(&read)});
    }
    ats_quarantine_record_fini(&read);
    return true;
}

static int compare_rows(const void *a, const void *b)
{
    return is_older(a, b) ? -1 : 1;
}

static void print_rows(struct listing *listing, struct ats_output *output)
{
    qsort(listing->rows, listing->count, sizeof(*listing->rows), compare_rows);
    for (size_t i = 0; i < listing->count; i++) {
        ats_output_row(output, listing->rows[i].json);
        listing->rows[i].json = NULL;
    }
}

static void report(struct listing *listing, const struct ats_topic_walk *walk)
{
    if (!listing->by && listing->found > listing->count)
        ats_cli_note("shown are the newest %zu of %zu (--max N shows more, --by counts them)",
                     listing->count, listing->found);
    if (listing->unreadable > 0)
        ats_cli_note("%zu %s no quarantine record that this version can read", listing->unreadable,
                     ats_output_word(listing->unreadable, "record is", "records are"));
    if (walk->cut)
        ats_cli_note("ended before the end of %s", walk->topic);
}

static enum ats_status print(struct listing *listing, struct ats_error *err)
{
    struct ats_output output;
    enum ats_status status = ATS_OK;
    ats_output_begin(&output, listing->cli);
    if (listing->by)
        status = print_counts(listing, &output, err);
    else
        print_rows(listing, &output);
    ats_output_end_or(&output, "nothing is in quarantine that answers to that");
    return status;
}

static enum ats_status read_options(struct listing *listing, const struct ats_arguments *arguments,
                                    struct ats_error *err)
{
    const char *max = ats_argument_find(arguments, "--max");
    const char *by = ats_argument_find(arguments, "--by");
    uint64_t number = ROWS_DEFAULT;
    for (size_t i = 0; i < FILTER_COUNT; i++) {
        listing->wanted[i] = ats_argument_find(arguments, filters[i].flag);
        if (by && strcmp(by, filters[i].field) == 0)
            listing->by = filters[i].field;
    }
    if (by && !listing->by)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--by: '%.32s' is not allowed (allowed: device, contract, class, "
                             "rule, gate, source)",
                             by);
    if (max && (ats_parse_uint64(ats_span_text(max), &number) != ATS_OK || number < 1 ||
                number > ATS_CLI_QUARANTINE_ROWS_MAX))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--max: '%.32s' is not allowed (allowed: 1 to %d)", max,
                             ATS_CLI_QUARANTINE_ROWS_MAX);
    listing->max = (size_t)number;
    listing->rows = calloc(listing->max, sizeof(*listing->rows));
    listing->counts = json_object();
    return listing->rows && listing->counts ? ATS_OK
                                            : ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
}

static void listing_fini(struct listing *listing)
{
    for (size_t i = 0; listing->rows && i < listing->count; i++)
        json_decref(listing->rows[i].json);
    free(listing->rows);
    json_decref(listing->counts);
    ats_value_decoder_free(listing->decoder);
}

int ats_quarantine_list(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    struct ats_error err = {0};
    struct listing listing = {.cli = cli};
    struct ats_topic_walk walk = {.cli = cli, .topic = topic, .visit = take, .ctx = &listing};
    enum ats_status status = read_options(&listing, arguments, &err);
    if (status == ATS_OK)
        status = ats_cli_await_kafka(cli, &err);
    if (status == ATS_OK)
        status = ats_value_decoder_new(cli, &listing.decoder, &err);
    if (status == ATS_OK)
        status = ats_topics_resolve(cli, "quarantine", topic, &err);
    if (status == ATS_OK)
        status = ats_topic_walk_to_end(&walk, &err);
    if (status == ATS_ERR_NOT_FOUND)
        status = ats_topics_missing("quarantine", topic, &err);
    if (status == ATS_OK)
        status = print(&listing, &err);
    if (status == ATS_OK)
        report(&listing, &walk);
    listing_fini(&listing);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    return walk.cut ? ATS_EXIT_NO : ATS_EXIT_DONE;
}

const struct ats_flag ats_quarantine_list_flags[] = {
    {"--device", "D", "What was refused of this device.", false},
    {"--contract", "C", "Under this contract, NAME for each of its versions or NAME@VERSION.",
     false},
    {"--class", "K", "Of this class: malformed, schema or quality; of dead letters seal, headers.",
     false},
    {"--rule", "R", "By this rule, such as unknown-field.", false},
    {"--gate", "G", "By this gate.", false},
    {"--source", "S", "gate, or processor for its dead letters.", false},
    {"--by", "FIELD",
     "Count instead, by device, contract, class, rule, gate or source; most of them first.", false},
    {"--max", "N", "The newest N; 100 by default.", false},
    {0},
};
