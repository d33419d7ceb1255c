/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fleet's topics: which there are, how each must be set, and how they are made. The table in topics.c is the one place
 * that says so.
 *
 * Thread: one. Owns: a list owns nothing but its entries.
 */
#ifndef ATS_CLI_TOPICS_H
#define ATS_CLI_TOPICS_H

#include "cli/session.h"
#include "common/kafka/admin.h"

/* Topics that are made for a fleet: what one cluster's brokers can be asked for without a word from its administrator, with 32
   partitions each. The log may name more (4,096 filters of contracts, and groups): those that were first in it have theirs. */
#define ATS_TOPICS_MAX 512
#define ATS_TOPIC_SETTINGS_MAX 8
/* What --partitions and --replication are by default. */
#define ATS_TOPIC_PARTITIONS_DEFAULT 32
#define ATS_TOPIC_REPLICATION_DEFAULT 3
#define ATS_TOPIC_REPLICATION_ANY 0 /* the default, or 1 where the cluster is smaller */

struct ats_topic {
    char name[ATS_KAFKA_TOPIC_MAX + 1]; /* full */
    bool single;                        /* one partition, whatever the others have */
    uint64_t first; /* where its contract or group began in the control log; 0: a fixed one */
    bool own;       /* of those that ats_topics_complete() is asked for */
    struct ats_kafka_topic_setting
        settings[ATS_TOPIC_SETTINGS_MAX]; /* without min.insync.replicas */
};

/* What the topics that are keyed by asset have in common. */
struct ats_topic_shape {
    int partitions;
    int replication;
};

/* Behind those that are made stand those past ATS_TOPICS_MAX. */
struct ats_topic_list {
    struct ats_topic *topics;
    size_t count;
    size_t beyond;
    size_t room; /* of the array */
};

/* What a topic is made for. */
struct ats_topic_owner {
    enum ats_control_kind kind;  /* contract or processor */
    char name[ATS_NAME_MAX + 1]; /* a contract's with or without its version */
};

struct ats_topic_owner ats_topic_owner(enum ats_control_kind kind, const char *name);
/* Every topic that the fleet needs now: the fixed ones, one per contract and per processor group in the order in which these began in
   the control log, so that no later name takes an earlier one's topic; `with_void`, those of contracts that are void behind them, which
   what a gate took under them before waits for. A name that no topic can have is noted. */
ATS_MUST_USE enum ats_status ats_topics_list(const struct ats_cli *cli, struct ats_store_view *view,
                                             bool with_void, struct ats_topic_list *ret_list,
                                             struct ats_error *err);
void ats_topics_fini(struct ats_topic_list *list);
/* By its full name, also past ATS_TOPICS_MAX; NULL. */
struct ats_topic *ats_topics_find(const struct ats_topic_list *list, const char *name);
/* The owner's topic has this name; NULL in `ret_topic`: it is not in the list. INVALID, LIMIT: no topic can have such a name. */
ATS_MUST_USE enum ats_status
ats_topics_find_owned(const struct ats_cli *cli, const struct ats_topic_list *list,
                      const struct ats_topic_owner *owner, char ret_name[ATS_KAFKA_TOPIC_MAX + 1],
                      struct ats_topic **ret_topic, struct ats_error *err);
/* The shape of the fleet's topics, which is that of the first that is there and not single; NOT_FOUND. */
ATS_MUST_USE enum ats_status ats_topics_find_shape(struct ats_kafka_admin *admin,
                                                   const struct ats_topic_list *list,
                                                   struct ats_topic_shape *ret_shape,
                                                   struct ats_error *err);
/* Makes one topic; EXISTS. REPLICATION_ANY in the shape becomes what the cluster can give, with a note where that is one. */
ATS_MUST_USE enum ats_status ats_topics_create_one(struct ats_kafka_admin *admin,
                                                   const struct ats_topic *topic,
                                                   struct ats_topic_shape *shape,
                                                   struct ats_error *err);
/* min.insync.replicas for that replication. */
const char *ats_topics_min_insync(int replication);
/* Makes the control topic alone, for a fleet that begins. */
ATS_MUST_USE enum ats_status ats_topics_create_control(const struct ats_cli *cli,
                                                       struct ats_error *err);
/* The full name of one of the fixed topics, e.g. "erp" or "decisions", or NULL. */
const char *ats_topics_find_suffix(const char *short_name);
/* The full name of a topic as a person gives it: full, the short name of a fixed one, or without the prefix. CONFIG: it cannot be a
   topic's. */
ATS_MUST_USE enum ats_status ats_topics_resolve(const struct ats_cli *cli, const char *topic,
                                                char ret_name[ATS_KAFKA_TOPIC_MAX + 1],
                                                struct ats_error *err);
/* CONFIG "there is no topic NAME", with the short name that is nearest to what was given. */
ATS_MUST_USE enum ats_status ats_topics_missing(const char *given, const char *name,
                                                struct ats_error *err);
/* Short names for watch, ends with NULL. */
extern const char *const ats_topic_short_names[];

#endif
