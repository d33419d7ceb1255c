/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is responsible, accountable, consulted and informed, per activity: the custom property `raci`, since ODCS has no field for
 * it. Exactly one is accountable, and everyone named is a member of the team or a role.
 */
#include "common/contract/odcs.h"

#include "common/base/utf8.h"

#define DATA_OWNERSHIP "dataOwnership"

/* Whether one of the mappings in a list has `key: name`. */
static bool list_has(const struct ats_yaml_node *list, const char *key, const char *name)
{
    for (const struct ats_yaml_node *item = ats_yaml_first(list); item;
         item = ats_yaml_next(item)) {
        const struct ats_yaml_node *node = ats_yaml_find(item, key);
        const char *text = NULL;
        if (node && ats_yaml_get_text(node, &text, NULL) == ATS_OK && strcmp(text, name) == 0)
            return true;
    }
    return false;
}

/* ODCS 3.1 has team.members, 3.0 a list. */
static bool is_known(const struct ats_yaml_node *root, const char *name)
{
    const struct ats_yaml_node *team = ats_yaml_find(root, "team");
    const struct ats_yaml_node *members = ats_yaml_find(team, "members");
    return list_has(members ? members : team, "username", name) ||
           list_has(ats_yaml_find(root, "roles"), "role", name);
}

static enum ats_status check_name(const struct ats_yaml_node *root,
                                  const struct ats_yaml_node *node, struct ats_error *err)
{
    const char *name = NULL;
    enum ats_status status = ats_yaml_get_text(node, &name, err);
    if (status == ATS_OK && !is_known(root, name))
        status = ats_yaml_error(node, err, "'%.*s' is neither a member of the team nor a role",
                                ATS_QUOTE(name));
    return status;
}

/* One name or a list of them. */
static enum ats_status check_names(const struct ats_yaml_node *root,
                                   const struct ats_yaml_node *node, struct ats_error *err)
{
    if (ats_yaml_kind(node) != ATS_YAML_SEQUENCE)
        return check_name(root, node, err);
    enum ats_status status = ATS_OK;
    for (const struct ats_yaml_node *item = ats_yaml_first(node); item && status == ATS_OK;
         item = ats_yaml_next(item))
        status = check_name(root, item, err);
    return status;
}

static enum ats_status check_activity(const struct ats_yaml_node *root,
                                      const struct ats_yaml_node *activity, const char **ret_name,
                                      struct ats_error *err)
{
    static const char *const keys[] = {"responsible", "accountable", "consulted", "informed", NULL};
    enum ats_status status = ats_yaml_check_keys(activity, keys, err);
    for (const struct ats_yaml_node *node = ats_yaml_first(activity); node && status == ATS_OK;
         node = ats_yaml_next(node))
        status = check_names(root, node, err);
    if (status != ATS_OK)
        return status;
    const struct ats_yaml_node *accountable = ats_yaml_find(activity, "accountable");
    bool list = accountable && ats_yaml_kind(accountable) == ATS_YAML_SEQUENCE;
    size_t count = !accountable ? 0 : list ? ats_yaml_count(accountable) : 1;
    if (count != 1)
        return ats_yaml_error(accountable ? accountable : activity, err,
                              "%zu are accountable for '%s' (allowed: exactly one)", count,
                              ats_yaml_key(activity));
    return ats_yaml_get_text(list ? ats_yaml_first(accountable) : accountable, ret_name, err);
}

enum ats_status ats_odcs_read_raci(const struct ats_yaml_node *root, struct ats_odcs *odcs,
                                   struct ats_error *err)
{
    const struct ats_yaml_node *raci = ats_odcs_find_custom(root, "raci");
    const char *accountable = "";
    enum ats_status status = raci ? ats_yaml_expect(raci, ATS_YAML_MAPPING, err) : ATS_OK;
    for (const struct ats_yaml_node *activity = ats_yaml_first(raci); activity && status == ATS_OK;
         activity = ats_yaml_next(activity)) {
        const char *name = "";
        status = check_activity(root, activity, &name, err);
        if (strcmp(ats_yaml_key(activity), DATA_OWNERSHIP) == 0)
            accountable = name;
    }
    return status == ATS_OK ? ats_odcs_copy(accountable, &odcs->accountable, err) : status;
}
