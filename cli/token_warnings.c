/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/token_warnings.h"

#include "cli/cli.h"
#include "cli/gate_name.h"
#include "common/base/clock.h"
#include "common/control/body.h"
#include "common/control/registry.h"

#include <stdarg.h>
#include <stdio.h>

#define USUAL_LIFE_MS (ATS_TOKEN_LIFETIME_USUAL_DAYS * INT64_C(24) * 3600 * 1000)
/* A sentence with two names. */
#define TEXT_SIZE (2 * ATS_NAME_MAX + 128)

static void warn(json_t *warnings, const char *reason, const char *format, ...) ATS_PRINTF(3, 4);

static void warn(json_t *warnings, const char *reason, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    ats_cli_note("warning: %s", text);
    (void)json_array_append_new(warnings, json_pack("{s:s, s:s}", "reason", reason, "text", text));
}

void ats_token_warn_of_life(int64_t ttl_ms, json_t *warnings)
{
    if (ttl_ms > USUAL_LIFE_MS)
        warn(warnings, "token-lifetime",
             "it lives longer than " ATS_LIMIT_TEXT(
                 ATS_TOKEN_LIFETIME_USUAL_DAYS) "d: gates refuse it, but those whose "
                                                "token_lifetime_max says more");
}

static void warn_of_state(const char *device, const struct ats_body_device *body, json_t *warnings)
{
    char reason[32];
    const char *state = ats_device_state_name(body->state);
    if (body->state == ATS_DEVICE_ACTIVE)
        return;
    (void)snprintf(reason, sizeof(reason), "device-%s", state);
    warn(warnings, reason, "device '%s' is %s: gates refuse it", device, state);
}

/* A certificate's key signs no token. */
static void warn_of_key(const char *device, const struct ats_body_device *body, const char *key_id,
                        json_t *warnings)
{
    const struct ats_device_key *key = NULL;
    for (size_t i = 0; i < body->key_count && !key; i++)
        if (strcmp(body->keys[i].id, key_id) == 0 && !body->keys[i].is_spki)
            key = &body->keys[i];
    if (!key)
        warn(warnings, "key-unknown", "key %s is none of device '%s': gates refuse the token",
             key_id, device);
    else if (!ats_device_key_is_valid(key, ats_clock_wall_ms(&ats_clock_system)))
        warn(warnings, "key-not-valid", "key %s of device '%s' is not valid now", key_id, device);
}

static void warn_of_device(struct ats_store_view *view, const char *device, const char *key_id,
                           json_t *warnings)
{
    struct ats_control_record record;
    struct ats_body_device body;
    enum ats_status status =
        ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text(device), &record);
    if (status == ATS_ERR_NOT_FOUND) {
        warn(warnings, "device-unknown", "device '%s' is not in this fleet: gates refuse it",
             device);
        return;
    }
    /* What cannot be read says nothing against it. */
    if (status != ATS_OK || ats_body_device_parse(record.body, &body) != ATS_OK)
        return;
    warn_of_state(device, &body, warnings);
    warn_of_key(device, &body, key_id, warnings);
}

void ats_token_warn_of_names(struct ats_store_view *view, const char *device, const char *key_id,
                             const char *gate, json_t *warnings)
{
    warn_of_device(view, device, key_id, warnings);
    struct ats_gate_objection objection;
    if (gate && ats_gate_name_objection(view, gate, false, &objection))
        warn(warnings, objection.reason, "gate '%s' %s; the token is good for no other", gate,
             objection.text);
}
