/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/sealer.h"

#include "common/control/body.h"

enum ats_status ats_sealer_init(struct ats_sealer *sealer)
{
    sealer->generation = UINT64_MAX;
    return ats_registry_view_open(sealer->registry, &sealer->view);
}

void ats_sealer_fini(struct ats_sealer *sealer)
{
    ats_store_view_close(sealer->view);
    sealer->view = NULL;
    explicit_bzero(sealer->key, sizeof(sealer->key));
}

static void take_key(struct ats_sealer *sealer, const struct ats_body_processor *body)
{
    if (sealer->known &&
        memcmp(sealer->group_key, body->agreement_key, sizeof(sealer->group_key)) == 0)
        return;
    memcpy(sealer->group_key, body->agreement_key, sizeof(sealer->group_key));
    sealer->known = ats_seal_key(sealer->agreement, sealer->group_key, sealer->gate,
                                 sealer->agreement->public_key, sealer->group, sealer->group_key,
                                 sealer->key) == ATS_OK;
}

static bool is_ours(const struct ats_sealer *sealer)
{
    struct ats_control_record record;
    struct ats_body_gate body;
    const uint8_t *key = sealer->agreement->public_key;
    return ats_registry_find(sealer->view, ATS_CONTROL_GATE, ats_span_text(sealer->gate),
                             &record) == ATS_OK &&
           ats_body_gate_parse(record.body, &body) == ATS_OK &&
           (memcmp(body.agreement_key, key, ATS_PUBLIC_KEY_SIZE) == 0 ||
            memcmp(body.former.agreement_key, key, ATS_PUBLIC_KEY_SIZE) == 0);
}

bool ats_sealer_ready(struct ats_sealer *sealer)
{
    uint64_t generation = ats_registry_generation(sealer->registry);
    if (sealer->generation == generation)
        return sealer->known && sealer->is_ours;
    struct ats_control_record record;
    struct ats_body_processor body;
    if (ats_store_view_renew(sealer->view) != ATS_OK)
        return sealer->known && sealer->is_ours;
    sealer->generation = generation;
    if (ats_registry_find(sealer->view, ATS_CONTROL_PROCESSOR, ats_span_text(sealer->group),
                          &record) == ATS_OK &&
        ats_body_processor_parse(record.body, &body) == ATS_OK)
        take_key(sealer, &body);
    sealer->is_ours = is_ours(sealer);
    return sealer->known && sealer->is_ours;
}

void ats_sealer_seal(struct ats_sealer *sealer, struct ats_kafka_record *record)
{
    ats_seal_tag(sealer->key, record, sealer->tag);
    ats_kafka_record_add(record, ATS_SEAL_HEADER, ats_span_of(sealer->tag, sizeof(sealer->tag)));
}
