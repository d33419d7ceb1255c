/* SPDX-License-Identifier: Apache-2.0 */
/* The page of a fleet's contracts: one HTML file that needs no other, for screens of any width and for paper. Thread: one. */
#ifndef ATS_CLI_DOCS_PAGE_H
#define ATS_CLI_DOCS_PAGE_H

#include "cli/docs_source.h"

/* Appends the page. */
ATS_MUST_USE enum ats_status ats_docs_page(const struct ats_cli *cli, const struct ats_docs *docs,
                                           struct ats_buf *out, struct ats_error *err);

#endif
