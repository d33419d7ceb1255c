/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of agreement in bodies: those of which every implementation says the same. Keys of signatures are looked at where a record is
 * judged (common/identity/signature.h): that costs more than reading, and an accepted body is read often. Internal to common/control.
 * Thread: any. Owns: nothing.
 */
#ifndef ATS_CONTROL_BODY_KEY_H
#define ATS_CONTROL_BODY_KEY_H

#include "common/control/body_json.h"
#include "common/identity/key.h"

/* X25519: it agrees on something else than zeros. */
bool ats_agreement_key_is_good(const uint8_t key[ATS_PUBLIC_KEY_SIZE]);

/* As ats_body_get_fixed(); another key makes the body illegal. */
void ats_body_get_agreement_key(struct ats_body_reader *reader, const char *name,
                                uint8_t ret_key[ATS_PUBLIC_KEY_SIZE]);

#endif
