/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An Avro schema as the specification speaks of it: types with full names, aliases, defaults and logical types, which the plan of the
 * hot paths has no use for. What compares schemas works on it. Internal to common/contract.
 *
 * A named type that is used twice is one type here; none contains itself. Thread: any, once read. Owns: the tree owns its types.
 */
#ifndef ATS_CONTRACT_AVSC_TREE_H
#define ATS_CONTRACT_AVSC_TREE_H

#include "common/contract/logical.h"

#define ATS_AVSC_NAME_SIZE (2 * ATS_NAME_MAX + 2)

struct ats_avsc_type;

struct ats_avsc_field {
    const char *name;
    const json_t *aliases; /* an array of names, or NULL */
    bool has_default;
    const struct ats_avsc_type *type;
};

struct ats_avsc_type {
    enum ats_avro_type type;
    char full_name[ATS_AVSC_NAME_SIZE]; /* of a record, enum or fixed; else "" */
    const json_t *aliases;              /* as they stand there, or NULL */
    struct ats_avsc_field *fields;      /* of a record */
    size_t field_count;
    const struct ats_avsc_type **parts; /* a union's branches; what an array or map holds */
    size_t part_count;
    const json_t *symbols;      /* of an enum */
    const char *symbol_default; /* of an enum, or NULL */
    size_t fixed_size;
    struct ats_logical logical;
    struct ats_avsc_type *next; /* of all that the tree owns */
};

struct ats_avsc_tree {
    const struct ats_avsc_type *root;
    struct ats_avsc_type *all;
    json_t *json;
};

/* The text is one that ats_plan_compile() took; CONFIG for another. */
ATS_MUST_USE enum ats_status ats_avsc_tree_read(struct ats_span text, const char *name,
                                                struct ats_avsc_tree *ret_tree,
                                                struct ats_error *err);
void ats_avsc_tree_fini(struct ats_avsc_tree *tree);

/* What stands behind the last dot of a full name. */
const char *ats_avsc_short_name(const char *full_name);
/* Whether one of the type's aliases is that full name. */
bool ats_avsc_has_alias(const struct ats_avsc_type *type, const char *full_name);
/* Whether the enum has the symbol. */
bool ats_avsc_has_symbol(const struct ats_avsc_type *type, const char *symbol);
/* A record's field, or NULL. */
const struct ats_avsc_field *ats_avsc_find_field(const struct ats_avsc_type *type,
                                                 const char *name);

#endif
