/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/certificate.h"

#include "common/identity/x509.h"
#include "plugin/expiry.h"

enum ats_reason ats_certificate_check(const struct ats_gate *gate,
                                      const struct ats_gate_client *client,
                                      const struct ats_device_facts *facts)
{
    const struct ats_x509 *certificate = client->certificate;
    int64_t now_ms = ats_clock_wall_ms(gate->clock);
    char id[ATS_KEY_ID_SIZE];
    ats_spki_id(certificate->spki, id);
    const struct ats_device_key *key = ats_device_facts_key(facts, id);
    if (!key || !key->is_spki ||
        memcmp(key->key, certificate->spki, sizeof(certificate->spki)) != 0)
        return ATS_REASON_CERTIFICATE_UNKNOWN;
    if (!ats_device_key_is_valid(key, now_ms))
        return ATS_REASON_KEY_NOT_VALID;
    /* TLS looked at it once, and not at all where it took up an earlier session. */
    return now_ms >= certificate->not_before_ms && now_ms < certificate->not_after_ms
               ? ATS_REASON_NONE
               : ATS_REASON_CERTIFICATE_EXPIRED;
}

void ats_certificate_begin(struct ats_gate *gate, const struct ats_gate_client *client,
                           struct ats_session *session)
{
    ats_spki_id(client->certificate->spki, session->key_id);
    ats_expiry_set(gate, session, client->certificate->not_after_ms);
}
