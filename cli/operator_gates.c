/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/operator_gates.h"

#include "cli/cli.h"
#include "common/control/body.h"

struct search {
    const char *operator_name;
    const char *of;
    json_t *names;
};

/* The certificate of a gate that stands is by whoever signed its record. */
static enum ats_status note_gate(void *ctx, const struct ats_control_record *record)
{
    struct ats_body_gate gate;
    const struct search *search = ctx;
    if (strcmp(record->signer, search->operator_name) != 0 ||
        ats_body_gate_parse(record->body, &gate) != ATS_OK || gate.revoked)
        return ATS_OK;
    ats_cli_note("gate '%s' has a certificate of %s, and opens no ATTESTREAM-1 session until "
                 "`attestream gate renew %s`",
                 record->name, search->of, record->name);
    return json_array_append_new(search->names, json_string(record->name)) == 0 ? ATS_OK
                                                                                : ATS_ERR_MEMORY;
}

json_t *ats_operator_gates_note(struct ats_session *session, const char *operator_name,
                                const char *of)
{
    struct search search = {operator_name, of, json_array()};
    struct ats_error why = {0};
    enum ats_status status = ats_session_renew(session, &why);
    if (status == ATS_OK)
        status = ats_registry_walk(ats_session_view(session), ATS_CONTROL_GATE, note_gate, &search);
    if (status == ATS_OK)
        return search.names;
    ats_cli_note("gates with a certificate of %s open no ATTESTREAM-1 session until "
                 "`attestream gate renew`",
                 of);
    json_decref(search.names);
    return NULL;
}
