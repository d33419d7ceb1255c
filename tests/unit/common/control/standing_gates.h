/* SPDX-License-Identifier: Apache-2.0 */
/* For test_standing.c: gates as the copy holds them, and their keys before a rotation. */
#ifndef ATS_TESTS_CONTROL_STANDING_GATES_H
#define ATS_TESTS_CONTROL_STANDING_GATES_H

#include "tests/unit/common/control/fleet.h"

static inline bool held_gate(const char *name, struct ats_body_gate *ret_gate)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    bool found = ats_registry_find(view, ATS_CONTROL_GATE, ats_span_text(name), &record) == ATS_OK;
    cr_assert(!found || ats_body_gate_parse(record.body, ret_gate) == ATS_OK);
    ats_store_view_close(view);
    return found;
}

/* The keys of the record before; the certificate is by who signs, as the other is. */
static inline void add_former(struct ats_body_gate *body, const struct ats_body_gate *held,
                              const char *name, const struct ats_key_pair *by, int64_t end_ms)
{
    struct ats_gate_former *former = &body->former;
    former->not_after_ms = end_ms;
    memcpy(former->signing_key, held->signing_key, ATS_PUBLIC_KEY_SIZE);
    memcpy(former->agreement_key, held->agreement_key, ATS_PUBLIC_KEY_SIZE);
    make_certificate(ATS_CERTIFICATE_GATE, name, former->signing_key, by, former->certificate,
                     &former->certificate_len);
}

#endif
