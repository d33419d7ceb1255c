/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of ODCS 3.1 outside of its servers and schema objects, as the published JSON Schema has them. */
#include "common/contract/odcs_keys.h"

#include "common/contract/yaml.h"

static const char *const kinds[] = {"DataContract", NULL};
static const char *const api_versions[] = {"v3.1.0", "v3.0.2", "v3.0.1", "v3.0.0",
                                           "v2.2.2", "v2.2.1", "v2.2.0", NULL};
static const struct ats_shape_key definition_keys[] = {
    {.name = "id", .kind = ATS_SHAPE_ID},
    {.name = "url", .kind = ATS_SHAPE_TEXT, .required = true},
    {.name = "type", .kind = ATS_SHAPE_TEXT, .required = true},
    {.name = "description", .kind = ATS_SHAPE_TEXT},
    {.name = NULL}};
const struct ats_shape_object ats_odcs_definition_shape = {.keys = definition_keys};

static const struct ats_shape_key custom_keys[] = {
    {.name = "id", .kind = ATS_SHAPE_ID},
    {.name = "property", .kind = ATS_SHAPE_TEXT, .required = true},
    {.name = "value", .kind = ATS_SHAPE_ANY, .required = true},
    {.name = "description", .kind = ATS_SHAPE_TEXT},
    {.name = NULL}};
const struct ats_shape_object ats_odcs_custom_shape = {.keys = custom_keys};

#define CUSTOM                                                                                     \
    {                                                                                              \
        .name = "customProperties", .kind = ATS_SHAPE_OBJECTS, .object = &ats_odcs_custom_shape    \
    }
#define DEFINITIONS                                                                                \
    {                                                                                              \
        .name = "authoritativeDefinitions", .kind = ATS_SHAPE_OBJECTS,                             \
        .object = &ats_odcs_definition_shape                                                       \
    }

static const struct ats_shape_key description_keys[] = {
    {.name = "usage", .kind = ATS_SHAPE_TEXT},
    {.name = "purpose", .kind = ATS_SHAPE_TEXT},
    {.name = "limitations", .kind = ATS_SHAPE_TEXT},
    DEFINITIONS,
    CUSTOM,
    {.name = NULL}};
static const struct ats_shape_object description_shape = {.keys = description_keys, .open = true};

static const struct ats_shape_key support_keys[] = {
    {.name = "id", .kind = ATS_SHAPE_ID},
    {.name = "channel", .kind = ATS_SHAPE_TEXT, .required = true},
    {.name = "url", .kind = ATS_SHAPE_TEXT},
    {.name = "description", .kind = ATS_SHAPE_TEXT},
    {.name = "tool", .kind = ATS_SHAPE_TEXT},
    {.name = "scope", .kind = ATS_SHAPE_TEXT},
    {.name = "invitationUrl", .kind = ATS_SHAPE_TEXT},
    CUSTOM,
    {.name = NULL}};
static const struct ats_shape_object support_shape = {.keys = support_keys};

static const struct ats_shape_key price_keys[] = {{.name = "id", .kind = ATS_SHAPE_ID},
                                                  {.name = "priceAmount", .kind = ATS_SHAPE_NUMBER},
                                                  {.name = "priceCurrency", .kind = ATS_SHAPE_TEXT},
                                                  {.name = "priceUnit", .kind = ATS_SHAPE_TEXT},
                                                  {.name = NULL}};
static const struct ats_shape_object price_shape = {.keys = price_keys};

static const struct ats_shape_key member_keys[] = {
    {.name = "id", .kind = ATS_SHAPE_ID},
    {.name = "username", .kind = ATS_SHAPE_TEXT, .required = true},
    {.name = "name", .kind = ATS_SHAPE_TEXT},
    {.name = "description", .kind = ATS_SHAPE_TEXT},
    {.name = "role", .kind = ATS_SHAPE_TEXT},
    {.name = "dateIn", .kind = ATS_SHAPE_TEXT},
    {.name = "dateOut", .kind = ATS_SHAPE_TEXT},
    {.name = "replacedByUsername", .kind = ATS_SHAPE_TEXT},
    {.name = "tags", .kind = ATS_SHAPE_TEXTS},
    CUSTOM,
    DEFINITIONS,
    {.name = NULL}};
static const struct ats_shape_object member_shape = {.keys = member_keys};

static const struct ats_shape_key team_keys[] = {
    {.name = "id", .kind = ATS_SHAPE_ID},
    {.name = "name", .kind = ATS_SHAPE_TEXT},
    {.name = "description", .kind = ATS_SHAPE_TEXT},
    {.name = "members", .kind = ATS_SHAPE_OBJECTS, .object = &member_shape},
    {.name = "tags", .kind = ATS_SHAPE_TEXTS},
    CUSTOM,
    DEFINITIONS,
    {.name = NULL}};
static const struct ats_shape_object team_shape = {.keys = team_keys};

/* 3.1 has an object; the list of 3.0 is still allowed. */
static enum ats_status check_team(const struct ats_yaml_node *team, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    if (ats_yaml_kind(team) != ATS_YAML_SEQUENCE)
        return ats_shape_check(team, &team_shape, err);
    for (const struct ats_yaml_node *member = ats_yaml_first(team); member && status == ATS_OK;
         member = ats_yaml_next(member))
        status = ats_yaml_go_on(member, ats_shape_check(member, &member_shape, err), err);
    return status;
}

static const struct ats_shape_key role_keys[] = {
    {.name = "id", .kind = ATS_SHAPE_ID},
    {.name = "role", .kind = ATS_SHAPE_TEXT, .required = true},
    {.name = "description", .kind = ATS_SHAPE_TEXT},
    {.name = "access", .kind = ATS_SHAPE_TEXT},
    {.name = "firstLevelApprovers", .kind = ATS_SHAPE_TEXT},
    {.name = "secondLevelApprovers", .kind = ATS_SHAPE_TEXT},
    CUSTOM,
    {.name = NULL}};
const struct ats_shape_object ats_odcs_role_shape = {.keys = role_keys};

static const struct ats_shape_key service_keys[] = {
    {.name = "id", .kind = ATS_SHAPE_ID},
    {.name = "property", .kind = ATS_SHAPE_TEXT, .required = true},
    {.name = "value", .kind = ATS_SHAPE_SCALAR, .required = true},
    {.name = "valueExt", .kind = ATS_SHAPE_SCALAR},
    {.name = "unit", .kind = ATS_SHAPE_TEXT},
    {.name = "element", .kind = ATS_SHAPE_TEXT},
    {.name = "driver", .kind = ATS_SHAPE_TEXT},
    {.name = "description", .kind = ATS_SHAPE_TEXT},
    {.name = "scheduler", .kind = ATS_SHAPE_TEXT},
    {.name = "schedule", .kind = ATS_SHAPE_TEXT},
    {.name = NULL}};
static const struct ats_shape_object service_shape = {.keys = service_keys};

static const struct ats_shape_key document_keys[] = {
    {.name = "version", .kind = ATS_SHAPE_TEXT, .required = true},
    {.name = "kind", .kind = ATS_SHAPE_CHOICE, .required = true, .choices = kinds},
    {.name = "apiVersion", .kind = ATS_SHAPE_CHOICE, .required = true, .choices = api_versions},
    {.name = "id", .kind = ATS_SHAPE_TEXT, .required = true},
    {.name = "name", .kind = ATS_SHAPE_TEXT},
    {.name = "tenant", .kind = ATS_SHAPE_TEXT},
    {.name = "tags", .kind = ATS_SHAPE_TEXTS},
    {.name = "status", .kind = ATS_SHAPE_TEXT, .required = true},
    {.name = "servers", .kind = ATS_SHAPE_OBJECTS, .object = &ats_odcs_server_shape},
    {.name = "dataProduct", .kind = ATS_SHAPE_TEXT},
    {.name = "description", .kind = ATS_SHAPE_OBJECT, .object = &description_shape},
    {.name = "domain", .kind = ATS_SHAPE_TEXT},
    {.name = "schema", .kind = ATS_SHAPE_OBJECTS, .object = &ats_odcs_object_shape},
    {.name = "support", .kind = ATS_SHAPE_OBJECTS, .object = &support_shape},
    {.name = "price", .kind = ATS_SHAPE_OBJECT, .object = &price_shape},
    {.name = "team", .kind = ATS_SHAPE_ANY, .check = check_team},
    {.name = "roles", .kind = ATS_SHAPE_OBJECTS, .object = &ats_odcs_role_shape},
    {.name = "slaDefaultElement", .kind = ATS_SHAPE_TEXT},
    {.name = "slaProperties", .kind = ATS_SHAPE_OBJECTS, .object = &service_shape},
    DEFINITIONS,
    CUSTOM,
    {.name = "contractCreatedTs", .kind = ATS_SHAPE_TEXT},
    {.name = NULL}};
const struct ats_shape_object ats_odcs_document_shape = {.keys = document_keys};

bool ats_odcs_says(const struct ats_yaml_node *object, const char *key, const char *text)
{
    const struct ats_yaml_node *node = ats_yaml_find(object, key);
    const char *found = NULL;
    return node && ats_yaml_get_text(node, &found, NULL) == ATS_OK && strcmp(found, text) == 0;
}
