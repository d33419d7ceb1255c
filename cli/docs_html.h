/* SPDX-License-Identifier: Apache-2.0 */
/* HTML from texts that nobody vouches for. Whatever comes from a document goes through ats_html_text(). Thread: one. */
#ifndef ATS_CLI_DOCS_HTML_H
#define ATS_CLI_DOCS_HTML_H

#include "common/base/buf.h"
#include "common/contract/yaml.h"

/* The text, with what HTML reads otherwise written as references; also right within quotes. Characters that move the cursor or turn the
   direction of reading are shown as U+FFFD. */
void ats_html_text(struct ats_buf *out, const char *text);
/* <TAG>TEXT</TAG>; nothing where the text is NULL or empty. */
void ats_html_element(struct ats_buf *out, const char *tag, const char *text);
/* The text of a key, "" if there is none. */
const char *ats_html_of(const struct ats_yaml_node *mapping, const char *key);
/* A value on one line: a, [a, b], {key: a}; braces are left out at the outside. */
void ats_html_value(struct ats_buf *out, const struct ats_yaml_node *node);
/* As a link where the text is an address of the web or of mail, else as text. */
void ats_html_link(struct ats_buf *out, const char *text);

/* A table whose columns are keys of the mappings in a list; nothing where the list is empty. */
struct ats_html_column {
    const char *title; /* NULL ends the columns */
    const char *key;
};
void ats_html_table(struct ats_buf *out, const char *heading, const struct ats_html_column *columns,
                    const struct ats_yaml_node *list);

#endif
