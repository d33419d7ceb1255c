/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/registry_schemas.h"

#include "cli/cli.h"
#include "common/base/limits.h"
#include "common/contract/schema.h"
#include "common/contract/set.h"
#include "common/control/body.h"
#include "common/control/registry.h"
#include "common/record/schemas.h"

#include <stdio.h>
#include <stdlib.h>

struct listing {
    const struct ats_cli *cli;
    struct ats_store_view *view;
    struct ats_registry_schemas *list;
    const char *contract; /* that one's versions alone, "" for none; NULL: of all */
    struct ats_error *err;
};

enum ats_status ats_registry_subject(const struct ats_cli *cli, const char *topic, const char *name,
                                     char ret_subject[ATS_SUBJECT_SIZE], struct ats_error *err)
{
    char suffix[ATS_NAME_MAX + 16];
    char full[ATS_KAFKA_TOPIC_MAX + 1];
    (void)snprintf(suffix, sizeof(suffix), "%s%s", topic, name);
    enum ats_status status = ats_kafka_topic_name(&cli->kafka, suffix, full, err);
    if (status != ATS_OK)
        return ats_cli_unusable(status, err);
    (void)snprintf(ret_subject, ATS_SUBJECT_SIZE, "%s-value", full);
    return ATS_OK;
}

bool ats_registry_gave_id(const struct ats_registry_schema *schema)
{
    return schema->schema_id != ats_schema_id(ats_span_text(schema->text));
}

/* Takes the text. */
static enum ats_status add(struct listing *listing, const struct ats_registry_schema *schema)
{
    struct ats_registry_schemas *list = listing->list;
    if (list->count == list->room) {
        size_t room = list->room > 0 ? 2 * list->room : 32;
        struct ats_registry_schema *grown = realloc(list->items, room * sizeof(*grown));
        if (!grown) {
            free(schema->text);
            return ats_error_set(listing->err, ATS_ERR_MEMORY, "out of memory");
        }
        list->items = grown;
        list->room = room;
    }
    list->items[list->count++] = *schema;
    return ATS_OK;
}

static enum ats_status visit_contract(void *ctx, const struct ats_control_record *record)
{
    struct listing *listing = ctx;
    struct ats_body_contract body;
    struct ats_registry_schema schema = {.kind = ATS_CONTROL_CONTRACT};
    char id[ATS_NAME_MAX + 1];
    struct ats_error no_topic;
    (void)snprintf(id, sizeof(id), "%.*s", (int)strcspn(record->name, "@"), record->name);
    if (listing->contract && strcmp(listing->contract, id) != 0)
        return ATS_OK;
    if (ats_body_contract_parse(record->body, &body) != ATS_OK)
        return ATS_OK;
    (void)snprintf(schema.name, sizeof(schema.name), "%s", record->name);
    schema.schema_id = body.schema_id;
    enum ats_status status = ATS_OK;
    if (ats_registry_subject(listing->cli, "telemetry.", id, schema.subject, &no_topic) == ATS_OK) {
        schema.text = body.avsc;
        body.avsc = NULL;
        status = add(listing, &schema);
    }
    ats_body_contract_fini(&body);
    return status;
}

static struct ats_span text_of(const char *record)
{
    const struct ats_record_schema_text *schema = ats_record_schema_texts;
    while (schema->name && strcmp(schema->name, record) != 0)
        schema++;
    return schema->text;
}

/* As this version of the code writes them; the id is that of the log, if it has this text. */
static enum ats_status add_record(struct listing *listing, const struct ats_record_topic *topic)
{
    struct ats_registry_schema schema = {.kind = ATS_CONTROL_SCHEMA};
    struct ats_control_record record;
    struct ats_body_schema body;
    struct ats_span text = text_of(topic->record);
    (void)snprintf(schema.name, sizeof(schema.name), "%s", topic->record);
    schema.schema_id = ats_schema_id(text);
    if (ats_registry_find(listing->view, ATS_CONTROL_SCHEMA, ats_span_text(topic->record),
                          &record) == ATS_OK &&
        ats_body_schema_parse(record.body, &body) == ATS_OK) {
        if (ats_span_is(text, body.text))
            schema.schema_id = body.schema_id;
        ats_body_schema_fini(&body);
    }
    enum ats_status status =
        ats_registry_subject(listing->cli, topic->topic, "", schema.subject, listing->err);
    if (status != ATS_OK)
        return status;
    schema.text = strndup((const char *)text.data, text.len);
    if (!schema.text)
        return ats_error_set(listing->err, ATS_ERR_MEMORY, "out of memory");
    return add(listing, &schema);
}

static int compare(const void *a, const void *b)
{
    const struct ats_registry_schema *left = a;
    const struct ats_registry_schema *right = b;
    int order = strcmp(left->subject, right->subject);
    if (order != 0 || left->kind != ATS_CONTROL_CONTRACT)
        return order;
    return ats_contract_compare_versions(strchr(left->name, '@') + 1, strchr(right->name, '@') + 1);
}

static enum ats_status list_contracts(struct listing *listing)
{
    enum ats_status status =
        ats_registry_walk(listing->view, ATS_CONTROL_CONTRACT, visit_contract, listing);
    if (status == ATS_OK || listing->err->text[0] != '\0')
        return status;
    return ats_error_set(listing->err, status, "the local copy cannot be read: %s",
                         ats_status_name(status));
}

static enum ats_status make_list(struct listing *listing)
{
    struct ats_registry_schemas *list = listing->list;
    *list = (struct ats_registry_schemas){0};
    enum ats_status status = list_contracts(listing);
    for (const struct ats_record_topic *t = ats_record_topics; t->record && status == ATS_OK; t++)
        if (ats_record_schema_takes_id(t->record))
            status = add_record(listing, t);
    if (status != ATS_OK)
        ats_registry_schemas_fini(list);
    else if (list->count > 0)
        qsort(list->items, list->count, sizeof(*list->items), compare);
    return status;
}

enum ats_status ats_registry_schemas_list(const struct ats_cli *cli, struct ats_store_view *view,
                                          struct ats_registry_schemas *ret_list,
                                          struct ats_error *err)
{
    struct listing listing = {.cli = cli, .view = view, .list = ret_list, .err = err};
    return make_list(&listing);
}

void ats_registry_schemas_fini(struct ats_registry_schemas *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].text);
    free(list->items);
    *list = (struct ats_registry_schemas){0};
}

enum ats_status ats_registry_ids_used(struct ats_store_view *view, const char *contract,
                                      bool *ret_used, struct ats_error *err)
{
    /* What subjects would be called does not matter here. */
    const struct ats_cli nobodys = {.kafka = {.topic_prefix = ""}};
    struct ats_registry_schemas list;
    struct listing listing = {.cli = &nobodys,
                              .view = view,
                              .list = &list,
                              .contract = contract ? contract : "",
                              .err = err};
    *ret_used = false;
    enum ats_status status = make_list(&listing);
    if (status != ATS_OK)
        return status;
    for (size_t i = 0; i < list.count; i++)
        *ret_used = *ret_used || ats_registry_gave_id(&list.items[i]);
    ats_registry_schemas_fini(&list);
    return ATS_OK;
}
