/* SPDX-License-Identifier: Apache-2.0 */
/* Where a Schema Registry's address and secrets come from, and what is said of wrong ones. */
#include "cli/schema_registry_settings.h"

#include "tests/unit/scratch.h"

#include <sys/stat.h>

static char folder[256];
static char file[300];
static struct ats_error err;
static struct ats_schema_registry_settings settings;

static void begin(void)
{
    scratch_folder(folder, sizeof(folder), "registry-settings");
    (void)snprintf(file, sizeof(file), "%s/schema-registry.properties", folder);
}

static void end(void)
{
    ats_schema_registry_settings_fini(&settings);
    scratch_remove(folder);
}

TestSuite(schema_registry_settings, .init = begin, .fini = end);

static void write_file(const char *text, mode_t mode)
{
    FILE *to = fopen(file, "w");
    cr_assert_not_null(to);
    cr_assert(fputs(text, to) >= 0 && fclose(to) == 0);
    cr_assert_eq(chmod(file, mode), 0);
}

static enum ats_status read_settings(const char *url)
{
    const struct ats_cli cli = {.fleet = folder, .schema_registry = url};
    return ats_schema_registry_settings_read(&cli, &settings, &err);
}

static void assert_said(const char *text, mode_t mode, const char *part)
{
    write_file(text, mode);
    cr_assert_eq(read_settings(NULL), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, part), "'%s' does not say '%s'", err.text, part);
    cr_assert_null(strstr(err.text, "geheim"), "%s", err.text);
}

Test(schema_registry_settings, without_any_there_is_no_registry)
{
    cr_assert_eq(read_settings(NULL), ATS_OK);
    cr_assert_eq(settings.url_count, 0);
}

Test(schema_registry_settings, come_from_the_fleets_folder)
{
    write_file("# ours\n url = https://a:8081/ , https://b \n"
               "basic.auth.user.info=ann:geheim=1\nssl.ca.location=/ca.pem\ncompatibility=NONE\n",
               0600);
    cr_assert_eq(read_settings(NULL), ATS_OK, "%s", err.text);
    cr_assert_eq(settings.url_count, 2);
    cr_assert_str_eq(settings.urls[0], "https://a:8081");
    cr_assert_str_eq(settings.urls[1], "https://b");
    cr_assert_str_eq(settings.user_info, "ann:geheim=1");
    cr_assert_str_eq(settings.ca, "/ca.pem");
    cr_assert_str_eq(settings.compatibility, "NONE");
}

Test(schema_registry_settings, a_url_that_is_given_goes_before_the_files)
{
    write_file("url=http://a\nbearer.auth.token=geheim\n", 0600);
    cr_assert_eq(read_settings("https://c"), ATS_OK, "%s", err.text);
    cr_assert_eq(settings.url_count, 1);
    cr_assert_str_eq(settings.urls[0], "https://c");
    cr_assert_str_eq(settings.bearer, "geheim");
}

Test(schema_registry_settings, none_means_none_whatever_the_file_says)
{
    write_file("url=http://a\n", 0600);
    cr_assert_eq(read_settings("none"), ATS_OK);
    cr_assert_eq(settings.url_count, 0);
    cr_assert(settings.declined);
}

Test(schema_registry_settings, a_file_with_a_secret_is_its_owners_alone)
{
    assert_said("url=http://a\nbasic.auth.user.info=ann:geheim\n", 0640, ":2: ");
    assert_said("url=http://a\nbasic.auth.user.info=ann:geheim\n", 0640, "mode 0600");
    write_file("url=http://a\n", 0644);
    cr_assert_eq(read_settings(NULL), ATS_OK, "%s", err.text);
}

Test(schema_registry_settings, a_secret_goes_over_tls_or_stays_within_the_machine)
{
    static const char *const secrets[] = {"basic.auth.user.info=ann:geheim\n",
                                          "bearer.auth.token=geheim\n"};
    static const char *const bad[] = {
        "http://a",           "https://a,http://b:81", "http://127.evil.example",
        "http://128.0.0.1",   "http://[::1]x",         "http://[::2]",
        "http://localhost.a", "http:///localhost",     "http://127.0.0.1.a.very.long.name.example"};
    static const char *const good[] = {"https://a", "http://localhost:8081/x,https://b",
                                       "http://127.0.0.1:8081,http://[::1]:8081", "http://[::1]"};
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        char text[128];
        (void)snprintf(text, sizeof(text), "url=http://a\n%s", secrets[i]);
        assert_said(text, 0600,
                    "(allowed: https:// where a secret is given, or a loopback address)");
        for (size_t j = 0; j < sizeof(bad) / sizeof(bad[0]); j++) {
            cr_assert_eq(read_settings(bad[j]), ATS_ERR_CONFIG, "%s", bad[j]);
            cr_assert_not_null(strstr(err.text, "loopback"), "%s", err.text);
        }
        for (size_t j = 0; j < sizeof(good) / sizeof(good[0]); j++) {
            cr_assert_eq(read_settings(good[j]), ATS_OK, "%s", err.text);
            ats_schema_registry_settings_fini(&settings);
        }
    }
    write_file("url=http://a\nssl.key.password=geheim\n", 0600);
    cr_assert_eq(read_settings(NULL), ATS_OK, "%s", err.text);
}

Test(schema_registry_settings, wrong_lines_are_told_by_their_place)
{
    assert_said("url=http://a\nbasic.auth.user.inf=geheim\n", 0600,
                ":2: unknown property 'basic.auth.user.inf', did you mean 'basic.auth.user.info'?");
    assert_said("url=http://a\ngeheim\n", 0600, ":2: expected PROPERTY=VALUE");
    assert_said("url=http://a\nurl=http://b\n", 0600, ":2: property 'url': is given twice");
    assert_said("url=http://a\nbearer.auth.token=\n", 0600, "has no value");
    assert_said("url=http://a\ncompatibility=SOME\n", 0600, "(allowed: NONE, BACKWARD");
    assert_said("ssl.ca.location=/ca.pem\n", 0600, "schema.registry.url");
}

Test(schema_registry_settings, a_url_has_no_secret_and_no_query)
{
    static const char *const wrong[] = {"ftp://a",      "a:8081",          "http://ann:geheim@a",
                                        "http://a?x=1", "https://",        "http://a b",
                                        "http://a\rb",  "http://a\xc3\xa9"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cr_assert_eq(read_settings(wrong[i]), ATS_ERR_CONFIG, "%s", wrong[i]);
        cr_assert_not_null(strstr(err.text, "(allowed: http://"), "%s", err.text);
        cr_assert_null(strstr(err.text, "geheim"), "%s", err.text);
    }
}
