/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which client ids are a device's: its name, or its name with one of `/ . -` and a suffix. Where a longer beginning of the
 * id is another registered device, the id is that one's. Asked of strangers: a few look-ups, whatever the id (client_id.c says why).
 * Thread: any, with a view of its own.
 */
#ifndef ATS_PLUGIN_CLIENT_ID_H
#define ATS_PLUGIN_CLIENT_ID_H

#include "common/control/registry.h"

/* Not the one of its claims: whoever holds a token, or has recorded a claim, must not get what a broker keeps for a session. */
bool ats_client_id_fits(struct ats_store_view *view, const char *client_id, const char *device);
/* Whether the id is that of the device's claims, ATS_DEVICE_CLAIM_ID_SUFFIX behind its name: no session has it. */
bool ats_client_id_is_of_claim(const char *client_id, const char *device);
/* Whether the id is some registered device's: a broker gives whoever comes with it what it keeps for that id. */
bool ats_client_id_is_reserved(struct ats_store_view *view, const char *client_id);

#endif
