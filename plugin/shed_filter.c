/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/shed_filter.h"

#include <sodium.h>
#include <stdint.h>
#include <string.h>

#define GROUP_BITS 12
#define WORD_BITS 5
#define MIX_BITS 15
#define IP4_SOURCE (SKF_NET_OFF + 12)
#define IP6_SOURCE (SKF_NET_OFF + 8)
/* Of the second word: a site has a /48, and may use any network of it. */
#define IP6_SITE 0xffff0000U
#define TO_BROKER 0
#define TO_SINK 1
/* Places in the program's memory. */
#define ADDRESS 0
#define GROUP 1

_Static_assert(1 << GROUP_BITS == ATS_SHED_GROUPS, "the hash gives as many groups as there are");
_Static_assert(ATS_SHED_FILTER_MAX <= BPF_MAXINSNS, "the kernel takes no longer program");

struct program {
    struct sock_filter *instructions;
    size_t count;
};

static void add(struct program *program, unsigned code, unsigned jt, unsigned jf, uint32_t k)
{
    program->instructions[program->count++] =
        (struct sock_filter){.code = (uint16_t)code, .jt = (uint8_t)jt, .jf = (uint8_t)jf, .k = k};
}

static uint32_t word_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

void ats_shed_filter_init(struct ats_shed_filter *filter)
{
    memset(filter, 0, sizeof(*filter));
    randombytes_buf(&filter->fold, sizeof(filter->fold));
    filter->fold |= 1;
    for (unsigned level = 0; level < ATS_SHED_LEVELS; level++) {
        uint32_t *factors = filter->levels[level].factors;
        randombytes_buf(factors, sizeof(filter->levels[level].factors));
        factors[0] |= 1;
        factors[1] |= 1;
    }
}

unsigned ats_shed_group(const struct ats_shed_filter *filter, unsigned level,
                        const struct ats_address *address)
{
    uint32_t hash = word_at(address->bytes + 1);
    if (address->bytes[0] == 6)
        hash += (word_at(address->bytes + 5) & IP6_SITE) * filter->fold;
    hash *= filter->levels[level].factors[0];
    hash ^= hash >> MIX_BITS;
    hash *= filter->levels[level].factors[1];
    return hash >> (32 - GROUP_BITS);
}

bool ats_shed_filter_has(const struct ats_shed_filter *filter, unsigned level, unsigned group)
{
    return filter->levels[level].groups[group >> WORD_BITS] >> (group & 31) & 1;
}

void ats_shed_filter_set(struct ats_shed_filter *filter, unsigned level, unsigned group,
                         bool held_back)
{
    uint32_t bit = UINT32_C(1) << (group & 31);
    uint32_t *word = &filter->levels[level].groups[group >> WORD_BITS];
    *word = held_back ? *word | bit : *word & ~bit;
}

bool ats_shed_filter_holds(const struct ats_shed_filter *filter, const struct ats_address *address)
{
    for (unsigned level = 0; level < ATS_SHED_LEVELS; level++)
        if (!ats_shed_filter_has(filter, level, ats_shed_group(filter, level, address)))
            return false;
    return true;
}

/* The client's address as one word. A listener of IPv6 may get packets of IPv4. */
static void add_address(struct program *program, const struct ats_shed_filter *filter)
{
    add(program, BPF_LD | BPF_B | BPF_ABS, 0, 0, (uint32_t)SKF_NET_OFF);
    add(program, BPF_ALU | BPF_RSH | BPF_K, 0, 0, 4);
    add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 7, 6);
    add(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)(IP6_SOURCE + 4));
    add(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, IP6_SITE);
    add(program, BPF_ALU | BPF_MUL | BPF_K, 0, 0, filter->fold);
    add(program, BPF_MISC | BPF_TAX, 0, 0, 0);
    add(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)IP6_SOURCE);
    add(program, BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0);
    add(program, BPF_JMP | BPF_JA, 0, 0, 1);
    add(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)IP4_SOURCE);
    add(program, BPF_ST, 0, 0, ADDRESS);
}

/* Its group at this level, as ats_shed_group() has it: the word's number in A, the bit's in X. */
static void add_group(struct program *program, const uint32_t factors[2])
{
    add(program, BPF_LD | BPF_MEM, 0, 0, ADDRESS);
    add(program, BPF_ALU | BPF_MUL | BPF_K, 0, 0, factors[0]);
    add(program, BPF_MISC | BPF_TAX, 0, 0, 0);
    add(program, BPF_ALU | BPF_RSH | BPF_K, 0, 0, MIX_BITS);
    add(program, BPF_ALU | BPF_XOR | BPF_X, 0, 0, 0);
    add(program, BPF_ALU | BPF_MUL | BPF_K, 0, 0, factors[1]);
    add(program, BPF_ALU | BPF_RSH | BPF_K, 0, 0, 32 - GROUP_BITS);
    add(program, BPF_ST, 0, 0, GROUP);
    add(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, 31);
    add(program, BPF_MISC | BPF_TAX, 0, 0, 0);
    add(program, BPF_LD | BPF_MEM, 0, 0, GROUP);
    add(program, BPF_ALU | BPF_RSH | BPF_K, 0, 0, WORD_BITS);
}

/* Whose bit is not set goes to the broker: its word is looked for among those that are not zero. */
static void add_look_up(struct program *program, const uint32_t groups[ATS_SHED_WORDS])
{
    size_t words = 0;
    for (unsigned i = 0; i < ATS_SHED_WORDS; i++)
        words += groups[i] != 0;
    for (unsigned i = 0; i < ATS_SHED_WORDS; i++) {
        if (groups[i] == 0)
            continue;
        words--;
        add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 2, i);
        add(program, BPF_LD | BPF_IMM, 0, 0, groups[i]);
        add(program, BPF_JMP | BPF_JA, 0, 0, (uint32_t)(3 * words + 1));
    }
    add(program, BPF_RET | BPF_K, 0, 0, TO_BROKER);
    add(program, BPF_ALU | BPF_RSH | BPF_X, 0, 0, 0);
    add(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, 1);
    add(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1);
    add(program, BPF_RET | BPF_K, 0, 0, TO_BROKER);
}

size_t ats_shed_filter_make(const struct ats_shed_filter *filter,
                            struct sock_filter ret_program[ATS_SHED_FILTER_MAX])
{
    struct program program = {.instructions = ret_program};
    add_address(&program, filter);
    for (unsigned level = 0; level < ATS_SHED_LEVELS; level++) {
        add_group(&program, filter->levels[level].factors);
        add_look_up(&program, filter->levels[level].groups);
    }
    add(&program, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM));
    add(&program, BPF_JMP | BPF_JGE | BPF_K, 0, 1, filter->let_in);
    add(&program, BPF_RET | BPF_K, 0, 0, TO_SINK);
    add(&program, BPF_RET | BPF_K, 0, 0, TO_BROKER);
    return program.count;
}
