/* SPDX-License-Identifier: Apache-2.0 */
/* What the keys of a use case may hold, as lists that end with NULL; internal to common/usecase. */
#ifndef ATS_USECASE_NAMES_H
#define ATS_USECASE_NAMES_H

/* The order of enum ats_aggregate and enum ats_severity. */
extern const char *const ats_aggregate_names[];
extern const char *const ats_severity_names[];

#endif
