/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/mend.h"

#include "common/base/limits.h"

#include <inttypes.h>

/* Every record that the copy has seen; what comes behind it is the follower's. */
static enum ats_status apply_all(const struct ats_control_mend *mend,
                                 struct ats_kafka_reader *reader, struct ats_error *err)
{
    int64_t end = ats_registry_next_offset(mend->registry);
    int64_t idle_until_ms = ats_clock_monotonic_ms(&ats_clock_system) + ATS_CONTROL_MEND_TIMEOUT_MS;
    for (int64_t next = 0; next < end && !atomic_load(mend->stop);) {
        struct ats_kafka_record record;
        enum ats_control_outcome outcome;
        enum ats_status status =
            ats_kafka_reader_next(reader, ATS_CONTROL_POLL_TIMEOUT_MS, &record, err);
        int64_t now_ms = ats_clock_monotonic_ms(&ats_clock_system);
        if (status != ATS_OK && now_ms >= idle_until_ms)
            return ats_error_set(err, ATS_ERR_UNAVAILABLE, "the log could not be read to its end");
        if (status != ATS_OK)
            continue;
        idle_until_ms = now_ms + ATS_CONTROL_MEND_TIMEOUT_MS;
        next = record.offset + 1;
        if (record.offset < end)
            status = ats_registry_apply(mend->registry, record.offset, record.value, &outcome, err);
        if (status != ATS_OK)
            return status;
    }
    return ATS_OK;
}

static enum ats_status rebuild(const struct ats_control_mend *mend, struct ats_error *err)
{
    struct ats_kafka_reader *reader = NULL;
    struct ats_error reason = {0}; /* of records that the log holds and nobody takes */
    enum ats_status status =
        ats_kafka_reader_open_uncommitted(mend->kafka, mend->topic, 0, 0, &reader, err);
    if (status != ATS_OK)
        return status;
    status = ats_registry_begin_rebuild(mend->registry, err);
    if (status == ATS_OK) {
        (void)apply_all(mend, reader,
                        &reason); /* where it broke off, the end finds too few records */
        status = ats_registry_end_rebuild(mend->registry, err);
    }
    ats_kafka_reader_close(reader);
    return status;
}

/* False: it is not time for a try yet. */
static bool may_try(struct ats_control_mend *mend)
{
    int64_t now_ms = ats_clock_monotonic_ms(&ats_clock_system);
    if (now_ms < mend->next_try_ms)
        return false;
    mend->next_try_ms = now_ms + ATS_CONTROL_MEND_INTERVAL_MS;
    return true;
}

static bool make_anew(struct ats_control_mend *mend, const char *found)
{
    struct ats_error err = {0};
    uint64_t altered = ats_registry_altered(mend->registry);
    uint64_t count = ats_registry_count(mend->registry);
    ats_log_event(mend->log, ATS_LOG_ERROR, "control.copy-altered",
                  "reads=%" PRIu64
                  " found=\"%s\" hint=\"the local copy was altered on disk: what was altered is "
                  "refused, and the copy is made anew from the log\"",
                  altered - mend->seen, found);
    enum ats_status status = rebuild(mend, &err);
    if (status == ATS_OK) {
        mend->seen = ats_registry_altered(mend->registry);
        ats_log_event(mend->log, ATS_LOG_WARNING, "control.copy-rebuilt", "records=%" PRIu64,
                      count);
    } else {
        ats_log_event(mend->log, ATS_LOG_ERROR, "control.copy-not-rebuilt",
                      "records=%" PRIu64 " reason=\"%s\"", count, err.text);
    }
    return status == ATS_OK;
}

bool ats_control_mend(struct ats_control_mend *mend)
{
    if (ats_registry_altered(mend->registry) == mend->seen || !may_try(mend))
        return false;
    return make_anew(mend, "an entry whose seal does not hold");
}

bool ats_control_mend_corrupt(struct ats_control_mend *mend, const struct ats_error *err)
{
    return may_try(mend) && make_anew(mend, err->text);
}
