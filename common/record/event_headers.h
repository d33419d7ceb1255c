/* SPDX-License-Identifier: Apache-2.0 */
/* A gate's record: what its headers say of the event. Internal to common/record. Thread: any. Owns: nothing, spans are borrowed. */
#ifndef ATS_RECORD_EVENT_HEADERS_H
#define ATS_RECORD_EVENT_HEADERS_H

#include "common/record/event.h"

/* Into an event that has its kind; MALFORMED says which header is missing or bad. */
ATS_MUST_USE enum ats_status ats_event_take_headers(const struct ats_kafka_record *record,
                                                    struct ats_event *event, struct ats_error *err);

#endif
