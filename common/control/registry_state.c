/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/registry_state.h"

#include "common/control/store_key.h"
#include "device/wire.h"

#include <sodium.h>

#define STATE_SIZE (8 + 8 + ATS_HASH_SIZE + ATS_HASH_SIZE)

static void encode_state(const struct ats_registry_state *state, uint8_t ret_bytes[STATE_SIZE])
{
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, ret_bytes, STATE_SIZE);
    ats_wire_put_u64(&writer, (uint64_t)state->next_offset);
    ats_wire_put_u64(&writer, state->count);
    ats_wire_put_fixed(&writer, state->chain, sizeof(state->chain));
    ats_wire_put_fixed(&writer, state->before, sizeof(state->before));
}

static bool decode_state(struct ats_span bytes, struct ats_registry_state *ret_state)
{
    struct ats_wire_reader reader;
    ats_wire_reader_init(&reader, bytes.data, bytes.len);
    ret_state->next_offset = (int64_t)ats_wire_get_u64(&reader);
    ret_state->count = ats_wire_get_u64(&reader);
    const uint8_t *chain = ats_wire_get_fixed(&reader, sizeof(ret_state->chain));
    if (chain)
        memcpy(ret_state->chain, chain, sizeof(ret_state->chain));
    const uint8_t *before = ats_wire_get_fixed(&reader, sizeof(ret_state->before));
    if (before)
        memcpy(ret_state->before, before, sizeof(ret_state->before));
    return ats_wire_reader_done(&reader);
}

enum ats_status ats_registry_state_load(struct ats_store_batch *batch,
                                        struct ats_registry_state *ret_state, struct ats_error *err)
{
    struct ats_span stored;
    enum ats_status status =
        ats_store_batch_get(batch, ats_span_text(ATS_STORE_KEY_STATE), &stored);
    if (status == ATS_ERR_NOT_FOUND)
        return ATS_OK;
    if (status == ATS_OK && !decode_state(stored, ret_state))
        return ats_error_set(err, ATS_ERR_CORRUPT, "the registry's state cannot be read");
    return status;
}

enum ats_status ats_registry_state_view(struct ats_store_view *view,
                                        struct ats_registry_state *ret_state)
{
    struct ats_span stored;
    enum ats_status status = ats_store_get(view, ats_span_text(ATS_STORE_KEY_STATE), &stored);
    return status != ATS_OK || decode_state(stored, ret_state) ? status : ATS_ERR_CORRUPT;
}

enum ats_status ats_registry_state_put(struct ats_store_batch *batch,
                                       const struct ats_registry_state *state)
{
    uint8_t bytes[STATE_SIZE];
    encode_state(state, bytes);
    return ats_store_batch_put(batch, ats_span_text(ATS_STORE_KEY_STATE),
                               ats_span_of(bytes, sizeof(bytes)));
}

bool ats_registry_state_knows_before(const struct ats_registry_state *state)
{
    return !sodium_is_zero(state->before, sizeof(state->before));
}
