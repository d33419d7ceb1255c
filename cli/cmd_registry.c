/* SPDX-License-Identifier: Apache-2.0 */
/* attestream registry check | sync */
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/record_schemas.h"
#include "cli/registry_schemas.h"

/* What is to be said of one schema. */
struct finding {
    const char *verdict;
    const char *text;
    uint32_t registry_id; /* 0: none */
    bool is_well;
};

struct comparison {
    struct ats_schema_registry *registry;
    struct ats_output *output;
    const struct ats_record_ids
        *ids; /* which the registry has just given; NULL: nothing is registered */
    bool all_well;
};

/* Of a contract's version that another one follows nothing can be mended: that its records have an own id is told, and no fault. */
static struct finding finding_of_own_id(const struct ats_registry_schema *schema,
                                        uint32_t registry_id, bool is_followed)
{
    if (schema->kind != ATS_CONTROL_CONTRACT)
        return (struct finding){"own-id", "`attestream registry sync` registers it", registry_id,
                                false};
    return (struct finding){
        "own-id",
        is_followed ? "published without the registry: the processor's API has it"
                    : "published without the registry: publish a further version, or read its "
                      "records by the processor's API",
        registry_id, is_followed};
}

static struct finding finding_of(const struct ats_registry_schema *schema, uint32_t registry_id,
                                 bool is_other, bool is_followed)
{
    if (registry_id == schema->schema_id)
        return (struct finding){"ok", "", registry_id, true};
    if (is_other)
        return (struct finding){"other-schema",
                                "under that id the registry has another schema: who reads by it "
                                "reads wrongly",
                                registry_id, false};
    if (!ats_registry_gave_id(schema))
        return finding_of_own_id(schema, registry_id, is_followed);
    if (registry_id == 0)
        return (struct finding){"missing", "`attestream registry sync` registers it", 0, false};
    return (struct finding){"other-id",
                            "the registry has given it another id since: restore its schemas, or "
                            "publish a further version",
                            registry_id, false};
}

static void tell(struct comparison *comparison, const struct ats_registry_schema *schema,
                 const struct finding *finding)
{
    json_t *registry_id =
        finding->registry_id > 0 ? json_integer((json_int_t)finding->registry_id) : json_null();
    comparison->all_well = comparison->all_well && finding->is_well;
    ats_output_row(comparison->output,
                   json_pack("{s:s, s:s, s:I, s:o, s:s, s:s}", "subject", schema->subject, "schema",
                             schema->name, "schema_id", (json_int_t)schema->schema_id,
                             "registry_id", registry_id, "verdict", finding->verdict, "text",
                             finding->text));
}

/* Whether the registry has something else under the id that records have. */
static enum ats_status ask_whose(struct comparison *comparison,
                                 const struct ats_registry_schema *schema, bool *ret_other,
                                 struct ats_error *err)
{
    bool same = false;
    enum ats_status status = ats_schema_registry_has(comparison->registry, schema->schema_id,
                                                     ats_span_text(schema->text), &same, err);
    *ret_other = status == ATS_OK && !same;
    return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
}

/* What was published without the registry is not registered: its records would name another schema, or none. */
static bool is_to_be_registered(const struct comparison *comparison,
                                const struct ats_registry_schema *schema)
{
    return comparison->ids && schema->kind == ATS_CONTROL_CONTRACT && ats_registry_gave_id(schema);
}

static enum ats_status compare_one(struct comparison *comparison,
                                   const struct ats_registry_schema *schema, bool is_followed,
                                   struct ats_error *err)
{
    struct ats_span text = ats_span_text(schema->text);
    uint32_t id = 0;
    bool is_other = false;
    enum ats_status status =
        is_to_be_registered(comparison, schema)
            ? ats_schema_registry_register(comparison->registry, schema->subject, text, &id, err)
            : ats_schema_registry_find(comparison->registry, schema->subject, text, &id, err);
    if (status == ATS_ERR_NOT_FOUND)
        status = ATS_OK;
    if (status == ATS_OK && id != schema->schema_id)
        status = ask_whose(comparison, schema, &is_other, err);
    if (status != ATS_OK)
        return status;
    const struct finding finding = finding_of(schema, id, is_other, is_followed);
    tell(comparison, schema, &finding);
    return ATS_OK;
}

/* A higher version of the same contract. */
static bool has_next(const struct ats_registry_schemas *list, size_t i)
{
    return i + 1 < list->count && strcmp(list->items[i].subject, list->items[i + 1].subject) == 0;
}

static enum ats_status compare_all(const struct ats_cli *cli, struct ats_session *session,
                                   struct comparison *comparison, struct ats_error *err)
{
    struct ats_registry_schemas list;
    struct ats_output output;
    enum ats_status status = ats_registry_schemas_list(cli, ats_session_view(session), &list, err);
    if (status != ATS_OK)
        return status;
    comparison->output = &output;
    ats_output_begin(&output, cli);
    for (size_t i = 0; i < list.count && status == ATS_OK; i++)
        status = compare_one(comparison, &list.items[i], has_next(&list, i), err);
    ats_output_end(&output);
    ats_registry_schemas_fini(&list);
    return status;
}

static enum ats_status open_registry(const struct ats_cli *cli, struct ats_session *session,
                                     struct ats_schema_registry **ret_registry,
                                     struct ats_error *err)
{
    enum ats_status status =
        ats_schema_registry_open(cli, ats_session_view(session), NULL, ret_registry, err);
    if (status == ATS_OK && !*ret_registry)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "no Schema Registry is named: give --schema-registry URL, or write "
                             "schema.registry.url=URL into schema-registry.properties of the "
                             "fleet's folder");
    return status;
}

static int run_check(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    struct ats_error err = {0};
    struct comparison comparison = {.all_well = true};
    (void)arguments;
    enum ats_status status = ats_session_open(cli, ATS_SESSION_READ, &session, &err);
    if (status == ATS_OK)
        status = open_registry(cli, session, &comparison.registry, &err);
    if (status == ATS_OK)
        status = compare_all(cli, session, &comparison, &err);
    ats_schema_registry_free(comparison.registry);
    ats_session_close(session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    return comparison.all_well ? ATS_EXIT_DONE : ATS_EXIT_NO;
}

/* The schemas of gate and processor are stated with the ids that the registry has for them. */
static enum ats_status sync_all(const struct ats_cli *cli, struct ats_session *session,
                                struct comparison *comparison, struct ats_error *err)
{
    struct ats_record_ids ids;
    size_t count = 0;
    enum ats_status status = ats_record_ids_ask(cli, comparison->registry, &ids, err);
    if (status == ATS_OK)
        status = ats_record_schemas_state(session, &ids, &count, err);
    comparison->ids = &ids;
    if (status == ATS_OK && !*cli->proposed)
        status = compare_all(cli, session, comparison, err);
    if (status == ATS_OK && count > 0)
        ats_cli_note("%zu record %s %s", count, ats_output_word(count, "schema", "schemas"),
                     *cli->proposed ? "proposed" : "published");
    return status;
}

static int run_sync(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    struct ats_error err = {0};
    struct comparison comparison = {.all_well = true};
    (void)arguments;
    enum ats_status status = ats_session_open(cli, ATS_SESSION_WRITE, &session, &err);
    if (status == ATS_OK)
        status = open_registry(cli, session, &comparison.registry, &err);
    if (status == ATS_OK)
        status = sync_all(cli, session, &comparison, &err);
    ats_schema_registry_free(comparison.registry);
    ats_session_close(session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    return comparison.all_well ? ATS_EXIT_DONE : ATS_EXIT_NO;
}

const struct ats_command ats_registry_commands[] = {
    {"check", "",
     "Say whether the site's own Schema Registry has each schema under its records' id.",
     "The verdicts are ok, missing, own-id (its records have an id that no registry gave), "
     "other-id "
     "and other-schema. Exit code 1 where one is not ok (but for own-id of a version that a higher "
     "one follows), 3 where the registry does not answer. "
     "With "
     "--json: subject, schema, schema_id (of records), registry_id (null where it has none), "
     "verdict, text.",
     NULL, 0, 0, run_check},
    {"sync", "", "Register what is missing there, and state ids of record schemas.",
     "Contracts are registered by `contract publish`, record schemas by `topics create`, where a "
     "registry is configured; this is for a registry that came later or lost schemas. Rows and "
     "exit "
     "codes are those of `registry check`.",
     NULL, 0, 0, run_sync},
    {0},
};
