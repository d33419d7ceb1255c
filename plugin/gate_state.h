/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's insides, shared by the files of this folder.
 *
 *   broker thread            forwarder                 follower
 *   sessions, view           its view, producer        registry (the writer)
 *        |--- journal (append) -->| reader, acknowledge
 *        |<-- ring of ephemeral keys --|
 *        |<-- next_contracts, ring of changed devices --------|
 *        |--- ring of claims ------->|
 *        |<-- rings of replayed events --> replayer: reads quarantine
 *        |<-- log rings ----------|---------------------------|
 *
 * Everything not named between two threads belongs to the broker's.
 */
#ifndef ATS_PLUGIN_GATE_STATE_H
#define ATS_PLUGIN_GATE_STATE_H

#include "common/base/ring.h"
#include "common/contract/batch.h"
#include "common/contract/set.h"
#include "common/control/follower.h"
#include "common/control/freshness.h"
#include "common/journal/journal.h"
#include "plugin/broker_rules.h"
#include "plugin/claim_writer.h"
#include "plugin/claims.h"
#include "plugin/clock_watch.h"
#include "plugin/closing.h"
#include "plugin/device_rules.h"
#include "plugin/device_series.h"
#include "plugin/fleet.h"
#include "plugin/forwarder.h"
#include "plugin/handshakes.h"
#include "plugin/log_shares.h"
#include "plugin/metrics.h"
#include "plugin/options.h"
#include "plugin/presence.h"
#include "plugin/replayer.h"
#include "plugin/sessions.h"
#include "plugin/shed.h"
#include "plugin/sinks.h"
#include "plugin/thread_log.h"
#include "plugin/used_tokens.h"

struct ats_wills;

/* Turn: from one callback of the broker to the next. */
struct ats_gate_turn {
    bool reloading;        /* the broker asks again for those who are connected */
    const void *just_gone; /* whose will may come next */
    bool ticked;           /* TICK works on this broker */
};

struct ats_gate {
    struct ats_gate_options options;
    struct ats_gate_broker broker;
    const struct ats_clock *clock;
    struct ats_gate_fleet fleet;
    struct ats_kafka_config kafka;
    char *rules_file;
    struct ats_broker_rules rules;
    struct ats_tls_listeners tls; /* as at the start: a reload changes no listener */
    struct ats_gate_metrics metrics;
    struct ats_log *log;
    struct ats_clock_watch clock_watch;
    struct ats_gate_turn turn;

    /* The control log. */
    struct ats_store *control_store;
    struct ats_registry *registry;
    struct ats_store_view *view;
    uint64_t view_generation;
    struct ats_contract_set *contracts;
    uint64_t contracts_number; /* grows with each other set, so that who borrows from one knows */
    _Atomic(struct ats_contract_set *) next_contracts;
    /* The follower's, once it runs: what was compiled last, and whether it has to be looked at again at the group's end. */
    struct ats_contract_set *known_contracts;
    bool contracts_due;
    struct ats_ring changed_devices; /* names, from the follower */
    _Atomic(bool) changes_lost;
    atomic_bool acts_changed; /* an operator, a root or the policy: others may be void now */
    struct ats_thread_log follower_log;
    struct ats_control_follower *follower;
    _Atomic(uint64_t) replays_stated;    /* when replays, or what makes them void, came last */
    _Atomic(uint64_t) contracts_offered; /* of what generation the newest set is, or a later one */
    bool replays_due;                    /* the follower's, as contracts_due */
    struct ats_thread_log freshness_log;
    struct ats_freshness *freshness;
    struct ats_freshness_report freshness_report;

    /* Sessions. */
    struct ats_sessions *sessions;
    struct ats_numbers *numbers;
    struct ats_handshakes *handshakes;
    struct ats_sinks sinks; /* of shed, under its lock */
    struct ats_shed *shed;  /* NULL where it only observes; stepped by the forwarder */
    bool
        locked; /* neither this struct, with the gate's own keys, nor the ready-made ephemeral ones can be swapped out */
    bool unlocked_said; /* that something can */
    struct ats_wills *wills;
    struct ats_store
        *counter_store; /* CONNECT counters, by owner (numbers.h); written by the forwarder */
    struct ats_store
        *mark_store; /* highest sequence in Kafka, by owner; written by the forwarder */
    struct ats_ring ephemeral_keys; /* struct ats_key_pair, from the forwarder */
    struct ats_closing closing;     /* sessions that are to be closed */
    struct ats_store *token_store;  /* single-use tokens that were used; written by the forwarder */
    struct ats_used_tokens used_tokens;
    int64_t next_expiry_ms; /* wall; the earliest end of all sessions, or before it; 0: none */
    int64_t next_sweep_ms;
    struct ats_presence presence;

    /* Publishes. */
    struct ats_journal *journal;
    uint8_t digest_key[16];
    struct ats_batch *batch; /* the payload at hand */
    struct ats_device_rules *device_rules;
    struct ats_device_series *series;
    struct ats_series_state series_before; /* of the device at hand, as it was before its payload */
    struct ats_series_state series_now;    /* with what of it was admitted so far */
    struct ats_buf value;
    uint8_t *event_memory;
    size_t event_memory_size;
    int64_t receipts_window_ms;
    int64_t receipts;
    struct ats_log_shares *log_shares;

    char *metrics_path;
    struct ats_thread_log forwarder_log;
    struct ats_forwarder *forwarder;
    struct ats_claim_writer *claim_writer;
    struct ats_claims *claims;
    struct ats_replays *replays;
    struct ats_replay_rings replay_rings;
    struct ats_thread_log replayer_log;
    struct ats_replayer *replayer;
    int64_t next_metrics_ms;
};

/* Who this gate is, what it found of before, and what is worth a look. */
void ats_gate_say_opened(struct ats_gate *gate);
/* Says once that secrets may be swapped out, if they may. */
void ats_gate_say_unlocked(struct ats_gate *gate);
/* What every callback does first: log lines, a new set of contracts, devices that changed. */
void ats_gate_begin_turn(struct ats_gate *gate);
/* The registry as it is now, for look-ups until the next call; NULL if the store fails. */
struct ats_store_view *ats_gate_view(struct ats_gate *gate);
/* Whether the gate's own keys are good now; what changes is told. */
void ats_gate_check_time(struct ats_gate *gate);
/* NONE unless the registry says that devices must not trust this gate, as of the last view. */
enum ats_reason ats_gate_standing_reason(const struct ats_gate *gate);
/* Why a device that is not in the registry may not connect: unknown, or the gate has not even read of itself yet. */
enum ats_reason ats_gate_unknown_reason(const struct ats_gate *gate);
/* Why a connection without a session may not publish: it is no device's, or (by its user name) a device's that must
   connect again. */
enum ats_reason ats_gate_unproven_reason(struct ats_gate *gate, const char *user_name);
/* Looks up the device; NOT_FOUND leaves facts of revision 0. */
ATS_MUST_USE enum ats_status ats_gate_look_up(struct ats_gate *gate, const char *device,
                                              struct ats_device_facts *facts);
/* The device's key of that id; KEY_UNKNOWN, or KEY_NOT_VALID at that time. */
enum ats_reason ats_gate_device_key(const struct ats_device_facts *facts, const char *key_id,
                                    int64_t now_ms, const uint8_t **ret_key);
/* Brings a session's facts up to date: NONE while its device is active and the key that opened it is valid. Asks the store only
   when the registry has grown. */
enum ats_reason ats_gate_recheck(struct ats_gate *gate, struct ats_session *session,
                                 int64_t now_ms);
/* Whether the session still stands: the same, and its token. */
enum ats_reason ats_gate_session_reason(struct ats_gate *gate, struct ats_session *session);
/* Closes the session's connection at a tick, `delay_ms` from now (one of a few constants); a longer delay than it waits for
   already changes nothing. */
void ats_gate_close_later(struct ats_gate *gate, struct ats_session *session, int64_t delay_ms);
/* The window of a device's key (numbers.h), with what is known from before this process. NULL: nothing is known and `make` is not set, or
   there is no room. */
struct ats_window *ats_gate_window(struct ats_gate *gate, const char *owner, bool make);
/* Fills the windows from what the journal still holds. */
ATS_MUST_USE enum ats_status ats_gate_rebuild(struct ats_gate *gate, struct ats_error *err);

#endif
