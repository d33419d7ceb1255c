/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/options.h"

#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "plugin/reads.h"

#include <inttypes.h>
#include <stdio.h>

#define AT(member) offsetof(struct ats_gate_options, member)
#define MIB (1024LL * 1024LL)
#define MINUTE_MS (60LL * 1000LL)
#define DAY_MS (24LL * 60LL * MINUTE_MS)

/* In the order of their enums. */
static const char *const modes[] = {"enforce", "observe", NULL};
static const char *const rules[] = {"auto", "defer", "open", NULL};
static const char *const reads[] = {"own", "broker_rules", NULL};
static const char *const syncs[] = {"never", "interval", "always", NULL};
static const char *const audiences[] = {"gate", "fleet", NULL};
static const char *const stales[] = {"continue", "no-new-sessions", "refuse", NULL};
static const char *const levels[] = {"debug", "info", "warning", "error", NULL};

const struct ats_property ats_gate_properties_table[] = {
    {"fleet", ATS_PROPERTY_PATH, AT(fleet), 0, 0, NULL, NULL,
     "Folder that `attestream gate add` wrote: gate.json, the gate's keys, the pinned roots."},
    {"mode", ATS_PROPERTY_CHOICE, AT(mode), 0, 0, modes, "enforce",
     "`observe` refuses nothing and changes nothing: the broker acts as without the plugin."},
    {"exclusive", ATS_PROPERTY_BOOLEAN, AT(exclusive), 0, 0, NULL, "false",
     "Whether only proven devices may connect, and only topics of contracts may be published."},
    {"broker_rules", ATS_PROPERTY_CHOICE, AT(broker_rules), 0, 0, rules, "auto",
     "Who answers for other users and topics: `defer` leaves them to password file, ACL file and "
     "other plugins, `open` allows them as a broker without any of these does, `auto` reads the "
     "broker's configuration to tell which of the two it is."},
    {"device_reads", ATS_PROPERTY_CHOICE, AT(device_reads), 0, 0, reads, "own",
     "What a device may subscribe to: `own` its receipts and `device_commands` alone, and it "
     "writes no other device's commands; `broker_rules` whatever the broker's own rules let it "
     "read and write."},
    {"device_commands", ATS_PROPERTY_TEXT, AT(device_commands), 0, 0, NULL, "commands/{device}/#",
     "Topic filter of a device's own commands, with {device} as one level and perhaps # as the "
     "last; "
     "if empty, there are none. Which users may write there is up to the broker's own rules; no "
     "other device may (`device_reads`)."},
    {"state_folder", ATS_PROPERTY_PATH, AT(state_folder), 0, 0, NULL,
     "/var/lib/mosquitto/attestream",
     "Folder for the journal, the local copy of the control log, and metrics.json."},
    {"kafka_config", ATS_PROPERTY_PATH, AT(kafka_config), 0, 0, NULL, "",
     "File of librdkafka properties; if empty, `kafka_bootstrap`, $ATS_KAFKA_CONFIG, "
     "$ATS_KAFKA_BOOTSTRAP."},
    {"kafka_bootstrap", ATS_PROPERTY_TEXT, AT(kafka_bootstrap), 0, 0, NULL, "",
     "Kafka's brokers, HOST:PORT separated by commas."},
    {"topic_prefix", ATS_PROPERTY_TEXT, AT(topic_prefix), 0, 0, NULL, "",
     "What the names of all Kafka topics begin with; if empty, the fleet's, which stands in the "
     "folder `fleet`."},
    {"processor_group", ATS_PROPERTY_TEXT, AT(processor_group), 0, 0, NULL, "attestream",
     "Consumer group of the processors; forwarded records are sealed for it. Until it has had a "
     "member "
     "(`attestream processor add`), everything stays in the journal. `gate.opened` in the log "
     "names "
     "it."},
    {"journal_size", ATS_PROPERTY_SIZE, AT(journal_size), 8 * MIB, 1024 * 1024 * MIB, NULL, "1GiB",
     "Bytes that the journal may take; when it is full, publishes are refused."},
    {"journal_segment_size", ATS_PROPERTY_SIZE, AT(journal_segment_size), 2 * MIB, 1024 * MIB, NULL,
     "32MiB", "Bytes of one file of the journal, at most a quarter of `journal_size`."},
    {"journal_sync", ATS_PROPERTY_CHOICE, AT(journal_sync), 0, 0, syncs, "interval",
     "When the journal is synced to disk; it survives a crash of the broker in any case."},
    {"journal_sync_interval", ATS_PROPERTY_DURATION, AT(journal_sync_interval_ms), 1, MINUTE_MS,
     NULL, "100ms", "At most this much is lost at a power failure with `journal_sync interval`."},
    {"evidence_interval", ATS_PROPERTY_DURATION, AT(evidence_interval_ms), 0, DAY_MS, NULL, "10s",
     "At most this long after Kafka has a record, the gate signs a checkpoint that covers it, to "
     "the topic `evidence`; 0 makes none."},
    {"token_leeway", ATS_PROPERTY_DURATION, AT(token_leeway_ms), 0, 10 * MINUTE_MS, NULL, "30s",
     "How far the clock of a token's issuer may be ahead of the gate's (`iat`, `nbf`)."},
    {"token_lifetime_max", ATS_PROPERTY_DURATION, AT(token_lifetime_max_ms), MINUTE_MS,
     ATS_TOKEN_LIFETIME_MAX_DAYS *DAY_MS, NULL, ATS_LIMIT_TEXT(ATS_TOKEN_LIFETIME_USUAL_DAYS) "d",
     "A token that lives longer, from `iat` or now to `exp`, is refused."},
    {"device_messages_per_second", ATS_PROPERTY_INTEGER, AT(device_messages_per_second), 0, 1000000,
     NULL, "0",
     "Publishes to governed topics that one device may send, of all contracts together; a contract "
     "may set its own (`limits`). 0: no limit."},
    {"device_bytes_per_second", ATS_PROPERTY_SIZE, AT(device_bytes_per_second), 0, 1024 * MIB, NULL,
     "0", "The same in bytes of their payloads. 0: no limit."},
    {"device_burst", ATS_PROPERTY_DURATION, AT(device_burst_ms), 1, ATS_BURST_MAX_MS, NULL, "10s",
     "What may come at once under these two: so many seconds' worth, and always one publish."},
    {"device_retained_topics", ATS_PROPERTY_INTEGER, AT(device_retained_topics), 0,
     ATS_GATE_DEVICE_RETAINED_MAX, NULL, "64",
     "Topics to which one device may publish with the retain flag while the gate runs: the broker "
     "keeps a message of each. 0: no limit."},
    {"handshakes_per_address", ATS_PROPERTY_INTEGER, AT(handshakes_per_address), 0, 1000000, NULL,
     "10",
     "Failed handshakes (ATTESTREAM-1, token or claim) a second from one IP address, of IPv6 from "
     "one "
     "/64; those that hold are not counted. 0 if all come through one proxy: no limit."},
    {"handshakes_per_device", ATS_PROPERTY_INTEGER, AT(handshakes_per_device), 0, 1000000, NULL,
     "1",
     "Failed handshakes a second in one device's name from one address, unless the device last "
     "proved itself from there; 0: no limit."},
    {"handshake_share", ATS_PROPERTY_INTEGER, AT(handshake_share), 1, 100, NULL, "3",
     "Percent of the broker's thread that verifying failed handshakes may take; 100: no limit."},
    {"refused_connects_per_second", ATS_PROPERTY_INTEGER, AT(refused_connects_per_second), 0,
     1000000, NULL, "500",
     "Refused CONNECTs a second, all together, past which the kernel lets in only a part of the "
     "new "
     "connections from the addresses that they come from; 0, or `handshakes_per_address` 0: all."},
    {"connects_per_device", ATS_PROPERTY_INTEGER, AT(connects_per_device), 0, 1000000, NULL, "20",
     "Connections a second that one device may open; 0: no limit."},
    {"token_audience", ATS_PROPERTY_CHOICE, AT(token_audience), 0, 0, audiences, "gate",
     "Whom a token's `aud` must name: this `gate`, or, with `fleet`, this gate or the fleet's id."},
    {"token_single_use", ATS_PROPERTY_BOOLEAN, AT(token_single_use), 0, 0, NULL, "false",
     "Whether each token must have a `jti`; one that has opens one connection, whatever is said "
     "here."},
    {"allow_plain_tokens", ATS_PROPERTY_BOOLEAN, AT(allow_plain_tokens), 0, 0, NULL, "false",
     "Whether tokens are taken over connections without TLS, where whoever listens can use them."},
    {"control_max_age", ATS_PROPERTY_DURATION, AT(control_max_age_ms), 0, 365 * DAY_MS, NULL, "5m",
     "From which age on the copy of the control log is stale, by the heartbeats of processors; 0s: "
     "never. They come every 10 s."},
    {"control_stale", ATS_PROPERTY_CHOICE, AT(control_stale), 0, 0, stales, "continue",
     "What is done then, beside saying so: `continue` goes on with the copy, `no-new-sessions` "
     "refuses devices that connect, `refuse` their publishes too."},
    {"control_file", ATS_PROPERTY_PATH, AT(control_file), 0, 0, NULL, "",
     "File of `attestream control export`, read at the start and at SIGHUP: where Kafka is cut "
     "off, revocations come in by it. If empty, none."},
    {"receipts", ATS_PROPERTY_BOOLEAN, AT(receipts), 0, 0, NULL, "true",
     "Whether a refused or quarantined publish is answered on `ats/receipts/DEVICE`."},
    {"receipts_per_second", ATS_PROPERTY_INTEGER, AT(receipts_per_second), 1, 100000, NULL, "500",
     "Receipts of all devices in a second; more are counted and dropped."},
    {"metrics_interval", ATS_PROPERTY_DURATION, AT(metrics_interval_ms), 1000, DAY_MS, NULL, "5m",
     "Between two log lines with the counters; metrics.json is written every second."},
    {"log_level", ATS_PROPERTY_CHOICE, AT(log_level), 0, 0, levels, "info",
     "The least level that is logged; the broker's own log_type filters again."},
    {NULL, ATS_PROPERTY_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static enum ats_status read_all(const struct ats_gate_option *given, size_t count,
                                struct ats_gate_options *options, struct ats_error *err)
{
    for (size_t i = 0; i < count; i++) {
        char origin[ATS_NAME_MAX + 16];
        (void)snprintf(origin, sizeof(origin), "plugin_opt_%s", given[i].name);
        enum ats_status status =
            ats_config_set(ats_gate_properties_table, options, &options->values, given[i].name,
                           given[i].value ? given[i].value : "", origin, err);
        if (status != ATS_OK)
            return status;
    }
    return ats_config_end(ats_gate_properties_table, &options->values, "plugin_opt_", err);
}

/* What no single property can say, and no table. */
static enum ats_status check_together(const struct ats_gate_options *options, struct ats_error *err)
{
    if (!ats_reads_template_valid(options->device_commands))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "plugin_opt_device_commands: '%.*s' is not allowed (allowed: a filter "
                             "such as commands/{device}/#, not below ats/)",
                             ATS_QUOTE(options->device_commands));
    if (options->journal_segment_size * 4 <= options->journal_size)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "plugin_opt_journal_segment_size: %" PRId64
                         " bytes are not allowed (allowed: at most a quarter of journal_size, "
                         "%" PRId64 " bytes)",
                         options->journal_segment_size, options->journal_size / 4);
}

enum ats_status ats_gate_options_read(const struct ats_gate_option *given, size_t count,
                                      struct ats_gate_options *ret_options, struct ats_error *err)
{
    memset(ret_options, 0, sizeof(*ret_options));
    enum ats_status status =
        ats_config_begin(ats_gate_properties_table, ret_options, &ret_options->values, err);
    if (status == ATS_OK)
        status = read_all(given, count, ret_options, err);
    if (status == ATS_OK)
        status = check_together(ret_options, err);
    if (status != ATS_OK)
        ats_gate_options_fini(ret_options);
    return status;
}

void ats_gate_options_fini(struct ats_gate_options *options)
{
    ats_config_values_fini(&options->values);
}
