/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate as a broker adapter drives it: one call per event of the broker, answers in the gate's own words. It knows
 * no broker; what it needs of one stands in `struct ats_gate_broker`. plugin/broker.c is the adapter for Mosquitto,
 * the tests have one of their own.
 *
 * Thread: every function here belongs to the broker's thread, and the broker's services are called on it alone. The
 * gate's own threads (forwarder, follower) are started by ats_gate_run() and ended by ats_gate_stop().
 */
#ifndef ATS_PLUGIN_GATE_H
#define ATS_PLUGIN_GATE_H

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/span.h"
#include "device/device.h"
#include "plugin/hang_up.h"

struct ats_gate;
struct ats_x509;

#define ATS_TRACEPARENT_SIZE 64

/* What the gate reads of a publish's properties; "" if absent. */
struct ats_gate_properties {
    char proof[ATS_DEVICE_PROOF_SIZE];
    bool proof_too_long; /* or empty, or given twice: malformed */
    char traceparent[ATS_TRACEPARENT_SIZE];
    char content_type[ATS_CONTENT_TYPE_MAX + 1];
};

/* Services of the broker. */
struct ats_gate_broker {
    void *ctx;
    void (*log)(void *ctx, enum ats_log_level level, const char *line);
    /* Sends a message to one client, subscribed or not; copies. False if it could not. */
    bool (*publish_to)(void *ctx, const char *client_id, const char *topic,
                       struct ats_span payload);
    /* Closes every connection of that user name. Called from ats_gate_tick() only. */
    void (*kick)(void *ctx, const char *user_name);
    /* Closes the connection that the broker knows by that client id. Called from ats_gate_tick() only. */
    void (*kick_client)(void *ctx, const char *client_id);
    /* Whether the broker is about to end; NULL: it cannot be told. Called from any thread. */
    bool (*is_stopping)(void *ctx);
    bool (*set_user_name)(void *ctx, void *client, const char *user_name);
    void (*read_properties)(void *ctx, const void *properties,
                            struct ats_gate_properties *ret_properties);
};

/* One `plugin_opt_NAME VALUE` of the broker's configuration, without the prefix. */
struct ats_gate_option {
    const char *name;
    const char *value;
};

/* A connection, as the broker sees it now; all borrowed. `handle` is its identity from connect to disconnect. */
struct ats_gate_client {
    void *handle;
    const char *id;        /* NULL where the broker has none (yet) */
    const char *user_name; /* NULL or "" if none */
    const char *address;   /* that its socket comes from; NULL: unknown. At connect only */
    const char *
        forwarded_for; /* what its HTTP header says; NULL if that is nothing else. At connect only */
    bool mqtt5;
    bool websockets;
    bool leaves_nothing;       /* MQTT 3.1.1 with a clean session: the broker keeps none of it */
    unsigned port;             /* of the listener; 0: unknown. At connect only */
    struct ats_client_end end; /* where the broker closes late; else all zero. At connect only */
    const struct ats_x509 *certificate; /* that TLS has verified; NULL if none. At connect only */
};

struct ats_gate_publish {
    const char *topic; /* resolved, not an alias */
    struct ats_span payload;
    uint8_t qos;
    bool retain;
    const void *properties; /* for read_properties; NULL if none */
};

/* May it? DEFER: the broker's own rules decide. DENY_CLOSE (publish only): and the connection is closed, since
   MQTT 3.1.1 cannot tell the publisher otherwise. */
enum ats_gate_access { ATS_GATE_ALLOW, ATS_GATE_DENY, ATS_GATE_DENY_CLOSE, ATS_GATE_DEFER };

/* What becomes of a publish. */
enum ats_gate_answer {
    ATS_GATE_PASS,   /* goes on unchanged, the publisher sees success */
    ATS_GATE_DIVERT, /* a duplicate: the publisher sees success, no subscriber gets it */
    ATS_GATE_REJECT, /* MQTT 5: PUBACK 0x87; 3.1.1: a PUBACK that looks like success */
    ATS_GATE_CLOSE,  /* the connection is closed without an acknowledgement */
};

/* Reads options, keys and stores, and rebuilds what a restart must know; starts no thread. `broker_rules_file` is the
   broker's own configuration (NULL: unknown, and then it only observes), see gate_rules.h. The error's text is for the operator. */
ATS_MUST_USE enum ats_status
ats_gate_open(const struct ats_gate_option *options, size_t option_count,
              const struct ats_gate_broker *broker, const struct ats_clock *clock,
              const char *broker_rules_file, struct ats_gate **ret_gate, struct ats_error *err);
/* Starts forwarder and follower; Kafka may be down. */
ATS_MUST_USE enum ats_status ats_gate_run(struct ats_gate *gate, struct ats_error *err);
/* Ends the threads, gives Kafka a moment for what is in flight, closes journal and stores. */
void ats_gate_stop(struct ats_gate *gate);
/* Whether `mode observe` is set: the adapter then registers no access check. */
bool ats_gate_observes(const struct ats_gate *gate);

/* A client connects with user name and password (NULL if none). */
enum ats_gate_access ats_gate_connect(struct ats_gate *gate, const struct ats_gate_client *client,
                                      const char *password);
/* A client connects with an authentication method. On ALLOW `ret_data` (of ATS_GATE_DATA_MAX bytes) is CONNACK's data. */
#define ATS_GATE_DATA_MAX 2048
enum ats_gate_access ats_gate_connect_with(struct ats_gate *gate,
                                           const struct ats_gate_client *client, const char *method,
                                           struct ats_span data, uint8_t *ret_data,
                                           size_t *ret_len);
/* Before a publish or a will is looked at further. */
enum ats_gate_access ats_gate_may_publish(struct ats_gate *gate,
                                          const struct ats_gate_client *client,
                                          const struct ats_gate_publish *publish);
enum ats_gate_access ats_gate_may_subscribe(struct ats_gate *gate,
                                            const struct ats_gate_client *client,
                                            const char *filter);
/* A device may always, also from what it should never have had. */
enum ats_gate_access ats_gate_may_unsubscribe(struct ats_gate *gate,
                                              const struct ats_gate_client *client);
/* Before a message is delivered to a subscriber. */
enum ats_gate_access ats_gate_may_read(struct ats_gate *gate, const struct ats_gate_client *client,
                                       const char *topic);
/* The verdict on one publish. */
enum ats_gate_answer ats_gate_publish(struct ats_gate *gate, const struct ats_gate_client *client,
                                      const struct ats_gate_publish *publish);
void ats_gate_disconnected(struct ats_gate *gate, const void *client_handle);
/* The broker rereads its configuration; it asks for each live client again right after. */
void ats_gate_reload(struct ats_gate *gate);
/* Deferred work: log lines, new contracts, connections to close. */
void ats_gate_tick(struct ats_gate *gate);

#endif
