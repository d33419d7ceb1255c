/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kafka/conf.h"
#include "common/kafka/producer.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[PATH_MAX];
static struct ats_kafka_config config;
static struct ats_error err;

static void begin(void)
{
    (void)snprintf(path, sizeof(path), "/tmp/ats-kafka-conf-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    (void)close(fd);
    config = (struct ats_kafka_config){.config_file = path};
    cr_assert_eq(unsetenv("ATS_KAFKA_CONFIG"), 0);
    cr_assert_eq(unsetenv("ATS_KAFKA_BOOTSTRAP"), 0);
}

static void end(void)
{
    (void)unlink(path);
}

TestSuite(kafka_conf, .init = begin, .fini = end);

static void write_bytes(const char *bytes, size_t len)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, len, file), len);
    cr_assert_eq(fclose(file), 0);
}

static void write_file(const char *text)
{
    write_bytes(text, strlen(text));
}

static void assert_value(const char *name, const char *expected)
{
    rd_kafka_conf_t *conf = NULL;
    char value[256];
    size_t size = sizeof(value);
    cr_assert_eq(ats_kafka_conf_new(&config, &conf, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(rd_kafka_conf_get(conf, name, value, &size), RD_KAFKA_CONF_OK);
    cr_assert_str_eq(value, expected);
    rd_kafka_conf_destroy(conf);
}

/* The error's text is "FILE:LINE: ..." with these parts in it. */
static void assert_error(unsigned line, const char *part, const char *other_part)
{
    rd_kafka_conf_t *conf = NULL;
    char where[PATH_MAX + 16];
    (void)snprintf(where, sizeof(where), "%s:%u: ", path, line);
    cr_assert_eq(ats_kafka_conf_new(&config, &conf, &err), ATS_ERR_CONFIG);
    cr_assert_eq(strncmp(err.text, where, strlen(where)), 0, "%s", err.text);
    cr_assert_not_null(strstr(err.text, part), "%s", err.text);
    cr_assert_not_null(strstr(err.text, other_part), "%s", err.text);
}

Test(kafka_conf, reads_properties_comments_and_spaces)
{
    write_file("# brokers\n\n  bootstrap.servers = a:1,b:2 \r\n\tlinger.ms=7");
    assert_value("bootstrap.servers", "a:1,b:2");
    assert_value("linger.ms", "7");
}

Test(kafka_conf, names_the_nearest_property_also_where_it_has_no_default)
{
    write_file("bootstrap.server=a:1\n");
    assert_error(1, "bootstrap.server'", "did you mean 'bootstrap.servers'");
    write_file("sasl.usernam=a\n");
    assert_error(1, "sasl.usernam'", "did you mean 'sasl.username'");
    write_file("ssl.ca.locaton=a\n");
    assert_error(1, "ssl.ca.locaton'", "did you mean 'ssl.ca.location'");
}

Test(kafka_conf, a_value_may_hold_equals_signs_and_hashes)
{
    write_file("bootstrap.servers=a:1\nsasl.password=a=b#c=\n");
    assert_value("sasl.password", "a=b#c=");
}

Test(kafka_conf, takes_bootstrap_alone)
{
    config = (struct ats_kafka_config){.bootstrap = "host:9092", .client_id = "gate-1"};
    assert_value("bootstrap.servers", "host:9092");
    assert_value("client.id", "gate-1");
    assert_value("partitioner", "murmur2_random");
    assert_value("allow.auto.create.topics", "false");
}

Test(kafka_conf, takes_every_form_of_a_broker_that_librdkafka_takes)
{
    static const char *const lists[] = {
        "host",           "host:9092", "a.b-c_d:1,10.0.0.1:65535", " a:1 , b:2 ,", "[::1]:9092",
        "[fe80::1%eth0]", "::1",       "PLAINTEXT://a:1",          "plaintext://a"};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        config = (struct ats_kafka_config){.bootstrap = lists[i]};
        cr_assert_eq(ats_kafka_config_check(&config, &err), ATS_OK, "%s", err.text);
    }
}

/* librdkafka would leave them out, or look for them for ever. */
Test(kafka_conf, refuses_brokers_that_cannot_be)
{
    static const char *const lists[] = {
        ",",        " , ",       ":9092",      "nope:port:1", "a:0",          "a:65536",
        "a:",       "a:1x",      "a b:1",      "[::1",        "[::1]9092",    "[]:1",
        "[host]:1", "ssl://a:1", "a:1,b:port", "a:1/path",    "http://a:9092"};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        config = (struct ats_kafka_config){.bootstrap = lists[i]};
        cr_assert_eq(ats_kafka_config_check(&config, &err), ATS_ERR_CONFIG, "%s", lists[i]);
        cr_assert_not_null(strstr(err.text, "HOST[:PORT]"), "%s", err.text);
    }
    write_file("bootstrap.servers=good:1,nope:port:1\n");
    config = (struct ats_kafka_config){.config_file = path};
    cr_assert_eq(ats_kafka_config_check(&config, &err), ATS_ERR_CONFIG);
    cr_assert_eq(strncmp(err.text, path, strlen(path)), 0, "%s", err.text);
    cr_assert_not_null(strstr(err.text, "'nope:port:1'"), "%s", err.text);
}

Test(kafka_conf, bootstrap_wins_over_the_file)
{
    write_file("bootstrap.servers=file:1\nlinger.ms=9\n");
    config.bootstrap = "option:2";
    assert_value("bootstrap.servers", "option:2");
    assert_value("linger.ms", "9");
}

Test(kafka_conf, the_environment_stands_in_for_both)
{
    config = (struct ats_kafka_config){.config_file = "", .bootstrap = ""};
    cr_assert_eq(setenv("ATS_KAFKA_BOOTSTRAP", "env:1", 1), 0);
    assert_value("bootstrap.servers", "env:1");
    write_file("bootstrap.servers=file:1\nlinger.ms=9\n");
    cr_assert_eq(setenv("ATS_KAFKA_CONFIG", path, 1), 0);
    assert_value("bootstrap.servers", "env:1");
    assert_value("linger.ms", "9");
}

Test(kafka_conf, a_file_that_the_environment_names_is_told_with_the_variable)
{
    rd_kafka_conf_t *conf = NULL;
    config = (struct ats_kafka_config){0};
    cr_assert_eq(setenv("ATS_KAFKA_CONFIG", "/nowhere/kafka.properties", 1), 0);
    cr_assert_eq(ats_kafka_conf_new(&config, &conf, &err), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, "$ATS_KAFKA_CONFIG: "), "%s", err.text);
    cr_assert_not_null(strstr(err.text, "/nowhere/kafka.properties"), "%s", err.text);
}

Test(kafka_conf, the_environment_does_not_mix_with_what_is_configured)
{
    write_file("bootstrap.servers=file:1\n");
    cr_assert_eq(setenv("ATS_KAFKA_BOOTSTRAP", "env:1", 1), 0);
    assert_value("bootstrap.servers", "file:1");
}

Test(kafka_conf, nothing_configured_names_the_options)
{
    rd_kafka_conf_t *conf = NULL;
    config = (struct ats_kafka_config){0};
    cr_assert_eq(ats_kafka_conf_new(&config, &conf, &err), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, "kafka_bootstrap"));
    cr_assert_not_null(strstr(err.text, "kafka_config"));
    cr_assert_not_null(strstr(err.text, "$ATS_KAFKA_CONFIG"));
}

Test(kafka_conf, nothing_configured_says_what_the_program_says_to_do)
{
    rd_kafka_conf_t *conf = NULL;
    config = (struct ats_kafka_config){.how_to_set = "give --kafka-bootstrap"};
    cr_assert_eq(ats_kafka_conf_new(&config, &conf, &err), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, "where Kafka is: give --kafka-bootstrap, or set $ATS"));
    cr_assert_null(strstr(err.text, "kafka_bootstrap"));
}

Test(kafka_conf, the_brokers_are_told_wherever_they_were_configured)
{
    char brokers[16];
    write_file("bootstrap.servers=file:1\n");
    cr_assert_eq(ats_kafka_brokers(&config, brokers, sizeof(brokers), &err), ATS_OK);
    cr_assert_str_eq(brokers, "file:1");
    cr_assert_eq(ats_kafka_brokers(&config, brokers, 4, &err), ATS_OK);
    cr_assert_str_eq(brokers, "fil");
}

Test(kafka_conf, a_missing_file_is_named)
{
    rd_kafka_conf_t *conf = NULL;
    config.config_file = "/nowhere/kafka.properties";
    cr_assert_eq(ats_kafka_conf_new(&config, &conf, &err), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, "/nowhere/kafka.properties"));
    cr_assert_eq(err.status, ATS_ERR_CONFIG);
}

Test(kafka_conf, a_file_without_brokers_is_an_error)
{
    rd_kafka_conf_t *conf = NULL;
    write_file("linger.ms=5\n");
    cr_assert_eq(ats_kafka_conf_new(&config, &conf, &err), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, "bootstrap.servers"));
}

Test(kafka_conf, names_line_property_and_range_of_a_bad_value)
{
    write_file("bootstrap.servers=a:1\nlinger.ms=-5\n");
    assert_error(2, "'linger.ms'", "range");
}

Test(kafka_conf, names_what_is_allowed_where_librdkafka_does_not)
{
    write_file("bootstrap.servers=h:1\nfetch.wait.max.ms=soon\n");
    assert_error(2, "fetch.wait.max.ms", "(allowed: 0 .. 300000)");
    write_file("bootstrap.servers=h:1\nsecurity.protocol=x\n");
    assert_error(2, "security.protocol", "(allowed: plaintext, ssl, sasl_plaintext, sasl_ssl)");
}

Test(kafka_conf, a_reason_of_librdkafka_ends_without_its_newline)
{
    write_file("bootstrap.servers=a:1\nlog_level=9\n");
    assert_error(2, "'log_level'", "0..7");
    cr_assert_null(strchr(err.text, '\n'), "%s", err.text);
}

Test(kafka_conf, a_property_that_is_given_twice_is_refused_with_both_lines)
{
    write_file("# brokers\nbootstrap.servers=a:1\n\nlinger.ms=5\n bootstrap.servers = b:1");
    assert_error(5, "'bootstrap.servers'", "given twice (first in line 2)");
    write_file("acks=all\nacks=all\nbootstrap.servers=a:1\n");
    assert_error(2, "'acks'", "given twice (first in line 1)");
}

Test(kafka_conf, an_unknown_property_names_the_nearest)
{
    write_file("bootstrap.servers=a:1\n\nsecurity.protocl=SSL\n");
    assert_error(3, "'security.protocl'", "did you mean 'security.protocol'?");
}

Test(kafka_conf, a_line_without_an_equals_sign_is_not_repeated)
{
    write_file("bootstrap.servers=a:1\nsasl.password hunter2\n");
    assert_error(2, "expected PROPERTY=VALUE", "");
    cr_assert_null(strstr(err.text, "hunter2"));
}

Test(kafka_conf, what_delivery_rests_on_cannot_be_undone)
{
    write_file("bootstrap.servers=a:1\nacks=1\n");
    assert_error(2, "'acks'", "must stay 'all'");
    write_file("bootstrap.servers=a:1\nenable.idempotence=false\n");
    assert_error(2, "'enable.idempotence'", "must stay 'true'");
    write_file("bootstrap.servers=a:1\npartitioner=consistent\n");
    assert_error(2, "'partitioner'", "murmur2_random");
    write_file("bootstrap.servers=a:1\nmessage.timeout.ms=1000\n");
    assert_error(2, "'message.timeout.ms'", "attestream itself");
}

Test(kafka_conf, what_delivery_rests_on_may_be_repeated)
{
    write_file("bootstrap.servers=a:1\nacks=-1\nenable.idempotence=true\n");
    assert_value("bootstrap.servers", "a:1");
}

Test(kafka_conf, linger_and_compression_may_be_changed)
{
    write_file("bootstrap.servers=a:1\nlinger.ms=50\ncompression.codec=gzip\n");
    assert_value("linger.ms", "50");
    assert_value("compression.codec", "gzip");
}

Test(kafka_conf, a_secret_in_a_file_that_others_can_read_is_refused)
{
    write_file("bootstrap.servers=a:1\nsasl.password=hunter2\n");
    cr_assert_eq(chmod(path, 0640), 0);
    assert_error(2, "'sasl.password'", "0600");
    cr_assert_null(strstr(err.text, "hunter2"));
}

Test(kafka_conf, no_secret_shows_in_an_error_of_librdkafka)
{
    struct ats_kafka_producer *producer = NULL;
    write_file("bootstrap.servers=a:1\nsecurity.protocol=ssl\nssl.key.location=/nowhere.pem\n"
               "ssl.key.password=hunter2\nsasl.password=hunter2\n");
    cr_assert_eq(ats_kafka_producer_open(&config, NULL, NULL, NULL, &producer, &err),
                 ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, path), "%s", err.text);
    cr_assert_not_null(strstr(err.text, "ssl.key.location"), "%s", err.text);
    cr_assert_null(strstr(err.text, "hunter2"));
}

Test(kafka_conf, a_binary_file_is_refused)
{
    write_bytes("bootstrap.servers=a:1\n\0linger.ms=1\n", 36);
    assert_error(2, "not a text", "NUL");
}

Test(kafka_conf, setting_what_librdkafka_does_not_know_says_its_version)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    cr_assert_eq(ats_kafka_conf_set(conf, "no.such", "1", &err), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, rd_kafka_version_str()));
    rd_kafka_conf_destroy(conf);
}
