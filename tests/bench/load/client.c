/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/load/client.h"

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/control/registry.h"
#include "common/identity/jwt.h"
#include "tests/bench/load/seed.h"

#include <mqtt_protocol.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define MESSAGE_IDS 65536
#define PUBACK_NOT_AUTHORISED 0x87
#define TOKEN_LIFETIME_S 3600
/* As long as the proof's, and not it. */
#define OTHER_PROPERTY "no-proof!"
#define OTHER_BYTES "AAAAAAAAAAAAAAAAAAAAAA" /* 16 in base64url */

static bool has_session(const struct load_client *client)
{
    return client->options->proof == LOAD_PROOF_MAC ||
           client->options->proof == LOAD_PROOF_SIGNATURE;
}

static void on_connect(struct mosquitto *mosq, void *obj, int reason, int flags,
                       const mosquitto_property *properties)
{
    struct load_client *client = obj;
    (void)mosq;
    (void)flags;
    client->connect_reason = reason;
    client->failed = reason != 0;
    if (client->failed)
        return;
    if (has_session(client)) {
        void *data = NULL;
        uint16_t len = 0;
        mosquitto_property_read_binary(properties, MQTT_PROP_AUTHENTICATION_DATA, &data, &len,
                                       false);
        client->failed = !data || ats_device_accept(&client->device, data, len, 0) != ATS_DEVICE_OK;
        free(data);
    }
    client->first_sequence = client->device.sequence + 1;
    client->connected = !client->failed;
}

static void on_publish(struct mosquitto *mosq, void *obj, int mid, int reason,
                       const mosquitto_property *properties)
{
    struct load_client *client = obj;
    (void)mosq;
    (void)properties;
    if (client->options->qos ==
        0) { /* called while the packet is written: nothing is known but that */
        client->counts->accepted++;
        return;
    }
    client->in_flight--;
    load_samples_add(&client->counts->answer_us, load_now_us() - client->pending[mid].sent_us);
    if (reason == PUBACK_NOT_AUTHORISED) {
        client->counts->denied++;
    } else if (reason >= 0x80) {
        client->counts->other++;
    } else {
        client->counts->accepted++;
        if (client->pending[mid].act == LOAD_PUBLISH)
            client->counts->accepted_publish++;
    }
}

static void on_disconnect(struct mosquitto *mosq, void *obj, int reason,
                          const mosquitto_property *properties)
{
    struct load_client *client = obj;
    (void)mosq;
    (void)properties;
    if (reason != 0 && client->connected)
        client->counts->closed++;
    client->failed = client->failed || reason != 0;
    client->connected = false;
}

static enum ats_status read_key(struct load_client *client, struct ats_error *err)
{
    if (client->options->seed) {
        load_seed_key(client->options->seed, client->plan->name, client->key.seed);
        (void)crypto_sign_seed_keypair(client->key.public_key, client->key.secret_key,
                                       client->key.seed);
        return ATS_OK;
    }
    char path[1024];
    int used = snprintf(path, sizeof(path), "%s/devices/", client->options->fleet);
    for (const char *c = client->plan->name; *c && used > 0 && (size_t)used + 16 < sizeof(path);
         c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                     (*c >= '0' && *c <= '9') || *c == '.' || *c == '_' || *c == '-';
        used += snprintf(path + used, sizeof(path) - (size_t)used, plain ? "%c" : "%%%02X",
                         (unsigned)(unsigned char)*c);
    }
    (void)snprintf(path + used, sizeof(path) - (size_t)used, ".key.pem");
    return ats_key_pair_read(path, ATS_KEY_SIGNING, &client->key, err);
}

static enum ats_status prepare_device(struct load_client *client, struct ats_error *err)
{
    struct ats_registry_pins pins;
    enum ats_status status = ats_registry_pins_read(client->options->fleet, &pins, err);
    if (status == ATS_OK)
        status = read_key(client, err);
    if (status != ATS_OK)
        return status;
    uint8_t fleet[ATS_FLEET_ID_SIZE];
    ats_registry_fleet_id(&pins, fleet);
    uint8_t roots[2][32];
    memcpy(roots[0], pins.root, sizeof(roots[0]));
    memcpy(roots[1], pins.successor, sizeof(roots[1]));
    if (ats_device_init(&client->device, client->plan->name, client->options->gate,
                        client->key.seed, fleet, (const uint8_t(*)[32])roots, 2) != ATS_DEVICE_OK)
        return ats_error_set(err, ATS_ERR_INVALID, "device '%s' or gate '%s': not a name",
                             client->plan->name, client->options->gate);
    return ATS_OK;
}

enum ats_status load_client_init(struct load_client *client, const struct load_options *options,
                                 const struct load_device_plan *plan, struct load_counts *counts,
                                 struct ats_error *err)
{
    *client = (struct load_client){.options = options, .plan = plan, .counts = counts};
    client->total = plan->count * (uint64_t)options->repeat;
    client->pending = calloc(MESSAGE_IDS, sizeof(*client->pending));
    client->sent_cap = options->kafka_bootstrap || options->kafka_config ? client->total + 1 : 0;
    client->sent_us = calloc(client->sent_cap + 1, sizeof(*client->sent_us));
    client->mosq = mosquitto_new(plan->name, true, client);
    if (!client->pending || !client->sent_us || !client->mosq)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for device '%s'", plan->name);
    mosquitto_int_option(client->mosq, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(client->mosq, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_int_option(client->mosq, MOSQ_OPT_SEND_MAXIMUM, options->window);
    mosquitto_connect_v5_callback_set(client->mosq, on_connect);
    mosquitto_publish_v5_callback_set(client->mosq, on_publish);
    mosquitto_disconnect_v5_callback_set(client->mosq, on_disconnect);
    return options->proof == LOAD_PROOF_NONE ? ATS_OK : prepare_device(client, err);
}

void load_client_fini(struct load_client *client)
{
    if (client->mosq)
        mosquitto_destroy(client->mosq);
    ats_device_wipe(&client->device);
    ats_key_pair_fini(&client->key);
    free(client->pending);
    free(client->prepared);
    free(client->sent_us);
}

static enum ats_status set_token(struct load_client *client, struct ats_error *err)
{
    struct ats_jwt jwt = {0};
    jwt.issued_s = ats_clock_wall_ms(&ats_clock_system) / 1000;
    jwt.expires_s = jwt.issued_s + TOKEN_LIFETIME_S;
    (void)snprintf(jwt.subject, sizeof(jwt.subject), "%s", client->plan->name);
    (void)snprintf(jwt.audience, sizeof(jwt.audience), "%s", client->options->gate);
    struct ats_buf text;
    ats_buf_init(&text, ATS_JWT_MAX);
    enum ats_status status = ats_jwt_make(&jwt, &client->key, &text, err);
    if (status == ATS_OK)
        mosquitto_username_pw_set(client->mosq, client->plan->name, ats_buf_text(&text));
    ats_buf_fini(&text);
    return status;
}

static enum ats_status add_authentication(struct load_client *client,
                                          mosquitto_property **properties, struct ats_error *err)
{
    uint8_t data[ATS_DEVICE_CONNECT_DATA_MAX];
    size_t len = 0;
    mosquitto_username_pw_set(client->mosq, client->plan->name, NULL);
    uint64_t counter = (uint64_t)ats_clock_wall_ms(&ats_clock_system);
    if (ats_device_connect(&client->device, counter, client->plan->name, client->plan->name, data,
                           sizeof(data), &len) != ATS_DEVICE_OK)
        return ats_error_set(err, ATS_ERR_INTERNAL, "device '%s': cannot make its CONNECT",
                             client->plan->name);
    mosquitto_property_add_string(properties, MQTT_PROP_AUTHENTICATION_METHOD, ATS_DEVICE_METHOD);
    mosquitto_property_add_binary(properties, MQTT_PROP_AUTHENTICATION_DATA, data, (uint16_t)len);
    return ATS_OK;
}

enum ats_status load_client_connect(struct load_client *client, struct ats_error *err)
{
    mosquitto_property *properties = NULL;
    enum ats_status status = ATS_OK;
    if (client->options->proof == LOAD_PROOF_TOKEN || client->options->proof == LOAD_PROOF_OTHER)
        status = set_token(client, err);
    else if (client->options->proof != LOAD_PROOF_NONE)
        status = add_authentication(client, &properties, err);
    if (status == ATS_OK) {
        int rc = mosquitto_connect_bind_v5(client->mosq, client->options->host,
                                           client->options->port, 60, NULL, properties);
        if (rc != MOSQ_ERR_SUCCESS)
            status =
                ats_error_set(err, ATS_ERR_UNAVAILABLE, "cannot connect to %s:%d: %s",
                              client->options->host, client->options->port, mosquitto_strerror(rc));
    }
    mosquitto_property_free_all(&properties);
    return status;
}

/* A fresh proof of the message into `text`; "" where none is wanted. */
static bool prove(struct load_client *client, const struct load_message *message, char *text)
{
    struct ats_device_publish publish = {
        .topic = message->topic,
        .qos = (uint8_t)client->options->qos,
        .time_ms = (uint64_t)ats_clock_wall_ms(&ats_clock_system),
        .payload = message->payload,
        .payload_len = message->payload_len,
    };
    text[0] = '\0';
    if (client->options->proof == LOAD_PROOF_OTHER)
        return snprintf(text, ATS_DEVICE_PROOF_SIZE, "m1.%llu.%llu.%s.%s",
                        (unsigned long long)++client->device.sequence,
                        (unsigned long long)publish.time_ms, OTHER_BYTES, OTHER_BYTES) > 0;
    if (client->options->proof == LOAD_PROOF_MAC)
        return ats_device_prove_mac(&client->device, &publish, text) == ATS_DEVICE_OK;
    if (client->options->proof == LOAD_PROOF_SIGNATURE)
        return ats_device_prove_signature(&client->device, &publish, text) == ATS_DEVICE_OK;
    return true;
}

enum ats_status load_client_prepare(struct load_client *client, struct ats_error *err)
{
    if (!client->options->prepare)
        return ATS_OK;
    client->prepared = malloc((size_t)client->total * ATS_DEVICE_PROOF_SIZE);
    if (!client->prepared)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for the proofs");
    for (uint64_t i = 0; i < client->total; i++) {
        const struct load_message *message = &client->plan->messages[i % client->plan->count];
        if (message->act != LOAD_PUBLISH ||
            !prove(client, message, client->prepared + i * ATS_DEVICE_PROOF_SIZE))
            return ats_error_set(err, ATS_ERR_INVALID, "device '%s': no proof beforehand",
                                 client->plan->name);
    }
    client->device.sequence = client->first_sequence - 1;
    return ATS_OK;
}

/* Changes one character of the tag or signature to another one of its alphabet. */
static void spoil(char *proof)
{
    char *tag = strrchr(proof, '.');
    if (tag)
        tag[1] = tag[1] == 'A' ? 'B' : 'A';
}

/* The proof that the act wants, and the message whose bytes go out; NULL if it cannot be made. */
static const struct load_message *dress(struct load_client *client,
                                        const struct load_message *message, char *proof)
{
    switch (message->act) {
    case LOAD_REPEAT:
        memcpy(proof, client->last_proof, ATS_DEVICE_PROOF_SIZE);
        return client->last_message;
    case LOAD_ALTER:
        memcpy(proof, client->last_proof, ATS_DEVICE_PROOF_SIZE);
        return message;
    case LOAD_FORK:
        client->device.sequence--;
        return prove(client, message, proof) ? message : NULL;
    case LOAD_FORGE: {
        bool made = prove(client, message, proof);
        spoil(proof);
        client->device.sequence--; /* nothing was proven: the next publish takes this sequence */
        return made ? message : NULL;
    }
    case LOAD_PUBLISH:
        break;
    }
    if (client->prepared) {
        memcpy(proof, client->prepared + client->next * ATS_DEVICE_PROOF_SIZE,
               ATS_DEVICE_PROOF_SIZE);
        client->device.sequence++;
        return message;
    }
    if (!prove(client, message, proof))
        return NULL;
    memcpy(client->last_proof, proof, ATS_DEVICE_PROOF_SIZE);
    client->last_message = message;
    return message;
}

static bool publish(struct load_client *client, const struct load_message *planned)
{
    char proof[ATS_DEVICE_PROOF_SIZE];
    const struct load_message *message = dress(client, planned, proof);
    mosquitto_property *properties = NULL;
    if (!message)
        return false;
    if (proof[0] != '\0')
        mosquitto_property_add_string_pair(
            &properties, MQTT_PROP_USER_PROPERTY,
            client->options->proof == LOAD_PROOF_OTHER ? OTHER_PROPERTY : ATS_DEVICE_PROOF_PROPERTY,
            proof);
    int64_t now_us = load_now_us();
    uint64_t slot = client->device.sequence - client->first_sequence;
    if (planned->act == LOAD_PUBLISH && slot < client->sent_cap)
        atomic_store(&client->sent_us[slot], now_us);
    int mid = 0;
    /* QoS 0 is answered inside the call, under the id that the call is about to give. */
    if (client->options->qos > 0)
        client->in_flight++;
    int rc = mosquitto_publish_v5(client->mosq, &mid, message->topic, (int)message->payload_len,
                                  message->payload, client->options->qos, false, properties);
    mosquitto_property_free_all(&properties);
    if (rc != MOSQ_ERR_SUCCESS) {
        if (client->options->qos > 0)
            client->in_flight--;
        return false;
    }
    client->pending[mid].sent_us = now_us;
    client->pending[mid].act = planned->act;
    return true;
}

uint64_t load_client_send(struct load_client *client, uint64_t allowance)
{
    uint64_t sent = 0;
    while (client->connected && sent < allowance && client->next < client->total &&
           client->in_flight < client->options->window) {
        const struct load_message *message =
            &client->plan->messages[client->next % client->plan->count];
        if (!publish(client, message)) {
            client->failed = true;
            client->connected = false;
            break;
        }
        client->counts->sent++;
        client->counts->acts[message->act]++;
        client->next++;
        sent++;
    }
    return sent;
}

bool load_client_done(const struct load_client *client)
{
    return client->failed ||
           (client->connected && client->next == client->total && client->in_flight <= 0);
}
