/* SPDX-License-Identifier: Apache-2.0 */
/* What the two ways to connect share: counting a refusal, and beginning a session. Thread: the broker's. */
#ifndef ATS_PLUGIN_CONNECT_H
#define ATS_PLUGIN_CONNECT_H

#include "plugin/gate_state.h"

/* Counts and logs a refused connection; `detail` is for the operator. */
enum ats_gate_access ats_connect_refuse(struct ats_gate *gate, const struct ats_gate_client *client,
                                        const char *device, enum ats_reason reason,
                                        const char *detail);
/* Begins a session with these facts, which it takes (also when it fails). */
enum ats_reason ats_connect_begin(struct ats_gate *gate, const struct ats_gate_client *client,
                                  const char *device, struct ats_device_facts *facts,
                                  struct ats_session **ret_session);

#endif
