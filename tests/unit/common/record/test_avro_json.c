/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/avro.h"
#include "common/record/avro_json.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static const char schema[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"flag\",\"type\":\"boolean\"},"
    "{\"name\":\"count\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},"
    "{\"name\":\"level\",\"type\":{\"type\":\"enum\",\"name\":\"L\",\"symbols\":[\"low\",\"high\"]}"
    "},"
    "{\"name\":\"reals\",\"type\":{\"type\":\"array\",\"items\":\"double\"}},"
    "{\"name\":\"note\",\"type\":[\"null\",\"string\"]},"
    "{\"name\":\"raw\",\"type\":\"bytes\"}]}";

static void put_record(struct ats_buf *buf, const char *note)
{
    ats_avro_put_boolean(buf, true);
    ats_avro_put_long(buf, INT64_C(-9007199254740993));
    ats_avro_put_long(buf, 1);
    ats_avro_put_long(buf, 3);
    ats_avro_put_double(buf, 0.1);
    ats_avro_put_double(buf, (double)NAN);
    ats_avro_put_double(buf, -(double)INFINITY);
    ats_avro_put_long(buf, 0);
    ats_avro_put_optional_text(buf, note);
    ats_avro_put_bytes(buf, ats_span_text("\x01\xff"));
}

static void assert_json(struct ats_avro_json *decoder, struct ats_span body, const char *expected)
{
    json_t *json = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_avro_json_decode(decoder, body, &json, &err), ATS_OK, "%s", err.text);
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15));
    cr_assert_str_eq(text, expected);
    free(text);
    json_decref(json);
}

static struct ats_avro_json *new_decoder(void)
{
    struct ats_avro_json *decoder = NULL;
    cr_assert_eq(ats_avro_json_new(ats_span_text(schema), &decoder, NULL), ATS_OK);
    return decoder;
}

Test(avro_json, writes_every_type_as_a_person_expects_it)
{
    struct ats_avro_json *decoder = new_decoder();
    struct ats_buf buf;
    ats_buf_init(&buf, 4096);
    put_record(&buf, "hello");
    assert_json(decoder, ats_buf_span(&buf),
                "{\"flag\":true,\"count\":-9007199254740993,\"level\":\"high\","
                "\"reals\":[0.1,\"NaN\",\"-Infinity\"],\"note\":\"hello\",\"raw\":\"Af8=\"}");
    ats_buf_clear(&buf);
    put_record(&buf, NULL);
    assert_json(decoder, ats_buf_span(&buf),
                "{\"flag\":true,\"count\":-9007199254740993,\"level\":\"high\","
                "\"reals\":[0.1,\"NaN\",\"-Infinity\"],\"note\":null,\"raw\":\"Af8=\"}");
    ats_buf_fini(&buf);
    ats_avro_json_free(decoder);
}

Test(avro_json, refuses_a_body_that_is_cut_or_too_long)
{
    struct ats_avro_json *decoder = new_decoder();
    struct ats_buf buf;
    json_t *json = NULL;
    ats_buf_init(&buf, 4096);
    put_record(&buf, "hello");
    for (size_t cut = 0; cut < buf.len; cut++)
        cr_assert_eq(ats_avro_json_decode(decoder, ats_span_of(buf.data, cut), &json, NULL),
                     ATS_ERR_MALFORMED);
    ats_buf_append_byte(&buf, 0);
    cr_assert_eq(ats_avro_json_decode(decoder, ats_buf_span(&buf), &json, NULL), ATS_ERR_MALFORMED);
    ats_buf_fini(&buf);
    ats_avro_json_free(decoder);
}

Test(avro_json, refuses_a_text_that_is_not_utf8)
{
    struct ats_avro_json *decoder = new_decoder();
    struct ats_buf buf;
    json_t *json = NULL;
    ats_buf_init(&buf, 4096);
    put_record(&buf, "\xff\xfe");
    cr_assert_eq(ats_avro_json_decode(decoder, ats_buf_span(&buf), &json, NULL), ATS_ERR_MALFORMED);
    ats_buf_fini(&buf);
    ats_avro_json_free(decoder);
}

Test(avro_json, an_endless_array_of_nulls_ends)
{
    struct ats_avro_json *decoder = NULL;
    struct ats_buf buf;
    json_t *json = NULL;
    ats_buf_init(&buf, 64);
    cr_assert_eq(
        ats_avro_json_new(ats_span_text("{\"type\":\"array\",\"items\":\"null\"}"), &decoder, NULL),
        ATS_OK);
    ats_avro_put_long(&buf, INT64_MAX);
    ats_avro_put_long(&buf, 0);
    cr_assert_eq(ats_avro_json_decode(decoder, ats_buf_span(&buf), &json, NULL), ATS_ERR_MALFORMED);
    ats_buf_fini(&buf);
    ats_avro_json_free(decoder);
}

Test(avro_json, reads_maps_fixed_and_blocks_with_a_size)
{
    static const char text[] =
        "{\"type\":\"record\",\"name\":\"M\",\"fields\":["
        "{\"name\":\"map\",\"type\":{\"type\":\"map\",\"values\":\"int\"}},"
        "{\"name\":\"fix\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}},"
        "{\"name\":\"list\",\"type\":{\"type\":\"array\",\"items\":\"boolean\"}}]}";
    struct ats_avro_json *decoder = NULL;
    struct ats_buf buf;
    ats_buf_init(&buf, 256);
    cr_assert_eq(ats_avro_json_new(ats_span_text(text), &decoder, NULL), ATS_OK);
    ats_avro_put_long(&buf, 1);
    ats_avro_put_text(&buf, "k");
    ats_avro_put_long(&buf, 7);
    ats_avro_put_long(&buf, 0);
    ats_buf_append(&buf, "ab", 2);
    ats_avro_put_long(&buf, -2);
    ats_avro_put_long(&buf, 2);
    ats_avro_put_boolean(&buf, true);
    ats_avro_put_boolean(&buf, false);
    ats_avro_put_long(&buf, 0);
    assert_json(decoder, ats_buf_span(&buf),
                "{\"map\":{\"k\":7},\"fix\":\"YWI=\",\"list\":[true,false]}");
    ats_buf_fini(&buf);
    ats_avro_json_free(decoder);
}

Test(avro_json, refuses_what_is_no_schema)
{
    struct ats_avro_json *decoder = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_avro_json_new(ats_span_text("{\"type\":"), &decoder, &err), ATS_ERR_INVALID);
    cr_assert_null(decoder);
}
