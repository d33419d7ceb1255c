/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/load/plan.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const act_names[] = {"publish", "forge", "repeat", "alter", "fork"};

static struct load_device_plan *find_device(struct load_plan *plan, const char *name)
{
    /* Lines of one device often follow each other, so the newest is tried first. */
    for (size_t i = plan->device_count; i > 0; i--)
        if (strcmp(plan->devices[i - 1].name, name) == 0)
            return &plan->devices[i - 1];
    struct load_device_plan *grown =
        realloc(plan->devices, (plan->device_count + 1) * sizeof(*plan->devices));
    if (!grown)
        return NULL;
    plan->devices = grown;
    struct load_device_plan *device = &grown[plan->device_count];
    *device = (struct load_device_plan){.name = strdup(name)};
    if (!device->name)
        return NULL;
    plan->device_count++;
    return device;
}

static bool parse_act(const char *text, enum load_act *ret_act)
{
    for (size_t i = 0; i < sizeof(act_names) / sizeof(act_names[0]); i++) {
        if (strcmp(text, act_names[i]) == 0) {
            *ret_act = (enum load_act)i;
            return true;
        }
    }
    return false;
}

static bool copy_payload(json_t *line, struct load_message *message)
{
    json_t *text = json_object_get(line, "payload");
    json_t *base64 = json_object_get(line, "payload_base64");
    size_t room = json_string_length(text ? text : base64) + 1;
    message->payload = malloc(room);
    if (!message->payload || (!json_is_string(text) && !json_is_string(base64)))
        return false;
    if (text) {
        message->payload_len = room - 1;
        memcpy(message->payload, json_string_value(text), room);
        return true;
    }
    return sodium_base642bin(message->payload, room, json_string_value(base64), room - 1, NULL,
                             &message->payload_len, NULL, sodium_base64_VARIANT_ORIGINAL) == 0;
}

static struct load_message *append(struct load_device_plan *device)
{
    if (device->count == device->cap) {
        size_t cap = device->cap ? 2 * device->cap : 64;
        struct load_message *grown = realloc(device->messages, cap * sizeof(*grown));
        if (!grown)
            return NULL;
        device->messages = grown;
        device->cap = cap;
    }
    struct load_message *message = &device->messages[device->count++];
    *message = (struct load_message){.act = LOAD_PUBLISH};
    return message;
}

static bool take_line(struct load_plan *plan, json_t *line)
{
    const char *name = json_string_value(json_object_get(line, "device"));
    const char *topic = json_string_value(json_object_get(line, "topic"));
    const char *act = json_string_value(json_object_get(line, "act"));
    struct load_device_plan *device = name && topic ? find_device(plan, name) : NULL;
    struct load_message *message = device ? append(device) : NULL;
    if (!message)
        return false;
    plan->message_count++;
    message->topic = strdup(topic);
    return message->topic && (!act || parse_act(act, &message->act)) && copy_payload(line, message);
}

enum ats_status load_plan_read(const char *path, struct load_plan *ret_plan, struct ats_error *err)
{
    *ret_plan = (struct load_plan){0};
    FILE *file = fopen(path, "r");
    if (!file)
        return ats_error_set(err, ATS_ERR_IO, "cannot open %s: %s", path, strerror(errno));
    enum ats_status status = ATS_OK;
    char *text = NULL;
    size_t cap = 0;
    for (size_t number = 1; status == ATS_OK; number++) {
        ssize_t len = getline(&text, &cap, file);
        if (len < 0)
            break;
        json_error_t why;
        json_t *line = json_loadb(text, (size_t)len, JSON_ALLOW_NUL, &why);
        if (!line || !take_line(ret_plan, line))
            status =
                ats_error_set(err, ATS_ERR_INVALID, "%s:%zu: not a line of a plan: %s", path,
                              number, line ? "device, topic and payload are needed" : why.text);
        json_decref(line);
    }
    free(text);
    (void)fclose(file);
    if (status == ATS_OK && ret_plan->message_count == 0)
        status = ats_error_set(err, ATS_ERR_INVALID, "%s: nothing to publish", path);
    if (status != ATS_OK)
        load_plan_fini(ret_plan);
    return status;
}

void load_plan_fini(struct load_plan *plan)
{
    for (size_t i = 0; i < plan->device_count; i++) {
        struct load_device_plan *device = &plan->devices[i];
        for (size_t k = 0; k < device->count; k++) {
            free(device->messages[k].topic);
            free(device->messages[k].payload);
        }
        free(device->messages);
        free(device->name);
    }
    free(plan->devices);
    *plan = (struct load_plan){0};
}
