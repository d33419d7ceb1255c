/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/position.h"

enum ats_position ats_position_judge(const struct ats_position_facts *facts)
{
    if (facts->committed < 0)
        return facts->was_read ? ATS_POSITION_GONE : ATS_POSITION_HOLDS;
    if (!facts->is_ours)
        return ATS_POSITION_FOREIGN;
    if (facts->committed > facts->end)
        return ATS_POSITION_PAST_END;
    if (facts->newer >= 0 && facts->newer < facts->committed)
        return ATS_POSITION_OVERWRITTEN;
    return facts->committed < facts->first ? ATS_POSITION_DELETED : ATS_POSITION_HOLDS;
}
