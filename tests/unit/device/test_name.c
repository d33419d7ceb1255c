/* SPDX-License-Identifier: Apache-2.0 */
#include "device/name.h"

#include <criterion/criterion.h>
#include <stdlib.h>
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
        "\xC2\xA1",                 /* behind the control characters and their space */
        "\xF3\x9F\xBF\xBD",         /* U+DFFFD, before the tags */
        "\xED\x9F\xBF\xEF\xA4\x80", /* on both sides of surrogates and private use */
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
    cr_assert(valid("aa:bb:cc:00"));
    cr_assert(valid("press 7"));
}

/* By the properties that docs/device-protocol.md names, each written out by itself: ranges from, to, in hexadecimal. */
static const char *const refused[] = {
    /* Cc, Cs */ "0-1f 7f-9f d800-dfff",
    /* Zs, Zl, Zp */ "a0 1680 2000-200a 2028 2029 202f 205f 3000",
    /* Default_Ignorable_Code_Point, those of category Cf */
    "ad 61c 180e 200b-200f 202a-202e 2060-2064 2066-206f feff 1bca0-1bca3 1d173-1d17a e0001 "
    "e0020-e007f",
    /* the same property: variation selectors */ "180b-180d 180f fe00-fe0f e0100-e01ef",
    /* the same: fillers, joiners, and what is kept for more */
    "34f 115f-1160 17b4-17b5 2065 3164 ffa0 fff0-fff8 e0000 e0002-e001f e0080-e00ff e01f0-e0fff",
    /* Co */ "e000-f8ff f0000-ffffd 100000-10fffd",
    /* noncharacters */
    "fdd0-fdef fffe-ffff 1fffe-1ffff 2fffe-2ffff 3fffe-3ffff 4fffe-4ffff 5fffe-5ffff 6fffe-6ffff "
    "7fffe-7ffff 8fffe-8ffff "
    "9fffe-9ffff afffe-affff bfffe-bffff cfffe-cffff dfffe-dffff efffe-effff ffffe-fffff "
    "10fffe-10ffff",
    /* three that show nothing */ "2800 fff9-fffb 1d159",
};

static unsigned char is_refused[0x110000];

static void refuse_all(const char *ranges)
{
    char *end = NULL;
    for (; *ranges; ranges = *end ? end + 1 : end) {
        unsigned long first = strtoul(ranges, &end, 16);
        unsigned long last = *end == '-' ? strtoul(end + 1, &end, 16) : first;
        memset(is_refused + first, 1, last - first + 1);
    }
}

/* Between two letters, so that a space is in the middle. Surrogates, too, in the form that they would have. */
static size_t put(uint32_t point, char *name)
{
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len; i > 1; i--, point >>= 6)
        name[i] = (char)(0x80 | (point & 0x3F));
    name[0] = name[len + 1] = 'a';
    name[1] = (char)(lead[len] | point);
    return len + 2;
}

Test(name, takes_of_all_code_points_those_alone_that_are_seen)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        refuse_all(refused[i]);
    for (uint32_t point = 0; point < 0x110000; point++) {
        char name[8];
        size_t len = put(point, name);
        cr_assert_neq(ats_name_valid(name, len), is_refused[point], "U+%04X", point);
    }
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
