/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/subjects.h"

#include "common/control/acts.h"
#include "common/control/body.h"
#include "common/control/seniority.h"
#include "common/kafka/config.h"
#include "common/record/schemas.h"

#include <stdio.h>
#include <stdlib.h>

#define SUFFIX "-value"

/* So many further records are looked at before the list is made anew without a look: a walk over all contracts costs about as much. */
#define LOOK_MAX 10000

struct making {
    struct ats_subjects *subjects;
    struct ats_store_view *view;
};

static void clear(struct ats_subjects *subjects)
{
    for (size_t i = 0; i < subjects->count; i++)
        free((char *)(uintptr_t)subjects->items[i].name);
    subjects->count = 0;
    subjects->made = false;
}

static enum ats_status grow(struct ats_subjects *subjects)
{
    size_t room = subjects->room > 0 ? 2 * subjects->room : 64;
    struct ats_http_subject *items = realloc(subjects->items, room * sizeof(*items));
    if (!items)
        return ATS_ERR_MEMORY;
    subjects->items = items;
    subjects->room = room;
    return ATS_OK;
}

static enum ats_status add(struct ats_subjects *subjects, const char *kind, const char *name,
                           uint64_t version, uint32_t schema_id)
{
    char text[ATS_KAFKA_TOPIC_MAX + sizeof(SUFFIX)];
    int len = snprintf(text, sizeof(text), "%s%s%s" SUFFIX, subjects->topic_prefix, kind, name);
    if (len < 0 || (size_t)len >= sizeof(text) || version > INT32_MAX)
        return ATS_OK; /* a topic of that name cannot be */
    if (subjects->count == subjects->room && grow(subjects) != ATS_OK)
        return ATS_ERR_MEMORY;
    char *copy = strdup(text);
    if (!copy)
        return ATS_ERR_MEMORY;
    subjects->items[subjects->count++] =
        (struct ats_http_subject){copy, (int32_t)version, schema_id};
    return ATS_OK;
}

/* Named "id@version". */
static enum ats_status visit_contract(void *ctx, const struct ats_control_record *record)
{
    struct making *making = ctx;
    struct ats_body_contract body;
    uint64_t place = 0;
    char id[ATS_NAME_MAX + 1];
    (void)snprintf(id, sizeof(id), "%.*s", (int)strcspn(record->name, "@"), record->name);
    if (ats_body_contract_parse(record->body, &body) != ATS_OK)
        return ATS_OK;
    enum ats_status status =
        ats_control_seniority(making->view, ATS_CONTROL_CONTRACT, record->name, &place);
    if (status == ATS_OK)
        status = add(making->subjects, "telemetry.", id, place, body.schema_id);
    ats_body_contract_fini(&body);
    return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
}

static enum ats_status visit_schema(void *ctx, const struct ats_control_record *record)
{
    struct making *making = ctx;
    struct ats_body_schema body;
    enum ats_status status = ATS_OK;
    if (ats_body_schema_parse(record->body, &body) != ATS_OK)
        return ATS_OK;
    for (const struct ats_record_topic *t = ats_record_topics; t->record && status == ATS_OK; t++)
        if (strcmp(t->record, record->name) == 0)
            status = add(making->subjects, "", t->topic, record->revision, body.schema_id);
    ats_body_schema_fini(&body);
    return status;
}

static int compare(const void *a, const void *b)
{
    const struct ats_http_subject *left = a;
    const struct ats_http_subject *right = b;
    int order = strcmp(left->name, right->name);
    return order != 0 ? order : (left->version > right->version) - (left->version < right->version);
}

/* Whether an earlier version of its subject has the schema. */
static bool is_repeated(const struct ats_subjects *subjects, size_t count, size_t i)
{
    for (size_t k = count; k-- > 0;) {
        if (strcmp(subjects->items[k].name, subjects->items[i].name) != 0)
            return false;
        if (subjects->items[k].schema_id == subjects->items[i].schema_id)
            return true;
    }
    return false;
}

static void remove_repeated(struct ats_subjects *subjects)
{
    size_t kept = 0;
    for (size_t i = 0; i < subjects->count; i++) {
        if (is_repeated(subjects, kept, i))
            free((char *)(uintptr_t)subjects->items[i].name);
        else
            subjects->items[kept++] = subjects->items[i];
    }
    subjects->count = kept;
}

static enum ats_status make(struct ats_subjects *subjects, struct ats_store_view *view)
{
    struct making making = {.subjects = subjects, .view = view};
    clear(subjects);
    enum ats_status status = ats_registry_walk(view, ATS_CONTROL_CONTRACT, visit_contract, &making);
    if (status == ATS_OK)
        status = ats_registry_walk(view, ATS_CONTROL_SCHEMA, visit_schema, &making);
    if (status != ATS_OK)
        return status;
    if (subjects->count > 0)
        qsort(subjects->items, subjects->count, sizeof(*subjects->items), compare);
    remove_repeated(subjects);
    subjects->made = true;
    subjects->times_made++;
    return ATS_OK;
}

/* What states a schema, or may make void what states one. */
static bool may_change(enum ats_control_kind kind)
{
    return kind == ATS_CONTROL_CONTRACT || kind == ATS_CONTROL_SCHEMA ||
           kind == ATS_CONTROL_OPERATOR || kind == ATS_CONTROL_ROOT || kind == ATS_CONTROL_POLICY;
}

/* Whether one of the records since then may change the list; also where that cannot be said. */
static bool is_outdated(const struct ats_subjects *subjects, struct ats_store_view *view,
                        uint64_t generation)
{
    struct ats_control_act act;
    if (!subjects->made || generation < subjects->generation ||
        generation - subjects->generation > LOOK_MAX)
        return true;
    for (uint64_t count = subjects->generation + 1; count <= generation; count++)
        if (ats_control_act_get(view, count, &act) != ATS_OK || may_change(act.kind))
            return true;
    return false;
}

static enum ats_status renew(struct ats_subjects *subjects, uint64_t generation)
{
    struct ats_store_view *view = NULL;
    enum ats_status status = ats_registry_view_open(subjects->registry, &view);
    if (status != ATS_OK)
        return status;
    if (is_outdated(subjects, view, generation))
        status = make(subjects, view);
    ats_store_view_close(view);
    subjects->generation = generation;
    return status;
}

enum ats_status ats_subjects_get(struct ats_subjects *subjects,
                                 const struct ats_http_subject **ret_items, size_t *ret_count)
{
    /* Before the view, which then has at least what it counts. */
    uint64_t generation = ats_registry_generation(subjects->registry);
    enum ats_status status = ATS_OK;
    if (!subjects->made || generation != subjects->generation)
        status = renew(subjects, generation);
    if (status != ATS_OK)
        clear(subjects);
    *ret_items = subjects->items;
    *ret_count = subjects->count;
    return status;
}

void ats_subjects_fini(struct ats_subjects *subjects)
{
    clear(subjects);
    free(subjects->items);
    *subjects = (struct ats_subjects){0};
}
