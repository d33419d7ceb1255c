/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All contracts that are active at once, by name and version: looked up by MQTT topic (gate) or schema id (processor). Built, then
 * immutable; a newer set replaces it by one atomic pointer. Owns: a reference to each contract.
 */
#ifndef ATS_CONTRACT_SET_H
#define ATS_CONTRACT_SET_H

#include "common/contract/contract.h"

/* Of a signed record, Ed25519. */
#define ATS_CONTRACT_SIGNATURE_SIZE 64

struct ats_contract_set;

ATS_MUST_USE enum ats_status ats_contract_set_new(struct ats_contract_set **ret_set);
/* Adds a reference. EXISTS: another contract of the set has the same schema id but another text. */
ATS_MUST_USE enum ats_status ats_contract_set_add(struct ats_contract_set *set,
                                                  struct ats_contract *contract);
/* The same with the signature of the record that it was compiled from, which no other record has. */
ATS_MUST_USE enum ats_status
ats_contract_set_add_signed(struct ats_contract_set *set, struct ats_contract *contract,
                            const uint8_t signature[ATS_CONTRACT_SIGNATURE_SIZE]);
/* Another set of the same contracts. */
ATS_MUST_USE enum ats_status ats_contract_set_copy(const struct ats_contract_set *set,
                                                   struct ats_contract_set **ret_set);
void ats_contract_set_free(struct ats_contract_set *set);
/* Whether both are of the very same contracts: one that was compiled anew is another, though its text be the same. */
bool ats_contract_set_equal(const struct ats_contract_set *a, const struct ats_contract_set *b);

/* The contract that governs the topic, or NULL; borrowed from the set. Of one contract's versions that have the topic it is the highest; of
   several contracts, which `contract publish` warns of, the last by name. A version that is retired governs only what none in force
   has, so that nothing passes there unjudged. */
struct ats_contract *ats_contract_set_find_topic(const struct ats_contract_set *set,
                                                 struct ats_span topic,
                                                 struct ats_span *ret_device);
struct ats_contract *ats_contract_set_find_schema(const struct ats_contract_set *set,
                                                  uint32_t schema_id);
/* Its highest version in force; where all are retired, the highest. */
struct ats_contract *ats_contract_set_find_name(const struct ats_contract_set *set,
                                                const char *name);
/* "NAME", "1.0.0": that version, retired or not; NULL. */
struct ats_contract *ats_contract_set_find_version(const struct ats_contract_set *set,
                                                   struct ats_span name, struct ats_span version);
/* The one that was compiled from the record with that signature, or NULL; a set that is NULL has none. */
struct ats_contract *
ats_contract_set_find_signed(const struct ats_contract_set *set,
                             const uint8_t signature[ATS_CONTRACT_SIGNATURE_SIZE]);
/* Below 0, 0 or above 0, as the first of two versions is lower, the same or higher. */
int ats_contract_compare_versions(const char *a, const char *b);
size_t ats_contract_set_count(const struct ats_contract_set *set);
struct ats_contract *ats_contract_set_at(const struct ats_contract_set *set, size_t index);

#endif
