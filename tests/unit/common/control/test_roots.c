/* SPDX-License-Identifier: Apache-2.0 */
/* Root and successor: who may change them, who wins, and what becomes void. */
#include "tests/unit/common/control/fleet.h"

static struct ats_key_pair thief;
static struct ats_key_pair minion; /* whom the thief of a root states */
static struct ats_key_pair heir;   /* the next successor */

static void begin(void)
{
    fleet_begin_with_operator();
    ats_key_pair_generate(&thief, ATS_KEY_SIGNING);
    ats_key_pair_generate(&minion, ATS_KEY_SIGNING);
    ats_key_pair_generate(&heir, ATS_KEY_SIGNING);
}

TestSuite(roots, .init = begin, .fini = fleet_end);

static struct ats_body_place here(void)
{
    struct ats_body_place place = {.count = ats_registry_count(fleet.registry)};
    ats_registry_chain(fleet.registry, place.chain);
    return place;
}

static void format_root(const struct ats_key_pair *root, const struct ats_key_pair *successor,
                        const struct ats_body_place *stands_until, struct ats_buf *out)
{
    struct ats_body_root body = {0};
    memcpy(body.root, root->public_key, sizeof(body.root));
    memcpy(body.successor, successor->public_key, sizeof(body.successor));
    if (stands_until)
        body.stands_until = *stands_until;
    ats_buf_init(out, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_root_format(&body, out), ATS_OK);
}

static enum ats_control_outcome change(const char *signer, const struct ats_key_pair *by,
                                       const struct ats_key_pair *root,
                                       const struct ats_key_pair *successor,
                                       const struct ats_body_place *stands_until)
{
    struct ats_buf text;
    format_root(root, successor, stands_until, &text);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_ROOT, "root", signer, by, ats_buf_span(&text));
    ats_buf_fini(&text);
    return outcome;
}

/* An operator of devices and schemas that a root states, whoever holds its key. */
static enum ats_control_outcome add_operator(const char *name, const struct ats_key_pair *root,
                                             const struct ats_key_pair *pair, bool revoked,
                                             const struct ats_body_place *stands_until)
{
    struct ats_body_operator body = {.kinds = 1U << ATS_CONTROL_DEVICE | 1U << ATS_CONTROL_SCHEMA,
                                     .names = "*"};
    struct ats_buf text;
    memcpy(body.key, pair->public_key, sizeof(body.key));
    body.revoked = revoked;
    if (stands_until)
        body.stands_until = *stands_until;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_operator_format(&body, &text), ATS_OK);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_OPERATOR, name, "root", root, ats_buf_span(&text));
    ats_buf_fini(&text);
    return outcome;
}

static enum ats_control_outcome add_device(const char *name, const char *signer,
                                           const struct ats_key_pair *pair)
{
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_device_format(&device, &text), ATS_OK);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_DEVICE, name, signer, pair, ats_buf_span(&text));
    ats_buf_fini(&text);
    return outcome;
}

static enum ats_control_outcome add_schema(const char *name, const char *signer,
                                           const struct ats_key_pair *pair, const char *body)
{
    return apply_body(ATS_CONTROL_SCHEMA, name, signer, pair, ats_span_text(body));
}

static bool holds(enum ats_control_kind kind, const char *name)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    enum ats_status status = ats_registry_find(view, kind, ats_span_text(name), &record);
    ats_store_view_close(view);
    return status == ATS_OK;
}

static bool is_there(const char *name)
{
    return holds(ATS_CONTROL_DEVICE, name);
}

Test(roots, the_successor_takes_a_lost_roots_place)
{
    cr_assert_eq(change("successor", &fleet.successor, &fleet.successor, &heir, NULL),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(add_operator("new", &fleet.successor, &thief, false, NULL), ATS_CONTROL_ACCEPTED,
                 "%s", fleet.err.text);
    cr_assert_eq(add_operator("old", &fleet.root, &thief, false, NULL), ATS_CONTROL_UNKNOWN_SIGNER);
    cr_assert_eq(add_device("d1", "new", &thief), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(add_device("d2", "op", &fleet.operator_), ATS_CONTROL_ACCEPTED,
                 "operators of the former root stay");
}

Test(roots, the_root_hands_over_and_cannot_touch_the_successor)
{
    struct ats_body_place place = here();
    cr_assert_eq(change("root", &fleet.root, &heir, &thief, NULL), ATS_CONTROL_ILLEGAL_BODY);
    cr_assert_eq(change("root", &fleet.root, &heir, &fleet.successor, &place),
                 ATS_CONTROL_ILLEGAL_BODY);
    cr_assert_eq(change("root", &fleet.root, &fleet.successor, &fleet.successor, NULL),
                 ATS_CONTROL_ILLEGAL_BODY);
    cr_assert_eq(change("root", &fleet.root, &heir, &fleet.successor, NULL), ATS_CONTROL_ACCEPTED,
                 "%s", fleet.err.text);
    cr_assert_eq(add_operator("new", &heir, &thief, false, NULL), ATS_CONTROL_ACCEPTED);
}

Test(roots, an_operators_certificate_is_that_of_a_root_that_devices_pin_or_the_log_knows)
{
    struct ats_body_operator body = operator_body("new", &thief);
    struct ats_buf text;
    cr_assert_eq(change("successor", &fleet.successor, &fleet.successor, &heir, NULL),
                 ATS_CONTROL_ACCEPTED);
    make_certificate(ATS_CERTIFICATE_OPERATOR, "new", thief.public_key, &thief, body.certificate,
                     &body.certificate_len);
    for (int i = 0; i < 2; i++) {
        ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
        cr_assert_eq(ats_body_operator_format(&body, &text), ATS_OK);
        cr_assert_eq(
            apply_body(ATS_CONTROL_OPERATOR, "new", "root", &fleet.successor, ats_buf_span(&text)),
            i == 0 ? ATS_CONTROL_ILLEGAL_BODY : ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
        ats_buf_fini(&text);
        make_certificate(ATS_CERTIFICATE_OPERATOR, "new", thief.public_key, &fleet.successor,
                         body.certificate, &body.certificate_len);
    }
}

Test(roots, what_a_stolen_root_signed_is_void_and_all_that_rests_on_it)
{
    struct ats_body_place place = here();
    struct ats_body_place first = {.count = 2};
    cr_assert_eq(add_device("before", "op", &fleet.operator_), ATS_CONTROL_ACCEPTED);
    struct ats_body_place stolen = here();
    memcpy(first.chain, place.chain, sizeof(first.chain));
    /* The thief: another root, an operator of its own, a device of that one, and the owner's operator revoked as of long ago. */
    cr_assert_eq(change("root", &fleet.root, &thief, &fleet.successor, NULL), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(add_operator("evil", &thief, &minion, false, NULL), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(add_device("evil-1", "evil", &minion), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(add_device("meanwhile", "op", &fleet.operator_), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(add_operator("op", &thief, &fleet.operator_, true, &first), ATS_CONTROL_ACCEPTED,
                 "%s", fleet.err.text);
    cr_assert_not(is_there("before"));
    cr_assert(is_there("evil-1"));
    cr_assert_eq(change("successor", &fleet.successor, &fleet.successor, &heir, &stolen),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_not(is_there("evil-1"));
    cr_assert(is_there("before"));
    cr_assert(is_there("meanwhile"));
    cr_assert_eq(add_device("after", "op", &fleet.operator_), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
    cr_assert_eq(add_device("evil-2", "evil", &minion), ATS_CONTROL_UNKNOWN_SIGNER);
    cr_assert_eq(add_operator("evil-2", &thief, &thief, false, NULL), ATS_CONTROL_UNKNOWN_SIGNER);
}

/* The thief of the root's key writes root records as fast as it can. */
Test(roots, the_successor_wins_a_conflict)
{
    struct ats_buf text;
    struct ats_body_place stolen = here();
    format_root(&fleet.successor, &heir, &stolen, &text);
    struct ats_control_record record =
        next_record(ATS_CONTROL_ROOT, "root", "successor", ats_buf_span(&text));
    cr_assert_eq(record.revision, 2);
    cr_assert_eq(change("root", &fleet.root, &thief, &fleet.successor, NULL), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(change("root", &thief, &thief, &fleet.successor, NULL), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(apply_record(&record, &fleet.successor), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
    ats_buf_fini(&text);
    cr_assert_eq(add_operator("new", &fleet.successor, &minion, false, NULL), ATS_CONTROL_ACCEPTED,
                 "%s", fleet.err.text);
    cr_assert_eq(change("root", &thief, &thief, &heir, NULL), ATS_CONTROL_UNKNOWN_SIGNER);
    cr_assert_eq(change("successor", &fleet.successor, &thief, &heir, NULL),
                 ATS_CONTROL_UNKNOWN_SIGNER, "the former successor is the root now");
    cr_assert_eq(change("root", &fleet.successor, &thief, &heir, NULL), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
}

Test(roots, a_change_that_wins_says_until_where_the_former_root_stood)
{
    struct ats_buf text;
    format_root(&fleet.successor, &heir, NULL, &text);
    struct ats_control_record record =
        next_record(ATS_CONTROL_ROOT, "root", "successor", ats_buf_span(&text));
    cr_assert_eq(change("root", &fleet.root, &thief, &fleet.successor, NULL), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(apply_record(&record, &fleet.successor), ATS_CONTROL_ILLEGAL_BODY);
    cr_assert_not_null(strstr(fleet.err.text, "until before record 3"), "%s", fleet.err.text);
    ats_buf_fini(&text);
}

/* Records are framed with the id that the newest standing schema record of their name has. */
Test(roots, a_schema_is_void_where_another_text_has_its_id_again)
{
    static const char text[] = "{\"text\":\"\\\"string\\\"\",\"schema_id\":7}";
    static const char other[] = "{\"text\":\"\\\"bytes\\\"\",\"schema_id\":7}";
    cr_assert_eq(add_operator("second", &fleet.root, &minion, false, NULL), ATS_CONTROL_ACCEPTED);
    struct ats_body_place place = here();
    cr_assert_eq(add_schema("first", "op", &fleet.operator_, text), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(add_schema("same", "op", &fleet.operator_, text), ATS_CONTROL_ACCEPTED);
    struct ats_body_place stolen = here();
    cr_assert_eq(add_operator("op", &fleet.root, &fleet.operator_, true, &place),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(add_schema("other", "second", &minion, other), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
    cr_assert_not(holds(ATS_CONTROL_SCHEMA, "first"));
    cr_assert(holds(ATS_CONTROL_SCHEMA, "other"));
    cr_assert_eq(change("successor", &fleet.successor, &fleet.successor, &heir, &stolen),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert(holds(ATS_CONTROL_SCHEMA, "first"));
    cr_assert(holds(ATS_CONTROL_SCHEMA, "same"));
    cr_assert_not(holds(ATS_CONTROL_SCHEMA, "other"));
}
