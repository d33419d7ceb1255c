/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a client id is, and that saying so costs little, whatever the id. */
#include "tests/unit/plugin/gate_fixture.h"

static unsigned look_ups;

static enum ats_status counted_floor(struct ats_store_view *view, enum ats_control_kind kind,
                                     struct ats_span name, struct ats_span *ret_name)
{
    look_ups++;
    return ats_registry_floor(view, kind, name, ret_name);
}

#define ats_registry_floor counted_floor
#include "plugin/client_id.c"
#undef ats_registry_floor

static void setup(void)
{
    fixture_open(NULL, NULL, NULL);
    apply_other_device("press-17-a");
    apply_other_device("press-17-a.b");
    apply_other_device("press");
    apply_other_device("a");
    apply_other_device("dev-000001");
    apply_other_device("dev-000002");
    look_ups = 0;
}

TestSuite(client_id, .init = setup, .fini = fixture_end);

static bool reserved(const char *client_id)
{
    return ats_client_id_is_reserved(ats_gate_view(fix.gate), client_id);
}

static bool fits(const char *client_id, const char *device)
{
    return ats_client_id_fits(ats_gate_view(fix.gate), client_id, device);
}

Test(client_id, is_reserved_where_a_devices_name_is_all_of_it_or_stands_before_a_separator)
{
    static const char *const of_devices[] = {
        "press",        "press-17", "press-18", "press.x", "press/17/x",   "press-17-a.b.c",
        "press-17-a/x", "a/",       "a.b.c",    "a----",   "dev-000001/x", "dev-000002"};
    static const char *const of_nobody[] = {"",      "pres",     "press17", "pressure-17",     "b",
                                            "A/x",   "dev",      "dev-00",  "dev-0-0-0-0",     "-",
                                            "dev-1", "/press-1", "zz.z",    "dev-000003/press"};
    for (size_t i = 0; i < sizeof(of_devices) / sizeof(*of_devices); i++)
        cr_assert(reserved(of_devices[i]), "%s", of_devices[i]);
    for (size_t i = 0; i < sizeof(of_nobody) / sizeof(*of_nobody); i++)
        cr_assert_not(reserved(of_nobody[i]), "%s", of_nobody[i]);
}

Test(client_id, fits_the_device_of_the_longest_name_alone)
{
    cr_assert(fits("press-17", "press-17"));
    cr_assert(fits("press-17-b", "press-17"));
    cr_assert(fits("press-18/a", "press"));
    cr_assert_not(fits("press-17/a", "press"));
    cr_assert_not(fits("press-17-a", "press-17"));
    cr_assert_not(fits("press-17-a.b/c", "press-17-a"));
    cr_assert(fits("press-17-a.c/b", "press-17-a"));
    cr_assert_not(fits("press-17-", "press-17"));
    cr_assert_not(fits("press-17a", "press-17"));
}

Test(client_id, of_separators_alone_costs_no_more_than_another)
{
    static const char *const beginnings[] = {"", "dev", "dev-0", "dev-000001x", "b", "zz", "p"};
    char client_id[ATS_CLIENT_ID_MAX + 1];
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++) {
        for (const char *separator = "/.-"; *separator; separator++) {
            memset(client_id, *separator, ATS_CLIENT_ID_MAX);
            client_id[ATS_CLIENT_ID_MAX] = '\0';
            memcpy(client_id, beginnings[i], strlen(beginnings[i]));
            look_ups = 0;
            cr_assert_not(reserved(client_id), "%s", client_id);
            cr_assert_leq(look_ups, 4, "%u for %s", look_ups, client_id);
        }
    }
}

Test(client_id, longer_than_any_name_is_looked_at_up_to_there)
{
    char client_id[ATS_CLIENT_ID_MAX + 1];
    memset(client_id, 'x', ATS_CLIENT_ID_MAX);
    client_id[ATS_CLIENT_ID_MAX] = '\0';
    cr_assert_not(reserved(client_id));
    memcpy(client_id, "press/", 6);
    cr_assert(reserved(client_id));
}
