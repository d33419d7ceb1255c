/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What we read of an ODCS document (Open Data Contract Standard v3, bitol.io): who it is, one schema object, our settings,
 * who is accountable. The rest is for people and other tools: their keys must be ODCS's, their values are not judged here.
 */
#include "common/contract/odcs.h"

#include "common/base/limits.h"
#include "common/base/utf8.h"

#include <stdlib.h>

static const char *const root_keys[] = {"version",
                                        "kind",
                                        "apiVersion",
                                        "id",
                                        "name",
                                        "tenant",
                                        "tags",
                                        "status",
                                        "servers",
                                        "dataProduct",
                                        "description",
                                        "domain",
                                        "schema",
                                        "support",
                                        "price",
                                        "team",
                                        "roles",
                                        "slaDefaultElement",
                                        "slaProperties",
                                        "authoritativeDefinitions",
                                        "customProperties",
                                        "contractCreatedTs",
                                        NULL};

enum ats_status ats_odcs_copy(const char *text, char **ret_copy, struct ats_error *err)
{
    free(*ret_copy);
    *ret_copy = strdup(text);
    return *ret_copy ? ATS_OK : ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
}

/* It becomes part of a Kafka topic's name. */
static bool is_contract_name(const char *text)
{
    return strlen(text) <= ATS_NAME_MAX &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* MAJOR.MINOR.PATCH, numbers without leading zeros (semver.org). */
static bool is_version(const char *text)
{
    for (int part = 0; part < 3; part++) {
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 9 || (digits > 1 && text[0] == '0') ||
            text[digits] != (part < 2 ? '.' : '\0'))
            return false;
        text += digits + 1;
    }
    return true;
}

static enum ats_status read_choice(const struct ats_yaml_node *root, const char *key,
                                   const char *const *choices, struct ats_error *err)
{
    const struct ats_yaml_node *node = NULL;
    size_t ignored = 0;
    enum ats_status status = ats_yaml_require(root, key, &node, err);
    return status == ATS_OK ? ats_yaml_get_choice(node, choices, &ignored, err) : status;
}

static enum ats_status read_name(const struct ats_yaml_node *root, const char *key,
                                 bool (*is_good)(const char *), const char *allowed,
                                 char **ret_text, struct ats_error *err)
{
    const struct ats_yaml_node *node = NULL;
    const char *text = NULL;
    enum ats_status status = ats_yaml_require(root, key, &node, err);
    if (status == ATS_OK)
        status = ats_yaml_get_text(node, &text, err);
    if (status != ATS_OK)
        return status;
    if (!is_good(text))
        return ats_yaml_error(node, err, "'%.*s' is not allowed (allowed: %s)", ATS_QUOTE(text),
                              allowed);
    return ats_odcs_copy(text, ret_text, err);
}

/* Any text: for people. */
static enum ats_status read_status(const struct ats_yaml_node *root, struct ats_error *err)
{
    const struct ats_yaml_node *state = NULL;
    const char *ignored = NULL;
    enum ats_status status = ats_yaml_require(root, "status", &state, err);
    return status == ATS_OK ? ats_yaml_get_text(state, &ignored, err) : status;
}

static enum ats_status read_head(const struct ats_yaml_node *root, struct ats_odcs *odcs,
                                 struct ats_error *err)
{
    static const char *const kinds[] = {"DataContract", NULL};
    static const char *const versions[] = {"v3.1.0", "v3.0.2", "v3.0.1", "v3.0.0", NULL};
    enum ats_status status = ats_yaml_check_keys(root, root_keys, err);
    if (status == ATS_OK)
        status = ats_yaml_go_on(root, read_choice(root, "kind", kinds, err), err);
    if (status == ATS_OK)
        status = ats_yaml_go_on(root, read_choice(root, "apiVersion", versions, err), err);
    if (status == ATS_OK)
        status = ats_yaml_go_on(root, read_status(root, err), err);
    if (status == ATS_OK)
        status = ats_yaml_go_on(root,
                                read_name(root, "id", is_contract_name,
                                          "up to 128 of a-z, 0-9 and -", &odcs->name, err),
                                err);
    if (status == ATS_OK)
        status = ats_yaml_go_on(
            root,
            read_name(root, "version", is_version, "a version such as 1.0.0", &odcs->version, err),
            err);
    return status;
}

/* The properties that are ours: two of one name would leave open which one holds. */
static bool is_ours(const char *name)
{
    return strcmp(name, "attestream") == 0 || strcmp(name, "raci") == 0;
}

/* Every entry has a property and a value. */
static enum ats_status check_custom(const struct ats_yaml_node *root, struct ats_error *err)
{
    static const char *const keys[] = {"id", "property", "value", "description", NULL};
    const struct ats_yaml_node *list = ats_yaml_find(root, "customProperties");
    enum ats_status status = list ? ats_yaml_expect(list, ATS_YAML_SEQUENCE, err) : ATS_OK;
    for (const struct ats_yaml_node *item = ats_yaml_first(list); item && status == ATS_OK;
         item = ats_yaml_next(item)) {
        const struct ats_yaml_node *property = NULL;
        const struct ats_yaml_node *value = NULL;
        const char *name = NULL;
        status = ats_yaml_check_keys(item, keys, err);
        if (status == ATS_OK)
            status = ats_yaml_require(item, "property", &property, err);
        if (status == ATS_OK)
            status = ats_yaml_require(item, "value", &value, err);
        if (status == ATS_OK)
            status = ats_yaml_get_text(property, &name, err);
        if (status == ATS_OK && is_ours(name) && ats_odcs_find_custom(root, name) != value)
            status = ats_yaml_error(property, err, "'%.*s' stands twice", ATS_QUOTE(name));
    }
    return status;
}

const struct ats_yaml_node *ats_odcs_find_custom(const struct ats_yaml_node *root,
                                                 const char *property)
{
    const struct ats_yaml_node *list = ats_yaml_find(root, "customProperties");
    for (const struct ats_yaml_node *item = ats_yaml_first(list); item;
         item = ats_yaml_next(item)) {
        const struct ats_yaml_node *name = ats_yaml_find(item, "property");
        const char *text = NULL;
        if (name && ats_yaml_get_text(name, &text, NULL) == ATS_OK && strcmp(text, property) == 0)
            return ats_yaml_find(item, "value");
    }
    return NULL;
}

static enum ats_status read_document(const struct ats_yaml_node *root, const struct ats_plan *plan,
                                     struct ats_odcs *odcs, struct ats_error *err)
{
    enum ats_status status = ats_yaml_go_on(root, read_head(root, odcs, err), err);
    if (status == ATS_OK)
        status = ats_yaml_go_on(root, check_custom(root, err), err);
    if (status == ATS_OK)
        status = ats_yaml_go_on(root, ats_odcs_read_schema(root, plan, odcs, err), err);
    if (status == ATS_OK)
        status = ats_quality_bind(&odcs->quality, plan, err);
    if (status == ATS_OK)
        status = ats_yaml_go_on(root, ats_odcs_read_settings(root, plan, odcs, err), err);
    if (status == ATS_OK)
        status = ats_yaml_go_on(root, ats_odcs_read_raci(root, odcs, err), err);
    return status;
}

enum ats_status ats_odcs_read(struct ats_span text, const char *name, const struct ats_plan *plan,
                              struct ats_odcs *ret_odcs, struct ats_error *err)
{
    return ats_odcs_read_all(text, name, plan, ret_odcs, NULL, err);
}

enum ats_status ats_odcs_read_all(struct ats_span text, const char *name,
                                  const struct ats_plan *plan, struct ats_odcs *ret_odcs,
                                  struct ats_findings *findings, struct ats_error *err)
{
    struct ats_yaml *yaml = NULL;
    *ret_odcs = (struct ats_odcs){.device_leaf = ATS_PLAN_NO_LEAF,
                                  .event_time = {.leaf = ATS_PLAN_NO_LEAF}};
    enum ats_status status = ats_yaml_parse(text, name, &yaml, err);
    if (status != ATS_OK)
        return status;
    ats_yaml_collect(yaml, findings);
    status = read_document(ats_yaml_root(yaml), plan, ret_odcs, err);
    ats_yaml_free(yaml);
    if (status != ATS_OK)
        ats_odcs_fini(ret_odcs);
    return status;
}

void ats_odcs_fini(struct ats_odcs *odcs)
{
    for (size_t i = 0; i < odcs->topic_count; i++)
        free(odcs->topics[i]);
    free(odcs->topics);
    ats_odcs_units_fini(odcs);
    ats_odcs_senml_fini(&odcs->senml);
    free(odcs->name);
    free(odcs->version);
    free(odcs->accountable);
    ats_quality_fini(&odcs->quality);
    *odcs = (struct ats_odcs){0};
}
