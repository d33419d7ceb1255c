/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/checkpoint.h"

#include "common/base/calendar.h"
#include "common/control/body_json.h"
#include "common/control/store_key.h"
#include "device/wire.h"

#define STORED_SIZE (8 + 8)

enum ats_status ats_body_checkpoint_parse(struct ats_span body,
                                          struct ats_body_checkpoint *ret_checkpoint)
{
    struct ats_body_reader reader;
    *ret_checkpoint = (struct ats_body_checkpoint){0};
    ats_body_reader_open(&reader, body);
    json_t *count = ats_body_get(&reader, "count", JSON_INTEGER);
    ats_body_get_fixed(&reader, "chain", ret_checkpoint->chain, sizeof(ret_checkpoint->chain));
    json_int_t number = json_integer_value(count);
    enum ats_status status = ats_body_reader_done(&reader);
    if (status != ATS_OK || number < 1)
        return status != ATS_OK ? status : ATS_ERR_INVALID;
    ret_checkpoint->count = (uint64_t)number;
    return ATS_OK;
}

enum ats_status ats_body_checkpoint_format(const struct ats_body_checkpoint *checkpoint,
                                           struct ats_buf *out)
{
    json_t *object = json_object();
    (void)json_object_set_new(object, "count", json_integer((json_int_t)checkpoint->count));
    ats_body_put_bytes(object, "chain", checkpoint->chain, sizeof(checkpoint->chain));
    return ats_body_write(object, 2, out);
}

static enum ats_status decode(struct ats_span bytes, struct ats_registry_checkpoint *ret_checkpoint)
{
    struct ats_wire_reader reader;
    ats_wire_reader_init(&reader, bytes.data, bytes.len);
    ret_checkpoint->time_ms = (int64_t)ats_wire_get_u64(&reader);
    ret_checkpoint->count = ats_wire_get_u64(&reader);
    return ats_wire_reader_done(&reader) ? ATS_OK : ATS_ERR_CORRUPT;
}

enum ats_status ats_registry_checkpoint(struct ats_store_view *view,
                                        struct ats_registry_checkpoint *ret_checkpoint)
{
    struct ats_span value;
    enum ats_status status = ats_store_get(view, ats_span_text(ATS_STORE_KEY_CHECKPOINT), &value);
    return status == ATS_OK ? decode(value, ret_checkpoint) : status;
}

enum ats_status ats_judge_newest_checkpoint(struct ats_judge *judge,
                                            struct ats_registry_checkpoint *ret_checkpoint)
{
    struct ats_span value;
    enum ats_status status =
        ats_store_batch_get(judge->batch, ats_span_text(ATS_STORE_KEY_CHECKPOINT), &value);
    if (status == ATS_OK)
        status = decode(value, ret_checkpoint);
    if (status == ATS_ERR_CORRUPT)
        return ats_error_set(judge->err, status, "the stored time of the log cannot be read");
    return status;
}

static enum ats_status refuse_signer(struct ats_judge *judge)
{
    return ats_judge_reject(judge, ATS_CONTROL_UNKNOWN_SIGNER, "group '%s' has no member '%s'",
                            judge->record.name, judge->record.signer);
}

enum ats_status ats_judge_checkpoint_signer(struct ats_judge *judge,
                                            struct ats_body_operator *ret_signer)
{
    struct ats_control_record group;
    struct ats_body_processor body;
    enum ats_status status =
        ats_judge_find(judge, ATS_CONTROL_PROCESSOR, judge->record.name, &group);
    if (status == ATS_ERR_NOT_FOUND)
        return refuse_signer(judge);
    if (status == ATS_OK)
        status = ats_body_processor_parse(group.body, &body);
    if (ats_status_class(status) == ATS_CLASS_DROP)
        return ats_error_set(judge->err, ATS_ERR_CORRUPT, "the stored group '%s' is damaged",
                             judge->record.name);
    if (status != ATS_OK)
        return status;
    for (size_t i = 0; i < body.member_count; i++) {
        if (strcmp(body.members[i].name, judge->record.signer) != 0)
            continue;
        memcpy(ret_signer->key, body.members[i].signing_key, sizeof(ret_signer->key));
        ret_signer->kinds =
            body.members[i].may_checkpoint ? UINT32_C(1) << ATS_CONTROL_CHECKPOINT : 0;
        (void)snprintf(ret_signer->names, sizeof(ret_signer->names), "*");
        return ATS_OK;
    }
    return refuse_signer(judge);
}

static enum ats_status check_count(struct ats_judge *judge,
                                   const struct ats_body_checkpoint *checkpoint)
{
    if (checkpoint->count < judge->count)
        return ats_judge_reject(judge, ATS_CONTROL_LATE_CHECKPOINT,
                                "it counts %" PRIu64 " records, and %" PRIu64 " stand before it",
                                checkpoint->count, judge->count);
    if (checkpoint->count > judge->count)
        return ats_judge_reject(judge, ATS_CONTROL_WRONG_CHECKPOINT,
                                "'%s' had read %" PRIu64 " records here, and only %" PRIu64
                                " are left: some were taken out",
                                judge->record.signer, checkpoint->count, judge->count);
    if (memcmp(checkpoint->chain, judge->chain, ATS_HASH_SIZE) != 0)
        return ats_judge_reject(judge, ATS_CONTROL_WRONG_CHECKPOINT,
                                "'%s' had read %" PRIu64 " other records here, or in another order",
                                judge->record.signer, checkpoint->count);
    return ATS_OK;
}

static enum ats_status check_time(struct ats_judge *judge)
{
    int64_t before_ms = 0;
    enum ats_status status = ats_judge_log_time(judge, &before_ms);
    if (status != ATS_OK)
        return status;
    if (judge->record.time_ms < before_ms || judge->record.time_ms > ATS_CALENDAR_MAX_MS)
        return ats_judge_reject(judge, ATS_CONTROL_WRONG_CHECKPOINT,
                                "its time %" PRId64 " goes back behind the log's, %" PRId64,
                                judge->record.time_ms, before_ms);
    return ATS_OK;
}

enum ats_status ats_judge_checkpoint(struct ats_judge *judge)
{
    struct ats_body_checkpoint checkpoint;
    enum ats_status status = ats_body_checkpoint_parse(judge->record.body, &checkpoint);
    if (ats_status_class(status) == ATS_CLASS_DROP)
        return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                                "the body is not that of a checkpoint (%s)",
                                ats_status_name(status));
    if (status == ATS_OK)
        status = check_count(judge, &checkpoint);
    return status == ATS_OK ? check_time(judge) : status;
}

enum ats_status ats_judge_checkpoint_put(struct ats_judge *judge)
{
    uint8_t bytes[STORED_SIZE];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, bytes, sizeof(bytes));
    ats_wire_put_u64(&writer, (uint64_t)judge->record.time_ms);
    ats_wire_put_u64(&writer, judge->count + 1);
    return ats_store_batch_put(judge->batch, ats_span_text(ATS_STORE_KEY_CHECKPOINT),
                               ats_span_of(bytes, sizeof(bytes)));
}
