/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints held against each other, twice over the same entries:
 *
 *   by gate, number, hash           copies go; what has one predecessor is a fork; numbers, predecessors and counts go on
 *   by gate, journal, first, hash   what overlaps is a fork; what lies between two is not covered
 */
#include "cli/evidence.h"

#include <inttypes.h>
#include <stdlib.h>

struct walk {
    ats_evidence_found *found;
    ats_evidence_summed *summed;
    void *ctx;
    const struct ats_evidence_set *undecided; /* by number, hash */
    struct ats_evidence_chain chain;
};

static int compare_spans(struct ats_span a, struct ats_span b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = memcmp(a.data, b.data, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_number(const void *left, const void *right)
{
    const struct ats_evidence_entry *a = left;
    const struct ats_evidence_entry *b = right;
    int order = compare_spans(a->checkpoint.gate, b->checkpoint.gate);
    if (order == 0)
        order = compare_numbers(a->checkpoint.number, b->checkpoint.number);
    return order != 0 ? order : memcmp(a->hash, b->hash, sizeof(a->hash));
}

static int by_position(const void *left, const void *right)
{
    const struct ats_evidence_entry *a = left;
    const struct ats_evidence_entry *b = right;
    int order = compare_spans(a->checkpoint.gate, b->checkpoint.gate);
    if (order == 0)
        order = compare_numbers(a->checkpoint.journal_id, b->checkpoint.journal_id);
    if (order == 0)
        order = compare_numbers(a->checkpoint.first, b->checkpoint.first);
    return order != 0 ? order : memcmp(a->hash, b->hash, sizeof(a->hash));
}

/* Signatures are made without chance, so that a copy is the same checkpoint if its hash is. */
static void drop_copies(struct ats_evidence_set *set)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (kept > 0 && by_number(&set->entries[kept - 1], &set->entries[i]) == 0)
            free(set->entries[i].value);
        else
            set->entries[kept++] = set->entries[i];
    }
    set->count = kept;
}

/* The first of that gate with that number or a later one. */
static size_t floor_of_number(const struct ats_evidence_set *set, struct ats_span gate,
                              uint64_t number)
{
    const struct ats_evidence_entry sought = {.checkpoint = {.gate = gate, .number = number}};
    size_t low = 0;
    size_t high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_number(&set->entries[middle], &sought) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What the log at hand does not decide fills the gap where the next good one names it: nobody is accused of that one, and nobody
   without a key makes another. */
static bool has_undecided_between(const struct walk *walk, const struct ats_checkpoint *before,
                                  const struct ats_checkpoint *behind)
{
    for (size_t i = floor_of_number(walk->undecided, before->gate, behind->number - 1);
         i < walk->undecided->count; i++) {
        const struct ats_evidence_entry *entry = &walk->undecided->entries[i];
        if (!ats_span_equal(entry->checkpoint.gate, before->gate) ||
            entry->checkpoint.number != behind->number - 1)
            return false;
        if (memcmp(entry->hash, behind->previous, sizeof(entry->hash)) == 0)
            return true;
    }
    return false;
}

static uint64_t count_undecided(const struct walk *walk, struct ats_span gate)
{
    uint64_t count = 0;
    for (size_t i = floor_of_number(walk->undecided, gate, 0);
         i < walk->undecided->count &&
         ats_span_equal(walk->undecided->entries[i].checkpoint.gate, gate);
         i++)
        count++;
    return count;
}

static void say(struct walk *walk, enum ats_evidence_fault fault,
                const struct ats_checkpoint *checkpoint, const struct ats_error *text)
{
    walk->chain.faults++;
    walk->found(walk->ctx, fault, checkpoint->gate, checkpoint->number, text->text);
}

static void hold_against_previous(struct walk *walk, const struct ats_evidence_entry *before,
                                  const struct ats_evidence_entry *entry)
{
    const struct ats_checkpoint *old = &before->checkpoint;
    const struct ats_checkpoint *now = &entry->checkpoint;
    struct ats_error text = {0};
    if (now->number == old->number) {
        bool fork = memcmp(now->previous, old->previous, sizeof(now->previous)) == 0;
        if (fork && now->number == 1 && now->journal_id != old->journal_id) {
            (void)ats_error_set(&text, ATS_ERR_INVALID,
                                "a chain begins a second time: the gate lost its state, or hides "
                                "one of the two");
            say(walk, ATS_EVIDENCE_BEGINS_ANEW, now, &text);
        } else if (fork) {
            (void)ats_error_set(&text, ATS_ERR_INVALID,
                                "two different checkpoints follow on the same one");
            say(walk, ATS_EVIDENCE_FORK, now, &text);
        }
        return;
    }
    if (now->number != old->number + 1 && !has_undecided_between(walk, old, now)) {
        (void)ats_error_set(&text, ATS_ERR_INVALID,
                            "numbers %" PRIu64 " to %" PRIu64 " are missing", old->number + 1,
                            now->number - 1);
        say(walk, ATS_EVIDENCE_GAP, now, &text);
    }
    if (now->control_count < old->control_count) {
        (void)ats_error_set(&text, ATS_ERR_INVALID,
                            "it names control record %" PRIu64 ", the one before it %" PRIu64,
                            now->control_count, old->control_count);
        say(walk, ATS_EVIDENCE_GOES_BACK, now, &text);
    }
}

/* With two stories about a number its successor may follow on either. */
static bool follows_on_one(const struct ats_evidence_set *set, size_t index)
{
    const struct ats_checkpoint *now = &set->entries[index].checkpoint;
    for (size_t i = index; i-- > 0;) {
        const struct ats_evidence_entry *before = &set->entries[i];
        if (!ats_span_equal(before->checkpoint.gate, now->gate) ||
            before->checkpoint.number + 1 < now->number)
            break;
        if (before->checkpoint.number + 1 == now->number &&
            memcmp(before->hash, now->previous, sizeof(before->hash)) == 0)
            return now->records == before->checkpoint.records + now->leaves.len / ATS_LEAF_SIZE;
    }
    return false;
}

static bool begins_rightly(const struct ats_checkpoint *checkpoint)
{
    static const uint8_t zeros[ATS_CHECKPOINT_HASH_SIZE];
    return checkpoint->number > 1 ||
           (memcmp(checkpoint->previous, zeros, sizeof(zeros)) == 0 &&
            checkpoint->records == checkpoint->leaves.len / ATS_LEAF_SIZE);
}

static void take_number(struct walk *walk, const struct ats_evidence_set *set, size_t index)
{
    const struct ats_evidence_entry *entry = &set->entries[index];
    const struct ats_checkpoint *now = &entry->checkpoint;
    struct ats_error text = {0};
    bool first = index == 0 || !ats_span_equal(set->entries[index - 1].checkpoint.gate, now->gate);
    if (first)
        walk->chain = (struct ats_evidence_chain){.gate = now->gate, .first = now->number};
    walk->chain.checkpoints++;
    walk->chain.last = now->number;
    walk->chain.positions += now->leaves.len / ATS_LEAF_SIZE;
    if (!first)
        hold_against_previous(walk, entry - 1, entry);
    bool has_previous =
        !first && set->entries[index - 1].checkpoint.number + 1 >= now->number && now->number > 1;
    if ((has_previous && !follows_on_one(set, index)) || !begins_rightly(now)) {
        (void)ats_error_set(&text, ATS_ERR_INVALID, "it does not follow on number %" PRIu64,
                            now->number - 1);
        say(walk, ATS_EVIDENCE_GAP, now, &text);
    }
}

static void hold_positions(struct walk *walk, const struct ats_evidence_entry *furthest,
                           const struct ats_evidence_entry *entry)
{
    const struct ats_checkpoint *now = &entry->checkpoint;
    uint64_t last = ats_checkpoint_last(&furthest->checkpoint);
    struct ats_error text = {0};
    if (now->first <= last) {
        (void)ats_error_set(&text, ATS_ERR_INVALID,
                            "positions %" PRIu64 " to %" PRIu64 " of journal %016" PRIx64
                            " are signed in number %" PRIu64 " as well",
                            now->first, last, now->journal_id, furthest->checkpoint.number);
        say(walk, ATS_EVIDENCE_FORK, now, &text);
    } else if (now->first != last + 1 && !has_undecided_between(walk, &furthest->checkpoint, now)) {
        (void)ats_error_set(&text, ATS_ERR_INVALID,
                            "positions %" PRIu64 " to %" PRIu64 " of journal %016" PRIx64
                            " are covered by none",
                            last + 1, now->first - 1, now->journal_id);
        say(walk, ATS_EVIDENCE_NOT_COVERED, now, &text);
    }
}

/* The faults between positions of one gate. */
static void walk_positions(struct walk *walk, const struct ats_evidence_entry *entries,
                           size_t count)
{
    const struct ats_evidence_entry *furthest = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct ats_evidence_entry *entry = &entries[i];
        bool same = furthest && furthest->checkpoint.journal_id == entry->checkpoint.journal_id;
        if (same)
            hold_positions(walk, furthest, entry);
        if (!same ||
            ats_checkpoint_last(&entry->checkpoint) > ats_checkpoint_last(&furthest->checkpoint))
            furthest = entry;
    }
}

static size_t count_of_gate(const struct ats_evidence_set *set, size_t begin)
{
    size_t end = begin;
    while (end < set->count &&
           ats_span_equal(set->entries[end].checkpoint.gate, set->entries[begin].checkpoint.gate))
        end++;
    return end - begin;
}

void ats_evidence_set_place(struct ats_evidence_set *set)
{
    if (set->count > 0)
        qsort(set->entries, set->count, sizeof(*set->entries), by_position);
    set->placed = set->count;
}

size_t ats_evidence_set_floor(const struct ats_evidence_set *set, struct ats_span gate,
                              uint64_t journal_id, uint64_t position)
{
    const struct ats_evidence_entry sought = {
        .checkpoint = {.gate = gate, .journal_id = journal_id, .first = position}};
    size_t low = 0;
    size_t high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_position(&set->entries[middle], &sought) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Each once. */
static void order_by_number(struct ats_evidence_set *set)
{
    set->placed = 0;
    if (set->count == 0)
        return;
    qsort(set->entries, set->count, sizeof(*set->entries), by_number);
    drop_copies(set);
}

void ats_evidence_log_chains(struct ats_evidence_log *log, ats_evidence_found *found,
                             ats_evidence_summed *summed, void *ctx)
{
    struct ats_evidence_set *set = &log->holds;
    struct walk walk = {.found = found, .summed = summed, .ctx = ctx, .undecided = &log->undecided};
    order_by_number(&log->undecided);
    order_by_number(set);
    size_t count = 0;
    for (size_t begin = 0; begin < set->count; begin += count) {
        struct ats_evidence_entry *of_gate = &set->entries[begin];
        count = count_of_gate(set, begin);
        for (size_t i = begin; i < begin + count; i++)
            take_number(&walk, set, i);
        qsort(of_gate, count, sizeof(*of_gate), by_position);
        walk_positions(&walk, of_gate, count);
        walk.chain.undecided = count_undecided(&walk, walk.chain.gate);
        walk.summed(ctx, &walk.chain);
    }
}
