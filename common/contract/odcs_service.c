/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/odcs_service.h"

#include "common/base/limits.h"
#include "common/base/utf8.h"

#define MS_PER_DAY 86400000.0

enum kind { DURATION, SHARE };

/* Other properties are for people. */
static const struct {
    const char *name;
    enum kind kind;
} known[] = {
    {"frequency", DURATION},    {"freshness", DURATION},    {"latency", DURATION},
    {"retention", DURATION},    {"timeToDetect", DURATION}, {"timeToNotify", DURATION},
    {"timeToRepair", DURATION}, {"completeness", SHARE},
};
#define KNOWN_COUNT (sizeof(known) / sizeof(known[0]))

/* ODCS names days and years; the others are as people write them. */
static const char *const units[] = {"ms",      "s", "sec", "second", "seconds", "min", "minute",
                                    "minutes", "h", "hr",  "hour",   "hours",   "d",   "day",
                                    "days",    "y", "yr",  "year",   "years",   NULL};
static const double unit_ms[] = {1,
                                 1000,
                                 1000,
                                 1000,
                                 1000,
                                 60000,
                                 60000,
                                 60000,
                                 3600000,
                                 3600000,
                                 3600000,
                                 3600000,
                                 MS_PER_DAY,
                                 MS_PER_DAY,
                                 MS_PER_DAY,
                                 365.25 * MS_PER_DAY,
                                 365.25 * MS_PER_DAY,
                                 365.25 * MS_PER_DAY,
                                 365.25 * MS_PER_DAY};

static enum ats_status read_value(const struct ats_yaml_node *entry, double most, double *ret_value,
                                  struct ats_error *err)
{
    const struct ats_yaml_node *value = NULL;
    enum ats_status status = ats_yaml_require(entry, "value", &value, err);
    if (status == ATS_OK)
        status = ats_yaml_get_real(value, ret_value, err);
    if (status == ATS_OK && !(*ret_value > 0 && *ret_value <= most))
        status = ats_yaml_error(value, err, "%.10g is not allowed (allowed: above 0, to %.10g)",
                                *ret_value, most);
    return status;
}

static enum ats_status read_duration(const struct ats_yaml_node *entry, int64_t *ret_ms,
                                     struct ats_error *err)
{
    const struct ats_yaml_node *unit = NULL;
    size_t index = 0;
    double value = 0;
    enum ats_status status = ats_yaml_require(entry, "unit", &unit, err);
    if (status == ATS_OK)
        status = ats_yaml_get_choice(unit, units, &index, err);
    if (status == ATS_OK)
        status = read_value(entry, ATS_SERVICE_MS_MAX / unit_ms[index], &value, err);
    *ret_ms = (int64_t)(value * unit_ms[index] + 0.5);
    return status;
}

static enum ats_status read_share(const struct ats_yaml_node *entry, struct ats_error *err)
{
    static const char *const shares[] = {"%", "percent", NULL};
    const struct ats_yaml_node *ignored = NULL;
    size_t index = 0;
    double value = 0;
    enum ats_status status = ats_yaml_require(entry, "unit", &ignored, err);
    if (status == ATS_OK)
        status = ats_yaml_get_choice(ignored, shares, &index, err);
    if (status == ATS_OK)
        status = read_value(entry, 100, &value, err);
    return status == ATS_OK ? ats_yaml_require(entry, "element", &ignored, err) : status;
}

/* ---- elements ---- */

static const struct ats_yaml_node *find_named(const struct ats_yaml_node *list,
                                              struct ats_span name)
{
    for (const struct ats_yaml_node *item = ats_yaml_first(list); item;
         item = ats_yaml_next(item)) {
        const struct ats_yaml_node *node = ats_yaml_find(item, "name");
        const char *text = NULL;
        if (node && ats_yaml_get_text(node, &text, NULL) == ATS_OK && ats_span_is(name, text))
            return item;
    }
    return NULL;
}

static struct ats_span take_part(struct ats_span *rest, char separator)
{
    const uint8_t *at = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;
    size_t len = at ? (size_t)(at - rest->data) : rest->len;
    struct ats_span part = ats_span_of(rest->data, len);
    *rest = at ? ats_span_of(at + 1, rest->len - len - 1) : ats_span_of(NULL, 0);
    return part;
}

/* OBJECT, or OBJECT.PROPERTY and further in. */
static bool is_there(const struct ats_yaml_node *root, struct ats_span element)
{
    const struct ats_yaml_node *at =
        find_named(ats_yaml_find(root, "schema"), take_part(&element, '.'));
    while (at && element.data)
        at = find_named(ats_yaml_find(at, "properties"), take_part(&element, '.'));
    return at != NULL;
}

static struct ats_span trim(struct ats_span text)
{
    while (text.len > 0 && text.data[0] == ' ')
        text = ats_span_of(text.data + 1, text.len - 1);
    while (text.len > 0 && text.data[text.len - 1] == ' ')
        text.len--;
    return text;
}

/* Several have commas between them. */
static enum ats_status check_element(const struct ats_yaml_node *root,
                                     const struct ats_yaml_node *node, struct ats_error *err)
{
    const char *text = NULL;
    enum ats_status status = ats_yaml_get_text(node, &text, err);
    struct ats_span rest = status == ATS_OK ? ats_span_text(text) : ats_span_of(NULL, 0);
    while (status == ATS_OK && rest.data) {
        struct ats_span element = trim(take_part(&rest, ','));
        if (!is_there(root, element))
            status = ats_yaml_error(node, err,
                                    "the schema has no element '%.*s' (allowed: the object's name, "
                                    "or OBJECT.PROPERTY)",
                                    ATS_SPAN_ARGS(element));
    }
    return status;
}

/* ---- entries ---- */

/* "" where it has none, or one that is no text. */
static const char *name_of(const struct ats_yaml_node *entry)
{
    const struct ats_yaml_node *node = ats_yaml_find(entry, "property");
    const char *text = node ? ats_yaml_scalar(node) : NULL;
    return text ? text : "";
}

static size_t find_known(const struct ats_yaml_node *entry)
{
    const char *name = name_of(entry);
    size_t i = 0;
    while (i < KNOWN_COUNT && strcmp(known[i].name, name) != 0)
        i++;
    return i;
}

static enum ats_status check_entry(const struct ats_yaml_node *root,
                                   const struct ats_yaml_node *entry, struct ats_error *err)
{
    size_t number = find_known(entry);
    const struct ats_yaml_node *element = ats_yaml_find(entry, "element");
    int64_t ignored = 0;
    enum ats_status status = ATS_OK;
    if (number < KNOWN_COUNT)
        status = known[number].kind == DURATION ? read_duration(entry, &ignored, err)
                                                : read_share(entry, err);
    status = ats_yaml_go_on(entry, status, err);
    return status == ATS_OK && element ? check_element(root, element, err) : status;
}

enum ats_status ats_odcs_check_services(const struct ats_yaml_node *root, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (const struct ats_yaml_node *entry = ats_yaml_first(ats_yaml_find(root, "slaProperties"));
         entry && status == ATS_OK; entry = ats_yaml_next(entry))
        status = ats_yaml_go_on(entry, check_entry(root, entry, err), err);
    return status;
}

/* ---- what the gate watches ---- */

static const struct ats_yaml_node *find_entry(const struct ats_yaml_node *root, const char *name)
{
    for (const struct ats_yaml_node *entry = ats_yaml_first(ats_yaml_find(root, "slaProperties"));
         entry; entry = ats_yaml_next(entry))
        if (strcmp(name_of(entry), name) == 0)
            return entry;
    return NULL;
}

enum ats_status ats_odcs_read_services(const struct ats_yaml_node *settings,
                                       const struct ats_yaml_node *root,
                                       const struct ats_plan *plan, struct ats_odcs *odcs,
                                       struct ats_error *err)
{
    static const char *const choices[] = {"ignore", "warn", NULL};
    static const char *const watched[] = {"frequency", "freshness"};
    const struct ats_yaml_node *node = ats_yaml_find(settings, "serviceLevels");
    size_t choice = 0;
    size_t found = 0;
    enum ats_status status = node ? ats_yaml_get_choice(node, choices, &choice, err) : ATS_OK;
    if (status != ATS_OK || choice == 0)
        return status;
    if (odcs->event_time.leaf == ATS_PLAN_NO_LEAF)
        return ats_yaml_error(node, err, "events have no time to judge by: it needs 'eventTime'");
    for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]) && status == ATS_OK; i++) {
        const struct ats_yaml_node *entry = find_entry(root, watched[i]);
        int64_t limit_ms = 0;
        found += entry ? 1 : 0;
        if (entry)
            status = read_duration(entry, &limit_ms, err);
        if (entry && status == ATS_OK)
            status =
                ats_series_add_service(&odcs->series, watched[i],
                                       plan->leaves[odcs->event_time.leaf], limit_ms, entry, err);
    }
    return status == ATS_OK && found == 0
               ? ats_yaml_error(node, err, "slaProperties has neither 'frequency' nor 'freshness'")
               : status;
}
