/* SPDX-License-Identifier: Apache-2.0 */
#include "device/name.h"

#include <criterion/criterion.h>
#include <string.h>

static bool valid(const char *name)
{
    return ats_name_valid(name, strlen(name));
}

Test(name, takes_what_people_call_their_machines)
{
    static const char *const names[] = {
        "a",
        "press-7",
        "hall 2",
        "b8:27:eb:bf:9d:51",
        "a/b\"c\\d",
        "Prüfstand",
        "压力机",
        "\xF0\x9F\x8F\xAD",         /* a factory */
        "\xC2\xA0",                 /* the first character behind the control characters */
        "\xF4\x8F\xBF\xBF",         /* U+10FFFF */
        "\xED\x9F\xBF\xEE\x80\x80", /* on both sides of the surrogates */
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_assert(valid(names[i]), "%s", names[i]);
}

Test(name, refuses_what_is_no_text)
{
    static const char *const names[] = {
        "",
        "a\nb",
        "\x7F",
        "\x1B[2J",
        "\xC2\x80",         /* U+0080, a control character */
        "\xC2\x9F",         /* U+009F, the last one */
        "\x80",             /* begins in the middle */
        "\xC0\x80",         /* NUL, too long */
        "\xC1\xBF",         /* too long */
        "\xE0\x9F\xBF",     /* too long */
        "\xED\xA0\x80",     /* a surrogate */
        "\xF0\x8F\xBF\xBF", /* too long */
        "\xF4\x90\x80\x80", /* beyond U+10FFFF */
        "\xF5\x80\x80\x80",
        "\xFF",
        "\xC3",         /* cut */
        "\xE2\x82",     /* cut */
        "\xE2\x82y",    /* broken */
        "\xF0\x9F\x8F", /* cut */
        "\xC3x",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_assert_not(valid(names[i]), "name %zu", i);
    cr_assert_not(ats_name_valid("a\0b", 3));
}

Test(name, refuses_what_reads_as_another_name)
{
    static const char *const names[] = {
        " ",
        " a",
        "a ",
        "a\xE2\x80\xAE"
        "b",
        "a\xE2\x80\x8F",
        "\xE2\x81\xA6"
        "a",
        "a\xE2\x80\xA8"
        "b",
        "\xD8\x9C"
        "a",
        "a\xC2\xAD",     /* soft hyphen */
        "a\xE2\x80\x8B", /* zero width space */
        "a\xE2\x80\x8D", /* zero width joiner */
        "a\xE2\x81\xA0", /* word joiner */
        "\xEF\xBB\xBF"
        "a", /* byte order mark */
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_assert_not(valid(names[i]), "name %zu", i);
    cr_assert(valid("\xC2\xAC\xC2\xAE"));         /* on both sides of the soft hyphen */
    cr_assert(valid("\xE2\x80\x8A\xE2\x80\x90")); /* of the spaces without width */
    cr_assert(valid("\xE2\x81\x9F\xE2\x81\xA1")); /* of the word joiner */
    cr_assert(valid("\xEF\xBB\xBE\xEF\xBC\x80")); /* of the byte order mark */
    cr_assert(valid("aa:bb:cc:00"));
    cr_assert(valid("press 7"));
}

Test(name, has_at_most_128_bytes)
{
    char name[129];
    memset(name, 'n', sizeof(name));
    cr_assert(ats_name_valid(name, 128));
    cr_assert_not(ats_name_valid(name, 129));
}

Test(name, a_key_id_is_16_digits_in_lower_case)
{
    cr_assert(ats_key_id_valid("0123456789abcdef", 16));
    cr_assert_not(ats_key_id_valid("0123456789ABCDEF", 16));
    cr_assert_not(ats_key_id_valid("0123456789abcdeg", 16));
    cr_assert_not(ats_key_id_valid("0123456789abcde", 15));
    cr_assert_not(ats_key_id_valid("0123456789abcdef0", 17));
    cr_assert_not(ats_key_id_valid("", 0));
}
