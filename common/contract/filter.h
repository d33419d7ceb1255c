/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A contract's MQTT topic filters (MQTT 5, section 4.7): `+` and `{device}` stand for one level, `#` for the rest.
 * Thread: any.
 */
#ifndef ATS_CONTRACT_FILTER_H
#define ATS_CONTRACT_FILTER_H

#include "common/base/span.h"

#include <stdbool.h>

/* The level that stands for {device} is borrowed from `topic`; untouched where the filter has none. */
bool ats_filter_matches(const char *filter, struct ats_span topic, struct ats_span *ret_device);

/* Which topics two filters have in common. */
enum ats_filter_common { ATS_FILTERS_NONE, ATS_FILTERS_SOME, ATS_FILTERS_ALL };
enum ats_filter_common ats_filter_compare(const char *a, const char *b);

/* `ats` and what is below it: there the gate speaks with its devices. */
bool ats_topic_is_own(struct ats_span topic);

#endif
