/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/pull.h"

#include "common/base/limits.h"

enum ats_status ats_control_reader_open(const struct ats_kafka_config *kafka, const char *topic,
                                        struct ats_registry *registry,
                                        struct ats_kafka_reader **ret_reader, struct ats_error *err)
{
    return ats_kafka_reader_open_uncommitted(kafka, topic, 0, ats_registry_begin_reading(registry),
                                             ret_reader, err);
}

struct pull {
    struct ats_kafka_reader *reader;
    struct ats_registry *registry;
    ats_control_pulled *pulled;
    void *ctx;
    int64_t from; /* records before it are known, and not told again */
};

static enum ats_status apply(const struct pull *pull, const struct ats_kafka_record *record,
                             struct ats_error *err)
{
    struct ats_error reason = {0};
    enum ats_control_outcome outcome = ATS_CONTROL_ACCEPTED;
    enum ats_status status =
        ats_registry_apply(pull->registry, record->offset, record->value, &outcome, &reason);
    if (status != ATS_OK)
        return ats_error_set(err, status, "%s", reason.text);
    if (record->offset >= pull->from)
        pull->pulled(pull->ctx, record, outcome, &reason);
    return ATS_OK;
}

static enum ats_status apply_all(const struct pull *pull, struct ats_kafka_record *record,
                                 enum ats_status *ret_reader, struct ats_error *err)
{
    for (size_t count = 1;; count++) {
        enum ats_status status = apply(pull, record, err);
        if (status != ATS_OK || count == ATS_CONTROL_GROUP_MAX)
            return status;
        *ret_reader = ats_kafka_reader_next(pull->reader, 0, record, err);
        if (*ret_reader != ATS_OK)
            return ATS_OK;
    }
}

enum ats_status ats_control_pull(struct ats_kafka_reader *reader, struct ats_registry *registry,
                                 int timeout_ms, ats_control_pulled *pulled, void *ctx,
                                 enum ats_status *ret_reader, struct ats_error *err)
{
    const struct pull pull = {reader, registry, pulled, ctx, ats_registry_next_offset(registry)};
    struct ats_kafka_record record;
    *ret_reader = ats_kafka_reader_next(reader, timeout_ms, &record, err);
    if (*ret_reader != ATS_OK)
        return ATS_OK;
    enum ats_status status = ats_registry_begin_group(registry);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the local copy cannot be written: %s",
                             ats_status_name(status));
    status = apply_all(&pull, &record, ret_reader, err);
    enum ats_status end_status = ats_registry_end_group(registry, err);
    return status != ATS_OK ? status : end_status;
}
