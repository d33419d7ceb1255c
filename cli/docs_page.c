/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/docs_page.h"

#include "cli/docs_fields.h"
#include "cli/docs_html.h"
#include "cli/docs_topics.h"
#include "cli/output.h"

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n"
    "<title>Data contracts</title>\n<style>\n"
    ":root { color-scheme: light dark; }\n"
    "body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 75rem; padding: 1rem; "
    "overflow-wrap: anywhere; }\n"
    "section { border-top: 2px solid; margin-top: 2rem; }\n"
    ".wide { overflow-x: auto; }\n"
    "table { border-collapse: collapse; min-width: 40rem; width: 100%; font-size: .9rem; }\n"
    "th, td { border: 1px solid #8888; padding: .3rem .5rem; text-align: left; vertical-align: "
    "top; "
    "}\n"
    "th { background: #8882; }\n"
    "dl { display: grid; grid-template-columns: minmax(7rem, 12rem) 1fr; gap: .2rem 1rem; }\n"
    "dt { font-weight: bold; }\ndd { margin: 0; }\n"
    "td code { overflow-wrap: normal; }\n"
    "@media print { body { max-width: none; padding: 0; font-size: 9pt; } nav { display: none; }\n"
    "  .wide { overflow: visible; } table { min-width: 0; } section { break-before: page; } tr { "
    "break-inside: avoid; } }\n"
    "</style>\n</head>\n<body>\n<h1>Data contracts</h1>\n";

static void begin_fact(struct ats_buf *out, const char *name)
{
    ats_buf_printf(out, "<dt>%s</dt><dd>", name);
}

static void put_fact(struct ats_buf *out, const char *name, const char *text)
{
    if (text[0] == '\0')
        return;
    begin_fact(out, name);
    ats_html_text(out, text);
    ats_buf_append_text(out, "</dd>\n");
}

static void put_value_fact(struct ats_buf *out, const char *name, const struct ats_yaml_node *node)
{
    if (!node)
        return;
    begin_fact(out, name);
    ats_html_value(out, node);
    ats_buf_append_text(out, "</dd>\n");
}

static const struct ats_yaml_node *find_custom(const struct ats_yaml_node *root, const char *name)
{
    const struct ats_yaml_node *list = ats_yaml_find(root, "customProperties");
    for (const struct ats_yaml_node *item = ats_yaml_first(list); item; item = ats_yaml_next(item))
        if (strcmp(ats_html_of(item, "property"), name) == 0)
            return ats_yaml_find(item, "value");
    return NULL;
}

static void put_facts(struct ats_buf *out, const struct ats_contract *contract,
                      const struct ats_yaml_node *root, const char *topic)
{
    const struct ats_yaml_node *settings = find_custom(root, "attestream");
    ats_buf_append_text(out, "<dl>\n");
    put_fact(out, "Status", ats_html_of(root, "status"));
    put_fact(out, "Domain", ats_html_of(root, "domain"));
    put_fact(out, "Data product", ats_html_of(root, "dataProduct"));
    put_value_fact(out, "Tags", ats_yaml_find(root, "tags"));
    put_value_fact(out, "MQTT topics", ats_yaml_find(settings, "topics"));
    put_fact(out, "Kafka topic", topic);
    put_fact(out, "Least proof", ats_proof_level_name(ats_contract_least_proof(contract)));
    put_value_fact(out, "Signed by owners", ats_yaml_find(settings, "signatures"));
    put_fact(out, "Device field", ats_contract_device_field(contract));
    put_value_fact(out, "Event time", ats_yaml_find(settings, "eventTime"));
    put_value_fact(out, "Limits of a device", ats_yaml_find(settings, "limits"));
    put_fact(out, "Accountable for the data", ats_contract_accountable(contract));
    begin_fact(out, "Schema id");
    ats_buf_printf(out, "%u</dd>\n</dl>\n", ats_contract_schema_id(contract));
}

static void put_description(struct ats_buf *out, const struct ats_yaml_node *root)
{
    const struct ats_yaml_node *description = ats_yaml_find(root, "description");
    ats_html_element(out, "p", ats_html_of(description, "purpose"));
    ats_html_element(out, "p", ats_html_of(description, "usage"));
    ats_html_element(out, "p", ats_html_of(description, "limitations"));
}

/* Who is responsible, accountable, consulted and informed, for each activity. */
static void put_raci(struct ats_buf *out, const struct ats_yaml_node *raci)
{
    static const char *const columns[] = {"accountable", "responsible", "consulted", "informed"};
    if (ats_yaml_count(raci) == 0)
        return;
    ats_buf_append_text(out, "<h3>Who answers for what</h3>\n<div class=\"wide\"><table><thead><tr>"
                             "<th>Activity</th><th>Accountable</th><th>Responsible</th>"
                             "<th>Consulted</th><th>Informed</th></tr></thead><tbody>\n");
    for (const struct ats_yaml_node *activity = ats_yaml_first(raci); activity;
         activity = ats_yaml_next(activity)) {
        ats_buf_append_text(out, "<tr><td>");
        ats_html_text(out, ats_yaml_key(activity));
        ats_buf_append_text(out, "</td>");
        for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
            ats_buf_append_text(out, "<td>");
            ats_html_value(out, ats_yaml_find(activity, columns[i]));
            ats_buf_append_text(out, "</td>");
        }
        ats_buf_append_text(out, "</tr>\n");
    }
    ats_buf_append_text(out, "</tbody></table></div>\n");
}

static void put_people(struct ats_buf *out, const struct ats_yaml_node *root)
{
    static const struct ats_html_column members_columns[] = {{"User name", "username"},
                                                             {"Name", "name"},
                                                             {"Role", "role"},
                                                             {"Description", "description"},
                                                             {NULL, NULL}};
    static const struct ats_html_column roles_columns[] = {
        {"Role", "role"},
        {"Access", "access"},
        {"First approver", "firstLevelApprovers"},
        {"Second approver", "secondLevelApprovers"},
        {"Description", "description"},
        {NULL, NULL}};
    static const struct ats_html_column support_columns[] = {
        {"Channel", "channel"},         {"Tool", "tool"}, {"Address", "url"}, {"Scope", "scope"},
        {"Description", "description"}, {NULL, NULL}};
    const struct ats_yaml_node *team = ats_yaml_find(root, "team");
    const struct ats_yaml_node *members = ats_yaml_find(team, "members");
    put_raci(out, find_custom(root, "raci"));
    ats_html_table(out, "Team", members_columns, members ? members : team);
    ats_html_table(out, "Roles", roles_columns, ats_yaml_find(root, "roles"));
    ats_html_table(out, "Support", support_columns, ats_yaml_find(root, "support"));
}

static void put_services(struct ats_buf *out, const struct ats_yaml_node *root)
{
    static const struct ats_html_column columns[] = {{"Property", "property"},
                                                     {"Value", "value"},
                                                     {"Unit", "unit"},
                                                     {"Element", "element"},
                                                     {"Driver", "driver"},
                                                     {"Description", "description"},
                                                     {NULL, NULL}};
    ats_html_table(out, "Service levels", columns, ats_yaml_find(root, "slaProperties"));
}

static const char *title_of(const struct ats_docs_contract *one)
{
    const char *name = ats_html_of(ats_yaml_root(one->odcs), "name");
    return name[0] ? name : ats_contract_name(one->contract);
}

static enum ats_status put_contract(const struct ats_cli *cli, struct ats_buf *out,
                                    const struct ats_docs_contract *one, struct ats_error *err)
{
    const struct ats_yaml_node *root = ats_yaml_root(one->odcs);
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    enum ats_status status = ats_docs_telemetry_topic(cli, one->contract, topic, err);
    if (status != ATS_OK)
        return status;
    /* A contract's name is a-z, 0-9 and -. */
    ats_buf_printf(out, "<section id=\"%s\">\n<h2>", ats_contract_name(one->contract));
    ats_html_text(out, title_of(one));
    ats_buf_printf(out, " <small>%s@%s</small></h2>\n", ats_contract_name(one->contract),
                   ats_contract_version(one->contract));
    put_description(out, root);
    put_facts(out, one->contract, root, topic);
    ats_docs_put_fields(out, root);
    put_people(out, root);
    put_services(out, root);
    ats_buf_append_text(out, "</section>\n");
    return ATS_OK;
}

static void put_contents(struct ats_buf *out, const struct ats_docs *docs)
{
    ats_buf_printf(out,
                   "<p>%zu %s, and the topics of what is made of their data. The same as AsyncAPI: "
                   "<a href=\"asyncapi.json\">asyncapi.json</a>.</p>\n<nav><ul>\n",
                   docs->count, ats_output_word(docs->count, "contract", "contracts"));
    for (size_t i = 0; i < docs->count; i++) {
        ats_buf_printf(out, "<li><a href=\"#%s\">", ats_contract_name(docs->contracts[i].contract));
        ats_html_text(out, title_of(&docs->contracts[i]));
        ats_buf_append_text(out, "</a></li>\n");
    }
    ats_buf_append_text(out, "<li><a href=\"#_topics\">Topics</a></li>\n</ul></nav>\n");
}

static enum ats_status put_topics(const struct ats_cli *cli, struct ats_buf *out,
                                  struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    ats_buf_append_text(out,
                        "<section id=\"_topics\">\n<h2>Topics</h2>\n<div class=\"wide\"><table>"
                        "<thead><tr><th>Kafka topic</th><th>Key</th><th>What</th></tr></thead>"
                        "<tbody>\n");
    for (const struct ats_docs_topic *t = ats_docs_topics; t->suffix && status == ATS_OK; t++) {
        char name[ATS_KAFKA_TOPIC_MAX + 1];
        status = ats_kafka_topic_name(&cli->kafka, t->suffix, name, err);
        ats_buf_append_text(out, "<tr><td><code>");
        ats_html_text(out, status == ATS_OK ? name : "");
        ats_buf_printf(out, "</code></td><td>%s</td><td>%s</td></tr>\n", t->key, t->what);
    }
    ats_buf_append_text(out, "</tbody></table></div>\n</section>\n");
    return status;
}

enum ats_status ats_docs_page(const struct ats_cli *cli, const struct ats_docs *docs,
                              struct ats_buf *out, struct ats_error *err)
{
    ats_buf_append_text(out, head);
    put_contents(out, docs);
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < docs->count && status == ATS_OK; i++)
        status = put_contract(cli, out, &docs->contracts[i], err);
    if (status == ATS_OK)
        status = put_topics(cli, out, err);
    ats_buf_append_text(out, "</body>\n</html>\n");
    if (status == ATS_OK && out->status != ATS_OK)
        return ats_error_set(err, out->status, "the page is too large, or out of memory");
    return status;
}
