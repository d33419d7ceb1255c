/* SPDX-License-Identifier: Apache-2.0 */
/* Whether two leaves say the same; reals bit by bit, so that -0 is another than 0. */
#ifndef ATS_TESTS_LEAF_EQUAL_H
#define ATS_TESTS_LEAF_EQUAL_H

#include "common/contract/contract.h"

#include <string.h>

static inline bool leaf_equal(const struct ats_leaf *a, const struct ats_leaf *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case ATS_LEAF_BOOLEAN:
        return a->value.boolean == b->value.boolean;
    case ATS_LEAF_INTEGER:
        return a->value.integer == b->value.integer;
    case ATS_LEAF_REAL:
        return memcmp(&a->value.real, &b->value.real, sizeof(a->value.real)) == 0;
    case ATS_LEAF_TEXT:
        return ats_span_equal(a->value.text, b->value.text);
    default:
        return true;
    }
}

#endif
