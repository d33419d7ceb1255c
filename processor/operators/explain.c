/* SPDX-License-Identifier: Apache-2.0 */
/* A sentence for a person: "temp_last 51.2 Cel, expected 21.6 (above, 0.51); ...". Only where the score calls for one. */
#include "processor/operators/operator.h"

#include <math.h>
#include <stdio.h>

#define NAMED_MAX 3
/* Less than this part of the score is not worth naming. */
#define SHARE_MIN 0.1

/* The feature with the largest contribution that was not named yet, or feature_count. */
static size_t next_feature(const struct ats_decision_result *result, uint64_t named)
{
    size_t best = result->feature_count;
    for (size_t i = 0; i < result->feature_count; i++) {
        if (named >> i & 1)
            continue;
        if (best == result->feature_count ||
            fabs(result->features[i].contribution) > fabs(result->features[best].contribution))
            best = i;
    }
    return best;
}

static size_t put_feature(char *text, size_t room, const struct ats_decision_feature *feature,
                          bool first)
{
    bool has_unit = feature->unit[0] != '\0';
    int len = snprintf(text, room, "%s%s %.6g%s%s, expected %.6g (%s, %.2f)", first ? "" : "; ",
                       feature->name, feature->value, has_unit ? " " : "", feature->unit,
                       feature->expected, feature->contribution > 0 ? "above" : "below",
                       fabs(feature->contribution));
    return len > 0 && (size_t)len < room ? (size_t)len : 0;
}

void ats_chain_explain(struct ats_chain *chain)
{
    const struct ats_decision_result *result = &chain->result;
    uint64_t named = 0;
    size_t len = 0;
    chain->result.explanation = ats_span_of(NULL, 0);
    if (result->score < chain->usecase->episode.leave)
        return;
    for (int i = 0; i < NAMED_MAX; i++) {
        size_t feature = next_feature(result, named);
        if (feature == result->feature_count ||
            fabs(result->features[feature].contribution) < SHARE_MIN * result->score)
            break;
        named |= UINT64_C(1) << feature;
        len += put_feature(chain->explanation + len, sizeof(chain->explanation) - len,
                           &result->features[feature], len == 0);
    }
    chain->result.explanation = ats_span_of(chain->explanation, len);
}
