/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is connected, and what the gate remembers of a device across its connections.
 *
 *   device (by name, while it has a session, or what is kept of the last one)
 *     | previous session's key, use of limits
 *     +-- session (by the broker's client handle, and by client id; from connect to disconnect)
 *           facts: what the registry says of the device, with the generation at which it was looked up
 *
 * Thread: the broker's. Owns: everything; a session pointer is good until ats_sessions_remove().
 */
#ifndef ATS_PLUGIN_SESSIONS_H
#define ATS_PLUGIN_SESSIONS_H

#include "common/base/limits.h"
#include "common/base/span.h"
#include "common/control/body.h"
#include "common/identity/session.h"
#include "device/device.h"
#include "plugin/hang_up.h"
#include "plugin/limits.h"

/* The name that a session stands under: its device's, or with a claim its client id, which is no device's name. */
#define ATS_SESSION_NAME_MAX (ATS_NAME_MAX + sizeof(ATS_DEVICE_CLAIM_ID_SUFFIX) - 1)

struct ats_closing_list;
struct ats_gate_device;
struct ats_session;
struct ats_sessions;

/* A contract of which the device's record names the version. */
struct ats_device_pin {
    struct ats_span name; /* both of the facts' list */
    struct ats_span version;
    struct ats_contract *contract; /* of the gate's set; NULL: not there */
};

/* What publishes are judged by, out of the device's control record. */
struct ats_device_facts {
    uint64_t generation; /* of the registry at the look-up; 0: never */
    uint64_t revision;   /* of the device's record; 0: no such device */
    enum ats_device_state state;
    struct ats_device_key keys[ATS_DEVICE_KEYS_MAX];
    size_t key_count;
    enum ats_proof_level least_proof; /* 0: as the contract says */
    char asset[ATS_NAME_MAX + 1];
    char *contracts; /* NAME or NAME@VERSION, each with its NUL; NULL: every contract */
    size_t contracts_len;
    struct ats_device_pin *pins; /* pins.h; NULL: none */
    size_t pin_count;
    uint64_t pins_set; /* the number of the set that they were looked up in */
};

/* For people: plugin/presence.h. Wall times. */
struct ats_session_activity {
    int64_t since_ms;
    int64_t seen_ms;         /* when it ended; 0 while it lasts */
    int64_t last_publish_ms; /* 0: none */
    uint64_t published;      /* on governed topics, refused ones among them */
    uint64_t refused;
    char address[46]; /* the longest of IPv6, with its end */
};

struct ats_session {
    const void *client;
    char client_id[ATS_CLIENT_ID_MAX + 1];
    struct ats_gate_device *device; /* NULL: it has ended, and its will is judged (wills.h) */
    const char *device_name;        /* the device's own */
    int64_t expires_ms;             /* 0: with the connection */
    char key_id[ATS_KEY_ID_SIZE];   /* the device's key that opened it */
    bool has_keys;                  /* ATTESTREAM-1, not a token */
    uint64_t counter;               /* of its CONNECT, which is its will's too; 0 with a token */
    struct ats_session_keys *keys;  /* from ats_sessions_keys_take(); NULL: none, or it has ended */
    struct ats_device_facts facts;
    struct ats_client_end end;  /* where the broker closes late */
    int64_t close_at_ms;        /* monotonic; 0: not to be closed */
    enum ats_reason closed_for; /* NONE: the gate has not had it closed (closed.h) */
    struct {
        struct ats_closing_list *list; /* NULL: in none */
        struct ats_session *prev;
        struct ats_session *next;
    } closing;         /* its links, for closing.c */
    bool claims;       /* handed in a claim, and is good for nothing else */
    bool closed_alone; /* the broker was asked to close it by its client id */
    struct ats_session_activity activity;
};

ATS_MUST_USE enum ats_status ats_sessions_new(struct ats_sessions **ret_sessions);
void ats_sessions_free(struct ats_sessions *sessions);

/* The session of a connection: only if client id and user name are still those that proved themselves. */
struct ats_session *ats_sessions_find(struct ats_sessions *sessions, const void *client,
                                      const char *client_id, const char *user_name);
/* The session of a connection, whatever it claims by now, or NULL. */
struct ats_session *ats_sessions_find_client(struct ats_sessions *sessions, const void *client);
/* A live session that has this client id, or NULL. */
struct ats_session *ats_sessions_find_client_id(struct ats_sessions *sessions,
                                                const char *client_id);
/* A new session; one with the same client handle or client id is removed, since the broker will close it. MEMORY or LIMIT. */
ATS_MUST_USE enum ats_status ats_sessions_add(struct ats_sessions *sessions, const void *client,
                                              const char *client_id, const char *device,
                                              struct ats_session **ret_session);
/* NOT FOUND is fine. The keys become the device's previous ones, for packets in flight. */
void ats_sessions_remove(struct ats_sessions *sessions, const void *client);
size_t ats_sessions_count(const struct ats_sessions *sessions);
/* Each session, or each of one device (by name; NULL: all). The visitor must not add or remove. */
typedef void ats_session_visit(void *ctx, struct ats_session *session);
void ats_sessions_each(struct ats_sessions *sessions, const char *device, ats_session_visit *visit,
                       void *ctx);

/* A pass over all sessions, a part at a time; between the parts they may be added (at the end) and removed. One for each purpose. */
enum ats_sweep { ATS_SWEEP_CHANGES, ATS_SWEEP_EXPIRY, ATS_SWEEP_PRESENCE, ATS_SWEEP_COUNT };
void ats_sessions_sweep_begin(struct ats_sessions *sessions, enum ats_sweep sweep);
bool ats_sessions_sweeping(const struct ats_sessions *sessions, enum ats_sweep sweep);
/* The next `max` of them; nothing where no pass was begun. */
void ats_sessions_sweep(struct ats_sessions *sessions, enum ats_sweep sweep, size_t max,
                        ats_session_visit *visit, void *ctx);

/* Devices whose last session has ended, each until it is popped once: the oldest, with what its session did. One is looked at a call; false: there is none, or it has come
   back. */
bool ats_sessions_has_gone(const struct ats_sessions *sessions);
bool ats_sessions_pop_gone(struct ats_sessions *sessions, char ret_name[ATS_NAME_MAX + 1],
                           struct ats_session_activity *ret_activity);

/* Room for the keys of a session, in memory for secrets (common/identity/secret.h); NULL: none left. Set in a session it belongs to
   that, or it is given back. */
struct ats_session_keys *ats_sessions_keys_take(struct ats_sessions *sessions);
void ats_sessions_keys_give(struct ats_sessions *sessions, struct ats_session_keys *keys);
/* Whether none of them can be swapped out. */
bool ats_sessions_keys_locked(const struct ats_sessions *sessions);

/* The keys that a proof of this session id may use: the session's, or the device's previous ones; NULL. `ret_key_id`: the
   device's key that opened that session, on whose validity they rest; borrowed. */
const struct ats_session_keys *ats_session_keys_of(const struct ats_session *session,
                                                   const uint8_t id[ATS_SESSION_ID_SIZE],
                                                   const char **ret_key_id);
/* What a device has used of its limits, made when it is missing and `make` is set. NULL: none, or no room. */
struct ats_device_limits *ats_sessions_limits(struct ats_sessions *sessions, const char *device,
                                              bool make);
/* The same of a session's device; also of a session that has ended. */
struct ats_device_limits *ats_session_limits(struct ats_sessions *sessions,
                                             const struct ats_session *session);

void ats_device_facts_fini(struct ats_device_facts *facts);
/* Whether its record allows a version of that contract. */
bool ats_device_facts_allow(const struct ats_device_facts *facts, const char *contract);
/* The key of that id, valid or not, or NULL. */
const struct ats_device_key *ats_device_facts_key(const struct ats_device_facts *facts,
                                                  const char *key_id);

#endif
