/* SPDX-License-Identifier: Apache-2.0 */
/* attestream usecase lint | publish | list | show */
#include "cli/cli.h"
#include "cli/document.h"
#include "cli/list.h"
#include "cli/output.h"
#include "cli/publish.h"
#include "common/base/file.h"
#include "common/control/body.h"
#include "common/control/catalog.h"
#include "common/usecase/usecase.h"

#include <stdio.h>

static enum ats_status read_usecase(const char *path, struct ats_buf *text,
                                    struct ats_usecase **ret_usecase, struct ats_error *err)
{
    ats_buf_init(text, ATS_DOCUMENT_MAX);
    enum ats_status status = ats_file_read(path, text, err);
    if (status == ATS_OK)
        status = ats_usecase_parse(ats_buf_span(text), path, ret_usecase, err);
    return status;
}

static const struct ats_flag lint_flags[] = {
    {"--contract", "DIR", "Also say whether this contract has the fields that the features name.",
     false},
    {0},
};

static enum ats_status check_against(const char *path, const struct ats_usecase *usecase,
                                     const struct ats_contract *contract, struct ats_error *err)
{
    enum ats_status status = ats_usecase_check_contract(usecase, contract, err);
    if (status != ATS_OK)
        ats_error_prefix(err, "%s", path);
    return status;
}

static enum ats_status check_folder(const char *path, const struct ats_usecase *usecase,
                                    const char *folder, struct ats_error *err)
{
    struct ats_contract_files files;
    enum ats_status status = ats_contract_files_read(folder, &files, err);
    if (status != ATS_OK)
        return status;
    status = check_against(path, usecase, files.contract, err);
    ats_contract_files_fini(&files);
    return status;
}

static int run_lint(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    const char *path = arguments->positional[0];
    const char *folder = ats_argument_find(arguments, "--contract");
    struct ats_usecase *usecase = NULL;
    struct ats_buf text;
    struct ats_error err = {0};
    enum ats_status status = read_usecase(path, &text, &usecase, &err);
    if (status == ATS_OK && folder)
        status = check_folder(path, usecase, folder, &err);
    if (status == ATS_OK)
        ats_output_done(cli,
                        json_pack("{s:b, s:s, s:s, s:s}", "holds", 1, "name", usecase->name,
                                  "version", usecase->version, "contract", usecase->contract),
                        "%s %s holds: contract %s, %zu %s, model %s", usecase->name,
                        usecase->version, usecase->contract, usecase->feature_count,
                        ats_output_word(usecase->feature_count, "feature", "features"),
                        usecase->model.info->kind);
    ats_usecase_free(usecase);
    ats_buf_fini(&text);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_lint_fail(cli, &err);
}

/* Against the newest version in the verified copy: what a processor would find. */
static enum ats_status check_published(struct ats_session *session, const char *path,
                                       const struct ats_usecase *usecase, struct ats_error *err)
{
    struct ats_contract_set *set = NULL;
    enum ats_status status = ats_catalog_contracts(ats_session_view(session), NULL, NULL, &set);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the published contracts cannot be read: %s",
                             ats_status_name(status));
    const struct ats_contract *contract = ats_contract_set_find_name(set, usecase->contract);
    if (contract)
        status = check_against(path, usecase, contract, err);
    else
        status = ats_error_set(err, ATS_ERR_REFUSED,
                               "%s: contract '%s' is not published (`attestream contract publish "
                               "DIR`)",
                               path, usecase->contract);
    ats_contract_set_free(set);
    return status;
}

static enum ats_status publish(const struct ats_cli *cli, const char *path,
                               const struct ats_usecase *usecase, struct ats_buf *text,
                               bool *ret_new, struct ats_error *err)
{
    struct ats_session *session = NULL;
    struct ats_draft draft;
    ats_draft_init(&draft, ATS_CONTROL_USECASE, usecase->name);
    enum ats_status status = ats_buf_text(text)
                                 ? ATS_OK
                                 : ats_error_set(err, ATS_ERR_LIMIT, "the use case is too large");
    struct ats_body_usecase body = {.yaml = (char *)text->data};
    if (status == ATS_OK && ats_body_usecase_format(&body, &draft.body) != ATS_OK)
        status =
            ats_error_set(err, ATS_ERR_INVALID, "use case '%s' cannot be stated", usecase->name);
    if (status == ATS_OK)
        status = ats_session_open(cli, ATS_SESSION_WRITE, &session, err);
    if (status == ATS_OK)
        status = check_published(session, path, usecase, err);
    *ret_new = status == ATS_OK && !ats_draft_is_published(session, &draft);
    if (*ret_new)
        status = ats_publish(session, &draft, 1, err);
    ats_session_close(session);
    ats_draft_fini(&draft);
    return status;
}

static int run_publish(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    const char *path = arguments->positional[0];
    struct ats_usecase *usecase = NULL;
    struct ats_buf text;
    struct ats_error err = {0};
    bool is_new = false;
    enum ats_status status = read_usecase(path, &text, &usecase, &err);
    if (status == ATS_OK)
        status = publish(cli, path, usecase, &text, &is_new, &err);
    if (status == ATS_OK)
        ats_output_done(cli,
                        json_pack("{s:s, s:s, s:s}", "verdict", is_new ? "published" : "unchanged",
                                  "name", usecase->name, "version", usecase->version),
                        is_new ? "published use case %s %s" : "use case %s %s is there already",
                        usecase->name, usecase->version);
    ats_usecase_free(usecase);
    ats_buf_fini(&text);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}

static json_t *row(const struct ats_control_record *record)
{
    return json_pack("{s:s, s:s, s:I}", "name", record->name, "signer", record->signer, "revision",
                     (json_int_t)record->revision);
}

static int run_list(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    (void)arguments;
    return ats_list_run(cli, ATS_CONTROL_USECASE, row, NULL);
}

static int run_show(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    return ats_show_run(cli, ATS_CONTROL_USECASE, arguments->positional[0]);
}

const struct ats_command ats_usecase_commands[] = {
    {"lint", "FILE", "Say whether a use case holds, or where it does not.", NULL, lint_flags, 1, 1,
     run_lint},
    {"publish", "FILE",
     "Sign a use case into the control log; its contract must be published already.", NULL, NULL, 1,
     1, run_publish},
    {"list", "", "List the published use cases.", NULL, NULL, 0, 0, run_list},
    {"show", "NAME", "Show a published use case.", NULL, NULL, 1, 1, run_show},
    {0},
};
