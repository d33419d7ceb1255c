/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ODCS document by itself: whether each key and value is as the published JSON Schema of ODCS 3.1 has it, and whether each activity of
 * `raci` has one accountable. Nothing here is executed, so that other people's documents can be judged, which no gate takes.
 *
 * It is stricter than what the gate reads (odcs.h), which looks at what it uses alone. Thread: any.
 */
#ifndef ATS_CONTRACT_ODCS_LINT_H
#define ATS_CONTRACT_ODCS_LINT_H

#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/base/span.h"
#include "common/contract/compare.h"
#include "common/contract/yaml.h"

struct ats_odcs_report {
    char api_version[16];
    size_t objects;    /* of the schema */
    size_t properties; /* of all objects, those further in and items included */
    bool has_settings; /* the custom property `attestream` */
    bool has_raci;
};

/* CONFIG: the text is that of the first finding, "FILE:LINE: key 'x': ...". One of a part of the document leaves the others to be judged;
   in the text's YAML the first error is the only one. */
ATS_MUST_USE enum ats_status ats_odcs_lint(struct ats_span text, const char *name,
                                           struct ats_odcs_report *ret_report,
                                           struct ats_findings *ret_findings,
                                           struct ats_error *err);
/* The same of a contract's two documents, with what the gate reads of them, and units. Of the Avro schema the first error alone. */
ATS_MUST_USE enum ats_status ats_contract_texts_lint(const struct ats_contract_texts *texts,
                                                     struct ats_odcs_report *ret_report,
                                                     struct ats_findings *ret_findings,
                                                     struct ats_error *err);

/* odcs_shape.c: a value against a table of keys (odcs_keys.c). Internal. */
enum ats_shape_kind {
    ATS_SHAPE_ANY,
    ATS_SHAPE_TEXT,
    ATS_SHAPE_ID, /* letters, digits, _ and - */
    ATS_SHAPE_NUMBER,
    ATS_SHAPE_INTEGER,
    ATS_SHAPE_COUNT, /* an integer that is not negative */
    ATS_SHAPE_BOOLEAN,
    ATS_SHAPE_SCALAR,
    ATS_SHAPE_MAPPING,
    ATS_SHAPE_CHOICE,
    ATS_SHAPE_TEXTS, /* a list of texts */
    ATS_SHAPE_LIST,  /* of anything */
    ATS_SHAPE_OBJECT,
    ATS_SHAPE_OBJECTS /* a list of objects */
};

struct ats_shape_object;

struct ats_shape_key {
    const char *name; /* NULL ends a table */
    enum ats_shape_kind kind;
    bool required;
    const char *const *choices;            /* of CHOICE */
    const struct ats_shape_object *object; /* of OBJECT and OBJECTS */
    enum ats_status (*check)(const struct ats_yaml_node *value,
                             struct ats_error *err); /* or NULL */
};

struct ats_shape_object {
    const struct ats_shape_key *keys;
    bool open; /* other keys are allowed */
    /* The keys that this object has by what it says of itself, instead of `keys`; NULL: always `keys`. */
    const struct ats_shape_key *(*choose)(const struct ats_yaml_node *object);
    /* What keys alone do not say, or NULL. */
    enum ats_status (*check)(const struct ats_yaml_node *object, struct ats_error *err);
};

ATS_MUST_USE enum ats_status ats_shape_check(const struct ats_yaml_node *node,
                                             const struct ats_shape_object *object,
                                             struct ats_error *err);
/* A single value of one of the kinds up to SCALAR. */
ATS_MUST_USE enum ats_status ats_shape_scalar(const struct ats_yaml_node *node,
                                              enum ats_shape_kind kind, struct ats_error *err);
extern const struct ats_shape_object ats_odcs_document_shape;

#endif
