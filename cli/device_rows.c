/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/device_rows.h"

#include "cli/output.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/parse.h"

#include <string.h>

#define COLUMN_NAME (-1)
#define COLUMN_PASSED_OVER (-2)

static int find_column(const struct ats_device_columns *columns, const char *name)
{
    if (strcmp(name, "name") == 0)
        return COLUMN_NAME;
    for (int i = 0; columns->names[i]; i++)
        if (strcmp(columns->names[i], name) == 0)
            return i;
    return COLUMN_PASSED_OVER;
}

static enum ats_status unknown_column(const struct ats_device_columns *columns, const char *name,
                                      struct ats_error *err)
{
    const char *known[ATS_DEVICE_ROW_FIELDS_MAX + 2] = {"name"};
    for (size_t i = 0; columns->names[i]; i++)
        known[i + 1] = columns->names[i];
    const char *nearest = ats_nearest_name(name, known);
    return ats_error_set(
        err, ATS_ERR_CONFIG, "column '%.*s' is not one of this command%s%s%s%s%s", ATS_QUOTE_MAX,
        name, nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "",
        columns->elsewhere ? ": " : "", columns->elsewhere ? columns->elsewhere : "");
}

static bool has_column(const struct ats_device_rows *rows, int column)
{
    for (size_t i = 0; i < rows->column_count; i++)
        if (rows->columns[i] == column)
            return true;
    return false;
}

/* Whether the row that was read names columns. */
static bool is_header(const struct ats_csv *csv)
{
    for (size_t i = 0; i < csv->count; i++)
        if (strcmp(csv->fields[i], "name") == 0)
            return true;
    return false;
}

static enum ats_status read_header(struct ats_device_rows *rows,
                                   const struct ats_device_columns *columns, struct ats_error *err)
{
    for (size_t i = 0; i < rows->csv.count; i++) {
        const char *name = rows->csv.fields[i];
        int column = find_column(columns, name);
        if (column == COLUMN_PASSED_OVER && columns->alone)
            return unknown_column(columns, name, err);
        if (column != COLUMN_PASSED_OVER && has_column(rows, column))
            return ats_error_set(err, ATS_ERR_CONFIG, "column '%s' stands twice", name);
        rows->columns[rows->column_count++] = column;
        rows->with_fields = rows->with_fields || column >= 0;
    }
    return ATS_OK;
}

/* A comment may be text that is no CSV. */
static enum ats_status skip_comments(struct ats_csv *csv, struct ats_error *err)
{
    struct ats_error why;
    enum ats_status status;
    do {
        why = (struct ats_error){0};
        status = ats_csv_next(csv, &why);
    } while (status != ATS_ERR_NOT_FOUND && csv->fields[0][0] == '#');
    return status == ATS_ERR_INVALID ? ats_error_set(err, status, "%s", why.text) : status;
}

static enum ats_status begin_file(struct ats_device_rows *rows,
                                  const struct ats_device_columns *columns, struct ats_error *err)
{
    struct ats_error why = {0};
    enum ats_status status = skip_comments(&rows->csv, &why);
    if (status == ATS_ERR_NOT_FOUND)
        return ats_error_set(err, ATS_ERR_CONFIG, "no names");
    if (status != ATS_OK)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s", why.text);
    rows->holds_first = !is_header(&rows->csv);
    if (rows->holds_first)
        rows->columns[rows->column_count++] = COLUMN_NAME;
    else
        status = read_header(rows, columns, err);
    for (size_t i = 0; status == ATS_OK && i < columns->needed; i++)
        if (!has_column(rows, (int)i))
            return ats_error_set(err, ATS_ERR_CONFIG,
                                 "there is no column '%s': the first row names the columns",
                                 columns->names[i]);
    return status;
}

enum ats_status ats_device_rows_open(struct ats_device_rows *rows,
                                     const struct ats_device_columns *columns,
                                     const char *const *names, size_t name_count, const char *file,
                                     struct ats_error *err)
{
    char *text = NULL;
    *rows = (struct ats_device_rows){.names = names, .name_count = name_count};
    ats_buf_init(&rows->buf, ATS_CLI_IMPORT_FILE_MAX);
    if (names)
        return ATS_OK;
    enum ats_status status = ats_file_read_text(file, &rows->buf, &text, err);
    if (status != ATS_OK)
        return status;
    rows->text = text;
    rows->text_len = strlen(text);
    ats_csv_init(&rows->csv, text);
    status = begin_file(rows, columns, err);
    if (status != ATS_OK)
        ats_error_prefix(err, "%s:%zu", file, rows->csv.line);
    return status;
}

static enum ats_status next_in_file(struct ats_device_rows *rows,
                                    struct ats_named_device *ret_device, struct ats_error *err)
{
    enum ats_status status = rows->holds_first ? ATS_OK : skip_comments(&rows->csv, err);
    rows->holds_first = false;
    ret_device->line = rows->csv.line;
    if (status != ATS_OK)
        return status;
    if (rows->csv.count != rows->column_count)
        return ats_error_set(err, ATS_ERR_INVALID, "%zu %s where %zu %s expected", rows->csv.count,
                             ats_output_word(rows->csv.count, "column", "columns"),
                             rows->column_count, ats_output_word(rows->column_count, "is", "are"));
    for (size_t i = 0; i < rows->csv.count; i++) {
        int column = rows->columns[i];
        if (column == COLUMN_NAME)
            ret_device->name = rows->csv.fields[i];
        else if (column >= 0)
            ret_device->fields[column] = rows->csv.fields[i];
    }
    return ATS_OK;
}

enum ats_status ats_device_rows_next(struct ats_device_rows *rows,
                                     struct ats_named_device *ret_device, struct ats_error *err)
{
    *ret_device = (struct ats_named_device){.name = ""};
    if (!rows->names)
        return next_in_file(rows, ret_device, err);
    if (rows->name_count == 0)
        return ATS_ERR_NOT_FOUND;
    rows->name_count--;
    ret_device->name = *rows->names++;
    return ATS_OK;
}

unsigned ats_device_rows_percent(const struct ats_device_rows *rows)
{
    if (rows->text_len == 0)
        return 100;
    return (unsigned)((size_t)(rows->csv.rest - rows->text) * 100 / rows->text_len);
}

void ats_device_rows_fini(struct ats_device_rows *rows)
{
    ats_buf_fini(&rows->buf);
}
