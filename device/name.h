/* SPDX-License-Identifier: Apache-2.0 */
/* What may be the name of a device, gate or operator, and the id of a key. Thread: pure functions. */
#ifndef ATS_DEVICE_NAME_H
#define ATS_DEVICE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A name: 1 to 128 bytes of UTF-8 without control characters, line separators, marks that turn the direction of text, characters
   that are not seen, spaces but the usual one, and without that at either end: so that it can stand in a log line, a header and a
   JSON text, and reads as what it is. The list is in docs/device-protocol.md. */
bool ats_name_valid(const char *name, size_t len);
/* Whether the one character in these bytes, valid UTF-8, is one of those, control characters and the usual space aside. */
bool ats_name_misleads(const uint8_t *bytes, size_t len);
/* A key id: 16 hexadecimal digits in lower case. */
bool ats_key_id_valid(const char *id, size_t len);

#endif
