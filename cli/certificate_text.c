/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificate_text.h"

#include "common/base/base64.h"
#include "common/base/clock.h"
#include "common/base/span.h"
#include "common/control/body.h"
#include "device/protocol.h"

#include <stdio.h>
#include <string.h>

/* The role's word, two names of their greatest length, a key id and two times. */
#define TEXT_SIZE (ATS_NAME_MAX + 2 * ATS_RFC3339_SIZE + ATS_KEY_ID_SIZE + 64)
/* The end of the year 9999: nothing later has a form. */
#define LAST_MS INT64_C(253402300799999)

static void format_time(uint64_t ms, char ret_text[ATS_RFC3339_SIZE])
{
    ats_clock_format_rfc3339(ms < (uint64_t)LAST_MS ? (int64_t)ms : LAST_MS, ret_text);
}

/* NULL: it is none, and stays as it stands. */
static json_t *certificate_text(const json_t *value)
{
    struct ats_certificate certificate;
    uint8_t bytes[ATS_CERTIFICATE_MAX];
    size_t len = 0;
    char text[TEXT_SIZE];
    char key_id[ATS_KEY_ID_SIZE];
    char begin[ATS_RFC3339_SIZE];
    char end[ATS_RFC3339_SIZE];
    const struct ats_span encoded =
        ats_span_of(json_string_value(value), json_string_length(value));
    if (ats_base64_decode(encoded, bytes, sizeof(bytes), &len) != ATS_OK ||
        ats_certificate_decode(bytes, len, &certificate) != ATS_DEVICE_OK)
        return NULL;
    ats_key_id(certificate.key, key_id);
    format_time(certificate.not_before_ms, begin);
    format_time(certificate.not_after_ms, end);
    (void)snprintf(text, sizeof(text), "%s '%s', key %s, from %s until %s",
                   certificate.role == ATS_CERTIFICATE_GATE ? "gate" : "operator", certificate.name,
                   key_id, begin, end);
    return json_string(text);
}

static json_t *time_text(const json_t *value)
{
    char text[ATS_RFC3339_SIZE];
    if (json_integer_value(value) <= 0)
        return NULL;
    format_time((uint64_t)json_integer_value(value), text);
    return json_string(text);
}

/* What a member of that name says; NULL: as it stands. A member that changes is a pair of values. */
static json_t *member_text(const char *key, const json_t *value)
{
    if (strcmp(key, "certificate") == 0 && json_is_string(value))
        return certificate_text(value);
    if ((strcmp(key, "not_before") == 0 || strcmp(key, "not_after") == 0) && json_is_integer(value))
        return time_text(value);
    return NULL;
}

static void take_array(const char *key, json_t *array)
{
    size_t i;
    json_t *item;
    json_array_foreach(array, i, item)
    {
        json_t *text = member_text(key, item);
        if (text)
            (void)json_array_set_new(array, i, text);
        else
            ats_certificates_as_text(item);
    }
}

void ats_certificates_as_text(json_t *value)
{
    const char *key;
    void *next;
    json_t *item;
    if (json_is_array(value))
        take_array("", value);
    if (!json_is_object(value))
        return;
    json_object_foreach_safe(value, next, key, item)
    {
        json_t *text = member_text(key, item);
        if (text)
            (void)json_object_set_new(value, key, text);
        else if (json_is_array(item))
            take_array(key, item);
        else
            ats_certificates_as_text(item);
    }
}
