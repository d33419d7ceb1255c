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

#include <stdio.h>

static enum ats_status read_policy(const struct ats_arguments *arguments,
                                   struct ats_body_policy *ret_policy, struct ats_error *err)
{
    const char *critical = ats_argument_find(arguments, "--critical");
    const char *hourly = ats_argument_find(arguments, "--hourly");
    *ret_policy = (struct ats_body_policy){.hourly = ATS_POLICY_UNLIMITED};
    if (!critical && !hourly && !ats_argument_find(arguments, "--stands-until"))
        return ats_error_set(err, ATS_ERR_CONFIG, "policy set needs --critical, --hourly or both");
    if (critical && critical[0] != '\0') {
        enum ats_status status = ats_operator_kinds(critical, &ret_policy->critical, err);
        if (status != ATS_OK)
            return status;
    }
    if (hourly && (ats_parse_uint64(ats_span_text(hourly), &ret_policy->hourly) != ATS_OK ||
                   ret_policy->hourly > ATS_POLICY_HOURLY_MAX))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--hourly: '%.*s' is not allowed (allowed: 0 to %d)", ATS_QUOTE_MAX,
                             hourly, ATS_POLICY_HOURLY_MAX);
    return ATS_OK;
}

static enum ats_status set(struct ats_session *session, const char *key_file,
                           const struct ats_body_policy *policy, struct ats_error *err)
{
    const struct ats_signer *root = NULL;
    struct ats_draft draft;
    enum ats_status status = ats_session_sign_as_root(session, "root", key_file, &root, err);
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

static int run_set(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    struct ats_body_policy policy;
    struct ats_error err = {0};
    const char *until = ats_argument_find(arguments, "--stands-until");
    enum ats_status status = read_policy(arguments, &policy, &err);
    if (status == ATS_OK)
        status = ats_session_open(cli, ATS_SESSION_WRITE, &session, &err);
    if (status == ATS_OK && until)
        status = ats_log_place(session, until, &policy.stands_until, &err);
    if (status == ATS_OK)
        status = set(session, ats_argument_find(arguments, "--root-key"), &policy, &err);
    ats_session_close(session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    bool no_claims = (policy.critical & (UINT32_C(1) << ATS_CONTROL_DEVICE)) != 0;
    ats_output_done(cli, json_pack("{s:s, s:b}", "verdict", "set", "claims", !no_claims),
                    "set the policy: `attestream policy show`%s",
                    no_claims ? "\na device takes two operators now: no gate enrols one by claim"
                              : "");
    return ATS_EXIT_DONE;
}

static int run_show(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    (void)arguments;
    return ats_show_run(cli, ATS_CONTROL_POLICY, ATS_POLICY_NAME);
}

static const struct ats_flag set_flags[] = {
    {"--critical", "KINDS", "Kinds of which each record takes two operators, e.g. gate,processor.",
     false},
    {"--hourly", "N",
     "How many devices, gates and members one operator may stop alone in an hour; no limit by "
     "default. "
     "Stopped is what can do less than before: suspended, revoked or retired, a key or contract "
     "taken "
     "away, a nearer end, a higher least proof.",
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
     "The root signs it, and it takes the place of the one before. Without a policy one operator "
     "is "
     "enough. State a second operator first. Where `device` is critical, no device enrols itself "
     "by a "
     "claim: a gate is one signer.",
     set_flags, 0, 0, run_set},
    {"show", "", "Show the policy.", NULL, NULL, 0, 0, run_show},
    {0},
};
