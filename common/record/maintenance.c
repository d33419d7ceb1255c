/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/maintenance.h"

#include "common/contract/avro.h"
#include "common/contract/schema.h"
#include "common/record/schemas.h"

void ats_maintenance_request_encode(const struct ats_maintenance_request *request,
                                    struct ats_buf *out)
{
    ats_framing_put(out, ats_record_schema_id("maintenance-request"));
    ats_avro_put_bytes(out, request->request_id);
    ats_avro_put_bytes(out, request->external_id);
    ats_avro_put_bytes(out, request->asset);
    ats_avro_put_text(out, request->title);
    ats_avro_put_bytes(out, request->text);
    ats_avro_put_long(out, request->kind);
    ats_avro_put_long(out, request->priority);
    ats_avro_put_long(out, request->malfunction_start_ms);
    ats_avro_put_boolean(out, request->breakdown);
    ats_avro_put_text(out, request->failure_mode);
    ats_avro_put_text(out, request->use_case);
    ats_avro_put_text(out, request->use_case_version);
    ats_avro_put_text(out, request->owner);
    ats_avro_put_bytes(out, request->decision);
}
