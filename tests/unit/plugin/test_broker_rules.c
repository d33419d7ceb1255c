/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/file.h"
#include "plugin/broker_rules.h"
#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[64];
static char path[96];

static void setup(void)
{
    scratch_folder(folder, sizeof(folder), "ats-rules");
    (void)snprintf(path, sizeof(path), "%s/mosquitto.conf", folder);
}

static void teardown(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

TestSuite(broker_rules, .init = setup, .fini = teardown);

static struct ats_broker_rules rules_of(const char *text)
{
    struct ats_broker_rules rules;
    struct ats_error err = {0};
    cr_assert_eq(ats_file_write(path, ats_span_text(text), 0644, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(ats_broker_rules_read(path, &rules, &err), ATS_OK, "%s", err.text);
    return rules;
}

Test(broker_rules, a_broker_with_this_plugin_alone_is_open)
{
    struct ats_broker_rules rules =
        rules_of("listener 1883\nallow_anonymous true\nplugin /x/attestream.so\n");
    cr_assert(rules.open_access);
    cr_assert(rules.open_names);
}

Test(broker_rules, an_acl_file_decides_on_access)
{
    struct ats_broker_rules rules = rules_of("acl_file /x\nallow_anonymous true\nplugin a\n");
    cr_assert_not(rules.open_access);
    cr_assert(rules.open_names);
}

Test(broker_rules, a_password_file_decides_on_names)
{
    struct ats_broker_rules rules =
        rules_of("password_file /x\r\nallow_anonymous true\r\nplugin a\r\n");
    cr_assert(rules.open_access);
    cr_assert_not(rules.open_names);
}

Test(broker_rules, without_anonymous_clients_names_are_not_open)
{
    cr_assert_not(rules_of("listener 1883\nplugin a\n").open_names);
    cr_assert_not(rules_of("listener 1883\nplugin a\n#allow_anonymous true\n").open_names);
    cr_assert(rules_of("plugin a\n").open_names, "a local broker is open");
}

Test(broker_rules, another_plugin_decides_on_both)
{
    struct ats_broker_rules rules = rules_of("plugin a\nallow_anonymous true\nauth_plugin b\n");
    cr_assert_not(rules.open_access);
    cr_assert_not(rules.open_names);
}

Test(broker_rules, settings_per_listener_are_left_to_the_broker)
{
    struct ats_broker_rules rules =
        rules_of("per_listener_settings true\nplugin a\nallow_anonymous true\n");
    cr_assert(rules.per_listener);
    cr_assert_not(rules.open_access);
}

Test(broker_rules, counts_listeners_that_load_no_plugin)
{
    static const struct {
        const char *text;
        unsigned ungoverned;
    } cases[] = {
        {"listener 1883\nplugin a\nlistener 1884\n", 0},
        {"per_listener_settings true\nplugin a\n", 0},
        {"per_listener_settings true\nlistener 1883\nplugin a\nlistener 1884\n", 1},
        {"per_listener_settings true\nlistener 1883\nplugin a\nplugin b\nlistener 1884\n", 1},
        {"per_listener_settings true\nlistener 1883\nplugin a\nlistener 1884\nplugin a\n", 0},
        {"per_listener_settings true\nport 1883\nplugin a\nlistener 1884\n", 1},
        {"per_listener_settings true\nport 1883\nbind_address ::1\nlistener 1884\nplugin a\n", 1},
        {"per_listener_settings true\nplugin a\nlistener 1884\n", 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_assert_eq(rules_of(cases[i].text).ungoverned, cases[i].ungoverned, "%s", cases[i].text);
}

Test(broker_rules, names_from_certificates_are_seen)
{
    cr_assert_not(rules_of("plugin a\n").certificate_names);
    cr_assert_not(rules_of("use_identity_as_username false\n").certificate_names);
    cr_assert(rules_of("use_identity_as_username true\nplugin a\n").certificate_names);
    cr_assert(rules_of("use_subject_as_username true\nplugin a\n").certificate_names);
}

Test(broker_rules, reads_included_files)
{
    char included[128];
    char text[160];
    (void)snprintf(included, sizeof(included), "%s/10.conf", folder);
    cr_assert_eq(ats_file_write(included, ats_span_text("acl_file /x\n"), 0644, NULL), ATS_OK);
    (void)snprintf(text, sizeof(text), "plugin a\ninclude_dir %s\n", folder);
    (void)snprintf(path, sizeof(path), "%s/main", folder);
    cr_assert_not(rules_of(text).open_access);
    (void)unlink(included);
}

Test(broker_rules, a_file_that_cannot_be_read_opens_nothing)
{
    struct ats_broker_rules rules;
    cr_assert_eq(ats_broker_rules_read("/nowhere", &rules, NULL), ATS_ERR_NOT_FOUND);
    cr_assert_not(rules.open_access || rules.open_names);
}
