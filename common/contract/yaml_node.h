/* SPDX-License-Identifier: Apache-2.0 */
/* The node of a YAML tree: what yaml.c builds and yaml_get.c reads. */
#ifndef ATS_CONTRACT_YAML_NODE_H
#define ATS_CONTRACT_YAML_NODE_H

#include "common/contract/yaml.h"

struct ats_yaml {
    char *name;
    struct ats_yaml_node *root;
    struct ats_findings *findings; /* NULL: the first error ends the reading */
};

struct ats_yaml_node {
    enum ats_yaml_kind kind;
    bool plain;                  /* a scalar without quotes */
    size_t line;                 /* counts from 1 */
    const struct ats_yaml *yaml; /* that it belongs to */
    const char *
        shown; /* the key to name in errors: its own, or that of the nearest node above; may be NULL */
    char *key;  /* owned; NULL in a sequence and at the root */
    char *text; /* owned; of a scalar */
    size_t count;
    struct ats_yaml_node *first;
    struct ats_yaml_node *last;
    struct ats_yaml_node *next;
};

#endif
