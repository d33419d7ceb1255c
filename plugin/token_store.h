/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single-use tokens: which `jti` of a device's key have opened a connection, for as long as their tokens live. Each key has a set of
 * its own with a bound, so that a device can use up its own alone:
 *
 *   hash of device and key id (16 bytes) -> latest expiry forgotten (8 bytes) | expiry (8 bytes), hash of the jti (16 bytes) | ...
 *
 * What has expired stays until its place is needed, or the whole set is over for long (token_prune.h). A token that expires no later
 * than one that was forgotten counts as used: a clock that goes back brings none to life.
 *
 * Thread: any for reading and for sets of one's own; the forwarder's writes. Owns: nothing.
 */
#ifndef ATS_PLUGIN_TOKEN_STORE_H
#define ATS_PLUGIN_TOKEN_STORE_H

#include "common/base/limits.h"
#include "common/store/store.h"

#define ATS_TOKEN_HASH_SIZE 16

struct ats_used_token {
    int64_t expires_s;
    uint8_t hash[ATS_TOKEN_HASH_SIZE];
};

/* The journal's record of one, of a kind beside that of a CONNECT's counter (counter_record.h):
   [key][expiry u64][hash]. */
struct ats_token_record {
    uint8_t key[ATS_TOKEN_HASH_SIZE];
    struct ats_used_token used;
};

#define ATS_TOKEN_RECORD_SIZE (2 * ATS_TOKEN_HASH_SIZE + 8)

/* Room for `count + 1` tokens, ATS_GATE_TOKENS_PER_KEY at most, is the caller's. */
struct ats_token_set {
    int64_t forgotten_s; /* 0: none was */
    size_t count;
    struct ats_used_token *items;
};

void ats_token_record_make(const char *device, const char *key_id, const char *token_id,
                           int64_t expires_s, struct ats_token_record *ret_record);
void ats_token_record_encode(const struct ats_token_record *record,
                             uint8_t ret_data[ATS_TOKEN_RECORD_SIZE]);
/* False: not one that this code wrote. */
bool ats_token_record_decode(struct ats_span data, struct ats_token_record *ret_record);

/* Whether it was used, or may have been. */
bool ats_token_set_has(const struct ats_token_set *set, const struct ats_used_token *token);
/* How many have not expired. */
size_t ats_token_set_live(const struct ats_token_set *set, int64_t now_s);
/* Unless it is there; a full set forgets what has expired, or else what expires first. */
void ats_token_set_add(struct ats_token_set *set, const struct ats_used_token *token,
                       int64_t now_s);

/* The set of that key, empty if there is none, into `ret_set->items` of ATS_GATE_TOKENS_PER_KEY; IO. */
ATS_MUST_USE enum ats_status ats_token_store_get(struct ats_store *store,
                                                 const uint8_t key[ATS_TOKEN_HASH_SIZE],
                                                 struct ats_token_set *ret_set);
/* Whether the set that the value holds has a token, and none that expires later than that. */
bool ats_token_value_ends_by(struct ats_span value, int64_t until_s);
/* Forgets all of the key that expire no later, as a full set does. */
ATS_MUST_USE enum ats_status ats_token_store_forget(struct ats_store_batch *batch,
                                                    const uint8_t key[ATS_TOKEN_HASH_SIZE],
                                                    int64_t until_s, size_t *ret_count);
ATS_MUST_USE enum ats_status ats_token_store_put(struct ats_store_batch *batch,
                                                 const struct ats_token_record *record,
                                                 int64_t now_s);

#endif
