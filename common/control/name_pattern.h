/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pattern of an operator's scope, as a shell's: '*' stands for any characters or none, '?' for one, '[a-f7]' for one of a set,
 * '[!a-f7]' for one that is not in it, everything else for itself; a '[' without a ']' too. A character is one of UTF-8, and a set's
 * order that of code points, whatever the process's locale: a reader that matched otherwise would hold another log to be true.
 *
 * Thread: any.
 */
#ifndef ATS_CONTROL_NAME_PATTERN_H
#define ATS_CONTROL_NAME_PATTERN_H

#include <stdbool.h>

bool ats_name_matches(const char *pattern, const char *name);

#endif
