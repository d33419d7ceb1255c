/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose doing a refused CONNECT is, as far as its reason tells: only who is refused for what he sent may be held back for it (shed.h).
 *
 *   gate      another try, or anybody else, would be refused as well: the gate is revoked, not ready, busy or stopping. Not counted
 *   others    what others did with what all share (`busy-handshakes`): counted, but nobody is held back for ATS_GATE_SHED_BESIDE a second of it
 *   client    everything else. Also what is used up for one address or one device's name: by who comes from there, by who has the
 *             device's key, or by who tries that name from there; and what the registry, the fleet's policy or a clock says, since whoever
 *             wants to be refused can be for such a reason, at any time
 *
 * Thread: any.
 */
#ifndef ATS_PLUGIN_SHED_CAUSE_H
#define ATS_PLUGIN_SHED_CAUSE_H

#include "plugin/reasons.h"

enum ats_shed_cause { ATS_SHED_CAUSE_GATE, ATS_SHED_CAUSE_OTHERS, ATS_SHED_CAUSE_CLIENT };

enum ats_shed_cause ats_shed_cause_of(enum ats_reason reason);

#endif
