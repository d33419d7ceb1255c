/* SPDX-License-Identifier: Apache-2.0 */
/* The table of a contract's fields: path, type, unit, rules, classification, description. Thread: one. */
#ifndef ATS_CLI_DOCS_FIELDS_H
#define ATS_CLI_DOCS_FIELDS_H

#include "common/base/buf.h"
#include "common/contract/yaml.h"

/* `root` is the ODCS document of a contract that compiles. */
void ats_docs_put_fields(struct ats_buf *out, const struct ats_yaml_node *root);

#endif
