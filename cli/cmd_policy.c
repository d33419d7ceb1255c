/* SPDX-License-Identifier: Apache-2.0 */
/* attestream policy set | show */
#include "cli/cli.h"
#include "cli/list.h"
#include "cli/log_place.h"
#include "cli/operator_scope.h"
#include "cli/output.h"
#include "cli/publish.h"
#include "common/base/parse.h"
#include "common/control/body_policy.h"

#include <inttypes.h>
#include <stdio.h>

#define HOURLY_NONE "none"

#define HOURLY_SIZE 32
#define CHANGES_SIZE (2 * ATS_OPERATOR_KINDS_SIZE + 2 * HOURLY_SIZE + 128)

/* The policy that stands. Its stands_until is an act of its own time, and is no part of what goes on. */
static enum ats_status find_standing(struct ats_session *session,
                                     struct ats_body_policy *ret_policy, struct ats_error *err)
{
    struct ats_control_record record;
    *ret_policy = (struct ats_body_policy){.hourly = ATS_POLICY_UNLIMITED};
    enum ats_status status = ats_registry_find(ats_session_view(session), ATS_CONTROL_POLICY,
                                               ats_span_text(ATS_POLICY_NAME), &record);
    if (status == ATS_ERR_NOT_FOUND)
        return ATS_OK;
    if (status == ATS_OK)
        status = ats_body_policy_parse(record.body, ret_policy);
    ret_policy->stands_until = (struct ats_body_place){0};
    return status == ATS_OK
               ? ATS_OK
               : ats_error_set(err, status, "the policy that stands cannot be read: %s",
                               ats_status_name(status));
}

/* What the flags say takes the place of what stands; a flag that is missing leaves it. */
static enum ats_status read_flags(const struct ats_arguments *arguments,
                                  struct ats_body_policy *policy, struct ats_error *err)
{
    const char *critical = ats_argument_find(arguments, "--critical");
    const char *hourly = ats_argument_find(arguments, "--hourly");
    if (!critical && !hourly && !ats_argument_find(arguments, "--stands-until"))
        return ats_error_set(err, ATS_ERR_CONFIG, "policy set needs --critical, --hourly or both");
    if (critical && critical[0] == '\0')
        policy->critical = 0;
    else if (critical) {
        enum ats_status status = ats_operator_kinds(critical, &policy->critical, err);
        if (status != ATS_OK)
            return status;
    }
    if (hourly && strcmp(hourly, HOURLY_NONE) == 0)
        policy->hourly = ATS_POLICY_UNLIMITED;
    else if (hourly && (ats_parse_uint64(ats_span_text(hourly), &policy->hourly) != ATS_OK ||
                        policy->hourly > ATS_POLICY_HOURLY_MAX))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--hourly: '%.*s' is not allowed (allowed: 0 to %d, or " HOURLY_NONE
                             ")",
                             ATS_QUOTE_MAX, hourly, ATS_POLICY_HOURLY_MAX);
    return ATS_OK;
}

static const char *hourly_text(uint64_t hourly, char ret_text[HOURLY_SIZE])
{
    if (hourly == ATS_POLICY_UNLIMITED)
        return HOURLY_NONE;
    (void)snprintf(ret_text, HOURLY_SIZE, "%" PRIu64, hourly);
    return ret_text;
}

static const char *kinds_text(uint32_t kinds, char ret_text[ATS_OPERATOR_KINDS_SIZE])
{
    ats_operator_kinds_text(kinds, ret_text);
    return kinds == 0 ? "nothing" : ret_text;
}

/* "critical gate,processor (as before), hourly 10 (before: none)" */
static void say_changes(const struct ats_body_policy *policy, const struct ats_body_policy *before,
                        char ret_text[CHANGES_SIZE])
{
    char kinds[ATS_OPERATOR_KINDS_SIZE];
    char kinds_then[ATS_OPERATOR_KINDS_SIZE];
    char hourly[HOURLY_SIZE];
    char hourly_then[HOURLY_SIZE];
    bool same_kinds = policy->critical == before->critical;
    bool same_hourly = policy->hourly == before->hourly;
    (void)snprintf(ret_text, CHANGES_SIZE, "critical %s (%s%s), hourly %s (%s%s)",
                   kinds_text(policy->critical, kinds), same_kinds ? "as before" : "before: ",
                   same_kinds ? "" : kinds_text(before->critical, kinds_then),
                   hourly_text(policy->hourly, hourly), same_hourly ? "as before" : "before: ",
                   same_hourly ? "" : hourly_text(before->hourly, hourly_then));
}

static enum ats_status set(struct ats_session *session, const char *key_file,
                           const struct ats_body_policy *policy, struct ats_error *err)
{
    const struct ats_signer *root = NULL;
    struct ats_draft draft;
    enum ats_status status = ats_session_sign_as_root(session, key_file, &root, err);
    if (status != ATS_OK)
        return status;
    ats_draft_init(&draft, ATS_CONTROL_POLICY, ATS_POLICY_NAME);
    status = ats_body_policy_format(policy, &draft.body);
    if (status == ATS_OK)
        status = ats_publish(session, &draft, 1, err);
    else
        (void)ats_error_set(err, status, "the policy cannot be stated: %s",
                            ats_status_name(status));
    ats_draft_fini(&draft);
    return status;
}

static enum ats_status set_in_session(struct ats_session *session,
                                      const struct ats_arguments *arguments,
                                      struct ats_body_policy *policy,
                                      struct ats_body_policy *before, struct ats_error *err)
{
    const char *until = ats_argument_find(arguments, "--stands-until");
    enum ats_status status = find_standing(session, before, err);
    *policy = *before;
    if (status == ATS_OK)
        status = read_flags(arguments, policy, err);
    if (status == ATS_OK && until)
        status = ats_log_place(session, until, &policy->stands_until, err);
    return status == ATS_OK ? set(session, ats_argument_find(arguments, "--root-key"), policy, err)
                            : status;
}

static int run_set(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    struct ats_body_policy policy = {0};
    struct ats_body_policy before = {0};
    char changes[CHANGES_SIZE];
    struct ats_error err = {0};
    enum ats_status status = read_flags(arguments, &policy, &err);
    if (status == ATS_OK)
        status = ats_session_open_for_root(cli, "root", &session, &err);
    if (status == ATS_OK)
        status = set_in_session(session, arguments, &policy, &before, &err);
    ats_session_close(session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    say_changes(&policy, &before, changes);
    bool no_claims = (policy.critical & (UINT32_C(1) << ATS_CONTROL_DEVICE)) != 0;
    ats_output_done(
        cli,
        json_pack("{s:s, s:b, s:s}", "verdict", "set", "claims", !no_claims, "changes", changes),
        "set the policy: %s%s", changes,
        no_claims ? "\na device takes two operators now: no gate enrols one by claim" : "");
    return ATS_EXIT_DONE;
}

static int run_show(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    (void)arguments;
    return ats_show_run(cli, ATS_CONTROL_POLICY, ATS_POLICY_NAME);
}

static const struct ats_flag set_flags[] = {
    {"--critical", "KINDS",
     "Kinds of which each record takes two operators, unless it does nothing but stop, e.g. "
     "gate,processor; '' for none, as before by default.",
     false},
    {"--hourly", "N",
     "How many devices, gates and members one operator may stop alone in an hour, or none for "
     "no limit; as before by default. "
     "Stopped is what can do less than before: suspended, revoked or retired, a key or contract "
     "taken "
     "away, a nearer end, a later beginning, a higher least proof.",
     false},
    {"--stands-until", "COUNT",
     "The last control record whose time still counts: what members signed of the log's time after "
     "it, and before this policy, is void.",
     false},
    {"--root-key", "FILE", "The root's private key; <fleet>/root.key.pem by default.", false},
    {0},
};

const struct ats_command ats_policy_commands[] = {
    {"set", "", "State which acts take two operators.",
     "The root signs it. What no flag names stays as the policy before has it. Without a policy "
     "one "
     "operator is enough. State a second operator first. Where `device` is critical, no device "
     "enrols itself "
     "by a "
     "claim: a gate is one signer.",
     set_flags, 0, 0, run_set},
    {"show", "", "Show the policy.", NULL, NULL, 0, 0, run_show},
    {0},
};
