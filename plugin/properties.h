/* SPDX-License-Identifier: Apache-2.0 */
/* What the gate takes of a publish's MQTT 5 user properties; the broker has decoded them. Thread: any. */
#ifndef ATS_PLUGIN_PROPERTIES_H
#define ATS_PLUGIN_PROPERTIES_H

#include "plugin/gate.h"

/* Takes one pair, if it is one of the gate's. Of two with one name the later counts; a proof that is too long is noted as such, a
   `traceparent` that is too long left out. */
void ats_properties_take(const char *name, const char *value,
                         struct ats_gate_properties *properties);

#endif
