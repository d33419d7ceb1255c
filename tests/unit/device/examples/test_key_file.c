/* SPDX-License-Identifier: Apache-2.0 */
#include "device/examples/key_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* RFC 8410, section 10.3, and the first key of section 10.1. */
static const char private_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n";
static const char public_pem[] = "-----BEGIN PUBLIC KEY-----\n"
                                 "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
                                 "-----END PUBLIC KEY-----\n";
static char path[] = "/tmp/attestream-key-XXXXXX";

static void set_up(void)
{
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    close(file);
}

static void tear_down(void)
{
    (void)unlink(path);
}

TestSuite(key_file, .init = set_up, .fini = tear_down);

static void write_key(const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

Test(key_file, reads_both_kinds)
{
    uint8_t key[32];
    const char *why;
    write_key(private_pem);
    cr_assert(example_read_seed(path, key, &why), "%s", why);
    cr_assert_eq(key[0], 0xd4);
    cr_assert_eq(key[31], 0x42);
    write_key(public_pem);
    cr_assert(example_read_public_key(path, key, &why), "%s", why);
    cr_assert_eq(key[0], 0x19);
    cr_assert_eq(key[31], 0xe1);
}

Test(key_file, refuses_a_secret_that_others_may_read)
{
    uint8_t key[32];
    const char *why;
    write_key(private_pem);
    cr_assert_eq(chmod(path, 0640), 0);
    cr_assert_not(example_read_seed(path, key, &why));
    cr_assert_not_null(strstr(why, "0600"));
}

Test(key_file, refuses_what_is_no_such_key)
{
    char long_text[5000];
    memset(long_text, 'A', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    const char *const texts[] = {
        "",
        private_pem,
        "-----BEGIN PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA!b9E\n-----END PUBLIC KEY-----\n",
        /* X25519, and a byte too many */
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
        "-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuEA\n"
        "-----END PUBLIC KEY-----\n",
        long_text,
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint8_t key[32];
        const char *why = NULL;
        write_key(texts[i]);
        cr_assert_not(example_read_public_key(path, key, &why), "%s", texts[i]);
        cr_assert_not_null(why);
    }
}

Test(key_file, says_why_a_file_cannot_be_read)
{
    uint8_t key[32];
    const char *why;
    cr_assert_not(example_read_public_key("/nowhere", key, &why));
    cr_assert_str_eq(why, "No such file or directory");
}
