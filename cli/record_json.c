/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/record_json.h"

#include "common/base/clock.h"

json_t *ats_record_json(const struct ats_control_record *record)
{
    char time[ATS_RFC3339_SIZE];
    ats_clock_format_rfc3339(record->time_ms, time);
    json_t *object =
        json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "kind", ats_control_kind_name(record->kind),
                  "name", record->name, "revision", (json_int_t)record->revision, "signer",
                  record->signer, "signer_key_id", record->key_id, "time", time);
    json_t *body = json_loadb((const char *)record->body.data, record->body.len, 0, NULL);
    if (json_is_object(body))
        (void)json_object_update(object, body);
    json_decref(body);
    return object;
}
