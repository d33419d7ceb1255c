/* SPDX-License-Identifier: Apache-2.0 */
/* What a stolen key signed after the place up to which it stands has no effect, and keeps its place. */
#include "tests/unit/common/control/fleet.h"

#include "common/control/store_key.h"
#include "common/control/void_count.h"

TestSuite(theft, .init = fleet_begin_with_operator, .fini = fleet_end);

static struct ats_key_pair second; /* op2's */

static struct ats_body_place here(void)
{
    struct ats_body_place place = {.count = ats_registry_count(fleet.registry)};
    ats_registry_chain(fleet.registry, place.chain);
    return place;
}

static enum ats_control_outcome revoke_op(const struct ats_body_place *place)
{
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    body.revoked = true;
    body.stands_until = *place;
    return apply_operator("op", &body);
}

static enum ats_control_outcome apply_device_by(const char *name, const char *signer,
                                                const struct ats_body_device *body)
{
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_device_format(body, &text), ATS_OK);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_DEVICE, name, signer,
                   strcmp(signer, "op2") == 0 ? &second : &fleet.operator_, ats_buf_span(&text));
    ats_buf_fini(&text);
    return outcome;
}

/* The revision that holds of a device, 0 for none; `ret_site` its site. */
static uint64_t held(const char *name, char ret_site[ATS_NAME_MAX + 1])
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record = {0};
    struct ats_body_device body = {0};
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    if (ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text(name), &record) == ATS_OK)
        cr_assert_eq(ats_body_device_parse(record.body, &body), ATS_OK);
    ats_store_view_close(view);
    memcpy(ret_site, body.site, sizeof(body.site));
    return record.revision;
}

static void add_second_operator(void)
{
    ats_key_pair_generate(&second, ATS_KEY_SIGNING);
    struct ats_body_operator body = operator_body("op2", &second);
    cr_assert_eq(apply_operator("op2", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

Test(theft, a_device_that_the_thief_enrolled_is_none)
{
    char site[ATS_NAME_MAX + 1];
    struct ats_body_device good = device_body(ATS_DEVICE_ACTIVE);
    struct ats_body_device bad = device_body(ATS_DEVICE_ACTIVE);
    cr_assert_eq(apply_device("good", &good), ATS_CONTROL_ACCEPTED);
    struct ats_body_place place = here();
    cr_assert_eq(apply_device("bad", &bad), ATS_CONTROL_ACCEPTED);
    uint64_t count = ats_registry_count(fleet.registry);
    cr_assert_eq(revoke_op(&place), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(held("good", site), 1);
    cr_assert_eq(held("bad", site), 0);
    cr_assert_eq(ats_registry_count(fleet.registry), count + 1, "what is void still counts");
}

Test(theft, what_the_thief_overwrote_holds_again)
{
    char site[ATS_NAME_MAX + 1];
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    (void)snprintf(device.site, sizeof(device.site), "first");
    cr_assert_eq(apply_device("d1", &device), ATS_CONTROL_ACCEPTED);
    struct ats_body_place place = here();
    for (int i = 0; i < 3; i++) {
        (void)snprintf(device.site, sizeof(device.site), "thief-%d", i);
        cr_assert_eq(apply_device("d1", &device), ATS_CONTROL_ACCEPTED);
    }
    device.state = ATS_DEVICE_REVOKED;
    cr_assert_eq(apply_device("d1", &device), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(revoke_op(&place), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(held("d1", site), 1);
    cr_assert_str_eq(site, "first");
}

/* In slices; the number is new once. */
Test(theft, what_is_void_is_counted)
{
    struct ats_void_count voids = {0};
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    struct ats_body_place place = here();
    cr_assert_not(ats_void_count_step(&voids, fleet.registry, 100), "no pass was begun");
    for (int i = 0; i < 5; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "d%d", i);
        device = device_body(ATS_DEVICE_ACTIVE);
        cr_assert_eq(apply_device_by(name, "op", &device), ATS_CONTROL_ACCEPTED, "%s",
                     fleet.err.text);
    }
    ats_void_count_begin(&voids);
    cr_assert_not(ats_void_count_step(&voids, fleet.registry, 100));
    cr_assert_eq(voids.records, 0);
    cr_assert_eq(revoke_op(&place), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_void_count_begin(&voids);
    size_t slices = 0;
    while (!ats_void_count_step(&voids, fleet.registry, 2))
        cr_assert_lt(slices++, 10);
    cr_assert_gt(slices, 2);
    cr_assert_eq(voids.records, 5);
    cr_assert_not(ats_void_count_step(&voids, fleet.registry, 2), "the pass is over");
}

Test(theft, the_next_record_follows_the_void_one)
{
    char site[ATS_NAME_MAX + 1];
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    add_second_operator();
    cr_assert_eq(apply_device("d1", &device), ATS_CONTROL_ACCEPTED);
    struct ats_body_place place = here();
    device.state = ATS_DEVICE_REVOKED;
    cr_assert_eq(apply_device("d1", &device), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(revoke_op(&place), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    device.state = ATS_DEVICE_SUSPENDED;
    cr_assert_eq(apply_device_by("d1", "op2", &device), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(held("d1", site), 3);
    close_registry();
    open_registry();
    cr_assert_eq(held("d1", site), 3);
}

Test(theft, what_others_wrote_afterwards_holds)
{
    char site[ATS_NAME_MAX + 1];
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    add_second_operator();
    cr_assert_eq(apply_device("d1", &device), ATS_CONTROL_ACCEPTED);
    struct ats_body_place place = here();
    (void)snprintf(device.site, sizeof(device.site), "thief");
    cr_assert_eq(apply_device("d1", &device), ATS_CONTROL_ACCEPTED);
    (void)snprintf(device.site, sizeof(device.site), "owner");
    cr_assert_eq(apply_device_by("d1", "op2", &device), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(revoke_op(&place), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(held("d1", site), 3);
    cr_assert_str_eq(site, "owner");
}

Test(theft, a_key_that_the_thief_claimed_is_free_again)
{
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    add_second_operator();
    struct ats_body_place place = here();
    cr_assert_eq(apply_device("squatter", &device), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(apply_device_by("owner", "op2", &device), ATS_CONTROL_ILLEGAL_BODY);
    cr_assert_eq(revoke_op(&place), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(apply_device_by("owner", "op2", &device), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
}

Test(theft, a_key_that_a_void_record_shares_with_one_that_holds_stays_its_owners)
{
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    add_second_operator();
    cr_assert_eq(apply_device("d1", &device), ATS_CONTROL_ACCEPTED);
    struct ats_body_place place = here();
    cr_assert_eq(apply_device("d1", &device), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(revoke_op(&place), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(apply_device_by("d2", "op2", &device), ATS_CONTROL_ILLEGAL_BODY);
}

Test(theft, a_revocation_names_a_place_of_this_log)
{
    struct ats_body_place place = here();
    place.chain[0] ^= 1;
    cr_assert_eq(revoke_op(&place), ATS_CONTROL_ILLEGAL_BODY);
    cr_assert_not_null(strstr(fleet.err.text, "chained hash"), "%s", fleet.err.text);
    place = here();
    place.count++;
    cr_assert_eq(revoke_op(&place), ATS_CONTROL_ILLEGAL_BODY);
}

Test(theft, only_a_revoked_operator_stands_until_a_place)
{
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    body.stands_until = here();
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ILLEGAL_BODY);
}

/* Who reads the log from its beginning passes through the thief's state, and ends where the others are. */
Test(theft, a_reader_that_comes_later_ends_with_the_same)
{
    struct ats_buf values[3];
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    char site[ATS_NAME_MAX + 1];
    struct ats_body_place place = here();
    struct ats_buf text[3];
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    uint8_t chain[ATS_HASH_SIZE];
    uint8_t later[ATS_HASH_SIZE];
    for (size_t i = 0; i < 2; i++) {
        ats_buf_init(&text[i], ATS_CONTROL_RECORD_MAX);
        (void)snprintf(device.site, sizeof(device.site), "thief-%zu", i);
        cr_assert_eq(ats_body_device_format(&device, &text[i]), ATS_OK);
        struct ats_control_record record =
            next_record(ATS_CONTROL_DEVICE, "d1", "op", ats_buf_span(&text[i]));
        encode(&record, &fleet.operator_, &values[i]);
        cr_assert_eq(apply_value(ats_buf_span(&values[i])), ATS_CONTROL_ACCEPTED);
    }
    ats_buf_init(&text[2], ATS_CONTROL_RECORD_MAX);
    body.revoked = true;
    body.stands_until = place;
    cr_assert_eq(ats_body_operator_format(&body, &text[2]), ATS_OK);
    struct ats_control_record record =
        next_record(ATS_CONTROL_OPERATOR, "op", "root", ats_buf_span(&text[2]));
    encode(&record, &fleet.root, &values[2]);
    cr_assert_eq(apply_value(ats_buf_span(&values[2])), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_registry_chain(fleet.registry, chain);
    cr_assert_eq(held("d1", site), 0);
    /* One group, as a follower that catches up commits it. */
    fleet_forget();
    cr_assert_eq(apply_root(), ATS_CONTROL_ACCEPTED);
    struct ats_body_operator first = operator_body("op", &fleet.operator_);
    cr_assert_eq(apply_operator("op", &first), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(ats_registry_begin_group(fleet.registry), ATS_OK);
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(apply_value(ats_buf_span(&values[i])), ATS_CONTROL_ACCEPTED, "%s",
                     fleet.err.text);
    cr_assert_eq(ats_registry_end_group(fleet.registry, &fleet.err), ATS_OK);
    ats_registry_chain(fleet.registry, later);
    cr_assert_arr_eq(chain, later, sizeof(chain));
    cr_assert_eq(held("d1", site), 0);
    for (size_t i = 0; i < 3; i++) {
        ats_buf_fini(&values[i]);
        ats_buf_fini(&text[i]);
    }
}
