/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verified local copy of the control log. A registry takes the log's records in order, keeps what holds and says
 * of the rest why it does not; nothing that it answers was not verified from the pinned roots down.
 *
 * Store keys: "r/kind/name" the accepted record as its Kafka value, "d/key-id" the device of a key, "k/key-id" the gate or
 * member of one, "m/..." offset, count, chained hash, pins. A registry never goes below what its store holds.
 *
 * Where the store is sealed (ats_store_seal), an entry that was altered on disk answers CORRUPT and is nobody's; the rebuild
 * makes it anew from the log. Pins or state altered, or never sealed: the registry opens empty, and reads the log from its
 * beginning. A seal does not tell an entry from an older one of the same key.
 *
 * Thread: one writer (apply), any number of readers, each with a view of its own.
 */
#ifndef ATS_CONTROL_REGISTRY_H
#define ATS_CONTROL_REGISTRY_H

#include "common/control/record.h"
#include "common/store/store.h"

struct ats_registry;

struct ats_registry_pins {
    uint8_t root[ATS_PUBLIC_KEY_SIZE];
    uint8_t successor[ATS_PUBLIC_KEY_SIZE];
};

/* Why a record of the log was not taken. */
enum ats_control_outcome {
    ATS_CONTROL_ACCEPTED,
    ATS_CONTROL_MALFORMED,
    ATS_CONTROL_FOREIGN_FLEET,
    ATS_CONTROL_UNKNOWN_SIGNER,
    ATS_CONTROL_BAD_SIGNATURE,
    ATS_CONTROL_OUT_OF_SCOPE,
    ATS_CONTROL_WRONG_REVISION,
    ATS_CONTROL_WRONG_PREDECESSOR,
    ATS_CONTROL_ILLEGAL_BODY,     /* body does not fit its kind, or an illegal change of state */
    ATS_CONTROL_LATE_CHECKPOINT,  /* another record came between; see checkpoint.h */
    ATS_CONTROL_WRONG_CHECKPOINT, /* evidence that the log was reordered or rolled back */
    ATS_CONTROL_UNAPPROVED,       /* it takes two persons, and one has signed */
    ATS_CONTROL_OUTCOME_COUNT,
};

/* Reads <fleet>/root.pub.pem and <fleet>/successor.pub.pem. */
ATS_MUST_USE enum ats_status ats_registry_pins_read(const char *fleet_folder,
                                                    struct ats_registry_pins *ret_pins,
                                                    struct ats_error *err);
/* SHA-256 of the first root's public key. */
void ats_registry_fleet_id(const struct ats_registry_pins *pins,
                           uint8_t ret_fleet[ATS_FLEET_ID_SIZE]);

/* `store` is borrowed. REFUSED: the store was filled under other pins. */
ATS_MUST_USE enum ats_status ats_registry_open(struct ats_store *store,
                                               const struct ats_registry_pins *pins,
                                               struct ats_registry **ret_registry,
                                               struct ats_error *err);
void ats_registry_close(struct ats_registry *registry);

/* Call where a reader of the log is opened: where it is to begin, which is with the record before next_offset if there is one.
   The log must show that one before anything else of it is applied. */
int64_t ats_registry_begin_reading(struct ats_registry *registry);
/* Judges and stores one record of the log; one below next_offset is skipped (ACCEPTED, nothing done). INVALID: this is not the
   log that the copy was read from, since the record before next_offset is another there or was not shown. A tombstone (data
   NULL) is MALFORMED. A failure of the store or of memory is the returned status, and the record is to be applied again. `err`
   also gets the reason of an outcome other than ACCEPTED. */
ATS_MUST_USE enum ats_status ats_registry_apply(struct ats_registry *registry, int64_t offset,
                                                struct ats_span value,
                                                enum ats_control_outcome *ret_outcome,
                                                struct ats_error *err);
/* Lets the following applies share one commit, which costs more than the rest of an apply. Readers, offset, count, chain
   and generation see the group at its end. */
ATS_MUST_USE enum ats_status ats_registry_begin_group(struct ats_registry *registry);
/* Commits. A failure, here or of an apply inside the group, leaves the registry as it was before the group. */
ATS_MUST_USE enum ats_status ats_registry_end_group(struct ats_registry *registry,
                                                    struct ats_error *err);
/* Makes the copy anew from the log's beginning: begin, apply every record below next_offset, end. Readers have the old copy
   until the end, which keeps it (INVALID) unless count and chained hash come out the same. AGAIN: the log is not known to be
   the copy's own. */
ATS_MUST_USE enum ats_status ats_registry_begin_rebuild(struct ats_registry *registry,
                                                        struct ats_error *err);
ATS_MUST_USE enum ats_status ats_registry_end_rebuild(struct ats_registry *registry,
                                                      struct ats_error *err);
/* How many reads since the start have met an entry whose seal does not hold. Thread: any. */
uint64_t ats_registry_altered(const struct ats_registry *registry);
/* Whether open emptied the store, since its pins or its state did not hold under its seal. */
bool ats_registry_was_emptied(const struct ats_registry *registry);
/* Ends the group without storing anything: the registry is as before it. */
void ats_registry_abort_group(struct ats_registry *registry);
/* For who has read to the log's end: INVALID where it ends before the record that the reading was to begin with. */
ATS_MUST_USE enum ats_status ats_registry_check_log(const struct ats_registry *registry,
                                                    struct ats_error *err);
/* Stores where to read on, also when the last records were all rejected, so that they are not read again after a restart. For
   who has read to the log's end; not inside a group. It stores nothing while the log may be another fleet's: before the first
   accepted record. INVALID as check_log. */
ATS_MUST_USE enum ats_status ats_registry_save_offset(struct ats_registry *registry,
                                                      struct ats_error *err);
/* Judges without storing: for the CLI before it appends. Not inside a group. */
ATS_MUST_USE enum ats_status ats_registry_judge(struct ats_registry *registry,
                                                struct ats_span value,
                                                enum ats_control_outcome *ret_outcome,
                                                struct ats_error *err);
/* Where to read on in the log, number of accepted records, and their chained hash. Thread: any. */
int64_t ats_registry_next_offset(const struct ats_registry *registry);
uint64_t ats_registry_count(const struct ats_registry *registry);
/* How large the copy is, and can still grow. Thread: any; asks the file system. */
void ats_registry_measure(const struct ats_registry *registry, struct ats_store_size *ret_size);
void ats_registry_chain(const struct ats_registry *registry, uint8_t ret_chain[ATS_HASH_SIZE]);
/* Count and chain of one moment. Thread: any. */
void ats_registry_place(const struct ats_registry *registry, uint64_t *ret_count,
                        uint8_t ret_chain[ATS_HASH_SIZE]);
/* Grows by one with each accepted record: a cached answer is fresh while it is the same. One atomic load. */
uint64_t ats_registry_generation(const struct ats_registry *registry);
const char *ats_control_outcome_name(enum ats_control_outcome outcome);

/* Readers. */
ATS_MUST_USE enum ats_status ats_registry_view_open(struct ats_registry *registry,
                                                    struct ats_store_view **ret_view);
/* How many accepted records the view shows. A group that was just committed may be in it before ats_registry_generation() says so. */
ATS_MUST_USE enum ats_status ats_registry_view_count(struct ats_store_view *view,
                                                     uint64_t *ret_count);
/* The newest accepted record of that kind and name, borrowed from the view; NOT_FOUND; CORRUPT: altered on disk. */
ATS_MUST_USE enum ats_status ats_registry_find(struct ats_store_view *view,
                                               enum ats_control_kind kind, struct ats_span name,
                                               struct ats_control_record *ret_record);
/* The device that has, or once had, the key of that id, borrowed from the view; NOT_FOUND. */
ATS_MUST_USE enum ats_status ats_registry_key_device(struct ats_store_view *view,
                                                     const char *key_id, struct ats_span *ret_name);
/* The last name of that kind that sorts no later than `name` (up to ATS_NAME_MAX bytes of it), borrowed from the view; also one
   whose entry was altered on disk. NOT_FOUND. */
ATS_MUST_USE enum ats_status ats_registry_floor(struct ats_store_view *view,
                                                enum ats_control_kind kind, struct ats_span name,
                                                struct ats_span *ret_name);
typedef enum ats_status ats_registry_visit(void *ctx, const struct ats_control_record *record);
/* Every record of a kind, by name. */
ATS_MUST_USE enum ats_status ats_registry_walk(struct ats_store_view *view,
                                               enum ats_control_kind kind,
                                               ats_registry_visit *visit, void *ctx);
typedef enum ats_status ats_registry_visit_name(void *ctx, const char *name);
/* Every name of a kind that the log ever accepted and that is not in the walk above: its records are void, and were believed
   before. */
ATS_MUST_USE enum ats_status ats_registry_walk_void(struct ats_store_view *view,
                                                    enum ats_control_kind kind,
                                                    ats_registry_visit_name *visit, void *ctx);

#endif
