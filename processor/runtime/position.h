/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an input is read on from its committed offset, judged from what Kafka says and what the restored state has seen.
 *
 * An offset is the number of a record only as long as its log is the same one. After a power loss, an unclean election or from
 * a backup a log can be shorter than what was read of it, and what is written then takes the lost records' numbers. Kafka itself
 * forgets the offsets of a group that is away for offsets.retention.minutes, and who may read group and topic can commit others.
 * In all these cases the input is read again from its first record: de-duplication, whose marks are state and not
 * offsets, knows what was decided, so that nothing is decided twice and nothing that is there is left out.
 */
#ifndef ATS_RUNTIME_POSITION_H
#define ATS_RUNTIME_POSITION_H

#include <stdbool.h>
#include <stdint.h>

enum ats_position {
    ATS_POSITION_HOLDS, /* also where nothing is committed and nothing was read */
    ATS_POSITION_DELETED, /* by retention, before it was read: on from the first record, and the number is known */
    /* Read again from the first record. */
    ATS_POSITION_PAST_END,    /* the log ends before it */
    ATS_POSITION_OVERWRITTEN, /* what stands before it is newer than what was read */
    ATS_POSITION_FOREIGN,     /* no member of the group has committed it */
    ATS_POSITION_GONE,        /* the state has seen the input, and Kafka knows of no offset */
};
#define ATS_POSITION_REASONS (ATS_POSITION_GONE - ATS_POSITION_PAST_END + 1)

struct ats_position_facts {
    int64_t committed; /* negative: none */
    bool is_ours;      /* its mark holds (commit_mark.h) */
    bool was_read; /* the state has seen records of this input; asked where nothing is committed */
    int64_t first; /* record that is there */
    int64_t end;
    int64_t
        newer; /* the first record that is newer than each that was read; negative: none, or not known */
};

/* Pure. */
enum ats_position ats_position_judge(const struct ats_position_facts *facts);

#endif
