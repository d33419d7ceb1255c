/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/load/packet.h"

#include <string.h>

#define CONNECT 0x10
#define CONNACK 0x20
#define FLAGS_USER_CLEAN 0x82
#define KEEPALIVE_S 60
#define PROPERTY_METHOD 0x15
#define PROPERTY_DATA 0x16

struct writer {
    uint8_t *bytes;
    size_t len;
};

static void put(struct writer *writer, const void *data, size_t len)
{
    memcpy(writer->bytes + writer->len, data, len);
    writer->len += len;
}

static void put_u8(struct writer *writer, unsigned value)
{
    writer->bytes[writer->len++] = (uint8_t)value;
}

static void put_binary(struct writer *writer, const void *data, size_t len)
{
    put_u8(writer, (unsigned)(len >> 8));
    put_u8(writer, (unsigned)(len & 0xff));
    put(writer, data, len);
}

/* A variable byte integer of two bytes: from 128 to 16,383, which all of ours are. */
static void put_varint2(struct writer *writer, size_t value)
{
    put_u8(writer, (unsigned)(value & 0x7f) | 0x80);
    put_u8(writer, (unsigned)(value >> 7));
}

bool load_packet_connect(struct ats_device *device, uint64_t counter,
                         struct load_packet *ret_packet)
{
    uint8_t data[ATS_DEVICE_CONNECT_DATA_MAX];
    size_t data_len = 0;
    size_t name_len = strlen(device->name);
    if (ats_device_connect(device, counter, device->name, device->name, data, sizeof(data),
                           &data_len) != ATS_DEVICE_OK)
        return false;
    size_t properties = 3 + strlen(ATS_DEVICE_METHOD) + 3 + data_len;
    size_t rest = 10 + 2 + properties + 2 * (2 + name_len);
    if (properties < 128 || rest + 3 > LOAD_PACKET_MAX)
        return false;
    struct writer writer = {.bytes = ret_packet->bytes};
    put_u8(&writer, CONNECT);
    put_varint2(&writer, rest);
    put_binary(&writer, "MQTT", 4);
    put_u8(&writer, 5);
    put_u8(&writer, FLAGS_USER_CLEAN);
    put_u8(&writer, 0);
    put_u8(&writer, KEEPALIVE_S);
    put_varint2(&writer, properties);
    put_u8(&writer, PROPERTY_METHOD);
    put_binary(&writer, ATS_DEVICE_METHOD, strlen(ATS_DEVICE_METHOD));
    put_u8(&writer, PROPERTY_DATA);
    put_binary(&writer, data, data_len);
    put_binary(&writer, device->name, name_len);
    put_binary(&writer, device->name, name_len);
    ret_packet->len = (uint16_t)writer.len;
    return true;
}

int load_packet_connack(const uint8_t *bytes, size_t len, uint8_t *ret_reason)
{
    if (len > 0 && bytes[0] != CONNACK)
        return -1;
    /* CONNACK, its length in one or two bytes, flags, reason. */
    size_t at = len > 1 && (bytes[1] & 0x80) ? 4 : 3;
    if (len <= at)
        return 0;
    *ret_reason = bytes[at];
    return 1;
}
