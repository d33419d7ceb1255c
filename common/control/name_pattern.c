/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/name_pattern.h"

#include "common/base/utf8.h"

#include <string.h>

/* Moves past a character; its bytes as a number, in the order of code points. A byte that is no UTF-8 is one of its own. */
static uint32_t take(const char **at)
{
    size_t len = ats_utf8_sequence(ats_span_text(*at));
    uint32_t value = 0;
    for (size_t i = 0; i < (len > 0 ? len : 1); i++)
        value = value << 8 | (uint8_t) * (*at)++;
    return value;
}

/* The end of the set that begins after a '[', which is its ']'; NULL for none. */
static const char *set_end(const char *set)
{
    set += *set == '!' || *set == '^' ? 1 : 0;
    return *set == '\0' ? NULL : strchr(set + 1, ']');
}

static bool is_in_set(const char *set, const char *end, uint32_t value)
{
    bool inverted = *set == '!' || *set == '^';
    bool found = false;
    set += inverted ? 1 : 0;
    while (set < end) {
        uint32_t low = take(&set);
        uint32_t high = low;
        if (*set == '-' && set + 1 < end) {
            set++;
            high = take(&set);
        }
        found = found || (low <= value && value <= high);
    }
    return found != inverted;
}

/* Whether the first of the pattern, no '*', stands for the first of the name; then moves past both. */
static bool step(const char **pattern, const char **name)
{
    const char *rest = *name;
    const char *end = **pattern == '[' ? set_end(*pattern + 1) : NULL;
    uint32_t value = take(&rest);
    if (end) {
        if (!is_in_set(*pattern + 1, end, value))
            return false;
        *pattern = end + 1;
    } else if (**pattern == '?') {
        (*pattern)++;
    } else {
        const char *next = *pattern;
        if (take(&next) != value)
            return false;
        *pattern = next;
    }
    *name = rest;
    return true;
}

bool ats_name_matches(const char *pattern, const char *name)
{
    const char *star = NULL; /* what follows the newest one */
    const char *from = NULL; /* of the name, what follows what that one stands for */
    while (*name != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            from = name;
        } else if (*pattern != '\0' && step(&pattern, &name)) {
            continue;
        } else if (star) {
            (void)take(&from);
            name = from;
            pattern = star;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}
