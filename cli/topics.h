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

#define ATS_TOPICS_MAX 512
#define ATS_TOPIC_SETTINGS_MAX 8
/* What --partitions and --replication are by default. */
#define ATS_TOPIC_PARTITIONS_DEFAULT 32
#define ATS_TOPIC_REPLICATION_DEFAULT 3
#define ATS_TOPIC_REPLICATION_ANY 0 /* the default, or 1 where the cluster is smaller */

struct ats_topic {
    char name[ATS_KAFKA_TOPIC_MAX + 1]; /* full */
    bool single;                        /* one partition, whatever the others have */
    struct ats_kafka_topic_setting
        settings[ATS_TOPIC_SETTINGS_MAX]; /* without min.insync.replicas */
};

/* What the topics that are keyed by asset have in common. */
struct ats_topic_shape {
    int partitions;
    int replication;
};

struct ats_topic_list {
    struct ats_topic *topics;
    size_t count;
    size_t
        beyond; /* names that need a topic, too, past ATS_TOPICS_MAX: noted, and no topic is made for them */
};

/* Every topic that the fleet needs now: the fixed ones, one per contract, one per processor group; `with_void`, those of contracts
   that are void too, which what a gate took under them before waits for. */
ATS_MUST_USE enum ats_status ats_topics_list(const struct ats_cli *cli, struct ats_store_view *view,
                                             bool with_void, struct ats_topic_list *ret_list,
                                             struct ats_error *err);
void ats_topics_fini(struct ats_topic_list *list);
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
/* After a contract or group was added: makes the topic that it needs, if `topics create` was run before. A failure says that `what` is
   in the control log all the same, and with --json an object of the verdict "topic-not-made" does. Nothing to do for a proposal. */
ATS_MUST_USE enum ats_status ats_topics_complete(const struct ats_cli *cli,
                                                 struct ats_session *session, const char *what,
                                                 struct ats_error *err);
/* The failure of that, with the reason that `err` has. */
enum ats_status ats_topics_not_made(const struct ats_cli *cli, const char *what,
                                    struct ats_error *err);
/* REFUSED where there are names past the limit. */
ATS_MUST_USE enum ats_status ats_topics_check_beyond(size_t beyond, struct ats_error *err);
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
