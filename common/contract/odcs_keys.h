/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of ODCS's keys that others are made of. Internal to odcs_*.c. */
#ifndef ATS_CONTRACT_ODCS_KEYS_H
#define ATS_CONTRACT_ODCS_KEYS_H

#include "common/contract/odcs_lint.h"

extern const struct ats_shape_object ats_odcs_custom_shape;
extern const struct ats_shape_object ats_odcs_definition_shape;
extern const struct ats_shape_object ats_odcs_role_shape;
extern const struct ats_shape_object ats_odcs_server_shape;       /* odcs_server_keys.c */
extern const struct ats_shape_object ats_odcs_object_shape;       /* odcs_object_keys.c */
extern const struct ats_shape_object ats_odcs_quality_shape;      /* odcs_quality_keys.c */
extern const struct ats_shape_object ats_odcs_relationship_shape; /* of an object */
extern const struct ats_shape_object ats_odcs_reference_shape;    /* of a property */

/* Whether the object has this text under the key. */
bool ats_odcs_says(const struct ats_yaml_node *object, const char *key, const char *text);

#endif
