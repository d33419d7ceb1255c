/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the control log said of devices, gates and contracts, for judging what happened at a given count of its records.
 *
 * The fleet's copy keeps each record's newest revision only: from it the history is not whole, and says what holds now. A
 * recording of the log (`attestream watch control --from-beginning --raw`) is verified anew, from the pinned roots down, and
 * gives each revision with the count at which it began to hold. Nothing stays open, so that other commands may run meanwhile.
 *
 * Thread: one. Owns: everything in it.
 */
#ifndef ATS_CLI_CONTROL_HISTORY_H
#define ATS_CLI_CONTROL_HISTORY_H

#include "cli/command.h"
#include "cli/control_checkpoints.h"
#include "common/contract/set.h"
#include "common/control/registry.h"

#include <stdio.h>

struct ats_control_history_entry {
    enum ats_control_kind kind;
    char *name;
    uint64_t count; /* accepted records when it began to hold, itself included; 0: not known */
    uint64_t revision;
    bool retired; /* a contract's end */
    struct ats_span body;
};

struct ats_control_history {
    char fleet[2 * ATS_FLEET_ID_SIZE + 1];
    uint64_t count; /* accepted records of the log */
    bool whole;     /* each revision with its count, else the newest ones */
    struct ats_control_history_entry *entries; /* by kind, name and count once it is complete */
    size_t entry_count;
    size_t entry_cap;
    struct ats_contract_set *contracts;
    struct ats_control_checkpoints checkpoints; /* of a recording: with what they say of it */
};

/* From the fleet's copy, brought up to date where Kafka answers. */
ATS_MUST_USE enum ats_status ats_control_history_of_copy(const struct ats_cli *cli,
                                                         struct ats_control_history *ret_history,
                                                         struct ats_error *err);
/* From a recording; the fleet's folder gives the pins alone. `name` stands for the file in errors. CONFIG: it cannot be read, or
   checkpoints of two members prove that it is not the log. */
ATS_MUST_USE enum ats_status
ats_control_history_of_recording(const struct ats_cli *cli, FILE *file, const char *name,
                                 struct ats_control_history *ret_history, struct ats_error *err);
/* From the recording that --control names, else from the copy. */
ATS_MUST_USE enum ats_status ats_control_history_of(const struct ats_cli *cli,
                                                    const struct ats_arguments *arguments,
                                                    struct ats_control_history *ret_history,
                                                    struct ats_error *err);
void ats_control_history_fini(struct ats_control_history *history);

/* The parts of both: an empty one, a record that began to hold, and the end, with the contracts of the view. MEMORY, CORRUPT. */
void ats_control_history_init(struct ats_control_history *history,
                              const struct ats_registry_pins *pins, bool whole);
ATS_MUST_USE enum ats_status ats_control_history_add(struct ats_control_history *history,
                                                     const struct ats_control_record *record,
                                                     uint64_t count);
ATS_MUST_USE enum ats_status ats_control_history_add_newest(struct ats_control_history *history,
                                                            struct ats_store_view *view);
ATS_MUST_USE enum ats_status ats_control_history_complete(struct ats_control_history *history,
                                                          struct ats_store_view *view,
                                                          uint64_t count);

/* What held at that count; not whole: what holds now. NULL: nothing. */
const struct ats_control_history_entry *
ats_control_history_find(const struct ats_control_history *history, enum ats_control_kind kind,
                         struct ats_span name, uint64_t count);
/* The contract that governs the MQTT topic then; as above. */
const struct ats_contract *ats_control_history_governs(const struct ats_control_history *history,
                                                       struct ats_span topic, uint64_t count);

/* Whether that version had ended then; as above. */
bool ats_control_history_is_retired(const struct ats_control_history *history,
                                    const struct ats_contract *contract, uint64_t count);

#endif
