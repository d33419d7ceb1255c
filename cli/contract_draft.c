/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_draft.h"

#include "cli/cli.h"
#include "cli/contract_marks.h"
#include "cli/fleet.h"
#include "cli/output.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/contract/contract.h"

#include <unistd.h>

struct draft {
    struct ats_buf odcs;
    struct ats_buf avsc;
    struct ats_path odcs_path;
    struct ats_path avsc_path;
};

static enum ats_status set_paths(struct draft *draft, const char *folder, struct ats_error *err)
{
    enum ats_status status =
        ats_path_format(&draft->odcs_path, err, "%s/contract.odcs.yaml", folder);
    return status == ATS_OK ? ats_path_format(&draft->avsc_path, err, "%s/schema.avsc", folder)
                            : status;
}

enum ats_status ats_contract_draft_check_folder(const char *folder, struct ats_error *err)
{
    struct draft draft;
    enum ats_status status = set_paths(&draft, folder, err);
    if (status != ATS_OK)
        return status;
    const char *there = access(draft.odcs_path.text, F_OK) == 0   ? draft.odcs_path.text
                        : access(draft.avsc_path.text, F_OK) == 0 ? draft.avsc_path.text
                                                                  : NULL;
    return there ? ats_error_set(err, ATS_ERR_EXISTS,
                                 "%s is there already: a draft replaces no contract (--out DIR)",
                                 there)
                 : ATS_OK;
}

static enum ats_status write_sample(const struct ats_infer *infer, const char *folder, size_t index,
                                    struct ats_error *err)
{
    struct ats_path path;
    struct ats_span sample = ats_infer_sample(infer, index);
    enum ats_status status =
        ats_path_format(&path, err, "%s/samples/good/seen-%02zu.json", folder, index + 1);
    return status == ATS_OK ? ats_file_create(path.text, sample, 0644, err) : status;
}

/* The contract itself last: a folder with one is whole. */
static enum ats_status write_files(const struct draft *draft, const struct ats_infer *infer,
                                   const char *folder, struct ats_error *err)
{
    struct ats_path samples;
    enum ats_status status = ats_path_format(&samples, err, "%s/samples/good", folder);
    if (status == ATS_OK)
        status = ats_file_make_folder(samples.text, 0755, err);
    for (size_t i = 0; i < ats_infer_sample_count(infer) && status == ATS_OK; i++)
        status = write_sample(infer, folder, i, err);
    if (status == ATS_OK)
        status = ats_file_create(draft->avsc_path.text, ats_buf_span(&draft->avsc), 0644, err);
    if (status == ATS_OK)
        status = ats_file_create(draft->odcs_path.text, ats_buf_span(&draft->odcs), 0644, err);
    return status;
}

/* Whether each sample is admitted by a contract. */
static enum ats_status admit_samples(const struct ats_contract *contract,
                                     const struct ats_infer *infer, struct ats_error *err)
{
    struct ats_buf value;
    enum ats_status status = ATS_OK;
    ats_buf_init(&value, ATS_RECORD_MAX);
    for (size_t i = 0; i < ats_infer_sample_count(infer) && status == ATS_OK; i++) {
        struct ats_verdict verdict;
        const struct ats_contract_input input = {.payload = ats_infer_sample(infer, i)};
        ats_buf_clear(&value);
        status = ats_contract_admit(contract, &input, &value, &verdict);
        if (status != ATS_OK)
            (void)ats_error_set(err, status, "the draft does not take seen-%02zu.json: '%s': %s",
                                i + 1, verdict.path, verdict.text);
    }
    ats_buf_fini(&value);
    return status;
}

/* The gate's own code on the samples, with a topic in place of the one that a person is asked for. */
static enum ats_status try_draft(struct ats_infer *infer, const struct ats_infer_options *options,
                                 const struct draft *draft, struct ats_error *err)
{
    static const char *const topic[] = {"draft/{device}"};
    const struct ats_infer_options tried = {
        .name = options->name, .topics = topic, .topic_count = 1};
    struct ats_contract *contract = NULL;
    struct ats_buf odcs;
    struct ats_buf avsc;
    ats_buf_init(&odcs, ATS_DOCUMENT_MAX);
    ats_buf_init(&avsc, ATS_DOCUMENT_MAX);
    enum ats_status status = ats_infer_draft(infer, &tried, &odcs, &avsc, err);
    if (status == ATS_OK)
        status = ats_contract_compile(ats_buf_span(&odcs), draft->odcs_path.text,
                                      ats_buf_span(&avsc), draft->avsc_path.text, &contract, err);
    if (status == ATS_OK)
        status = admit_samples(contract, infer, err);
    ats_contract_unref(contract);
    ats_buf_fini(&odcs);
    ats_buf_fini(&avsc);
    return status;
}

static void tell(const struct ats_cli *cli, const struct ats_infer *infer, const char *name,
                 const char *folder, const struct draft *draft, const char *fault)
{
    json_t *marks = ats_marks_find(ats_buf_span(&draft->odcs));
    if (cli->json) {
        ats_output_object(cli, json_pack("{s:s, s:o, s:I, s:I, s:o, s:b, s:o}", "name", name,
                                         "folder", ats_output_text(folder), "events",
                                         (json_int_t)ats_infer_event_count(infer), "samples",
                                         (json_int_t)ats_infer_sample_count(infer), "decide", marks,
                                         "holds", fault == NULL, "text",
                                         fault ? ats_output_text(fault) : json_null()));
        return;
    }
    ats_marks_print(draft->odcs_path.text, marks);
    (void)printf("drafted contract %s from %llu %s: %zu %s, %zu left to decide\n", name,
                 (unsigned long long)ats_infer_event_count(infer),
                 ats_output_word(ats_infer_event_count(infer), "event", "events"),
                 ats_infer_sample_count(infer),
                 ats_output_word(ats_infer_sample_count(infer), "sample", "samples"),
                 json_array_size(marks));
    (void)printf("contract lint: ");
    ats_output_plain(stdout, fault ? fault : "it holds");
    (void)putchar('\n');
    json_decref(marks);
}

static enum ats_status lint_and_tell(const struct ats_cli *cli, const struct ats_infer *infer,
                                     const char *name, const char *folder,
                                     const struct draft *draft, struct ats_error *err)
{
    struct ats_contract *contract = NULL;
    struct ats_error fault = {0};
    enum ats_status status =
        ats_contract_compile(ats_buf_span(&draft->odcs), draft->odcs_path.text,
                             ats_buf_span(&draft->avsc), draft->avsc_path.text, &contract, &fault);
    if (status != ATS_OK && status != ATS_ERR_CONFIG)
        return ats_error_set(err, status, "%s", fault.text);
    ats_contract_unref(contract);
    tell(cli, infer, name, folder, draft, status == ATS_OK ? NULL : fault.text);
    return ATS_OK;
}

enum ats_status ats_contract_draft_write(const struct ats_cli *cli, struct ats_infer *infer,
                                         const struct ats_infer_options *options,
                                         const char *folder, struct ats_error *err)
{
    struct draft draft;
    ats_buf_init(&draft.odcs, ATS_DOCUMENT_MAX);
    ats_buf_init(&draft.avsc, ATS_DOCUMENT_MAX);
    enum ats_status status = set_paths(&draft, folder, err);
    if (status == ATS_OK)
        status = ats_infer_draft(infer, options, &draft.odcs, &draft.avsc, err);
    if (status == ATS_OK)
        status = try_draft(infer, options, &draft, err);
    if (status == ATS_OK)
        status = write_files(&draft, infer, folder, err);
    if (status == ATS_OK)
        status = lint_and_tell(cli, infer, options->name, folder, &draft, err);
    ats_buf_fini(&draft.odcs);
    ats_buf_fini(&draft.avsc);
    return status;
}
