/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What commands print: rows as a table, or one JSON object a line. The keys of the first row are the table's columns.
 * Thread: one. Owns: rows are taken.
 */
#ifndef ATS_CLI_OUTPUT_H
#define ATS_CLI_OUTPUT_H

#include "cli/command.h"
#include "common/base/span.h"

#include <jansson.h>

struct ats_output {
    bool json;
    json_t *rows; /* held back for the table */
};

void ats_output_begin(struct ats_output *output, const struct ats_cli *cli);
/* Takes the row. */
void ats_output_row(struct ats_output *output, json_t *row);
/* Prints the table and frees. */
void ats_output_end(struct ats_output *output);
/* Prints one object: "key: value" lines, or JSON. Takes it. */
void ats_output_object(const struct ats_cli *cli, json_t *object);
/* One JSON value and a newline. */
void ats_output_line(const json_t *value);
/* A text if the bytes are one, else {"base64": "..."}. */
json_t *ats_output_bytes(struct ats_span bytes);

#endif
