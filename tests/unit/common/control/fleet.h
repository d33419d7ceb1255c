/* SPDX-License-Identifier: Apache-2.0 */
/* A fleet in memory for the tests of this folder: keys, signed records, and a registry in a temporary store. */
#ifndef ATS_TESTS_CONTROL_FLEET_H
#define ATS_TESTS_CONTROL_FLEET_H

#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/control/acts.h"
#include "common/control/body.h"
#include "common/control/registry.h"
#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef TEST_MAP_SIZE
#define TEST_MAP_SIZE ((size_t)16 << 20)
#endif
#define TEST_TIME_MS INT64_C(1764000000000)
#define TEST_ALL_KINDS                                                                             \
    (1U << ATS_CONTROL_GATE | 1U << ATS_CONTROL_PROCESSOR | 1U << ATS_CONTROL_DEVICE |             \
     1U << ATS_CONTROL_CONTRACT | 1U << ATS_CONTROL_USECASE | 1U << ATS_CONTROL_SCHEMA |           \
     1U << ATS_CONTROL_REPLAY)

struct fleet {
    struct ats_key_pair root;
    struct ats_key_pair successor;
    struct ats_key_pair operator_;
    struct ats_registry_pins pins;
    uint8_t id[ATS_FLEET_ID_SIZE];
    char folder[64];
    struct ats_store *store;
    struct ats_registry *registry;
    int64_t offset; /* of the next record */
    struct ats_error err;
};

static struct fleet fleet;

static inline void open_registry(void)
{
    fleet.err = (struct ats_error){0};
    cr_assert_eq(ats_store_open(fleet.folder, TEST_MAP_SIZE, &fleet.store, &fleet.err), ATS_OK);
    cr_assert_eq(ats_registry_open(fleet.store, &fleet.pins, &fleet.registry, &fleet.err), ATS_OK,
                 "%s", fleet.err.text);
}

static inline void close_registry(void)
{
    ats_registry_close(fleet.registry);
    ats_store_close(fleet.store);
    fleet.registry = NULL;
    fleet.store = NULL;
}

static inline void fleet_begin(void)
{
    fleet = (struct fleet){0};
    cr_assert_eq(ats_identity_init(), ATS_OK);
    ats_key_pair_generate(&fleet.root, ATS_KEY_SIGNING);
    ats_key_pair_generate(&fleet.successor, ATS_KEY_SIGNING);
    ats_key_pair_generate(&fleet.operator_, ATS_KEY_SIGNING);
    memcpy(fleet.pins.root, fleet.root.public_key, ATS_PUBLIC_KEY_SIZE);
    memcpy(fleet.pins.successor, fleet.successor.public_key, ATS_PUBLIC_KEY_SIZE);
    ats_registry_fleet_id(&fleet.pins, fleet.id);
    scratch_folder(fleet.folder, sizeof(fleet.folder), "ats-control");
    open_registry();
}

static inline void remove_store(void)
{
    static const char *const names[] = {"lock", "data.mdb", "lock.mdb"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[128];
        (void)snprintf(path, sizeof(path), "%s/%s", fleet.folder, names[i]);
        (void)unlink(path);
    }
}

static inline void fleet_end(void)
{
    close_registry();
    remove_store();
    (void)rmdir(fleet.folder);
}

/* A reader of the same log that begins anew. */
static inline void fleet_forget(void)
{
    close_registry();
    remove_store();
    fleet.offset = 0;
    open_registry();
}

/* A file of the source tree; the caller frees it. */
static inline void fleet_read_document(const char *path, struct ats_buf *out)
{
    ats_buf_init(out, ATS_DOCUMENT_MAX);
    cr_assert_eq(ats_file_read(path, out, &fleet.err), ATS_OK, "%s", fleet.err.text);
    cr_assert_not_null(ats_buf_text(out));
}

/* `text` with the first `was` in it replaced. */
static inline void replace_first(struct ats_buf *text, const char *was, const char *by)
{
    struct ats_buf next;
    const char *all = ats_buf_text(text);
    const char *at = strstr(all, was);
    cr_assert_not_null(at);
    ats_buf_init(&next, ATS_DOCUMENT_MAX);
    ats_buf_printf(&next, "%.*s%s%s", (int)(at - all), all, by, at + strlen(was));
    cr_assert_not_null(ats_buf_text(&next));
    ats_buf_fini(text);
    *text = next;
}

/* A record at its right place in the chain, not yet signed. */
static inline struct ats_control_record next_record(enum ats_control_kind kind, const char *name,
                                                    const char *signer, struct ats_span body)
{
    struct ats_control_record record = {.kind = kind, .revision = 1, .time_ms = TEST_TIME_MS};
    uint64_t newest = 0;
    struct ats_store_view *view = NULL;
    memcpy(record.fleet, fleet.id, sizeof(record.fleet));
    (void)snprintf(record.name, sizeof(record.name), "%s", name);
    (void)snprintf(record.signer, sizeof(record.signer), "%s", signer);
    record.body = body;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_control_place(view, kind, name, &newest, record.predecessor), ATS_OK);
    record.revision = newest + 1;
    ats_store_view_close(view);
    return record;
}

static inline void encode(struct ats_control_record *record, const struct ats_key_pair *pair,
                          struct ats_buf *out)
{
    ats_buf_init(out, ATS_CONTROL_RECORD_MAX + 4096);
    cr_assert_eq(ats_control_record_sign(record, pair), ATS_OK);
    cr_assert_eq(ats_control_record_encode(record, out), ATS_OK);
}

static inline enum ats_control_outcome apply_value(struct ats_span value)
{
    enum ats_control_outcome outcome = ATS_CONTROL_OUTCOME_COUNT;
    fleet.err = (struct ats_error){0};
    cr_assert_eq(ats_registry_apply(fleet.registry, fleet.offset++, value, &outcome, &fleet.err),
                 ATS_OK, "%s", fleet.err.text);
    return outcome;
}

static inline enum ats_control_outcome apply_record(struct ats_control_record *record,
                                                    const struct ats_key_pair *pair)
{
    struct ats_buf value;
    encode(record, pair, &value);
    enum ats_control_outcome outcome = apply_value(ats_buf_span(&value));
    ats_buf_fini(&value);
    return outcome;
}

static inline enum ats_control_outcome apply_body(enum ats_control_kind kind, const char *name,
                                                  const char *signer,
                                                  const struct ats_key_pair *pair,
                                                  struct ats_span body)
{
    struct ats_control_record record = next_record(kind, name, signer, body);
    return apply_record(&record, pair);
}

static inline void make_certificate(enum ats_certificate_role role, const char *name,
                                    const uint8_t *key, const struct ats_key_pair *issuer,
                                    uint8_t *ret_data, size_t *ret_len)
{
    struct ats_certificate certificate = {.role = (uint8_t)role,
                                          .not_before_ms = (uint64_t)TEST_TIME_MS,
                                          .not_after_ms = (uint64_t)TEST_TIME_MS + 86400000};
    memcpy(certificate.fleet, fleet.id, sizeof(certificate.fleet));
    memcpy(certificate.key, key, sizeof(certificate.key));
    (void)snprintf(certificate.name, sizeof(certificate.name), "%s", name);
    cr_assert_eq(ats_certificate_sign(&certificate, issuer->secret_key), ATS_DEVICE_OK);
    cr_assert_eq(ats_certificate_encode(&certificate, ret_data, ATS_CERTIFICATE_MAX, ret_len),
                 ATS_DEVICE_OK);
}

static inline struct ats_body_operator operator_body(const char *name,
                                                     const struct ats_key_pair *pair)
{
    struct ats_body_operator body = {.kinds = TEST_ALL_KINDS, .names = "*"};
    memcpy(body.key, pair->public_key, sizeof(body.key));
    make_certificate(ATS_CERTIFICATE_OPERATOR, name, pair->public_key, &fleet.root,
                     body.certificate, &body.certificate_len);
    return body;
}

static inline enum ats_control_outcome apply_operator(const char *name,
                                                      const struct ats_body_operator *body)
{
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_operator_format(body, &text), ATS_OK);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_OPERATOR, name, "root", &fleet.root, ats_buf_span(&text));
    ats_buf_fini(&text);
    return outcome;
}

static inline enum ats_control_outcome apply_root(void)
{
    struct ats_body_root body = {0};
    struct ats_buf text;
    memcpy(body.root, fleet.root.public_key, sizeof(body.root));
    memcpy(body.successor, fleet.successor.public_key, sizeof(body.successor));
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_root_format(&body, &text), ATS_OK);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_ROOT, "root", "root", &fleet.root, ats_buf_span(&text));
    ats_buf_fini(&text);
    return outcome;
}

/* Root and one operator, "op", who may sign everything. */
static inline void fleet_begin_with_operator(void)
{
    fleet_begin();
    cr_assert_eq(apply_root(), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

static inline struct ats_body_device device_body(enum ats_device_state state)
{
    struct ats_key_pair pair;
    struct ats_body_device body = {.state = state, .key_count = 1};
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    memcpy(body.keys[0].key, pair.public_key, sizeof(body.keys[0].key));
    ats_key_id(pair.public_key, body.keys[0].id);
    return body;
}

static inline enum ats_control_outcome apply_device(const char *name,
                                                    const struct ats_body_device *body)
{
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_device_format(body, &text), ATS_OK);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_DEVICE, name, "op", &fleet.operator_, ats_buf_span(&text));
    ats_buf_fini(&text);
    return outcome;
}

static inline enum ats_control_outcome apply_text(enum ats_control_kind kind, const char *name,
                                                  const char *text)
{
    return apply_body(kind, name, "op", &fleet.operator_, ats_span_text(text));
}

#endif
