/* SPDX-License-Identifier: Apache-2.0 */
/* Adding to the control log: sign, judge against the own copy, append, read back. Thread: one. */
#ifndef ATS_CLI_PUBLISH_H
#define ATS_CLI_PUBLISH_H

#include "cli/session.h"
#include "common/base/buf.h"

/* What to state: a body under a kind and a name. Owns: the body. */
struct ats_draft {
    enum ats_control_kind kind;
    char name[ATS_NAME_MAX + 1];
    struct ats_buf body;
};

void ats_draft_init(struct ats_draft *draft, enum ats_control_kind kind, const char *name);
void ats_draft_fini(struct ats_draft *draft);

/* Whether the newest record of that kind and name already says this. */
bool ats_draft_is_published(struct ats_session *session, const struct ats_draft *draft);

/* Signs each draft as the next revision of its kind and name, judges all, appends them and waits until they are read back
   as accepted. REFUSED: the first one that is not, and why. Each name at most once. */
ATS_MUST_USE enum ats_status ats_publish(struct ats_session *session,
                                         const struct ats_draft *drafts, size_t count,
                                         struct ats_error *err);
/* What became of one draft of several. */
struct ats_publish_answer {
    enum ats_publish_outcome {
        ATS_PUBLISH_UNSENT,   /* a failure came before */
        ATS_PUBLISH_ACCEPTED, /* with --propose: it is in the file */
        ATS_PUBLISH_REFUSED,  /* `why` says by what */
        ATS_PUBLISH_UNKNOWN,  /* it may be in the log, or in the file */
    } outcome;
    struct ats_error why;
};

/* The same, but a draft that is refused holds up no other. With --propose those that nothing speaks against go into the one file. All
   `count` answers are given, also where a failure is returned. */
ATS_MUST_USE enum ats_status ats_publish_each(struct ats_session *session,
                                              const struct ats_draft *drafts, size_t count,
                                              struct ats_publish_answer *ret_answers,
                                              struct ats_error *err);
/* Whether publishing the draft would be refused, as far as the own copy can say. Changes nothing. */
ATS_MUST_USE enum ats_status ats_publish_check(struct ats_session *session,
                                               const struct ats_draft *draft,
                                               struct ats_error *err);

#endif
