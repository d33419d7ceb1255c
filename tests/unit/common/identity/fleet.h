/* SPDX-License-Identifier: Apache-2.0 */
/* A fleet of one operator, one gate and one device, for tests of the session. */
#ifndef TESTS_FLEET_H
#define TESTS_FLEET_H

#include "common/identity/session.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define FLEET_NOW_MS 1750000000000

struct fleet {
    struct ats_key_pair root;
    struct ats_key_pair operator_;
    struct ats_key_pair device_key;
    struct ats_gate_identity gate;
    struct ats_device device;
};

/* The certificate of `key`, for tests that then spoil a field and sign again. */
static inline struct ats_certificate fleet_certificate(const struct fleet *fleet, uint8_t role,
                                                       const char *name, const uint8_t key[32])
{
    struct ats_certificate certificate = {
        .role = role,
        .not_before_ms = FLEET_NOW_MS - 1000,
        .not_after_ms = FLEET_NOW_MS + 1000,
    };
    memcpy(certificate.fleet, fleet->gate.fleet, sizeof(certificate.fleet));
    memcpy(certificate.key, key, sizeof(certificate.key));
    (void)snprintf(certificate.name, sizeof(certificate.name), "%s", name);
    return certificate;
}

static inline void fleet_set_operator(struct fleet *fleet, struct ats_certificate certificate,
                                      const struct ats_key_pair *issuer)
{
    cr_assert_eq(ats_certificate_sign(&certificate, issuer->secret_key), ATS_DEVICE_OK);
    cr_assert_eq(ats_certificate_encode(&certificate, fleet->gate.operator_certificate,
                                        sizeof(fleet->gate.operator_certificate),
                                        &fleet->gate.operator_certificate_len),
                 ATS_DEVICE_OK);
}

static inline void fleet_set_gate(struct fleet *fleet, struct ats_certificate certificate,
                                  const struct ats_key_pair *issuer)
{
    cr_assert_eq(ats_certificate_sign(&certificate, issuer->secret_key), ATS_DEVICE_OK);
    cr_assert_eq(ats_certificate_encode(&certificate, fleet->gate.gate_certificate,
                                        sizeof(fleet->gate.gate_certificate),
                                        &fleet->gate.gate_certificate_len),
                 ATS_DEVICE_OK);
}

static inline void fleet_init(struct fleet *fleet)
{
    memset(fleet, 0, sizeof(*fleet));
    cr_assert_eq(ats_identity_init(), ATS_OK);
    ats_key_pair_generate(&fleet->root, ATS_KEY_SIGNING);
    ats_key_pair_generate(&fleet->operator_, ATS_KEY_SIGNING);
    ats_key_pair_generate(&fleet->device_key, ATS_KEY_SIGNING);
    ats_key_pair_generate(&fleet->gate.signing, ATS_KEY_SIGNING);
    (void)snprintf(fleet->gate.name, sizeof(fleet->gate.name), "hall-2");
    memset(fleet->gate.fleet, 0xF1, sizeof(fleet->gate.fleet));
    fleet_set_operator(
        fleet,
        fleet_certificate(fleet, ATS_CERTIFICATE_OPERATOR, "alice", fleet->operator_.public_key),
        &fleet->root);
    fleet_set_gate(fleet,
                   fleet_certificate(fleet, ATS_CERTIFICATE_GATE, fleet->gate.name,
                                     fleet->gate.signing.public_key),
                   &fleet->operator_);
    const uint8_t(*roots)[32] = (const uint8_t(*)[32])fleet->root.public_key;
    cr_assert_eq(ats_device_init(&fleet->device, "press-7", fleet->gate.name,
                                 fleet->device_key.seed, fleet->gate.fleet, roots, 1),
                 ATS_DEVICE_OK);
}

/* The device's CONNECT, decoded as a gate gets it. */
static inline struct ats_connect_data fleet_connect(struct fleet *fleet)
{
    uint8_t data[ATS_DEVICE_CONNECT_DATA_MAX];
    size_t len = 0;
    struct ats_connect_data connect;
    cr_assert_eq(
        ats_device_connect(&fleet->device, 7, "press-7", "press-7", data, sizeof(data), &len),
        ATS_DEVICE_OK);
    cr_assert_eq(ats_connect_decode(data, len, &connect), ATS_DEVICE_OK);
    return connect;
}

/* The gate's answer. */
struct fleet_answer {
    struct ats_session_keys keys;
    uint8_t data[ATS_ACCEPT_DATA_MAX];
    size_t len;
};

static inline struct fleet_answer fleet_answer(const struct fleet *fleet,
                                               const struct ats_connect_data *connect,
                                               uint64_t sequence_seen)
{
    struct fleet_answer answer;
    struct ats_key_pair ephemeral;
    ats_key_pair_generate(&ephemeral, ATS_KEY_AGREEMENT);
    cr_assert_eq(ats_session_accept(&fleet->gate, connect, "press-7", "press-7", &ephemeral,
                                    sequence_seen, FLEET_NOW_MS, &answer.keys, answer.data,
                                    &answer.len),
                 ATS_OK);
    return answer;
}

/* A whole session, with the gate's keys for it. */
static inline struct ats_session_keys fleet_session(struct fleet *fleet)
{
    struct ats_connect_data connect = fleet_connect(fleet);
    struct fleet_answer answer = fleet_answer(fleet, &connect, 0);
    cr_assert_eq(ats_device_accept(&fleet->device, answer.data, answer.len, FLEET_NOW_MS),
                 ATS_DEVICE_OK);
    return answer.keys;
}

#endif
