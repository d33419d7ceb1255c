/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of records, as common/record writes them. Kafka's are bytes; all of ours but two are texts. */
#include "cli/docs_asyncapi.h"

#include "common/record/cloudevents.h"

/* Which records have it. */
enum which { NONE, ALL, GATES, ADMITTED };

static const struct header {
    const char *name;
    const char *description;
    enum which may;  /* have it */
    enum which must; /* of these */
} headers[] = {
    {"ce_specversion", "CloudEvents 1.0", ALL, ALL},
    {"ce_id", "Names the record, together with ce_source", ALL, ALL},
    {"ce_source", "/attestream/FLEET/NAME of the gate or the processor's group", ALL, ALL},
    {"ce_type", "What the record is", ALL, ALL},
    {"ce_time", "When it was made, RFC 3339; of a gate, when it took the event in", ALL, ALL},
    {"ce_subject", "Device, asset or episode", ALL, NONE},
    {"ce_dataschema", "/schemas/ids/ID: where the processor answers with the schema", ALL, NONE},
    {"content-type", "application/avro", ALL, ALL},
    {"traceparent", "W3C trace context, where the device sent one", ALL, NONE},
    {"ats_gate", "The gate's name", GATES, GATES},
    {"ats_journal", "The journal's id, 16 hexadecimal digits", GATES, GATES},
    {"ats_position", "Position in the journal", GATES, GATES},
    {"ats_control", "Control records that the gate had applied", GATES, GATES},
    {"ats_device", "Who sent it", GATES, ADMITTED},
    {"ats_contract", "NAME@VERSION of the contract", GATES, ADMITTED},
    {"ats_topic", "The MQTT topic", GATES, GATES},
    {"ats_qos", "0, 1 or 2", GATES, GATES},
    {"ats_retain", "1 if the message was retained", GATES, NONE},
    {"ats_proof", "none, connection, mac or signature", GATES, GATES},
    {"ats_sequence", "The device's sequence", GATES, NONE},
    {"ats_time", "The device's clock, milliseconds since 1970", GATES, NONE},
    {"ats_session", "The device's session (bytes)", GATES, NONE},
    {"ats_key", "The id of the key that signed", GATES, NONE},
    {"ats_signature", "The device's signature (bytes)", GATES, NONE},
    {"ats_payload", "The payload that the signature covers (bytes)", ADMITTED, NONE},
    {"ats_item", "Of a list of events: which this is, from 0", GATES, NONE},
    {"ats_items", "Of a list of events: how many there are", GATES, NONE},
    {"ats_warnings", "Rules that only warn and did not hold, as PATH:RULE with a space between",
     ADMITTED, NONE},
    {"ats_content_type", "The publish's content type, where it had one", GATES, NONE},
    {"ats_replay", "The event in quarantine that was admitted anew: its ce_id", ADMITTED, NONE},
    {"ats_seal", "The gate's seal over key, value and the other headers (bytes); the last header",
     GATES, ADMITTED},
};

static bool is_of(enum which which, enum ats_docs_headers form)
{
    return which == ALL || (which == GATES && form != ATS_DOCS_HEADERS_PLAIN) ||
           (which == ADMITTED && form == ATS_DOCS_HEADERS_ADMITTED);
}

json_t *ats_docs_headers(const char *ce_type, enum ats_docs_headers form)
{
    json_t *properties = json_object();
    json_t *required = json_array();
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        const struct header *header = &headers[i];
        if (!is_of(header->may, form))
            continue;
        json_t *schema =
            json_pack("{s:s, s:s}", "type", "string", "description", header->description);
        if (strcmp(header->name, "ce_type") == 0)
            (void)json_object_set_new(schema, "const", json_string(ce_type));
        (void)json_object_set_new(properties, header->name, schema);
        if (is_of(header->must, form))
            (void)json_array_append_new(required, json_string(header->name));
    }
    return json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required",
                     required);
}
