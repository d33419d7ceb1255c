/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CSV text (RFC 4180), row by row, cut up in place. Each line is a row of its own: a line break inside quotes, which RFC 4180 allows,
 * is refused, so that a stray quote takes no row along but its own. Thread: one. Owns: nothing, fields point into the text.
 */
#ifndef ATS_CLI_CSV_H
#define ATS_CLI_CSV_H

#include "common/base/error.h"

#include <stddef.h>

/* Columns of one file: more than any that has a meaning. */
#define ATS_CSV_COLUMNS_MAX 32

struct ats_csv {
    char *rest;
    size_t next_line; /* of what is left, from 1 */
    size_t line;      /* of the row that was read last */
    char *fields[ATS_CSV_COLUMNS_MAX];
    size_t count;
};

/* `text` is changed by reading; a byte order mark is passed over. */
void ats_csv_init(struct ats_csv *csv, char *text);
/* The next row that is not empty. NOT_FOUND: there is none. INVALID: it cannot be read, and why; reading goes on behind it. */
ATS_MUST_USE enum ats_status ats_csv_next(struct ats_csv *csv, struct ats_error *err);

#endif
