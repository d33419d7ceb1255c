# SPDX-License-Identifier: Apache-2.0
"""Avro's object container files taken apart, as its specification has them: for test_avro_oracle.py."""
import io
import zlib

MAGIC = b"Obj\x01"
SYNC_SIZE = 16


def take_long(source):
    number = shift = 0
    while True:
        byte = source.read(1)[0]
        number |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1)


def put_long(number):
    number = (number << 1) ^ (number >> 63)
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7f | 0x80])
        number >>= 7
    return out + bytes([number])


def take_bytes(source):
    return source.read(take_long(source))


def take_metadata(source):
    found = {}
    while count := take_long(source):
        if count < 0:
            take_long(source)
        for _ in range(abs(count)):
            key = take_bytes(source)
            found[key.decode()] = take_bytes(source)
    return found


def read(data):
    """(schema, [(number of objects, their bytes)]) of a file."""
    source = io.BytesIO(data)
    if source.read(len(MAGIC)) != MAGIC:
        raise ValueError("no object container file")
    metadata = take_metadata(source)
    deflated = metadata.get("avro.codec") == b"deflate"
    sync = source.read(SYNC_SIZE)
    blocks = []
    while source.tell() < len(data):
        count, block = take_long(source), take_bytes(source)
        if source.read(SYNC_SIZE) != sync:
            raise ValueError("no sync marker behind a block")
        blocks.append((count, zlib.decompress(block, -15) if deflated else block))
    return metadata["avro.schema"].decode(), blocks
