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
#include <stdio.h>

struct ats_output {
    bool json;
    json_t *rows; /* held back for the table */
};

void ats_output_begin(struct ats_output *output, const struct ats_cli *cli);
/* Takes the row. */
void ats_output_row(struct ats_output *output, json_t *row);
/* Prints the table and frees. */
void ats_output_end(struct ats_output *output);
/* As end; where there is no row, and no JSON is asked for, the sentence is said instead of an empty table. */
void ats_output_end_or(struct ats_output *output, const char *none);
/* Prints one object: its members as ats_output_members() has them, or JSON. Takes it. */
void ats_output_object(const struct ats_cli *cli, json_t *object);
/* "key: value" lines for people. An object, or a list of some, stands below its key and further in; of what is empty it is said what
   that means. */
void ats_output_members(FILE *to, json_t *object);
/* What a command has done: the object with --json, else the text and a newline. Takes the object. */
void ats_output_done(const struct ats_cli *cli, json_t *object, const char *format, ...)
    ATS_PRINTF(3, 4);
/* The same of a command on many devices, whose sums also stand beside a proposal. */
void ats_output_sums(const struct ats_cli *cli, json_t *sums, const char *format, ...)
    ATS_PRINTF(3, 4);
/* Which of two words goes with the count: "record" with 1, "records" else. */
const char *ats_output_word(uint64_t count, const char *one, const char *many);
/* One JSON value and a newline. */
void ats_output_line(const json_t *value);
/* A text of which nobody knows that it is UTF-8, such as a file's name: bytes that are not are shown as U+FFFD. */
json_t *ats_output_text(const char *text);
/* The same for people: control characters, which would move the cursor or forge a line, and what no name may have because it reads
   as something else (device/name.h) are written as \u001b or \U000e0041, bytes that are no UTF-8 as \xff. */
void ats_output_plain(FILE *to, const char *text);
/* A text if the bytes are one, else {"base64": "..."}. */
json_t *ats_output_bytes(struct ats_span bytes);

/* The value on one line, each of its numbers as short as it reads back the same; the caller frees. NULL when out of memory. */
char *ats_output_dump(const json_t *value);

#endif
