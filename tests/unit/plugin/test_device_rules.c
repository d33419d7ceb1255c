/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/device_rules_file.h"

#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <jansson.h>

#define NOW_MS INT64_C(1700000000000)

static struct ats_device_rules *rules;
static int64_t now_ms;

static int64_t clock_read(void *ctx)
{
    (void)ctx;
    return now_ms;
}

static void setup(void)
{
    rules = ats_device_rules_new(4);
    now_ms = NOW_MS;
}

static void teardown(void)
{
    ats_device_rules_free(rules);
}

TestSuite(device_rules, .init = setup, .fini = teardown);

static void add(const char *device, const char *contract, enum ats_rule rule, uint32_t quarantined,
                uint32_t warned)
{
    struct ats_rule_counts counts = {0};
    counts.quarantined[rule] = quarantined;
    counts.warned[rule] = warned;
    ats_device_rules_add(rules, device, contract, &counts, now_ms);
}

static void assert_row(size_t index, const char *device, const char *contract, enum ats_rule rule,
                       uint64_t quarantined, uint64_t warned)
{
    struct ats_device_rules_row row;
    cr_assert(index < ats_device_rules_count(rules));
    ats_device_rules_read(rules, index, &row);
    cr_assert_str_eq(row.device, device);
    cr_assert_str_eq(row.contract, contract);
    cr_assert_eq(row.rule, rule);
    cr_assert_eq(row.quarantined, quarantined);
    cr_assert_eq(row.warned, warned);
    cr_assert_eq(row.last_ms, NOW_MS);
}

Test(device_rules, each_device_contract_and_rule_has_a_row)
{
    add("a", "c", ATS_RULE_RANGE, 1, 0);
    add("a", "c", ATS_RULE_TYPE, 2, 0);
    add("a", "d", ATS_RULE_RANGE, 0, 3);
    add("", "c", ATS_RULE_RANGE, 1, 0);
    add("a", "c", ATS_RULE_RANGE, 4, 5);
    cr_assert_eq(ats_device_rules_count(rules), 4);
    assert_row(0, "a", "c", ATS_RULE_RANGE, 5, 5);
    assert_row(1, "a", "c", ATS_RULE_TYPE, 2, 0);
    assert_row(2, "a", "d", ATS_RULE_RANGE, 0, 3);
    assert_row(3, "", "c", ATS_RULE_RANGE, 1, 0);
}

Test(device_rules, names_that_run_into_each_other_are_two)
{
    add("ab", "c", ATS_RULE_RANGE, 1, 0);
    add("a", "bc", ATS_RULE_RANGE, 1, 0);
    cr_assert_eq(ats_device_rules_count(rules), 2);
}

Test(device_rules, what_has_no_row_is_counted_in_one_sum)
{
    uint64_t quarantined = 0;
    uint64_t warned = 0;
    const char *const devices[] = {"a", "b", "c", "d", "e", "f"};
    for (size_t i = 0; i < 6; i++)
        add(devices[i], "c", ATS_RULE_RANGE, 1, 2);
    add("a", "c", ATS_RULE_RANGE, 1, 0);
    ats_device_rules_others(rules, &quarantined, &warned);
    cr_assert_eq(quarantined, 2);
    cr_assert_eq(warned, 4);
    cr_assert_eq(ats_device_rules_count(rules), 4);
    assert_row(0, "a", "c", ATS_RULE_RANGE, 2, 2);
}

static json_t *read_line(FILE *from)
{
    char line[1024];
    json_t *json = fgets(line, sizeof(line), from) ? json_loads(line, 0, NULL) : NULL;
    return json;
}

static void assert_file(const char *folder, json_int_t quarantined, size_t rows)
{
    char path[4200];
    (void)snprintf(path, sizeof(path), "%s/rules.ndjson", folder);
    FILE *from = fopen(path, "re");
    cr_assert_not_null(from);
    json_t *head = read_line(from);
    cr_assert_str_eq(json_string_value(json_object_get(head, "gate")), "g");
    cr_assert_str_eq(json_string_value(json_object_get(head, "since")), "2023-11-14T22:13:20.000Z");
    json_decref(head);
    for (size_t i = 0; i < rows; i++) {
        json_t *row = read_line(from);
        cr_assert_not_null(row);
        if (i == 0)
            cr_assert_eq(json_integer_value(json_object_get(row, "quarantined")), quarantined);
        json_decref(row);
    }
    cr_assert_null(read_line(from));
    (void)fclose(from);
}

Test(device_rules, the_file_is_written_where_something_has_changed_and_it_is_time)
{
    struct ats_device_rules_file file;
    struct ats_clock clock = {.wall_ms = clock_read, .monotonic_ms = clock_read};
    char folder[4096];
    scratch_folder(folder, sizeof(folder), "ats-rules");
    ats_device_rules_file_init(&file, rules, folder, "g", &clock, NULL);
    ats_device_rules_file_step(&file);
    assert_file(folder, 0, 0);
    add("a", "c", ATS_RULE_RANGE, 1, 0);
    ats_device_rules_file_step(&file);
    assert_file(folder, 0, 0);
    now_ms += ATS_GATE_METRICS_MS;
    ats_device_rules_file_step(&file);
    assert_file(folder, 1, 1);
    add("a", "c", ATS_RULE_RANGE, 1, 0);
    add("b", "c", ATS_RULE_RANGE, 1, 0);
    ats_device_rules_file_finish(&file);
    assert_file(folder, 2, 2);
    scratch_remove(folder);
}
