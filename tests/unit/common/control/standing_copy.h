/* SPDX-License-Identifier: Apache-2.0 */
/* For test_standing.c: what the copy holds, all of it or a gate's record, and a gate's keys before a rotation. */
#ifndef ATS_TESTS_CONTROL_STANDING_COPY_H
#define ATS_TESTS_CONTROL_STANDING_COPY_H

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

static inline enum ats_status append_entry(void *ctx, struct ats_span key, struct ats_span value)
{
    struct ats_buf *out = ctx;
    ats_buf_append(out, key.data, key.len);
    ats_buf_append(out, "=", 1);
    ats_buf_append(out, value.data, value.len);
    ats_buf_append(out, "\n", 1);
    return out->status;
}

static inline void dump(struct ats_buf *out)
{
    struct ats_store_view *view = NULL;
    ats_buf_init(out, TEST_MAP_SIZE);
    cr_assert_eq(ats_store_view_open(fleet.store, &view), ATS_OK);
    cr_assert_eq(ats_store_walk(view, ats_span_text(""), append_entry, out), ATS_OK);
    ats_store_view_close(view);
}

#endif
