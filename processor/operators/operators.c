/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of operators: a new one is a file beside this one and a line here. */
#include "processor/operators/operator.h"

extern const struct ats_event_operator ats_operator_deduplicate;
extern const struct ats_event_operator ats_operator_event_time;
extern const struct ats_usecase_operator ats_operator_window;
extern const struct ats_usecase_operator ats_operator_score;
extern const struct ats_usecase_operator ats_operator_episode;

const struct ats_event_operator *const ats_event_operators[] = {
    &ats_operator_deduplicate,
    &ats_operator_event_time,
    NULL,
};

const struct ats_usecase_operator *const ats_usecase_operators[] = {
    &ats_operator_window,
    &ats_operator_score,
    &ats_operator_episode,
    NULL,
};

static size_t put_part(char *key, size_t at, struct ats_span part)
{
    size_t room = ATS_STATE_KEY_SIZE - 1 - at;
    size_t len = part.len < room ? part.len : room;
    if (len > 0)
        memcpy(key + at, part.data, len);
    return at + len;
}

struct ats_span ats_flow_key(struct ats_flow *flow, char letter, struct ats_span first,
                             struct ats_span second, struct ats_span third)
{
    flow->key[0] = letter;
    size_t len = put_part(flow->key, 1, first);
    if (second.len > 0) {
        flow->key[len++] = '\0';
        len = put_part(flow->key, len, second);
    }
    if (third.len > 0) {
        flow->key[len++] = '\0';
        len = put_part(flow->key, len, third);
    }
    return ats_span_of(flow->key, len);
}
