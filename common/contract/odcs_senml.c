/* SPDX-License-Identifier: Apache-2.0 */
/* The setting `senml`: which field is which name of a pack. What it does not name is called by its own path. */
#include "common/contract/odcs.h"

#include "common/base/limits.h"
#include "common/base/utf8.h"

#include <stdlib.h>

#define PLACEHOLDER "{device}"
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._"

static enum ats_status find_leaf(const struct ats_yaml_node *node, const struct ats_plan *plan,
                                 const struct ats_odcs *odcs, size_t *ret_leaf,
                                 struct ats_error *err)
{
    const char *path = NULL;
    enum ats_status status = ats_yaml_get_text(node, &path, err);
    if (status != ATS_OK)
        return status;
    for (size_t i = 0; i < plan->leaf_count; i++) {
        if (strcmp(plan->leaves[i]->path, path) != 0)
            continue;
        *ret_leaf = i;
        return i == odcs->event_time.leaf
                   ? ats_yaml_error(node, err,
                                    "'%.*s' is the event's time, which records have as t",
                                    ATS_QUOTE(path))
                   : ATS_OK;
    }
    return ats_yaml_error(node, err, "the Avro schema has no single value '%.*s'", ATS_QUOTE(path));
}

static enum ats_status add_name(struct ats_odcs_senml_names *names, const char *name, size_t leaf,
                                struct ats_error *err)
{
    struct ats_odcs_senml_name *grown =
        realloc(names->entries, (names->count + 1) * sizeof(*grown));
    if (!grown)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    names->entries = grown;
    grown[names->count++] = (struct ats_odcs_senml_name){.leaf = leaf};
    return ats_odcs_copy(name, &grown[names->count - 1].name, err);
}

static enum ats_status read_name(const struct ats_yaml_node *node, const struct ats_plan *plan,
                                 const struct ats_odcs *odcs, struct ats_odcs_senml_names *names,
                                 struct ats_error *err)
{
    const char *name = ats_yaml_key(node);
    size_t leaf = 0;
    if (!name || !*name || name[strspn(name, NAME_CHARACTERS)] != '\0' ||
        strlen(name) > ATS_SENML_NAME_MAX)
        return ats_yaml_error(node, err, "the last part of a name has letters, digits and - . _");
    enum ats_status status = find_leaf(node, plan, odcs, &leaf, err);
    return status == ATS_OK ? add_name(names, name, leaf, err) : status;
}

static enum ats_status read_names(const struct ats_yaml_node *settings, const char *key,
                                  const struct ats_plan *plan, const struct ats_odcs *odcs,
                                  struct ats_odcs_senml_names *names, struct ats_error *err)
{
    const struct ats_yaml_node *mapping = ats_yaml_find(settings, key);
    enum ats_status status = mapping ? ats_yaml_expect(mapping, ATS_YAML_MAPPING, err) : ATS_OK;
    for (const struct ats_yaml_node *n = ats_yaml_first(mapping); n && status == ATS_OK;
         n = ats_yaml_next(n))
        status = read_name(n, plan, odcs, names, err);
    return status;
}

static bool is_named(const struct ats_odcs_senml_names *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names->entries[i].name, name) == 0)
            return true;
    return false;
}

/* Each field's own path, but where that is another's name. */
static enum ats_status add_paths(const struct ats_plan *plan, struct ats_odcs *odcs,
                                 struct ats_error *err)
{
    struct ats_odcs_senml_names *names = &odcs->senml.names;
    size_t named = names->count;
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < plan->leaf_count && status == ATS_OK; i++)
        if (i != odcs->event_time.leaf && !is_named(names, named, plan->leaves[i]->path))
            status = add_name(names, plan->leaves[i]->path, i, err);
    return status;
}

static enum ats_status read_base_name(const struct ats_yaml_node *node, struct ats_odcs *odcs,
                                      struct ats_error *err)
{
    const char *text = NULL;
    enum ats_status status = ats_yaml_get_text(node, &text, err);
    const char *at = text ? strstr(text, PLACEHOLDER) : NULL;
    if (status != ATS_OK)
        return status;
    const char *rest = at ? at + strlen(PLACEHOLDER) : text;
    size_t len = strlen(rest);
    if (!at || strpbrk(rest, "{}") || strcspn(text, "{") != (size_t)(at - text) || len == 0 ||
        !strchr(":/", rest[len - 1]) || strlen(text) > ATS_SENML_NAME_MAX)
        return ats_yaml_error(node, err,
                              "'%.*s' is not allowed (allowed: a text with {device} once that ends "
                              "with : or /)",
                              ATS_QUOTE(text));
    return ats_odcs_copy(text, &odcs->senml.base_name, err);
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct ats_odcs_senml_name *)a)->name,
                  ((const struct ats_odcs_senml_name *)b)->name);
}

static void sort_names(struct ats_odcs_senml_names *names)
{
    if (names->count > 0)
        qsort(names->entries, names->count, sizeof(names->entries[0]), compare);
}

enum ats_status ats_odcs_read_senml(const struct ats_yaml_node *settings,
                                    const struct ats_plan *plan, struct ats_odcs *odcs,
                                    struct ats_error *err)
{
    static const char *const keys[] = {"names", "sums", "baseName", NULL};
    const struct ats_yaml_node *senml = ats_yaml_find(settings, "senml");
    const struct ats_yaml_node *base_name = ats_yaml_find(senml, "baseName");
    bool used = ats_odcs_has_format(odcs, ATS_FORMAT_SENML_JSON) ||
                ats_odcs_has_format(odcs, ATS_FORMAT_SENML_CBOR);
    enum ats_status status = ATS_OK;
    if (senml && !used)
        return ats_yaml_error(senml, err, "none of the contract's formats is SenML");
    if (!used)
        return ATS_OK;
    if (senml)
        status = ats_yaml_check_keys(senml, keys, err);
    if (status == ATS_OK)
        status = read_names(senml, "names", plan, odcs, &odcs->senml.names, err);
    if (status == ATS_OK)
        status = read_names(senml, "sums", plan, odcs, &odcs->senml.sums, err);
    if (status == ATS_OK && base_name)
        status = read_base_name(base_name, odcs, err);
    if (status == ATS_OK)
        status = add_paths(plan, odcs, err);
    sort_names(&odcs->senml.names);
    sort_names(&odcs->senml.sums);
    return status;
}

static void free_names(struct ats_odcs_senml_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->entries[i].name);
    free(names->entries);
}

void ats_odcs_senml_fini(struct ats_odcs_senml *senml)
{
    free_names(&senml->names);
    free_names(&senml->sums);
    free(senml->base_name);
}
