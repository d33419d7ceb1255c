/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate of a gate that stands is by whoever signed its record (the log takes no other); a revoked gate's counts no more. */
#include "cli/gate_show.h"

#include "cli/cli.h"
#include "cli/gate_record.h"
#include "cli/list.h"
#include "cli/output.h"
#include "cli/record_json.h"
#include "common/base/clock.h"
#include "common/control/gate_former.h"

static void add_text(json_t *object, const char *member, const char *text)
{
    (void)json_object_set_new(object, member, json_string(text));
}

static void add_time(json_t *object, const char *member, int64_t ms)
{
    char text[ATS_RFC3339_SIZE] = "";
    if (ms > 0)
        ats_clock_format_rfc3339(ms, text);
    add_text(object, member, text);
}

static void add_key_id(json_t *object, const char *member, const uint8_t key[ATS_PUBLIC_KEY_SIZE])
{
    char id[ATS_KEY_ID_SIZE];
    ats_key_id(key, id);
    add_text(object, member, id);
}

/* Empty texts where there is none. */
static void add_certificate(json_t *object, const struct ats_control_record *record,
                            const struct ats_body_gate *gate)
{
    add_time(object, "certificate_until", gate->revoked ? 0 : ats_gate_certificate_end(gate));
    add_text(object, "certified_by", gate->revoked ? "" : record->signer);
}

static int64_t rotation_end(const struct ats_body_gate *gate)
{
    bool runs = !gate->revoked && ats_gate_has_former(gate) &&
                gate->former.not_after_ms > ats_clock_wall_ms(&ats_clock_system);
    return runs ? gate->former.not_after_ms : 0;
}

/* ---- list ---- */

static json_t *row(const struct ats_control_record *record)
{
    struct ats_body_gate gate;
    if (ats_body_gate_parse(record->body, &gate) != ATS_OK)
        return NULL;
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:b}", "name", record->name, "state",
                  gate.revoked ? "revoked" : "active", "site", gate.site, "claims", gate.claims);
    add_key_id(object, "key_id", gate.signing_key);
    (void)json_object_set_new(object, "revision", json_integer((json_int_t)record->revision));
    add_certificate(object, record, &gate);
    add_time(object, "former_until", rotation_end(&gate));
    return object;
}

int ats_gate_run_list(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    (void)arguments;
    return ats_list_run(cli, ATS_CONTROL_GATE, row, NULL);
}

/* ---- show ---- */

static void show(const struct ats_cli *cli, const struct ats_control_record *record)
{
    struct ats_body_gate gate;
    json_t *object = ats_record_json(record);
    if (ats_body_gate_parse(record->body, &gate) == ATS_OK) {
        add_key_id(object, "key_id", gate.signing_key);
        add_certificate(object, record, &gate);
        if (rotation_end(&gate) > 0)
            add_key_id(object, "former_key_id", gate.former.signing_key);
        add_time(object, "former_until", rotation_end(&gate));
    }
    ats_show_object(cli, object);
}

int ats_gate_run_show(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    struct ats_error err = {0};
    struct ats_control_record record;
    enum ats_status status = ats_session_open(cli, ATS_SESSION_READ, &session, &err);
    if (status == ATS_OK)
        status =
            ats_session_find(session, ATS_CONTROL_GATE, arguments->positional[0], &record, &err);
    if (status == ATS_OK)
        show(cli, &record);
    ats_session_close(session);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}
