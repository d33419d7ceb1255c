/* SPDX-License-Identifier: Apache-2.0 */
/* Jansson keeps no lines, so each object of the text is given a member that holds its own before jansson reads it. */
#include "common/contract/avsc_text.h"

#include "common/base/buf.h"
#include "common/base/limits.h"

#include <avro.h>

#define LINE_MEMBER "#line"

/* How much longer the text gets at most: the longest member after every byte. */
#define MARKED_FACTOR 24

/* The text with `"#line":N` as the first member of every object. */
static void mark_lines(struct ats_span text, struct ats_buf *ret_marked)
{
    size_t line = 1;
    bool string = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        ats_buf_append_byte(ret_marked, byte);
        line += byte == '\n';
        if (string && byte == '\\' && i + 1 < text.len)
            ats_buf_append_byte(ret_marked, text.data[++i]);
        else if (byte == '"')
            string = !string;
        if (string || byte != '{')
            continue;
        size_t next = i + 1;
        while (next < text.len && text.data[next] != '\0' && strchr(" \t\r\n", text.data[next]))
            next++;
        bool empty = next < text.len && text.data[next] == '}';
        ats_buf_printf(ret_marked, "\"" LINE_MEMBER "\":%zu%s", line, empty ? "" : ",");
    }
}

enum ats_status ats_avsc_read(struct ats_span text, const char *file, json_t **ret_json,
                              struct ats_error *err)
{
    struct ats_buf marked;
    json_error_t why;
    if (text.len > ATS_DOCUMENT_MAX)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s:1: larger than %d bytes", file,
                             ATS_DOCUMENT_MAX);
    ats_buf_init(&marked, (size_t)ATS_DOCUMENT_MAX * MARKED_FACTOR);
    mark_lines(text, &marked);
    enum ats_status status = marked.status;
    if (status != ATS_OK)
        (void)ats_error_set(err, status, "%s: out of memory", file);
    *ret_json = status != ATS_OK ? NULL
                                 : json_loadb((const char *)marked.data, marked.len,
                                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (status == ATS_OK && !*ret_json)
        status = ats_error_set(err, ATS_ERR_CONFIG, "%s:%d: not JSON: %s", file,
                               why.line > 0 ? why.line : 1, why.text);
    ats_buf_fini(&marked);
    return status;
}

json_int_t ats_avsc_line(const json_t *json)
{
    return json_integer_value(json_object_get(json, LINE_MEMBER));
}

void ats_avsc_strip_lines(json_t *json)
{
    const char *key = NULL;
    json_t *value = NULL;
    size_t index = 0;
    (void)json_object_del(json, LINE_MEMBER);
    json_object_foreach(json, key, value) ats_avsc_strip_lines(value);
    json_array_foreach(json, index, value) ats_avsc_strip_lines(value);
}

enum ats_status ats_avsc_ask_avro_c(struct ats_span text, const char *file, struct ats_error *err)
{
    avro_schema_t schema = NULL;
    if (avro_schema_from_json_length((const char *)text.data, text.len, &schema) != 0)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s:1: schema: refused by avro-c: %s", file,
                             avro_strerror());
    (void)avro_schema_decref(schema);
    return ATS_OK;
}
