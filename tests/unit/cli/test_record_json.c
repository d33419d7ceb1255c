/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/record_json.h"

#include <criterion/criterion.h>

/* `key_id` is a device's or gate's own key wherever the CLI says it. */
Test(record_json, names_the_signers_key_apart_from_a_devices)
{
    struct ats_control_record record = {.kind = ATS_CONTROL_DEVICE,
                                        .name = "dev-a",
                                        .signer = "operator",
                                        .key_id = "0123456789abcdef",
                                        .body = ats_span_text("{\"state\":\"active\"}")};
    json_t *json = ats_record_json(&record);
    cr_assert_str_eq(json_string_value(json_object_get(json, "signer_key_id")), "0123456789abcdef");
    cr_assert_null(json_object_get(json, "key_id"));
    cr_assert_str_eq(json_string_value(json_object_get(json, "state")), "active");
    json_decref(json);
}
