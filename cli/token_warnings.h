/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What speaks against a device's token where it is made, by the copy of the control log that is at hand: a note each, and the gates'
 * own reason for --json. A token is made all the same: a record may be on its way. Thread: one.
 */
#ifndef ATS_CLI_TOKEN_WARNINGS_H
#define ATS_CLI_TOKEN_WARNINGS_H

#include "common/identity/jwt.h"
#include "common/store/store.h"

#include <jansson.h>

/* Adds [{"reason": ..., "text": ...}] to `warnings`. */
void ats_token_warn_of_life(int64_t ttl_ms, json_t *warnings);
/* The device, its key of `key_id`, and the gate; `gate` NULL: not one by its name. */
void ats_token_warn_of_names(struct ats_store_view *view, const char *device, const char *key_id,
                             const char *gate, json_t *warnings);

#endif
