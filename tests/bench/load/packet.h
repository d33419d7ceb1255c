/* SPDX-License-Identifier: Apache-2.0 */
/* CONNECT packets of MQTT 5 as bytes, made before they are needed, so that thousands a second can go out. Thread: any. */
#ifndef ATS_LOAD_PACKET_H
#define ATS_LOAD_PACKET_H

#include "device/device.h"

#define LOAD_PACKET_MAX 1536

struct load_packet {
    uint16_t len;
    uint8_t bytes[LOAD_PACKET_MAX];
};

/* An ATTESTREAM-1 CONNECT of the device, client id and user name being its name; false: it does not fit. */
bool load_packet_connect(struct ats_device *device, uint64_t counter,
                         struct load_packet *ret_packet);
/* Whether the bytes are a whole CONNACK (1), are not yet (0), or are something else (-1). */
int load_packet_connack(const uint8_t *bytes, size_t len, uint8_t *ret_reason);

#endif
