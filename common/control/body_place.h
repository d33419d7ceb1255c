/* SPDX-License-Identifier: Apache-2.0 */
/* Members of bodies that name a place in the log or a time. Internal to common/control. Thread: one at a time. */
#ifndef ATS_CONTROL_BODY_PLACE_H
#define ATS_CONTROL_BODY_PLACE_H

#include "common/control/body.h"
#include "common/control/body_json.h"

/* {"count":N,"chain":base64}; left as it is where it is missing. */
void ats_body_find_place(struct ats_body_reader *reader, const char *key,
                         struct ats_body_place *ret_place);
/* How many members were set: none for a place that names nothing. */
size_t ats_body_put_place(json_t *object, const char *key, const struct ats_body_place *place);
/* The same for a time; 0 is none. */
size_t ats_body_put_time(json_t *object, const char *key, int64_t time_ms);

#endif
