/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML document as a tree that remembers its lines, read with libyaml: what contracts and use cases are written in.
 * Strict: UTF-8, one document, no aliases, no tags, no duplicate keys, keys are plain text, bounded size and depth.
 *
 * Every error says where: "FILE:LINE: key 'x': ...". Thread: any, after parse. Owns: the document owns its nodes;
 * texts that a getter returns live as long as the document.
 */
#ifndef ATS_CONTRACT_YAML_H
#define ATS_CONTRACT_YAML_H

#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/base/span.h"

struct ats_yaml;
struct ats_yaml_node;

/* All that is wrong with a document, where a reader goes on after an error. */
struct ats_findings {
    struct ats_error errors[ATS_FINDINGS_MAX];
    size_t count;
    size_t more; /* that there was no room for */
};
/* But one that is there already; of two that differ in what is allowed the first. */
void ats_findings_add(struct ats_findings *findings, const struct ats_error *err);
size_t ats_findings_count(const struct ats_findings *findings);

enum ats_yaml_kind { ATS_YAML_SCALAR, ATS_YAML_SEQUENCE, ATS_YAML_MAPPING };

/* `name` stands for the file in errors. CONFIG: not YAML, or one of the limits above. The root is a mapping. */
ATS_MUST_USE enum ats_status ats_yaml_parse(struct ats_span text, const char *name,
                                            struct ats_yaml **ret_yaml, struct ats_error *err);
void ats_yaml_free(struct ats_yaml *yaml);
const struct ats_yaml_node *ats_yaml_root(const struct ats_yaml *yaml);

enum ats_yaml_kind ats_yaml_kind(const struct ats_yaml_node *node);
/* The key under which the node stands in its mapping; of a sequence's item, the sequence's key. */
const char *ats_yaml_key(const struct ats_yaml_node *node);
/* A scalar's text as it stands, perhaps empty; NULL for a sequence or mapping. */
const char *ats_yaml_scalar(const struct ats_yaml_node *node);
/* A plain (unquoted) scalar that YAML reads as null: nothing, "~", "null". */
bool ats_yaml_is_null(const struct ats_yaml_node *node);
/* Whether a scalar is written without quotes, so that it may be a number or a boolean. */
bool ats_yaml_is_plain(const struct ats_yaml_node *node);
/* Children of a sequence or mapping in their order; NULL at the end, and for a scalar or NULL. */
const struct ats_yaml_node *ats_yaml_first(const struct ats_yaml_node *node);
const struct ats_yaml_node *ats_yaml_next(const struct ats_yaml_node *node);
size_t ats_yaml_count(const struct ats_yaml_node *node);

/* The value of a key; NULL if the mapping has none, or is NULL or no mapping. */
const struct ats_yaml_node *ats_yaml_find(const struct ats_yaml_node *mapping, const char *key);
/* The same, but a missing key is an error at the mapping's line. */
ATS_MUST_USE enum ats_status ats_yaml_require(const struct ats_yaml_node *mapping, const char *key,
                                              const struct ats_yaml_node **ret_node,
                                              struct ats_error *err);
/* That the node is of this kind. */
ATS_MUST_USE enum ats_status ats_yaml_expect(const struct ats_yaml_node *node,
                                             enum ats_yaml_kind kind, struct ats_error *err);
/* That a mapping has no keys but these (ends with NULL): the error names the nearest one. */
ATS_MUST_USE enum ats_status ats_yaml_check_keys(const struct ats_yaml_node *mapping,
                                                 const char *const *allowed, struct ats_error *err);

/* A scalar's value, whatever its quotes; not empty, and no null. */
ATS_MUST_USE enum ats_status ats_yaml_get_text(const struct ats_yaml_node *node,
                                               const char **ret_text, struct ats_error *err);
ATS_MUST_USE enum ats_status ats_yaml_get_integer(const struct ats_yaml_node *node, int64_t min,
                                                  int64_t max, int64_t *ret_integer,
                                                  struct ats_error *err);
/* A finite number. */
ATS_MUST_USE enum ats_status ats_yaml_get_real(const struct ats_yaml_node *node, double *ret_real,
                                               struct ats_error *err);
/* true or false. */
ATS_MUST_USE enum ats_status ats_yaml_get_boolean(const struct ats_yaml_node *node,
                                                  bool *ret_boolean, struct ats_error *err);
/* The index of the scalar in `choices` (ends with NULL). */
ATS_MUST_USE enum ats_status ats_yaml_get_choice(const struct ats_yaml_node *node,
                                                 const char *const *choices, size_t *ret_index,
                                                 struct ats_error *err);
/* 250ms, 10s, 5m, 1h, 7d; at most 100 years. */
ATS_MUST_USE enum ats_status ats_yaml_get_duration(const struct ats_yaml_node *node,
                                                   int64_t *ret_ms, struct ats_error *err);

/* From here on errors in the document are collected, where its readers ask whether to go on. Borrowed; NULL: no more. */
void ats_yaml_collect(struct ats_yaml *yaml, struct ats_findings *findings);
/* After an error that concerns this part of a document alone: OK where errors are collected, which takes it, else the status as it is. */
enum ats_status ats_yaml_go_on(const struct ats_yaml_node *node, enum ats_status status,
                               const struct ats_error *err);
/* How many were collected so far. */
size_t ats_yaml_found(const struct ats_yaml_node *node);

/* An error at a node: "FILE:LINE: key 'x': " and the text. Returns CONFIG. */
enum ats_status ats_yaml_error(const struct ats_yaml_node *node, struct ats_error *err,
                               const char *format, ...) ATS_PRINTF(3, 4);

#endif
