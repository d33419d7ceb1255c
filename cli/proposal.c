/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/proposal.h"

#include "common/base/base64.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/control/record.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool ats_proposal_is(struct ats_span value)
{
    struct ats_control_record record;
    return ats_control_record_decode(value, &record) == ATS_OK && record.expires_ms != 0 &&
           record.approver[0] == '\0';
}

enum ats_status ats_proposal_check_place(const char *file, struct ats_error *err)
{
    const char *slash = strrchr(file, '/');
    char folder[PATH_MAX] = ".";
    if (*file == '\0')
        return ats_error_set(err, ATS_ERR_CONFIG, "--propose: give a FILE");
    if (slash)
        (void)snprintf(folder, sizeof(folder), "%.*s", slash == file ? 1 : (int)(slash - file),
                       file);
    if (access(file, F_OK) == 0)
        return ats_error_set(err, ATS_ERR_EXISTS, "%s exists already", file);
    if (access(folder, W_OK | X_OK) == 0)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG, "--propose: cannot create a file in %s: %s", folder,
                         strerror(errno));
}

enum ats_status ats_proposal_write(const char *file, const struct ats_buf *values, size_t count,
                                   struct ats_error *err)
{
    json_t *records = json_array();
    if (count > ATS_PROPOSAL_RECORDS_MAX) {
        json_decref(records);
        return ats_error_set(err, ATS_ERR_CONFIG, "--propose: at most %d records at once",
                             ATS_PROPOSAL_RECORDS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        char *text = ats_base64_encode(ats_buf_span(&values[i]));
        (void)json_array_append_new(records, text ? json_string(text) : NULL);
        free(text);
    }
    bool whole = json_array_size(records) == count;
    json_t *object = json_pack("{s:i, s:o}", "proposal", 1, "records", records);
    char *text = whole && object ? json_dumps(object, JSON_INDENT(2)) : NULL;
    json_decref(object);
    if (!text)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    enum ats_status status = ats_file_create(file, ats_span_text(text), 0644, err);
    free(text);
    return status;
}

static enum ats_status read_record(const json_t *value, struct ats_buf *ret_value)
{
    struct ats_span text = ats_span_of(json_string_value(value), json_string_length(value));
    size_t len = 0;
    ats_buf_init(ret_value, ATS_RECORD_MAX);
    uint8_t *bytes = ats_buf_reserve(ret_value, text.len > 0 ? text.len : 1);
    if (!bytes)
        return ATS_ERR_LIMIT;
    if (!text.data || ats_base64_decode(text, bytes, text.len, &len) != ATS_OK)
        return ATS_ERR_MALFORMED;
    ret_value->len = len;
    return ats_proposal_is(ats_buf_span(ret_value)) ? ATS_OK : ATS_ERR_MALFORMED;
}

static enum ats_status read_records(const json_t *records, struct ats_buf *ret_values,
                                    size_t *ret_count)
{
    size_t count = json_array_size(records);
    enum ats_status status =
        count > 0 && count <= ATS_PROPOSAL_RECORDS_MAX ? ATS_OK : ATS_ERR_MALFORMED;
    for (size_t i = 0; i < count && status == ATS_OK; i++)
        status = read_record(json_array_get(records, i), &ret_values[(*ret_count)++]);
    return status;
}

enum ats_status ats_proposal_read(const char *file, struct ats_buf *ret_values, size_t *ret_count,
                                  struct ats_error *err)
{
    struct ats_buf text;
    ats_buf_init(&text, ATS_PROPOSAL_FILE_MAX);
    *ret_count = 0;
    enum ats_status status = ats_file_read(file, &text, err);
    if (status == ATS_OK) {
        json_t *object =
            json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
        if (json_integer_value(json_object_get(object, "proposal")) != 1 ||
            read_records(json_object_get(object, "records"), ret_values, ret_count) != ATS_OK)
            status =
                ats_error_set(err, ATS_ERR_CONFIG,
                              "%s is no proposal (allowed: a file that --propose wrote)", file);
        json_decref(object);
    }
    ats_buf_fini(&text);
    return status;
}
