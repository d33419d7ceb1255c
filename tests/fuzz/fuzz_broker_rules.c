/* SPDX-License-Identifier: Apache-2.0 */
/* A mosquitto.conf, and a folder of others that it may include: whatever stands there, what is found goes together. */
#include "plugin/broker_rules.h"

#include "tests/fuzz/input_file.h"

#include <string.h>
#include <sys/stat.h>

static char folder[] = "/tmp/ats-fuzz-conf-XXXXXX";

static void remove_folder(void)
{
    (void)unlink("d/a.conf");
    (void)rmdir("d");
    (void)rmdir(folder);
}

/* A folder of its own, with one file in it, is what `include_dir` can find. */
static void enter_folder(void)
{
    static bool entered;
    if (entered)
        return;
    entered = true;
    FUZZ_CHECK(mkdtemp(folder) && chdir(folder) == 0 && mkdir("d", 0700) == 0);
    FILE *file = fopen("d/a.conf", "we");
    FUZZ_CHECK(file && fputs("listener 8884\ncertfile c\nkeyfile k\n", file) >= 0);
    FUZZ_CHECK(fclose(file) == 0 && atexit(remove_folder) == 0);
}

static void check(const struct ats_broker_rules *rules)
{
    unsigned all = rules->listeners + (rules->default_listener ? 1 : 0);
    FUZZ_CHECK(rules->listeners_with_plugin <= rules->listeners && rules->ungoverned <= all);
    FUZZ_CHECK(!rules->open_access || (!rules->acl_file && rules->plugins <= 1));
    FUZZ_CHECK(!rules->open_names || (!rules->password_file && rules->plugins <= 1));
    FUZZ_CHECK(!rules->per_listener || (!rules->open_access && !rules->open_names));
    FUZZ_CHECK(rules->tls.count >= 1 && rules->tls.count <= ATS_BROKER_LISTENERS_MAX);
    bool any = false;
    for (size_t i = 0; i < rules->tls.count; i++)
        any = any || ats_tls_listeners_has(&rules->tls, rules->tls.items[i].port);
    FUZZ_CHECK(any == ats_tls_listeners_any(&rules->tls));
    FUZZ_CHECK(!ats_tls_listeners_has(&rules->tls, 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ats_broker_rules rules;
    struct ats_error err = {.text = ""};
    /* No other folder of this machine is read. */
    if (memmem(data, size, "..", 2) || memmem(data, size, "/", 1))
        return 0;
    enter_folder();
    if (ats_broker_rules_read(fuzz_input_file(data, size), &rules, &err) == ATS_OK)
        check(&rules);
    else
        FUZZ_CHECK(err.text[0] != '\0' && !rules.open_access && !rules.open_names);
    return 0;
}
