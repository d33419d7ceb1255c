/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys in bodies: those of which every implementation says the same. Internal to common/control.
 * Thread: any. Owns: nothing.
 */
#ifndef ATS_CONTROL_BODY_KEY_H
#define ATS_CONTROL_BODY_KEY_H

#include "common/control/body_json.h"
#include "common/identity/key.h"

/* Ed25519: canonical, and of none of the points of small order, under which anybody can sign; ats_point_is_good() asks for more. */
bool ats_signing_key_is_good(const uint8_t key[ATS_PUBLIC_KEY_SIZE]);
/* X25519: it agrees on something else than zeros. */
bool ats_agreement_key_is_good(const uint8_t key[ATS_PUBLIC_KEY_SIZE]);

/* As ats_body_get_fixed(); another key makes the body illegal. */
void ats_body_get_signing_key(struct ats_body_reader *reader, const char *name,
                              uint8_t ret_key[ATS_PUBLIC_KEY_SIZE]);
void ats_body_get_agreement_key(struct ats_body_reader *reader, const char *name,
                                uint8_t ret_key[ATS_PUBLIC_KEY_SIZE]);

#endif
