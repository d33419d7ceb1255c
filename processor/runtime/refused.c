/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/refused.h"

#include <stdio.h>
#include <string.h>

bool ats_refused_try(struct ats_refused *refused, const struct ats_kafka_record *record)
{
    struct ats_place *newest = &refused->newest;
    if (refused->alone > 0) {
        newest->offset = record->offset;
        (void)snprintf(newest->topic, sizeof(newest->topic), "%s", record->topic);
    }
    return refused->one.offset == record->offset && strcmp(refused->one.topic, record->topic) == 0;
}

void ats_refused_note(struct ats_refused *refused, uint64_t records)
{
    if (refused->alone > 0 && records == 1)
        refused->one = refused->newest;
    if (refused->alone < records)
        refused->alone = records;
}

void ats_refused_passed(struct ats_refused *refused)
{
    refused->alone -= refused->alone > 0;
}

bool ats_refused_wants_one(const struct ats_refused *refused)
{
    return refused->alone > 0;
}
