/* SPDX-License-Identifier: Apache-2.0 */
/* What `list` and `show` of every kind have in common. Thread: one. */
#ifndef ATS_CLI_LIST_H
#define ATS_CLI_LIST_H

#include "cli/command.h"
#include "common/control/record.h"
#include "common/store/store.h"

#include <jansson.h>

/* A record as a row; NULL: its body cannot be read. */
typedef json_t *ats_list_row(const struct ats_control_record *record);

/* Sets in the row what the record alone does not say. */
typedef void ats_list_more(struct ats_store_view *view, const struct ats_control_record *record,
                           json_t *row);

/* Prints a row for each record of the kind, with `more` (NULL: none); the exit code. */
int ats_list_run(const struct ats_cli *cli, enum ats_control_kind kind, ats_list_row *row,
                 ats_list_more *more);
/* Prints what ats_record_json() made of a record, and what was added to it: for people its certificates and state in words. Takes it. */
void ats_show_object(const struct ats_cli *cli, json_t *object);
/* Prints a record in full. */
void ats_show_record(const struct ats_cli *cli, const struct ats_control_record *record);
/* Finds it and prints it; the exit code, ATS_EXIT_NO where there is none. */
int ats_show_run(const struct ats_cli *cli, enum ats_control_kind kind, const char *name);

#endif
