/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/body_policy.h"

#include "common/control/body_json.h"
#include "common/control/body_place.h"

static bool parse_kinds(json_t *names, uint32_t *ret_kinds)
{
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name)
    {
        enum ats_control_kind kind;
        const char *text = json_string_value(name);
        if (!text || ats_control_kind_parse(ats_span_text(text), &kind) != ATS_OK)
            return false;
        uint32_t bit = UINT32_C(1) << kind;
        if ((bit & ATS_OPERATOR_KINDS) == 0 || (bit & *ret_kinds) != 0)
            return false;
        *ret_kinds |= bit;
    }
    return true;
}

enum ats_status ats_body_policy_parse(struct ats_span body, struct ats_body_policy *ret_policy)
{
    struct ats_body_reader reader;
    *ret_policy = (struct ats_body_policy){.hourly = ATS_POLICY_UNLIMITED};
    ats_body_reader_open(&reader, body);
    bool legal = parse_kinds(ats_body_get(&reader, "critical", JSON_ARRAY), &ret_policy->critical);
    json_t *hourly = ats_body_find(&reader, "hourly", JSON_INTEGER);
    if (hourly) {
        json_int_t number = json_integer_value(hourly);
        legal = legal && number >= 0 && number <= ATS_POLICY_HOURLY_MAX;
        ret_policy->hourly = (uint64_t)number;
    }
    ats_body_find_place(&reader, "stands_until", &ret_policy->stands_until);
    enum ats_status status = ats_body_reader_done(&reader);
    return status == ATS_OK && !legal ? ATS_ERR_INVALID : status;
}

enum ats_status ats_body_policy_format(const struct ats_body_policy *policy, struct ats_buf *out)
{
    json_t *object = json_object();
    json_t *kinds = json_array();
    size_t members = 1;
    for (int kind = 0; kind < ATS_CONTROL_KIND_COUNT; kind++)
        if (policy->critical & (UINT32_C(1) << kind))
            (void)json_array_append_new(
                kinds, json_string(ats_control_kind_name((enum ats_control_kind)kind)));
    (void)json_object_set_new(object, "critical", kinds);
    if (policy->hourly != ATS_POLICY_UNLIMITED) {
        (void)json_object_set_new(object, "hourly", json_integer((json_int_t)policy->hourly));
        members++;
    }
    members += ats_body_put_place(object, "stands_until", &policy->stands_until);
    return ats_body_write(object, members, out);
}
