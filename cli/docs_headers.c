/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of records, as common/record writes them. Kafka's are bytes; all of ours but two are texts. */
#include "cli/docs_asyncapi.h"

#include "common/record/cloudevents.h"

static const struct header {
    const char *name;
    const char *description;
    bool gate; /* of what a gate forwards */
    bool required;
    bool admitted; /* required only of what was admitted */
} headers[] = {
    {"ce_specversion", "CloudEvents 1.0", false, true, false},
    {"ce_id", "Names the record, together with ce_source", false, true, false},
    {"ce_source", "/attestream/FLEET/NAME of the gate or the processor's group", false, true,
     false},
    {"ce_type", "What the record is", false, true, false},
    {"ce_time", "When it was made, RFC 3339; of a gate, when it took the event in", false, true,
     false},
    {"ce_subject", "Device, asset or episode", false, false, false},
    {"ce_dataschema", "/schemas/ids/ID: where the processor answers with the schema", false, false,
     false},
    {"content-type", "application/avro", false, true, false},
    {"traceparent", "W3C trace context, where the device sent one", false, false, false},
    {"ats_gate", "The gate's name", true, true, false},
    {"ats_journal", "The journal's id, 16 hexadecimal digits", true, true, false},
    {"ats_position", "Position in the journal", true, true, false},
    {"ats_control", "Control records that the gate had applied", true, true, false},
    {"ats_device", "Who sent it", true, false, true},
    {"ats_contract", "NAME@VERSION of the contract", true, false, true},
    {"ats_topic", "The MQTT topic", true, true, false},
    {"ats_qos", "0, 1 or 2", true, true, false},
    {"ats_retain", "1 if the message was retained", true, false, false},
    {"ats_proof", "none, connection, mac or signature", true, true, false},
    {"ats_sequence", "The device's sequence", true, false, false},
    {"ats_time", "The device's clock, milliseconds since 1970", true, false, false},
    {"ats_session", "The device's session (bytes)", true, false, false},
    {"ats_key", "The id of the key that signed", true, false, false},
    {"ats_signature", "The device's signature (bytes)", true, false, false},
    {"ats_payload", "The payload that the signature covers (bytes)", true, false, false},
    {"ats_item", "Of a list of events: which this is, from 0", true, false, false},
    {"ats_items", "Of a list of events: how many there are", true, false, false},
    {"ats_warnings", "Rules that only warn and did not hold, as PATH:RULE", true, false, false},
    {"ats_content_type", "The publish's content type", true, false, false},
    {"ats_replay", "The event in quarantine that was admitted anew: its ce_id", true, false, false},
    {"ats_seal", "The gate's seal over key, value and the other headers (bytes); the last header",
     true, false, true},
};

json_t *ats_docs_headers(const char *ce_type, bool gate, bool admitted)
{
    json_t *properties = json_object();
    json_t *required = json_array();
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        const struct header *header = &headers[i];
        if (header->gate && !gate)
            continue;
        json_t *schema =
            json_pack("{s:s, s:s}", "type", "string", "description", header->description);
        if (strcmp(header->name, "ce_type") == 0)
            (void)json_object_set_new(schema, "const", json_string(ce_type));
        (void)json_object_set_new(properties, header->name, schema);
        if (header->required || (header->admitted && admitted))
            (void)json_array_append_new(required, json_string(header->name));
    }
    return json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required",
                     required);
}
