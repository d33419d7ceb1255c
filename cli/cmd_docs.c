/* SPDX-License-Identifier: Apache-2.0 */
/* attestream docs: a page for people and an AsyncAPI document for tools, made from contracts. */
#include "cli/cli.h"
#include "cli/docs_asyncapi.h"
#include "cli/docs_page.h"
#include "cli/fleet.h"
#include "cli/output.h"
#include "common/base/file.h"
#include "common/base/limits.h"

#include <stdlib.h>

static const struct ats_flag flags[] = {
    {"--out", "FOLDER", "Where index.html and asyncapi.json go; else docs.", false},
    {0},
};

static enum ats_status write_page(const struct ats_cli *cli, const struct ats_docs *docs,
                                  const char *path, struct ats_error *err)
{
    struct ats_buf page;
    ats_buf_init(&page, ATS_CLI_DOCS_PAGE_MAX);
    enum ats_status status = ats_docs_page(cli, docs, &page, err);
    if (status == ATS_OK)
        status = ats_file_write(path, ats_buf_span(&page), 0644, err);
    ats_buf_fini(&page);
    return status;
}

static enum ats_status write_asyncapi(const struct ats_cli *cli, const struct ats_docs *docs,
                                      const char *path, struct ats_error *err)
{
    json_t *document = NULL;
    enum ats_status status = ats_docs_asyncapi(cli, docs, &document, err);
    if (status != ATS_OK)
        return status;
    char *text = json_dumps(document, JSON_INDENT(2));
    json_decref(document);
    if (!text)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    status = ats_file_write(path, ats_span_text(text), 0644, err);
    free(text);
    return status;
}

static enum ats_status write_files(const struct ats_cli *cli, const struct ats_docs *docs,
                                   const char *folder, struct ats_error *err)
{
    struct ats_path page;
    struct ats_path asyncapi;
    enum ats_status status = ats_path_format(&page, err, "%s/index.html", folder);
    if (status == ATS_OK)
        status = ats_path_format(&asyncapi, err, "%s/asyncapi.json", folder);
    if (status == ATS_OK)
        status = ats_file_make_folder(folder, 0755, err);
    if (status == ATS_OK)
        status = write_page(cli, docs, page.text, err);
    return status == ATS_OK ? write_asyncapi(cli, docs, asyncapi.text, err) : status;
}

static int run(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_docs docs = {.count = 0};
    struct ats_error err = {0};
    const char *folder = ats_argument_find(arguments, "--out");
    if (!folder)
        folder = "docs";
    enum ats_status status = arguments->positional_count > 0
                                 ? ats_docs_read_folders((const char *const *)arguments->positional,
                                                         arguments->positional_count, &docs, &err)
                                 : ats_docs_read_log(cli, &docs, &err);
    if (status == ATS_OK)
        status = write_files(cli, &docs, folder, &err);
    if (status == ATS_OK)
        ats_output_done(cli,
                        json_pack("{s:o, s:I}", "folder", ats_output_text(folder), "contracts",
                                  (json_int_t)docs.count),
                        "documented %zu %s: index.html and asyncapi.json in %s", docs.count,
                        ats_output_word(docs.count, "contract", "contracts"), folder);
    ats_docs_fini(&docs);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}

const struct ats_command ats_docs_commands[] = {
    {"", "[DIR...]", "Write a page of contracts and an AsyncAPI document of the topics.",
     "DIR is a contract's folder; without one, the highest version in force of each contract in "
     "the "
     "control log is documented. index.html is for people: fields, units, rules, owners, service "
     "levels, "
     "topics; it needs no other file. asyncapi.json is AsyncAPI 3.0: each topic with its key, "
     "headers "
     "and Avro schema. Both are replaced where they are there. With --json: folder and contracts "
     "(how "
     "many).",
     flags, 0, ATS_POSITIONAL_ANY, run},
    {0},
};
