/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/subjects.h"

#include "common/control/body.h"
#include "common/control/seniority.h"
#include "common/kafka/config.h"

#include <stdio.h>
#include <stdlib.h>

#define SUFFIX "-value"

/* The topic that carries each record; a topic of two has the first under its subject, and the other by its id alone. */
static const struct {
    const char *record;
    const char *topic;
} outputs[] = {
    {"alert", "alerts"},
    {"control", "control"},
    {"decision", "decisions"},
    {"journal-checkpoint", "evidence"},
    {"maintenance-request", "erp.requests"},
    {"quarantine", "quarantine"},
};

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
    for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]) && status == ATS_OK; i++)
        if (strcmp(outputs[i].record, record->name) == 0)
            status = add(making->subjects, "", outputs[i].topic, record->revision, body.schema_id);
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

static enum ats_status make(struct ats_subjects *subjects)
{
    struct making making = {.subjects = subjects};
    enum ats_status status = ats_registry_view_open(subjects->registry, &making.view);
    if (status != ATS_OK)
        return status;
    status = ats_registry_walk(making.view, ATS_CONTROL_CONTRACT, visit_contract, &making);
    if (status == ATS_OK)
        status = ats_registry_walk(making.view, ATS_CONTROL_SCHEMA, visit_schema, &making);
    ats_store_view_close(making.view);
    if (status != ATS_OK)
        return status;
    if (subjects->count > 0)
        qsort(subjects->items, subjects->count, sizeof(*subjects->items), compare);
    remove_repeated(subjects);
    return ATS_OK;
}

enum ats_status ats_subjects_get(struct ats_subjects *subjects,
                                 const struct ats_http_subject **ret_items, size_t *ret_count)
{
    uint64_t generation = ats_registry_generation(subjects->registry);
    enum ats_status status = ATS_OK;
    if (!subjects->made || generation != subjects->generation) {
        clear(subjects);
        status = make(subjects);
        subjects->generation = generation;
        subjects->made = status == ATS_OK;
    }
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
