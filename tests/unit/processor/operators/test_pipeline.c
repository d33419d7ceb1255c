/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/processor/operators/task_fixture.h"

TestSuite(pipeline, .init = start_task, .fini = finish_task);

Test(pipeline, decides_an_admitted_event_once)
{
    cr_assert_eq(give((struct reading){.at_s = 1, .temp = 20}), ATS_PIPELINE_DECIDED);
    cr_assert_eq(process(), ATS_PIPELINE_DUPLICATE);
    cr_assert_eq(count_sent("decisions"), 1);
}

Test(pipeline, buries_a_sealed_record_that_was_copied_into_another_partition)
{
    cr_assert_eq(give((struct reading){.at_s = 1, .temp = 20}), ATS_PIPELINE_DECIDED);
    finish_task(); /* the other partition's task has seen nothing yet */
    start_task();
    make((struct reading){.at_s = 1, .temp = 20, .position = 1});
    task.record.partition = (task.record.partition + 1) % PARTITIONS;
    cr_assert_eq(process(), ATS_PIPELINE_DEAD_LETTER);
    cr_assert_eq(count_sent("decisions"), 0);
    const json_t *letter = newest("quarantine")->value;
    cr_assert_str_eq(text_of(letter, "class"), "seal");
    cr_assert_str_eq(text_of(letter, "rule"), "partition");
    cr_assert_eq(integer_of(letter, "input_partition"), task.record.partition);
    cr_assert_str_eq(text_of(letter, "device"), DEVICE);
}

Test(pipeline, scores_on_after_an_event_from_the_far_future)
{
    double begin_s = (double)RECEIVED_MS / 1000;
    warm_up(begin_s - 100);
    (void)give((struct reading){.at_s = begin_s + 1e9, .temp = 20});
    (void)give((struct reading){.at_s = begin_s, .temp = 20});
    cr_assert_not(json_is_true(member(newest("decisions")->value, "late")));
    (void)give((struct reading){.at_s = begin_s - 100, .temp = 20});
    cr_assert(json_is_true(member(newest("decisions")->value, "late")));
}

/* The newest dead letter, which must have this class and rule. */
static const json_t *letter_with(const char *reason_class, const char *rule)
{
    const json_t *letter = newest("quarantine")->value;
    cr_assert_str_eq(text_of(letter, "source"), "processor");
    cr_assert_str_eq(text_of(letter, "class"), reason_class);
    cr_assert_str_eq(text_of(letter, "rule"), rule);
    cr_assert_str_eq(text_of(letter, "input_topic"), "ats.telemetry.env-sensor");
    cr_assert_eq(integer_of(letter, "input_partition"), task.record.partition);
    cr_assert_eq(integer_of(letter, "input_offset"), task.record.offset);
    return letter;
}

Test(pipeline, buries_a_record_without_a_seal)
{
    make((struct reading){.at_s = 1, .temp = 20});
    task.record.header_count--;
    cr_assert_eq(process(), ATS_PIPELINE_DEAD_LETTER);
    cr_assert(json_is_null(member(letter_with("seal", "seal"), "device")));
}

Test(pipeline, buries_a_record_of_a_gate_that_is_not_known)
{
    cr_assert_eq(give((struct reading){.at_s = 1, .temp = 20, .gate = "gate-2"}),
                 ATS_PIPELINE_DEAD_LETTER);
    (void)letter_with("seal", "unknown-gate");
}

Test(pipeline, buries_a_record_whose_headers_are_not_a_gates)
{
    make((struct reading){.at_s = 1, .temp = 20});
    task.record.header_count = 3;
    cr_assert_eq(process(), ATS_PIPELINE_DEAD_LETTER);
    cr_assert_not_null(strstr(text_of(letter_with("headers", "headers"), "text"), "is missing"));
}

Test(pipeline, buries_an_unknown_schema_and_names_it)
{
    char id[32];
    make((struct reading){.at_s = 1, .temp = 20});
    task.event.schema_id ^= 1;
    task.value.data[4] ^= 1;
    make_record();
    cr_assert_eq(process(), ATS_PIPELINE_DEAD_LETTER);
    const json_t *letter = letter_with("schema", "unknown-schema");
    (void)snprintf(id, sizeof(id), "schema id %u", (unsigned)task.event.schema_id);
    cr_assert_not_null(strstr(text_of(letter, "text"), id));
    cr_assert_str_eq(text_of(letter, "contract"), "env-sensor@1.0.0");
}

Test(pipeline, buries_a_value_that_does_not_fit_its_schema_with_its_bytes)
{
    make((struct reading){.at_s = 1, .temp = 20});
    task.event.value.len--;
    make_record();
    cr_assert_eq(process(), ATS_PIPELINE_DEAD_LETTER);
    const json_t *letter = letter_with("malformed", "undecodable");
    char bytes[1024];
    (void)sodium_bin2base64(bytes, sizeof(bytes), task.event.value.data, task.event.value.len,
                            sodium_base64_VARIANT_ORIGINAL);
    cr_assert_str_eq(text_of(letter, "payload"), bytes);
    cr_assert_eq(integer_of(letter, "position"), 1);
    cr_assert_str_eq(text_of(letter, "gate"), GATE);
}

Test(pipeline, buries_a_repetition_of_a_dead_letter_no_second_time)
{
    make((struct reading){.at_s = 1, .temp = 20});
    task.event.value.len--;
    make_record();
    cr_assert_eq(process(), ATS_PIPELINE_DEAD_LETTER);
    cr_assert_eq(process(), ATS_PIPELINE_DUPLICATE);
    cr_assert_eq(count_sent("quarantine"), 1);
}

Test(pipeline, waits_for_control_records_that_the_gate_had_already)
{
    make((struct reading){.at_s = 1, .temp = 20});
    task.event.control_count = 18;
    make_record();
    cr_assert_eq(process(), ATS_PIPELINE_WAIT);
    cr_assert_eq(task.sent_count, 0);
    cr_assert_eq(ats_pipeline_input_number(task.pipeline), 0);
    ats_pipeline_set_wait(task.pipeline, false);
    cr_assert_eq(process(), ATS_PIPELINE_DECIDED);
}

Test(pipeline, numbers_every_input_and_every_change_of_the_control_log)
{
    (void)give((struct reading){.at_s = 1, .temp = 20});
    (void)process();
    (void)give((struct reading){.at_s = 2, .temp = 20});
    cr_assert_eq(ats_pipeline_input_number(task.pipeline), 4);
    cr_assert_eq(integer_of(newest("decisions")->value, "task_input"), 4);
}

Test(pipeline, says_where_a_decision_comes_from)
{
    (void)give((struct reading){.at_s = 1.5, .temp = 20, .asset = "line-3"});
    const struct sent *sent = newest("decisions");
    cr_assert_str_eq(sent->key, "line-3");
    cr_assert_str_eq(text_of(sent->value, "id"), GATE "/0000000000000001/1");
    cr_assert_str_eq(text_of(sent->value, "device"), DEVICE);
    cr_assert_eq(integer_of(sent->value, "input.offset"), task.record.offset);
    cr_assert_eq(integer_of(sent->value, "event_time"), 1500);
    cr_assert_eq(integer_of(sent->value, "received_time"), RECEIVED_MS);
    cr_assert_eq(integer_of(sent->value, "control_count"), 17);
    cr_assert_str_eq(text_of(sent->value, "results.0.use_case"), "warm");
}

Test(pipeline, gives_an_episode_one_alert_one_request_and_a_twin_update_at_each_end)
{
    warm_up(0);
    for (int i = 0; i < 5; i++)
        (void)give((struct reading){.at_s = 100 + i, .temp = HOT});
    cr_assert_eq(count_sent("alerts"), 1);
    cr_assert_str_eq(text_of(newest("alerts")->value, "state"), "ACTIVE");
    cr_assert_eq(count_sent("twin"), 1);
    for (int i = 0; i < 5; i++)
        (void)give((struct reading){.at_s = 200 + i, .temp = 20});
    cr_assert_eq(count_sent("alerts"), 2);
    cr_assert_str_eq(text_of(newest("alerts")->value, "state"), "CLEARED");
    cr_assert_eq(count_sent("erp.requests"), 1);
    cr_assert_eq(count_sent("twin"), 2);
    const struct ats_pipeline_counters *counters = ats_pipeline_counters(task.pipeline);
    cr_assert_eq(counters->episodes_opened, 1);
    cr_assert_eq(counters->episodes_closed, 1);
}

Test(pipeline, gives_requests_of_two_bursts_at_the_same_time_two_keys)
{
    char first[64];
    warm_up(0);
    for (int burst = 0; burst < 2; burst++) {
        for (int i = 0; i < 2; i++)
            (void)give((struct reading){.at_s = 100, .temp = HOT});
        if (burst == 0)
            (void)snprintf(first, sizeof(first), "%s",
                           text_of(newest("erp.requests")->value, "request_id"));
        for (int i = 0; i < 3; i++)
            (void)give((struct reading){.at_s = 100, .temp = 20});
    }
    cr_assert_eq(count_sent("erp.requests"), 2);
    cr_assert_str_neq(text_of(newest("erp.requests")->value, "request_id"), first);
}

Test(pipeline, leaves_a_late_event_unscored)
{
    (void)give((struct reading){.at_s = 1000, .temp = 20});
    (void)give((struct reading){.at_s = 939.999, .temp = HOT});
    const json_t *decision = newest("decisions")->value;
    cr_assert(json_is_true(member(decision, "late")));
    cr_assert(json_is_null(member(decision, "results.0.score")));
    (void)give((struct reading){.at_s = 940, .temp = 20});
    cr_assert(json_is_false(member(newest("decisions")->value, "late")));
    cr_assert_eq(ats_pipeline_counters(task.pipeline)->late, 1);
}

Test(pipeline, takes_hostile_times)
{
    static const double times_s[] = {-62135596800.0, 253402300799.0, 0, -1};
    for (size_t i = 0; i < sizeof(times_s) / sizeof(times_s[0]); i++)
        cr_assert_eq(give((struct reading){.at_s = times_s[i], .temp = 20}), ATS_PIPELINE_DECIDED);
}

/* A mixture of everything, with an episode. */
static void run_all(uint8_t ret_digest[crypto_generichash_BYTES])
{
    warm_up(0);
    for (int i = 0; i < 4; i++)
        (void)give((struct reading){.at_s = 100 + i, .temp = HOT});
    (void)process();
    (void)give((struct reading){.at_s = 1, .temp = 20});
    (void)give((struct reading){.at_s = 104, .temp = 20, .gate = "gate-2"});
    for (int i = 0; i < 4; i++)
        (void)give(
            (struct reading){.at_s = 110 + i, .temp = 20, .device = "unit-2", .asset = DEVICE});
    memcpy(ret_digest, task.digest, sizeof(task.digest));
}

Test(pipeline, gives_the_same_bytes_for_the_same_input)
{
    uint8_t first[crypto_generichash_BYTES];
    uint8_t second[crypto_generichash_BYTES];
    run_all(first);
    cr_assert_eq(count_sent("alerts"), 2);
    finish_task();
    start_task();
    run_all(second);
    cr_assert_arr_eq(first, second, sizeof(first));
}
