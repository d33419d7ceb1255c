/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/http/registry.h"

#include "common/base/limits.h"
#include "common/base/parse.h"
#include "common/record/avro_same.h"
#include "processor/http/answer.h"

#include <jansson.h>
#include <stdlib.h>

/* Parts of a path between its slashes; no path of the API has more. */
#define PARTS_MAX 6

struct query {
    const struct ats_http_source *source;
    const struct ats_http_request *request;
    struct ats_buf *body;
    const struct ats_http_subject *subjects; /* sorted by subject, then version */
    size_t count;
    char path[ATS_HTTP_PATH_MAX + 1];
    const char *parts[PARTS_MAX];
    size_t part_count;
};

typedef struct ats_http_answer answer_query(struct query *query);

/* ---- answers ---- */

static struct ats_http_answer give(struct query *query, json_t *json)
{
    ats_http_append_json(query->body, json);
    return (struct ats_http_answer){200, ATS_HTTP_TYPE_REGISTRY, NULL};
}

static struct ats_http_answer fail(struct query *query, unsigned status, int code,
                                   const char *message)
{
    return ats_http_answer_error(query->body, status, ATS_HTTP_TYPE_REGISTRY, code, message);
}

static struct ats_http_answer no_subject(struct query *query)
{
    return fail(query, 404, 40401, "Subject not found");
}

static struct ats_http_answer no_version(struct query *query)
{
    return fail(query, 404, 40402, "Version not found");
}

static struct ats_http_answer no_schema(struct query *query)
{
    return fail(query, 404, 40403, "Schema not found");
}

static struct ats_http_answer no_text(struct query *query)
{
    return fail(query, 422, 42201, "Either input schema or its text is invalid");
}

static struct ats_http_answer no_store(struct query *query)
{
    return fail(query, 500, 50001, "Error in the backend data store");
}

/* ---- subjects ---- */

/* The first version of the subject; the number of its versions. */
static const struct ats_http_subject *find_subject(const struct query *query, const char *name,
                                                   size_t *ret_count)
{
    const struct ats_http_subject *first = NULL;
    *ret_count = 0;
    for (size_t i = 0; i < query->count; i++) {
        if (strcmp(query->subjects[i].name, name) != 0)
            continue;
        first = first ? first : &query->subjects[i];
        (*ret_count)++;
    }
    return first;
}

/* "latest" and "-1" are the last one. NULL: there is none of that number; `ret_good`: whether it can be a number. */
static const struct ats_http_subject *find_version(const struct ats_http_subject *first,
                                                   size_t count, const char *text, bool *ret_good)
{
    uint64_t number = 0;
    bool latest = strcmp(text, "latest") == 0 || strcmp(text, "-1") == 0;
    *ret_good = latest || (ats_parse_uint64(ats_span_text(text), &number) == ATS_OK &&
                           number >= 1 && number <= INT32_MAX);
    for (size_t i = 0; i < count; i++)
        if (latest ? i + 1 == count : (uint64_t)first[i].version == number)
            return &first[i];
    return NULL;
}

static json_t *describe(const struct ats_http_subject *found, struct ats_span text)
{
    return json_pack("{s:s, s:i, s:I, s:s%}", "subject", found->name, "version", found->version,
                     "id", (json_int_t)found->schema_id, "schema", text.data, text.len);
}

static struct ats_http_answer answer_subjects(struct query *query)
{
    json_t *names = json_array();
    for (size_t i = 0; i < query->count; i++)
        if (i == 0 || strcmp(query->subjects[i].name, query->subjects[i - 1].name) != 0)
            (void)json_array_append_new(names, json_string(query->subjects[i].name));
    return give(query, names);
}

static struct ats_http_answer answer_versions(struct query *query)
{
    size_t count = 0;
    const struct ats_http_subject *first = find_subject(query, query->parts[1], &count);
    json_t *numbers = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(numbers, json_integer(first[i].version));
    if (first)
        return give(query, numbers);
    json_decref(numbers);
    return no_subject(query);
}

/* The version that the path names, and its text; false with the answer where there is none. */
static bool take_version(struct query *query, const struct ats_http_subject **ret_found,
                         struct ats_buf *text, struct ats_http_answer *ret_answer)
{
    size_t count = 0;
    bool good = false;
    const struct ats_http_subject *first = find_subject(query, query->parts[1], &count);
    *ret_found = first ? find_version(first, count, query->parts[3], &good) : NULL;
    if (!first)
        *ret_answer = no_subject(query);
    else if (!good)
        *ret_answer = fail(query, 422, 42202,
                           "The specified version is not a valid version id. Allowed values are "
                           "between [1, 2^31-1] and the string \"latest\"");
    else if (!*ret_found)
        *ret_answer = no_version(query);
    else if (query->source->schema(query->source->ctx, (*ret_found)->schema_id, text) == ATS_OK)
        return true;
    else
        *ret_answer = no_store(query);
    return false;
}

static struct ats_http_answer answer_version(struct query *query)
{
    const struct ats_http_subject *found = NULL;
    struct ats_http_answer answer;
    struct ats_buf text;
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    if (take_version(query, &found, &text, &answer))
        answer = give(query, describe(found, ats_buf_span(&text)));
    ats_buf_fini(&text);
    return answer;
}

static struct ats_http_answer answer_version_schema(struct query *query)
{
    const struct ats_http_subject *found = NULL;
    struct ats_http_answer answer;
    struct ats_buf text;
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    if (take_version(query, &found, &text, &answer)) {
        ats_buf_append(query->body, text.data, text.len);
        answer = (struct ats_http_answer){200, ATS_HTTP_TYPE_REGISTRY, NULL};
    }
    ats_buf_fini(&text);
    return answer;
}

/* No schema of ours refers to another one. */
static struct ats_http_answer answer_none(struct query *query)
{
    return give(query, json_array());
}

/* ---- looking a schema up by its text ---- */

/* The newest version that is the same JSON (the order of keys and the space between them say nothing), else the newest of the same types:
   Java's clients ask in the words of their own parser. NULL: none is. Each version is parsed once, as this thread answers probes too. */
static const struct ats_http_subject *search(const struct query *query,
                                             const struct ats_http_subject *first, size_t count,
                                             const json_t *asked, struct ats_buf *text)
{
    const struct ats_http_subject *same = NULL, *same_type = NULL;
    for (size_t i = count; i-- > 0 && !same;) {
        ats_buf_clear(text);
        if (query->source->schema(query->source->ctx, first[i].schema_id, text) != ATS_OK)
            continue;
        json_t *json = json_loadb((const char *)text->data, text->len, JSON_DECODE_ANY, NULL);
        if (json && json_equal(json, asked))
            same = &first[i];
        else if (!same_type && ats_avro_same_json(json, asked))
            same_type = &first[i];
        json_decref(json);
    }
    return same ? same : same_type;
}

/* `asked` is Avro. */
static struct ats_http_answer answer_asked(struct query *query,
                                           const struct ats_http_subject *first, size_t count,
                                           const json_t *asked)
{
    struct ats_http_answer answer;
    struct ats_buf text;
    json_t *json =
        json_loadb(json_string_value(asked), json_string_length(asked), JSON_DECODE_ANY, NULL);
    if (!json)
        return no_text(query);
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    const struct ats_http_subject *found = search(query, first, count, json, &text);
    ats_buf_clear(&text);
    if (!found)
        answer = no_schema(query);
    else if (query->source->schema(query->source->ctx, found->schema_id, &text) != ATS_OK)
        answer = no_store(query);
    else
        answer = give(query, describe(found, ats_buf_span(&text)));
    ats_buf_fini(&text);
    json_decref(json);
    return answer;
}

static struct ats_http_answer look_up(struct query *query)
{
    size_t count = 0;
    const struct ats_http_subject *first = find_subject(query, query->parts[1], &count);
    struct ats_span upload = query->request->upload;
    json_t *asked = json_loadb(upload.data ? (const char *)upload.data : "", upload.len, 0, NULL);
    const char *type = json_string_value(json_object_get(asked, "schemaType"));
    const json_t *schema = json_object_get(asked, "schema");
    struct ats_http_answer answer;
    if (!json_is_string(schema))
        answer = no_text(query);
    else if (!first)
        answer = no_subject(query);
    else if ((type && strcmp(type, "AVRO") != 0) || json_string_length(schema) > ATS_DOCUMENT_MAX)
        answer = no_schema(query); /* no schema here is longer */
    else
        answer = answer_asked(query, first, count, schema);
    json_decref(asked);
    return answer;
}

/* ---- by id ---- */

/* The id in the path and its text; false with the answer. */
static bool take_id(struct query *query, uint32_t *ret_id, struct ats_buf *text,
                    struct ats_http_answer *ret_answer)
{
    uint64_t id = 0;
    bool good = ats_parse_uint64(ats_span_text(query->parts[2]), &id) == ATS_OK && id <= INT32_MAX;
    *ret_id = (uint32_t)id;
    enum ats_status status =
        good ? query->source->schema(query->source->ctx, (uint32_t)id, text) : ATS_ERR_NOT_FOUND;
    if (status == ATS_OK)
        return true;
    *ret_answer = status == ATS_ERR_NOT_FOUND ? no_schema(query) : no_store(query);
    return false;
}

static struct ats_http_answer answer_id(struct query *query)
{
    uint32_t id = 0;
    struct ats_http_answer answer;
    struct ats_buf text;
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    if (take_id(query, &id, &text, &answer))
        answer = give(query, json_pack("{s:s%}", "schema", text.data, text.len));
    ats_buf_fini(&text);
    return answer;
}

static struct ats_http_answer answer_id_schema(struct query *query)
{
    uint32_t id = 0;
    struct ats_http_answer answer;
    struct ats_buf text;
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    if (take_id(query, &id, &text, &answer)) {
        ats_buf_append(query->body, text.data, text.len);
        answer = (struct ats_http_answer){200, ATS_HTTP_TYPE_REGISTRY, NULL};
    }
    ats_buf_fini(&text);
    return answer;
}

/* Where the schema stands. */
static struct ats_http_answer answer_places(struct query *query, bool with_versions)
{
    uint32_t id = 0;
    struct ats_http_answer answer;
    struct ats_buf text;
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    bool found = take_id(query, &id, &text, &answer);
    json_t *places = json_array();
    for (size_t i = 0; found && i < query->count; i++) {
        const struct ats_http_subject *subject = &query->subjects[i];
        if (subject->schema_id == id)
            (void)json_array_append_new(places, with_versions ? json_pack("{s:s, s:i}", "subject",
                                                                          subject->name, "version",
                                                                          subject->version)
                                                              : json_string(subject->name));
    }
    ats_buf_fini(&text);
    if (found)
        return give(query, places);
    json_decref(places);
    return answer;
}

static struct ats_http_answer answer_id_subjects(struct query *query)
{
    return answer_places(query, false);
}

static struct ats_http_answer answer_id_versions(struct query *query)
{
    return answer_places(query, true);
}

/* ---- what it is ---- */

static struct ats_http_answer answer_root(struct query *query)
{
    return give(query, json_object());
}

static struct ats_http_answer answer_types(struct query *query)
{
    return give(query, json_pack("[s]", "AVRO"));
}

static struct ats_http_answer answer_contexts(struct query *query)
{
    return give(query, json_pack("[s]", "."));
}

/* From one major version of a contract to the next anything may change. */
static struct ats_http_answer answer_config(struct query *query)
{
    return give(query, json_pack("{s:s}", "compatibilityLevel", "NONE"));
}

static struct ats_http_answer answer_subject_config(struct query *query)
{
    return fail(query, 404, 40408, "Subject does not have subject-level compatibility configured");
}

static struct ats_http_answer answer_mode(struct query *query)
{
    return give(query, json_pack("{s:s}", "mode", "READONLY"));
}

static struct ats_http_answer answer_subject_mode(struct query *query)
{
    return fail(query, 404, 40409, "Subject does not have subject-level mode configured");
}

/* A part "*" is any text. */
static const struct {
    const char *parts[PARTS_MAX];
    answer_query *answer;
    answer_query *posted; /* NULL: nothing can be posted there */
    bool asks_subjects;
} paths[] = {
    {{NULL}, answer_root, NULL, false},
    {{"subjects"}, answer_subjects, NULL, true},
    {{"subjects", "*"}, NULL, look_up, true},
    {{"subjects", "*", "versions"}, answer_versions, NULL, true},
    {{"subjects", "*", "versions", "*"}, answer_version, NULL, true},
    {{"subjects", "*", "versions", "*", "schema"}, answer_version_schema, NULL, true},
    {{"subjects", "*", "versions", "*", "referencedby"}, answer_none, NULL, false},
    {{"schemas", "types"}, answer_types, NULL, false},
    {{"schemas", "ids", "*"}, answer_id, NULL, false},
    {{"schemas", "ids", "*", "schema"}, answer_id_schema, NULL, false},
    {{"schemas", "ids", "*", "subjects"}, answer_id_subjects, NULL, true},
    {{"schemas", "ids", "*", "versions"}, answer_id_versions, NULL, true},
    {{"config"}, answer_config, NULL, false},
    {{"config", "*"}, answer_subject_config, NULL, false},
    {{"mode"}, answer_mode, NULL, false},
    {{"mode", "*"}, answer_subject_mode, NULL, false},
    {{"contexts"}, answer_contexts, NULL, false},
};
#define PATH_COUNT (sizeof(paths) / sizeof(paths[0]))

/* False: it has more parts than any path of the API, or one that is empty. A slash at the end says nothing. */
static bool split(struct query *query)
{
    size_t len = strlen(query->request->path);
    if (len > ATS_HTTP_PATH_MAX || query->request->path[0] != '/')
        return false;
    memcpy(query->path, query->request->path, len + 1);
    if (len > 1 && query->path[len - 1] == '/')
        query->path[len - 1] = '\0';
    for (char *at = query->path; at && at[1] != '\0'; at = strchr(at + 1, '/')) {
        if (query->part_count == PARTS_MAX || at[1] == '/')
            return false;
        *at = '\0';
        query->parts[query->part_count++] = at + 1;
    }
    return true;
}

static bool matches(const struct query *query, const char *const parts[PARTS_MAX])
{
    for (size_t i = 0; i < query->part_count; i++)
        if (!parts[i] || (strcmp(parts[i], "*") != 0 && strcmp(parts[i], query->parts[i]) != 0))
            return false;
    return query->part_count == PARTS_MAX || !parts[query->part_count];
}

/* The list of subjects is made anew once the log has more: only for who asks for them. */
static struct ats_http_answer run(struct query *query, answer_query *answer, bool asks_subjects)
{
    const struct ats_http_source *source = query->source;
    enum ats_status status =
        asks_subjects ? source->subjects(source->ctx, &query->subjects, &query->count) : ATS_OK;
    return status == ATS_OK ? answer(query) : no_store(query);
}

bool ats_http_registry_route(const struct ats_http_source *source,
                             const struct ats_http_request *request, struct ats_buf *body,
                             struct ats_http_answer *ret_answer)
{
    struct query query = {.source = source, .request = request, .body = body};
    size_t i = 0;
    if (!split(&query))
        return false;
    while (i < PATH_COUNT && !matches(&query, paths[i].parts))
        i++;
    if (i == PATH_COUNT)
        return false;
    answer_query *answer = request->method == ATS_HTTP_READ   ? paths[i].answer
                           : request->method == ATS_HTTP_POST ? paths[i].posted
                                                              : NULL;
    if (answer) {
        *ret_answer = run(&query, answer, paths[i].asks_subjects);
    } else if (request->method == ATS_HTTP_READ) {
        *ret_answer = ats_http_answer_error(body, 405, ATS_HTTP_TYPE_REGISTRY, 405,
                                            "HTTP 405 Method Not Allowed");
        ret_answer->allow = "POST";
    } else {
        *ret_answer = fail(&query, 422, 42205,
                           "Operation not permitted: schemas come from the control log "
                           "(attestream contract publish, topics create)");
    }
    return true;
}
