/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of `servers`: some that each has, the others by its type. */
#include "common/contract/odcs_keys.h"

#include "common/base/utf8.h"
#include "common/contract/yaml.h"

#define COMMON_COUNT 7
#define REQUIRED_MAX 4
#define OPTIONAL_MAX 19

static const struct server {
    const char *required[REQUIRED_MAX + 1];
    const char *optional[OPTIONAL_MAX + 1];
} servers[] = {
    {{"location"}, {NULL}},                                             /* api */
    {{"stagingDir", "schema"}, {"catalog", "regionName"}},              /* athena */
    {{"location", "format"}, {"delimiter"}},                            /* azure */
    {{"project", "dataset"}, {NULL}},                                   /* bigquery */
    {{"host", "port", "database"}, {NULL}},                             /* clickhouse */
    {{"catalog", "schema"}, {"host"}},                                  /* databricks */
    {{"host", "port"}, {"database"}},                                   /* denodo */
    {{"host", "port"}, {"schema"}},                                     /* dremio */
    {{"database"}, {"schema"}},                                         /* duckdb */
    {{"account", "database"}, {"location", "format"}},                  /* glue */
    {{"host", "port", "database", "schema"}, {NULL}},                   /* cloudsql */
    {{"host", "port", "database"}, {"schema"}},                         /* db2 */
    {{"host", "database"}, {"port"}},                                   /* hive */
    {{"host", "database"}, {"port"}},                                   /* impala */
    {{"host", "database"}, {"port"}},                                   /* informix */
    {{"host"}, {"format"}},                                             /* kafka */
    {{NULL}, {"region", "format"}},                                     /* kinesis */
    {{"path", "format"}, {NULL}},                                       /* local */
    {{"host", "port", "database"}, {NULL}},                             /* mysql */
    {{"host", "port", "serviceName"}, {NULL}},                          /* oracle */
    {{"host", "port", "database", "schema"}, {NULL}},                   /* postgresql */
    {{"host", "port", "database", "schema"}, {NULL}},                   /* postgres */
    {{"host"}, {"catalog", "schema"}},                                  /* presto */
    {{"project"}, {NULL}},                                              /* pubsub */
    {{"database", "schema"}, {"host", "region", "account"}},            /* redshift */
    {{"location"}, {"endpointUrl", "format", "delimiter"}},             /* s3 */
    {{"location"}, {"format", "delimiter"}},                            /* sftp */
    {{"account", "database", "schema"}, {"host", "port", "warehouse"}}, /* snowflake */
    {{"host", "database", "schema"}, {"port"}},                         /* sqlserver */
    {{"host", "port", "database"}, {NULL}},                             /* synapse */
    {{"host", "port", "catalog", "schema"}, {NULL}},                    /* trino */
    {{"host", "port", "database", "schema"}, {NULL}},                   /* vertica */
    {{"host", "database"}, {"port"}},                                   /* zen */
    {{NULL},                                                            /* custom */
     {"account", "catalog", "database", "dataset", "delimiter", "endpointUrl", "format", "host",
      "location", "path", "port", "project", "region", "regionName", "schema", "serviceName",
      "stagingDir", "warehouse", "stream"}},
};

/* In the order of `servers`. */
static const char *const types[] = {
    "api",       "athena",  "azure",   "bigquery", "clickhouse", "databricks", "denodo",
    "dremio",    "duckdb",  "glue",    "cloudsql", "db2",        "hive",       "impala",
    "informix",  "kafka",   "kinesis", "local",    "mysql",      "oracle",     "postgresql",
    "postgres",  "presto",  "pubsub",  "redshift", "s3",         "sftp",       "snowflake",
    "sqlserver", "synapse", "trino",   "vertica",  "zen",        "custom",     NULL};

static const struct ats_shape_key common_keys[] = {
    {.name = "id", .kind = ATS_SHAPE_ID},
    {.name = "server", .kind = ATS_SHAPE_TEXT, .required = true},
    {.name = "type", .kind = ATS_SHAPE_CHOICE, .required = true, .choices = types},
    {.name = "description", .kind = ATS_SHAPE_TEXT},
    {.name = "environment", .kind = ATS_SHAPE_TEXT},
    {.name = "roles", .kind = ATS_SHAPE_OBJECTS, .object = &ats_odcs_role_shape},
    {.name = "customProperties", .kind = ATS_SHAPE_OBJECTS, .object = &ats_odcs_custom_shape},
    {.name = NULL}};

/* The names that a server of this type has, common ones first. */
static void list_names(const struct server *server,
                       const char *ret_names[COMMON_COUNT + REQUIRED_MAX + OPTIONAL_MAX + 1])
{
    size_t count = 0;
    for (size_t i = 0; common_keys[i].name; i++)
        ret_names[count++] = common_keys[i].name;
    for (size_t i = 0; server->required[i]; i++)
        ret_names[count++] = server->required[i];
    for (size_t i = 0; server->optional[i]; i++)
        ret_names[count++] = server->optional[i];
    ret_names[count] = NULL;
}

/* The values of keys that its type alone has: a port is a number, all others are texts. */
static enum ats_status check_values(const struct ats_yaml_node *node, const char *const *names,
                                    struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (size_t i = COMMON_COUNT; names[i] && status == ATS_OK; i++) {
        const struct ats_yaml_node *value = ats_yaml_find(node, names[i]);
        bool port = strcmp(names[i], "port") == 0;
        if (value)
            status = ats_shape_scalar(value, port ? ATS_SHAPE_INTEGER : ATS_SHAPE_TEXT, err);
    }
    return status;
}

static enum ats_status check_location(const struct ats_yaml_node *node, struct ats_error *err)
{
    const struct ats_yaml_node *location = ats_yaml_find(node, "location");
    if (!ats_odcs_says(node, "type", "sftp") ||
        strncmp(ats_yaml_scalar(location), "sftp://", strlen("sftp://")) == 0)
        return ATS_OK;
    return ats_yaml_error(location, err, "'%.*s' is not allowed (allowed: sftp://...)",
                          ATS_QUOTE(ats_yaml_scalar(location)));
}

static enum ats_status check_by_type(const struct ats_yaml_node *node, struct ats_error *err)
{
    const char *names[COMMON_COUNT + REQUIRED_MAX + OPTIONAL_MAX + 1];
    const struct ats_yaml_node *ignored = NULL;
    size_t type = 0;
    enum ats_status status = ats_yaml_get_choice(ats_yaml_find(node, "type"), types, &type, err);
    if (status != ATS_OK)
        return status;
    list_names(&servers[type], names);
    status = ats_yaml_check_keys(node, names, err);
    for (size_t i = 0; servers[type].required[i] && status == ATS_OK; i++)
        status = ats_yaml_require(node, servers[type].required[i], &ignored, err);
    if (status == ATS_OK)
        status = check_values(node, names, err);
    return status == ATS_OK ? check_location(node, err) : status;
}

const struct ats_shape_object ats_odcs_server_shape = {
    .keys = common_keys, .open = true, .check = check_by_type};
