/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/body_place.h"

void ats_body_find_place(struct ats_body_reader *reader, const char *key,
                         struct ats_body_place *ret_place)
{
    struct ats_body_reader inner;
    json_t *value = ats_body_find(reader, key, JSON_OBJECT);
    if (!value)
        return;
    ats_body_reader_enter(&inner, value);
    json_int_t count = json_integer_value(ats_body_get(&inner, "count", JSON_INTEGER));
    ats_body_get_fixed(&inner, "chain", ret_place->chain, sizeof(ret_place->chain));
    enum ats_status status = ats_body_reader_done(&inner);
    if (status == ATS_OK && count < 1)
        status = ATS_ERR_INVALID;
    if (status == ATS_OK)
        ret_place->count = (uint64_t)count;
    else if (reader->status == ATS_OK)
        reader->status = status;
}

size_t ats_body_put_place(json_t *object, const char *key, const struct ats_body_place *place)
{
    if (place->count == 0)
        return 0;
    json_t *value = json_object();
    (void)json_object_set_new(value, "count", json_integer((json_int_t)place->count));
    ats_body_put_bytes(value, "chain", place->chain, sizeof(place->chain));
    (void)json_object_set_new(object, key, value);
    return 1;
}

size_t ats_body_put_time(json_t *object, const char *key, int64_t time_ms)
{
    if (time_ms == 0)
        return 0;
    (void)json_object_set_new(object, key, json_integer(time_ms));
    return 1;
}
