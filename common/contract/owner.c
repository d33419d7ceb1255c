/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/owner.h"

#include <stdio.h>

enum ats_owner ats_owner_parse(struct ats_span text)
{
    if (ats_span_is(text, "ot"))
        return ATS_OWNER_OT;
    return ats_span_is(text, "it") ? ATS_OWNER_IT : (enum ats_owner)0;
}

const char *ats_owner_name(enum ats_owner owner)
{
    return owner == ATS_OWNER_OT ? "ot" : "it";
}

void ats_owners_text(uint32_t owners, char ret_text[ATS_OWNERS_TEXT_SIZE])
{
    (void)snprintf(ret_text, ATS_OWNERS_TEXT_SIZE, "%s%s%s", owners & ATS_OWNER_OT ? "ot" : "",
                   (owners & ATS_OWNERS) == ATS_OWNERS ? " and " : "",
                   owners & ATS_OWNER_IT ? "it" : "");
}

bool ats_owners_suffice(uint32_t asked, uint32_t first, uint32_t second)
{
    if (asked != ATS_OWNERS)
        return (asked & ~(first | second)) == 0;
    return ((first & ATS_OWNER_OT) && (second & ATS_OWNER_IT)) ||
           ((first & ATS_OWNER_IT) && (second & ATS_OWNER_OT));
}
