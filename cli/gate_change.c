/* SPDX-License-Identifier: Apache-2.0 */
/* A change states the whole of a gate again; what it does not name stays as it was. */
#include "cli/gate_change.h"

#include "cli/argument_time.h"
#include "cli/certificate.h"
#include "cli/cli.h"
#include "cli/gate_record.h"
#include "cli/output.h"
#include "common/base/clock.h"

/* Time for somebody to bring the folder to the broker's host. */
#define OVERLAP_DEFAULT "7d"

struct change {
    const char *name;
    int64_t valid_ms; /* 0: --valid was not given */
    bool has_end;     /* --until was */
    int64_t not_after_ms;
    struct ats_body_gate gate;
};

static enum ats_status read_change(const struct ats_arguments *arguments, struct change *ret_change,
                                   struct ats_error *err)
{
    const char *valid = ats_argument_find(arguments, "--valid");
    *ret_change = (struct change){.name = arguments->positional[0]};
    return valid ? ats_certificate_validity("--valid", valid, valid, &ret_change->valid_ms, err)
                 : ATS_OK;
}

/* That of --valid; else the one that it had, and not less than `least_ms` from now where that is over 0 or it had none. */
static int64_t certificate_end(const struct change *change, int64_t least_ms)
{
    int64_t now_ms = ats_clock_wall_ms(&ats_clock_system);
    int64_t end_ms = ats_gate_certificate_end(&change->gate);
    if (change->valid_ms > 0)
        return now_ms + change->valid_ms;
    return end_ms > now_ms + least_ms ? end_ms : now_ms + least_ms;
}

static enum ats_status restate(struct ats_session *session, struct change *change, int64_t least_ms,
                               struct ats_error *err)
{
    enum ats_status status = ats_gate_certify(
        session, change->name, certificate_end(change, least_ms), &change->gate, err);
    return status == ATS_OK ? ats_gate_publish(session, change->name, &change->gate, err) : status;
}

static enum ats_status open_gate(const struct ats_cli *cli, struct change *change,
                                 struct ats_session **ret_session, struct ats_error *err)
{
    enum ats_status status = ats_session_open(cli, ATS_SESSION_WRITE, ret_session, err);
    return status == ATS_OK ? ats_gate_find(*ret_session, change->name, &change->gate, err)
                            : status;
}

/* ---- renew ---- */

int ats_gate_run_renew(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    struct change change;
    struct ats_error err = {0};
    int64_t least_ms = 0;
    enum ats_status status = read_change(arguments, &change, &err);
    if (status == ATS_OK)
        status = ats_certificate_validity("--valid", NULL, ATS_GATE_VALID_DEFAULT, &least_ms, &err);
    if (status == ATS_OK)
        status =
            ats_argument_end(arguments, "--until", &change.has_end, &change.not_after_ms, &err);
    if (status == ATS_OK)
        status = open_gate(cli, &change, &session, &err);
    if (status == ATS_OK && change.has_end)
        change.gate.not_after_ms = change.not_after_ms;
    if (status == ATS_OK)
        status = restate(session, &change, least_ms, &err);
    ats_session_close(session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    ats_output_done(cli, json_pack("{s:s, s:s}", "verdict", "renewed", "name", change.name),
                    "renewed gate '%s'", change.name);
    return ATS_EXIT_DONE;
}

/* ---- set ---- */

int ats_gate_run_set(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    bool claims = ats_argument_has(arguments, "--claims");
    struct ats_session *session = NULL;
    struct change change;
    struct ats_error err = {0};
    enum ats_status status = read_change(arguments, &change, &err);
    if (status == ATS_OK && claims == ats_argument_has(arguments, "--no-claims"))
        status = ats_error_set(&err, ATS_ERR_CONFIG, "gate set: give --claims or --no-claims");
    if (status == ATS_OK)
        status = open_gate(cli, &change, &session, &err);
    if (status == ATS_OK) {
        change.gate.claims = claims;
        status = restate(session, &change, 0, &err);
    }
    ats_session_close(session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    ats_output_done(
        cli, json_pack("{s:s, s:s, s:b}", "verdict", "set", "name", change.name, "claims", claims),
        "gate '%s' may %stake claims", change.name, claims ? "" : "not ");
    return ATS_EXIT_DONE;
}

/* ---- revoke ---- */

int ats_gate_run_revoke(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    struct change change = {.name = arguments->positional[0]};
    struct ats_error err = {0};
    enum ats_status status = ats_session_open(cli, ATS_SESSION_WRITE, &session, &err);
    if (status == ATS_OK)
        status = ats_gate_find_any(session, change.name, &change.gate, &err);
    const bool already = change.gate.revoked;
    change.gate.revoked = true;
    if (status == ATS_OK && !already)
        status = ats_gate_publish(session, change.name, &change.gate, &err);
    ats_session_close(session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    ats_output_done(
        cli,
        json_pack("{s:s, s:s}", "verdict", already ? "already" : "revoked", "name", change.name),
        already ? "gate '%s' is revoked already" : "revoked gate '%s'", change.name);
    return ATS_EXIT_DONE;
}

/* ---- rotate-key ---- */

/* The keys that it has become the former ones. */
static enum ats_status begin_overlap(struct change *change, int64_t overlap_ms,
                                     struct ats_error *err)
{
    struct ats_body_gate *gate = &change->gate;
    int64_t now_ms = ats_clock_wall_ms(&ats_clock_system);
    char end[ATS_RFC3339_SIZE];
    if (gate->former.not_after_ms > now_ms) {
        ats_clock_format_rfc3339(gate->former.not_after_ms, end);
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "the last rotation of gate '%s' is not over: its former keys are good "
                             "until %s",
                             change->name, end);
    }
    gate->former = (struct ats_gate_former){.not_after_ms = now_ms + overlap_ms};
    if (gate->not_after_ms != 0 && gate->not_after_ms < gate->former.not_after_ms)
        gate->former.not_after_ms = gate->not_after_ms;
    memcpy(gate->former.signing_key, gate->signing_key, sizeof(gate->signing_key));
    memcpy(gate->former.agreement_key, gate->agreement_key, sizeof(gate->agreement_key));
    return ATS_OK;
}

/* New keys that nobody would take are no rotation. */
static enum ats_status check_good(const struct change *change, int64_t end_ms,
                                  struct ats_error *err)
{
    int64_t now_ms = ats_clock_wall_ms(&ats_clock_system);
    int64_t keys_end_ms = change->gate.not_after_ms;
    char end[ATS_RFC3339_SIZE];
    if (end_ms > now_ms && (keys_end_ms == 0 || keys_end_ms > now_ms))
        return ATS_OK;
    ats_clock_format_rfc3339(
        end_ms > now_ms ? keys_end_ms : ats_gate_certificate_end(&change->gate), end);
    return ats_error_set(err, ATS_ERR_REFUSED,
                         "%s of gate '%s' ended at %s: renew it first (`attestream gate renew`)",
                         end_ms > now_ms ? "the keys" : "the certificate", change->name, end);
}

/* Keys that a call before left in the folder are taken up; those that the gate has are none. */
static enum ats_status check_new(const struct ats_body_gate *gate, const char *folder,
                                 struct ats_error *err)
{
    const struct ats_gate_former *former = &gate->former;
    if (memcmp(gate->signing_key, former->signing_key, sizeof(gate->signing_key)) != 0 &&
        memcmp(gate->agreement_key, former->agreement_key, sizeof(gate->agreement_key)) != 0)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "%s holds the keys that the gate has: give a new folder with --out",
                         folder);
}

static enum ats_status rotate(const struct ats_cli *cli, struct ats_session *session,
                              struct change *change, int64_t overlap_ms, const char *folder,
                              struct ats_error *err)
{
    const struct ats_identity identity = {.file = "gate.json",
                                          .name = change->name,
                                          .topic_prefix = cli->kafka.topic_prefix,
                                          .pins = ats_session_pins(session)};
    struct ats_gate_keys keys = {0};
    int64_t end_ms = certificate_end(change, 0);
    enum ats_status status = ats_fleet_identity_check(folder, &identity, err);
    if (status == ATS_OK)
        status = check_good(change, end_ms, err);
    if (status == ATS_OK)
        status = begin_overlap(change, overlap_ms, err);
    if (status == ATS_OK)
        status = ats_gate_open_keys(folder, &keys, &change->gate, err);
    if (status == ATS_OK)
        status = check_new(&change->gate, folder, err);
    if (status == ATS_OK)
        status = ats_gate_certify(session, change->name, end_ms, &change->gate, err);
    if (status == ATS_OK)
        status =
            ats_gate_publish_with_folder(session, folder, &identity, &keys, &change->gate, err);
    ats_gate_keys_fini(&keys);
    return status;
}

int ats_gate_run_rotate(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    struct change change;
    struct ats_error err = {0};
    char end[ATS_RFC3339_SIZE];
    const char *folder = ats_argument_find(arguments, "--out");
    int64_t overlap_ms = 0;
    enum ats_status status = read_change(arguments, &change, &err);
    if (status == ATS_OK && !folder)
        status = ats_error_set(&err, ATS_ERR_CONFIG, "gate rotate-key: give a folder with --out");
    if (status == ATS_OK)
        status = ats_certificate_validity("--overlap", ats_argument_find(arguments, "--overlap"),
                                          OVERLAP_DEFAULT, &overlap_ms, &err);
    if (status == ATS_OK)
        status = open_gate(cli, &change, &session, &err);
    if (status == ATS_OK)
        status = rotate(cli, session, &change, overlap_ms, folder, &err);
    ats_session_close(session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    ats_clock_format_rfc3339(change.gate.former.not_after_ms, end);
    ats_output_done(cli,
                    json_pack("{s:s, s:s, s:o, s:s}", "verdict", "rotated", "name", change.name,
                              "folder", ats_output_text(folder), "former_until", end),
                    "gate '%s' has new keys: give its broker the folder %s (plugin_opt_fleet) and "
                    "restart it; until %s it goes on with the former ones",
                    change.name, folder, end);
    return ATS_EXIT_DONE;
}

const struct ats_flag ats_gate_renew_flags[] = {
    {"--valid", "TIME",
     "How long devices take the new certificate; by default as long as the one before, and 400d at "
     "least.",
     false},
    {"--until", "TIME",
     "From when on the gate's keys are no longer good, or never; as before by "
     "default. " ATS_TIME_FORMS,
     false},
    {0},
};

const struct ats_flag ats_gate_set_flags[] = {
    {"--claims", NULL, "It may enrol devices that bring an operator's token.", false},
    {"--no-claims", NULL, "It may not.", false},
    {"--valid", "TIME",
     "How long devices take its certificate; as long as they did before by default.", false},
    {0},
};

const struct ats_flag ats_gate_rotate_flags[] = {
    {"--out", "DIR", "New folder for what the gate needs, as `gate add` makes it. Needed.", false},
    {"--overlap", "TIME", "How long the former keys are good beside the new ones; 7d by default.",
     false},
    {"--valid", "TIME",
     "How long devices take its certificate; as long as they did before by default.", false},
    {0},
};
