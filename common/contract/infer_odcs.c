/* SPDX-License-Identifier: Apache-2.0 */
/* The draft's ODCS document. What was seen stands in comments; what a person must say is marked DECIDE. */
#include "common/contract/infer_node.h"

#include "common/base/parse.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define DECIDE "# " ATS_INFER_MARK ": "
#define NUMBER_MAX 40

struct writer {
    const struct ats_infer_found *found;
    struct ats_buf *out;
};

static void put_properties(const struct writer *w, const struct ats_infer_node *record, int indent);

static void put(const struct writer *w, int indent, const char *line)
{
    ats_buf_printf(w->out, "%*s%s\n", indent, "", line);
}

/* A question about one field. */
static void put_about(const struct writer *w, const struct ats_infer_node *node, int indent,
                      const char *question)
{
    char path[ATS_INFER_PATH_MAX];
    ats_buf_printf(w->out, "%*s" DECIDE "%s %s\n", indent, "", question,
                   ats_infer_path(node, path));
}

/* In quotes where YAML would read a number, a boolean or a null. */
static void put_word(struct ats_buf *out, const char *word)
{
    static const char *const others[] = {"true", "false", "null", "yes", "no",
                                         "on",   "off",   "y",    "n",   NULL};
    bool plain = isalpha((unsigned char)word[0]) || word[0] == '_';
    for (size_t i = 0; others[i]; i++)
        plain = plain && strcasecmp(others[i], word) != 0;
    ats_buf_printf(out, plain ? "%s" : "\"%s\"", word);
}

static const char *logical_type(const struct writer *w, const struct ats_infer_node *node)
{
    static const char *const names[] = {"string", "boolean", "integer", "number", "string",
                                        "string", "object",  "object",  "array"};
    return node == w->found->time ? "timestamp" : names[ats_infer_type(node)];
}

/* The shortest text that keeps the bound on its side of what was seen. */
static void format_bound(double bound, double seen, bool least, char ret_text[NUMBER_MAX])
{
    double back = 0;
    (void)snprintf(ret_text, NUMBER_MAX, "%.15g", bound);
    if (ats_parse_double(ret_text, &back) != ATS_OK || (least ? back > seen : back < seen))
        (void)snprintf(ret_text, NUMBER_MAX, "%.17g", seen);
}

static void put_range(const struct writer *w, const struct ats_infer_node *node, int indent)
{
    char low[NUMBER_MAX];
    char high[NUMBER_MAX];
    double min = 0;
    double max = 0;
    ats_buf_printf(w->out, "%*s# Seen: %.15g to %.15g.", indent, "", node->min, node->max);
    if (!ats_infer_is_leaf(node) || node == w->found->time || !ats_infer_bounds(node, &min, &max)) {
        ats_buf_append_text(w->out, "\n");
        return;
    }
    format_bound(min, node->min, true, low);
    format_bound(max, node->max, false, high);
    if (ats_infer_is_counter(node)) {
        ats_buf_append_text(w->out, " It rises from event to event, so it has no maximum here.\n");
        ats_buf_printf(w->out, "%*slogicalTypeOptions: {minimum: %s}\n", indent, "",
                       node->min >= 0 ? "0" : low);
        return;
    }
    ats_buf_append_text(w->out, " The bounds leave room beyond that.\n");
    put_about(w, node, indent, "what can be measured at all; what is outside is quarantined:");
    ats_buf_printf(w->out, "%*slogicalTypeOptions: {minimum: %s, maximum: %s}\n", indent, "", low,
                   high);
}

static void put_number(const struct writer *w, const struct ats_infer_node *node, int indent)
{
    put_range(w, node, indent);
    if (node == w->found->time || ats_infer_is_counter(node))
        return;
    put_about(w, node, indent, "the unit, as UCUM writes it (Cel, %, bar, kW; 1 if it has none):");
    put(w, indent, "# customProperties: [{property: unit, value: \"...\"}]");
}

static void put_text(const struct writer *w, const struct ats_infer_node *node, int indent)
{
    if (node->texts_more || node->text_count == 0) {
        put(w, indent, "# Seen: many different texts, or long ones.");
    } else {
        ats_buf_printf(w->out, "%*s# Seen: %zu different text%s.\n", indent, "", node->text_count,
                       node->text_count == 1 ? "" : "s");
    }
    if (ats_infer_type(node) == ATS_INFER_AS_ENUM) {
        put_about(w, node, indent, "whether the symbols in schema.avsc are all:");
        return;
    }
    if (ats_infer_is_leaf(node) && !node->empty_text)
        put(w, indent, "logicalTypeOptions: {minLength: 1}");
    if (node->text_count > 0) {
        ats_buf_printf(w->out, "%*sexamples: [", indent, "");
        ats_infer_quote(w->out, node->texts[0].text);
        ats_buf_append_text(w->out, "]\n");
    }
}

static void put_presence(const struct writer *w, const struct ats_infer_node *node, int indent)
{
    uint64_t present = ats_infer_present(node);
    uint64_t possible = ats_infer_possible(node);
    if (present < possible)
        ats_buf_printf(w->out, "%*s# Seen: in %" PRIu64 " of %" PRIu64 " events or records.\n",
                       indent, "", present, possible);
    if (node->seen[ATS_INFER_NULL])
        ats_buf_printf(w->out, "%*s# Seen: null %" PRIu64 " times.\n", indent, "",
                       node->seen[ATS_INFER_NULL]);
}

/* What an array holds. Of a map ODCS says nothing more. */
static void put_items(const struct writer *w, const struct ats_infer_node *item, int indent)
{
    enum ats_infer_type type = ats_infer_type(item);
    put(w, indent, "items:");
    ats_buf_printf(w->out, "%*slogicalType: %s\n", indent + 2, "", logical_type(w, item));
    ats_buf_printf(w->out, "%*sphysicalType: %s\n", indent + 2, "", ats_infer_type_name(type));
    if (type == ATS_INFER_AS_RECORD)
        put_properties(w, item, indent + 2);
}

static void put_details(const struct writer *w, const struct ats_infer_node *node, int indent)
{
    switch (ats_infer_type(node)) {
    case ATS_INFER_AS_UNKNOWN:
        put_about(w, node, indent,
                  "the type, here and in schema.avsc; it was null in every event:");
        break;
    case ATS_INFER_AS_LONG:
    case ATS_INFER_AS_DOUBLE:
        put_number(w, node, indent);
        break;
    case ATS_INFER_AS_STRING:
    case ATS_INFER_AS_ENUM:
        put_text(w, node, indent);
        break;
    case ATS_INFER_AS_RECORD:
        put_properties(w, node, indent);
        break;
    case ATS_INFER_AS_MAP:
    case ATS_INFER_AS_ARRAY:
        if (!node->item || ats_infer_type(node->item) == ATS_INFER_AS_UNKNOWN)
            put_about(w, node, indent, "the type of what it holds, in schema.avsc; it was empty:");
        else if (ats_infer_type(node) == ATS_INFER_AS_ARRAY)
            put_items(w, node->item, indent);
        else
            put_about(w, node, indent,
                      "whether it is a map, of any keys; those that were seen vary:");
        break;
    default:
        break;
    }
}

static void put_left_out(const struct writer *w, const struct ats_infer_node *node, int indent)
{
    ats_buf_printf(w->out,
                   "%*s" DECIDE "left out, since it cannot be the name of a field: ", indent, "");
    ats_infer_quote(w->out, node->key);
    ats_buf_append_text(w->out, "\n");
}

static void put_properties(const struct writer *w, const struct ats_infer_node *record, int indent)
{
    put(w, indent, "properties:");
    for (const struct ats_infer_node *node = record->first; node; node = node->next) {
        if (!ats_infer_is_name(node->key)) {
            put_left_out(w, node, indent + 2);
            continue;
        }
        enum ats_infer_type type = ats_infer_type(node);
        bool nullable = ats_infer_nullable(node) || type == ATS_INFER_AS_UNKNOWN;
        ats_buf_printf(w->out, "%*s- name: ", indent + 2, "");
        put_word(w->out, node->key);
        ats_buf_printf(w->out, "\n%*slogicalType: %s\n", indent + 4, "", logical_type(w, node));
        ats_buf_printf(w->out, "%*sphysicalType: %s\n", indent + 4, "", ats_infer_type_name(type));
        ats_buf_printf(w->out, "%*srequired: %s\n", indent + 4, "", nullable ? "false" : "true");
        put_presence(w, node, indent + 4);
        put_details(w, node, indent + 4);
    }
}

static void put_head(const struct writer *w, const struct ats_infer *infer, const char *name)
{
    ats_buf_printf(w->out,
                   "# A draft, made by `attestream contract infer` from %" PRIu64
                   " events. Lines with " ATS_INFER_MARK " are left to a person.\n",
                   infer->events);
    ats_buf_append_text(w->out, "apiVersion: v3.1.0\nkind: DataContract\nid: ");
    put_word(w->out, name);
    ats_buf_append_text(w->out, "\nversion: 0.1.0\nstatus: draft\n");
    put(w, 0, DECIDE "what this is, and for what:");
    put(w, 0, "# name: ...");
    put(w, 0, "# description: {purpose: ..., usage: ..., limitations: ...}");
}

static void put_schema(const struct writer *w, const struct ats_infer *infer, const char *name)
{
    ats_buf_printf(w->out,
                   "\nschema:\n  - name: event\n    logicalType: object\n"
                   "    physicalName: ats.telemetry.%s\n    physicalType: topic\n",
                   name);
    put_properties(w, infer->root, 4);
}

static void put_team(const struct writer *w)
{
    put(w, 0, "");
    put(w, 0, DECIDE "who owns the data; everyone named in raci (below) is a username here");
    put(w, 0, "# team:");
    put(w, 0, "#   members:");
    put(w, 0, "#     - {username: ..., role: OT owner}");
    put(w, 0, "#     - {username: ..., role: IT owner}");
    put(w, 0, "");
}

/* The pause of one device where their names were few enough to count, else of all together. */
static void put_rate(const struct writer *w, const struct ats_infer *infer)
{
    const struct ats_infer_node *device = w->found->device;
    double span = ats_infer_span_s(w->found);
    char path[ATS_INFER_PATH_MAX];
    if (!(span > 0) || infer->events < 2) {
        put(w, 0, DECIDE "slaProperties, such as the frequency: no rate could be seen");
        return;
    }
    bool counted = device && !device->texts_more && device->text_count < infer->events;
    double pause = span / (double)(infer->events - 1) * (double)(counted ? device->text_count : 1);
    ats_buf_printf(w->out,
                   "slaProperties:\n  # Seen: %" PRIu64 " events in %.6g s, %.3g a second, of ",
                   infer->events, span, (double)(infer->events - 1) / span);
    if (counted)
        ats_buf_printf(w->out, "%zu device%s.\n", device->text_count,
                       device->text_count == 1 ? "" : "s");
    else
        ats_buf_append_text(w->out, "all devices together.\n");
    put(w, 2,
        DECIDE "the longest pause that is promised; the one here is the mean of what was seen");
    ats_buf_printf(w->out,
                   "  - property: frequency\n    value: %.3g\n    unit: s\n    element: event.%s\n"
                   "    description: The pause between events of %s.\n",
                   pause, ats_infer_path(w->found->time, path),
                   counted ? "one device" : "all devices together");
}

static void put_topics(const struct writer *w, const struct ats_infer_options *options)
{
    if (options->topic_count == 0) {
        ats_buf_printf(w->out,
                       "      " DECIDE "the MQTT topic filters, such as \"site/+/{device}/%s\"\n",
                       options->name);
        put(w, 6, "topics: []");
        return;
    }
    ats_buf_append_text(w->out, "      topics: [");
    for (size_t i = 0; i < options->topic_count; i++) {
        ats_buf_append_text(w->out, i ? ", " : "");
        ats_infer_quote(w->out, options->topics[i]);
    }
    ats_buf_append_text(w->out, "]\n");
}

static bool leaves_out(const struct ats_infer_node *node)
{
    if (!node || node->is_map)
        return node && leaves_out(node->item);
    for (const struct ats_infer_node *child = node->first; child; child = child->next)
        if (!ats_infer_is_name(child->key) || leaves_out(child))
            return true;
    return leaves_out(node->item);
}

static void put_fields(const struct writer *w)
{
    char path[ATS_INFER_PATH_MAX];
    if (w->found->device) {
        put(w, 6, DECIDE "whether this field names the device that sends: another is quarantined");
        ats_buf_printf(w->out, "      deviceField: %s\n", ats_infer_path(w->found->device, path));
    } else {
        put(w, 6,
            DECIDE "deviceField, if a field names the device that sends; none was recognised");
    }
    if (w->found->time) {
        put(w, 6, DECIDE "whether this is when it was measured, and how old and early it may be");
        ats_buf_printf(w->out,
                       "      eventTime: {field: %s, unit: %s, maxAge: none, maxFuture: none}\n",
                       ats_infer_path(w->found->time, path), w->found->time_unit);
    } else {
        put(w, 6, DECIDE "eventTime, if a field says when it was measured; none was recognised");
    }
}

static void put_settings(const struct writer *w, const struct ats_infer *infer,
                         const struct ats_infer_options *options)
{
    put(w, 0, "");
    put(w, 0, "customProperties:\n  - property: attestream\n    value:");
    put_topics(w, options);
    put(w, 6, "format: json");
    put(w, 6, DECIDE "the least proof of a publish: connection, mac or signature");
    put(w, 6, "proof: connection");
    ats_buf_printf(w->out, "      unknownFields: %s\n",
                   leaves_out(infer->root) ? "ignore" : "refuse");
    put_fields(w);
    put(w, 2, DECIDE "who is accountable:");
    put(w, 2, "# - property: raci");
    put(w, 2, "#   value:");
    put(w, 2, "#     dataOwnership: {accountable: ..., responsible: [...]}");
    put(w, 2, "#     modelGovernance: {accountable: ...}");
    put(w, 2, "#     incidentResponse: {accountable: ...}");
}

void ats_infer_write_odcs(const struct ats_infer *infer, const struct ats_infer_options *options,
                          const struct ats_infer_found *found, struct ats_buf *out)
{
    const struct writer w = {.found = found, .out = out};
    put_head(&w, infer, options->name);
    put_schema(&w, infer, options->name);
    put_team(&w);
    put_rate(&w, infer);
    put_settings(&w, infer, options);
}
