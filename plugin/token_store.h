/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single-use tokens: which `jti` have opened a connection, for as long as their tokens live.
 *
 *   key  expiry in seconds (8 bytes, big-endian) | hash of key id and jti (24 bytes)
 *   0xff -> the latest expiry that was forgotten
 *
 * Keys sort by expiry, so that what has expired is in front, and each new token takes some of it away. A token that expired no later
 * than one that was forgotten is refused: a clock that goes back brings none to life. Thread: the broker's.
 */
#ifndef ATS_PLUGIN_TOKEN_STORE_H
#define ATS_PLUGIN_TOKEN_STORE_H

#include "common/identity/jwt.h"
#include "common/store/store.h"

/* Remembers the token, on disk before it returns. EXISTS: it was used before, or may have been. LIMIT: `max` tokens that are
   still good are remembered, and none of them is forgotten. */
ATS_MUST_USE enum ats_status
ats_token_store_take(struct ats_store *store, const struct ats_jwt *jwt, int64_t now_s, size_t max);

#endif
