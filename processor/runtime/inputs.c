/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/inputs.h"

#include "common/control/seniority.h"
#include "common/kafka/config.h"

#include <stdlib.h>

struct input {
    const char *contract; /* borrowed from the set */
    uint64_t first;       /* in the control log */
};

/* The contracts of the set, one of their versions each, that a topic can have the name of. */
static size_t gather(const struct ats_contract_set *contracts, size_t name_max,
                     struct input *ret_inputs, size_t *ret_too_long)
{
    const char *former = "";
    size_t found = 0;
    *ret_too_long = 0;
    for (size_t i = 0; i < ats_contract_set_count(contracts); i++) {
        const char *name = ats_contract_name(ats_contract_set_at(contracts, i));
        if (strcmp(name, former) == 0)
            continue;
        former = name;
        if (strlen(name) <= name_max)
            ret_inputs[found++].contract = name;
        else
            (*ret_too_long)++;
    }
    return found;
}

static int compare(const void *a, const void *b)
{
    uint64_t first = ((const struct input *)a)->first;
    uint64_t second = ((const struct input *)b)->first;
    return first < second ? -1 : first > second;
}

static enum ats_status sort_by_seniority(struct ats_store_view *view, struct input *inputs,
                                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum ats_status status =
            ats_control_seniority(view, ATS_CONTROL_CONTRACT, inputs[i].contract, &inputs[i].first);
        if (status == ATS_ERR_NOT_FOUND)
            inputs[i].first = UINT64_MAX; /* void since the set was made, and soon not in it */
        else if (status != ATS_OK)
            return status;
    }
    qsort(inputs, count, sizeof(*inputs), compare);
    return ATS_OK;
}

static rd_kafka_topic_partition_list_t *topics_of(const struct input *inputs, size_t count,
                                                  const char *prefix)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++) {
        char name[ATS_KAFKA_TOPIC_MAX + 1];
        (void)snprintf(name, sizeof(name), "%s%s", prefix, inputs[i].contract);
        rd_kafka_topic_partition_list_add(topics, name, RD_KAFKA_PARTITION_UA);
    }
    return topics;
}

enum ats_status ats_inputs_choose(struct ats_store_view *view,
                                  const struct ats_contract_set *contracts, const char *prefix,
                                  size_t max, rd_kafka_topic_partition_list_t **ret_topics,
                                  size_t *ret_left_out)
{
    size_t name_max = ATS_KAFKA_TOPIC_MAX - strlen(prefix);
    size_t too_long = 0;
    enum ats_status status = ATS_OK;
    struct input *inputs = calloc(ats_contract_set_count(contracts) + 1, sizeof(*inputs));
    if (!inputs)
        return ATS_ERR_MEMORY;
    size_t found = gather(contracts, name_max, inputs, &too_long);
    size_t chosen = found < max ? found : max;
    if (chosen < found)
        status = sort_by_seniority(view, inputs, found);
    if (status == ATS_OK) {
        *ret_topics = topics_of(inputs, chosen, prefix);
        *ret_left_out = found - chosen + too_long;
    }
    free(inputs);
    return status;
}
