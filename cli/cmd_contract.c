/* SPDX-License-Identifier: Apache-2.0 */
/* attestream contract lint | check | infer | diff | publish | retire | list | versions | show */
#include "cli/cli.h"
#include "cli/contract_changes.h"
#include "cli/contract_check.h"
#include "cli/contract_governs.h"
#include "cli/contract_infer.h"
#include "cli/contract_lint.h"
#include "cli/contract_log.h"
#include "cli/contract_retire.h"
#include "cli/contract_topics.h"
#include "cli/contract_versions.h"
#include "cli/document.h"
#include "cli/list.h"
#include "cli/output.h"
#include "cli/publish.h"
#include "cli/registry_schemas.h"
#include "cli/schema_registry.h"
#include "cli/topics_owned.h"
#include "common/control/body.h"

#include <stdio.h>

/* With the id that the compiled contract has. */
static enum ats_status draft_contract(struct ats_contract_files *files, struct ats_draft *draft,
                                      struct ats_error *err)
{
    ats_buf_clear(&draft->body);
    /* The body's texts are borrowed for the call. */
    struct ats_body_contract body = {.schema_id = ats_contract_schema_id(files->contract)};
    if (!ats_buf_text(&files->odcs) || !ats_buf_text(&files->avsc))
        return ats_error_set(err, ATS_ERR_LIMIT, "the contract's files are too large");
    body.odcs = (char *)files->odcs.data;
    body.avsc = (char *)files->avsc.data;
    enum ats_status status = ats_body_contract_format(&body, &draft->body);
    return status == ATS_OK ? ATS_OK
                            : ats_error_set(err, status, "the contract cannot be stated: %s",
                                            ats_status_name(status));
}

/* Nobody but the signer is known yet: who approves a proposal is asked again. */
static enum ats_status check_topics(struct ats_session *session,
                                    const struct ats_contract *contract, struct ats_error *err)
{
    const struct ats_signer *signer = NULL;
    enum ats_status status = ats_session_signer(session, &signer, err);
    return status == ATS_OK ? ats_contract_topics_check(ats_session_view(session), contract,
                                                        signer->name, NULL, err)
                            : status;
}

static enum ats_status check_versions(struct ats_session *session, const struct ats_draft *draft,
                                      struct ats_error *err)
{
    struct ats_control_record record = {.kind = draft->kind, .body = ats_buf_span(&draft->body)};
    memcpy(record.name, draft->name, sizeof(record.name));
    return ats_contract_versions_check(ats_session_view(session), &record, err);
}

static bool is_retired(const struct ats_control_record *record)
{
    struct ats_body_contract body;
    bool retired = ats_body_contract_parse(record->body, &body) == ATS_OK && body.retired;
    ats_body_contract_fini(&body);
    return retired;
}

struct publication {
    bool is_new;
    bool governs; /* some topic at least */
};

/* The id that the published version has, which stays whether or not there is a registry by now. False: it is not published. */
static bool take_published_id(struct ats_session *session, const struct ats_draft *draft,
                              struct ats_contract *contract)
{
    struct ats_control_record record;
    struct ats_body_contract body;
    struct ats_error ignored = {0};
    if (ats_session_find(session, draft->kind, draft->name, &record, &ignored) != ATS_OK)
        return false;
    if (ats_body_contract_parse(record.body, &body) == ATS_OK) {
        ats_contract_set_schema_id(contract, body.schema_id);
        ats_body_contract_fini(&body);
    }
    return true;
}

/* What else the log would refuse has been asked: nothing is registered that is not published then. */
static enum ats_status register_schema(const struct ats_cli *cli, struct ats_session *session,
                                       struct ats_contract_files *files, struct ats_draft *draft,
                                       struct ats_error *err)
{
    struct ats_schema_registry *registry = NULL;
    char subject[ATS_SUBJECT_SIZE];
    uint32_t id = 0;
    enum ats_status status = ats_schema_registry_open(
        cli, ats_session_view(session), ats_contract_name(files->contract), &registry, err);
    if (status != ATS_OK || !registry)
        return status;
    status = ats_publish_check(session, draft, err);
    if (status == ATS_OK)
        status = ats_registry_subject(cli, "telemetry.", ats_contract_name(files->contract),
                                      subject, err);
    if (status == ATS_OK)
        status = ats_schema_registry_register(registry, subject,
                                              ats_contract_schema(files->contract), &id, err);
    ats_schema_registry_free(registry);
    if (status != ATS_OK)
        return status;
    ats_contract_set_schema_id(files->contract, id);
    return draft_contract(files, draft, err);
}

static enum ats_status refuse_change(struct ats_session *session, const struct ats_draft *draft,
                                     struct ats_error *err)
{
    struct ats_control_record record;
    struct ats_error ignored = {0};
    bool retired =
        ats_session_find(session, draft->kind, draft->name, &record, &ignored) == ATS_OK &&
        is_retired(&record);
    return ats_error_set(err, ATS_ERR_REFUSED, "contract %s is %s: give it a new version",
                         draft->name,
                         retired ? "retired, for ever" : "published and does not change");
}

/* A version is published once; the same text again changes nothing. */
static enum ats_status publish_version(const struct ats_cli *cli, struct ats_session *session,
                                       struct ats_contract_files *files, struct ats_draft *draft,
                                       bool *ret_new, struct ats_error *err)
{
    const struct ats_topic_owner owner = ats_topic_owner(ATS_CONTROL_CONTRACT, draft->name);
    bool is_there = take_published_id(session, draft, files->contract);
    enum ats_status status = draft_contract(files, draft, err);
    if (status != ATS_OK)
        return status;
    *ret_new = !is_there;
    if (is_there)
        return ats_draft_is_published(session, draft) ? ATS_OK : refuse_change(session, draft, err);
    status = check_topics(session, files->contract, err);
    if (status == ATS_OK)
        status = check_versions(session, draft, err);
    if (status == ATS_OK)
        status = ats_topics_check_room(cli, session, &owner, 1, err);
    if (status == ATS_OK)
        status = register_schema(cli, session, files, draft, err);
    return status == ATS_OK ? ats_publish(session, draft, 1, err) : status;
}

static enum ats_status publish(const struct ats_cli *cli, struct ats_contract_files *files,
                               const char *name, struct publication *publication,
                               struct ats_error *err)
{
    struct ats_session *session = NULL;
    struct ats_draft draft;
    ats_draft_init(&draft, ATS_CONTROL_CONTRACT, name);
    enum ats_status status = ats_session_open(cli, ATS_SESSION_WRITE, &session, err);
    if (status == ATS_OK)
        status = publish_version(cli, session, files, &draft, &publication->is_new, err);
    if (status == ATS_OK)
        publication->governs =
            ats_contract_tell_governed(ats_session_view(session), files->contract, !*cli->proposed);
    const struct ats_topic_owner owner = ats_topic_owner(ATS_CONTROL_CONTRACT, draft.name);
    if (status == ATS_OK)
        status = ats_topics_complete(cli, session, draft.name, &owner, 1, err);
    ats_session_close(session);
    ats_draft_fini(&draft);
    return status;
}

static int run_publish(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_contract_files files;
    struct ats_error err = {0};
    char name[2 * ATS_NAME_MAX + 2];
    struct publication publication = {0};
    enum ats_status status = ats_contract_files_read(arguments->positional[0], &files, &err);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    (void)snprintf(name, sizeof(name), "%s@%s", ats_contract_name(files.contract),
                   ats_contract_version(files.contract));
    if (strlen(name) > ATS_NAME_MAX)
        status = ats_error_set(&err, ATS_ERR_LIMIT, "'%s' is longer than %d characters", name,
                               ATS_NAME_MAX);
    else
        status = publish(cli, &files, name, &publication, &err);
    if (status == ATS_OK)
        ats_output_done(cli,
                        json_pack("{s:s, s:s, s:I, s:b}", "verdict",
                                  publication.is_new ? "published" : "unchanged", "name", name,
                                  "schema_id", (json_int_t)ats_contract_schema_id(files.contract),
                                  "governs", publication.governs),
                        publication.is_new ? "published contract %s, schema id %u"
                                           : "contract %s is there already, schema id %u",
                        name, ats_contract_schema_id(files.contract));
    ats_contract_files_fini(&files);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}

static json_t *row(const struct ats_control_record *record)
{
    struct ats_body_contract body;
    if (ats_body_contract_parse(record->body, &body) != ATS_OK)
        return NULL;
    json_t *json =
        json_pack("{s:s, s:s, s:I, s:s, s:I}", "name", record->name, "state",
                  body.retired ? "retired" : "in force", "schema_id", (json_int_t)body.schema_id,
                  "signer", record->signer, "revision", (json_int_t)record->revision);
    ats_body_contract_fini(&body);
    return json;
}

static int run_list(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    (void)arguments;
    return ats_list_run(cli, ATS_CONTROL_CONTRACT, row, NULL);
}

/* Without a version the highest. */
static enum ats_status find_contract(struct ats_session *session, const char *name,
                                     struct ats_control_record *ret_record, struct ats_error *err)
{
    enum ats_status status = ats_contract_version_find(ats_session_view(session), name, ret_record);
    if (status == ATS_OK)
        return ATS_OK;
    if (status != ATS_ERR_NOT_FOUND)
        return ats_error_set(err, ATS_ERR_CORRUPT, "the local copy cannot be read");
    return ats_session_find(session, ATS_CONTROL_CONTRACT, name, ret_record, err);
}

static int run_show(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    struct ats_error err = {0};
    struct ats_control_record record;
    enum ats_status status = ats_session_open(cli, ATS_SESSION_READ, &session, &err);
    if (status == ATS_OK)
        status = find_contract(session, arguments->positional[0], &record, &err);
    if (status == ATS_OK)
        ats_show_record(cli, &record);
    ats_session_close(session);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}

const struct ats_command ats_contract_commands[] = {
    {"lint", "DIR|FILE", "Say whether a contract's folder holds, or where it does not.",
     "A FILE is an ODCS document by itself, anybody's: keys and values are held against ODCS 3.1, "
     "and raci; not "
     "against an Avro schema or what a gate executes. With --json: holds; where not, text (the "
     "first), findings (file, line, key, text, allowed) and more (how many beyond 50); where it "
     "holds "
     "api_version, raci and decide (line and text of what a draft leaves to a person), of a folder "
     "name, "
     "version and schema_id, of a file objects, properties, settings (whether it has the property "
     "attestream), "
     "checked and not_checked.",
     NULL, 1, 1, ats_contract_lint},
    {"check", "DIR [FILE...]", "Run the gate's own check on payloads, without a broker.",
     "Without a FILE, or with -, standard input is one payload. Exit code 1 if any is not "
     "admitted. "
     "With --json one object a line: file, line (--lines), verdict, class, path, rule, text; the "
     "last four are "
     "null where the verdict is admitted. A file that cannot be read is told, the others are still "
     "checked, and the exit code is 2.",
     ats_check_flags, 1, ATS_POSITIONAL_ANY, ats_contract_check},
    {"infer", "FILE...", "Draft a contract from payloads, for a person to finish.",
     "A FILE, or standard input (-), is JSON: one event, one a line, or lists of events. The draft "
     "is "
     "a folder with contract.odcs.yaml, schema.avsc and samples/good, which are events as they "
     "came. "
     "Types, what may be missing, ranges, event time, device and rate come from what was seen; "
     "what "
     "a person must decide is marked DECIDE and listed. With --json: name, folder, events, "
     "samples, "
     "decide (line and text of each), holds (whether lint takes it as it is) and text (what lint "
     "says; null where it holds).",
     ats_infer_flags, 1, ATS_POSITIONAL_ANY, ats_contract_infer_run},
    {"diff", "OLD NEW", "Say what a newer version of a contract changes, and for whom.",
     "OLD and NEW are contracts' folders, or NAME@VERSION of the control log (NAME alone: its "
     "highest version). Each change is told with the part of the version that it asks for, and for "
     "whom it is: old-readers have the old schema and get new records, new-readers have the new "
     "schema and read old records, writers write with the old schema still, devices publish as "
     "before. Exit code 1 if less of the version rose than the changes ask for.",
     NULL, 2, 2, ats_contract_diff},
    {"publish", "DIR", "Sign a contract into the control log; a version never changes.",
     "A version that breaks what relies on its neighbour of the same major is refused (`attestream "
     "contract diff` shows why). "
     "Topics that contracts of two names have are governed by the last by name, and by its highest "
     "version that has them; which these are is told. With --json governs is false where the "
     "contract gets none of its topics by that. With a Schema Registry (--schema-registry) the "
     "schema is registered there, once nothing else speaks against it, and schema_id is the id "
     "that "
     "it gave; exit code 3 where it does not answer.",
     NULL, 1, 1, run_publish},
    {"retire", "NAME@VERSION", "End a version of a contract, for ever.",
     "What is published under it after that is refused (version-retired); its schema stays served "
     "and its records readable. Refused, with a row for each device, while devices use it: pinned "
     "(its record names the version), records and last (what it has published under it lately, by "
     "what the telemetry topic says). Refused too where it is the only version in force.",
     ats_contract_retire_flags, 1, 1, ats_contract_run_retire},
    {"list", "", "List the published contracts.", NULL, NULL, 0, 0, run_list},
    {"versions", "NAME", "Say who signed which version of a contract, and what it judges.",
     "signatures: the owners whose signatures it asks for. signer and approver: with the side for "
     "which "
     "they signed. governs: the topic filters that it judges for every device but those that are "
     "pinned to another version. pinned: the devices whose records name it.",
     NULL, 1, 1, ats_contract_run_versions},
    {"show", "NAME[@VERSION]", "Show a published contract; without a version the newest.", NULL,
     NULL, 1, 1, run_show},
    {0},
};
