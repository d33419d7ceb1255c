/* SPDX-License-Identifier: Apache-2.0 */
/* Topics, proof, times and limits of both versions: what devices that go on as before run into. */
#include "common/contract/compare_parts.h"

#include <stdio.h>

#define DURATION_TEXT_MAX 40

static void breaks(struct ats_comparing *c, const char *rule, const char *text)
{
    ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, "", rule, "%s", text);
}

static void allows(struct ats_comparing *c, unsigned concerned, const char *rule, const char *text)
{
    ats_compare_add(c, concerned, ATS_VERSION_MINOR, "", rule, "%s", text);
}

/* ---- topics ---- */

static struct ats_span take_level(const char **filter)
{
    size_t len = strcspn(*filter, "/");
    struct ats_span level = ats_span_of(*filter, len);
    *filter = (*filter)[len] == '/' ? *filter + len + 1 : NULL;
    return level;
}

/* Whether `wide` takes each publish that `narrow` does: `{device}` demands more than `+`. */
static bool covers(const char *wide, const char *narrow)
{
    while (wide) {
        struct ats_span part = take_level(&wide);
        if (ats_span_is(part, "#"))
            return true;
        if (!narrow)
            return false;
        struct ats_span level = take_level(&narrow);
        bool any = ats_span_is(part, "+") && !ats_span_is(level, "#");
        if (!any && !ats_span_equal(part, level))
            return false;
    }
    return !narrow;
}

static bool is_covered(const struct ats_odcs *odcs, const char *filter)
{
    for (size_t i = 0; i < odcs->topic_count; i++)
        if (covers(odcs->topics[i], filter))
            return true;
    return false;
}

static void compare_topics(struct ats_comparing *c)
{
    const struct ats_odcs *before = &c->before->odcs;
    const struct ats_odcs *after = &c->after->odcs;
    for (size_t i = 0; i < before->topic_count; i++)
        if (!is_covered(after, before->topics[i]))
            ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, "", "topics",
                            "not all topics of '%s' are the new version's", before->topics[i]);
    for (size_t i = 0; i < after->topic_count; i++)
        if (!is_covered(before, after->topics[i]))
            ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MINOR, "", "topics",
                            "'%s' has topics that the old version did not have", after->topics[i]);
}

/* ---- proof and fields ---- */

static void compare_choices(struct ats_comparing *c)
{
    const struct ats_odcs *before = &c->before->odcs;
    const struct ats_odcs *after = &c->after->odcs;
    if (before->least_proof != after->least_proof)
        ats_compare_add(
            c, after->least_proof > before->least_proof ? ATS_DEVICES : ATS_OLD_READERS,
            after->least_proof > before->least_proof ? ATS_VERSION_MAJOR : ATS_VERSION_MINOR, "",
            "proof", "the least proof is %s, it was %s", ats_proof_level_name(after->least_proof),
            ats_proof_level_name(before->least_proof));
    if (before->ignore_unknown && !after->ignore_unknown)
        breaks(c, "unknownFields",
               "fields that the schema does not have were ignored, now they "
               "are refused");
    if (!before->ignore_unknown && after->ignore_unknown)
        allows(c, ATS_DEVICES, "unknownFields",
               "fields that the schema does not have were refused, now they are ignored");
}

static const char *leaf_path(const struct ats_compared *version, size_t leaf)
{
    return leaf == ATS_PLAN_NO_LEAF ? "" : version->plan.leaves[leaf]->path;
}

static void compare_device_field(struct ats_comparing *c)
{
    const char *was = leaf_path(c->before, c->before->odcs.device_leaf);
    const char *is = leaf_path(c->after, c->after->odcs.device_leaf);
    if (strcmp(was, is) == 0)
        return;
    if (is[0])
        ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, is, "deviceField",
                        "the field must name the device%s%s", was[0] ? ", as before " : "", was);
    else
        ats_compare_add(c, ATS_OLD_READERS, ATS_VERSION_MINOR, was, "deviceField",
                        "the field need not name the device any more");
}

/* ---- event time ---- */

static const char *show_bound(int64_t ms, char text[DURATION_TEXT_MAX])
{
    if (ms == ATS_TIME_UNBOUNDED)
        return "none";
    (void)snprintf(text, DURATION_TEXT_MAX, "%lld ms", (long long)ms);
    return text;
}

static void compare_bound(struct ats_comparing *c, const char *rule, int64_t was, int64_t is)
{
    char old_text[DURATION_TEXT_MAX];
    char new_text[DURATION_TEXT_MAX];
    bool narrower = is != ATS_TIME_UNBOUNDED && (was == ATS_TIME_UNBOUNDED || is < was);
    if (was == is)
        return;
    ats_compare_add(c, narrower ? ATS_DEVICES : ATS_OLD_READERS,
                    narrower ? ATS_VERSION_MAJOR : ATS_VERSION_MINOR, "", rule, "%s, it was %s",
                    show_bound(is, new_text), show_bound(was, old_text));
}

/* Another field or unit makes the same payload another time. */
static void compare_event_time(struct ats_comparing *c)
{
    static const char *const units[] = {"s", "ms", "us", "rfc3339"};
    const struct ats_event_time *was = &c->before->odcs.event_time;
    const struct ats_event_time *is = &c->after->odcs.event_time;
    const char *old_path = leaf_path(c->before, was->leaf);
    const char *new_path = leaf_path(c->after, is->leaf);
    if (!old_path[0] && !new_path[0])
        return;
    if (!new_path[0]) {
        allows(c, ATS_OLD_READERS, "eventTime", "no field says any more when the event happened");
    } else if (!old_path[0]) {
        ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, new_path, "eventTime",
                        "the field is judged as the event's time now");
    } else if (strcmp(old_path, new_path) != 0 || was->unit != is->unit) {
        ats_compare_add(c, ATS_DEVICES | ATS_OLD_READERS | ATS_NEW_READERS, ATS_VERSION_MAJOR,
                        new_path, "eventTime", "the event's time is %s in %s, it was %s in %s",
                        new_path, units[is->unit], old_path, units[was->unit]);
    } else {
        compare_bound(c, "maxAge", was->max_age_ms, is->max_age_ms);
        compare_bound(c, "maxFuture", was->max_future_ms, is->max_future_ms);
    }
}

/* ---- limits ---- */

/* 0: no limit. */
static void compare_rate(struct ats_comparing *c, const char *rule, const char *unit, double was,
                         double is)
{
    bool narrower = is > 0 && (was <= 0 || is < was);
    bool wider = was > 0 && (is <= 0 || is > was);
    char old_text[DURATION_TEXT_MAX];
    char new_text[DURATION_TEXT_MAX];
    (void)snprintf(old_text, sizeof(old_text), "%.10g%s", was, unit);
    (void)snprintf(new_text, sizeof(new_text), "%.10g%s", is, unit);
    if (narrower || wider)
        ats_compare_add(c, ATS_DEVICES, narrower ? ATS_VERSION_MAJOR : ATS_VERSION_MINOR, "", rule,
                        "%s, it was %s", is > 0 ? new_text : "no limit",
                        was > 0 ? old_text : "no limit");
}

static bool is_limited(const struct ats_contract_limits *limits)
{
    return limits->messages_per_second > 0 || limits->bytes_per_second > 0;
}

static void compare_limits(struct ats_comparing *c)
{
    const struct ats_contract_limits *was = &c->before->odcs.limits;
    const struct ats_contract_limits *is = &c->after->odcs.limits;
    compare_rate(c, "limits.messagesPerSecond", "", was->messages_per_second,
                 is->messages_per_second);
    compare_rate(c, "limits.bytesPerSecond", "", was->bytes_per_second, is->bytes_per_second);
    if (is_limited(was) && is_limited(is))
        compare_rate(c, "limits.burst", " ms", (double)was->burst_ms, (double)is->burst_ms);
}

void ats_compare_settings(struct ats_comparing *c)
{
    const char *was = c->before->odcs.accountable;
    const char *is = c->after->odcs.accountable;
    compare_topics(c);
    compare_choices(c);
    compare_device_field(c);
    compare_event_time(c);
    compare_limits(c);
    if (strcmp(was, is) != 0)
        ats_compare_add(c, 0, ATS_VERSION_PATCH, "", "raci",
                        "accountable for the data is %s, it was %s", is[0] ? is : "nobody",
                        was[0] ? was : "nobody");
}
