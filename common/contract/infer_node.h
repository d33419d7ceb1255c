/* SPDX-License-Identifier: Apache-2.0 */
/* What was seen of one key, and of those below it. Internal to infer*.c. */
#ifndef ATS_CONTRACT_INFER_NODE_H
#define ATS_CONTRACT_INFER_NODE_H

#include "common/base/limits.h"
#include "common/contract/infer.h"

#include <jansson.h>

enum ats_infer_kind {
    ATS_INFER_NULL,
    ATS_INFER_BOOLEAN,
    ATS_INFER_INTEGER,
    ATS_INFER_REAL,
    ATS_INFER_TEXT,
    ATS_INFER_OBJECT,
    ATS_INFER_LIST,
    ATS_INFER_KINDS
};

struct ats_infer_place {
    const char *file;
    size_t line; /* of the event */
};

struct ats_infer_text {
    uint64_t count;
    char text[ATS_INFER_TEXT_MAX + 1];
};

struct ats_infer_node {
    struct ats_infer_node *parent; /* NULL: the event itself */
    struct ats_infer_node *next;   /* in the order in which they were first seen */
    char *key;                     /* "" at the root, of items and of a map's values */
    uint64_t seen[ATS_INFER_KINDS];
    struct ats_infer_place first_seen[ATS_INFER_KINDS];
    /* Numbers. */
    double min, max, last;
    uint64_t rises, falls;
    bool vast; /* an integer that no double has exactly */
    /* Texts: each short one with its count, until there are too many. */
    struct ats_infer_text *texts;
    size_t text_count;
    bool texts_more;
    bool empty_text;
    uint64_t times; /* that are RFC 3339 */
    int64_t time_min_ms, time_max_ms;
    /* Objects: keys; or, where keys vary, one node for all values. Lists: one for all items. */
    struct ats_infer_node *first, *last_child, *cursor;
    size_t child_count;
    bool is_map;
    struct ats_infer_node *item;
};

struct ats_infer {
    struct ats_infer_node *root;
    size_t node_count;
    uint64_t events;
    struct ats_infer_place place; /* of the event under way */
    bool news;                    /* it showed something that no event before it did */
    size_t sample_count;
    struct ats_buf samples[ATS_INFER_SAMPLES_MAX];
    /* The reader (infer.c). */
    struct ats_buf text;
    size_t line;
    size_t depth;
    int state;
    bool in_text, escaped;
};

/* infer_observe.c */
ATS_MUST_USE enum ats_status ats_infer_observe(struct ats_infer *infer, json_t *event,
                                               struct ats_error *err);
void ats_infer_node_free(struct ats_infer_node *node);
/* CONFIG: one of the limits. */
ATS_MUST_USE enum ats_status ats_infer_node_new(struct ats_infer *infer,
                                                struct ats_infer_node *parent, const char *key,
                                                struct ats_infer_node **ret_node,
                                                struct ats_error *err);

/* infer_merge.c */
/* Whether values of both can have one type. */
bool ats_infer_agree(const struct ats_infer_node *a, const struct ats_infer_node *b);
/* Makes a map of an object: one node for the values of all keys. They must agree with each other. */
ATS_MUST_USE enum ats_status ats_infer_make_map(struct ats_infer *infer,
                                                struct ats_infer_node *node, struct ats_error *err);
bool ats_infer_children_agree(const struct ats_infer_node *node);

/* infer_judge.c: what follows from what was seen. */
enum ats_infer_type {
    ATS_INFER_AS_UNKNOWN, /* null alone, or a list or map without any value */
    ATS_INFER_AS_BOOLEAN,
    ATS_INFER_AS_LONG,
    ATS_INFER_AS_DOUBLE,
    ATS_INFER_AS_STRING,
    ATS_INFER_AS_ENUM,
    ATS_INFER_AS_RECORD,
    ATS_INFER_AS_MAP,
    ATS_INFER_AS_ARRAY
};
enum ats_infer_type ats_infer_type(const struct ats_infer_node *node);
const char *ats_infer_type_name(enum ats_infer_type type);
/* How often the node had a value, null included; and in how many objects it could have. */
uint64_t ats_infer_present(const struct ats_infer_node *node);
uint64_t ats_infer_possible(const struct ats_infer_node *node);
bool ats_infer_missing(const struct ats_infer_node *node);
bool ats_infer_nullable(const struct ats_infer_node *node);
/* A key that Avro takes as a field's name; others are left out of the draft. */
bool ats_infer_is_name(const char *key);
/* A single value that is reached through records alone which are always there. */
bool ats_infer_is_leaf(const struct ats_infer_node *node);
/* Bounds around what was seen, with room; false where there should be none (numbers that only rise, vast ones). */
bool ats_infer_bounds(const struct ats_infer_node *node, double *ret_min, double *ret_max);
/* A number that only ever rises: a counter, or a sequence. */
bool ats_infer_is_counter(const struct ats_infer_node *node);

struct ats_infer_found {
    const struct ats_infer_node *time; /* NULL: none was recognised */
    const char *time_unit;             /* as the contract's settings write it */
    const struct ats_infer_node *device;
};
struct ats_infer_found ats_infer_find(const struct ats_infer *infer);
/* Seconds between the first and the last event by the time field; 0 where that says nothing. */
double ats_infer_span_s(const struct ats_infer_found *found);
/* Whether an object's keys are many, and each is in few of the objects. */
bool ats_infer_keys_vary(const struct ats_infer_node *node);
/* Objects whose keys vary become maps. */
ATS_MUST_USE enum ats_status ats_infer_settle(struct ats_infer *infer, struct ats_error *err);

/* infer_path.c */
#define ATS_INFER_PATH_MAX ((ATS_SCHEMA_DEPTH_MAX + 2) * (ATS_NAME_MAX + 2))
/* Dotted, without control characters: "data.temp", "list[]". */
const char *ats_infer_path(const struct ats_infer_node *node, char ret_path[ATS_INFER_PATH_MAX]);
/* A text in double quotes as YAML has it, on one line. */
void ats_infer_quote(struct ats_buf *out, const char *text);

/* infer_avsc.c, infer_odcs.c */
void ats_infer_write_avsc(const struct ats_infer *infer, const char *name,
                          const struct ats_infer_found *found, struct ats_buf *out);
void ats_infer_write_odcs(const struct ats_infer *infer, const struct ats_infer_options *options,
                          const struct ats_infer_found *found, struct ats_buf *out);

#endif
