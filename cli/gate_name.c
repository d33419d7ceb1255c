/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/gate_name.h"

#include "cli/cli.h"
#include "common/control/body.h"
#include "common/control/registry.h"

bool ats_gate_name_objection(struct ats_store_view *view, const char *name, bool claims,
                             struct ats_gate_objection *ret_objection)
{
    struct ats_control_record record;
    struct ats_body_gate body;
    struct ats_gate_objection found = {NULL, NULL};
    if (ats_registry_find(view, ATS_CONTROL_GATE, ats_span_text(name), &record) != ATS_OK)
        found = (struct ats_gate_objection){"token-audience", "is not in this fleet"};
    else if (ats_body_gate_parse(record.body, &body) != ATS_OK)
        found = (struct ats_gate_objection){"token-audience", "cannot be read"};
    else if (body.revoked)
        found = (struct ats_gate_objection){"gate-revoked", "is revoked"};
    else if (claims && !body.claims)
        found = (struct ats_gate_objection){"claim-scope",
                                            "may not take claims (`attestream gate set --claims`)"};
    *ret_objection = found;
    return found.reason != NULL;
}

void ats_gate_name_note_claims(struct ats_store_view *view, const char *name)
{
    struct ats_gate_objection objection;
    if (ats_gate_name_objection(view, name, true, &objection))
        ats_cli_note("warning: gate '%s' %s; the token is good for no other", name, objection.text);
}
