/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/gate_name.h"

#include "cli/cli.h"
#include "common/control/body.h"
#include "common/control/registry.h"

static const char *objection(struct ats_store_view *view, const char *name, bool claims)
{
    struct ats_control_record record;
    struct ats_body_gate body;
    if (ats_registry_find(view, ATS_CONTROL_GATE, ats_span_text(name), &record) != ATS_OK)
        return "is not in this fleet";
    if (ats_body_gate_parse(record.body, &body) != ATS_OK)
        return "cannot be read";
    if (body.revoked)
        return "is revoked";
    return claims && !body.claims ? "may not take claims (`attestream gate set --claims`)" : NULL;
}

void ats_gate_name_note(struct ats_store_view *view, const char *name, bool claims)
{
    const char *why = objection(view, name, claims);
    if (why)
        ats_cli_note("warning: gate '%s' %s; the token is good for no other", name, why);
}
