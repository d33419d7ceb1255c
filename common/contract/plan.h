/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: an Avro schema compiled into nodes that the hot paths follow. Named types are expanded where they are used, so that every
 * node has one path; a type that contains itself is refused. Internal to common/contract.
 *
 * Thread: immutable after compile. Owns: the plan owns nodes and texts.
 */
#ifndef ATS_CONTRACT_PLAN_H
#define ATS_CONTRACT_PLAN_H

#include "common/base/error.h"
#include "common/contract/contract.h"
#include "common/contract/json.h"
#include "common/contract/ucum.h"

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

struct ats_logical;

/* A number that payloads have in another unit than the schema's field. */
struct ats_conversion {
    struct ats_ucum_map map;
    const char *from; /* codes of UCUM, for telling; borrowed from the ODCS document's reading */
    const char *to;
};

/* The longest name, with quotes and colon, that is looked for as it stands; whole words of 8 bytes. */
#define ATS_PLAN_KEY_SIZE 32

/* What each value of JSON asks for stands in front, 64 bytes. */
struct ats_plan_node {
    enum ats_avro_type type;
    uint32_t key_len;  /* of a record's field; 0: none, or a longer one */
    uint64_t key_mask; /* of the last word of `key`: the bytes that count */
    size_t leaf;       /* index among the leaves, or ATS_PLAN_NO_LEAF */
    bool detour;       /* it is `logical` or has a `conversion`: its JSON is not put as it stands */
    _Alignas(8) uint8_t
        key[ATS_PLAN_KEY_SIZE];  /* "name": as JSON has it, quotes and colon too, then zeros */
    struct ats_logical *logical; /* logical.h; NULL: none that is known */
    const struct ats_conversion *conversion; /* of a number; NULL: none. Never beside `logical` */
    char *path; /* dotted: "data.temp"; an array's item is "list[]", a map's value "map{}" */
    char *name; /* of a record's field, else NULL */
    size_t name_len;
    struct ats_plan_node *children; /* record: fields; union: branches; array, map: one */
    size_t child_count;
    uint16_t *index; /* record: open hash table of fields, 1 + number or 0 */
    size_t index_mask;
    char **symbols; /* enum */
    size_t symbol_count;
    size_t fixed_size;
    int branches[ATS_JSON_KIND_COUNT]; /* union: which branch takes which JSON, or -1 */
    int integer_branch;                /* union: the int or long, or -1 */
    bool nullable;                     /* null, or a union with it */
    bool has_default;
    uint8_t *default_bytes; /* already as Avro */
    size_t default_len;
};

struct ats_plan {
    struct ats_plan_node root;     /* a record */
    struct ats_plan_node **leaves; /* in the schema's order */
    size_t leaf_count;
    uint8_t secret[ATS_JSON_SECRET_SIZE]; /* keys the hash of payloads' own names; random */
};

/* `text` is the schema; `name` stands for the file: errors are "FILE:LINE: ...". CONFIG. */
ATS_MUST_USE enum ats_status ats_plan_compile(struct ats_span text, const char *name,
                                              struct ats_plan *ret_plan, struct ats_error *err);
void ats_plan_fini(struct ats_plan *plan);
const char *ats_avro_type_name(enum ats_avro_type type);
/* Which JSON becomes that type; not for a union. */
enum ats_json_kind ats_plan_json_kind(enum ats_avro_type type);
/* The one branch of a union with null that is not null, or the node itself. */
const struct ats_plan_node *ats_plan_value_node(const struct ats_plan_node *node);
/* The number of a record's field; SIZE_MAX. `hint` is tried first: devices send their fields in one order. */
size_t ats_plan_find_field(const struct ats_plan_node *record, struct ats_span name, size_t hint);

/* Decodes `body` into leaf_count leaves. MALFORMED. */
ATS_MUST_USE enum ats_status ats_plan_decode(const struct ats_plan *plan, struct ats_span body,
                                             struct ats_leaf *ret_leaves);

/* Where values that are converted lie in a body, in its order. */
struct ats_plan_places {
    struct {
        const struct ats_plan_node *node;
        size_t begin;
        size_t end;
    } places[ATS_CONTRACT_LEAVES_MAX];
    size_t count;
};

/* The same of bytes that a device gave, whose floats and doubles must be finite as JSON's are; false: the verdict says why. `places`
   may be NULL. */
bool ats_plan_decode_given(const struct ats_plan *plan, struct ats_span body,
                           struct ats_leaf *ret_leaves, struct ats_plan_places *places,
                           struct ats_verdict *ret_verdict);

/* The compiler's own: releases what a node owns; fills the record's `index`, or the union's tables. */
void ats_plan_node_fini(struct ats_plan_node *node);
ATS_MUST_USE enum ats_status ats_plan_index_fields(struct ats_plan_node *record);
/* False if two branches take the same JSON; which, is told. */
bool ats_plan_index_branches(struct ats_plan_node *node, enum ats_json_kind *ret_kind);

#endif
