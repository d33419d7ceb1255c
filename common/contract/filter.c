/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/filter.h"

/* A topic or filter that is read level by level. */
struct levels {
    const char *at; /* behind `end`: no level is left */
    const char *end;
};

static struct levels levels_of(struct ats_span text)
{
    const char *begin = text.data ? (const char *)text.data : "";
    return (struct levels){.at = begin, .end = begin + text.len};
}

static bool has_level(const struct levels *levels)
{
    return levels->at <= levels->end;
}

static struct ats_span take_level(struct levels *levels)
{
    const char *slash = memchr(levels->at, '/', (size_t)(levels->end - levels->at));
    const char *stop = slash ? slash : levels->end;
    struct ats_span level = ats_span_of(levels->at, (size_t)(stop - levels->at));
    levels->at = stop + 1;
    return level;
}

bool ats_filter_matches(const char *filter, struct ats_span topic, struct ats_span *ret_device)
{
    struct levels parts = levels_of(ats_span_text(filter));
    struct levels rest = levels_of(topic);
    while (has_level(&parts)) {
        struct ats_span part = take_level(&parts);
        if (ats_span_is(part, "#"))
            return true;
        if (!has_level(&rest))
            return false;
        struct ats_span level = take_level(&rest);
        if (ats_span_is(part, "{device}"))
            *ret_device = level;
        else if (!ats_span_is(part, "+") && !ats_span_equal(part, level))
            return false;
    }
    return !has_level(&rest);
}

static bool is_any(struct ats_span part)
{
    return ats_span_is(part, "+") || ats_span_is(part, "{device}");
}

/* `a/#` also stands for `a`. */
static bool is_rest(struct levels levels)
{
    return has_level(&levels) && ats_span_is(take_level(&levels), "#");
}

enum ats_filter_common ats_filter_compare(const char *a, const char *b)
{
    struct levels left = levels_of(ats_span_text(a));
    struct levels right = levels_of(ats_span_text(b));
    enum ats_filter_common common = ATS_FILTERS_ALL;
    while (has_level(&left) && has_level(&right)) {
        if (is_rest(left) || is_rest(right))
            return is_rest(left) && is_rest(right) ? common : ATS_FILTERS_SOME;
        struct ats_span one = take_level(&left);
        struct ats_span other = take_level(&right);
        if (is_any(one) != is_any(other))
            common = ATS_FILTERS_SOME;
        else if (!is_any(one) && !ats_span_equal(one, other))
            return ATS_FILTERS_NONE;
    }
    if (!has_level(&left) && !has_level(&right))
        return common;
    return is_rest(left) || is_rest(right) ? ATS_FILTERS_SOME : ATS_FILTERS_NONE;
}

bool ats_topic_is_own(struct ats_span topic)
{
    struct levels levels = levels_of(topic);
    return ats_span_is(take_level(&levels), "ats");
}
