/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: an Avro schema compiled into nodes that the hot paths follow. Named types are expanded where they are used, so
 * that every node has one path; recursion is refused. Internal to common/contract.
 *
 * Thread: immutable after compile. Owns: the plan owns nodes and texts.
 */
#ifndef ATS_CONTRACT_PLAN_H
#define ATS_CONTRACT_PLAN_H

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/contract/contract.h"

enum ats_avro_type {
    ATS_AVRO_NULL,
    ATS_AVRO_BOOLEAN,
    ATS_AVRO_INT,
    ATS_AVRO_LONG,
    ATS_AVRO_FLOAT,
    ATS_AVRO_DOUBLE,
    ATS_AVRO_BYTES,
    ATS_AVRO_STRING,
    ATS_AVRO_FIXED,
    ATS_AVRO_ENUM,
    ATS_AVRO_RECORD,
    ATS_AVRO_ARRAY,
    ATS_AVRO_MAP,
    ATS_AVRO_UNION,
};

#define ATS_PLAN_NO_LEAF SIZE_MAX

struct ats_plan_node {
    enum ats_avro_type type;
    char *name; /* as a field of a record; NULL otherwise */
    char *path; /* dotted; an item of an array is "[]", a value of a map "{}" */
    size_t name_len;
    struct ats_plan_node *children; /* record: fields; union: branches; array, map: one */
    size_t child_count;
    char **symbols; /* enum */
    size_t symbol_count;
    size_t fixed_size;
    bool nullable; /* a union with a null branch, or null itself */
    bool has_default;
    uint8_t *default_bytes; /* the default, already as Avro */
    size_t default_len;
    size_t leaf; /* index among the leaves, or ATS_PLAN_NO_LEAF */
};

struct ats_plan {
    struct ats_plan_node root; /* a record */
    struct ats_plan_node **leaves;
    size_t leaf_count;
    size_t node_count;
};

/* `text` is the schema; `name` stands for the file in error texts. */
ATS_MUST_USE enum ats_status ats_plan_compile(struct ats_span text, const char *name,
                                              struct ats_plan *ret_plan, struct ats_error *err);
void ats_plan_fini(struct ats_plan *plan);
/* Any node by its dotted path, through unions; NULL. */
const struct ats_plan_node *ats_plan_find(const struct ats_plan *plan, const char *path);
/* The one branch of a union with null that is not null, or the node itself. */
const struct ats_plan_node *ats_plan_value_node(const struct ats_plan_node *node);
const char *ats_avro_type_name(enum ats_avro_type type);

/* Decodes `body` into leaves (leaf_count of them). */
ATS_MUST_USE enum ats_status ats_plan_decode(const struct ats_plan *plan, struct ats_span body,
                                             struct ats_leaf *ret_leaves);

#endif
