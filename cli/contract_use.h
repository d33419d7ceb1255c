/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which devices use a version of a contract: those whose records name it, and those under which Kafka has events of theirs by it. The
 * second is what the telemetry topic says, which is the word of whoever may write there; what still waits in a gate's journal is not in it.
 *
 * Thread: one. Owns: the devices' names.
 */
#ifndef ATS_CLI_CONTRACT_USE_H
#define ATS_CLI_CONTRACT_USE_H

#include "cli/command.h"
#include "common/store/store.h"

#include <jansson.h>

struct ats_contract_use {
    const char *name; /* NAME@VERSION; borrowed */
    json_t *devices;  /* by name, {pinned, records, last} */
    uint64_t looked_at;
    bool whole; /* the topic was read to its end */
};

/* `name` is borrowed. MEMORY. */
ATS_MUST_USE enum ats_status ats_contract_use_init(struct ats_contract_use *use, const char *name,
                                                   struct ats_error *err);
void ats_contract_use_fini(struct ats_contract_use *use);
/* Adds the devices that have published under it since then, at most ATS_CLI_USE_RECORDS_MAX records; asks Kafka. */
ATS_MUST_USE enum ats_status ats_contract_use_read(const struct ats_cli *cli,
                                                   struct ats_contract_use *use, int64_t since_ms,
                                                   struct ats_error *err);
/* Adds the devices whose records name it, and takes those away that are revoked or retired. */
ATS_MUST_USE enum ats_status ats_contract_use_pins(struct ats_store_view *view,
                                                   struct ats_contract_use *use,
                                                   struct ats_error *err);
/* A row for each device: device, pinned, records, last. */
void ats_contract_use_print(const struct ats_cli *cli, const struct ats_contract_use *use);

#endif
