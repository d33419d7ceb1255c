/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/gate_record.h"

#include "cli/certificate.h"
#include "cli/publish.h"
#include "common/base/file.h"
#include "common/control/gate_former.h"

#include <stdio.h>

static enum ats_status draft_gate(const char *name, const struct ats_body_gate *gate,
                                  struct ats_draft *draft, struct ats_error *err)
{
    ats_draft_init(draft, ATS_CONTROL_GATE, name);
    enum ats_status status = ats_body_gate_format(gate, &draft->body);
    if (status != ATS_OK)
        return ats_error_set(err, status, "gate '%s' cannot be stated: %s", name,
                             ats_status_name(status));
    return ATS_OK;
}

enum ats_status ats_gate_publish(struct ats_session *session, const char *name,
                                 const struct ats_body_gate *gate, struct ats_error *err)
{
    struct ats_draft draft;
    enum ats_status status = draft_gate(name, gate, &draft, err);
    if (status == ATS_OK)
        status = ats_publish(session, &draft, 1, err);
    ats_draft_fini(&draft);
    return status;
}

static enum ats_status sign(struct ats_session *session,
                            const struct ats_certificate_request *request,
                            uint8_t ret_data[ATS_CERTIFICATE_MAX], size_t *ret_len,
                            struct ats_error *err)
{
    const struct ats_signer *signer = NULL;
    enum ats_status status = ats_session_signer(session, &signer, err);
    if (status != ATS_OK)
        return status;
    return ats_certificate_issue(request, ats_session_pins(session), &signer->pair, ret_data,
                                 ret_len, err);
}

/* Each certificate must be by whoever signs the record. */
enum ats_status ats_gate_certify(struct ats_session *session, const char *name, int64_t until_ms,
                                 struct ats_body_gate *gate, struct ats_error *err)
{
    struct ats_gate_former *former = &gate->former;
    const struct ats_certificate_request request = {ATS_CERTIFICATE_GATE, name, gate->signing_key,
                                                    .until_ms = until_ms};
    const struct ats_certificate_request of_former = {
        ATS_CERTIFICATE_GATE, name, former->signing_key, .until_ms = former->not_after_ms};
    enum ats_status status =
        sign(session, &request, gate->certificate, &gate->certificate_len, err);
    if (status == ATS_OK && ats_gate_has_former(gate))
        status = sign(session, &of_former, former->certificate, &former->certificate_len, err);
    return status;
}

int64_t ats_gate_certificate_end(const struct ats_body_gate *gate)
{
    struct ats_certificate certificate;
    if (ats_certificate_decode(gate->certificate, gate->certificate_len, &certificate) !=
        ATS_DEVICE_OK)
        return 0;
    return (int64_t)certificate.not_after_ms;
}

/* ---- its folder ---- */

enum ats_status ats_gate_folder(const struct ats_cli *cli, const char *out, const char *name,
                                struct ats_path *ret_path, struct ats_error *err)
{
    char escaped[ATS_ESCAPED_NAME_SIZE];
    if (out)
        return ats_path_format(ret_path, err, "%s", out);
    ats_fleet_escape(name, escaped);
    return ats_fleet_path(cli, ret_path, err, "gates/%s", escaped);
}

/* Keys that a call before left behind, when Kafka did not answer, are taken up again. */
static enum ats_status open_key(const char *folder, const char *file, enum ats_key_kind kind,
                                struct ats_fleet_key *ret_key, struct ats_error *err)
{
    struct ats_path path;
    enum ats_status status = ats_path_format(&path, err, "%s/%s", folder, file);
    return status == ATS_OK ? ats_fleet_key_open(&path, kind, ret_key, err) : status;
}

enum ats_status ats_gate_open_keys(const char *folder, struct ats_gate_keys *keys,
                                   struct ats_body_gate *gate, struct ats_error *err)
{
    enum ats_status status = open_key(folder, "gate.key.pem", ATS_KEY_SIGNING, &keys->signing, err);
    if (status == ATS_OK)
        status =
            open_key(folder, "gate-agreement.key.pem", ATS_KEY_AGREEMENT, &keys->agreement, err);
    memcpy(gate->signing_key, keys->signing.pair.public_key, ATS_PUBLIC_KEY_SIZE);
    memcpy(gate->agreement_key, keys->agreement.pair.public_key, ATS_PUBLIC_KEY_SIZE);
    return status;
}

static enum ats_status write_folder(const char *folder, const struct ats_identity *identity,
                                    struct ats_gate_keys *keys, struct ats_error *err)
{
    enum ats_status status = ats_file_make_folder(folder, 0700, err);
    if (status == ATS_OK)
        status = ats_fleet_identity_write(folder, identity, err);
    if (status == ATS_OK)
        status = ats_fleet_key_write(&keys->signing, err);
    return status == ATS_OK ? ats_fleet_key_write(&keys->agreement, err) : status;
}

void ats_gate_keys_fini(struct ats_gate_keys *keys)
{
    ats_fleet_key_fini(&keys->signing);
    ats_fleet_key_fini(&keys->agreement);
}

enum ats_status ats_gate_publish_with_folder(struct ats_session *session, const char *folder,
                                             const struct ats_identity *identity,
                                             struct ats_gate_keys *keys,
                                             const struct ats_body_gate *gate,
                                             struct ats_error *err)
{
    struct ats_draft draft;
    enum ats_status status = draft_gate(identity->name, gate, &draft, err);
    if (status == ATS_OK)
        status = ats_publish_check(session, &draft, err);
    if (status == ATS_OK)
        status = write_folder(folder, identity, keys, err);
    if (status == ATS_OK)
        status = ats_publish(session, &draft, 1, err);
    ats_draft_fini(&draft);
    return status;
}

enum ats_status ats_gate_find_any(struct ats_session *session, const char *name,
                                  struct ats_body_gate *ret_gate, struct ats_error *err)
{
    struct ats_control_record record;
    enum ats_status status = ats_session_find(session, ATS_CONTROL_GATE, name, &record, err);
    if (status != ATS_OK)
        return status;
    if (ats_body_gate_parse(record.body, ret_gate) != ATS_OK)
        return ats_error_set(err, ATS_ERR_CORRUPT, "the record of gate '%s' cannot be read", name);
    return ATS_OK;
}

enum ats_status ats_gate_find(struct ats_session *session, const char *name,
                              struct ats_body_gate *ret_gate, struct ats_error *err)
{
    enum ats_status status = ats_gate_find_any(session, name, ret_gate, err);
    if (status == ATS_OK && ret_gate->revoked)
        return ats_error_set(err, ATS_ERR_REFUSED, "gate '%s' is revoked, for ever", name);
    return status;
}
