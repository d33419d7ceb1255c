/* SPDX-License-Identifier: Apache-2.0 */
/* attestream processor add | set | rotate-key | remove | list | show */
#include "cli/cli.h"
#include "cli/list.h"
#include "cli/output.h"
#include "cli/processor_change.h"
#include "cli/publish.h"
#include "cli/topics_owned.h"
#include "common/base/file.h"
#include "common/control/body.h"

#include <stdio.h>

struct addition {
    const char *name;
    const char *group;
    const char *out;
    bool may_checkpoint;
    bool rotates; /* a member that is there gets another key */
};

/* The group's record as it is, or an empty one. */
static enum ats_status find_group(struct ats_session *session, const char *group,
                                  struct ats_body_processor *ret_processor, struct ats_error *err)
{
    struct ats_control_record record;
    *ret_processor = (struct ats_body_processor){0};
    if (ats_registry_find(ats_session_view(session), ATS_CONTROL_PROCESSOR, ats_span_text(group),
                          &record) != ATS_OK)
        return ATS_OK;
    if (ats_body_processor_parse(record.body, ret_processor) == ATS_OK)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CORRUPT, "the record of group '%s' cannot be read", group);
}

static size_t find_member(const struct ats_body_processor *processor, const char *name)
{
    size_t at = 0;
    while (at < processor->member_count && strcmp(processor->members[at].name, name) != 0)
        at++;
    return at;
}

static enum ats_status check_member(const struct ats_body_processor *processor,
                                    const struct addition *addition, struct ats_error *err)
{
    const char *name = addition->name;
    bool is_there = find_member(processor, name) < processor->member_count;
    if (addition->rotates)
        return is_there ? ATS_OK
                        : ats_error_set(err, ATS_ERR_REFUSED, "group '%s' has no member '%s'",
                                        addition->group, name);
    if (is_there)
        return ats_error_set(err, ATS_ERR_EXISTS, "processor '%s' is there already", name);
    if (processor->member_count == ATS_PROCESSOR_MEMBERS_MAX)
        return ats_error_set(err, ATS_ERR_REFUSED, "the group has %d members already",
                             ATS_PROCESSOR_MEMBERS_MAX);
    return ATS_OK;
}

/* What a member's folder and its group's record are made of. */
struct member_keys {
    struct ats_fleet_key group; /* below groups/, the fleet's own copy */
    struct ats_fleet_key group_copy;
    struct ats_fleet_key signing;
};

static void fini_keys(struct member_keys *keys)
{
    ats_fleet_key_fini(&keys->group);
    ats_fleet_key_fini(&keys->group_copy);
    ats_fleet_key_fini(&keys->signing);
}

/* The group's agreement key: made with its first member, and kept here for the next ones. */
static enum ats_status open_group_key(const struct ats_cli *cli, const char *group,
                                      struct ats_body_processor *processor,
                                      struct ats_fleet_key *ret_key, struct ats_error *err)
{
    char escaped[ATS_ESCAPED_NAME_SIZE];
    struct ats_path path;
    ats_fleet_escape(group, escaped);
    enum ats_status status = ats_fleet_path(cli, &path, err, "groups/%s.key.pem", escaped);
    if (status == ATS_OK)
        status = ats_fleet_key_open(&path, ATS_KEY_AGREEMENT, ret_key, err);
    if (status != ATS_OK)
        return status;
    bool is_first = processor->member_count == 0;
    if (!is_first &&
        memcmp(processor->agreement_key, ret_key->pair.public_key, ATS_PUBLIC_KEY_SIZE) != 0)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             ret_key->is_new
                                 ? "%s is missing: the group '%s' has a key in the control log"
                                 : "%s is not the key of group '%s' in the control log",
                             path.text, group);
    memcpy(processor->agreement_key, ret_key->pair.public_key, ATS_PUBLIC_KEY_SIZE);
    return ATS_OK;
}

static enum ats_status open_copy(const char *folder, const struct ats_key_pair *group,
                                 struct ats_fleet_key *ret_copy, struct ats_error *err)
{
    struct ats_path path;
    enum ats_status status = ats_path_format(&path, err, "%s/group-agreement.key.pem", folder);
    if (status == ATS_OK)
        status = ats_fleet_key_open(&path, ATS_KEY_AGREEMENT, ret_copy, err);
    if (status != ATS_OK)
        return status;
    if (ret_copy->is_new)
        ret_copy->pair = *group;
    else if (memcmp(ret_copy->pair.public_key, group->public_key, ATS_PUBLIC_KEY_SIZE) != 0)
        return ats_error_set(err, ATS_ERR_EXISTS, "%s belongs to another group", path.text);
    return ATS_OK;
}

static enum ats_status open_keys(const struct ats_cli *cli, const struct addition *addition,
                                 const char *folder, struct ats_body_processor *processor,
                                 struct member_keys *keys, struct ats_error *err)
{
    struct ats_path path;
    enum ats_status status = open_group_key(cli, addition->group, processor, &keys->group, err);
    if (status == ATS_OK)
        status = open_copy(folder, &keys->group.pair, &keys->group_copy, err);
    if (status == ATS_OK)
        status = ats_path_format(&path, err, "%s/processor.key.pem", folder);
    if (status == ATS_OK)
        status = ats_fleet_key_open(&path, ATS_KEY_SIGNING, &keys->signing, err);
    return status;
}

static enum ats_status write_files(const struct ats_cli *cli, const char *folder,
                                   const struct ats_identity *identity, struct member_keys *keys,
                                   struct ats_error *err)
{
    struct ats_path groups;
    enum ats_status status = ats_fleet_path(cli, &groups, err, "groups");
    if (status == ATS_OK)
        status = ats_file_make_folder(groups.text, 0700, err);
    if (status == ATS_OK)
        status = ats_fleet_key_write(&keys->group, err);
    if (status == ATS_OK)
        status = ats_file_make_folder(folder, 0700, err);
    if (status == ATS_OK)
        status = ats_fleet_identity_write(folder, identity, err);
    if (status == ATS_OK)
        status = ats_fleet_key_write(&keys->group_copy, err);
    return status == ATS_OK ? ats_fleet_key_write(&keys->signing, err) : status;
}

/* The files are written once nothing speaks against the record, and before it is sent: a member that the log has must not
   be without its keys. */
static enum ats_status publish_with_files(const struct ats_cli *cli, struct ats_session *session,
                                          const char *folder, const struct ats_identity *identity,
                                          const struct ats_draft *draft, struct member_keys *keys,
                                          struct ats_error *err)
{
    enum ats_status status = ats_publish_check(session, draft, err);
    if (status == ATS_OK)
        status = write_files(cli, folder, identity, keys, err);
    return status == ATS_OK ? ats_publish(session, draft, 1, err) : status;
}

static enum ats_status draft_group(const struct addition *addition, const struct member_keys *keys,
                                   struct ats_body_processor *processor, struct ats_draft *draft,
                                   struct ats_error *err)
{
    size_t at = find_member(processor, addition->name);
    const uint8_t *key = keys->signing.pair.public_key;
    if (addition->rotates &&
        memcmp(processor->members[at].signing_key, key, ATS_PUBLIC_KEY_SIZE) == 0)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "%s is the key that processor '%s' has: give a new folder with --out",
                             keys->signing.path.text, addition->name);
    memcpy(processor->members[at].signing_key, key, ATS_PUBLIC_KEY_SIZE);
    if (!addition->rotates) {
        processor->member_count++;
        (void)snprintf(processor->members[at].name, sizeof(processor->members[at].name), "%s",
                       addition->name);
        processor->members[at].may_checkpoint = addition->may_checkpoint;
    }
    enum ats_status status = ats_body_processor_format(processor, &draft->body);
    if (status != ATS_OK)
        return ats_error_set(err, status, "group '%s' cannot be stated: %s", addition->group,
                             ats_status_name(status));
    return ATS_OK;
}

static enum ats_status add_member(const struct ats_cli *cli, struct ats_session *session,
                                  const struct addition *addition, const char *folder,
                                  struct ats_error *err)
{
    const struct ats_identity identity = {.file = "processor.json",
                                          .name = addition->name,
                                          .group = addition->group,
                                          .topic_prefix = cli->kafka.topic_prefix,
                                          .pins = ats_session_pins(session)};
    struct ats_body_processor processor;
    struct member_keys keys = {0};
    struct ats_draft draft;
    const struct ats_topic_owner owner = ats_topic_owner(ATS_CONTROL_PROCESSOR, addition->group);
    ats_draft_init(&draft, ATS_CONTROL_PROCESSOR, addition->group);
    enum ats_status status = find_group(session, addition->group, &processor, err);
    if (status == ATS_OK)
        status = check_member(&processor, addition, err);
    if (status == ATS_OK)
        status = ats_topics_check_room(cli, session, &owner, 1, err);
    if (status == ATS_OK)
        status = ats_fleet_identity_check(folder, &identity, err);
    if (status == ATS_OK)
        status = open_keys(cli, addition, folder, &processor, &keys, err);
    if (status == ATS_OK)
        status = draft_group(addition, &keys, &processor, &draft, err);
    if (status == ATS_OK)
        status = publish_with_files(cli, session, folder, &identity, &draft, &keys, err);
    fini_keys(&keys);
    ats_draft_fini(&draft);
    return status == ATS_OK ? ats_topics_complete(cli, session, addition->name, &owner, 1, err)
                            : status;
}

/* The group's state has a topic, so that Kafka's rule on names is the group's too. */
static enum ats_status check_group(const struct ats_cli *cli, const char *group,
                                   struct ats_error *err)
{
    char suffix[ATS_NAME_MAX + 16];
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    enum ats_status status = ats_fleet_check_name("group", group, err);
    if (status != ATS_OK)
        return status;
    (void)snprintf(suffix, sizeof(suffix), "state.%s", group);
    status = ats_kafka_topic_name(&cli->kafka, suffix, topic, err);
    if (status != ATS_OK)
        ats_error_prefix(err, "'%s' cannot name a group", group);
    return ats_cli_unusable(status, err);
}

static enum ats_status read_addition(const struct ats_cli *cli,
                                     const struct ats_arguments *arguments,
                                     struct addition *ret_addition, struct ats_error *err)
{
    const char *group = ats_argument_find(arguments, "--group");
    ret_addition->name = arguments->positional[0];
    ret_addition->group = group ? group : ATS_GROUP_DEFAULT;
    ret_addition->out = ats_argument_find(arguments, "--out");
    ret_addition->may_checkpoint = !ats_argument_has(arguments, "--no-checkpoint");
    enum ats_status status = ats_fleet_check_name("processor", ret_addition->name, err);
    if (status != ATS_OK)
        return status;
    return check_group(cli, ret_addition->group, err);
}

static enum ats_status out_folder(const struct ats_cli *cli, const struct addition *addition,
                                  struct ats_path *ret_path, struct ats_error *err)
{
    char escaped[ATS_ESCAPED_NAME_SIZE];
    if (addition->out)
        return ats_path_format(ret_path, err, "%s", addition->out);
    ats_fleet_escape(addition->name, escaped);
    return ats_fleet_path(cli, ret_path, err, "processors/%s", escaped);
}

static enum ats_status state_member(const struct ats_cli *cli, const struct addition *addition,
                                    struct ats_path *ret_folder, struct ats_error *err)
{
    struct ats_session *session = NULL;
    enum ats_status status = out_folder(cli, addition, ret_folder, err);
    if (status == ATS_OK)
        status = ats_session_open(cli, ATS_SESSION_WRITE, &session, err);
    if (status == ATS_OK)
        status = add_member(cli, session, addition, ret_folder->text, err);
    ats_session_close(session);
    return status;
}

static int run_rotate(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct addition addition = {0};
    struct ats_path folder;
    struct ats_error err = {0};
    enum ats_status status = read_addition(cli, arguments, &addition, &err);
    addition.rotates = true;
    if (status == ATS_OK && !addition.out)
        status =
            ats_error_set(&err, ATS_ERR_CONFIG, "processor rotate-key: give a folder with --out");
    if (status == ATS_OK)
        status = state_member(cli, &addition, &folder, &err);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    ats_output_done(cli,
                    json_pack("{s:s, s:s, s:s, s:o}", "verdict", "rotated", "name", addition.name,
                              "group", addition.group, "folder", ats_output_text(folder.text)),
                    "processor '%s' of group '%s' has a new key: start it anew with the folder %s "
                    "(fleet)",
                    addition.name, addition.group, folder.text);
    return ATS_EXIT_DONE;
}

static int run_add(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct addition addition = {0};
    struct ats_path folder;
    struct ats_error err = {0};
    enum ats_status status = read_addition(cli, arguments, &addition, &err);
    if (status == ATS_OK)
        status = state_member(cli, &addition, &folder, &err);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    ats_output_done(cli,
                    json_pack("{s:s, s:s, s:s, s:o}", "verdict", "added", "name", addition.name,
                              "group", addition.group, "folder", ats_output_text(folder.text)),
                    "added processor '%s' to group '%s': give it the folder %s (fleet)",
                    addition.name, addition.group, folder.text);
    return ATS_EXIT_DONE;
}

static json_t *row(const struct ats_control_record *record)
{
    struct ats_body_processor processor;
    if (ats_body_processor_parse(record->body, &processor) != ATS_OK)
        return NULL;
    json_t *members = json_array();
    for (size_t i = 0; i < processor.member_count; i++)
        (void)json_array_append_new(members, json_string(processor.members[i].name));
    return json_pack("{s:s, s:o, s:I}", "group", record->name, "members", members, "revision",
                     (json_int_t)record->revision);
}

static int run_list(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    (void)arguments;
    return ats_list_run(cli, ATS_CONTROL_PROCESSOR, row, NULL);
}

static int run_show(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    return ats_show_run(cli, ATS_CONTROL_PROCESSOR, arguments->positional[0]);
}

static const struct ats_flag add_flags[] = {
    {"--group", "G", "The consumer group that it joins; \"attestream\" by default.", false},
    {"--out", "DIR", "Folder for what it needs; <fleet>/processors/NAME by default.", false},
    {"--no-checkpoint", NULL,
     "The member may not sign checkpoints of the control log; by default it has that scope, since "
     "gates learn from them how new their copy of the log is.",
     false},
    {0},
};

static const struct ats_flag rotate_flags[] = {
    {"--group", "G", "The member's group; \"attestream\" by default.", false},
    {"--out", "DIR", "New folder for what it needs, as `processor add` makes it. Needed.", false},
    {0},
};

const struct ats_command ats_processor_commands[] = {
    {"add", "NAME", "Make a processor member's keys and add it to its group's record.",
     "The folder holds processor.key.pem and group-agreement.key.pem (secret), the pins and "
     "processor.json.",
     add_flags, 1, 1, run_add},
    {"set", "NAME", "Change what a member may do.", NULL, ats_processor_set_flags, 1, 1,
     ats_processor_run_set},
    {"rotate-key", "NAME", "Give a member another signing key.",
     "A new folder gets it, and the group's key as it is. Until the member is started anew with "
     "that "
     "folder, it signs no checkpoint and no heartbeat; it decides as before. The group's own "
     "key is "
     "changed by making a new group.",
     rotate_flags, 1, 1, run_rotate},
    {"remove", "NAME", "Take a member out of its group's record.",
     "From then on what it signs is refused by every reader: checkpoints, heartbeats. Its folder "
     "still "
     "holds the group's key: where that was stolen, move the others to another group.",
     ats_processor_remove_flags, 1, 1, ats_processor_run_remove},
    {"list", "", "List the groups and their members.", NULL, NULL, 0, 0, run_list},
    {"show", "GROUP", "Show a group's newest record.", NULL, NULL, 1, 1, run_show},
    {0},
};
