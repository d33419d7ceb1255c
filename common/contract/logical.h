/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Avro's logical types (specification 1.12). One that is unknown, or stands on a type that it does not go with, is passed over as the
 * specification wants: the value is then of its plain type. The gate takes the plain JSON of each, and besides a form that people and devices write.
 * Internal to common/contract. Thread: any.
 */
#ifndef ATS_CONTRACT_LOGICAL_H
#define ATS_CONTRACT_LOGICAL_H

#include "common/contract/plan.h"

#include <jansson.h>

enum ats_logical_type {
    ATS_LOGICAL_NONE,
    ATS_LOGICAL_DECIMAL,
    ATS_LOGICAL_UUID,
    ATS_LOGICAL_DATE,
    ATS_LOGICAL_TIME_MILLIS,
    ATS_LOGICAL_TIME_MICROS,
    ATS_LOGICAL_TIMESTAMP_MILLIS,
    ATS_LOGICAL_TIMESTAMP_MICROS,
    ATS_LOGICAL_TIMESTAMP_NANOS,
    ATS_LOGICAL_LOCAL_MILLIS,
    ATS_LOGICAL_LOCAL_MICROS,
    ATS_LOGICAL_LOCAL_NANOS,
    ATS_LOGICAL_DURATION,
};

/* What became of a JSON value. */
enum ats_logical_answer {
    ATS_LOGICAL_TAKEN,   /* it is at the end of the output, as Avro */
    ATS_LOGICAL_PLAIN,   /* not of the type's own form; nothing was written */
    ATS_LOGICAL_REFUSED, /* the verdict says why */
};

/* What a logical type adds to its plain type. Each member may be NULL. */
struct ats_logical_ops {
    /* A JSON text without its escapes; it may lie in the output's free room, so it is read before anything is written. */
    enum ats_logical_answer (*put_text)(const struct ats_plan_node *node, struct ats_span text,
                                        struct ats_buf *out, struct ats_verdict *verdict);
    /* A JSON number, where the plain type takes none. */
    enum ats_logical_answer (*put_number)(const struct ats_plan_node *node, struct ats_span number,
                                          struct ats_buf *out, struct ats_verdict *verdict);
    /* Whether a plain value, as Avro, is in the type's range; false with the verdict set. */
    bool (*check)(const struct ats_plan_node *node, struct ats_span encoding,
                  struct ats_verdict *verdict);
};

struct ats_logical {
    enum ats_logical_type type;
    int64_t precision; /* of a decimal */
    int64_t scale;
    const struct ats_logical_ops *ops; /* NULL for NONE */
};

/* What a type's definition says; `fixed_size` of a fixed, else 0. */
struct ats_logical ats_logical_read(const json_t *definition, enum ats_avro_type type,
                                    size_t fixed_size);
/* "timestamp-millis"; "none". */
const char *ats_logical_name(enum ats_logical_type type);
bool ats_logical_equal(const struct ats_logical *a, const struct ats_logical *b);

/* Sets the verdict; returns REFUSED. */
enum ats_logical_answer ats_logical_refuse(const struct ats_plan_node *node, enum ats_rule rule,
                                           struct ats_verdict *verdict, const char *text);

/* logical_decimal.c, logical_uuid.c, logical_time.c, logical_duration.c */
extern const struct ats_logical_ops ats_logical_decimal_ops;
extern const struct ats_logical_ops ats_logical_uuid_text_ops;
extern const struct ats_logical_ops ats_logical_uuid_fixed_ops;
extern const struct ats_logical_ops ats_logical_date_ops;
extern const struct ats_logical_ops ats_logical_time_ops;
extern const struct ats_logical_ops ats_logical_timestamp_ops;
extern const struct ats_logical_ops ats_logical_duration_ops;

#endif
