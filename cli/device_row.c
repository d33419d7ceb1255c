/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/device_row.h"

#include "cli/contract_names.h"
#include "cli/device_attributes.h"
#include "cli/fleet.h"
#include "cli/output.h"
#include "common/base/base64.h"
#include "common/base/parse.h"

#include <stdio.h>

/* An Ed25519 SubjectPublicKeyInfo (RFC 8410) is these bytes and the key. */
static const uint8_t spki_begin[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                     0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
#define SPKI_SIZE (sizeof(spki_begin) + ATS_PUBLIC_KEY_SIZE)

struct ats_device_column {
    const char *name;
    const struct ats_device_attribute *attribute; /* what it sets, or NULL: take() */
    enum ats_status (*take)(struct ats_device_row *row, char *text, struct ats_error *err);
};

static enum ats_status take_name(struct ats_device_row *row, char *text, struct ats_error *err)
{
    row->name = text;
    return ats_fleet_check_name("device", text, err);
}

static enum ats_status take_contracts(struct ats_device_row *row, char *text, struct ats_error *err)
{
    struct ats_body_device *body = &row->body;
    for (char *name = *text ? strsep(&text, ";") : NULL; name; name = strsep(&text, ";")) {
        enum ats_status status = ats_contract_names_add(body, "contracts", name, err);
        if (status != ATS_OK)
            return status;
    }
    return ATS_OK;
}

enum ats_status ats_device_public_key_parse(const char *text, struct ats_device_key *ret_key,
                                            struct ats_error *err)
{
    uint8_t bytes[SPKI_SIZE];
    size_t len = 0;
    enum ats_status status = ats_base64_decode(ats_span_text(text), bytes, sizeof(bytes), &len);
    bool spki = len == SPKI_SIZE && memcmp(bytes, spki_begin, sizeof(spki_begin)) == 0;
    if (status != ATS_OK || (!spki && len != ATS_PUBLIC_KEY_SIZE))
        return ats_error_set(err, ATS_ERR_INVALID, "public_key: no Ed25519 key in base64");
    memcpy(ret_key->key, bytes + len - ATS_PUBLIC_KEY_SIZE, ATS_PUBLIC_KEY_SIZE);
    ats_key_id(ret_key->key, ret_key->id);
    return ATS_OK;
}

static enum ats_status take_public_key(struct ats_device_row *row, char *text,
                                       struct ats_error *err)
{
    if (!*text)
        return ATS_OK;
    enum ats_status status = ats_device_public_key_parse(text, &row->body.keys[0], err);
    row->body.key_count = status == ATS_OK;
    return status;
}

static enum ats_status take_least_proof(struct ats_device_row *row, char *text,
                                        struct ats_error *err)
{
    if (!*text)
        return ATS_OK;
    row->body.least_proof = ats_proof_level_parse(ats_span_text(text));
    return row->body.least_proof != 0
               ? ATS_OK
               : ats_error_set(err, ATS_ERR_INVALID,
                               "least_proof: '%.*s' is not allowed (allowed: signature, mac or "
                               "connection)",
                               ATS_QUOTE_MAX, text);
}

#define ATTRIBUTE_COLUMNS_MAX 16
#define OWN_COLUMNS 4

/* Columns of their own, and one for each attribute. */
static const struct ats_device_column *find_column(const char *name)
{
    static const struct ats_device_column own[OWN_COLUMNS] = {
        {"name", NULL, take_name},
        {"contracts", NULL, take_contracts},
        {"public_key", NULL, take_public_key},
        {"least_proof", NULL, take_least_proof}};
    static struct ats_device_column attributes[ATTRIBUTE_COLUMNS_MAX];
    for (size_t i = 0; i < OWN_COLUMNS; i++)
        if (strcmp(own[i].name, name) == 0)
            return &own[i];
    for (size_t i = 0; ats_device_attributes[i].name && i < ATTRIBUTE_COLUMNS_MAX; i++) {
        attributes[i].name = ats_device_attributes[i].name;
        attributes[i].attribute = &ats_device_attributes[i];
        if (strcmp(attributes[i].name, name) == 0)
            return &attributes[i];
    }
    return NULL;
}

static enum ats_status unknown_column(const char *name, struct ats_error *err)
{
    const char *names[ATTRIBUTE_COLUMNS_MAX + OWN_COLUMNS + 1] = {"name", "contracts", "public_key",
                                                                  "least_proof"};
    for (size_t i = 0; ats_device_attributes[i].name && i < ATTRIBUTE_COLUMNS_MAX; i++)
        names[OWN_COLUMNS + i] = ats_device_attributes[i].name;
    const char *nearest = ats_nearest_name(name, names);
    return ats_error_set(err, ATS_ERR_CONFIG, "unknown column '%.*s'%s%s%s", ATS_QUOTE_MAX, name,
                         nearest ? " (did you mean '" : "", nearest ? nearest : "",
                         nearest ? "'?)" : "; `attestream help device import` names them");
}

enum ats_status ats_device_header_read(struct ats_csv *csv, struct ats_device_header *ret_header,
                                       struct ats_error *err)
{
    bool named = false;
    *ret_header = (struct ats_device_header){0};
    enum ats_status status = ats_csv_next(csv, err);
    if (status == ATS_ERR_NOT_FOUND)
        return ats_error_set(err, ATS_ERR_CONFIG, "no rows");
    if (status != ATS_OK)
        return ats_error_set(err, ATS_ERR_CONFIG, "the first row cannot be read");
    for (size_t i = 0; i < csv->count; i++) {
        const struct ats_device_column *column = find_column(csv->fields[i]);
        if (!column)
            return unknown_column(csv->fields[i], err);
        for (size_t k = 0; k < i; k++)
            if (ret_header->columns[k] == column)
                return ats_error_set(err, ATS_ERR_CONFIG, "column '%s' stands twice", column->name);
        named = named || column->take == take_name;
        ret_header->columns[ret_header->count++] = column;
    }
    return named ? ATS_OK : ats_error_set(err, ATS_ERR_CONFIG, "there is no column 'name'");
}

enum ats_status ats_device_row_read(const struct ats_device_header *header,
                                    const struct ats_csv *csv, struct ats_device_row *ret_row,
                                    struct ats_error *err)
{
    struct ats_error why = {0};
    *ret_row = (struct ats_device_row){.name = "", .body = {.state = ATS_DEVICE_ACTIVE}};
    if (csv->count != header->count)
        (void)ats_error_set(&why, ATS_ERR_INVALID, "%zu %s where the first row has %zu", csv->count,
                            ats_output_word(csv->count, "column", "columns"), header->count);
    for (size_t i = 0; i < csv->count && i < header->count; i++) {
        const struct ats_device_column *column = header->columns[i];
        struct ats_error *at = why.status == ATS_OK ? &why : NULL;
        enum ats_status status =
            column->attribute
                ? ats_device_set_attribute(&ret_row->body, column->attribute, csv->fields[i], at)
                : column->take(ret_row, csv->fields[i], at);
        (void)status; /* the first one is in `why` */
    }
    if (why.status != ATS_OK)
        return ats_error_set(err, why.status, "%s", why.text);
    if (ret_row->body.asset[0] == '\0')
        (void)snprintf(ret_row->body.asset, sizeof(ret_row->body.asset), "%s", ret_row->name);
    return ATS_OK;
}
