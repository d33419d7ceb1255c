/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/contract.h"

static const char *const names[] = {
    [ATS_PROOF_CONNECTION] = "connection",
    [ATS_PROOF_TAG] = "mac",
    [ATS_PROOF_SIGNED] = "signature",
};

const char *ats_proof_level_name(enum ats_proof_level level)
{
    return level >= ATS_PROOF_CONNECTION && level <= ATS_PROOF_SIGNED ? names[level] : "";
}

enum ats_proof_level ats_proof_level_parse(struct ats_span text)
{
    for (int level = ATS_PROOF_CONNECTION; level <= ATS_PROOF_SIGNED; level++)
        if (ats_span_is(text, names[level]))
            return (enum ats_proof_level)level;
    return (enum ats_proof_level)0;
}
