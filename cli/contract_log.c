/* SPDX-License-Identifier: Apache-2.0 */
/* What the control log says of a contract's versions: who signed which, for which side, what ended, who is judged by what. */
#include "cli/contract_log.h"

#include "cli/cli.h"
#include "cli/contract_governs.h"
#include "cli/output.h"
#include "cli/session.h"
#include "common/base/clock.h"
#include "common/control/acts.h"
#include "common/control/body.h"
#include "common/control/catalog.h"

#include <stdio.h>

struct listing {
    const struct ats_cli *cli;
    struct ats_store_view *view;
    const char *name;
    struct ats_contract_set *set;
    json_t *pins; /* of devices, by NAME@VERSION */
    struct ats_output output;
    size_t count;
};

/* ---- who signed, and as what ---- */

/* By the operator's record that held at that act; 0 where there is none. */
static uint32_t owner_then(struct ats_store_view *view, const char *name, uint64_t count)
{
    struct ats_control_act act;
    struct ats_span value;
    uint32_t owner = 0;
    for (uint64_t revision = 1; ats_control_revision_view(view, ATS_CONTROL_OPERATOR, name,
                                                          revision, &act, &value) == ATS_OK &&
                                act.count < count;
         revision++) {
        struct ats_control_record record;
        struct ats_body_operator body;
        if (act.void_by == 0 && ats_control_record_decode(value, &record) == ATS_OK &&
            ats_body_operator_parse(record.body, &body) == ATS_OK)
            owner = body.owner;
    }
    return owner;
}

/* "alice (ot)"; "" for nobody. */
static json_t *person(struct ats_store_view *view, const char *name, uint64_t count)
{
    char owner[ATS_OWNERS_TEXT_SIZE];
    if (name[0] == '\0')
        return json_string("");
    ats_owners_text(owner_then(view, name, count), owner);
    return owner[0] ? json_sprintf("%s (%s)", name, owner) : json_string(name);
}

static json_t *time_of(const struct ats_control_act *act)
{
    char time[ATS_RFC3339_SIZE];
    ats_clock_format_rfc3339(act->time_ms, time);
    return json_string(time);
}

static bool is_end(struct ats_span value)
{
    struct ats_control_record record;
    struct ats_body_contract body = {0};
    bool retired = ats_control_record_decode(value, &record) == ATS_OK &&
                   ats_body_contract_parse(record.body, &body) == ATS_OK && body.retired;
    ats_body_contract_fini(&body);
    return retired;
}

/* The acts that stated the version and, where it is retired, ended it; revision 0: not found. */
static void find_acts(struct ats_store_view *view, const struct ats_control_record *record,
                      struct ats_control_act *ret_stated, struct ats_control_act *ret_ended)
{
    *ret_stated = (struct ats_control_act){0};
    *ret_ended = (struct ats_control_act){0};
    for (uint64_t revision = 1; revision <= record->revision; revision++) {
        struct ats_control_act act;
        struct ats_span value;
        if (ats_control_revision_view(view, ATS_CONTROL_CONTRACT, record->name, revision, &act,
                                      &value) != ATS_OK ||
            act.void_by != 0)
            continue;
        if (is_end(value))
            *ret_ended = act;
        else
            *ret_stated = act;
    }
}

static void set_acts(struct ats_store_view *view, const struct ats_control_record *record,
                     json_t *row)
{
    struct ats_control_act stated;
    struct ats_control_act ended;
    find_acts(view, record, &stated, &ended);
    bool found = stated.revision > 0;
    bool over = ended.revision > 0;
    (void)json_object_set_new(row, "signer", person(view, stated.signer, stated.count));
    (void)json_object_set_new(row, "approver", person(view, stated.approver, stated.count));
    (void)json_object_set_new(row, "time", found ? time_of(&stated) : json_string(""));
    (void)json_object_set_new(row, "retired_by", person(view, ended.signer, ended.count));
    (void)json_object_set_new(row, "retired_with", person(view, ended.approver, ended.count));
    (void)json_object_set_new(row, "retired_at", over ? time_of(&ended) : json_string(""));
}

/* ---- what it judges ---- */

static json_t *governed(const struct listing *listing, const struct ats_contract *contract)
{
    json_t *filters = json_array();
    for (size_t i = 0; contract && i < ats_contract_topic_count(contract); i++) {
        const char *filter = ats_contract_topic(contract, i);
        if (!ats_contract_is_retired(contract) &&
            !ats_contract_filter_taker(listing->set, contract, filter))
            (void)json_array_append_new(filters, json_string(filter));
    }
    return filters;
}

/* So many names are shown to a person; JSON has all. */
#define NAMES_SHOWN 8

/* In one walk for all versions: fleets are larger than contracts have versions. */
static enum ats_status note_pins(void *ctx, const struct ats_control_record *record)
{
    struct listing *listing = ctx;
    struct ats_body_device device;
    enum ats_status status = ats_body_device_parse(record->body, &device);
    if (status != ATS_OK || device.state == ATS_DEVICE_REVOKED ||
        device.state == ATS_DEVICE_RETIRED)
        return status;
    for (size_t i = 0; i < device.contract_count; i++) {
        const char *entry = device.contracts[i];
        if (!strchr(entry, '@') || !ats_device_contract_is_of(entry, listing->name))
            continue;
        if (!json_object_get(listing->pins, entry))
            (void)json_object_set_new(listing->pins, entry, json_array());
        (void)json_array_append_new(json_object_get(listing->pins, entry),
                                    json_string(record->name));
    }
    return ATS_OK;
}

static json_t *pinned(const struct listing *listing, const char *version)
{
    json_t *names = json_object_get(listing->pins, version);
    size_t count = json_array_size(names);
    if (!listing->cli->json && count > NAMES_SHOWN)
        return json_sprintf("%zu devices", count);
    return names ? json_incref(names) : json_array();
}

static enum ats_status print_version(void *ctx, const struct ats_control_record *record)
{
    struct listing *listing = ctx;
    size_t len = strcspn(record->name, "@");
    if (strlen(listing->name) != len || strncmp(record->name, listing->name, len) != 0)
        return ATS_OK;
    const struct ats_contract *contract = ats_contract_set_find_version(
        listing->set, ats_span_of(record->name, len), ats_span_text(record->name + len + 1));
    bool retired = contract && ats_contract_is_retired(contract);
    char asked[ATS_OWNERS_TEXT_SIZE] = "";
    if (contract)
        ats_owners_text(ats_contract_signatures(contract), asked);
    json_t *row = json_pack("{s:s, s:s, s:s}", "name", record->name, "state",
                            retired ? "retired" : "in force", "signatures", asked);
    set_acts(listing->view, record, row);
    (void)json_object_set_new(row, "governs", governed(listing, contract));
    (void)json_object_set_new(row, "pinned", pinned(listing, record->name));
    ats_output_row(&listing->output, row);
    listing->count++;
    return ATS_OK;
}

static enum ats_status list(struct listing *listing, struct ats_error *err)
{
    enum ats_status status = ats_catalog_contracts(listing->view, NULL, NULL, &listing->set);
    if (status == ATS_OK)
        status = ats_registry_walk(listing->view, ATS_CONTROL_DEVICE, note_pins, listing);
    if (status == ATS_OK)
        status = ats_registry_walk(listing->view, ATS_CONTROL_CONTRACT, print_version, listing);
    if (status == ATS_OK && listing->count == 0)
        return ats_error_set(err, ATS_ERR_REFUSED, "there is no contract '%.128s'", listing->name);
    if (status != ATS_OK && err->text[0] == '\0')
        (void)ats_error_set(err, status, "the local copy cannot be read: %s",
                            ats_status_name(status));
    return status;
}

int ats_contract_run_versions(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    struct ats_error err = {0};
    struct listing listing = {.cli = cli, .name = arguments->positional[0], .pins = json_object()};
    enum ats_status status = ats_session_open(cli, ATS_SESSION_READ, &session, &err);
    if (status == ATS_OK) {
        listing.view = ats_session_view(session);
        ats_output_begin(&listing.output, cli);
        status = list(&listing, &err);
        ats_output_end(&listing.output);
    }
    json_decref(listing.pins);
    ats_contract_set_free(listing.set);
    ats_session_close(session);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}
