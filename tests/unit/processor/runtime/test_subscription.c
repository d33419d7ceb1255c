/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/worker_internal.h"

#include <criterion/criterion.h>

/* Topics of one letter each. */
static rd_kafka_topic_partition_list_t *list_of(const char *letters)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
    for (; *letters; letters++) {
        const char name[] = {*letters, '\0'};
        rd_kafka_topic_partition_list_add(list, name, RD_KAFKA_PARTITION_UA);
    }
    return list;
}

static void assert_chosen(const char *in_force, const char *in_use, int max, const char *expected,
                          size_t expected_left_out)
{
    char found[16] = "";
    size_t left_out = 99;
    rd_kafka_topic_partition_list_t *force = list_of(in_force);
    rd_kafka_topic_partition_list_t *use = in_use ? list_of(in_use) : NULL;
    rd_kafka_topic_partition_list_t *chosen = ats_inputs_choose(force, use, max, &left_out);
    for (int i = 0; i < chosen->cnt; i++)
        found[i] = chosen->elems[i].topic[0];
    cr_assert_str_eq(found, expected);
    cr_assert_eq(left_out, expected_left_out);
    rd_kafka_topic_partition_list_destroy(chosen);
    rd_kafka_topic_partition_list_destroy(force);
    if (use)
        rd_kafka_topic_partition_list_destroy(use);
}

Test(subscription, takes_what_fits_in_the_order_of_the_contracts)
{
    assert_chosen("abc", NULL, 3, "abc", 0);
    assert_chosen("abcd", NULL, 3, "abc", 1);
}

Test(subscription, drops_no_topic_in_use_for_one_that_sorts_before_it)
{
    assert_chosen("abxyz", "xyz", 3, "xyz", 2);
    assert_chosen("abxyz", "xyz", 4, "xyza", 1);
}

Test(subscription, drops_a_topic_whose_contract_is_not_in_force_any_more)
{
    assert_chosen("abyz", "xyz", 3, "yza", 1);
}
