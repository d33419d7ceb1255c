/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/heartbeat.h"

#include "common/control/acts.h"

#include <sodium.h>
#include <stdio.h>

static enum ats_status sign(const struct ats_checkpoint_signer *signer,
                            const struct ats_body_checkpoint *place,
                            struct ats_control_record *record, struct ats_buf *out)
{
    struct ats_buf body;
    ats_buf_init(&body, ATS_CERTIFICATE_MAX);
    record->kind = ATS_CONTROL_CHECKPOINT;
    memcpy(record->fleet, signer->fleet, sizeof(record->fleet));
    (void)snprintf(record->name, sizeof(record->name), "%s", signer->group);
    (void)snprintf(record->signer, sizeof(record->signer), "%s", signer->member);
    enum ats_status status = ats_body_checkpoint_format(place, &body);
    record->body = ats_buf_span(&body);
    if (status == ATS_OK)
        status = ats_control_record_sign(record, signer->pair);
    if (status == ATS_OK)
        status = ats_control_record_encode(record, out);
    ats_buf_fini(&body);
    return status;
}

enum ats_status ats_checkpoint_write(const struct ats_checkpoint_signer *signer,
                                     struct ats_registry *registry, int64_t time_ms,
                                     struct ats_buf *out)
{
    struct ats_control_record record = {.time_ms = time_ms};
    uint64_t newest = 0;
    struct ats_body_checkpoint place;
    struct ats_store_view *view = NULL;
    ats_registry_place(registry, &place.count, place.chain);
    enum ats_status status = ats_registry_view_open(registry, &view);
    if (status != ATS_OK)
        return status;
    status =
        ats_control_place(view, ATS_CONTROL_CHECKPOINT, signer->group, &newest, record.predecessor);
    ats_store_view_close(view);
    record.revision = newest + 1;
    if (status != ATS_OK)
        return status;
    return sign(signer, &place, &record, out);
}

enum ats_status ats_heartbeat_write(const struct ats_checkpoint_signer *signer,
                                    const struct ats_registry *registry, int64_t time_ms,
                                    struct ats_buf *out)
{
    struct ats_control_record record = {.revision = ATS_HEARTBEAT_REVISION, .time_ms = time_ms};
    struct ats_body_checkpoint place;
    ats_registry_place(registry, &place.count, place.chain);
    return sign(signer, &place, &record, out);
}

enum ats_status ats_heartbeat_find_signer(struct ats_store_view *view, const char *group,
                                          const char *member, const char *key_id,
                                          uint8_t ret_key[ATS_PUBLIC_KEY_SIZE])
{
    struct ats_control_record record;
    struct ats_body_processor body;
    char id[ATS_KEY_ID_SIZE];
    enum ats_status status =
        ats_registry_find(view, ATS_CONTROL_PROCESSOR, ats_span_text(group), &record);
    if (status == ATS_OK)
        status = ats_body_processor_parse(record.body, &body);
    if (status != ATS_OK)
        return status == ATS_ERR_NOT_FOUND ? ATS_ERR_REFUSED : status;
    for (size_t i = 0; i < body.member_count; i++) {
        if (strcmp(body.members[i].name, member) != 0 || !body.members[i].may_checkpoint)
            continue;
        ats_key_id(body.members[i].signing_key, id);
        if (strcmp(id, key_id) != 0)
            return ATS_ERR_REFUSED;
        memcpy(ret_key, body.members[i].signing_key, ATS_PUBLIC_KEY_SIZE);
        return ATS_OK;
    }
    return ATS_ERR_REFUSED;
}

static enum ats_status take(const struct ats_control_record *record,
                            struct ats_heartbeat *heartbeat)
{
    memcpy(heartbeat->key_id, record->key_id, sizeof(heartbeat->key_id));
    heartbeat->time_ms = record->time_ms;
    return ats_body_checkpoint_parse(record->body, &heartbeat->place);
}

enum ats_status ats_heartbeat_read(struct ats_span value, const uint8_t *fleet,
                                   struct ats_store_view *view, struct ats_heartbeat *ret_heartbeat)
{
    struct ats_control_record record;
    uint8_t key[ATS_PUBLIC_KEY_SIZE];
    *ret_heartbeat = (struct ats_heartbeat){0};
    if (!value.data || ats_control_record_decode(value, &record) != ATS_OK ||
        record.kind != ATS_CONTROL_CHECKPOINT || record.revision != ATS_HEARTBEAT_REVISION ||
        !sodium_is_zero(record.predecessor, sizeof(record.predecessor)))
        return ATS_ERR_MALFORMED;
    memcpy(ret_heartbeat->group, record.name, sizeof(ret_heartbeat->group));
    memcpy(ret_heartbeat->member, record.signer, sizeof(ret_heartbeat->member));
    ret_heartbeat->foreign = memcmp(record.fleet, fleet, ATS_FLEET_ID_SIZE) != 0;
    if (ret_heartbeat->foreign)
        return ATS_ERR_REFUSED;
    enum ats_status status =
        ats_heartbeat_find_signer(view, record.name, record.signer, record.key_id, key);
    if (status == ATS_OK)
        status = ats_control_record_verify(&record, key);
    return status == ATS_OK ? take(&record, ret_heartbeat) : status;
}
