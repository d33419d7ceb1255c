/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Avro's binary encoding of one event, bare or with Confluent's framing. Every byte is held against the plan, and then taken as it
 * stands: encodings that are not the shortest (numbers with zeros behind, arrays in blocks) are Avro too, and a signature's reader
 * finds the device's own bytes in the record.
 */
#include "common/contract/batch_internal.h"
#include "common/contract/contract_internal.h"
#include "common/contract/conversion.h"
#include "common/contract/schema.h"
#include "common/contract/set.h"

#include <inttypes.h>

static const char *const bare_types[] = {"application/avro", "avro/binary", NULL};
static const char *const framed_types[] = {"application/vnd.confluent.avro", NULL};

static enum ats_status open_avro(struct ats_batch *batch, struct ats_verdict *ret_verdict)
{
    (void)ret_verdict;
    ats_batch_set_single(batch);
    return ATS_OK;
}

/* As it stands, but for values in another unit. */
static enum ats_status admit_converted(const struct ats_batch *batch, struct ats_span body,
                                       struct ats_buf *out, struct ats_verdict *ret_verdict)
{
    ats_framing_put(out, ats_contract_schema_id(batch->contract));
    size_t begin = out->len;
    enum ats_status status = ats_conversion_rewrite(batch->contract, body, out, ret_verdict);
    if (status != ATS_OK)
        return status;
    return ats_contract_check_body(batch->contract, &batch->input,
                                   ats_span_of(out->data + begin, out->len - begin), ret_verdict);
}

static enum ats_status admit_body(const struct ats_batch *batch, struct ats_span body,
                                  struct ats_buf *out, struct ats_verdict *ret_verdict)
{
    if (ats_contract_odcs(batch->contract)->converts)
        return admit_converted(batch, body, out, ret_verdict);
    enum ats_status status =
        ats_contract_check_body(batch->contract, &batch->input, body, ret_verdict);
    if (status != ATS_OK)
        return status;
    ats_framing_put(out, ats_contract_schema_id(batch->contract));
    ats_buf_append(out, body.data, body.len);
    return out->status;
}

static enum ats_status admit_bare(const struct ats_batch *batch, size_t index, struct ats_buf *out,
                                  struct ats_verdict *ret_verdict)
{
    return admit_body(batch, batch->items[index], out, ret_verdict);
}

/* The contract's own version that has that schema; NULL. */
static const struct ats_contract *find_version(const struct ats_batch *batch, uint32_t schema_id)
{
    const struct ats_contract_set *set = batch->input.versions;
    for (size_t i = 0; set && i < ats_contract_set_count(set); i++) {
        const struct ats_contract *contract = ats_contract_set_at(set, i);
        if (ats_contract_schema_id(contract) == schema_id &&
            strcmp(ats_contract_name(contract), ats_contract_name(batch->contract)) == 0)
            return contract;
    }
    return NULL;
}

static enum ats_status other_schema(const struct ats_batch *batch, uint32_t schema_id,
                                    struct ats_verdict *ret_verdict)
{
    const struct ats_contract *version = find_version(batch, schema_id);
    uint32_t own = ats_contract_schema_id(batch->contract);
    if (version)
        ats_verdict_set(ret_verdict, ATS_RULE_SCHEMA_ID, "",
                        "written with schema %" PRIu32
                        " of version %.40s; version %.40s governs, schema %" PRIu32,
                        schema_id, ats_contract_version(version),
                        ats_contract_version(batch->contract), own);
    else
        ats_verdict_set(ret_verdict, ATS_RULE_SCHEMA_ID, "",
                        "written with schema %" PRIu32 " (allowed: the contract's, %" PRIu32 ")",
                        schema_id, own);
    return ATS_ERR_INVALID;
}

static enum ats_status admit_framed(const struct ats_batch *batch, size_t index,
                                    struct ats_buf *out, struct ats_verdict *ret_verdict)
{
    struct ats_span body;
    uint32_t schema_id = 0;
    if (ats_framing_get(batch->items[index], &schema_id, &body) != ATS_OK) {
        ats_verdict_set(ret_verdict, ATS_RULE_AVRO_SYNTAX, "",
                        "no framing: it begins with a byte 0 and a schema id of four bytes");
        return ATS_ERR_INVALID;
    }
    if (schema_id != ats_contract_schema_id(batch->contract))
        return other_schema(batch, schema_id, ret_verdict);
    return admit_body(batch, body, out, ret_verdict);
}

const struct ats_format ats_format_avro = {
    .name = "avro", .content_types = bare_types, .open = open_avro, .admit = admit_bare};

const struct ats_format ats_format_avro_confluent = {.name = "avro-confluent",
                                                     .content_types = framed_types,
                                                     .open = open_avro,
                                                     .admit = admit_framed};
