/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_lint.h"

#include "cli/cli.h"
#include "cli/contract_findings.h"
#include "cli/contract_marks.h"
#include "cli/document.h"
#include "cli/fleet.h"
#include "cli/output.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/contract/odcs_lint.h"

#include <sys/stat.h>

static void tell_left(const struct ats_cli *cli, const char *file, const json_t *marks)
{
    if (!cli->json)
        ats_marks_print(file, marks);
}

static void tell_folder(const struct ats_cli *cli, const struct ats_contract_files *files,
                        const char *file, const struct ats_odcs_report *report)
{
    const char *name = ats_contract_name(files->contract);
    const char *version = ats_contract_version(files->contract);
    uint32_t schema_id = ats_contract_schema_id(files->contract);
    size_t values = ats_contract_leaf_count(files->contract);
    json_t *marks = ats_marks_find(ats_buf_span(&files->odcs));
    tell_left(cli, file, marks);
    if (!cli->json && !report->has_raci)
        ats_cli_note("%s: nobody is accountable: customProperties has no property 'raci'", file);
    ats_output_done(cli,
                    json_pack("{s:b, s:s, s:s, s:s, s:I, s:b, s:o}", "holds", 1, "name", name,
                              "version", version, "api_version", report->api_version, "schema_id",
                              (json_int_t)schema_id, "raci", report->has_raci, "decide", marks),
                    "%s@%s holds: schema id %u, %zu %s", name, version, schema_id, values,
                    ats_output_word(values, "value", "values"));
}

static int lint_folder(const struct ats_cli *cli, const char *folder)
{
    static struct ats_findings findings;
    struct ats_contract_files files;
    struct ats_odcs_report report;
    struct ats_error err = {0};
    enum ats_status status = ats_contract_texts_read(folder, &files, &err);
    if (status != ATS_OK)
        return ats_lint_fail(cli, &err);
    const struct ats_contract_texts texts = {ats_buf_span(&files.odcs), files.odcs_path.text,
                                             ats_buf_span(&files.avsc), files.avsc_path.text};
    status = ats_contract_texts_lint(&texts, &report, &findings, &err);
    if (status == ATS_OK)
        status = ats_contract_compile(texts.odcs, texts.odcs_name, texts.avsc, texts.avsc_name,
                                      &files.contract, &err);
    if (status == ATS_OK)
        tell_folder(cli, &files, texts.odcs_name, &report);
    ats_contract_files_fini(&files);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_findings_fail(cli, &findings, &err);
}

static void tell_document(const struct ats_cli *cli, const char *file, const struct ats_buf *text,
                          const struct ats_odcs_report *report)
{
    json_t *marks = ats_marks_find(ats_buf_span(text));
    tell_left(cli, file, marks);
    if (cli->json) {
        ats_output_object(cli,
                          json_pack("{s:b, s:s, s:I, s:I, s:b, s:b, s:o, s:[s,s], s:[s,s]}",
                                    "holds", 1, "api_version", report->api_version, "objects",
                                    (json_int_t)report->objects, "properties",
                                    (json_int_t)report->properties, "settings",
                                    report->has_settings, "raci", report->has_raci, "decide", marks,
                                    "checked", "odcs", "raci", "not_checked", "avro", "gate"));
        return;
    }
    ats_output_plain(stdout, file);
    (void)printf(" holds as a document of ODCS %s: %zu %s, %zu %s\n", report->api_version,
                 report->objects, ats_output_word(report->objects, "object", "objects"),
                 report->properties, ats_output_word(report->properties, "property", "properties"));
    (void)printf("checked: keys and values as ODCS has them%s; not checked: an Avro schema, and "
                 "what a gate executes of it (for that give the contract's folder)%s\n",
                 report->has_raci ? ", who is accountable" : "",
                 report->has_settings ? ""
                                      : "; no gate can use it, it has no property 'attestream'");
    json_decref(marks);
}

static int lint_document(const struct ats_cli *cli, const char *file)
{
    static struct ats_findings findings;
    struct ats_buf text;
    struct ats_odcs_report report;
    struct ats_error err = {0};
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    enum ats_status status = ats_file_read(file, &text, &err);
    if (status == ATS_OK)
        status = ats_odcs_lint(ats_buf_span(&text), file, &report, &findings, &err);
    if (status == ATS_OK)
        tell_document(cli, file, &text, &report);
    ats_buf_fini(&text);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_findings_fail(cli, &findings, &err);
}

int ats_contract_lint(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    const char *path = arguments->positional[0];
    struct stat st;
    bool file = stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
    return file ? lint_document(cli, path) : lint_folder(cli, path);
}
