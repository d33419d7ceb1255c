/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of a registry's store. Internal to common/control.
 *
 *   r/kind/name   the newest accepted record, as its Kafka value
 *   d/key-id      the name of the device that has, or once had, the key
 *   k/key-id      the gate, group or member that has, or once had, the key
 *   s/schema-id   the text of a schema (8 hexadecimal digits)
 *   m/pins        root and successor key
 *   m/time        the log's time: the newest of a root's records
 *   m/state       next offset, count, chained hash, hash of the value before the next offset
 */
#ifndef ATS_CONTROL_STORE_KEY_H
#define ATS_CONTROL_STORE_KEY_H

#include "common/control/record.h"

#include <inttypes.h>
#include <stdio.h>

#define ATS_STORE_KEY_SIZE (ATS_NAME_MAX + 16)
#define ATS_STORE_KEY_PINS "m/pins"
#define ATS_STORE_KEY_STATE "m/state"
#define ATS_STORE_KEY_TIME "m/time"

struct ats_store_key {
    char text[ATS_STORE_KEY_SIZE];
};

static inline struct ats_span ats_store_key_span(const struct ats_store_key *key)
{
    return ats_span_text(key->text);
}

/* With an empty name: the prefix of all records of the kind. */
static inline struct ats_store_key ats_store_key_record(enum ats_control_kind kind,
                                                        const char *name)
{
    struct ats_store_key key;
    (void)snprintf(key.text, sizeof(key.text), "r/%s/%s", ats_control_kind_name(kind), name);
    return key;
}

static inline struct ats_store_key ats_store_key_device(const char *key_id)
{
    struct ats_store_key key;
    (void)snprintf(key.text, sizeof(key.text), "d/%s", key_id);
    return key;
}

static inline struct ats_store_key ats_store_key_principal(const char *key_id)
{
    struct ats_store_key key;
    (void)snprintf(key.text, sizeof(key.text), "k/%s", key_id);
    return key;
}

static inline struct ats_store_key ats_store_key_schema(uint32_t schema_id)
{
    struct ats_store_key key;
    (void)snprintf(key.text, sizeof(key.text), "s/%08" PRIx32, schema_id);
    return key;
}

#endif
