/* SPDX-License-Identifier: Apache-2.0 */
/* Another plugin in the same broker: it lets in everybody, allows everything, and publishes by itself what it is asked to. A message
   on `second/publish` holds a topic, a line feed and a payload. A CONNECT with the method `half` gets a question that it need not answer. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mosquitto.h>
#include <mosquitto_broker.h>

#include <mosquitto_plugin.h>

static mosquitto_plugin_id_t *plugin_id;

static int allow(int event, void *event_data, void *userdata)
{
    (void)event;
    (void)event_data;
    (void)userdata;
    return MOSQ_ERR_SUCCESS;
}

static int ask(int event, void *event_data, void *userdata)
{
    (void)event;
    (void)userdata;
    struct mosquitto_evt_extended_auth *auth = event_data;
    if (!auth->auth_method || strcmp(auth->auth_method, "half") != 0)
        return MOSQ_ERR_PLUGIN_DEFER;
    auth->data_out = calloc(1, 1); /* the broker frees it */
    auth->data_out_len = auth->data_out ? 1 : 0;
    return auth->data_out ? MOSQ_ERR_AUTH_CONTINUE : MOSQ_ERR_NOMEM;
}

static int on_message(int event, void *event_data, void *userdata)
{
    (void)event;
    (void)userdata;
    const struct mosquitto_evt_message *message = event_data;
    char topic[256];
    if (strcmp(message->topic, "second/publish") != 0)
        return MOSQ_ERR_SUCCESS;
    const char *text = message->payload;
    const char *end = memchr(text, '\n', message->payloadlen);
    if (!end || (size_t)(end - text) >= sizeof(topic))
        return MOSQ_ERR_SUCCESS;
    (void)snprintf(topic, sizeof(topic), "%.*s", (int)(end - text), text);
    (void)mosquitto_broker_publish_copy(NULL, topic,
                                        (int)(message->payloadlen - (uint32_t)(end + 1 - text)),
                                        end + 1, 1, false, NULL);
    return MOSQ_ERR_SUCCESS;
}

static const struct {
    int event;
    MOSQ_FUNC_generic_callback function;
} callbacks[] = {
    {MOSQ_EVT_BASIC_AUTH, allow},
    {MOSQ_EVT_EXT_AUTH_START, ask},
    {MOSQ_EVT_ACL_CHECK, allow},
    {MOSQ_EVT_MESSAGE, on_message},
};

__attribute__((visibility("default"))) int mosquitto_plugin_version(int count, const int *versions)
{
    for (int i = 0; i < count; i++)
        if (versions[i] == 5)
            return 5;
    return -1;
}

__attribute__((visibility("default"))) int mosquitto_plugin_init(mosquitto_plugin_id_t *identifier,
                                                                 void **userdata,
                                                                 struct mosquitto_opt *options,
                                                                 int option_count)
{
    (void)userdata;
    (void)options;
    (void)option_count;
    int rc = MOSQ_ERR_SUCCESS;
    plugin_id = identifier;
    for (size_t i = 0; rc == MOSQ_ERR_SUCCESS && i < sizeof(callbacks) / sizeof(callbacks[0]); i++)
        rc = mosquitto_callback_register(plugin_id, callbacks[i].event, callbacks[i].function, NULL,
                                         NULL);
    return rc;
}

__attribute__((visibility("default"))) int
mosquitto_plugin_cleanup(void *userdata, struct mosquitto_opt *options, int option_count)
{
    (void)userdata;
    (void)options;
    (void)option_count;
    for (size_t i = 0; i < sizeof(callbacks) / sizeof(callbacks[0]); i++)
        (void)mosquitto_callback_unregister(plugin_id, callbacks[i].event, callbacks[i].function,
                                            NULL);
    return MOSQ_ERR_SUCCESS;
}
