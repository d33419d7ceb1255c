/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/value_decoder.h"

#include "cli/output.h"
#include "cli/session.h"
#include "common/base/limits.h"
#include "common/contract/schema.h"
#include "common/control/body.h"
#include "common/control/catalog.h"
#include "common/record/avro_json.h"
#include "common/record/schemas.h"

#include <stdlib.h>

struct ats_value_decoder {
    struct ats_store_view *view; /* while the copy is open; NULL: record schemas alone */
    struct item {
        uint32_t schema_id;
        struct ats_avro_json *decoder;
    } * items;
    size_t count;
    size_t room;
};

/* The text of a schema: compiled in, or of the control log. */
static enum ats_status find_schema(const struct ats_value_decoder *decoder, uint32_t schema_id,
                                   struct ats_buf *text)
{
    for (const struct ats_record_schema_text *s = ats_record_schema_texts; s->name; s++) {
        if (ats_schema_id(s->text) != schema_id)
            continue;
        ats_buf_append(text, s->text.data, s->text.len);
        return text->status;
    }
    return decoder->view ? ats_catalog_schema(decoder->view, schema_id, text) : ATS_ERR_NOT_FOUND;
}

static bool has_room(struct ats_value_decoder *decoder)
{
    if (decoder->count < decoder->room)
        return true;
    size_t room = decoder->room > 0 ? 2 * decoder->room : 16;
    struct item *items =
        room <= ATS_CLI_DECODERS_MAX ? realloc(decoder->items, room * sizeof(*items)) : NULL;
    if (!items)
        return false;
    decoder->items = items;
    decoder->room = room;
    return true;
}

/* An id of no schema is not remembered: records of strangers could name any number of them. */
static const struct ats_avro_json *find_decoder(struct ats_value_decoder *decoder,
                                                uint32_t schema_id)
{
    struct ats_buf text;
    struct ats_avro_json *found = NULL;
    for (size_t i = 0; i < decoder->count; i++)
        if (decoder->items[i].schema_id == schema_id)
            return decoder->items[i].decoder;
    if (!has_room(decoder))
        return NULL;
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    if (find_schema(decoder, schema_id, &text) == ATS_OK &&
        ats_avro_json_new(ats_buf_span(&text), &found, NULL) == ATS_OK)
        decoder->items[decoder->count++] = (struct item){schema_id, found};
    ats_buf_fini(&text);
    return found;
}

static enum ats_status note_schema(void *ctx, const struct ats_control_record *record)
{
    struct ats_body_schema body;
    if (ats_body_schema_parse(record->body, &body) != ATS_OK)
        return ATS_OK;
    (void)find_decoder(ctx, body.schema_id);
    ats_body_schema_fini(&body);
    return ATS_OK;
}

/* Contracts' schemas first, then those of records: another version's too. */
static enum ats_status load(struct ats_value_decoder *decoder)
{
    struct ats_contract_set *contracts = NULL;
    enum ats_status status = ats_catalog_contracts(decoder->view, NULL, NULL, &contracts);
    for (size_t i = 0; status == ATS_OK && i < ats_contract_set_count(contracts); i++)
        (void)find_decoder(decoder, ats_contract_schema_id(ats_contract_set_at(contracts, i)));
    ats_contract_set_free(contracts);
    return status == ATS_OK
               ? ats_registry_walk(decoder->view, ATS_CONTROL_SCHEMA, note_schema, decoder)
               : status;
}

enum ats_status ats_value_decoder_new(const struct ats_cli *cli,
                                      struct ats_value_decoder **ret_decoder, struct ats_error *err)
{
    struct ats_session *session = NULL;
    enum ats_status status = ATS_OK;
    struct ats_value_decoder *decoder = calloc(1, sizeof(*decoder));
    if (!decoder)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    /* Without a fleet's folder the records' own schemas are enough. */
    if (ats_session_open(cli, ATS_SESSION_READ, &session, err) == ATS_OK) {
        decoder->view = ats_session_view(session);
        status = load(decoder);
        decoder->view = NULL;
    }
    ats_session_close(session);
    if (status == ATS_OK) {
        *ret_decoder = decoder;
        return ATS_OK;
    }
    ats_value_decoder_free(decoder);
    return ats_error_set(err, status, "the local copy cannot be read: %s", ats_status_name(status));
}

void ats_value_decoder_free(struct ats_value_decoder *decoder)
{
    for (size_t i = 0; decoder && i < decoder->count; i++)
        ats_avro_json_free(decoder->items[i].decoder);
    if (decoder)
        free(decoder->items);
    free(decoder);
}

json_t *ats_value_decode(struct ats_value_decoder *decoder, struct ats_span value)
{
    uint32_t schema_id = 0;
    struct ats_span body;
    json_t *json = NULL;
    if (!value.data)
        return json_null();
    if (ats_framing_get(value, &schema_id, &body) == ATS_OK) {
        const struct ats_avro_json *found = find_decoder(decoder, schema_id);
        if (found && ats_avro_json_decode(found, body, &json, NULL) == ATS_OK)
            return json;
    }
    json = json_loadb((const char *)value.data, value.len, 0, NULL);
    return json ? json : ats_output_bytes(value);
}

json_t *ats_value_headers(const struct ats_kafka_record *record)
{
    json_t *headers = json_object();
    for (size_t i = 0; i < record->header_count; i++) {
        struct ats_span value = record->headers[i].value;
        (void)json_object_set_new(headers, record->headers[i].name,
                                  value.data ? ats_output_bytes(value) : json_null());
    }
    return headers;
}
