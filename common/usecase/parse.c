/* SPDX-License-Identifier: Apache-2.0 */
/* A use case from its YAML. One function per section of the file; docs/usecases.md is the reference. */
#include "common/usecase/usecase.h"

#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/contract/yaml.h"
#include "common/usecase/names.h"

#include <assert.h>
#include <stdlib.h>

#define TEXT_MAX 1024
#define TITLE_MAX 40 /* characters; what SAP's NotificationText takes */
#define COUNT_MAX 1000000
#define MODELS_MAX 32 /* kinds of model, for the list of those allowed */
#define WINDOW_MS_MIN INT64_C(1000)
#define WINDOW_MS_MAX (INT64_C(30) * 24 * 3600 * 1000)

/* What a text must look like beside its length. */
typedef bool is_fit(const char *text);

static bool is_any(const char *text)
{
    (void)text;
    return true;
}

static bool holds_only(const char *text, const char *allowed)
{
    return text[strspn(text, allowed)] == '\0';
}

static bool is_name(const char *text)
{
    return holds_only(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

static bool is_identifier(const char *text)
{
    return holds_only(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Ditto's rule (its RegexPatterns.NAMESPACE_REGEX): words of letters, digits and _ that begin with a letter, joined by . or -. */
static bool is_namespace(const char *text)
{
    bool first = true;
    if (!is_identifier(text))
        return false;
    for (; *text; text++) {
        bool joint = *text == '.' || *text == '-';
        if (first && !is_letter(*text))
            return false;
        first = joint;
    }
    return !first;
}

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool is_title(const char *text)
{
    return characters(text) <= TITLE_MAX;
}

struct text_rule {
    const char *key;
    const char *otherwise; /* NULL: the key is required */
    size_t max;
    is_fit *fits;
    const char *allowed; /* for the error */
};

static enum ats_status get_text(const struct ats_yaml_node *mapping, const struct text_rule *rule,
                                char **ret_text, struct ats_error *err)
{
    const struct ats_yaml_node *node = ats_yaml_find(mapping, rule->key);
    const char *text = rule->otherwise;
    enum ats_status status = ATS_OK;
    if (!node && !text)
        return ats_yaml_require(mapping, rule->key, &node, err);
    if (node)
        status = ats_yaml_get_text(node, &text, err);
    if (status != ATS_OK)
        return status;
    if (node && (strlen(text) > rule->max || !rule->fits(text)))
        return ats_yaml_error(node, err, "'%.*s' is not allowed; allowed is %s", ATS_QUOTE(text),
                              rule->allowed);
    assert(text && ret_text);
    *ret_text = strdup(text);
    return *ret_text ? ATS_OK : ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
}

static enum ats_status get_name(const struct ats_yaml_node *mapping, const char *key,
                                char **ret_text, struct ats_error *err)
{
    const struct text_rule rule = {key, NULL, ATS_NAME_MAX, is_name, "up to 128 of a-z, 0-9 and -"};
    return get_text(mapping, &rule, ret_text, err);
}

static enum ats_status get_identifier(const struct ats_yaml_node *mapping, const char *key,
                                      char **ret_text, struct ats_error *err)
{
    const struct text_rule rule = {key, NULL, ATS_NAME_MAX, is_identifier,
                                   "up to 128 letters, digits and _ - ."};
    return get_text(mapping, &rule, ret_text, err);
}

static enum ats_status get_sentence(const struct ats_yaml_node *mapping, const char *key,
                                    const char *otherwise, char **ret_text, struct ats_error *err)
{
    const struct text_rule rule = {key, otherwise, TEXT_MAX, is_any, "up to 1024 bytes"};
    return get_text(mapping, &rule, ret_text, err);
}

static enum ats_status get_integer(const struct ats_yaml_node *mapping, const char *key,
                                   int64_t min, int64_t max, int64_t *ret_integer,
                                   struct ats_error *err)
{
    const struct ats_yaml_node *node = NULL;
    enum ats_status status = ats_yaml_require(mapping, key, &node, err);
    return status == ATS_OK ? ats_yaml_get_integer(node, min, max, ret_integer, err) : status;
}

/* A score that an episode opens or closes at. None is below 0, so one that closed there never would; none reaches 1. */
static enum ats_status get_level(const struct ats_yaml_node *mapping, const char *key,
                                 double *ret_level, struct ats_error *err)
{
    const struct ats_yaml_node *node = NULL;
    assert(ret_level);
    enum ats_status status = ats_yaml_require(mapping, key, &node, err);
    if (status == ATS_OK)
        status = ats_yaml_get_real(node, ret_level, err);
    if (status == ATS_OK && !(*ret_level > 0 && *ret_level < 1))
        status = ats_yaml_error(node, err, "%g is not allowed; allowed is above 0 and below 1",
                                *ret_level);
    return status;
}

static enum ats_status get_choice(const struct ats_yaml_node *mapping, const char *key,
                                  const char *const *choices, size_t *ret_index,
                                  struct ats_error *err)
{
    const struct ats_yaml_node *node = NULL;
    enum ats_status status = ats_yaml_require(mapping, key, &node, err);
    return status == ATS_OK ? ats_yaml_get_choice(node, choices, ret_index, err) : status;
}

/* A required mapping with no keys but these. */
static enum ats_status get_section(const struct ats_yaml_node *mapping, const char *key,
                                   const char *const *allowed,
                                   const struct ats_yaml_node **ret_section, struct ats_error *err)
{
    enum ats_status status = ats_yaml_require(mapping, key, ret_section, err);
    if (status == ATS_OK)
        status = ats_yaml_expect(*ret_section, ATS_YAML_MAPPING, err);
    return status == ATS_OK ? ats_yaml_check_keys(*ret_section, allowed, err) : status;
}

static enum ats_status get_window(const struct ats_yaml_node *item, struct ats_feature *feature,
                                  struct ats_error *err)
{
    const struct ats_yaml_node *node = ats_yaml_find(item, "window");
    if (feature->aggregate == ATS_AGGREGATE_LAST)
        return node ? ats_yaml_error(node, err, "aggregate last has no window") : ATS_OK;
    enum ats_status status = ats_yaml_require(item, "window", &node, err);
    if (status == ATS_OK)
        status = ats_yaml_get_duration(node, &feature->window_ms, err);
    if (status == ATS_OK &&
        (feature->window_ms < WINDOW_MS_MIN || feature->window_ms > WINDOW_MS_MAX))
        status = ats_yaml_error(node, err, "a window lasts 1s to 30d");
    return status;
}

static enum ats_status parse_feature(const struct ats_yaml_node *item, struct ats_usecase *usecase,
                                     struct ats_error *err)
{
    static const char *const keys[] = {"name", "field", "aggregate", "window", "unit", NULL};
    struct ats_feature *feature = &usecase->features[usecase->feature_count];
    size_t aggregate = 0;
    enum ats_status status = ats_yaml_expect(item, ATS_YAML_MAPPING, err);
    if (status == ATS_OK)
        status = ats_yaml_check_keys(item, keys, err);
    if (status != ATS_OK)
        return status;
    usecase->feature_count++;
    status = get_identifier(item, "name", &feature->name, err);
    if (status == ATS_OK)
        status = get_identifier(item, "field", &feature->field, err);
    if (status == ATS_OK)
        status = get_sentence(item, "unit", "", &feature->unit, err);
    if (status == ATS_OK)
        status = get_choice(item, "aggregate", ats_aggregate_names, &aggregate, err);
    if (status != ATS_OK)
        return status;
    feature->aggregate = (enum ats_aggregate)aggregate;
    for (size_t i = 0; i + 1 < usecase->feature_count; i++) {
        if (strcmp(usecase->features[i].name, feature->name) == 0)
            return ats_yaml_error(ats_yaml_find(item, "name"), err, "'%s' stands twice",
                                  feature->name);
    }
    return get_window(item, feature, err);
}

static enum ats_status parse_features(const struct ats_yaml_node *root, struct ats_usecase *usecase,
                                      struct ats_error *err)
{
    const struct ats_yaml_node *list = NULL;
    enum ats_status status = ats_yaml_require(root, "features", &list, err);
    if (status == ATS_OK)
        status = ats_yaml_expect(list, ATS_YAML_SEQUENCE, err);
    if (status != ATS_OK)
        return status;
    if (ats_yaml_count(list) < 1 || ats_yaml_count(list) > ATS_USECASE_FEATURES_MAX)
        return ats_yaml_error(list, err, "needs 1 to %d features", ATS_USECASE_FEATURES_MAX);
    for (const struct ats_yaml_node *item = ats_yaml_first(list); item && status == ATS_OK;
         item = ats_yaml_next(item))
        status = parse_feature(item, usecase, err);
    return status;
}

static enum ats_status parse_parameter(const struct ats_yaml_node *node,
                                       const struct ats_model_parameter *info, double *ret_value,
                                       struct ats_error *err)
{
    enum ats_status status = ats_yaml_get_real(node, ret_value, err);
    if (status == ATS_OK && !(*ret_value >= info->min && *ret_value <= info->max))
        status = ats_yaml_error(node, err, "%g is not allowed; allowed is %g to %g", *ret_value,
                                info->min, info->max);
    return status;
}

/* The values that are given, in the place of the defaults. */
static enum ats_status parse_parameters(const struct ats_yaml_node *parameters,
                                        struct ats_model_choice *model, struct ats_error *err)
{
    const struct ats_model_info *info = model->info;
    const char *names[ATS_MODEL_PARAMETERS_MAX + 1] = {NULL};
    for (size_t i = 0; i < info->parameter_count; i++)
        names[i] = info->parameters[i].name;
    enum ats_status status = ats_yaml_check_keys(parameters, names, err);
    for (size_t i = 0; i < info->parameter_count && status == ATS_OK; i++) {
        const struct ats_yaml_node *node = ats_yaml_find(parameters, names[i]);
        if (node)
            status = parse_parameter(node, &info->parameters[i], &model->parameters[i], err);
    }
    return status;
}

static enum ats_status find_model(const struct ats_yaml_node *section,
                                  const struct ats_model_info **ret_info, struct ats_error *err)
{
    const char *kinds[MODELS_MAX + 1] = {NULL};
    size_t index = 0;
    for (size_t i = 0; ats_model_infos[i]; i++) {
        assert(i < MODELS_MAX);
        kinds[i] = ats_model_infos[i]->kind;
    }
    enum ats_status status = get_choice(section, "kind", kinds, &index, err);
    *ret_info = ats_model_infos[index];
    return status;
}

static enum ats_status parse_model(const struct ats_yaml_node *root, struct ats_usecase *usecase,
                                   struct ats_error *err)
{
    static const char *const keys[] = {"kind", "version", "parameters", NULL};
    struct ats_model_choice *model = &usecase->model;
    const struct ats_yaml_node *section = NULL;
    size_t index = 0;
    enum ats_status status = get_section(root, "model", keys, &section, err);
    if (status == ATS_OK)
        status = find_model(section, &model->info, err);
    if (status != ATS_OK)
        return status;
    const char *const versions[] = {model->info->version, NULL};
    for (size_t i = 0; i < model->info->parameter_count; i++)
        model->parameters[i] = model->info->parameters[i].otherwise;
    status = get_choice(section, "version", versions, &index, err);
    const struct ats_yaml_node *parameters = ats_yaml_find(section, "parameters");
    if (status == ATS_OK && parameters)
        status = parse_parameters(parameters, model, err);
    return status;
}

static enum ats_status parse_episode(const struct ats_yaml_node *root, struct ats_usecase *usecase,
                                     struct ats_error *err)
{
    static const char *const keys[] = {"failureMode", "enter",      "leave",
                                       "enterCount",  "leaveCount", NULL};
    struct ats_episode_rule *rule = &usecase->episode;
    const struct ats_yaml_node *section = NULL;
    enum ats_status status = get_section(root, "episode", keys, &section, err);
    if (status == ATS_OK)
        status = get_name(section, "failureMode", &rule->failure_mode, err);
    if (status == ATS_OK)
        status = get_level(section, "enter", &rule->enter, err);
    if (status == ATS_OK)
        status = get_level(section, "leave", &rule->leave, err);
    if (status == ATS_OK && rule->leave >= rule->enter)
        status = ats_yaml_error(ats_yaml_find(section, "leave"), err,
                                "%g is not below enter (%g): an episode would open and close with "
                                "every event",
                                rule->leave, rule->enter);
    if (status == ATS_OK)
        status = get_integer(section, "enterCount", 1, COUNT_MAX, &rule->enter_count, err);
    if (status == ATS_OK)
        status = get_integer(section, "leaveCount", 1, COUNT_MAX, &rule->leave_count, err);
    return status;
}

static enum ats_status parse_alert(const struct ats_yaml_node *root, struct ats_usecase *usecase,
                                   struct ats_error *err)
{
    static const char *const keys[] = {"severity", "title", "action", "runbook", "owner", NULL};
    static const struct text_rule title = {"title", NULL, TEXT_MAX, is_title,
                                           "up to 40 characters"};
    struct ats_alert_rule *alert = &usecase->alert;
    const struct ats_yaml_node *section = NULL;
    size_t severity = 0;
    enum ats_status status = get_section(root, "alert", keys, &section, err);
    if (status == ATS_OK)
        status = get_choice(section, "severity", ats_severity_names, &severity, err);
    alert->severity = (enum ats_severity)severity;
    if (status == ATS_OK)
        status = get_text(section, &title, &alert->title, err);
    if (status == ATS_OK)
        status = get_sentence(section, "action", NULL, &alert->action, err);
    if (status == ATS_OK)
        status = get_sentence(section, "runbook", "", &alert->runbook, err);
    if (status == ATS_OK)
        status = get_sentence(section, "owner", "", &alert->owner, err);
    return status;
}

static enum ats_status parse_erp(const struct ats_yaml_node *root, struct ats_usecase *usecase,
                                 struct ats_error *err)
{
    static const char *const keys[] = {"kind", "priority", "breakdown", NULL};
    static const char *const kinds[] = {"malfunction", "maintenance", "inspection", NULL};
    const struct ats_yaml_node *section = NULL;
    const struct ats_yaml_node *breakdown = NULL;
    size_t kind = 0;
    enum ats_status status = get_section(root, "erp", keys, &section, err);
    if (status == ATS_OK)
        status = get_choice(section, "kind", kinds, &kind, err);
    if (status == ATS_OK)
        status = get_integer(section, "priority", 1, 4, &usecase->erp.priority, err);
    if (status == ATS_OK)
        status = ats_yaml_require(section, "breakdown", &breakdown, err);
    if (status == ATS_OK)
        status = ats_yaml_get_boolean(breakdown, &usecase->erp.breakdown, err);
    if (status != ATS_OK)
        return status;
    usecase->erp.kind = strdup(kinds[kind]);
    return usecase->erp.kind ? ATS_OK : ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
}

static enum ats_status parse_twin(const struct ats_yaml_node *root, struct ats_usecase *usecase,
                                  struct ats_error *err)
{
    static const char *const keys[] = {"namespace", "feature", NULL};
    static const struct text_rule namespace_ = {
        "namespace", NULL, ATS_NAME_MAX, is_namespace,
        "up to 128 letters, digits and _, words that begin with a letter and are joined by . or -"};
    const struct ats_yaml_node *section = NULL;
    enum ats_status status = get_section(root, "twin", keys, &section, err);
    if (status == ATS_OK)
        status = get_text(section, &namespace_, &usecase->twin.namespace_, err);
    if (status == ATS_OK)
        status = get_identifier(section, "feature", &usecase->twin.feature, err);
    return status;
}

static enum ats_status parse_head(const struct ats_yaml_node *root, struct ats_usecase *usecase,
                                  struct ats_error *err)
{
    static const char *const keys[] = {
        "name",    "version", "contract", "kpi",  "sponsor", "allowedLateness", "features", "model",
        "episode", "alert",   "erp",      "twin", NULL};
    const struct ats_yaml_node *lateness = ats_yaml_find(root, "allowedLateness");
    enum ats_status status = ats_yaml_check_keys(root, keys, err);
    if (status == ATS_OK)
        status = get_name(root, "name", &usecase->name, err);
    if (status == ATS_OK)
        status = get_identifier(root, "version", &usecase->version, err);
    if (status == ATS_OK)
        status = get_name(root, "contract", &usecase->contract, err);
    if (status == ATS_OK)
        status = get_sentence(root, "kpi", NULL, &usecase->kpi, err);
    if (status == ATS_OK)
        status = get_sentence(root, "sponsor", "", &usecase->sponsor, err);
    if (status == ATS_OK && lateness)
        status = ats_yaml_get_duration(lateness, &usecase->allowed_lateness_ms, err);
    return status;
}

enum ats_status ats_usecase_parse(struct ats_span text, const char *name,
                                  struct ats_usecase **ret_usecase, struct ats_error *err)
{
    typedef enum ats_status parse_section(const struct ats_yaml_node *, struct ats_usecase *,
                                          struct ats_error *);
    static parse_section *const sections[] = {
        parse_head, parse_features, parse_model, parse_episode, parse_alert, parse_erp, parse_twin};
    struct ats_yaml *yaml = NULL;
    enum ats_status status = ats_yaml_parse(text, name, &yaml, err);
    if (status != ATS_OK)
        return status;
    struct ats_usecase *usecase = calloc(1, sizeof(*usecase));
    if (!usecase)
        status = ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]) && status == ATS_OK; i++)
        status = sections[i](ats_yaml_root(yaml), usecase, err);
    ats_yaml_free(yaml);
    if (status != ATS_OK) {
        ats_usecase_free(usecase);
        return status;
    }
    *ret_usecase = usecase;
    return ATS_OK;
}
