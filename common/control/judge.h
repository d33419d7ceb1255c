/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules by which a registry takes a record. Internal to common/control.
 *
 * A rule returns OK, a failure of store or memory, or what ats_judge_reject() returns once it has set the outcome.
 */
#ifndef ATS_CONTROL_JUDGE_H
#define ATS_CONTROL_JUDGE_H

#include "common/contract/contract.h"
#include "common/control/acts.h"
#include "common/control/body.h"
#include "common/control/registry.h"

struct ats_store_key;

struct ats_judge {
    const struct ats_registry_pins *pins;
    const uint8_t *fleet;
    struct ats_store_batch *batch; /* as of the records before this one */
    uint64_t count;                /* of the accepted ones before this one */
    const uint8_t *chain;          /* and their chained hash */
    struct ats_error *err;
    struct ats_control_record record;
    struct ats_control_record current; /* the accepted record before, revision 0 if there is none */
    uint8_t signer_key[ATS_PUBLIC_KEY_SIZE];
    bool by_gate; /* the signer is a gate, which states a claim */
    uint64_t
        marker;     /* where acts are judged again: the count of the act that has it done; else 0 */
    uint64_t stops; /* how many devices, gates and members the record stops: ats_judge_stops() */
    enum ats_control_outcome outcome;
};

/* Judges `value`; OK with judge->outcome, else a failure. Stores nothing. */
ATS_MUST_USE enum ats_status ats_judge_run(struct ats_judge *judge, struct ats_span value);
/* Judges the body by its kind, and its relation to what is stored. */
ATS_MUST_USE enum ats_status ats_judge_body(struct ats_judge *judge);
/* Stores what an accepted record adds beside itself: whose its keys are, a schema's text. */
ATS_MUST_USE enum ats_status ats_judge_index(struct ats_judge *judge);

/* What is done with a key and its owner: "gate/NAME", "processor/GROUP", "processor/GROUP/MEMBER" or "operator/NAME". */
typedef enum ats_status ats_judge_key_rule(struct ats_judge *judge, const uint8_t *key,
                                           const char *owner);
/* Rejects a key that the log gave to another owner. */
ats_judge_key_rule ats_judge_key_check;
/* Stores the owner. */
ats_judge_key_rule ats_judge_key_put;
/* Stores an owner where there is none: the first in the log's order has it. */
ATS_MUST_USE enum ats_status
ats_judge_put_owner(struct ats_judge *judge, const struct ats_store_key *key, const char *owner);
/* The rule for each key of the record being judged. */
ATS_MUST_USE enum ats_status ats_judge_gate_keys(struct ats_judge *judge,
                                                 const struct ats_body_gate *gate,
                                                 ats_judge_key_rule *rule);
ATS_MUST_USE enum ats_status ats_judge_operator_key(struct ats_judge *judge,
                                                    const struct ats_body_operator *operator_,
                                                    ats_judge_key_rule *rule);
/* Rejects an operator's other key than before where somebody else has or had it, or it is the root's or successor's. */
ATS_MUST_USE enum ats_status ats_judge_own_operator_key(struct ats_judge *judge,
                                                        const struct ats_body_operator *operator_,
                                                        const struct ats_body_operator *before);
ATS_MUST_USE enum ats_status ats_judge_group_keys(struct ats_judge *judge,
                                                  const struct ats_body_processor *processor,
                                                  ats_judge_key_rule *rule);

/* Rejects a contract that its documents or those who signed it do not carry, and a change of one that holds other than its end. */
ATS_MUST_USE enum ats_status ats_judge_contract(struct ats_judge *judge,
                                                const struct ats_body_contract *body);
/* The same of an accepted one, where acts are judged again. */
ATS_MUST_USE enum ats_status ats_judge_contract_again(struct ats_judge *again, bool *ret_stands);
/* Stores what an accepted contract's filters are, and whose signatures its next record needs; takes that back. */
ATS_MUST_USE enum ats_status ats_judge_contract_put(struct ats_judge *judge);
ATS_MUST_USE enum ats_status ats_judge_contract_forget(struct ats_judge *again);

/* Whether no record that stands before has that schema id with another text. */
ATS_MUST_USE enum ats_status ats_judge_schema_id_is_free(struct ats_judge *judge, const char *text,
                                                         uint32_t id, bool *ret_free);

/* Rejects a contract with a topic filter that another id has. */
ATS_MUST_USE enum ats_status ats_judge_topics_check(struct ats_judge *judge,
                                                    const struct ats_contract *contract);
/* The same of an accepted one, where acts are judged again. */
ATS_MUST_USE enum ats_status ats_judge_topics_again(struct ats_judge *again,
                                                    const struct ats_contract *contract,
                                                    bool *ret_stands);
/* Stores whose an accepted contract's filters are; takes that back. */
ATS_MUST_USE enum ats_status ats_judge_topics_put(struct ats_judge *judge,
                                                  const struct ats_contract *contract);
ATS_MUST_USE enum ats_status ats_judge_topics_forget(struct ats_judge *again,
                                                     const struct ats_contract *contract);

/* Whether the record is a device's that a gate signed; sets by_gate and the signer's key. Where it is true, `ret_status` says
   whether that gate may (a failure, or a rejection). */
bool ats_judge_by_gate(struct ats_judge *judge, enum ats_status *ret_status);
/* Holds a device's body to the claim in it; a record of an operator's holds none. */
ATS_MUST_USE enum ats_status ats_judge_claim(struct ats_judge *judge,
                                             const struct ats_body_device *device);
/* Who answers for an accepted record of a gate's: the gate, behind a '/', which stands in no operator's name, and who signed the
   token, so that what was enrolled with a stolen operator's tokens is void with the rest. Leaves others as they are. */
ATS_MUST_USE enum ats_status ats_judge_claim_signers(struct ats_judge *judge,
                                                     struct ats_control_record *ret_signers);
/* Stores that the token is used, and what enrolled the device. */
ATS_MUST_USE enum ats_status ats_judge_claim_index(struct ats_judge *judge,
                                                   const struct ats_body_device *device);
/* Takes that back. */
ATS_MUST_USE enum ats_status ats_judge_claim_forget(struct ats_judge *judge,
                                                    const struct ats_body_device *device);
/* The log's time at the record's place, in milliseconds since 1970: as ats_registry_log_time_ms(). Operators' own clocks do not
   enter into it. */
ATS_MUST_USE enum ats_status ats_judge_log_time(struct ats_judge *judge, int64_t *ret_time_ms);
/* Stores what an accepted record says of the time. */
ATS_MUST_USE enum ats_status ats_judge_log_time_put(struct ats_judge *judge);

/* Rejects a record whose operator is revoked, not yet or no longer in office. */
ATS_MUST_USE enum ats_status ats_judge_standing(struct ats_judge *judge, const char *name,
                                                const struct ats_body_operator *signer);
/* Rejects a record out of its operator's scope. */
ATS_MUST_USE enum ats_status ats_judge_scope(struct ats_judge *judge, const char *name,
                                             const struct ats_body_operator *signer);
/* Rejects a place that is not one of this log. */
ATS_MUST_USE enum ats_status ats_judge_place_named(struct ats_judge *judge,
                                                   const struct ats_body_place *place);
/* Makes void what a revoked operator signed after the place up to which it stands. */
ATS_MUST_USE enum ats_status ats_judge_void_of_operator(struct ats_judge *judge);
/* Makes void what members said of the time after the place up to which it stands. */
ATS_MUST_USE enum ats_status ats_judge_void_of_policy(struct ats_judge *judge);
/* Finds out anew which acts stand, and makes anew what the copy holds beside them: judge_void.c. */
ATS_MUST_USE enum ats_status ats_judge_void(struct ats_judge *judge);
/* The part of ats_judge_index() that a record's body alone decides. What has an owner keeps it. */
ATS_MUST_USE enum ats_status ats_judge_index_body(struct ats_judge *judge);
/* The keys that stand as root and successor before the record: the newest root record's, or the pins. */
ATS_MUST_USE enum ats_status ats_judge_roots(struct ats_judge *judge,
                                             struct ats_body_root *ret_roots);
ATS_MUST_USE enum ats_status ats_judge_root_key(struct ats_judge *judge, bool successor,
                                                uint8_t ret_key[ATS_PUBLIC_KEY_SIZE]);
/* Which root or successor, of now or as pinned by devices, signed an operator's certificate; the root where none did. */
ATS_MUST_USE enum ats_status ats_judge_certificate_issuer(struct ats_judge *judge,
                                                          const struct ats_body_operator *operator_,
                                                          uint8_t ret_key[ATS_PUBLIC_KEY_SIZE]);
/* What a root record after the first may say. */
ATS_MUST_USE enum ats_status ats_judge_root_change(struct ats_judge *judge,
                                                   const struct ats_body_root *root);
/* Whether it is the successor's and takes the place of root records that the root signed. */
ATS_MUST_USE enum ats_status ats_judge_successor_place(struct ats_judge *judge, uint64_t newest,
                                                       bool *ret_fits);
/* Makes void what a root signed after the place up to which it stood, and what rests on that alone. */
ATS_MUST_USE enum ats_status ats_judge_void_of_root(struct ats_judge *judge);
/* Rejects an act that takes two persons where not two have signed it; a proposal, which nobody has approved, passes. */
ATS_MUST_USE enum ats_status ats_judge_persons(struct ats_judge *judge);
/* Whether as many signed it as the policy asks that stands before it; where acts are judged again. */
ATS_MUST_USE enum ats_status ats_judge_alone_again(struct ats_judge *again, bool *ret_enough);
/* Rejects a proposal, the last of all rules, so that its outcome says that nothing else speaks against it. */
ATS_MUST_USE enum ats_status ats_judge_approved(struct ats_judge *judge);
/* Sets judge->stops: how many devices, gates and members can do less by the record than before it. */
ATS_MUST_USE enum ats_status ats_judge_stops(struct ats_judge *judge);
/* Whether it does nothing else; after ats_judge_stops(). */
bool ats_judge_only_stops(const struct ats_judge *judge);
/* Whether attributes and contracts are the same. */
bool ats_device_same_texts(const struct ats_body_device *a, const struct ats_body_device *b);
/* Counts what one operator stopped alone. */
ATS_MUST_USE enum ats_status ats_judge_tally(struct ats_judge *judge);
ATS_MUST_USE enum ats_status ats_judge_policy(struct ats_judge *judge);
/* What a replay may say; stores which gate its records are for. */
ATS_MUST_USE enum ats_status ats_judge_replay(struct ats_judge *judge);
ATS_MUST_USE enum ats_status ats_judge_replay_put(struct ats_judge *judge);
/* What an operator's record may say, but for its certificate. */
ATS_MUST_USE enum ats_status ats_judge_operator(struct ats_judge *judge,
                                                const struct ats_body_operator *operator_,
                                                const struct ats_body_operator *before);

/* Sets outcome and reason; the value to return. */
enum ats_status ats_judge_reject(struct ats_judge *judge, enum ats_control_outcome outcome,
                                 const char *format, ...) ATS_PRINTF(3, 4);
/* The stored record of that kind and name; NOT_FOUND. */
enum ats_status ats_judge_find(struct ats_judge *judge, enum ats_control_kind kind,
                               const char *name, struct ats_control_record *ret_record);

#endif
