/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/name_taken.h"

#include "common/control/body.h"

/* "revoked" or "retired", or NULL: it may go on. */
static const char *how_it_ended(const struct ats_control_record *record)
{
    struct ats_body_device device;
    struct ats_body_gate gate;
    struct ats_body_operator operator_;
    bool revoked = false;
    if (record->kind == ATS_CONTROL_DEVICE) {
        bool is_read = ats_body_device_parse(record->body, &device) == ATS_OK;
        bool ended =
            is_read && (device.state == ATS_DEVICE_REVOKED || device.state == ATS_DEVICE_RETIRED);
        return ended ? ats_device_state_name(device.state) : NULL;
    }
    if (record->kind == ATS_CONTROL_GATE)
        revoked = ats_body_gate_parse(record->body, &gate) == ATS_OK && gate.revoked;
    else if (record->kind == ATS_CONTROL_OPERATOR)
        revoked = ats_body_operator_parse(record->body, &operator_) == ATS_OK && operator_.revoked;
    return revoked ? "revoked" : NULL;
}

enum ats_status ats_name_taken(const struct ats_control_record *record, struct ats_error *err)
{
    const char *kind = ats_control_kind_name(record->kind);
    const char *ended = how_it_ended(record);
    if (!ended)
        return ats_error_set(err, ATS_ERR_EXISTS, "%s '%s' is there already", kind, record->name);
    return ats_error_set(err, ATS_ERR_EXISTS,
                         "%s '%s' was %s, and such a name never comes back: choose another one",
                         kind, record->name, ended);
}
