/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of a registry's store. Internal to common/control.
 *
 *   r/kind/name   the newest accepted record that is not void, as its Kafka value
 *   v/kind/name   revision and hash of the newest record, where r/ is not it: void, but the next one follows it all the same
 *   n/count       what was accepted as that record of the log: see acts.h
 *   h/kind/name/revision   its count, and its Kafka value where r/ is another
 *   d/key-id      the name of the device that has, or once had, the key
 *   k/key-id      the gate, group, member or operator that has, or once had, the key
 *   s/schema-id   the text of a schema (8 hexadecimal digits)
 *   t/hash        a topic filter, by its SHA-256, and the contract that has it: judge_topics.c
 *   signatures/ID  whose signatures a contract's newest version asks for, as one byte of bits: judge_contract.c
 *   claim/id      the device that a token enrolled (32 hexadecimal digits)
 *   enrolled/name of a device that a claim enrolled: gate, token's operator, token's id
 *   q/hash        the gate that a record of quarantine was first named for (64 hexadecimal digits), void or not
 *   o/operator    what it stopped alone within an hour (tally.h)
 *   w/operator    while acts are judged again: up to where it stands
 *   w//count      the same: a checkpoint that a policy makes void
 *   m/pins        root and successor key, and ATS_STORE_RULES
 *   m/checkpoint  time of the newest accepted checkpoint, and the count with it
 *   m/time        the time of a root's newest record, which is the log's before the first checkpoint
 *   m/state       next offset, count, chained hash, hash of the value before the next offset
 */
#ifndef ATS_CONTROL_STORE_KEY_H
#define ATS_CONTROL_STORE_KEY_H

#include "common/control/record.h"

#include <inttypes.h>
#include <stdio.h>

#define ATS_STORE_KEY_SIZE (ATS_NAME_MAX + 48)
#define ATS_STORE_KEY_PINS "m/pins"
#define ATS_STORE_KEY_STATE "m/state"
/* Raised with each rule that refuses what was accepted before, or takes what was refused: a copy made by other rules is read from the log again, so that all
   readers of one version come to the same. */
#define ATS_STORE_RULES 6
#define ATS_STORE_KEY_CHECKPOINT "m/checkpoint"
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

static inline struct ats_store_key ats_store_key_place(enum ats_control_kind kind, const char *name)
{
    struct ats_store_key key;
    (void)snprintf(key.text, sizeof(key.text), "v/%s/%s", ats_control_kind_name(kind), name);
    return key;
}

static inline struct ats_store_key ats_store_key_act(uint64_t count)
{
    struct ats_store_key key;
    (void)snprintf(key.text, sizeof(key.text), "n/%016" PRIx64, count);
    return key;
}

static inline struct ats_store_key ats_store_key_revision(enum ats_control_kind kind,
                                                          const char *name, uint64_t revision)
{
    struct ats_store_key key;
    (void)snprintf(key.text, sizeof(key.text), "h/%s/%s/%016" PRIx64, ats_control_kind_name(kind),
                   name, revision);
    return key;
}

/* The prefix of all revisions of that name; of a contract's id, of all of its versions. */
static inline struct ats_store_key ats_store_key_revisions(enum ats_control_kind kind,
                                                           const char *name)
{
    struct ats_store_key key;
    (void)snprintf(key.text, sizeof(key.text), "h/%s/%s%s", ats_control_kind_name(kind), name,
                   kind == ATS_CONTROL_CONTRACT && !strchr(name, '@') ? "@" : "/");
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

/* `id`: 16 bytes. */
static inline struct ats_store_key ats_store_key_claim(const uint8_t *id)
{
    struct ats_store_key key = {"claim/"};
    size_t at = strlen(key.text);
    for (size_t i = 0; i < 16; i++)
        (void)snprintf(key.text + at + 2 * i, 3, "%02x", id[i]);
    return key;
}

/* `contract`: an id, of which each version is one. */
static inline struct ats_store_key ats_store_key_signatures(const char *contract)
{
    struct ats_store_key key;
    (void)snprintf(key.text, sizeof(key.text), "signatures/%.*s", ATS_NAME_MAX, contract);
    return key;
}

static inline struct ats_store_key ats_store_key_enrolment(const char *device)
{
    struct ats_store_key key;
    (void)snprintf(key.text, sizeof(key.text), "enrolled/%s", device);
    return key;
}

static inline struct ats_store_key ats_store_key_replay(const uint8_t hash[ATS_HASH_SIZE])
{
    struct ats_store_key key = {"q/"};
    size_t at = strlen(key.text);
    for (size_t i = 0; i < ATS_HASH_SIZE; i++)
        (void)snprintf(key.text + at + 2 * i, 3, "%02x", hash[i]);
    return key;
}

static inline struct ats_store_key ats_store_key_schema(uint32_t schema_id)
{
    struct ats_store_key key;
    (void)snprintf(key.text, sizeof(key.text), "s/%08" PRIx32, schema_id);
    return key;
}

#endif
