/* SPDX-License-Identifier: Apache-2.0 */
/* A sentence for a person: "temp_last 51.2 Cel, expected 21.6 (above, 0.51); ...". Only where the score calls for one. */
#include "processor/operators/operator.h"

#include <math.h>
#include <stdio.h>

#define NAMED_MAX 3
/* Less than this part of the score is not worth naming. */
#define SHARE_MIN 0.1

/* The feature with the largest contribution that was not named yet, or `count`. */
static size_t next_feature(const struct ats_decision_feature *features, size_t count,
                           uint64_t named)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        if (named >> i & 1)
            continue;
        if (best == count || fabs(features[i].contribution) > fabs(features[best].contribution))
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

void ats_chain_explain(struct ats_chain *chain, const char *head,
                       const struct ats_decision_feature *features, double score)
{
    size_t count = chain->usecase->feature_count;
    uint64_t named = 0;
    size_t len = strlen(head);
    memcpy(chain->explanation, head, len + 1);
    for (int i = 0; i < NAMED_MAX; i++) {
        size_t best = next_feature(features, count, named);
        if (best == count || fabs(features[best].contribution) < SHARE_MIN * score)
            break;
        named |= UINT64_C(1) << best;
        len += put_feature(chain->explanation + len, sizeof(chain->explanation) - len,
                           &features[best], i == 0);
    }
    chain->result.explanation = ats_span_of(chain->explanation, len);
}
