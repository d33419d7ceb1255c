/* SPDX-License-Identifier: Apache-2.0 */
#include "device/examples/link.h"

#include <mqtt_protocol.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LOOP_MS 100
#define IDLE_MS 1000
#define FAILED 0x80 /* reason codes from here on are refusals (MQTT 5, 2.4) */
#define RECEIPT_SHOWN 4096
#define CLIENT_ID_SIZE (ATS_DEVICE_NAME_SIZE + sizeof(ATS_DEVICE_CLAIM_ID_SUFFIX))

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t example_now_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

__attribute__((format(printf, 3, 4))) static enum example_link_result
fail(struct example_link *link, enum example_link_result result, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(link->why, sizeof(link->why), format, arguments);
    va_end(arguments);
    return result;
}

/* --- callbacks --- */

static void on_connect(struct mosquitto *mosq, void *context, int reason, int flags,
                       const mosquitto_property *properties)
{
    struct example_link *link = context;
    void *data = NULL;
    uint16_t len = 0;
    (void)mosq;
    (void)flags;
    link->connect_answered = true;
    link->connect_reason = reason;
    if (reason != 0)
        return;
    (void)mosquitto_property_read_binary(properties, MQTT_PROP_AUTHENTICATION_DATA, &data, &len,
                                         false);
    link->has_data = data != NULL;
    if (data && link->claims)
        link->accepted = ats_device_claim_answer(data, len, &link->claim_answer);
    else if (data)
        link->accepted = ats_device_accept(link->device, data, len, example_now_ms());
    free(data);
}

static void on_publish(struct mosquitto *mosq, void *context, int message_id, int reason,
                       const mosquitto_property *properties)
{
    struct example_link *link = context;
    (void)mosq;
    (void)properties;
    /* QoS 0 is answered before mosquitto_publish_v5() has told the id: by having been written. */
    if (link->options->qos > 0 && message_id != link->message_id)
        return;
    link->publish_answered = true;
    link->publish_reason = reason;
}

/* A device that has subscribed to nothing gets nothing but receipts. */
static void on_message(struct mosquitto *mosq, void *context,
                       const struct mosquitto_message *message,
                       const mosquitto_property *properties)
{
    struct example_link *link = context;
    const unsigned char *text = message->payload;
    (void)mosq;
    (void)properties;
    (void)fputs("receipt: ", stderr);
    for (int i = 0; i < message->payloadlen && i < RECEIPT_SHOWN; i++)
        (void)fputc(text[i] < ' ' ? '?' : text[i], stderr);
    (void)fputc('\n', stderr);
    link->receipt = true;
}

/* --- waiting --- */

/* Runs the connection until `*done`; LOST when it ends first, or `timeout_ms` has passed. */
static enum example_link_result run_until(struct example_link *link, const bool *done,
                                          uint64_t timeout_ms)
{
    uint64_t begin = clock_ms(CLOCK_MONOTONIC);
    while (!*done) {
        int rc = mosquitto_loop(link->mosq, LOOP_MS, 1);
        if (*done)
            break;
        if (rc != MOSQ_ERR_SUCCESS)
            return fail(link, EXAMPLE_LINK_LOST, "%s", mosquitto_strerror(rc));
        if (clock_ms(CLOCK_MONOTONIC) - begin >= timeout_ms)
            return fail(link, EXAMPLE_LINK_LOST, "no answer");
    }
    return EXAMPLE_LINK_OK;
}

enum example_link_result example_link_wait(struct example_link *link, int file)
{
    for (;;) {
        struct pollfd waited[] = {{.fd = file, .events = POLLIN},
                                  {.fd = mosquitto_socket(link->mosq), .events = POLLIN}};
        (void)poll(waited, 2, IDLE_MS);
        int rc = mosquitto_loop(link->mosq, 0, 1);
        if (rc != MOSQ_ERR_SUCCESS)
            return fail(link, EXAMPLE_LINK_LOST, "%s", mosquitto_strerror(rc));
        if (waited[0].revents != 0)
            return EXAMPLE_LINK_OK;
    }
}

/* --- connecting --- */

static bool make_client(struct example_link *link)
{
    const struct example_options *options = link->options;
    char client_id[CLIENT_ID_SIZE];
    (void)snprintf(client_id, sizeof(client_id), "%s%s", options->device,
                   link->claims ? ATS_DEVICE_CLAIM_ID_SUFFIX : "");
    link->mosq = mosquitto_new(client_id, true, link);
    if (!link->mosq)
        return false;
    mosquitto_connect_v5_callback_set(link->mosq, on_connect);
    mosquitto_publish_v5_callback_set(link->mosq, on_publish);
    mosquitto_message_v5_callback_set(link->mosq, on_message);
    return mosquitto_int_option(link->mosq, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5) == 0 &&
           mosquitto_int_option(link->mosq, MOSQ_OPT_TCP_NODELAY, 1) == 0 &&
           mosquitto_username_pw_set(link->mosq, options->device, NULL) == 0 &&
           (!options->ca_file ||
            mosquitto_tls_set(link->mosq, options->ca_file, NULL, NULL, NULL, NULL) == 0);
}

static enum example_link_result send_with(struct example_link *link, const char *method,
                                          const uint8_t *data, size_t len)
{
    const struct example_options *options = link->options;
    mosquitto_property *properties = NULL;
    int rc = mosquitto_property_add_string(&properties, MQTT_PROP_AUTHENTICATION_METHOD, method);
    if (rc == 0)
        rc = mosquitto_property_add_binary(&properties, MQTT_PROP_AUTHENTICATION_DATA, data,
                                           (uint16_t)len);
    if (rc == 0)
        rc = mosquitto_connect_bind_v5(link->mosq, options->host, options->port,
                                       EXAMPLE_KEEPALIVE_S, NULL, properties);
    mosquitto_property_free_all(&properties);
    return rc == 0 ? EXAMPLE_LINK_OK
                   : fail(link, EXAMPLE_LINK_LOST, "%s",
                          rc == MOSQ_ERR_ERRNO ? "cannot connect" : mosquitto_strerror(rc));
}

static enum example_link_result send_connect(struct example_link *link, uint64_t counter)
{
    const struct example_options *options = link->options;
    uint8_t data[ATS_DEVICE_CONNECT_DATA_MAX];
    size_t len = 0;
    if (ats_device_connect(link->device, counter, options->device, options->device, data,
                           sizeof(data), &len) != ATS_DEVICE_OK)
        return fail(link, EXAMPLE_LINK_IMPOSSIBLE, "CONNECT's data cannot be made");
    return send_with(link, ATS_DEVICE_METHOD, data, len);
}

static enum example_link_result send_claim(struct example_link *link, const char *token)
{
    uint8_t data[ATS_DEVICE_CLAIM_DATA_MAX];
    size_t len = 0;
    if (ats_device_claim(link->device, token, example_now_ms(), data, sizeof(data), &len) !=
        ATS_DEVICE_OK)
        return fail(link, EXAMPLE_LINK_IMPOSSIBLE, "that is no token");
    return send_with(link, ATS_DEVICE_CLAIM_METHOD, data, len);
}

static const char *text_of(enum ats_device_result result)
{
    switch (result) {
    case ATS_DEVICE_MALFORMED:
        return "its answer cannot be read";
    case ATS_DEVICE_UNTRUSTED:
        return "its certificates do not lead to a pinned root, or name another gate or fleet";
    case ATS_DEVICE_WRONG:
        return "its signature or confirmation does not hold";
    case ATS_DEVICE_EXPIRED:
        return "a certificate is not valid now: check the clock";
    case ATS_DEVICE_SEQUENCE_JUMP:
        return "it says to have seen a sequence that this device never had";
    default:
        return "its answer does not hold";
    }
}

static enum example_link_result judge_answer(struct example_link *link)
{
    int reason = link->connect_reason;
    if (reason == MQTT_RC_SERVER_UNAVAILABLE || reason == MQTT_RC_SERVER_BUSY)
        return fail(link, EXAMPLE_LINK_LOST, "%s", mosquitto_reason_string(reason));
    if (reason != 0)
        return fail(link, EXAMPLE_LINK_REFUSED, "CONNACK 0x%02x: %s", (unsigned)reason,
                    mosquitto_reason_string(reason));
    if (!link->has_data)
        return fail(link, EXAMPLE_LINK_UNTRUSTED, "it did not prove itself: it is no gate");
    if (link->accepted != ATS_DEVICE_OK)
        return fail(link, EXAMPLE_LINK_UNTRUSTED, "%s", text_of(link->accepted));
    return EXAMPLE_LINK_OK;
}

static enum example_link_result open_with(struct example_link *link, uint64_t counter,
                                          const char *token)
{
    link->connect_answered = link->has_data = false;
    link->claims = token != NULL;
    enum example_link_result result =
        make_client(link) ? token ? send_claim(link, token) : send_connect(link, counter)
                          : fail(link, EXAMPLE_LINK_IMPOSSIBLE,
                                 "libmosquitto takes not all of it "
                                 "(memory, or the file of authorities)");
    if (result == EXAMPLE_LINK_OK)
        result = run_until(link, &link->connect_answered, EXAMPLE_ANSWER_TIMEOUT_MS);
    if (result == EXAMPLE_LINK_OK)
        result = judge_answer(link);
    if (result != EXAMPLE_LINK_OK)
        example_link_close(link);
    return result;
}

enum example_link_result example_link_open(struct example_link *link, uint64_t counter)
{
    return open_with(link, counter, NULL);
}

enum example_link_result example_link_claim(struct example_link *link, const char *token)
{
    enum example_link_result result = open_with(link, 0, token);
    example_link_close(link);
    return result;
}

void example_link_close(struct example_link *link)
{
    if (!link->mosq)
        return;
    (void)mosquitto_disconnect_v5(link->mosq, 0, NULL);
    /* Writes what is left, and reads the broker's end of it. */
    while (mosquitto_socket(link->mosq) >= 0 &&
           mosquitto_loop(link->mosq, LOOP_MS, 1) == MOSQ_ERR_SUCCESS)
        ;
    mosquitto_destroy(link->mosq);
    link->mosq = NULL;
}

/* --- publishing --- */

static enum example_link_result judge_publish(struct example_link *link)
{
    int reason = link->publish_reason;
    if (reason < FAILED)
        return EXAMPLE_LINK_OK;
    (void)run_until(link, &link->receipt, EXAMPLE_RECEIPT_TIMEOUT_MS);
    return fail(link, EXAMPLE_LINK_REFUSED, "reason 0x%02x: %s", (unsigned)reason,
                mosquitto_reason_string(reason));
}

enum example_link_result example_link_publish(struct example_link *link,
                                              const struct ats_device_publish *publish,
                                              const char *proof)
{
    mosquitto_property *properties = NULL;
    link->publish_answered = link->receipt = false;
    link->publish_reason = 0;
    int rc = mosquitto_property_add_string_pair(&properties, MQTT_PROP_USER_PROPERTY,
                                                ATS_DEVICE_PROOF_PROPERTY, proof);
    if (rc == 0)
        rc = mosquitto_publish_v5(link->mosq, &link->message_id, publish->topic,
                                  (int)publish->payload_len, publish->payload, publish->qos,
                                  publish->retain, properties);
    mosquitto_property_free_all(&properties);
    if (rc == MOSQ_ERR_NO_CONN || rc == MOSQ_ERR_CONN_LOST || rc == MOSQ_ERR_ERRNO)
        return fail(link, EXAMPLE_LINK_LOST, "%s", mosquitto_strerror(rc));
    if (rc != 0)
        return fail(link, EXAMPLE_LINK_IMPOSSIBLE, "%s", mosquitto_strerror(rc));
    enum example_link_result result =
        run_until(link, &link->publish_answered, EXAMPLE_ANSWER_TIMEOUT_MS);
    return result == EXAMPLE_LINK_OK ? judge_publish(link) : result;
}
