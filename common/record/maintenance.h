/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The value of a record of <prefix>erp.requests (schemas/records/maintenance-request.avsc): the canonical request that every
 * ERP profile maps from. Thread: any. Owns: nothing, all is borrowed.
 */
#ifndef ATS_RECORD_MAINTENANCE_H
#define ATS_RECORD_MAINTENANCE_H

#include "common/base/buf.h"

/* The order of the schema's symbols. */
enum ats_maintenance_kind {
    ATS_MAINTENANCE_MALFUNCTION,
    ATS_MAINTENANCE_MAINTENANCE,
    ATS_MAINTENANCE_INSPECTION
};

struct ats_maintenance_request {
    struct ats_span request_id;
    struct ats_span external_id;
    struct ats_span asset;
    const char *title;
    struct ats_span text;
    enum ats_maintenance_kind kind;
    int64_t priority;
    int64_t malfunction_start_ms;
    bool breakdown;
    const char *failure_mode;
    const char *use_case;
    const char *use_case_version;
    const char *owner;
    struct ats_span decision;
};

/* Appends the framed value; the buffer's status tells whether it fitted. */
void ats_maintenance_request_encode(const struct ats_maintenance_request *request,
                                    struct ats_buf *out);

#endif
