/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/processor_change.h"

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/publish.h"
#include "common/control/body.h"

#include <stdio.h>

/* One change of one member; the body holds it. */
typedef void change_member(struct ats_body_processor *processor, size_t at);

static void allow_checkpoints(struct ats_body_processor *processor, size_t at)
{
    processor->members[at].may_checkpoint = true;
}

static void refuse_checkpoints(struct ats_body_processor *processor, size_t at)
{
    processor->members[at].may_checkpoint = false;
}

static void take_out(struct ats_body_processor *processor, size_t at)
{
    processor->member_count--;
    memmove(&processor->members[at], &processor->members[at + 1],
            (processor->member_count - at) * sizeof(processor->members[0]));
}

static const char *group_of(const struct ats_arguments *arguments)
{
    const char *group = ats_argument_find(arguments, "--group");
    return group ? group : ATS_GROUP_DEFAULT;
}

static enum ats_status edit(const struct ats_control_record *record, const char *member,
                            change_member *change, struct ats_draft *draft, struct ats_error *err)
{
    struct ats_body_processor processor;
    size_t at = 0;
    if (ats_body_processor_parse(record->body, &processor) != ATS_OK)
        return ats_error_set(err, ATS_ERR_CORRUPT, "the record of group '%s' cannot be read",
                             record->name);
    while (at < processor.member_count && strcmp(processor.members[at].name, member) != 0)
        at++;
    if (at == processor.member_count)
        return ats_error_set(err, ATS_ERR_REFUSED, "group '%s' has no member '%s'", record->name,
                             member);
    change(&processor, at);
    enum ats_status status = ats_body_processor_format(&processor, &draft->body);
    if (status != ATS_OK)
        return ats_error_set(err, status, "group '%s' cannot be stated: %s", record->name,
                             ats_status_name(status));
    return ATS_OK;
}

void ats_processor_tell_what_ends(const char *group, struct ats_span body, bool is_proposal)
{
    struct ats_body_processor processor;
    size_t signing = 0;
    if (ats_body_processor_parse(body, &processor) != ATS_OK)
        return;
    for (size_t i = 0; i < processor.member_count; i++)
        signing += processor.members[i].may_checkpoint;
    if (signing == 0)
        ats_cli_note("%snobody of group '%s' signs checkpoints and heartbeats: where no other "
                     "group's member does, gates with control_max_age call their copy stale",
                     is_proposal ? "once it is approved, " : "", group);
    if (processor.member_count == 0)
        ats_cli_note("%sgroup '%s' has no member: gates go on sealing for it; give them another "
                     "(processor_group)",
                     is_proposal ? "once it is approved, " : "", group);
}

static enum ats_status publish_change(const struct ats_cli *cli, const char *group,
                                      const char *member, change_member *change,
                                      struct ats_error *err)
{
    struct ats_session *session = NULL;
    struct ats_control_record record;
    struct ats_draft draft;
    ats_draft_init(&draft, ATS_CONTROL_PROCESSOR, group);
    enum ats_status status = ats_session_open(cli, ATS_SESSION_WRITE, &session, err);
    if (status == ATS_OK)
        status = ats_session_find(session, ATS_CONTROL_PROCESSOR, group, &record, err);
    if (status == ATS_OK)
        status = edit(&record, member, change, &draft, err);
    if (status == ATS_OK && !ats_draft_is_published(session, &draft))
        status = ats_publish(session, &draft, 1, err);
    if (status == ATS_OK)
        ats_processor_tell_what_ends(group, ats_buf_span(&draft.body), *cli->proposed);
    ats_draft_fini(&draft);
    ats_session_close(session);
    return status;
}

static int run(const struct ats_cli *cli, const struct ats_arguments *arguments,
               change_member *change, const char *verdict)
{
    const char *group = group_of(arguments);
    const char *member = arguments->positional[0];
    struct ats_error err = {0};
    if (publish_change(cli, group, member, change, &err) != ATS_OK)
        return ats_cli_fail(&err);
    ats_output_done(
        cli, json_pack("{s:s, s:s, s:s}", "verdict", verdict, "name", member, "group", group),
        "%s processor '%s' of group '%s'", verdict, member, group);
    return ATS_EXIT_DONE;
}

int ats_processor_run_set(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_error err = {0};
    bool may = ats_argument_has(arguments, "--checkpoint");
    if (may != ats_argument_has(arguments, "--no-checkpoint"))
        return run(cli, arguments, may ? allow_checkpoints : refuse_checkpoints, "set");
    (void)ats_error_set(&err, ATS_ERR_CONFIG, "give one of --checkpoint and --no-checkpoint");
    return ats_cli_fail(&err);
}

int ats_processor_run_remove(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    return run(cli, arguments, take_out, "removed");
}

const struct ats_flag ats_processor_set_flags[] = {
    {"--group", "G", "The member's group; \"attestream\" by default.", false},
    {"--checkpoint", NULL, "The member may sign checkpoints and heartbeats of the control log.",
     false},
    {"--no-checkpoint", NULL, "It may not: what it signs from then on is refused by every reader.",
     false},
    {0},
};

const struct ats_flag ats_processor_remove_flags[] = {
    {"--group", "G", "The member's group; \"attestream\" by default.", false},
    {0},
};
