/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file: "key = value" lines. Spaces around key and value do not count. */
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/parse.h"
#include "common/config/config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct file {
    const struct ats_property *table;
    void *options;
    struct ats_config_values *values;
    const char *path;
    unsigned *lines; /* per property of the table: where it stands, 0 if nowhere so far */
    unsigned line;
};

static enum ats_status refuse_second(struct file *file, const char *key, struct ats_error *err)
{
    for (size_t i = 0; file->table[i].name; i++) {
        if (strcmp(file->table[i].name, key) != 0)
            continue;
        if (file->lines[i] > 0)
            return ats_error_set(err, ATS_ERR_CONFIG,
                                 "%s:%u: key '%s' is given twice (first in line %u)", file->path,
                                 file->line, key, file->lines[i]);
        file->lines[i] = file->line;
    }
    return ATS_OK;
}

static enum ats_status take_line(struct file *file, char *text, struct ats_error *err)
{
    char origin[PATH_MAX + 16];
    char *key = ats_text_trim(text);
    if (*key == '\0' || *key == '#')
        return ATS_OK;
    char *equals = strchr(key, '=');
    if (!equals)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s:%u: not a line of the form \"key = value\"",
                             file->path, file->line);
    *equals = '\0';
    key = ats_text_trim(key);
    enum ats_status status = refuse_second(file, key, err);
    if (status != ATS_OK)
        return status;
    (void)snprintf(origin, sizeof(origin), "%s:%u", file->path, file->line);
    return ats_config_set(file->table, file->options, file->values, key, ats_text_trim(equals + 1),
                          origin, err);
}

static enum ats_status take_lines(struct file *file, char *text, struct ats_error *err)
{
    while (text) {
        char *next = strchr(text, '\n');
        if (next)
            *next++ = '\0';
        file->line++;
        enum ats_status status = take_line(file, text, err);
        if (status != ATS_OK)
            return status;
        text = next;
    }
    return ATS_OK;
}

enum ats_status ats_config_read_file(const struct ats_property *table, void *options,
                                     struct ats_config_values *values, const char *path,
                                     struct ats_error *err)
{
    struct file file = {.table = table, .options = options, .values = values, .path = path};
    struct ats_buf buf;
    char *text = NULL;
    ats_buf_init(&buf, ATS_CONFIG_FILE_MAX);
    enum ats_status status = ats_file_read_text(path, &buf, &text, err);
    file.lines = calloc(values->count + 1, sizeof(*file.lines));
    if (status == ATS_OK && file.lines)
        status = take_lines(&file, text, err);
    else if (status == ATS_OK)
        status = ats_error_set(err, ATS_ERR_MEMORY, "out of memory while reading %s", path);
    free(file.lines);
    ats_buf_fini(&buf);
    return status;
}
