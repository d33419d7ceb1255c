/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program by which the kernel chooses, for each new TCP connection, one of two sockets that listen on the same port (SO_REUSEPORT): the
 * broker's, or a sink that lets nobody in (sinks.h). It sends a part of the connections from some addresses there, by chance, and everything
 * else to the broker. Connections that stand are not asked about.
 *
 * Addresses (address.h) are told apart by a group at each of a few levels, a secret hash of them, so that the program's size does not grow
 * with their number: an address (of IPv6 its /48) is held back where all of its groups are (Feng et al., "Stochastic Fair Blue", INFOCOM 2001). Classic BPF
 * (Linux, Documentation/networking/filter.rst; SO_ATTACH_REUSEPORT_CBPF in socket(7)): it needs no privilege.
 */
#ifndef ATS_PLUGIN_SHED_FILTER_H
#define ATS_PLUGIN_SHED_FILTER_H

#include "plugin/address.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

/* While 200 addresses flood, an innocent one is held back with them once in 9,000; with more than an
   eighth of the groups, once in 500, nobody is (shed.h). */
#define ATS_SHED_LEVELS 3
#define ATS_SHED_GROUPS 4096
#define ATS_SHED_WORDS (ATS_SHED_GROUPS / 32)
/* Three instructions a word, those around them at each level, and those around all. */
#define ATS_SHED_FILTER_MAX (ATS_SHED_LEVELS * (3 * ATS_SHED_WORDS + 24) + 16)

/* One filter; all integers in host order. */
struct ats_shed_filter {
    uint32_t fold; /* of the two halves of an IPv6 network; odd, as the next */
    struct {
        uint32_t factors[2];             /* of the hash */
        uint32_t groups[ATS_SHED_WORDS]; /* a bit for each that is held back */
    } levels[ATS_SHED_LEVELS];
    uint32_t let_in; /* of 2^32 connections of those that are held back */
};

/* For how many of the process's listeners a filter is in force. */
struct ats_shed_coverage {
    unsigned covered;
    unsigned listeners;
    const char *reason; /* why it is not for one of the others; not freed */
};

/* No group is held back, and the hash is nobody's guess. */
void ats_shed_filter_init(struct ats_shed_filter *filter);
unsigned ats_shed_group(const struct ats_shed_filter *filter, unsigned level,
                        const struct ats_address *address);
bool ats_shed_filter_has(const struct ats_shed_filter *filter, unsigned level, unsigned group);
void ats_shed_filter_set(struct ats_shed_filter *filter, unsigned level, unsigned group,
                         bool held_back);
/* Whether all groups of the address are held back. */
bool ats_shed_filter_holds(const struct ats_shed_filter *filter, const struct ats_address *address);
/* The program; how many instructions it has. It gives 0 for the socket that listened first, 1 for the sink. Thread: any. */
size_t ats_shed_filter_make(const struct ats_shed_filter *filter,
                            struct sock_filter ret_program[ATS_SHED_FILTER_MAX]);

#endif
