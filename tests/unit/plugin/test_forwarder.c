/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kafka/reader.h"
#include "common/record/evidence.h"
#include "plugin/counters.h"
#include "tests/unit/common/kafka/mock.h"
#include "tests/unit/plugin/gate_fixture.h"

#include <dlfcn.h>
#include <pthread.h>

#define GROUP "attestream"
#define KAFKA_TOPIC "ats.telemetry.env-sensor"
#define QUARANTINE_TOPIC ATS_TOPIC_PREFIX_DEFAULT "quarantine"
#define EVIDENCE_TOPIC ATS_TOPIC_PREFIX_DEFAULT "evidence"
#define WAIT_S 30
#define PRODUCE_REQUEST 0 /* its key in the protocol */

/* What the forwarder said, for a test that waits for a word of it. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t said;
    unsigned pauses;
    char text[8192];
} sink = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, ""};

/* Stands between our producer and librdkafka, which is asked for the topic's handle before each record, and given it back
   after: once armed, the first record's delivery fails before the second is sent. */
static struct {
    bool armed;
    rd_kafka_t *client;  /* whose delivery failed */
    unsigned overtaking; /* records that it got after that */
} fault;

rd_kafka_topic_t *rd_kafka_topic_new(rd_kafka_t *client, const char *topic,
                                     rd_kafka_topic_conf_t *conf)
{
    rd_kafka_topic_t *(*real)(rd_kafka_t *, const char *, rd_kafka_topic_conf_t *);
    *(void **)&real = dlsym(RTLD_NEXT, "rd_kafka_topic_new");
    if (fault.client == client)
        fault.overtaking++;
    if (fault.armed)
        fault.client = client;
    return real(client, topic, conf);
}

void rd_kafka_topic_destroy(rd_kafka_topic_t *topic)
{
    void (*real)(rd_kafka_topic_t *);
    *(void **)&real = dlsym(RTLD_NEXT, "rd_kafka_topic_destroy");
    if (fault.armed)
        (void)rd_kafka_purge(fault.client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    fault.armed = false;
    real(topic);
}

static struct mock_kafka mock;
static struct ats_log *forwarder_log;

static void note(void *ctx, enum ats_log_level level, const char *line)
{
    (void)ctx;
    (void)level;
    (void)pthread_mutex_lock(&sink.lock);
    size_t used = strlen(sink.text);
    (void)snprintf(sink.text + used, sizeof(sink.text) - used, "%s\n", line);
    sink.pauses += strstr(line, "retry_ms=" ATS_LIMIT_TEXT(ATS_GATE_RETRY_MS)) != NULL;
    (void)pthread_cond_signal(&sink.said);
    (void)pthread_mutex_unlock(&sink.lock);
}

/* Waits until it was said, and forgets what was said up to then. */
static void wait_for(const char *word)
{
    struct timespec until;
    int code = 0;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    (void)pthread_mutex_lock(&sink.lock);
    while (!strstr(sink.text, word) && code == 0)
        code = pthread_cond_timedwait(&sink.said, &sink.lock, &until);
    cr_assert_eq(code, 0, "'%s' was not said, but:\n%s", word, sink.text);
    sink.text[0] = '\0';
    (void)pthread_mutex_unlock(&sink.lock);
}

static void apply_group(void)
{
    struct ats_body_processor body = {0};
    struct ats_key_pair pair;
    struct ats_buf text;
    ats_key_pair_generate(&pair, ATS_KEY_AGREEMENT);
    memcpy(body.agreement_key, pair.public_key, sizeof(body.agreement_key));
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    apply_text_of(ATS_CONTROL_PROCESSOR, GROUP, ats_body_processor_format(&body, &text), &text);
}

/* A gate with one admitted publish in its journal, in front of a Kafka. */
static void begin(void)
{
    fixture_open(NULL, NULL, NULL);
    apply_group();
    connect_with_token();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS, "%s", fix.log);
    mock_kafka_begin(&mock, KAFKA_TOPIC);
    mock.config.topic_prefix = ATS_TOPIC_PREFIX_DEFAULT;
    forwarder_log = ats_log_new(note, NULL, ATS_LOG_DEBUG, &ats_clock_system);
}

static void end(void)
{
    ats_log_free(forwarder_log);
    mock_kafka_end(&mock);
    fixture_end();
}

TestSuite(forwarder, .init = begin, .fini = end, .timeout = 120);

static struct ats_forwarder *start_with_evidence(int64_t interval_ms)
{
    struct ats_forwarder *forwarder = NULL;
    struct ats_forwarder_options options = {
        .kafka = &mock.config,
        .journal = fix.gate->journal,
        .registry = fix.gate->registry,
        .marks = fix.gate->mark_store,
        .counters = fix.gate->counter_store,
        .ephemeral_keys = &fix.gate->ephemeral_keys,
        .agreement = &fix.gate->fleet.agreement,
        .signing = &fix.gate->fleet.identity.signing,
        .fleet = fix.gate->fleet.identity.fleet,
        .evidence_interval_ms = interval_ms,
        .gate = GATE,
        .fleet_hex = fix.gate->fleet.fleet_hex,
        .group = GROUP,
        .mode = "enforce",
        .metrics_path = fix.gate->metrics_path,
        .metrics = &fix.gate->metrics,
        .clock = &ats_clock_system,
        .log = forwarder_log,
    };
    cr_assert_eq(ats_forwarder_start(&options, &forwarder, &fix.err), ATS_OK, "%s", fix.err.text);
    return forwarder;
}

static struct ats_forwarder *start(void)
{
    return start_with_evidence(0);
}

static uint64_t forwarded(void)
{
    return ats_counter_get(&fix.gate->metrics.forwarded);
}

static void assert_metrics_have(const char *part)
{
    char *text = read_document(fix.gate->metrics_path);
    cr_assert_not_null(strstr(text, part), "%s", text);
    free(text);
}

/* A question takes longer than it is waited for at first, and connecting takes it twice. */
Test(forwarder, goes_on_over_a_slow_link_when_a_missing_topic_is_there)
{
    rd_kafka_mock_topic_set_error(mock.cluster, KAFKA_TOPIC,
                                  RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    struct ats_forwarder *forwarder = start();
    wait_for("topic " KAFKA_TOPIC " is not there");
    wait_for("forwarder.asking");
    rd_kafka_mock_topic_set_error(mock.cluster, KAFKA_TOPIC, RD_KAFKA_RESP_ERR_NO_ERROR);
    (void)rd_kafka_mock_broker_set_rtt(mock.cluster, 1, ATS_GATE_QUESTION_MS * 3 / 2);
    wait_for("forwarder.sending");
    ats_forwarder_stop(forwarder);
    cr_assert_eq(forwarded(), 1);
    assert_metrics_have("\"missing_topic\": null");
}

Test(forwarder, names_the_missing_topic_in_metrics_json)
{
    rd_kafka_mock_topic_set_error(mock.cluster, KAFKA_TOPIC,
                                  RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    struct ats_forwarder *forwarder = start();
    wait_for("topic " KAFKA_TOPIC " is not there");
    ats_forwarder_stop(forwarder);
    assert_metrics_have("\"missing_topic\": \"" KAFKA_TOPIC "\"");
}

/* What has no checkpoint waits for its topic as any other record does, and is signed at the latest when the gate stops. */
Test(forwarder, signs_what_it_has_forwarded_and_waits_for_the_topic_of_its_evidence)
{
    struct ats_kafka_reader *reader = NULL;
    struct ats_kafka_record record;
    struct ats_checkpoint checkpoint;
    enum ats_status status;
    static const uint8_t zeros[ATS_LEAF_SIZE];
    cr_assert_eq(ats_counters_take(fix.gate, DEVICE, 5, &fix.err), ATS_REASON_NONE);
    (void)rd_kafka_mock_topic_create(mock.cluster, EVIDENCE_TOPIC, 1, 1);
    rd_kafka_mock_topic_set_error(mock.cluster, EVIDENCE_TOPIC,
                                  RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    struct ats_forwarder *forwarder = start_with_evidence(1);
    wait_for("topic " EVIDENCE_TOPIC " is not there");
    wait_for("forwarder.asking");
    rd_kafka_mock_topic_set_error(mock.cluster, EVIDENCE_TOPIC, RD_KAFKA_RESP_ERR_NO_ERROR);
    wait_for("forwarder.sending");
    ats_forwarder_stop(forwarder);
    cr_assert_eq(forwarded(), 1);
    cr_assert_eq(ats_kafka_reader_open(&mock.config, EVIDENCE_TOPIC, 0, ATS_KAFKA_OFFSET_BEGINNING,
                                       &reader, &fix.err),
                 ATS_OK, "%s", fix.err.text);
    do
        status = ats_kafka_reader_next(reader, 100, &record, &fix.err);
    while (status == ATS_ERR_AGAIN);
    cr_assert_eq(status, ATS_OK, "%s", fix.err.text);
    cr_assert_eq(ats_evidence_decode(record.value, &checkpoint, &fix.err), ATS_OK, "%s",
                 fix.err.text);
    cr_assert_eq(ats_checkpoint_check(fleet.id, fix.gate_key.public_key, &checkpoint), ATS_OK);
    cr_assert_eq(checkpoint.journal_id, ats_journal_id(fix.gate->journal));
    cr_assert_eq(checkpoint.first, 1);
    cr_assert_eq(ats_checkpoint_last(&checkpoint), 2, "the counter has its place");
    cr_assert_neq(memcmp(ats_checkpoint_leaf(&checkpoint, 1), zeros, sizeof(zeros)), 0);
    cr_assert_eq(memcmp(ats_checkpoint_leaf(&checkpoint, 2), zeros, sizeof(zeros)), 0);
    ats_kafka_reader_close(reader);
}

/* Forgetting the producer is needed to go on, a pause is not: each try sends less. */
Test(forwarder, does_not_pause_for_a_record_that_kafka_refuses_for_its_size)
{
    /* Older releases of the mock make a topic that is asked for. */
    (void)rd_kafka_mock_topic_create(mock.cluster, QUARANTINE_TOPIC, 1, 1);
    rd_kafka_mock_push_request_errors(mock.cluster, PRODUCE_REQUEST, 2,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    struct ats_forwarder *forwarder = start();
    wait_for("retry_ms=0");
    wait_for("forwarder.sending");
    wait_for("forwarder.sending");
    ats_forwarder_stop(forwarder);
    cr_assert_eq(forwarded(), 1);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.forwarded_too_large), 1);
    cr_assert_eq(sink.pauses, 0);
}

/* A step of 2: every other position is no event's. */
static void assert_topic_has_the_journals_order(uint64_t count, uint64_t step)
{
    struct ats_kafka_reader *reader = NULL;
    struct ats_kafka_record record;
    cr_assert_eq(ats_kafka_reader_open(&mock.config, KAFKA_TOPIC, 0, ATS_KAFKA_OFFSET_BEGINNING,
                                       &reader, &fix.err),
                 ATS_OK, "%s", fix.err.text);
    for (uint64_t position = 1; position <= count; position += step) {
        char text[32];
        enum ats_status status;
        do
            status = ats_kafka_reader_next(reader, 100, &record, &fix.err);
        while (status == ATS_ERR_AGAIN);
        cr_assert_eq(status, ATS_OK, "%s", fix.err.text);
        (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)position);
        struct ats_span found = ats_kafka_record_header(&record, "ats_position");
        cr_assert(ats_span_is(found, text), "%s instead of %.*s", text, ATS_SPAN_ARGS(found));
    }
    ats_kafka_reader_close(reader);
}

/* What overtook it would be the newest that the processor has seen of this journal, and the record itself a duplicate. */
Test(forwarder, sends_nothing_behind_a_record_whose_delivery_has_failed)
{
    struct ats_gate_client client = device_client();
    for (int i = 0; i < 4; i++)
        cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS, "%s", fix.log);
    fault.armed = true;
    struct ats_forwarder *forwarder = start();
    wait_for("forwarder.closed");
    wait_for("forwarder.sending");
    ats_forwarder_stop(forwarder);
    cr_assert_not_null(fault.client);
    cr_assert_eq(fault.overtaking, 0);
    cr_assert_eq(forwarded(), 5);
    assert_topic_has_the_journals_order(5, 1);
}

Test(forwarder, passes_a_counter_to_its_store_and_sends_nothing_for_it)
{
    struct ats_gate_client client = device_client();
    uint64_t counter = 0;
    cr_assert_eq(ats_counters_take(fix.gate, DEVICE, 5, &fix.err), ATS_REASON_NONE);
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS, "%s", fix.log);
    cr_assert_eq(ats_counters_take(fix.gate, DEVICE, 7, &fix.err), ATS_REASON_NONE);
    struct ats_forwarder *forwarder = start();
    wait_for("forwarder.sending");
    ats_forwarder_stop(forwarder);
    cr_assert_eq(forwarded(), 2);
    cr_assert_eq(ats_journal_backlog_bytes(fix.gate->journal), 0);
    cr_assert_eq(ats_device_store_get(fix.gate->counter_store, DEVICE, &counter), ATS_OK);
    cr_assert_eq(counter, 7);
    assert_topic_has_the_journals_order(3, 2);
}

static void state_gate_with(const struct ats_key_pair *signing,
                            const struct ats_key_pair *agreement)
{
    struct ats_body_gate body = {0};
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    memcpy(body.signing_key, signing->public_key, sizeof(body.signing_key));
    memcpy(body.agreement_key, agreement->public_key, sizeof(body.agreement_key));
    make_certificate(ATS_CERTIFICATE_GATE, GATE, signing->public_key, &fleet.operator_,
                     body.certificate, &body.certificate_len);
    apply_text_of(ATS_CONTROL_GATE, GATE, ats_body_gate_format(&body, &text), &text);
}

Test(forwarder, goes_on_when_its_record_has_its_key_again)
{
    struct ats_key_pair agreement;
    struct ats_key_pair signing;
    struct ats_gate_client client = device_client();
    ats_key_pair_generate(&agreement, ATS_KEY_AGREEMENT);
    ats_key_pair_generate(&signing, ATS_KEY_SIGNING);
    struct ats_forwarder *forwarder = start();
    wait_for("forwarder.sending");
    state_gate_with(&signing, &agreement);
    wait_for("forwarder.waiting");
    state_gate_with(&fix.gate_key, &fix.agreement);
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS, "%s", fix.log);
    wait_for("forwarder.sending");
    ats_forwarder_stop(forwarder); /* waits for what is on its way */
    cr_assert_eq(forwarded(), 2);
}
