/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Avro's logical types (specification 1.12). One that is unknown, or stands on a type that it does not go with, is passed over as the
 * specification wants: the value is then of its plain type. Internal to common/contract. Thread: any.
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

struct ats_logical {
    enum ats_logical_type type;
    int64_t precision; /* of a decimal */
    int64_t scale;
};

/* What a type's definition says; `fixed_size` of a fixed, else 0. */
struct ats_logical ats_logical_read(const json_t *definition, enum ats_avro_type type,
                                    size_t fixed_size);
/* "timestamp-millis"; "none". */
const char *ats_logical_name(enum ats_logical_type type);
bool ats_logical_equal(const struct ats_logical *a, const struct ats_logical *b);

#endif
