/* SPDX-License-Identifier: Apache-2.0 */
/* Who answers for a contract: the side that runs the plant (OT), and the side that runs the data (IT). Thread: any. */
#ifndef ATS_CONTRACT_OWNER_H
#define ATS_CONTRACT_OWNER_H

#include "common/base/span.h"

#include <stdbool.h>
#include <stdint.h>

/* Bits of a set. */
enum ats_owner { ATS_OWNER_OT = 1, ATS_OWNER_IT = 2 };

#define ATS_OWNERS (ATS_OWNER_OT | ATS_OWNER_IT)
#define ATS_OWNERS_TEXT_SIZE 16

/* "ot", "it"; 0 for another. */
enum ats_owner ats_owner_parse(struct ats_span text);
const char *ats_owner_name(enum ats_owner owner);
/* "ot and it", "it"; "" of none. */
void ats_owners_text(uint32_t owners, char ret_text[ATS_OWNERS_TEXT_SIZE]);
/* Whether two persons, of whom the second may be nobody (0), sign for all that is asked: for both sides one person each. */
bool ats_owners_suffice(uint32_t asked, uint32_t first, uint32_t second);

#endif
