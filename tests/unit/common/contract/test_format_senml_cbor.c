/* SPDX-License-Identifier: Apache-2.0 */
/* SenML in CBOR. Packs stand as hexadecimal digits; what follows from records alone is in test_format_senml.c. */
#include "tests/unit/common/contract/senml_support.h"

#define BYTES_MAX 65536

static void setup(void)
{
    senml_setup("senml-cbor", ", senml: {names: {temp: data.temp}}");
}

TestSuite(format_senml_cbor, .init = setup, .fini = senml_teardown);

/* The bytes of digits, spaces apart as one likes; until the next call. */
static struct ats_span bytes_of(const char *hex)
{
    static uint8_t bytes[BYTES_MAX];
    size_t len = 0;
    for (const char *at = hex; *at;) {
        unsigned byte = 0;
        int used = 0;
        if (*at == ' ') {
            at++;
            continue;
        }
        cr_assert_eq(sscanf(at, "%2x%n", &byte, &used), 1, "%s", at);
        bytes[len++] = (uint8_t)byte;
        at += used;
    }
    return ats_span_of(bytes, len);
}

#define ASSERT_EVENTS(hex, ...)                                                                    \
    assert_events(bytes_of(hex), (const char *const[]){__VA_ARGS__, NULL})

/* {0: "voltage", 2: ...} */
#define VOLTAGE "00 67 766f6c74616765 02"
#define COUNT "00 65 636f756e74 02"
#define NOW "\"t\":1700000000.123}"

/* Section 6. */
Test(format_senml_cbor, the_rfcs_example_is_read)
{
    ASSERT_EVENTS(
        "87a721781b75726e3a6465763a6f773a3130653230373361303130383030363a"
        "22fb41d303a15b00106223614120050067766f6c7461676501615602fb405e06"
        "6666666666a3006763757272656e74062402fb3ff3333333333333a300676375"
        "7272656e74062302fb3ff4cccccccccccda3006763757272656e74062202fb3f"
        "f6666666666666a3006763757272656e74062102f93e00a3006763757272656e"
        "74062002fb3ff999999999999aa3006763757272656e74060002fb3ffb333333"
        "a0300d",
        "{\"current\":1.2,\"t\":1276020071.001}", "{\"current\":1.3,\"t\":1276020072.001}",
        "{\"current\":1.4,\"t\":1276020073.001}", "{\"current\":1.5,\"t\":1276020074.001}",
        "{\"current\":1.6,\"t\":1276020075.001}",
        "{\"voltage\":120.1,\"current\":1.7,\"t\":1276020076.001}");
}

Test(format_senml_cbor, numbers_of_each_size_are_read)
{
    ASSERT_EVENTS("81 a2" COUNT "17", "{\"count\":23," NOW);
    ASSERT_EVENTS("81 a2" COUNT "18ff", "{\"count\":255," NOW);
    ASSERT_EVENTS("81 a2" COUNT "190100", "{\"count\":256," NOW);
    ASSERT_EVENTS("81 a2" COUNT "1a00010000", "{\"count\":65536," NOW);
    ASSERT_EVENTS("81 a2" COUNT "1b7fffffffffffffff", "{\"count\":9223372036854775807," NOW);
    ASSERT_EVENTS("81 a2" COUNT "3b7fffffffffffffff", "{\"count\":-9223372036854775808," NOW);
    ASSERT_EVENTS("81 a2" COUNT "20", "{\"count\":-1," NOW);
    ASSERT_EVENTS("81 a2" COUNT "1b0000000000000005", "{\"count\":5," NOW);
    ASSERT_EVENTS("81 a2" VOLTAGE "1bffffffffffffffff", "{\"voltage\":18446744073709551615," NOW);
    ASSERT_EVENTS("81 a2" VOLTAGE "3bffffffffffffffff", "{\"voltage\":-18446744073709551616," NOW);
    ASSERT_EVENTS("81 a2" VOLTAGE "f93e00", "{\"voltage\":1.5," NOW);
    ASSERT_EVENTS("81 a2" VOLTAGE "f97bff", "{\"voltage\":65504," NOW);
    ASSERT_EVENTS("81 a2" VOLTAGE "f98001", "{\"voltage\":-5.960464477539063e-8," NOW);
    ASSERT_EVENTS("81 a2" VOLTAGE "fa3fc00000", "{\"voltage\":1.5," NOW);
    ASSERT_EVENTS("81 a2" VOLTAGE "fb405e066666666666", "{\"voltage\":120.1," NOW);
}

Test(format_senml_cbor, decimal_fractions_are_read)
{
    ASSERT_EVENTS("81 a2" VOLTAGE "c4 82 21 196ab3", "{\"voltage\":273.15," NOW);
    ASSERT_EVENTS("81 a2" VOLTAGE "c4 82 02 22", "{\"voltage\":-300," NOW);
    ASSERT_EVENTS("81 a2" VOLTAGE "c4 82 39ffff 01", "{\"voltage\":0," NOW);
    ASSERT_EVENTS("81 a2" VOLTAGE "c4 82 19ffff 00", "{\"voltage\":0," NOW);
    ASSERT_EVENTS("81 a2" VOLTAGE "c4 82 38fe 1bffffffffffffffff",
                  "{\"voltage\":18446744073709551615e-255," NOW);
    ASSERT_EVENTS("81 a2" VOLTAGE "c4 82 00 3bffffffffffffffff",
                  "{\"voltage\":-18446744073709551616," NOW);
}

Test(format_senml_cbor, texts_bytes_and_booleans_are_read)
{
    ASSERT_EVENTS(
        "83 a2 00 65 6c6162656c 03 62 c3a4 a2 00 64 6f70656e 04 f5 a2 00 63 726177 08 43 00ff7f",
        "{\"label\":\"\\u00e4\",\"open\":true,\"raw\":\"\\u0000\\u00ff\\u007f\"," NOW);
}

Test(format_senml_cbor, arrays_and_maps_of_unknown_length_are_read)
{
    ASSERT_EVENTS("9f bf" VOLTAGE "01 ff ff", "{\"voltage\":1," NOW);
    ASSERT_EVENTS("9f a2" VOLTAGE "01 ff", "{\"voltage\":1," NOW);
    ASSERT_EVENTS("9801 b802" VOLTAGE "01", "{\"voltage\":1," NOW);
}

Test(format_senml_cbor, other_fields_are_passed_over)
{
    ASSERT_EVENTS("81 a5" VOLTAGE "01 61 78 01 19 0100 61 79 3a 00000063 f4",
                  "{\"voltage\":1," NOW);
}

static const struct {
    const char *hex;
    enum ats_rule rule;
} bad_cases[] = {
    {"81", ATS_RULE_CBOR_SYNTAX},
    {"82 a2" VOLTAGE "01", ATS_RULE_CBOR_SYNTAX},
    {"81 a2" VOLTAGE "01 00", ATS_RULE_CBOR_SYNTAX},
    {"81 a2" VOLTAGE "1c", ATS_RULE_CBOR_SYNTAX},
    {"81 a2" VOLTAGE "1f", ATS_RULE_CBOR_SYNTAX},
    {"81 a2" VOLTAGE "df", ATS_RULE_CBOR_SYNTAX},
    {"81 a2" VOLTAGE "1901", ATS_RULE_CBOR_SYNTAX},
    {"81 a2" VOLTAGE "f800", ATS_RULE_CBOR_SYNTAX},
    {"81 a2" VOLTAGE "ff", ATS_RULE_CBOR_SYNTAX},
    {"81 bf" VOLTAGE "01", ATS_RULE_CBOR_SYNTAX},
    {"81 bf 00 ff", ATS_RULE_CBOR_SYNTAX},
    {"9bffffffffffffffff a2" VOLTAGE "01", ATS_RULE_CBOR_SYNTAX},
    {"81 a1 00 7b7fffffffffffffff 61", ATS_RULE_CBOR_SYNTAX},
    {"81 a1 1f 01", ATS_RULE_CBOR_SYNTAX},
    {"81 a2 00 62 c328 02 01", ATS_RULE_UTF8},
    {"81 a3" VOLTAGE "01 02 02", ATS_RULE_CBOR_DUPLICATE_KEY},
    {"81 a3" VOLTAGE "01 1802 02", ATS_RULE_CBOR_DUPLICATE_KEY},
    {"81 a4" VOLTAGE "01 6178 01 7801 78 02", ATS_RULE_CBOR_DUPLICATE_KEY},
    {"81 a4" VOLTAGE "01 1863 01 1863 02", ATS_RULE_CBOR_DUPLICATE_KEY},
    {"00", ATS_RULE_SENML},
    {"a2" VOLTAGE "01", ATS_RULE_SENML},
    {"81 00", ATS_RULE_SENML},
    {"81 80", ATS_RULE_SENML},
    {"81 a1 40 01", ATS_RULE_SENML},
    {"81 a1 61 6e 61 61", ATS_RULE_SENML},
    {"81 a1 62 785f 01", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "f6", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "f7", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "f820", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "80", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "a0", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "61 31", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "c1 01", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "c2 41 01", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "c4 01", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "c4 83 00 00 00", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "c4 9f 00 00 ff", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "c4 82 00 c2 41 01", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "c4 82 19ffff 01", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "f97c00", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "f9fc00", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "f97e00", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "fa7f800000", ATS_RULE_SENML},
    {"81 a2" VOLTAGE "fb7ff8000000000000", ATS_RULE_SENML},
    {"81 a2 00 7f 61 61 ff 02 01", ATS_RULE_SENML},
    {"81 a2 00 63 726177 08 63 414243", ATS_RULE_SENML},
    {"81 a3 20 f94500" VOLTAGE "01", ATS_RULE_SENML},
    {"80", ATS_RULE_BATCH},
    {"81 a1 21 61 61", ATS_RULE_BATCH},
};

Test(format_senml_cbor, what_is_no_pack_is_malformed)
{
    for (size_t i = 0; i < sizeof(bad_cases) / sizeof(bad_cases[0]); i++)
        cr_assert_eq(judge_pack(bytes_of(bad_cases[i].hex)), bad_cases[i].rule, "%s: %s (%s)",
                     bad_cases[i].hex, ats_rule_name(verdict.rule), verdict.text);
}

/* Cut anywhere, it is broken there. */
Test(format_senml_cbor, each_byte_counts)
{
    struct ats_span pack = bytes_of("82 a4 21 62 643a 22 fb41d303a15b001062" VOLTAGE
                                    "f93e00 a3 00 65 6c6162656c 06 21 03 62 c3a4");
    cr_assert_eq(judge_pack(pack), ATS_RULE_NONE, "%s", verdict.text);
    for (size_t len = 1; len < pack.len; len++) {
        enum ats_rule rule = judge_pack(ats_span_of(pack.data, len));
        cr_assert_eq(rule, ATS_RULE_CBOR_SYNTAX, "%zu: %s", len, ats_rule_name(rule));
    }
}

Test(format_senml_cbor, an_event_is_kept_with_its_bytes)
{
    struct ats_span pack = bytes_of("82 a3" VOLTAGE "01 06 20 a3 00 64 74656d70 02 1851 06 21");
    cr_assert_eq(judge_pack(pack), ATS_RULE_NONE);
    cr_assert_eq(judge_event(0), ATS_RULE_RANGE);
    struct ats_span bytes = ats_batch_item(batch, 0);
    cr_assert(bytes.data == pack.data + 15 && bytes.len == 12, "%zu bytes", bytes.len);
}

Test(format_senml_cbor, many_unknown_fields_are_refused)
{
    char hex[4096] = "81 b812" VOLTAGE "01";
    for (size_t i = 0; i < 16; i++)
        (void)snprintf(hex + strlen(hex), sizeof(hex) - strlen(hex), "18%02zx 01", 32 + i);
    cr_assert_eq(judge_pack(bytes_of(hex)), ATS_RULE_NONE, "%s", verdict.text);
    hex[6] = '3';
    (void)strcat(hex, "1899 01");
    cr_assert_eq(judge_pack(bytes_of(hex)), ATS_RULE_SENML);
}
