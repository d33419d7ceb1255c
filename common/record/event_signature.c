/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/event_signature.h"

#include "common/identity/session.h"

static void copy_text(struct ats_span from, char *to, size_t size)
{
    size_t len = from.len < size ? from.len : size - 1;
    if (len > 0)
        memcpy(to, from.data, len);
    to[len] = '\0';
}

/* The proof as the device sent it; false: it cannot be one. */
static bool describe_proof(const struct ats_event *event, struct ats_proof *proof,
                           struct ats_session_keys *session)
{
    *proof = (struct ats_proof){.kind = ATS_PROOF_SIGNATURE,
                                .sequence = event->sequence,
                                .time_ms = event->proof_time_ms,
                                .has_session = event->session.len > 0};
    *session = (struct ats_session_keys){0};
    if (event->signature.len != ATS_SIGNATURE_SIZE ||
        (proof->has_session && event->session.len != sizeof(proof->session_id)))
        return false;
    if (proof->has_session) {
        memcpy(proof->session_id, event->session.data, sizeof(proof->session_id));
        memcpy(session->id, event->session.data, sizeof(session->id));
    }
    copy_text(event->key_id, proof->key_id, sizeof(proof->key_id));
    memcpy(proof->bytes, event->signature.data, ATS_SIGNATURE_SIZE);
    return true;
}

struct ats_span ats_event_taken_by(const struct ats_event *event)
{
    struct ats_span gate = event->gate;
    uint64_t journal_id = 0;
    uint64_t position = 0;
    if (event->replay.len > 0 &&
        ats_event_id_parse(event->replay, &gate, &journal_id, &position) != ATS_OK)
        return event->gate;
    return gate;
}

bool ats_event_signature_holds(const struct ats_event *event,
                               const uint8_t key[ATS_PUBLIC_KEY_SIZE])
{
    char device[ATS_DEVICE_NAME_SIZE];
    char gate[ATS_DEVICE_NAME_SIZE];
    char topic[ATS_TOPIC_MAX + 1];
    struct ats_proof proof;
    struct ats_session_keys session;
    copy_text(event->device, device, sizeof(device));
    copy_text(ats_event_taken_by(event), gate, sizeof(gate));
    copy_text(event->topic, topic, sizeof(topic));
    if (!describe_proof(event, &proof, &session))
        return false;
    const struct ats_device_publish publish = {.topic = topic,
                                               .qos = event->qos,
                                               .retain = event->retain,
                                               .time_ms = event->proof_time_ms,
                                               .payload = event->payload.data,
                                               .payload_len = event->payload.len};
    return ats_proof_check(&proof, device, gate, &session, key, &publish) == ATS_OK;
}
