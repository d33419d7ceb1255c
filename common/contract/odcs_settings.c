/* SPDX-License-Identifier: Apache-2.0 */
/* Our own settings: the value of the custom property `attestream`. docs/contracts.md is their reference. */
#include "common/contract/odcs.h"

#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/contract/filter.h"

#include <stdlib.h>

#define PLACEHOLDER "{device}"

static const char *const setting_keys[] = {
    "topics", "format", "formats", "proof",         "unknownFields", "deviceField", "eventTime",
    "limits", "senml",  "units",   "serviceLevels", "signatures",    NULL};

/* What is wrong with a topic filter; NULL if nothing. Levels as MQTT 5, section 4.7, has them. */
static const char *judge_filter(const char *filter)
{
    size_t devices = 0;
    bool plain = false; /* some level is neither a wildcard nor the placeholder */
    if (strlen(filter) > ATS_TOPIC_MAX)
        return "it is too long";
    if (filter[0] == '$')
        return "topics that begin with $ belong to the broker";
    if (ats_topic_is_own(ats_span_text(filter)))
        return "ats and what is below it belong to the gate";
    for (const char *level = filter; level;) {
        const char *slash = strchr(level, '/');
        size_t len = slash ? (size_t)(slash - level) : strlen(level);
        struct ats_span span = ats_span_of(level, len);
        bool rest = ats_span_is(span, "#");
        if (rest && (slash || !plain))
            return slash ? "# must be its last level" : "it would govern every topic";
        if (len > 1 && (memchr(level, '#', len) || memchr(level, '+', len)))
            return "# and + must stand alone in a level";
        bool device = ats_span_is(span, PLACEHOLDER);
        devices += device ? 1 : 0;
        if (!device && (memchr(level, '{', len) || memchr(level, '}', len)))
            return "the only placeholder is {device}, alone in a level";
        plain = plain || (!device && !ats_span_is(span, "+"));
        level = slash ? slash + 1 : NULL;
    }
    return devices > 1 ? "{device} stands twice" : NULL;
}

static enum ats_status add_topic(const struct ats_yaml_node *node, struct ats_odcs *odcs,
                                 struct ats_error *err)
{
    const char *text = NULL;
    enum ats_status status = ats_yaml_get_text(node, &text, err);
    const char *fault = status == ATS_OK ? judge_filter(text) : NULL;
    if (status != ATS_OK)
        return status;
    if (fault)
        return ats_yaml_error(node, err, "'%.*s' is not allowed: %s", ATS_QUOTE(text), fault);
    char **grown = realloc(odcs->topics, (odcs->topic_count + 1) * sizeof(*grown));
    if (!grown)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    odcs->topics = grown;
    grown[odcs->topic_count++] = NULL;
    return ats_odcs_copy(text, &grown[odcs->topic_count - 1], err);
}

static enum ats_status read_topics(const struct ats_yaml_node *settings, struct ats_odcs *odcs,
                                   struct ats_error *err)
{
    const struct ats_yaml_node *topics = NULL;
    enum ats_status status = ats_yaml_require(settings, "topics", &topics, err);
    if (status == ATS_OK)
        status = ats_yaml_expect(topics, ATS_YAML_SEQUENCE, err);
    if (status == ATS_OK &&
        (ats_yaml_count(topics) == 0 || ats_yaml_count(topics) > ATS_CONTRACT_TOPICS_MAX))
        status = ats_yaml_error(topics, err, "expected 1 to %d MQTT topic filters",
                                ATS_CONTRACT_TOPICS_MAX);
    for (const struct ats_yaml_node *t = ats_yaml_first(topics); t && status == ATS_OK;
         t = ats_yaml_next(t))
        status = ats_yaml_go_on(t, add_topic(t, odcs, err), err);
    return status;
}

/* A choice with a default at index 0. */
static enum ats_status read_choice(const struct ats_yaml_node *mapping, const char *key,
                                   const char *const *choices, size_t *ret_index,
                                   struct ats_error *err)
{
    const struct ats_yaml_node *node = ats_yaml_find(mapping, key);
    *ret_index = 0;
    return node ? ats_yaml_get_choice(node, choices, ret_index, err) : ATS_OK;
}

/* The leaf that a setting names, of one of these Avro types. */
static enum ats_status read_leaf(const struct ats_yaml_node *node, const struct ats_plan *plan,
                                 unsigned types, const char *allowed, size_t *ret_leaf,
                                 struct ats_error *err)
{
    const char *path = NULL;
    enum ats_status status = ats_yaml_get_text(node, &path, err);
    if (status != ATS_OK)
        return status;
    for (size_t i = 0; i < plan->leaf_count; i++) {
        if (strcmp(plan->leaves[i]->path, path) != 0)
            continue;
        enum ats_avro_type type = ats_plan_value_node(plan->leaves[i])->type;
        if (!(types >> type & 1u))
            return ats_yaml_error(node, err, "'%.*s' is of the Avro type %s (allowed: %s)",
                                  ATS_QUOTE(path), ats_avro_type_name(type), allowed);
        *ret_leaf = i;
        return ATS_OK;
    }
    return ats_yaml_error(node, err, "the Avro schema has no single value '%.*s'", ATS_QUOTE(path));
}

/* A duration or "none", which is the default. */
static enum ats_status read_bound(const struct ats_yaml_node *mapping, const char *key,
                                  int64_t *ret_ms, struct ats_error *err)
{
    const struct ats_yaml_node *node = ats_yaml_find(mapping, key);
    const char *text = NULL;
    *ret_ms = ATS_TIME_UNBOUNDED;
    if (!node || (ats_yaml_get_text(node, &text, NULL) == ATS_OK && strcmp(text, "none") == 0))
        return ATS_OK;
    return ats_yaml_get_duration(node, ret_ms, err);
}

/* How far the time may go back, or "none". */
static enum ats_status read_back(const struct ats_yaml_node *node, const struct ats_plan_node *leaf,
                                 struct ats_series *series, struct ats_error *err)
{
    const char *text = NULL;
    if (!node || (ats_yaml_get_text(node, &text, NULL) == ATS_OK && strcmp(text, "none") == 0))
        return ATS_OK;
    return ats_series_add_time_back(series, leaf, node, err);
}

static enum ats_status read_event_time(const struct ats_yaml_node *node,
                                       const struct ats_plan *plan, struct ats_odcs *odcs,
                                       struct ats_error *err)
{
    struct ats_event_time *time = &odcs->event_time;
    static const char *const keys[] = {"field", "unit", "maxAge", "maxFuture", "maxBack", NULL};
    static const char *const units[] = {"s", "ms", "us", "rfc3339", NULL};
    const unsigned numbers =
        1u << ATS_AVRO_INT | 1u << ATS_AVRO_LONG | 1u << ATS_AVRO_FLOAT | 1u << ATS_AVRO_DOUBLE;
    const struct ats_yaml_node *field = NULL;
    const struct ats_yaml_node *unit = NULL;
    size_t index = 0;
    enum ats_status status = ats_yaml_check_keys(node, keys, err);
    if (status == ATS_OK)
        status = ats_yaml_require(node, "field", &field, err);
    if (status == ATS_OK)
        status = ats_yaml_require(node, "unit", &unit, err);
    if (status == ATS_OK)
        status = ats_yaml_get_choice(unit, units, &index, err);
    time->unit = (enum ats_time_unit)index;
    bool text = time->unit == ATS_TIME_RFC3339;
    if (status == ATS_OK)
        status = read_leaf(field, plan, text ? 1u << ATS_AVRO_STRING : numbers,
                           text ? "string" : "int, long, float, double", &time->leaf, err);
    if (status == ATS_OK)
        status = read_bound(node, "maxAge", &time->max_age_ms, err);
    if (status == ATS_OK)
        status = read_bound(node, "maxFuture", &time->max_future_ms, err);
    if (status == ATS_OK)
        status =
            read_back(ats_yaml_find(node, "maxBack"), plan->leaves[time->leaf], &odcs->series, err);
    return status;
}

static enum ats_status read_choices(const struct ats_yaml_node *settings, struct ats_odcs *odcs,
                                    struct ats_error *err)
{
    static const char *const proofs[] = {"connection", "mac", "signature", NULL};
    static const char *const unknown[] = {"refuse", "ignore", NULL};
    size_t proof = 0;
    size_t ignore = 0;
    enum ats_status status = read_choice(settings, "proof", proofs, &proof, err);
    if (status == ATS_OK)
        status = read_choice(settings, "unknownFields", unknown, &ignore, err);
    odcs->least_proof = (enum ats_proof_level)(ATS_PROOF_CONNECTION + proof);
    odcs->ignore_unknown = ignore == 1;
    return status;
}

enum ats_status ats_odcs_read_settings(const struct ats_yaml_node *root,
                                       const struct ats_plan *plan, struct ats_odcs *odcs,
                                       struct ats_error *err)
{
    const struct ats_yaml_node *settings = ats_odcs_find_custom(root, "attestream");
    const struct ats_yaml_node *device = ats_yaml_find(settings, "deviceField");
    const struct ats_yaml_node *time = ats_yaml_find(settings, "eventTime");
    const struct ats_yaml_node *limits = ats_yaml_find(settings, "limits");
    const struct ats_yaml_node *signatures = ats_yaml_find(settings, "signatures");
    if (!settings)
        return ats_yaml_error(
            root, err, "customProperties has no property 'attestream', which names the topics");
    size_t found = ats_yaml_found(root);
    enum ats_status status = ats_yaml_check_keys(settings, setting_keys, err);
    if (status == ATS_OK)
        status = ats_yaml_go_on(settings, read_topics(settings, odcs, err), err);
    if (status == ATS_OK)
        status = ats_yaml_go_on(settings, read_choices(settings, odcs, err), err);
    if (status == ATS_OK && device)
        status = ats_yaml_go_on(
            device,
            read_leaf(device, plan, 1u << ATS_AVRO_STRING, "string", &odcs->device_leaf, err), err);
    if (status == ATS_OK && time)
        status = ats_yaml_go_on(time, read_event_time(time, plan, odcs, err), err);
    if (status == ATS_OK && limits)
        status = ats_yaml_go_on(limits, ats_odcs_read_limits(limits, &odcs->limits, err), err);
    if (status == ATS_OK && signatures)
        status = ats_yaml_go_on(signatures,
                                ats_odcs_read_signatures(signatures, &odcs->signatures, err), err);
    if (status == ATS_OK)
        status = ats_yaml_go_on(settings, ats_odcs_read_units(settings, plan, odcs, err), err);
    if (status == ATS_OK && ats_yaml_found(root) == found)
        status =
            ats_yaml_go_on(settings, ats_odcs_read_services(settings, root, plan, odcs, err), err);
    /* They rest on the fields that the settings above name. */
    return status == ATS_OK && ats_yaml_found(root) == found
               ? ats_odcs_read_formats(settings, plan, odcs, err)
               : status;
}
