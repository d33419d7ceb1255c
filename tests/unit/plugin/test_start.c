/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator is told when the gate cannot start. */
#include "tests/unit/plugin/gate_fixture.h"

#include <sys/stat.h>

static void setup(void)
{
    fixture_begin();
}

TestSuite(start, .init = setup, .fini = fixture_end);

/* The error of a start that must fail, with every part that an operator needs. */
static void fails_with(const char *name, const char *value, const char *const *parts)
{
    struct ats_gate_option option = {name, value};
    cr_assert_neq(open_gate_with(&option, name ? 1 : 0), ATS_OK);
    for (; *parts; parts++)
        cr_assert_not_null(strstr(fix.err.text, *parts), "'%s' lacks '%s'", fix.err.text, *parts);
}

Test(start, an_unknown_option_names_the_nearest)
{
    const char *const parts[] = {"plugin_opt_recepts", "receipts", NULL};
    fails_with("recepts", "true", parts);
}

Test(start, a_bad_value_names_what_is_allowed)
{
    const char *const mode[] = {"plugin_opt_mode", "strict", "enforce", "observe", NULL};
    fails_with("mode", "strict", mode);
    const char *const sync[] = {"plugin_opt_journal_sync_interval", "1y", NULL};
    fails_with("journal_sync_interval", "1y", sync);
    const char *const size[] = {"plugin_opt_journal_size", "1KiB", NULL};
    fails_with("journal_size", "1KiB", size);
    const char *const exclusive[] = {"plugin_opt_exclusive", "maybe", "true", "false", NULL};
    fails_with("exclusive", "maybe", exclusive);
}

Test(start, errors_about_kafka_name_the_option)
{
    const char *const prefix[] = {"plugin_opt_topic_prefix", "bad/prefix !", "letters", NULL};
    fails_with("topic_prefix", "bad/prefix !", prefix);
    const char *const config[] = {"plugin_opt_kafka_config", "/nonexistent/k", "allowed", NULL};
    struct ats_gate_option option = {"kafka_config", "/nonexistent/k"};
    cr_assert_eq(open_gate_with(&option, 1), ATS_OK);
    cr_assert_neq(ats_gate_run(fix.gate, &fix.err), ATS_OK);
    for (const char *const *part = config; *part; part++)
        cr_assert_not_null(strstr(fix.err.text, *part), "'%s' lacks '%s'", fix.err.text, *part);
}

Test(start, a_group_that_no_topic_can_carry_names_its_option)
{
    const char *const parts[] = {"plugin_opt_processor_group", "a/b", "letters", NULL};
    fails_with("processor_group", "a/b", parts);
    char name[ATS_NAME_MAX + 2] = "";
    memset(name, 'g', ATS_NAME_MAX + 1);
    const char *const length[] = {"plugin_opt_processor_group", "ggg", "up to 128", NULL};
    fails_with("processor_group", name, length);
    name[ATS_NAME_MAX] = '\0';
    open_gate("processor_group", name);
    char said[sizeof(name) + sizeof(" processor_group= ")];
    (void)snprintf(said, sizeof(said), " processor_group=%s ", name);
    cr_assert_not_null(strstr(fix.log, said), "it says for which group it seals: %s", fix.log);
}

/* librdkafka would look for them for ever. */
Test(start, brokers_that_cannot_be_names_stop_the_start)
{
    static const char *const lists[] = {",", "nope:port:1"};
    for (size_t i = 0; i < 2; i++) {
        struct ats_gate_option option = {"kafka_bootstrap", lists[i]};
        cr_assert_eq(open_gate_with(&option, 1), ATS_OK);
        cr_assert_eq(ats_gate_run(fix.gate, &fix.err), ATS_ERR_CONFIG);
        const char *const parts[] = {"plugin_opt_kafka_bootstrap", lists[i], "HOST[:PORT]", NULL};
        for (const char *const *part = parts; *part; part++)
            cr_assert_not_null(strstr(fix.err.text, *part), "'%s' lacks '%s'", fix.err.text, *part);
        close_gate();
    }
}

Test(start, the_topic_prefix_is_that_of_the_folder)
{
    write_gate_json(fleet.id, ", \"topic_prefix\": \"plant.\"");
    open_gate(NULL, NULL);
    cr_assert_str_eq(fix.gate->kafka.topic_prefix, "plant.");
    close_gate();
    open_gate("topic_prefix", "plant.");
    cr_assert_str_eq(fix.gate->kafka.topic_prefix, "plant.");
}

Test(start, another_topic_prefix_than_that_of_the_folder_is_refused_with_both)
{
    const char *const parts[] = {"plugin_opt_topic_prefix", "'x.'", "gate.json", "'plant.'", NULL};
    write_gate_json(fleet.id, ", \"topic_prefix\": \"plant.\"");
    fails_with("topic_prefix", "x.", parts);
}

Test(start, a_topic_prefix_in_the_folder_that_kafka_does_not_take_is_refused)
{
    const char *const bad[] = {"plugin_opt_fleet", "gate.json: \"topic_prefix\"", "letters", NULL};
    write_gate_json(fleet.id, ", \"topic_prefix\": \"a b\"");
    fails_with(NULL, NULL, bad);
    const char *const number[] = {"plugin_opt_fleet", "gate.json: \"topic_prefix\"", NULL};
    write_gate_json(fleet.id, ", \"topic_prefix\": 1");
    fails_with(NULL, NULL, number);
}

Test(start, a_segment_must_fit_the_journal_four_times)
{
    const char *const parts[] = {"plugin_opt_journal_segment_size", "quarter", NULL};
    fails_with("journal_segment_size", "4MiB", parts);
}

Test(start, a_missing_fleet_folder_is_named)
{
    const char *const parts[] = {"plugin_opt_fleet", "/nowhere", NULL};
    fails_with("fleet", "/nowhere", parts);
}

Test(start, a_missing_key_is_named)
{
    const char *const parts[] = {"gate.key.pem", NULL};
    cr_assert_eq(unlink(fleet_path("gate.key.pem")), 0);
    fails_with(NULL, NULL, parts);
}

Test(start, a_key_that_others_may_read_is_refused)
{
    const char *const parts[] = {"gate-agreement.key.pem", "0644", "0600", NULL};
    cr_assert_eq(chmod(fleet_path("gate-agreement.key.pem"), 0644), 0);
    fails_with(NULL, NULL, parts);
}

Test(start, a_gate_json_of_another_fleet_is_refused)
{
    const char *const parts[] = {"gate.json", "fleet", NULL};
    static const uint8_t other[ATS_FLEET_ID_SIZE] = {1};
    write_gate_json(other, "");
    fails_with(NULL, NULL, parts);
}

Test(start, a_gate_json_with_a_name_that_no_record_may_carry_is_refused)
{
    char text[256];
    const char *const parts[] = {"gate.json", "name", NULL};
    (void)snprintf(text, sizeof(text), "{\"name\": \"gate\\u0007\", \"fleet\": \"00\"}");
    write_text(fleet_path("gate.json"), text);
    fails_with(NULL, NULL, parts);
}

Test(start, a_broken_gate_json_is_named_with_its_line)
{
    const char *const parts[] = {"gate.json:2", NULL};
    write_text(fleet_path("gate.json"), "{\n x");
    fails_with(NULL, NULL, parts);
    const char *const shape[] = {"gate.json", "name", NULL};
    write_text(fleet_path("gate.json"), "[]");
    fails_with(NULL, NULL, shape);
}

/* Below a file nobody, not even root, makes a folder. */
Test(start, a_state_folder_that_cannot_be_made_names_its_option)
{
    const char *const parts[] = {"plugin_opt_state_folder", "gate.json/state", "broker's user",
                                 NULL};
    fails_with("state_folder", fleet_path("gate.json/state"), parts);
}

/* /proc answers mkdir with ENOENT. */
Test(start, a_state_folder_where_none_can_be_names_its_option)
{
    const char *const parts[] = {"plugin_opt_state_folder", "/proc/x", "broker's user", NULL};
    fails_with("state_folder", "/proc/x", parts);
}

Test(start, state_in_use_by_another_gate_is_refused)
{
    const char *const parts[] = {"state", "use", NULL};
    open_gate(NULL, NULL);
    struct ats_gate *first = fix.gate;
    fails_with(NULL, NULL, parts);
    fix.gate = first;
}

Test(start, starts_on_an_empty_state_folder_and_stops)
{
    open_gate(NULL, NULL);
    cr_assert_not_null(strstr(fix.log, "gate.opened"));
    close_gate();
    cr_assert_not_null(strstr(fix.log, "gate.stopped"));
}

Test(start, warns_of_listeners_that_do_not_load_the_plugin)
{
    write_text(fix.rules_file,
               "per_listener_settings true\nlistener 1883\nplugin attestream.so\nlistener 1884\n");
    open_gate("mode", "observe");
    cr_assert_not_null(strstr(fix.log, "warning gate.listener-ungoverned listeners=1"), "%s",
                       fix.log);
}

Test(start, refuses_listeners_with_settings_of_their_own)
{
    const char *const parts[] = {"mosquitto.conf", "per_listener_settings", "observe", NULL};
    write_text(fix.rules_file, "per_listener_settings true\nlistener 1883\nplugin a.so\n");
    fails_with("broker_rules", "defer", parts);
}

Test(start, warns_of_other_plugins)
{
    write_text(fix.rules_file, "listener 1883\nplugin other.so\nplugin attestream.so\n");
    open_gate(NULL, NULL);
    cr_assert_not_null(strstr(fix.log, "warning gate.other-plugins plugins=2"), "%s", fix.log);
}

Test(start, refuses_commands_that_are_not_a_devices_own)
{
    const char *const parts[] = {"device_commands", "commands/#", "{device}", NULL};
    fails_with("device_commands", "commands/#", parts);
}

Test(start, refuses_a_broker_that_takes_names_from_certificates)
{
    const char *const parts[] = {"mosquitto.conf", "use_identity_as_username", NULL};
    write_text(fix.rules_file, "listener 1883\nplugin a.so\nuse_identity_as_username true\n");
    fails_with("broker_rules", "defer", parts);
    open_gate("mode", "observe");
}

Test(start, refuses_rules_that_it_cannot_read_whole)
{
    const char *const parts[] = {"missing.conf", "must be able to read", NULL};
    char text[256];
    (void)snprintf(text, sizeof(text), "%s/missing.d", fix.folder);
    cr_assert_eq(mkdir(text, 0700), 0);
    (void)snprintf(text, sizeof(text), "%s/missing.d/missing.conf", fix.folder);
    cr_assert_eq(symlink("nowhere", text), 0);
    (void)snprintf(text, sizeof(text), "listener 1883\nplugin a.so\ninclude_dir %s/missing.d\n",
                   fix.folder);
    write_text(fix.rules_file, text);
    fails_with("broker_rules", "defer", parts);
    fails_with("broker_rules", "open", parts);
    open_gate("mode", "observe");
}

Test(start, keeps_its_rules_where_a_reload_cannot_read_them)
{
    open_gate(NULL, NULL);
    cr_assert(fix.gate->rules.open_access);
    cr_assert_eq(unlink(fix.rules_file), 0);
    ats_gate_reload(fix.gate);
    cr_assert_not_null(strstr(fix.log, "error gate.broker-rules-refused"), "%s", fix.log);
    write_text(fix.rules_file, "per_listener_settings true\nlistener 1883\nplugin a.so\n");
    ats_gate_reload(fix.gate);
    cr_assert(fix.gate->rules.open_access);
    cr_assert_not(fix.gate->rules.per_listener);
}

static const char *journal_path(const char *name)
{
    static char path[192];
    (void)snprintf(path, sizeof(path), "%s/journal/%s", fix.state_folder, name);
    return path;
}

/* One record in the journal's first segment, and a gate that is gone. */
static void leave_a_record(void)
{
    uint64_t position = 0;
    open_gate(NULL, NULL);
    cr_assert_eq(ats_journal_maintain(fix.gate->journal, 0, NULL), ATS_OK);
    cr_assert_eq(
        ats_journal_append(fix.gate->journal, ATS_EVENT_ADMITTED, ats_span_text("x"), &position),
        ATS_OK);
    close_gate();
    fix.log[0] = '\0';
}

Test(start, a_clean_stop_needs_no_word)
{
    leave_a_record();
    open_gate(NULL, NULL);
    cr_assert_null(strstr(fix.log, "journal.recovered"), "%s", fix.log);
}

Test(start, says_what_the_journal_recovered_after_an_unclean_stop)
{
    leave_a_record();
    cr_assert_eq(unlink(journal_path("watermark")), 0);
    open_gate(NULL, NULL);
    cr_assert_not_null(strstr(fix.log, "warning journal.recovered"), "%s", fix.log);
    cr_assert_not_null(strstr(fix.log, " records=1 torn=0 corrupt=0 lost=0"), "%s", fix.log);
}

Test(start, says_as_an_error_what_the_journal_lost)
{
    leave_a_record();
    FILE *segment = fopen(journal_path("0000000000000001.seg"), "r+");
    cr_assert_not_null(segment);
    cr_assert_neq(fputc('x', segment), EOF);
    cr_assert_eq(fclose(segment), 0);
    open_gate(NULL, NULL);
    cr_assert_not_null(strstr(fix.log, "error journal.recovered"), "%s", fix.log);
    cr_assert_not_null(strstr(fix.log, " corrupt=1 "), "%s", fix.log);
}

Test(start, threads_start_without_kafka_and_end)
{
    open_gate(NULL, NULL);
    cr_assert_eq(ats_gate_run(fix.gate, &fix.err), ATS_OK, "%s", fix.err.text);
    close_gate();
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/metrics.json", fix.state_folder);
    cr_assert_eq(access(path, R_OK), 0, "written at the latest when it stops");
}
