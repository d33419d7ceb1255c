/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/document.h"

#include "cli/cli.h"
#include "cli/fleet.h"
#include "cli/output.h"
#include "common/base/file.h"
#include "common/base/limits.h"

#include <sys/stat.h>

/* Also where a person names one of the folder's files. */
static enum ats_status check_folder(const char *folder, struct ats_error *err)
{
    struct stat st;
    if (stat(folder, &st) == 0 && !S_ISDIR(st.st_mode))
        return ats_error_set(err, ATS_ERR_IO, "%s is a file: give the contract's folder", folder);
    return ATS_OK;
}

enum ats_status ats_contract_texts_read(const char *folder, struct ats_contract_files *ret_files,
                                        struct ats_error *err)
{
    *ret_files = (struct ats_contract_files){0};
    ats_buf_init(&ret_files->odcs, ATS_DOCUMENT_MAX);
    ats_buf_init(&ret_files->avsc, ATS_DOCUMENT_MAX);
    enum ats_status status = check_folder(folder, err);
    if (status == ATS_OK)
        status = ats_path_format(&ret_files->odcs_path, err, "%s/contract.odcs.yaml", folder);
    if (status == ATS_OK)
        status = ats_path_format(&ret_files->avsc_path, err, "%s/schema.avsc", folder);
    if (status == ATS_OK)
        status = ats_file_read(ret_files->odcs_path.text, &ret_files->odcs, err);
    if (status == ATS_OK)
        status = ats_file_read(ret_files->avsc_path.text, &ret_files->avsc, err);
    if (status != ATS_OK)
        ats_contract_files_fini(ret_files);
    return status;
}

enum ats_status ats_contract_files_read(const char *folder, struct ats_contract_files *ret_files,
                                        struct ats_error *err)
{
    enum ats_status status = ats_contract_texts_read(folder, ret_files, err);
    if (status != ATS_OK)
        return status;
    status = ats_contract_compile(ats_buf_span(&ret_files->odcs), ret_files->odcs_path.text,
                                  ats_buf_span(&ret_files->avsc), ret_files->avsc_path.text,
                                  &ret_files->contract, err);
    if (status != ATS_OK)
        ats_contract_files_fini(ret_files);
    return status;
}

void ats_contract_files_fini(struct ats_contract_files *files)
{
    ats_contract_unref(files->contract);
    ats_buf_fini(&files->odcs);
    ats_buf_fini(&files->avsc);
    files->contract = NULL;
}

int ats_lint_fail(const struct ats_cli *cli, const struct ats_error *err)
{
    bool document = err->status == ATS_ERR_CONFIG || err->status == ATS_ERR_INVALID ||
                    err->status == ATS_ERR_MALFORMED;
    if (!cli->json || !document) {
        int code = ats_cli_fail(err);
        return document ? ATS_EXIT_NO : code;
    }
    ats_output_object(cli, json_pack("{s:b, s:o}", "holds", 0, "text", ats_output_text(err->text)));
    return ATS_EXIT_NO;
}
