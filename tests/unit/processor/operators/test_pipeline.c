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
