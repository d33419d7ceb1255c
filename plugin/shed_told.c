/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/shed_told.h"

#include "common/base/limits.h"

#include <stdatomic.h>

/* An address of IPv4 stands behind this, where IPv6 has addresses that nobody sends from (multicast). */
#define IP4_MARK (UINT64_C(0xffffffff) << 32)
#define IP6_SITE (~UINT64_C(0xffff))

static uint64_t number_of(const struct ats_address *address)
{
    uint64_t number = 0;
    size_t len = address->bytes[0] == 6 ? 8 : 4;
    for (size_t i = 0; i < len; i++)
        number = number << 8 | address->bytes[1 + i];
    return address->bytes[0] == 6 ? number & IP6_SITE : IP4_MARK | number;
}

static struct ats_address address_of(uint64_t number)
{
    struct ats_address address = {{0}};
    bool ip4 = (number & IP4_MARK) == IP4_MARK;
    size_t len = ip4 ? 4 : 8;
    address.bytes[0] = ip4 ? 4 : 6;
    for (size_t i = 0; i < len; i++)
        address.bytes[1 + i] = (uint8_t)(number >> (8 * (len - 1 - i)));
    return address;
}

void ats_shed_told_note(struct ats_shed_told *told, unsigned group,
                        const struct ats_address *address)
{
    atomic_store_explicit(&told->latest[group], number_of(address), memory_order_relaxed);
}

static bool is_held(const struct ats_shed_filter *filter, uint64_t number)
{
    struct ats_address address = address_of(number);
    return filter && ats_shed_filter_holds(filter, &address);
}

/* What is to be told of the group now. */
static void look_at(struct ats_shed_told *told, const struct ats_shed_filter *filter, unsigned i)
{
    enum ats_shed_word *word = &told->groups[i].word;
    if (*word == ATS_SHED_WORD_NONE) {
        uint64_t latest = atomic_load_explicit(&told->latest[i], memory_order_relaxed);
        if (!filter || !ats_shed_filter_has(filter, 0, i) || !is_held(filter, latest))
            return;
        told->groups[i].address = latest;
        *word = ATS_SHED_WORD_HELD;
    }
    bool held = is_held(filter, told->groups[i].address);
    if (*word == ATS_SHED_WORD_HELD && !held) {
        *word = ATS_SHED_WORD_NONE;
        told->not_logged += 2;
    } else if (*word == ATS_SHED_WORD_HELD_TOLD && !held) {
        *word = ATS_SHED_WORD_LET_IN;
    } else if (*word == ATS_SHED_WORD_LET_IN && held) {
        *word = ATS_SHED_WORD_HELD_TOLD;
        told->not_logged += 2;
    }
}

/* Whether it had something to tell. */
static bool tell(struct ats_shed_told *told, unsigned i, struct ats_log *log)
{
    enum ats_shed_word *word = &told->groups[i].word;
    bool held = *word == ATS_SHED_WORD_HELD;
    if (!held && *word != ATS_SHED_WORD_LET_IN)
        return false;
    struct ats_address address = address_of(told->groups[i].address);
    char text[ATS_ADDRESS_SITE_SIZE] = "";
    ats_address_write_site(&address, text);
    ats_log_event(log, held ? ATS_LOG_WARNING : ATS_LOG_INFO,
                  held ? "connect.held-back" : "connect.let-in", "address=%s not_logged=%lu", text,
                  told->not_logged);
    told->not_logged = 0;
    *word = held ? ATS_SHED_WORD_HELD_TOLD : ATS_SHED_WORD_NONE;
    return true;
}

void ats_shed_told_step(struct ats_shed_told *told, const struct ats_shed_filter *filter,
                        struct ats_log *log)
{
    if (!filter && !told->busy)
        return;
    unsigned first = told->next;
    unsigned lines = 0;
    told->busy = false;
    for (unsigned n = 0; n < ATS_SHED_GROUPS; n++) {
        unsigned i = (first + n) % ATS_SHED_GROUPS;
        look_at(told, filter, i);
        if (lines < ATS_GATE_SHED_LINES && tell(told, i, log)) {
            lines++;
            told->next = i + 1;
        }
        told->busy = told->busy || told->groups[i].word != ATS_SHED_WORD_NONE;
    }
}
