/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shedding: what a refused CONNECT costs the broker itself (accept, parse, answer, close, log) is several times what it costs the gate, and
 * a plugin is asked only at its end. So the gate counts refused CONNECTs by address, and where they are more than a budget, all together, it
 * lets the kernel hold back new connections from the addresses that they come from (shed_filter.h), as many of them as keep the rest
 * within the budget.
 *
 *   IDLE --more than the budget within a second (shed_window.h), some of them from few addresses--> SHEDDING
 *   SHEDDING --no address is held back any more, or all was let in for ATS_GATE_SHED_HOLD_MS--> IDLE
 *
 *   let_in = what others leave of the budget / sent, at least 1 in 50, so that who stops is noticed
 *   sent   = what came through in a step from those who are held back, over the let_in of then; but no less than 0.975 of what it was a step before, since who is held
 *            back may be quiet until he tries again
 *   an address is held back while it fails by its own doing (shed_cause.h) at least ATS_GATE_SHED_LEAST times within a second, or more than
 *   ATS_GATE_SHED_BESIDE times for what others did, and ATS_GATE_SHED_HOLD_MS longer
 *
 * Where a flood comes from so many addresses that others would be held back by chance, nobody is (`connect.shedding-declined`), until it
 * comes from half as many, or is none for ATS_GATE_SHED_HOLD_MS.
 *
 * Where those who are not held back are refused more often than the budget, that is told (shed_rest.h).
 *
 * A broker that is about to end accepts nobody any more: who would be held back then waited for nothing, and the port were not free. So
 * the filter is taken away for good as soon as that is known.
 *
 * Thread: ats_shed_refused and ats_shed_stop the broker's, everything else one other.
 */
#ifndef ATS_PLUGIN_SHED_H
#define ATS_PLUGIN_SHED_H

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/log.h"
#include "plugin/reasons.h"
#include "plugin/shed_filter.h"

struct ats_shed;

struct ats_shed_options {
    int64_t budget; /* refused CONNECTs a second; 0: none is ever held back */
    const struct ats_clock *clock;
    struct ats_log *log; /* of the other thread */
    /* Puts the filter in force; NULL: none. Other than OK it is tried again after
       ATS_GATE_SHED_RETRY_MS, and twice as long each time. Called by one thread at a time. */
    enum ats_status (*install)(void *ctx, const struct ats_shed_filter *filter,
                               struct ats_shed_coverage *ret_coverage, struct ats_error *err);
    bool (*is_stopping)(void *ctx); /* whether the broker is about to end; of the other thread */
    void *ctx;
};

struct ats_shed_report {
    unsigned groups;   /* about as many addresses are held back; 0 while none is */
    double let_in;     /* the part of their connections that is let in; 1 while none is held back */
    uint64_t kept_out; /* about so many connections were held back, since the gate started */
    unsigned covered;  /* listeners where that is in force */
    unsigned listeners; /* of so many; 0 while nobody is to be held back */
    bool declined;      /* too many addresses fail for anybody to be held back */
    bool insufficient;  /* who is not held back is refused more often than the budget */
    bool failing;       /* the filter is not in force, though somebody is to be held back */
};

ATS_MUST_USE enum ats_status ats_shed_new(const struct ats_shed_options *options,
                                          struct ats_shed **ret_shed);
/* Takes the filter away, if ats_shed_stop() has not. */
void ats_shed_free(struct ats_shed *shed);
/* Takes the filter away for good, and logs nothing, since the log is the other thread's; waits for a step that is under way. That waits for nothing itself, but
   where a filter is put in force for the first time, or is tried again, it looks for the listeners among all of the process's descriptors:
   some 0.2 s where there are 20,000. NULL does nothing. */
void ats_shed_stop(struct ats_shed *shed);
/* A CONNECT from this address (as text) was refused; what is no address (NULL, a unix socket's) is not held back. NULL `shed` counts nothing. */
void ats_shed_refused(struct ats_shed *shed, const char *address, enum ats_reason reason);
/* As often as there is time; does something eight times a second. */
void ats_shed_step(struct ats_shed *shed);
/* How long its thread may wait now, of `longest_ms`: while anything was refused, no longer than until the next step is due. */
int ats_shed_wait_ms(struct ats_shed *shed, int longest_ms);
struct ats_shed_report ats_shed_report(struct ats_shed *shed);

#endif
