/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The topics of what an act publishes: that there is room for them before, and that they are made after.
 *
 * Thread: one. Owns: nothing.
 */
#ifndef ATS_CLI_TOPICS_OWNED_H
#define ATS_CLI_TOPICS_OWNED_H

#include "cli/topics.h"

/* After contracts or groups were added: makes the topics that they need, and no other, if `topics create` was run before. A failure says
   that `what` is in the control log all the same, and with --json an object of the verdict "topic-not-made" does. REFUSED: there is no
   room for one that is not there. Nothing to do for a proposal. */
ATS_MUST_USE enum ats_status ats_topics_complete(const struct ats_cli *cli,
                                                 struct ats_session *session, const char *what,
                                                 const struct ats_topic_owner *owners, size_t count,
                                                 struct ats_error *err);
/* The failure of that, with the reason that `err` has. */
enum ats_status ats_topics_not_made(const struct ats_cli *cli, const char *what,
                                    struct ats_error *err);
/* Says of the topics in the list which are those of the owners; one that no topic can be named after keeps no other from it, and is in
   `err` then, which is zero before: INVALID, LIMIT. */
void ats_topics_mark(const struct ats_cli *cli, struct ats_topic_list *list,
                     const struct ats_topic_owner *owners, size_t count, struct ats_error *err);
/* Leaves the owners of which nothing is in the log, each once, contracts without a version. */
ATS_MUST_USE enum ats_status ats_topics_keep_new(struct ats_store_view *view,
                                                 struct ats_topic_owner *owners, size_t *count);
/* Before contracts and groups are published. REFUSED: the topic of one that is the first of its name is not
   there, and would be past ATS_TOPICS_MAX with those before it, so that a gate would wait for it with all that it takes. INVALID,
   LIMIT: no topic can have its name. */
ATS_MUST_USE enum ats_status ats_topics_check_room(const struct ats_cli *cli,
                                                   struct ats_session *session,
                                                   const struct ats_topic_owner *owners,
                                                   size_t count, struct ats_error *err);
/* REFUSED where so many names have no topic for the limit alone. */
ATS_MUST_USE enum ats_status ats_topics_check_beyond(size_t beyond, struct ats_error *err);

#endif
