/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_changes.h"

#include "cli/cli.h"
#include "cli/contract_versions.h"
#include "cli/document.h"
#include "cli/output.h"
#include "cli/session.h"
#include "common/base/limits.h"

#include <stdio.h>
#include <sys/stat.h>

/* A version's two documents, from a folder or the control log. */
struct source {
    struct ats_contract_files files;
    struct ats_body_contract body;
    struct ats_contract_texts texts;
    struct ats_path odcs;
    struct ats_path avsc;
};

struct diff {
    const struct ats_cli *cli;
    struct ats_session *session; /* opened for the first version that is in the log */
    struct source before;
    struct source after;
};

/* ---- versions ---- */

static enum ats_status read_folder(const char *folder, struct source *source, struct ats_error *err)
{
    enum ats_status status = ats_contract_files_read(folder, &source->files, err);
    if (status == ATS_OK)
        status = ats_path_format(&source->odcs, err, "%s/contract.odcs.yaml", folder);
    if (status == ATS_OK)
        status = ats_path_format(&source->avsc, err, "%s/schema.avsc", folder);
    source->texts =
        (struct ats_contract_texts){ats_buf_span(&source->files.odcs), source->odcs.text,
                                    ats_buf_span(&source->files.avsc), source->avsc.text};
    return status;
}

static enum ats_status read_log(struct diff *diff, const char *name, struct source *source,
                                struct ats_error *err)
{
    struct ats_control_record record;
    enum ats_status status = ATS_OK;
    if (!diff->session)
        status = ats_session_open(diff->cli, ATS_SESSION_READ, &diff->session, err);
    if (status != ATS_OK)
        return status;
    status = ats_contract_version_find(ats_session_view(diff->session), name, &record);
    if (status == ATS_ERR_NOT_FOUND)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "'%s' is neither a contract's folder nor one that is published", name);
    if (status == ATS_OK)
        status = ats_body_contract_parse(record.body, &source->body);
    if (status != ATS_OK)
        return ats_error_set(err, status, "contract %s of the local copy cannot be read: %s", name,
                             ats_status_name(status));
    source->texts = ats_contract_texts_of(&source->body);
    return ATS_OK;
}

/* What is there on disk is a folder; else what may be a contract's name is looked up. */
static enum ats_status read_source(struct diff *diff, const char *what, struct source *source,
                                   struct ats_error *err)
{
    struct stat st;
    bool name = what[0] && what[strspn(what, "abcdefghijklmnopqrstuvwxyz0123456789-@.")] == '\0' &&
                what[0] != '.';
    return stat(what, &st) == 0 || !name ? read_folder(what, source, err)
                                         : read_log(diff, what, source, err);
}

static void close_diff(struct diff *diff)
{
    struct source *sources[] = {&diff->before, &diff->after};
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        ats_contract_files_fini(&sources[i]->files);
        ats_body_contract_fini(&sources[i]->body);
    }
    ats_session_close(diff->session);
}

/* ---- what is printed ---- */

static json_t *concerned_names(unsigned concerned)
{
    json_t *names = json_array();
    for (unsigned bit = ATS_OLD_READERS; bit <= ATS_DEVICES; bit *= 2)
        if (concerned & bit)
            (void)json_array_append_new(names,
                                        json_string(ats_concerned_name((enum ats_concerned)bit)));
    return names;
}

void ats_contract_changes_concerned(unsigned concerned, char ret_text[ATS_CONCERNED_TEXT_MAX])
{
    size_t used = 0;
    (void)snprintf(ret_text, ATS_CONCERNED_TEXT_MAX, "nobody's programs");
    for (unsigned bit = ATS_OLD_READERS; bit <= ATS_DEVICES; bit *= 2) {
        if (!(concerned & bit))
            continue;
        int len = snprintf(ret_text + used, ATS_CONCERNED_TEXT_MAX - used, "%s%s",
                           used > 0 ? ", " : "", ats_concerned_name((enum ats_concerned)bit));
        used += len > 0 ? (size_t)len : 0;
    }
}

static json_t *change_as_json(const struct ats_change *change)
{
    return json_pack("{s:s, s:o, s:s, s:s, s:o}", "part", ats_version_part_name(change->part),
                     "for", concerned_names(change->concerned), "path", change->path, "rule",
                     change->rule, "text", ats_output_text(change->text));
}

static json_t *change_as_row(const struct ats_change *change)
{
    char whom[ATS_CONCERNED_TEXT_MAX];
    ats_contract_changes_concerned(change->concerned, whom);
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "part", ats_version_part_name(change->part),
                     "for", whom, "path", change->path, "rule", change->rule, "text",
                     ats_output_text(change->text));
}

static void print_json(const struct ats_cli *cli, const struct ats_comparison *comparison)
{
    json_t *changes = json_array();
    for (size_t i = 0; i < comparison->count; i++)
        (void)json_array_append_new(changes, change_as_json(&comparison->changes[i]));
    ats_output_object(cli,
                      json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:o}", "name", comparison->name,
                                "old", comparison->old_version, "new", comparison->new_version,
                                "holds", ats_comparison_holds(comparison), "required",
                                ats_version_part_name(comparison->required), "raised",
                                ats_version_part_name(comparison->raised), "changes", changes));
}

/* The breaking ones first. */
static void print_table(const struct ats_cli *cli, const struct ats_comparison *comparison)
{
    struct ats_output output;
    ats_output_begin(&output, cli);
    for (int part = ATS_VERSION_MAJOR; part > ATS_VERSION_NONE; part--)
        for (size_t i = 0; i < comparison->count; i++)
            if (comparison->changes[i].part == (enum ats_version_part)part)
                ats_output_row(&output, change_as_row(&comparison->changes[i]));
    ats_output_end_or(&output, comparison->required == ATS_VERSION_NONE
                                   ? "The two are the same."
                                   : "Nothing that programs or devices would notice.");
    (void)printf(
        "%s %s -> %s: what changed asks for %s%s, what rose is %s\n", comparison->name,
        comparison->old_version, comparison->new_version,
        comparison->required == ATS_VERSION_NONE ? "nothing" : "a new ",
        comparison->required == ATS_VERSION_NONE ? "" : ats_version_part_name(comparison->required),
        comparison->raised == ATS_VERSION_NONE ? "nothing"
                                               : ats_version_part_name(comparison->raised));
}

static void print_verdict(const struct ats_cli *cli, const struct ats_comparison *comparison)
{
    if (cli->json)
        print_json(cli, comparison);
    else
        print_table(cli, comparison);
}

int ats_contract_diff(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct diff diff = {.cli = cli};
    struct ats_comparison comparison = {0};
    struct ats_error err = {0};
    enum ats_status status = read_source(&diff, arguments->positional[0], &diff.before, &err);
    if (status == ATS_OK)
        status = read_source(&diff, arguments->positional[1], &diff.after, &err);
    if (status == ATS_OK)
        status = ats_contract_compare(&diff.before.texts, &diff.after.texts, &comparison, &err);
    if (status == ATS_OK)
        print_verdict(cli, &comparison);
    bool holds = status == ATS_OK && ats_comparison_holds(&comparison);
    ats_comparison_fini(&comparison);
    close_diff(&diff);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    return holds ? ATS_EXIT_DONE : ATS_EXIT_NO;
}
