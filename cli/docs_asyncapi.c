/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The document describes Attestream as the application: it sends what stands in its topics. One channel and one operation for each
 * topic, one message for each schema; names are the topics' without their prefix.
 */
#include "cli/docs_asyncapi.h"

#include "cli/docs_html.h"
#include "cli/docs_topics.h"
#include "common/base/limits.h"
#include "common/record/cloudevents.h"
#include "common/record/schemas.h"

#include <stdio.h>

#define KAFKA_BINDING "0.5.0"
#define AVRO_FORMAT "application/vnd.apache.avro+json;version=1.9.0"
#define REFERENCE_MAX (2 * ATS_KAFKA_TOPIC_MAX + 64)

struct document {
    json_t *channels;
    json_t *operations;
    json_t *messages;
};

static json_t *reference(const char *part, const char *name, const char *message)
{
    char text[REFERENCE_MAX];
    (void)snprintf(text, sizeof(text), "#/%s/%s%s%s", part, name, message ? "/messages/" : "",
                   message ? message : "");
    return json_pack("{s:s}", "$ref", text);
}

/* Its schema is one that we wrote or compiled, so that it is JSON. Takes the headers, which may be NULL. */
static void add_avro(struct document *d, const char *name, const char *title, struct ats_span avsc,
                     json_t *headers, const char *key)
{
    json_t *schema = json_loadb((const char *)avsc.data, avsc.len, JSON_DECODE_ANY, NULL);
    json_t *message =
        json_pack("{s:s, s:s, s:s, s:{s:s, s:o}, s:{s:{s:{s:s, s:s}, s:s, s:s, s:s}}}", "name",
                  name, "title", title, "contentType", ATS_CONTENT_TYPE_AVRO, "payload",
                  "schemaFormat", AVRO_FORMAT, "schema", schema, "bindings", "kafka", "key", "type",
                  "string", "description", key, "schemaIdLocation", "payload",
                  "schemaIdPayloadEncoding", "confluent", "bindingVersion", KAFKA_BINDING);
    if (headers)
        (void)json_object_set_new(message, "headers", headers);
    (void)json_object_set_new(d->messages, name, message);
}

static void add_json(struct document *d, const char *name, const char *title)
{
    (void)json_object_set_new(d->messages, name,
                              json_pack("{s:s, s:s, s:s, s:{s:s}}", "name", name, "title", title,
                                        "contentType", "application/vnd.eclipse.ditto+json",
                                        "payload", "type", "object"));
}

/* A channel that carries these messages, and that Attestream sends to it. */
static void add_channel(struct document *d, const char *name, const char *topic, const char *what,
                        const char *const *messages, size_t count)
{
    json_t *carried = json_object();
    json_t *sent = json_array();
    char operation[REFERENCE_MAX];
    for (size_t i = 0; i < count; i++) {
        (void)json_object_set_new(carried, messages[i],
                                  reference("components/messages", messages[i], NULL));
        (void)json_array_append_new(sent, reference("channels", name, messages[i]));
    }
    (void)json_object_set_new(d->channels, name,
                              json_pack("{s:s, s:s, s:o, s:{s:{s:s, s:s}}}", "address", topic,
                                        "description", what, "messages", carried, "bindings",
                                        "kafka", "topic", topic, "bindingVersion", KAFKA_BINDING));
    (void)snprintf(operation, sizeof(operation), "send.%s", name);
    (void)json_object_set_new(d->operations, operation,
                              json_pack("{s:s, s:o, s:o}", "action", "send", "channel",
                                        reference("channels", name, NULL), "messages", sent));
}

static enum ats_status add_contract(const struct ats_cli *cli, struct document *d,
                                    const struct ats_docs_contract *one, struct ats_error *err)
{
    char name[ATS_NAME_MAX + 16];
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    const struct ats_yaml_node *root = ats_yaml_root(one->odcs);
    const char *title = ats_html_of(root, "name");
    const char *purpose = ats_html_of(ats_yaml_find(root, "description"), "purpose");
    const char *messages[] = {name};
    enum ats_status status = ats_docs_telemetry_topic(cli, one->contract, topic, err);
    if (status != ATS_OK)
        return status;
    (void)snprintf(name, sizeof(name), "telemetry.%s", ats_contract_name(one->contract));
    add_avro(d, name, title[0] ? title : name, ats_contract_schema(one->contract),
             ats_docs_headers(ATS_CE_TYPE_TELEMETRY, ATS_DOCS_HEADERS_ADMITTED), "The asset");
    add_channel(d, name, topic, purpose[0] ? purpose : "Admitted events of one contract.", messages,
                1);
    return ATS_OK;
}

static void add_record(struct document *d, const struct ats_docs_message *message, const char *key)
{
    for (const struct ats_record_schema_text *text = ats_record_schema_texts; text->name; text++)
        if (strcmp(text->name, message->schema) == 0)
            add_avro(d, message->name, message->name, text->text,
                     message->ce_type ? ats_docs_headers(message->ce_type, message->headers) : NULL,
                     key);
}

static enum ats_status add_topic(const struct ats_cli *cli, struct document *d,
                                 const struct ats_docs_topic *topic, struct ats_error *err)
{
    const char *messages[2] = {"twin"};
    char name[ATS_KAFKA_TOPIC_MAX + 1];
    size_t count = 0;
    enum ats_status status = ats_kafka_topic_name(&cli->kafka, topic->suffix, name, err);
    if (status != ATS_OK)
        return status;
    for (; count < 2 && topic->messages[count].name; count++) {
        messages[count] = topic->messages[count].name;
        add_record(d, &topic->messages[count], topic->key);
    }
    if (count == 0)
        add_json(d, "twin", "Eclipse Ditto protocol message");
    add_channel(d, topic->suffix, name, topic->what, messages, count > 0 ? count : 1);
    return ATS_OK;
}

enum ats_status ats_docs_asyncapi(const struct ats_cli *cli, const struct ats_docs *docs,
                                  json_t **ret_document, struct ats_error *err)
{
    struct document d = {
        .channels = json_object(), .operations = json_object(), .messages = json_object()};
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < docs->count && status == ATS_OK; i++)
        status = add_contract(cli, &d, &docs->contracts[i], err);
    for (const struct ats_docs_topic *t = ats_docs_topics; t->suffix && status == ATS_OK; t++)
        status = add_topic(cli, &d, t, err);
    *ret_document = json_pack(
        "{s:s, s:{s:s, s:s, s:s}, s:s, s:o, s:o, s:{s:o}}", "asyncapi", "3.0.0", "info", "title",
        "Attestream", "version", ATS_VERSION, "description",
        "Topics of contracts, and of what is made of their data. Values are Avro with Confluent "
        "framing; a schema's id is the first 31 bits of SHA-256 of its text, or what the site's "
        "own Schema Registry gave.",
        "defaultContentType", ATS_CONTENT_TYPE_AVRO, "channels", d.channels, "operations",
        d.operations, "components", "messages", d.messages);
    if (status == ATS_OK && !*ret_document)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    if (status != ATS_OK) {
        json_decref(*ret_document);
        *ret_document = NULL;
    }
    return status;
}
