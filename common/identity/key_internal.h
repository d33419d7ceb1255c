/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share about key pairs. Thread: any. */
#ifndef ATS_IDENTITY_KEY_INTERNAL_H
#define ATS_IDENTITY_KEY_INTERNAL_H

#include "common/identity/key.h"

/* Fills public and secret key from kind and seed. */
void ats_key_pair_expand(struct ats_key_pair *pair);

#endif
