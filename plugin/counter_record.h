/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal's record of an accepted CONNECT, of a kind beside those of enum ats_event_kind:
 *
 *   [owner: length u32, bytes][counter u64]           the owner as in numbers.h
 *
 * Thread: any. Owns: nothing.
 */
#ifndef ATS_PLUGIN_COUNTER_RECORD_H
#define ATS_PLUGIN_COUNTER_RECORD_H

#include "common/base/limits.h"
#include "common/base/span.h"
#include "common/record/event.h"
#include "plugin/numbers.h"

#define ATS_COUNTER_RECORD_KIND (ATS_EVENT_QUARANTINED + 1)
#define ATS_COUNTER_RECORD_MAX (4 + ATS_NUMBERS_OWNER_SIZE - 1 + 8)

struct ats_counter_record {
    struct ats_span owner; /* borrowed; of a length that it can have */
    uint64_t counter;
};

/* The length; 0: the name is too long. */
size_t ats_counter_record_encode(const char *owner, uint64_t counter,
                                 uint8_t ret_data[ATS_COUNTER_RECORD_MAX]);
/* False: not one that this code wrote. */
bool ats_counter_record_decode(struct ats_span data, struct ats_counter_record *ret_record);

#endif
