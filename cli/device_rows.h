/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The devices of one call: names on the command line, or the rows of a file. A file has one name a line (a line that begins with #
 * is passed over), or it is CSV whose first row names the columns, `name` among them.
 *
 * Thread: one. Owns: the file's text, to which rows point; names on the command line are borrowed.
 */
#ifndef ATS_CLI_DEVICE_ROWS_H
#define ATS_CLI_DEVICE_ROWS_H

#include "cli/csv.h"
#include "common/base/buf.h"

#include <stdbool.h>

/* Columns beside the name that a command may ask for: more than a device has attributes. */
#define ATS_DEVICE_ROW_FIELDS_MAX 16

struct ats_device_columns {
    const char *names[ATS_DEVICE_ROW_FIELDS_MAX + 1]; /* beside `name`; NULL ends them */
    size_t needed;                                    /* so many of the first ones must be there */
    bool alone;            /* another column is an error; else it is passed over */
    const char *elsewhere; /* behind that error: what takes it; NULL: nothing does */
};

struct ats_named_device {
    size_t line; /* 0: of the command line */
    const char *name;
    const char *fields[ATS_DEVICE_ROW_FIELDS_MAX]; /* by column; NULL: there is none */
};

struct ats_device_rows {
    const char *const *names; /* of the command line; NULL: of the file */
    size_t name_count;
    struct ats_buf buf;
    const char *text; /* of the file, and its length */
    size_t text_len;
    struct ats_csv csv;
    int columns[ATS_CSV_COLUMNS_MAX];
    size_t column_count;
    bool with_fields; /* the file has one of the columns beside the name */
    bool holds_first; /* the file's first row is a device, and is read already */
};

/* Either `names`, or with NULL those of the file. CONFIG names file and column. */
ATS_MUST_USE enum ats_status ats_device_rows_open(struct ats_device_rows *rows,
                                                  const struct ats_device_columns *columns,
                                                  const char *const *names, size_t name_count,
                                                  const char *file, struct ats_error *err);
/* The next one. NOT_FOUND: there is none. INVALID: it cannot be read, and why; `ret_device` has its line, reading goes on behind it. */
ATS_MUST_USE enum ats_status ats_device_rows_next(struct ats_device_rows *rows,
                                                  struct ats_named_device *ret_device,
                                                  struct ats_error *err);
/* How much of them is read, of 100. */
unsigned ats_device_rows_percent(const struct ats_device_rows *rows);
void ats_device_rows_fini(struct ats_device_rows *rows);

#endif
