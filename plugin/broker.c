/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter for Mosquitto 2.0: its callbacks to calls of gate.h, the gate's answers to its return codes. The only file
 * that includes Mosquitto's headers, and the only one with symbols that the broker sees.
 */
#include "common/identity/x509.h"
#include "plugin/broker_rules.h"
#include "plugin/client_address.h"
#include "plugin/gate.h"
#include "plugin/properties.h"
#include "plugin/stopping.h"
#include "plugin/topics.h"

#include <dlfcn.h>
#include <limits.h>
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mqtt_protocol.h>
#include <stdlib.h>

/* After mosquitto_broker.h, which it needs. */
#include <mosquitto_plugin.h>

#define EXPORT __attribute__((visibility("default")))
#define INTERFACE_VERSION 5
#define MQTT_5 5

/* One broker loads one gate; the callbacks get it as their userdata, cleanup as its own. */
struct plugin {
    mosquitto_plugin_id_t *id;
    struct ats_gate *gate;
    size_t registered;
    int (*client_port)(const struct mosquitto *client); /* Mosquitto 2.1's; NULL before */
    struct ats_client_addresses addresses;
    bool address_missed; /* which has been said */
    bool ticked;
};

/* --- services --- */

static void log_line(void *ctx, enum ats_log_level level, const char *line)
{
    static const int levels[] = {MOSQ_LOG_DEBUG, MOSQ_LOG_INFO, MOSQ_LOG_WARNING, MOSQ_LOG_ERR};
    (void)ctx;
    mosquitto_log_printf(levels[level], "attestream: %s", line);
}

static bool publish_to(void *ctx, const char *client_id, const char *topic, struct ats_span payload)
{
    (void)ctx;
    return payload.len <= INT_MAX &&
           mosquitto_broker_publish_copy(client_id, topic, (int)payload.len, payload.data, 0, false,
                                         NULL) == MOSQ_ERR_SUCCESS;
}

static void kick(void *ctx, const char *user_name)
{
    (void)ctx;
    (void)mosquitto_kick_client_by_username(user_name, false);
}

static void kick_client(void *ctx, const char *client_id)
{
    (void)ctx;
    (void)mosquitto_kick_client_by_clientid(client_id, false);
}

static bool is_stopping(void *ctx)
{
    (void)ctx;
    return ats_stopping();
}

static bool set_user_name(void *ctx, void *client, const char *user_name)
{
    (void)ctx;
    return mosquitto_set_username(client, user_name) == MOSQ_ERR_SUCCESS;
}

/* Each read allocates in the broker's library, hence the limit. */
static void read_properties(void *ctx, const void *properties,
                            struct ats_gate_properties *ret_properties)
{
    (void)ctx;
    const mosquitto_property *at = properties;
    char *content_type = NULL;
    if (mosquitto_property_read_string(properties, MQTT_PROP_CONTENT_TYPE, &content_type, false) &&
        content_type)
        ats_properties_take_content_type(content_type, ret_properties);
    free(content_type);
    for (int i = 0; at && i < ATS_GATE_PROPERTIES_MAX; i++) {
        char *name = NULL;
        char *value = NULL;
        at = mosquitto_property_read_string_pair(at, MQTT_PROP_USER_PROPERTY, &name, &value, i > 0);
        if (at && name && value)
            ats_properties_take(name, value, ret_properties);
        free(name);
        free(value);
    }
}

static const struct ats_gate_broker services = {
    .log = log_line,
    .publish_to = publish_to,
    .kick = kick,
    .kick_client = kick_client,
    .is_stopping = is_stopping,
    .set_user_name = set_user_name,
    .read_properties = read_properties,
};

/* --- callbacks --- */

static struct ats_gate_client client_of(struct mosquitto *client)
{
    return (struct ats_gate_client){
        .handle = client,
        .id = mosquitto_client_id(client),
        .user_name = mosquitto_client_username(client),
        .mqtt5 = mosquitto_client_protocol_version(client) == MQTT_5,
        .websockets = mosquitto_client_protocol(client) == mp_websockets,
        .leaves_nothing = mosquitto_client_protocol_version(client) != MQTT_5 &&
                          mosquitto_client_clean_session(client),
    };
}

/* How `struct mosquitto` has begun in every 2.0, where no call tells a client's listener (ADR 0012). What is read here is only
   believed as client_address.h and client_port.h say. */
struct client_head {
    int ident;
    int socket;
};

static int socket_of(const struct mosquitto *client)
{
    struct client_head head;
    memcpy(&head, client, sizeof(head));
    return head.socket;
}

static unsigned port_of(const struct plugin *plugin, const struct mosquitto *client)
{
    return plugin->client_port
               ? (unsigned)plugin->client_port(client)
               : ats_client_port(socket_of(client), mosquitto_client_address(client));
}

/* Mosquitto 2.1 closes WebSockets itself, at once. */
static struct ats_client_end end_of(const struct plugin *plugin,
                                    const struct ats_gate_client *client)
{
    return plugin->client_port || !client->websockets
               ? (struct ats_client_end){0}
               : ats_client_end_of(socket_of(client->handle), client->address);
}

/* Who connects; `address` holds what of it the client borrows. */
static struct ats_gate_client connecting(struct plugin *plugin, struct mosquitto *broker_client,
                                         struct ats_client_address *address)
{
    struct ats_gate_client client = client_of(broker_client);
    ats_client_address_find(&plugin->addresses, socket_of(broker_client),
                            mosquitto_client_address(broker_client), client.websockets, address);
    client.address = address->text[0] ? address->text : NULL;
    client.forwarded_for = address->forwarded_for;
    client.end = end_of(plugin, &client);
    if (!client.address && client.websockets && !plugin->address_missed) {
        log_line(NULL, ATS_LOG_WARNING,
                 "client.address-unknown reason=\"the socket of a WebSockets client was not found: "
                 "such clients share the limits of one address\"");
        plugin->address_missed = true;
    }
    return client;
}

static void find_client_port(struct plugin *plugin)
{
    void *symbol = dlsym(RTLD_DEFAULT, "mosquitto_client_port");
    memcpy(&plugin->client_port, &symbol, sizeof(symbol));
}

static int auth_code(enum ats_gate_access access)
{
    switch (access) {
    case ATS_GATE_ALLOW:
        return MOSQ_ERR_SUCCESS;
    case ATS_GATE_DEFER:
        return MOSQ_ERR_PLUGIN_DEFER;
    case ATS_GATE_DENY:
    case ATS_GATE_DENY_CLOSE:
        break;
    }
    return MOSQ_ERR_AUTH; /* the only refusal that 2.0 answers with a CONNACK */
}

static int access_code(enum ats_gate_access access)
{
    switch (access) {
    case ATS_GATE_ALLOW:
        return MOSQ_ERR_SUCCESS;
    case ATS_GATE_DEFER:
        return MOSQ_ERR_PLUGIN_DEFER;
    case ATS_GATE_DENY_CLOSE:
        return MOSQ_ERR_UNKNOWN;
    case ATS_GATE_DENY:
        break;
    }
    return MOSQ_ERR_ACL_DENIED;
}

static int on_basic_auth(int event, void *event_data, void *userdata)
{
    (void)event;
    struct plugin *plugin = userdata;
    struct mosquitto_evt_basic_auth *auth = event_data;
    struct ats_client_address address;
    struct ats_gate_client client = connecting(plugin, auth->client, &address);
    struct ats_x509 certificate;
    client.port = port_of(plugin, auth->client);
    if (ats_x509_take(mosquitto_client_certificate(auth->client), &certificate))
        client.certificate = &certificate;
    return auth_code(ats_gate_connect(plugin->gate, &client, auth->password));
}

static int on_ext_auth(int event, void *event_data, void *userdata)
{
    (void)event;
    struct plugin *plugin = userdata;
    struct mosquitto_evt_extended_auth *auth = event_data;
    struct ats_client_address address;
    struct ats_gate_client client = connecting(plugin, auth->client, &address);
    uint8_t answer[ATS_GATE_DATA_MAX];
    size_t len = 0;
    enum ats_gate_access access =
        ats_gate_connect_with(plugin->gate, &client, auth->auth_method,
                              ats_span_of(auth->data_in, auth->data_in_len), answer, &len);
    if (access != ATS_GATE_ALLOW)
        return auth_code(access);
    auth->data_out = malloc(len); /* the broker frees it with libc's free */
    if (!auth->data_out) {
        ats_gate_disconnected(plugin->gate, auth->client);
        return MOSQ_ERR_NOMEM;
    }
    memcpy(auth->data_out, answer, len);
    auth->data_out_len = (uint16_t)len;
    return MOSQ_ERR_SUCCESS;
}

static int on_acl_check(int event, void *event_data, void *userdata)
{
    (void)event;
    struct plugin *plugin = userdata;
    struct mosquitto_evt_acl_check *check = event_data;
    struct ats_gate_client client = client_of(check->client);
    struct ats_gate_publish publish = {
        .topic = check->topic,
        .payload = ats_span_of(check->payload, check->payloadlen),
        .qos = check->qos,
        .retain = check->retain,
    };
    switch (check->access) {
    case MOSQ_ACL_WRITE:
        return access_code(ats_gate_may_publish(plugin->gate, &client, &publish));
    case MOSQ_ACL_READ:
        return access_code(ats_gate_may_read(plugin->gate, &client, check->topic));
    case MOSQ_ACL_UNSUBSCRIBE:
        return access_code(ats_gate_may_unsubscribe(plugin->gate, &client));
    default:
        return access_code(ats_gate_may_subscribe(plugin->gate, &client, check->topic));
    }
}

/* Where nobody reads. Written into the topic's own memory, as much of it as fits: replacing the pointer would leak
   before 2.0.15. A beginning of it that is as short as "$" still matches no subscription that is allowed. */
static void divert(struct mosquitto_evt_message *message)
{
    size_t len = strlen(message->topic);
    if (len >= sizeof(ATS_TOPIC_DUPLICATE))
        len = sizeof(ATS_TOPIC_DUPLICATE) - 1;
    memcpy(message->topic, ATS_TOPIC_DUPLICATE, len);
    message->topic[len] = '\0';
    message->retain = false;
}

static int on_message(int event, void *event_data, void *userdata)
{
    (void)event;
    struct plugin *plugin = userdata;
    struct mosquitto_evt_message *message = event_data;
    struct ats_gate_client client = client_of(message->client);
    struct ats_gate_publish publish = {
        .topic = message->topic,
        .payload = ats_span_of(message->payload, message->payloadlen),
        .qos = message->qos,
        .retain = message->retain,
        .properties = message->properties,
    };
    switch (ats_gate_publish(plugin->gate, &client, &publish)) {
    case ATS_GATE_PASS:
        return MOSQ_ERR_SUCCESS;
    case ATS_GATE_DIVERT:
        divert(message);
        return MOSQ_ERR_SUCCESS;
    case ATS_GATE_REJECT:
        return MOSQ_ERR_ACL_DENIED;
    case ATS_GATE_CLOSE:
        break;
    }
    return MOSQ_ERR_UNKNOWN;
}

static int on_disconnect(int event, void *event_data, void *userdata)
{
    (void)event;
    struct plugin *plugin = userdata;
    const struct mosquitto_evt_disconnect *disconnect = event_data;
    ats_gate_disconnected(plugin->gate, disconnect->client);
    return MOSQ_ERR_SUCCESS;
}

static int on_reload(int event, void *event_data, void *userdata)
{
    (void)event;
    (void)event_data;
    struct plugin *plugin = userdata;
    ats_gate_reload(plugin->gate);
    return MOSQ_ERR_SUCCESS;
}

static int on_tick(int event, void *event_data, void *userdata)
{
    (void)event;
    (void)event_data;
    struct plugin *plugin = userdata;
    if (!plugin->ticked && !ats_gate_observes(plugin->gate))
        ats_stopping_watch();
    plugin->ticked = true;
    ats_gate_tick(plugin->gate);
    return MOSQ_ERR_SUCCESS;
}

/* --- loading --- */

static const struct {
    int event;
    MOSQ_FUNC_generic_callback function;
    bool only_enforcing; /* by being registered, it would change what an observed broker does */
} callbacks[] = {
    {MOSQ_EVT_BASIC_AUTH, on_basic_auth, false},
    {MOSQ_EVT_EXT_AUTH_START, on_ext_auth, true},
    {MOSQ_EVT_ACL_CHECK, on_acl_check, true},
    {MOSQ_EVT_MESSAGE, on_message, false},
    {MOSQ_EVT_DISCONNECT, on_disconnect, false},
    {MOSQ_EVT_RELOAD, on_reload, false},
    {MOSQ_EVT_TICK, on_tick, false},
};

#define CALLBACK_COUNT (sizeof(callbacks) / sizeof(callbacks[0]))

static int register_callbacks(struct plugin *plugin)
{
    bool observes = ats_gate_observes(plugin->gate);
    for (; plugin->registered < CALLBACK_COUNT; plugin->registered++) {
        size_t i = plugin->registered;
        if (observes && callbacks[i].only_enforcing)
            continue;
        int code = mosquitto_callback_register(plugin->id, callbacks[i].event,
                                               callbacks[i].function, NULL, plugin);
        if (code != MOSQ_ERR_SUCCESS)
            return code;
    }
    return MOSQ_ERR_SUCCESS;
}

static void unload(struct plugin *plugin)
{
    for (size_t i = 0; i < plugin->registered; i++)
        (void)mosquitto_callback_unregister(plugin->id, callbacks[i].event, callbacks[i].function,
                                            NULL);
    ats_stopping_unwatch();
    ats_gate_stop(plugin->gate);
    free(plugin);
}

static enum ats_status start(struct plugin *plugin, const struct mosquitto_opt *options, int count,
                             struct ats_error *err)
{
    char rules_file[PATH_MAX];
    bool has_rules = ats_broker_rules_file(rules_file, sizeof(rules_file));
    struct ats_gate_option *given = calloc((size_t)count + 1, sizeof(*given));
    if (!given)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    for (int i = 0; i < count; i++)
        given[i] = (struct ats_gate_option){options[i].key, options[i].value};
    enum ats_status status = ats_gate_open(given, (size_t)count, &services, &ats_clock_system,
                                           has_rules ? rules_file : NULL, &plugin->gate, err);
    if (status == ATS_OK)
        status = ats_gate_run(plugin->gate, err);
    free(given);
    return status;
}

EXPORT int mosquitto_plugin_version(int supported_version_count, const int *supported_versions)
{
    for (int i = 0; i < supported_version_count; i++)
        if (supported_versions[i] == INTERFACE_VERSION)
            return INTERFACE_VERSION;
    return -1;
}

EXPORT int mosquitto_plugin_init(mosquitto_plugin_id_t *identifier, void **userdata,
                                 struct mosquitto_opt *options, int option_count)
{
    struct plugin *plugin = calloc(1, sizeof(*plugin));
    struct ats_error err = {0};
    if (!plugin)
        return MOSQ_ERR_NOMEM;
    plugin->id = identifier;
    find_client_port(plugin);
    if (start(plugin, options, option_count, &err) != ATS_OK) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "attestream: %s", err.text);
        unload(plugin);
        return MOSQ_ERR_INVAL;
    }
    int code = register_callbacks(plugin);
    if (code != MOSQ_ERR_SUCCESS) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "attestream: this broker lacks event %d",
                             callbacks[plugin->registered].event);
        unload(plugin);
        return code;
    }
    *userdata = plugin;
    return MOSQ_ERR_SUCCESS;
}

EXPORT int mosquitto_plugin_cleanup(void *userdata, struct mosquitto_opt *options, int option_count)
{
    (void)options;
    (void)option_count;
    if (userdata)
        unload(userdata);
    return MOSQ_ERR_SUCCESS;
}
