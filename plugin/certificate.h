/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices that prove themselves by their TLS client certificate: the broker has checked its chain and that the client has its key,
 * the registry binds the key to the device. Thread: the broker's.
 */
#ifndef ATS_PLUGIN_CERTIFICATE_H
#define ATS_PLUGIN_CERTIFICATE_H

#include "plugin/gate_state.h"

/* Whether the client's certificate, which is there, is valid now and its key the device's. */
enum ats_reason ats_certificate_check(const struct ats_gate *gate,
                                      const struct ats_gate_client *client,
                                      const struct ats_device_facts *facts);
/* The session rests on that key, and ends with the certificate. */
void ats_certificate_begin(struct ats_gate *gate, const struct ats_gate_client *client,
                           struct ats_session *session);

#endif
