/* SPDX-License-Identifier: Apache-2.0 */
/* attestream watch TOPIC: records as JSON, one a line, until Ctrl-C, or to the end that the topic has now. */
#include "cli/cli.h"
#include "cli/contract_names.h"
#include "cli/fleet_copy.h"
#include "cli/kafka.h"
#include "cli/output.h"
#include "cli/topic_walk.h"
#include "cli/topics.h"
#include "cli/value_decoder.h"
#include "common/base/parse.h"
#include "common/record/recorded.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct watch {
    const struct ats_cli *cli;
    struct ats_value_decoder *decoder;
    bool raw;     /* records with every byte, for whoever reads recordings */
    int64_t left; /* records to print; negative: no end */
    bool cut;     /* interrupted before the end */
};

static json_t *describe(struct watch *watch, const struct ats_kafka_record *record)
{
    json_t *json = json_object();
    (void)json_object_set_new(json, "partition", json_integer(record->partition));
    (void)json_object_set_new(json, "offset", json_integer((json_int_t)record->offset));
    (void)json_object_set_new(json, "timestamp", json_integer((json_int_t)record->timestamp_ms));
    (void)json_object_set_new(json, "key",
                              record->key.data ? ats_output_bytes(record->key) : json_null());
    if (watch->cli->json)
        (void)json_object_set_new(json, "headers", ats_value_headers(record));
    (void)json_object_set_new(json, "value", ats_value_decode(watch->decoder, record->value));
    return json;
}

static bool print_record(void *ctx, const struct ats_kafka_record *record)
{
    struct watch *watch = ctx;
    json_t *json = watch->raw ? ats_recorded_json(record) : describe(watch, record);
    if (json)
        ats_output_line(json);
    else
        ats_cli_note("partition %d, offset %lld: left out, no memory for it",
                     (int)record->partition, (long long)record->offset);
    json_decref(json);
    (void)fflush(stdout);
    watch->left -= watch->left > 0 ? 1 : 0;
    return watch->left != 0;
}

static enum ats_status read_to_end(struct watch *watch, struct ats_topic_walk *walk,
                                   struct ats_error *err)
{
    enum ats_status status = ats_topic_walk_to_end(walk, err);
    watch->cut = walk->cut && watch->left != 0;
    if (status == ATS_OK && watch->cut)
        ats_cli_note("ended before the end of %s", walk->topic);
    else if (status == ATS_OK && !walk->any)
        ats_cli_note("there is no record in %s", walk->topic);
    return status;
}

/* Of a contract's topic: that it is to be made, or a contract whose topic may have been meant, as far as the copy in the folder knows. */
static enum ats_status missing(const struct watch *watch, const char *given, const char *name,
                               struct ats_error *err)
{
    static const char kind[] = "telemetry";
    const char *suffix = name + strlen(watch->cli->kafka.topic_prefix);
    char contract[ATS_NAME_MAX + 1] = "";
    bool published = false;
    struct ats_error unread = {0};
    struct ats_fleet_copy copy;
    if (strncmp(suffix, kind, strlen(kind)) != 0)
        return ats_topics_missing(given, name, err);
    suffix += strlen(kind);
    bool is_whole = *suffix == '.';
    if (ats_fleet_copy_open(watch->cli, &copy, &unread) == ATS_OK)
        published = ats_contract_names_suggest(copy.view, suffix + is_whole, contract) && is_whole;
    ats_fleet_copy_close(&copy);
    if (published)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "there is no topic %s yet: `attestream topics create %s` makes it",
                             name, name);
    if (!contract[0])
        return ats_topics_missing(given, name, err);
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "there is no topic %s (did you mean 'telemetry.CONTRACT', such as "
                         "'telemetry.%s'?)",
                         name, contract);
}

static enum ats_status read_topic(struct watch *watch, const char *topic,
                                  const struct ats_arguments *arguments, struct ats_error *err)
{
    char name[ATS_KAFKA_TOPIC_MAX + 1];
    bool from_beginning = ats_argument_has(arguments, "--from-beginning");
    enum ats_status status = ats_topics_resolve(watch->cli, topic, name, err);
    if (status != ATS_OK)
        return status;
    struct ats_topic_walk walk = {
        .cli = watch->cli, .topic = name, .visit = print_record, .ctx = watch};
    status =
        ats_argument_has(arguments, "--exit-at-end")
            ? read_to_end(watch, &walk, err)
            : ats_topic_follow(
                  &walk, from_beginning ? ATS_KAFKA_OFFSET_BEGINNING : ATS_KAFKA_OFFSET_END, err);
    return status == ATS_ERR_NOT_FOUND ? missing(watch, topic, name, err) : status;
}

static int run(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_error err = {0};
    struct watch watch = {.cli = cli, .raw = ats_argument_has(arguments, "--raw"), .left = -1};
    const char *max = ats_argument_find(arguments, "--max");
    if (max && (ats_parse_int64(max, &watch.left) != ATS_OK || watch.left < 1)) {
        ats_cli_note("--max: '%s' is not allowed (allowed: a number from 1)", max);
        return ATS_EXIT_USAGE;
    }
    const char *folder = getenv("ATS_FLEET");
    if ((ats_argument_find(arguments, "--fleet") || (folder && folder[0])) &&
        !ats_argument_find(arguments, "--topic-prefix") && access(cli->fleet, F_OK) != 0)
        ats_cli_note("there is no folder '%s': topics are named without the fleet's", cli->fleet);
    if (ats_argument_has(arguments, "--exit-at-end") &&
        !ats_argument_has(arguments, "--from-beginning")) {
        ats_cli_note("--exit-at-end: there is nothing before the end without --from-beginning");
        return ATS_EXIT_USAGE;
    }
    enum ats_status status = ats_cli_await_kafka(cli, &err);
    if (status == ATS_OK && !watch.raw)
        status = ats_value_decoder_new(cli, &watch.decoder, &err);
    if (status == ATS_OK)
        status = read_topic(&watch, arguments->positional[0], arguments, &err);
    ats_value_decoder_free(watch.decoder);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    return watch.cut ? ATS_EXIT_NO : ATS_EXIT_DONE;
}

static const struct ats_flag flags[] = {
    {"--from-beginning", NULL, "From the oldest record on; else from now on.", false},
    {"--exit-at-end", NULL,
     "With --from-beginning: end where the topic ended when it was asked, each partition in its "
     "turn (Ctrl-C before that: exit code 1); else at Ctrl-C.",
     false},
    {"--max", "N", "End after N records.", false},
    {"--raw", NULL,
     "Print records with every byte, keys, values and headers in base64: a recording, which "
     "`verify "
     "message` and `attestream-processor replay --records` read.",
     false},
    {0},
};

const struct ats_command ats_watch_commands[] = {
    {"", "TOPIC",
     "Print a topic's records as JSON, one a line, until Ctrl-C or as the options say.",
     "TOPIC is decisions, alerts, erp, twin, quarantine, evidence, control, heartbeat, "
     "telemetry.CONTRACT, or a full name. "
     "With --json the headers are printed too. It works without a fleet; telemetry is then not "
     "decoded.",
     flags, 1, 1, run},
    {0},
};
