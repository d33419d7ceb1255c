/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/usecase/usecase.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* One line per key, so that a test can replace or drop one. */
static const char good[] = "name: u\n"
                           "version: 1.0.0\n"
                           "contract: c\n"
                           "kpi: Hours\n"
                           "sponsor: me\n"
                           "allowedLateness: 5m\n"
                           "features:\n"
                           "  - {name: f1, field: data.temp, aggregate: last, unit: Cel}\n"
                           "  - {name: f2, field: data.temp, aggregate: mean, window: 90s}\n"
                           "model:\n"
                           "  kind: robust-ewma\n"
                           "  version: \"1\"\n"
                           "  parameters:\n"
                           "    memory: 300\n"
                           "episode:\n"
                           "  failureMode: too-warm\n"
                           "  enter: 0.9\n"
                           "  leave: 0.5\n"
                           "  enterCount: 3\n"
                           "  leaveCount: 4\n"
                           "alert:\n"
                           "  severity: critical\n"
                           "  title: Too warm\n"
                           "  action: Cool it\n"
                           "erp:\n"
                           "  kind: malfunction\n"
                           "  priority: 2\n"
                           "  breakdown: true\n"
                           "twin:\n"
                           "  namespace: org.example\n"
                           "  feature: health\n";

static struct ats_usecase *parse_good(const char *yaml)
{
    struct ats_usecase *usecase = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_usecase_parse(ats_span_text(yaml), "u.yaml", &usecase, &err), ATS_OK, "%s",
                 err.text);
    return usecase;
}

/* The good file with `line` (which starts with two spaces or none) in the place of the line that starts with `key`. */
static char *with(const char *key, const char *line)
{
    char *yaml = calloc(1, sizeof(good) + 512);
    const char *at = strstr(good, key);
    cr_assert_not_null(at, "%s", key);
    while (at > good && at[-1] != '\n')
        at--;
    const char *rest = strchr(at, '\n') + 1;
    (void)snprintf(yaml, sizeof(good) + 512, "%.*s%s%s", (int)(at - good), good, line, rest);
    return yaml;
}

static void assert_refused(const char *key, const char *line, const char *where, const char *why)
{
    struct ats_usecase *usecase = NULL;
    struct ats_error err = {0};
    char *yaml = with(key, line);
    enum ats_status status = ats_usecase_parse(ats_span_text(yaml), "u.yaml", &usecase, &err);
    cr_assert(status == ATS_ERR_CONFIG || status == ATS_ERR_INVALID, "%s", line);
    cr_assert_null(usecase);
    cr_assert_eq(strncmp(err.text, where, strlen(where)), 0, "%s", err.text);
    cr_assert_not_null(strstr(err.text, why), "%s", err.text);
    free(yaml);
}

Test(usecase, reads_every_key)
{
    struct ats_usecase *usecase = parse_good(good);
    cr_assert_str_eq(usecase->name, "u");
    cr_assert_str_eq(usecase->contract, "c");
    cr_assert_str_eq(usecase->sponsor, "me");
    cr_assert_eq(usecase->allowed_lateness_ms, 300000);
    cr_assert_eq(usecase->feature_count, 2);
    cr_assert_str_eq(usecase->features[0].unit, "Cel");
    cr_assert_eq(usecase->features[0].aggregate, ATS_AGGREGATE_LAST);
    cr_assert_eq(usecase->features[1].aggregate, ATS_AGGREGATE_MEAN);
    cr_assert_eq(usecase->features[1].window_ms, 90000);
    cr_assert_str_eq(usecase->model.info->kind, "robust-ewma");
    cr_assert_eq(usecase->model.parameters[ATS_EWMA_MEMORY], 300);
    cr_assert_eq(usecase->model.parameters[ATS_EWMA_WARM_UP], 30);
    cr_assert_str_eq(usecase->episode.failure_mode, "too-warm");
    cr_assert_eq(usecase->episode.leave_count, 4);
    cr_assert_eq(usecase->alert.severity, ATS_SEVERITY_CRITICAL);
    cr_assert_str_eq(usecase->alert.owner, "");
    cr_assert_eq(usecase->erp.priority, 2);
    cr_assert(usecase->erp.breakdown);
    cr_assert_str_eq(usecase->twin.namespace_, "org.example");
    ats_usecase_free(usecase);
}

Test(usecase, says_where_and_what_is_allowed)
{
    assert_refused("name: u", "name: Not A Name\n", "u.yaml:1", "a-z");
    assert_refused("kpi:", "", "u.yaml:", "kpi");
    assert_refused("sponsor:", "sponser: me\n", "u.yaml:5", "sponsor");
    assert_refused("allowedLateness", "allowedLateness: soon\n", "u.yaml:6", "allowedLateness");
    assert_refused("name: f1", "  - {name: f1, field: data.temp, aggregate: average}\n", "u.yaml:8",
                   "mean");
    assert_refused("name: f1", "  - {name: f1, field: a, aggregate: last, window: 5m}\n",
                   "u.yaml:8", "no window");
    assert_refused("name: f2", "  - {name: f2, field: a, aggregate: mean}\n", "u.yaml:9", "window");
    assert_refused("name: f2", "  - {name: f2, field: a, aggregate: mean, window: 10ms}\n",
                   "u.yaml:9", "1s to 30d");
    assert_refused("name: f2", "  - {name: f1, field: a, aggregate: last}\n", "u.yaml:9", "twice");
    assert_refused("memory", "    memory: much\n", "u.yaml:14", "memory");
    assert_refused("memory", "    memmory: 300\n", "u.yaml:14", "did you mean 'memory'?");
    assert_refused("memory", "    memory: -5\n", "u.yaml:14", "allowed is 16 to 1e+06");
    assert_refused("memory", "    floorRelative: 2\n", "u.yaml:14", "allowed is 0 to 1");
    assert_refused("kind: robust", "  kind: crystal-ball\n", "u.yaml:11", "allowed: robust-ewma");
    assert_refused("version: \"1\"", "  version: \"99\"\n", "u.yaml:12", "allowed: 1");
    assert_refused("action", "  owner: null\n  action: x\n", "u.yaml:24", "owner");
    assert_refused("enter:", "  enter: 1.5\n", "u.yaml:17", "below 1");
    assert_refused("enter:", "  enter: 1\n", "u.yaml:17", "below 1");
    assert_refused("leave:", "  leave: 0\n", "u.yaml:18", "above 0");
    assert_refused("leave:", "  leave: .nan\n", "u.yaml:18", "leave");
    assert_refused("leave:", "  leave: 0.9\n", "u.yaml:18", "not below enter");
    assert_refused("enterCount", "  enterCount: 0\n", "u.yaml:19", "enterCount");
    assert_refused("severity", "  severity: panic\n", "u.yaml:22", "critical");
    assert_refused("title", "  title: A title that is longer than forty characters\n", "u.yaml:23",
                   "40 characters");
    assert_refused("kind: malf", "  kind: repair\n", "u.yaml:26", "malfunction");
    assert_refused("priority", "  priority: 5\n", "u.yaml:27", "priority");
    assert_refused("breakdown", "  breakdown: perhaps\n", "u.yaml:28", "breakdown");
    assert_refused("namespace", "  namespace: org/example\n", "u.yaml:30", "letters");
}

Test(usecase, takes_the_namespaces_that_ditto_takes)
{
    static const char *const bad[] = {"1..x", "a..b", ".a", "a.",  "a.1",
                                      "a-",   "1a",   "_a", "a:b", "a.-b"};
    static const char *const also_good[] = {"a", "a.b", "com.some-domain", "foo.bar_42", "a1_.B2"};
    char line[64];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)snprintf(line, sizeof(line), "  namespace: \"%s\"\n", bad[i]);
        assert_refused("namespace", line, "u.yaml:30", "begin with a letter");
    }
    for (size_t i = 0; i < sizeof(also_good) / sizeof(also_good[0]); i++) {
        (void)snprintf(line, sizeof(line), "  namespace: %s\n", also_good[i]);
        char *yaml = with("namespace", line);
        ats_usecase_free(parse_good(yaml));
        free(yaml);
    }
}

Test(usecase, counts_a_titles_characters_not_bytes)
{
    char *yaml = with("title", "  title: "
                               "ääääääääääääääääääääääääääääääääääääääää\n");
    ats_usecase_free(parse_good(yaml));
    free(yaml);
}

Test(usecase, every_line_may_be_missing_without_a_crash)
{
    for (const char *line = good; *line; line = strchr(line, '\n') + 1) {
        char yaml[sizeof(good)];
        struct ats_usecase *usecase = NULL;
        struct ats_error err = {0};
        (void)snprintf(yaml, sizeof(yaml), "%.*s%s", (int)(line - good), good,
                       strchr(line, '\n') + 1);
        if (ats_usecase_parse(ats_span_text(yaml), "u.yaml", &usecase, &err) != ATS_OK)
            cr_assert_neq(err.text[0], '\0');
        ats_usecase_free(usecase);
    }
}

static void parse_file(const char *name)
{
    char path[512];
    struct ats_buf text;
    struct ats_usecase *usecase = NULL;
    struct ats_error err = {0};
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    (void)snprintf(path, sizeof(path), ATS_SOURCE_DIR "/schemas/usecases/%s.yaml", name);
    cr_assert_eq(ats_file_read(path, &text, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(ats_usecase_parse(ats_buf_span(&text), path, &usecase, &err), ATS_OK, "%s",
                 err.text);
    cr_assert_str_eq(usecase->name, name);
    ats_usecase_free(usecase);
    ats_buf_fini(&text);
}

Test(usecase, reads_the_use_cases_of_the_tree)
{
    parse_file("asset-health");
    parse_file("machine-temperature");
}

Test(usecase, names_its_severities)
{
    cr_assert_str_eq(ats_severity_name(ATS_SEVERITY_WARNING), "warning");
}

/* Every range of the table, at both of its ends and behind them. */
Test(models, a_parameter_outside_its_range_is_refused)
{
    for (size_t i = 0; i < ats_model_info_robust_ewma.parameter_count; i++) {
        const struct ats_model_parameter *parameter = &ats_model_info_robust_ewma.parameters[i];
        const double bad[] = {nextafter(parameter->min, -HUGE_VAL),
                              nextafter(parameter->max, HUGE_VAL)};
        const double ends[] = {parameter->min, parameter->max};
        cr_assert(parameter->min <= parameter->otherwise && parameter->otherwise <= parameter->max);
        for (size_t k = 0; k < 2; k++) {
            char line[128];
            (void)snprintf(line, sizeof(line), "    %s: %.17g\n", parameter->name, bad[k]);
            assert_refused("memory", line, "u.yaml:14", "allowed is");
            (void)snprintf(line, sizeof(line), "    %s: %.17g\n", parameter->name, ends[k]);
            char *yaml = with("memory", line);
            ats_usecase_free(parse_good(yaml));
            free(yaml);
        }
    }
}

Test(models, the_page_has_each_parameter_with_its_default_and_range)
{
    struct ats_buf page;
    char line[256];
    ats_buf_init(&page, ATS_DOCUMENT_MAX);
    cr_assert_eq(ats_file_read(ATS_SOURCE_DIR "/docs/usecases.md", &page, NULL), ATS_OK);
    for (size_t i = 0; i < ats_model_info_robust_ewma.parameter_count; i++) {
        const struct ats_model_parameter *parameter = &ats_model_info_robust_ewma.parameters[i];
        (void)snprintf(line, sizeof(line), "| `%s` | %g | %g to %g |", parameter->name,
                       parameter->otherwise, parameter->min, parameter->max);
        cr_assert_not_null(strstr(ats_buf_text(&page), line), "%s", line);
    }
    ats_buf_fini(&page);
}

static struct ats_contract *a_contract(const char *field)
{
    struct ats_contract *contract = NULL;
    struct ats_error err = {0};
    char avsc[256];
    char odcs[512];
    (void)snprintf(avsc, sizeof(avsc),
                   "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"data\",\"type\":{"
                   "\"type\":\"record\",\"name\":\"D\",\"fields\":[{\"name\":\"%s\",\"type\":"
                   "\"double\"}]}}]}",
                   field);
    (void)snprintf(odcs, sizeof(odcs),
                   "apiVersion: v3.1.0\nkind: DataContract\nid: c\nversion: 2.0.0\nstatus: active\n"
                   "schema: [{name: r, properties: [{name: data, properties: [{name: %s}]}]}]\n"
                   "customProperties: [{property: attestream, value: {topics: [a]}}]\n",
                   field);
    cr_assert_eq(
        ats_contract_compile(ats_span_text(odcs), "o", ats_span_text(avsc), "a", &contract, &err),
        ATS_OK, "%s", err.text);
    return contract;
}

Test(usecase, a_feature_needs_a_field_of_the_contract)
{
    struct ats_usecase *usecase = parse_good(good);
    struct ats_contract *with_field = a_contract("temp");
    struct ats_contract *without = a_contract("temperature");
    struct ats_error err = {0};
    cr_assert_eq(ats_usecase_check_contract(usecase, with_field, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(ats_usecase_check_contract(usecase, without, &err), ATS_ERR_INVALID);
    cr_assert_str_eq(err.text, "feature f1: contract c@2.0.0 has no field 'data.temp'");
    usecase->contract[0] = 'd';
    cr_assert_eq(ats_usecase_check_contract(usecase, with_field, &err), ATS_ERR_INVALID);
    cr_assert_str_eq(err.text, "it is for contract d, not c");
    ats_usecase_free(usecase);
    ats_contract_unref(with_field);
    ats_contract_unref(without);
}
