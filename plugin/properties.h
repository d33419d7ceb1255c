/* SPDX-License-Identifier: Apache-2.0 */
/* What the gate takes of a publish's MQTT 5 properties; the broker has decoded them. Thread: any. */
#ifndef ATS_PLUGIN_PROPERTIES_H
#define ATS_PLUGIN_PROPERTIES_H

#include "plugin/gate.h"

/* Takes one user property, if it is one of the gate's. A proof that is too long, empty or the second one is noted as that. Of two of
   `traceparent` the later counts, and one that is too long is left out. */
void ats_properties_take(const char *name, const char *value,
                         struct ats_gate_properties *properties);
/* Takes the content type: of a longer one than is kept the beginning, since parameters stand behind. */
void ats_properties_take_content_type(const char *value, struct ats_gate_properties *properties);

#endif
