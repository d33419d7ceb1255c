/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/counters.h"

#include "plugin/counter_record.h"
#include "plugin/device_store.h"
#include "plugin/numbers.h"

#include <stdio.h>

enum ats_status ats_counters_last(struct ats_gate *gate, const char *owner, uint64_t *ret_counter)
{
    uint64_t stored = 0;
    enum ats_status status = ats_device_store_get(gate->counter_store, owner, &stored);
    uint64_t recent = ats_numbers_counter(gate->numbers, owner);
    *ret_counter = recent > stored ? recent : stored;
    return status;
}

static const char *explain(enum ats_status status)
{
    switch (status) {
    case ATS_ERR_LIMIT:
        return "the journal is full";
    case ATS_ERR_AGAIN:
        return "the journal has no segment ready";
    default:
        return "the journal cannot be written";
    }
}

enum ats_reason ats_counters_take(struct ats_gate *gate, const char *owner, uint64_t counter,
                                  struct ats_error *err)
{
    uint8_t data[ATS_COUNTER_RECORD_MAX];
    uint64_t position;
    if (!ats_numbers_fit(gate->numbers, owner)) {
        (void)ats_error_set(err, ATS_ERR_LIMIT, "more than %d keys of devices",
                            ATS_GATE_NUMBERS_MAX);
        return ATS_REASON_GATE_BUSY;
    }
    size_t len = ats_counter_record_encode(owner, counter, data);
    enum ats_status status = ats_journal_append(gate->journal, ATS_COUNTER_RECORD_KIND,
                                                ats_span_of(data, len), &position);
    if (status != ATS_OK) {
        (void)ats_error_set(err, status, "%s", explain(status));
        return ATS_REASON_GATE_BUSY;
    }
    return ats_numbers_raise_counter(gate->numbers, owner, counter) ? ATS_REASON_NONE
                                                                    : ATS_REASON_GATE_BUSY;
}

enum ats_status ats_counters_replay(struct ats_gate *gate, struct ats_span data)
{
    struct ats_counter_record record;
    char owner[ATS_NUMBERS_OWNER_SIZE];
    uint64_t last = 0;
    if (!ats_counter_record_decode(data, &record))
        return ATS_OK;
    (void)snprintf(owner, sizeof(owner), "%.*s", ATS_SPAN_ARGS(record.owner));
    enum ats_status status = ats_counters_last(gate, owner, &last);
    if (status != ATS_OK || last >= record.counter)
        return status;
    return ats_numbers_raise_counter(gate->numbers, owner, record.counter) ? ATS_OK : ATS_ERR_LIMIT;
}
