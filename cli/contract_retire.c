/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ending a version of a contract. Who still uses it is looked for first: in Kafka without the fleet's copy, so that other commands are not
 * held up by it, and then in the copy.
 */
#include "cli/contract_retire.h"

#include "cli/cli.h"
#include "cli/contract_use.h"
#include "cli/output.h"
#include "cli/publish.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/parse.h"
#include "common/base/utf8.h"
#include "common/control/body.h"

#include <inttypes.h>
#include <stdio.h>

#define HOURS_DEFAULT 24
#define HOUR_MS INT64_C(3600000)

struct retirement {
    const struct ats_cli *cli;
    const char *name;
    bool force;
    uint64_t hours;
    struct ats_contract_use use;
    bool already;
};

static enum ats_status read_options(const struct ats_arguments *arguments,
                                    struct retirement *retirement, struct ats_error *err)
{
    const char *hours = ats_argument_find(arguments, "--hours");
    retirement->name = arguments->positional[0];
    retirement->force = ats_argument_has(arguments, "--force");
    retirement->hours = HOURS_DEFAULT;
    if (hours && (ats_parse_uint64(ats_span_text(hours), &retirement->hours) != ATS_OK ||
                  retirement->hours > ATS_CLI_USE_HOURS_MAX))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--hours: '%.32s' is not allowed (allowed: 0 to %d)", hours,
                             ATS_CLI_USE_HOURS_MAX);
    if (!strchr(retirement->name, '@'))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "'%.*s' names no version (allowed: NAME@VERSION, as `attestream "
                             "contract list` shows them)",
                             ATS_QUOTE(retirement->name));
    return ats_contract_use_init(&retirement->use, retirement->name, err);
}

/* ---- whether it may end ---- */

struct others {
    const char *name;
    size_t name_len; /* of the contract's, with the '@' */
    size_t in_force;
};

static enum ats_status count_other(void *ctx, const struct ats_control_record *record)
{
    struct others *others = ctx;
    struct ats_body_contract body;
    if (strncmp(record->name, others->name, others->name_len) != 0 ||
        strcmp(record->name, others->name) == 0)
        return ATS_OK;
    enum ats_status status = ats_body_contract_parse(record->body, &body);
    others->in_force += status == ATS_OK && !body.retired;
    ats_body_contract_fini(&body);
    return status;
}

static enum ats_status check_only(struct ats_store_view *view, const char *name,
                                  struct ats_error *err)
{
    struct others others = {.name = name, .name_len = strcspn(name, "@") + 1};
    enum ats_status status = ats_registry_walk(view, ATS_CONTROL_CONTRACT, count_other, &others);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the local copy cannot be read: %s",
                             ats_status_name(status));
    if (others.in_force > 0)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_REFUSED,
                         "contract %.*s is the only version in force: without it whatever is "
                         "published on its topics is refused (--force retires it all the same)",
                         ATS_QUOTE(name));
}

static enum ats_status check_use(const struct retirement *retirement, struct ats_error *err)
{
    const struct ats_contract_use *use = &retirement->use;
    size_t count = json_object_size(use->devices);
    if (count > 0) {
        ats_contract_use_print(retirement->cli, use);
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "%zu %s contract %.*s, by %s record or in the last %" PRIu64
                             " hours (fewer --hours look back less far; --force retires it all "
                             "the same)",
                             count, count == 1 ? "device uses" : "devices use",
                             ATS_QUOTE(use->name), count == 1 ? "its" : "their", retirement->hours);
    }
    if (use->whole)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_REFUSED,
                         "of the last %" PRIu64 " hours no more than %" PRIu64
                         " records were looked at: give fewer --hours, or --force",
                         retirement->hours, use->looked_at);
}

static enum ats_status check(struct ats_session *session, struct retirement *retirement,
                             struct ats_error *err)
{
    struct ats_store_view *view = ats_session_view(session);
    enum ats_status status = ats_contract_use_pins(view, &retirement->use, err);
    if (status == ATS_OK && !retirement->force)
        status = check_use(retirement, err);
    return status == ATS_OK && !retirement->force ? check_only(view, retirement->name, err)
                                                  : status;
}

/* ---- its end ---- */

static enum ats_status publish_end(struct ats_session *session, const char *name,
                                   const struct ats_body_contract *body, struct ats_error *err)
{
    struct ats_draft draft;
    ats_draft_init(&draft, ATS_CONTROL_CONTRACT, name);
    enum ats_status status = ats_body_contract_format(body, &draft.body);
    status = status == ATS_OK ? ats_publish(session, &draft, 1, err)
                              : ats_error_set(err, status, "its end cannot be stated: %s",
                                              ats_status_name(status));
    ats_draft_fini(&draft);
    return status;
}

static enum ats_status retire_in_session(struct ats_session *session, struct retirement *retirement,
                                         struct ats_error *err)
{
    struct ats_control_record record;
    struct ats_body_contract body = {0};
    enum ats_status status =
        ats_session_find(session, ATS_CONTROL_CONTRACT, retirement->name, &record, err);
    if (status != ATS_OK)
        return status;
    status = ats_body_contract_parse(record.body, &body);
    if (status != ATS_OK)
        (void)ats_error_set(err, status, "the local copy cannot be read");
    retirement->already = status == ATS_OK && body.retired;
    if (status == ATS_OK && !retirement->already)
        status = check(session, retirement, err);
    body.retired = true;
    if (status == ATS_OK && !retirement->already)
        status = publish_end(session, retirement->name, &body, err);
    ats_body_contract_fini(&body);
    return status;
}

static enum ats_status find_use(struct retirement *retirement, struct ats_error *err)
{
    int64_t now_ms = ats_clock_wall_ms(&ats_clock_system);
    if (retirement->force || retirement->hours == 0)
        return ATS_OK;
    return ats_contract_use_read(retirement->cli, &retirement->use,
                                 now_ms - (int64_t)retirement->hours * HOUR_MS, err);
}

static void say(const struct retirement *retirement)
{
    ats_output_done(retirement->cli,
                    json_pack("{s:s, s:s, s:I}", "verdict",
                              retirement->already ? "already" : "retired", "name", retirement->name,
                              "devices", (json_int_t)json_object_size(retirement->use.devices)),
                    retirement->already ? "contract %s is retired already" : "retired contract %s",
                    retirement->name);
}

int ats_contract_run_retire(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct retirement retirement = {.cli = cli};
    struct ats_session *session = NULL;
    struct ats_error err = {0};
    enum ats_status status = read_options(arguments, &retirement, &err);
    if (status == ATS_OK)
        status = find_use(&retirement, &err);
    if (status == ATS_OK)
        status = ats_session_open(cli, ATS_SESSION_WRITE, &session, &err);
    if (status == ATS_OK)
        status = retire_in_session(session, &retirement, &err);
    ats_session_close(session);
    if (status == ATS_OK)
        say(&retirement);
    ats_contract_use_fini(&retirement.use);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}

const struct ats_flag ats_contract_retire_flags[] = {
    {"--hours", "N",
     "How far back its telemetry topic is looked through for who has published under it; 24 by "
     "default, 0 for not at all.",
     false},
    {"--force", NULL, "Whoever uses it, and if it is the only version in force.", false},
    {0},
};
