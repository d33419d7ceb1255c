/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of replays: which records of quarantine are meant. */
#include "common/control/body.h"
#include "common/control/body_json.h"

#include <stdlib.h>

struct ats_span ats_replay_gate(const char *name)
{
    const char *at = strrchr(name, '@');
    return at && at[1] != '\0' ? ats_span_of(name, (size_t)(at - name)) : ats_span_of(name, 0);
}

/* In one order, so that none stands twice. */
static bool follows(const struct ats_replay_record *a, const struct ats_replay_record *b)
{
    return a->partition < b->partition || (a->partition == b->partition && a->offset < b->offset);
}

static enum ats_status parse_record(json_t *object, struct ats_replay_record *ret_record)
{
    struct ats_body_reader reader;
    ats_body_reader_enter(&reader, object);
    ret_record->partition = (int32_t)ats_body_get_u31(&reader, "partition");
    ret_record->offset = json_integer_value(ats_body_get(&reader, "offset", JSON_INTEGER));
    ats_body_get_fixed(&reader, "hash", ret_record->hash, sizeof(ret_record->hash));
    enum ats_status status = ats_body_reader_done(&reader);
    return status == ATS_OK && ret_record->offset < 0 ? ATS_ERR_INVALID : status;
}

static enum ats_status parse_records(json_t *list, struct ats_body_replay *ret_replay)
{
    size_t count = json_array_size(list);
    enum ats_status status = ATS_OK;
    if (count == 0 || count > ATS_REPLAY_RECORDS_MAX)
        return ATS_ERR_INVALID;
    struct ats_replay_record *records = calloc(count, sizeof(*records));
    if (!records)
        return ATS_ERR_MEMORY;
    ret_replay->records = records;
    ret_replay->count = count;
    for (size_t i = 0; i < count && status == ATS_OK; i++) {
        status = parse_record(json_array_get(list, i), &records[i]);
        if (status == ATS_OK && i > 0 && !follows(&records[i - 1], &records[i]))
            status = ATS_ERR_INVALID;
    }
    return status;
}

enum ats_status ats_body_replay_parse(struct ats_span body, struct ats_body_replay *ret_replay)
{
    struct ats_body_reader reader;
    *ret_replay = (struct ats_body_replay){0};
    ats_body_reader_open(&reader, body);
    ret_replay->unsealed = ats_body_find_boolean(&reader, "unsealed");
    enum ats_status parsed =
        parse_records(ats_body_get(&reader, "records", JSON_ARRAY), ret_replay);
    enum ats_status status = ats_body_reader_done(&reader);
    if (status == ATS_OK)
        status = parsed;
    if (status != ATS_OK)
        ats_body_replay_fini(ret_replay);
    return status;
}

static json_t *format_record(const struct ats_replay_record *record)
{
    json_t *object = json_object();
    (void)json_object_set_new(object, "partition", json_integer(record->partition));
    (void)json_object_set_new(object, "offset", json_integer(record->offset));
    ats_body_put_bytes(object, "hash", record->hash, sizeof(record->hash));
    return object;
}

enum ats_status ats_body_replay_format(const struct ats_body_replay *replay, struct ats_buf *out)
{
    json_t *object = json_object();
    json_t *list = json_array();
    for (size_t i = 0; i < replay->count; i++)
        (void)json_array_append_new(list, format_record(&replay->records[i]));
    bool whole = json_array_size(list) == replay->count;
    (void)json_object_set_new(object, "records", list);
    if (replay->unsealed)
        (void)json_object_set_new(object, "unsealed", json_true());
    size_t members = replay->unsealed ? 2 : 1;
    return ats_body_write(object, whole ? members : members + 1, out);
}

void ats_body_replay_fini(struct ats_body_replay *replay)
{
    if (!replay)
        return;
    free(replay->records);
    *replay = (struct ats_body_replay){0};
}
