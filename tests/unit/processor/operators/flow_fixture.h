/* SPDX-License-Identifier: Apache-2.0 */
/* One operator at a time: a use case compiled for the contract env-sensor, and a flow whose event the test sets by hand. */
#ifndef ATS_TESTS_OPERATORS_FLOW_FIXTURE_H
#define ATS_TESTS_OPERATORS_FLOW_FIXTURE_H

#include "tests/unit/common/contract/support.h"

#include "processor/operators/operator.h"

#include <stdlib.h>

extern const struct ats_event_operator ats_operator_deduplicate;
extern const struct ats_event_operator ats_operator_event_time;
extern const struct ats_usecase_operator ats_operator_window;
extern const struct ats_usecase_operator ats_operator_episode;

#define RECEIVED_MS INT64_C(1764000000000)
#define MINUTE_MS INT64_C(60000)

/* Every aggregate of the temperature over 16 seconds, so a pane is one second long. */
static const char flow_usecase[] =
    "name: all\n"
    "version: 1.0.0\n"
    "contract: env-sensor\n"
    "kpi: Hours\n"
    "allowedLateness: 60s\n"
    "features:\n"
    "  - {name: last, field: data.temp, aggregate: last, unit: Cel}\n"
    "  - {name: mean, field: data.temp, aggregate: mean, window: 16s, unit: Cel}\n"
    "  - {name: min, field: data.temp, aggregate: min, window: 16s, unit: Cel}\n"
    "  - {name: max, field: data.temp, aggregate: max, window: 16s, unit: Cel}\n"
    "  - {name: count, field: data.temp, aggregate: count, window: 16s}\n"
    "  - {name: stddev, field: data.temp, aggregate: stddev, window: 16s, unit: Cel}\n"
    "model: {kind: robust-ewma, version: \"1\"}\n"
    "episode: {failureMode: too-warm, enter: 0.9, leave: 0.5, enterCount: 3, leaveCount: 2}\n"
    "alert: {severity: warning, title: Too warm, action: Cool it}\n"
    "erp: {kind: malfunction, priority: 2, breakdown: true}\n"
    "twin: {namespace: org.example, feature: health}\n";

enum { LAST, MEAN, MIN, MAX, COUNT, STDDEV };

struct flow_fixture {
    struct ats_contract *contract;
    struct ats_usecase *usecase;
    struct ats_chain *chain;
    struct ats_kafka_record record;
    struct ats_leaf leaves[32];
    size_t temp; /* index of the leaf data.temp */
    struct ats_flow flow;
};

static struct flow_fixture fix;

static inline void start_flow(void)
{
    struct ats_error err = {0};
    fix = (struct flow_fixture){.contract = compile_folder("env-sensor"),
                                .record.topic = "ats.telemetry.env-sensor"};
    cr_assert_eq(ats_usecase_parse(ats_span_text(flow_usecase), "u.yaml", &fix.usecase, &err),
                 ATS_OK, "%s", err.text);
    cr_assert_eq(ats_chain_new(fix.usecase, fix.contract, &fix.chain, &err), ATS_OK, "%s",
                 err.text);
    cr_assert_lt(ats_contract_leaf_count(fix.contract), 32);
    cr_assert_eq(ats_contract_leaf_find(fix.contract, "data.temp", &fix.temp), ATS_OK);
    fix.flow = (struct ats_flow){.state = ats_state_new(1 << 20),
                                 .record = &fix.record,
                                 .contract = fix.contract,
                                 .leaves = fix.leaves,
                                 .newest_ms = INT64_MIN};
    fix.flow.event = (struct ats_event){.gate = ats_span_text("gate-1"),
                                        .journal_id = 1,
                                        .position = 1,
                                        .device = ats_span_text("unit-1"),
                                        .asset = ats_span_text("line-3"),
                                        .contract = ats_span_text("env-sensor"),
                                        .received_ms = RECEIVED_MS};
}

static inline void finish_flow(void)
{
    ats_state_free(fix.flow.state);
    ats_chain_free(fix.chain);
    ats_usecase_free(fix.usecase);
    ats_contract_unref(fix.contract);
}

static inline void set_temperature(double value)
{
    fix.leaves[fix.temp] = (struct ats_leaf){.type = ATS_LEAF_REAL, .value.real = value};
}

#endif
