/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a CSV file of devices: what their columns mean. Thread: one. */
#ifndef ATS_CLI_DEVICE_ROW_H
#define ATS_CLI_DEVICE_ROW_H

#include "cli/csv.h"
#include "common/control/body.h"

/* What a column means: its text goes into the row. */
struct ats_device_column;

struct ats_device_header {
    const struct ats_device_column *columns[ATS_CSV_COLUMNS_MAX];
    size_t count;
};

struct ats_device_row {
    const char *name;
    struct ats_body_device body; /* active; with one key if the row has one, else with none */
};

/* An Ed25519 key in base64: 32 bytes, or its SubjectPublicKeyInfo. INVALID. */
ATS_MUST_USE enum ats_status ats_device_public_key_parse(const char *text,
                                                         struct ats_device_key *ret_key,
                                                         struct ats_error *err);
/* The first row of `csv`. CONFIG: a column that is unknown, stands twice, or is missing (name). */
ATS_MUST_USE enum ats_status ats_device_header_read(struct ats_csv *csv,
                                                    struct ats_device_header *ret_header,
                                                    struct ats_error *err);
/* The row that was read last. INVALID and others: what is wrong with it. `ret_row` borrows its name. */
ATS_MUST_USE enum ats_status ats_device_row_read(const struct ats_device_header *header,
                                                 const struct ats_csv *csv,
                                                 struct ats_device_row *ret_row,
                                                 struct ats_error *err);

#endif
