/* SPDX-License-Identifier: Apache-2.0 */
/* attestream status: what the control log says, in numbers. */
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/session.h"

#include <sodium.h>

static enum ats_status count_one(void *ctx, const struct ats_control_record *record)
{
    size_t *count = ctx;
    (void)record;
    (*count)++;
    return ATS_OK;
}

static enum ats_status add_counts(struct ats_session *session, json_t *object,
                                  struct ats_error *err)
{
    json_t *counts = json_object();
    (void)json_object_set_new(object, "records", counts);
    for (int kind = 0; kind < ATS_CONTROL_KIND_COUNT; kind++) {
        size_t count = 0;
        enum ats_status status = ats_registry_walk(ats_session_view(session),
                                                   (enum ats_control_kind)kind, count_one, &count);
        if (status != ATS_OK)
            return ats_error_set(err, status, "the local copy cannot be read: %s",
                                 ats_status_name(status));
        (void)json_object_set_new(counts, ats_control_kind_name((enum ats_control_kind)kind),
                                  json_integer((json_int_t)count));
    }
    return ATS_OK;
}

static int run(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    struct ats_error err = {0};
    char fleet[2 * ATS_FLEET_ID_SIZE + 1];
    uint8_t chain[ATS_HASH_SIZE];
    char chain_text[2 * ATS_HASH_SIZE + 1];
    (void)arguments;
    enum ats_status status = ats_session_open(cli, ATS_SESSION_READ, &session, &err);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    const struct ats_registry *registry = ats_session_registry(session);
    ats_fleet_id_text(ats_session_pins(session), fleet);
    ats_registry_chain(registry, chain);
    (void)sodium_bin2hex(chain_text, sizeof(chain_text), chain, sizeof(chain));
    json_t *object = json_pack(
        "{s:s, s:b, s:I, s:s, s:I}", "fleet", fleet, "synced", ats_session_is_synced(session),
        "control_count", (json_int_t)ats_registry_count(registry), "control_chain", chain_text,
        "next_offset", (json_int_t)ats_registry_next_offset(registry));
    status = add_counts(session, object, &err);
    ats_session_close(session);
    if (status == ATS_OK) {
        ats_output_object(cli, object);
        return ATS_EXIT_DONE;
    }
    json_decref(object);
    return ats_cli_fail(&err);
}

const struct ats_command ats_status_commands[] = {
    {"", "",
     "Say what the control log holds: fleet id, accepted records, their chained hash, counts.",
     NULL, NULL, 0, 0, run},
    {0},
};
