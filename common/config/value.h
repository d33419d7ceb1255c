/* SPDX-License-Identifier: Apache-2.0 */
/* One property's value: from text into the options struct, and back. Internal to common/config. */
#ifndef ATS_CONFIG_VALUE_H
#define ATS_CONFIG_VALUE_H

#include "common/config/config.h"

/* Writes the member; INVALID where `text` is not allowed. For text and path the member borrows `text`. */
ATS_MUST_USE enum ats_status ats_config_value_parse(const struct ats_property *property,
                                                    const char *text, void *options);
/* NULL, 0 or false. */
void ats_config_value_clear(const struct ats_property *property, void *options);
/* Appends the member's value as parse takes it. */
void ats_config_value_format(const struct ats_property *property, const void *options,
                             struct ats_buf *out);
/* Appends what is allowed, e.g. "10ms to 1h". */
void ats_config_value_allowed(const struct ats_property *property, struct ats_buf *out);

#endif
