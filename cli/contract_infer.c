/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_infer.h"

#include "cli/cli.h"
#include "cli/contract_draft.h"
#include "common/base/limits.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const struct ats_flag ats_infer_flags[] = {
    {"--name", "NAME", "The contract's name (its id); else the first FILE's, in small letters.",
     false},
    {"--out", "DIR", "The folder to make; else the contract's name.", false},
    {"--topic", "FILTER", "An MQTT topic filter of the contract; else left to decide.", true},
    {0},
};

#define READ_SIZE (256 * 1024)
/* A word after each so many bytes: a second or two. */
#define PROGRESS_BYTES (128ULL * 1024 * 1024)

static enum ats_status read_stream(struct ats_infer *infer, const char *file, FILE *stream,
                                   uint64_t *total, struct ats_error *err)
{
    static uint8_t piece[READ_SIZE];
    enum ats_status status = ATS_OK;
    ats_infer_begin(infer, file);
    for (size_t len = 0; status == ATS_OK && (len = fread(piece, 1, READ_SIZE, stream)) > 0;) {
        status = ats_infer_push(infer, ats_span_of(piece, len), err);
        uint64_t before = *total / PROGRESS_BYTES;
        *total += len;
        if (*total / PROGRESS_BYTES > before)
            ats_cli_note("read %llu MiB, %llu events", (unsigned long long)(*total >> 20),
                         (unsigned long long)ats_infer_event_count(infer));
    }
    if (status == ATS_OK && ferror(stream))
        return ats_error_set(err, ATS_ERR_IO, "cannot read %s: %s", file, strerror(errno));
    return status == ATS_OK ? ats_infer_end(infer, err) : status;
}

static enum ats_status read_file(struct ats_infer *infer, const char *file, uint64_t *total,
                                 struct ats_error *err)
{
    bool standard_input = strcmp(file, "-") == 0;
    FILE *stream = standard_input ? stdin : fopen(file, "rb");
    if (!stream)
        return ats_error_set(err, ATS_ERR_IO, "cannot open %s: %s", file, strerror(errno));
    enum ats_status status =
        read_stream(infer, standard_input ? "standard input" : file, stream, total, err);
    if (!standard_input)
        (void)fclose(stream);
    return status;
}

/* "data/Env_Sensor.2026.jsonl" becomes env-sensor; "" where that leaves nothing. */
static void name_from_file(const char *file, char ret_name[ATS_NAME_MAX + 1])
{
    const char *slash = strrchr(file, '/');
    size_t len = 0;
    for (const char *at = slash ? slash + 1 : file; *at && *at != '.' && len < ATS_NAME_MAX; at++) {
        char c = (char)tolower((unsigned char)*at);
        bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (good || (len > 0 && ret_name[len - 1] != '-'))
            ret_name[len++] = good ? c : '-';
    }
    while (len > 0 && ret_name[len - 1] == '-')
        len--;
    ret_name[len] = '\0';
}

static enum ats_status choose_name(const struct ats_arguments *arguments,
                                   char ret_name[ATS_NAME_MAX + 1], struct ats_error *err)
{
    const char *given = ats_argument_find(arguments, "--name");
    if (!given) {
        name_from_file(arguments->positional[0], ret_name);
        return ret_name[0] ? ATS_OK
                           : ats_error_set(err, ATS_ERR_CONFIG,
                                           "no name for the contract in '%s': give --name",
                                           arguments->positional[0]);
    }
    if (strlen(given) > ATS_NAME_MAX || given[0] == '\0' ||
        given[strspn(given, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--name: '%s' is not allowed (allowed: up to 128 of a-z, 0-9 and -)",
                             given);
    memcpy(ret_name, given, strlen(given) + 1);
    return ATS_OK;
}

static enum ats_status read_topics(const struct ats_arguments *arguments, const char **topics,
                                   size_t *ret_count, struct ats_error *err)
{
    *ret_count = 0;
    for (size_t i = 0; i < arguments->given_count; i++) {
        if (strcmp(arguments->given[i].flag->name, "--topic") != 0)
            continue;
        if (*ret_count == ATS_CONTRACT_TOPICS_MAX)
            return ats_error_set(err, ATS_ERR_CONFIG, "--topic: more than %d filters",
                                 ATS_CONTRACT_TOPICS_MAX);
        topics[(*ret_count)++] = arguments->given[i].value;
    }
    return ATS_OK;
}

int ats_contract_infer_run(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    const char *topics[ATS_CONTRACT_TOPICS_MAX];
    char name[ATS_NAME_MAX + 1];
    struct ats_infer_options options = {.name = name, .topics = topics};
    struct ats_infer *infer = NULL;
    struct ats_error err = {0};
    uint64_t total = 0;
    enum ats_status status = choose_name(arguments, name, &err);
    const char *folder = ats_argument_find(arguments, "--out");
    if (!folder)
        folder = name;
    if (status == ATS_OK)
        status = read_topics(arguments, topics, &options.topic_count, &err);
    if (status == ATS_OK)
        status = ats_contract_draft_check_folder(folder, &err);
    if (status == ATS_OK)
        status = ats_infer_new(&infer, &err);
    for (size_t i = 0; i < arguments->positional_count && status == ATS_OK; i++)
        status = read_file(infer, arguments->positional[i], &total, &err);
    if (status == ATS_OK)
        status = ats_contract_draft_write(cli, infer, &options, folder, &err);
    ats_infer_free(infer);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}
