/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/record_schemas.h"

#include "cli/publish.h"
#include "cli/registry_schemas.h"
#include "common/contract/schema.h"
#include "common/control/body.h"
#include "common/record/schemas.h"

#include <assert.h>
#include <stdlib.h>

static size_t place_of(const char *record)
{
    size_t i = 0;
    while (ats_record_schema_texts[i].name && strcmp(ats_record_schema_texts[i].name, record) != 0)
        i++;
    assert(ats_record_schema_texts[i].name && i < ATS_RECORD_SCHEMAS_MAX);
    return i;
}

enum ats_status ats_record_ids_ask(const struct ats_cli *cli, struct ats_schema_registry *registry,
                                   struct ats_record_ids *ret_ids, struct ats_error *err)
{
    char subject[ATS_SUBJECT_SIZE];
    enum ats_status status = ATS_OK;
    *ret_ids = (struct ats_record_ids){{0}};
    for (const struct ats_record_topic *t = ats_record_topics;
         registry && t->record && status == ATS_OK; t++) {
        size_t place = place_of(t->record);
        if (!ats_record_schema_takes_id(t->record))
            continue;
        status = ats_registry_subject(cli, t->topic, "", subject, err);
        if (status == ATS_OK)
            status = ats_schema_registry_register(
                registry, subject, ats_record_schema_texts[place].text, &ret_ids->ids[place], err);
    }
    return status;
}

/* Under that id; 0: under any. */
static bool is_stated(struct ats_session *session, const struct ats_record_schema_text *schema,
                      uint32_t id)
{
    struct ats_control_record record;
    struct ats_body_schema body;
    if (ats_registry_find(ats_session_view(session), ATS_CONTROL_SCHEMA,
                          ats_span_text(schema->name), &record) != ATS_OK ||
        ats_body_schema_parse(record.body, &body) != ATS_OK)
        return false;
    bool same = ats_span_is(schema->text, body.text) && (id == 0 || id == body.schema_id);
    ats_body_schema_fini(&body);
    return same;
}

bool ats_record_schemas_are_stated(struct ats_session *session, const struct ats_record_ids *ids)
{
    for (size_t i = 0; ats_record_schema_texts[i].name; i++)
        if (!is_stated(session, &ats_record_schema_texts[i], ids->ids[i]))
            return false;
    return true;
}

static enum ats_status draft_schema(const struct ats_record_schema_text *schema, uint32_t id,
                                    struct ats_draft *draft, struct ats_error *err)
{
    struct ats_body_schema body = {.schema_id = id != 0 ? id : ats_schema_id(schema->text)};
    body.text = strndup((const char *)schema->text.data, schema->text.len);
    ats_draft_init(draft, ATS_CONTROL_SCHEMA, schema->name);
    enum ats_status status =
        body.text ? ats_body_schema_format(&body, &draft->body) : ATS_ERR_MEMORY;
    ats_body_schema_fini(&body);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the schema of record '%s' cannot be stated: %s",
                             schema->name, ats_status_name(status));
    return ATS_OK;
}

enum ats_status ats_record_schemas_state(struct ats_session *session,
                                         const struct ats_record_ids *ids, size_t *ret_count,
                                         struct ats_error *err)
{
    struct ats_draft *drafts = calloc(ATS_RECORD_SCHEMAS_MAX, sizeof(*drafts));
    const struct ats_record_schema_text *schemas = ats_record_schema_texts;
    enum ats_status status = ATS_OK;
    size_t count = 0;
    if (!drafts)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    for (size_t i = 0; schemas[i].name && i < ATS_RECORD_SCHEMAS_MAX && status == ATS_OK; i++)
        if (!is_stated(session, &schemas[i], ids->ids[i]))
            status = draft_schema(&schemas[i], ids->ids[i], &drafts[count++], err);
    if (status == ATS_OK && count > 0) /* else nobody has to sign */
        status = ats_publish(session, drafts, count, err);
    for (size_t i = 0; i < count; i++)
        ats_draft_fini(&drafts[i]);
    free(drafts);
    *ret_count = count;
    return status;
}
