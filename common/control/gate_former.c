/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/gate_former.h"

#include "common/control/body_key.h"

#define FORMER_MEMBERS 4

bool ats_gate_has_former(const struct ats_body_gate *gate)
{
    return gate->former.not_after_ms != 0;
}

bool ats_gate_was_good(const struct ats_body_gate *gate, int64_t time_ms)
{
    return ats_gate_is_valid(gate, time_ms) ||
           (gate->not_before_ms <= time_ms && time_ms < gate->former.not_after_ms);
}

bool ats_gate_take_former(struct ats_body_gate *gate,
                          const uint8_t signing_key[ATS_PUBLIC_KEY_SIZE])
{
    const struct ats_gate_former *former = &gate->former;
    if (!ats_gate_has_former(gate) ||
        memcmp(former->signing_key, signing_key, ATS_PUBLIC_KEY_SIZE) != 0)
        return false;
    memcpy(gate->signing_key, former->signing_key, sizeof(gate->signing_key));
    memcpy(gate->agreement_key, former->agreement_key, sizeof(gate->agreement_key));
    memcpy(gate->certificate, former->certificate, former->certificate_len);
    gate->certificate_len = former->certificate_len;
    gate->not_after_ms = former->not_after_ms;
    return true;
}

enum ats_status ats_gate_former_read(struct ats_body_reader *reader,
                                     struct ats_gate_former *ret_former)
{
    struct ats_body_reader inner;
    json_t *object = ats_body_find(reader, "former", JSON_OBJECT);
    if (!object)
        return ATS_OK;
    ats_body_reader_enter(&inner, object);
    ats_body_get_fixed(&inner, "signing_key", ret_former->signing_key, ATS_PUBLIC_KEY_SIZE);
    ats_body_get_agreement_key(&inner, "agreement_key", ret_former->agreement_key);
    ats_body_get_bytes(&inner, "certificate", ret_former->certificate,
                       sizeof(ret_former->certificate), &ret_former->certificate_len);
    ret_former->not_after_ms = ats_body_find_time(&inner, "not_after");
    enum ats_status status = ats_body_reader_done(&inner);
    return status == ATS_OK && ret_former->not_after_ms == 0 ? ATS_ERR_INVALID : status;
}

size_t ats_gate_former_put(json_t *object, const struct ats_gate_former *former)
{
    if (former->not_after_ms == 0)
        return 0;
    json_t *inner = json_object();
    ats_body_put_bytes(inner, "signing_key", former->signing_key, sizeof(former->signing_key));
    ats_body_put_bytes(inner, "agreement_key", former->agreement_key,
                       sizeof(former->agreement_key));
    ats_body_put_bytes(inner, "certificate", former->certificate, former->certificate_len);
    (void)json_object_set_new(inner, "not_after", json_integer(former->not_after_ms));
    /* Half of it is none: the body then has a member too few, and is not written. */
    if (json_object_size(inner) == FORMER_MEMBERS)
        (void)json_object_set(object, "former", inner);
    json_decref(inner);
    return 1;
}
