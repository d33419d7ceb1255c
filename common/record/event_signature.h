/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the device's key signed what an event says that it sent. Thread: any. */
#ifndef ATS_RECORD_EVENT_SIGNATURE_H
#define ATS_RECORD_EVENT_SIGNATURE_H

#include "common/identity/key.h"
#include "common/record/event.h"

/* The gate that took it from the device: of a replay the one of the quarantined event. Borrowed. */
struct ats_span ats_event_taken_by(const struct ats_event *event);
/* For an event with a signature and the payload that it covers. */
bool ats_event_signature_holds(const struct ats_event *event,
                               const uint8_t key[ATS_PUBLIC_KEY_SIZE]);

#endif
