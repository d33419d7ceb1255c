/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/log_shares.h"

#include "common/base/short_hash.h"
#include "plugin/address.h"
#include "plugin/gate_state.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND_MS 1000
#define WAYS 8
#define SETS (ATS_GATE_LOG_SHARES / WAYS)
#define WORD_BITS 64
#define REASON_WORDS ((ATS_REASON_COUNT + WORD_BITS - 1) / WORD_BITS)

struct share {
    uint64_t key; /* 0: none */
    enum ats_log_share kind;
    int64_t began_ms;               /* its second; monotonic */
    unsigned lines;                 /* in it */
    uint64_t reasons[REASON_WORDS]; /* that had a line in it */
    unsigned long not_logged;       /* since the last line */
    char name[ATS_SESSION_NAME_MAX + 1];
};

struct ats_log_shares {
    struct share cells[SETS][WAYS];
    int64_t next_look_ms;
};

enum ats_status ats_log_shares_new(struct ats_log_shares **ret_shares)
{
    *ret_shares = calloc(1, sizeof(**ret_shares));
    return *ret_shares ? ATS_OK : ATS_ERR_MEMORY;
}

void ats_log_shares_free(struct ats_log_shares *shares)
{
    free(shares);
}

/* Never 0. */
static uint64_t key_of(const struct ats_gate *gate, enum ats_log_share kind, const char *name)
{
    bool by_address = kind == ATS_LOG_SHARE_ADDRESS || kind == ATS_LOG_SHARE_SITE;
    struct ats_address address = ats_address_parse(by_address ? name : NULL);
    size_t len = kind == ATS_LOG_SHARE_SITE ? ATS_ADDRESS_SITE_LEN : sizeof(address.bytes);
    struct ats_span bytes = by_address ? ats_span_of(address.bytes, len) : ats_span_text(name);
    uint64_t key = ats_short_hash(bytes, gate->digest_key) + (uint64_t)kind;
    return key ? key : 1;
}

static void tell(struct ats_gate *gate, struct share *share)
{
    static const struct {
        enum ats_log_level level; /* of the lines that there are none of */
        const char *what;
        const char *whose;
    } kinds[] = {
        [ATS_LOG_SHARE_DEVICE] = {ATS_LOG_INFO, "publishes", "device"},
        [ATS_LOG_SHARE_READER] = {ATS_LOG_INFO, "deliveries", "device"},
        [ATS_LOG_SHARE_ADDRESS] = {ATS_LOG_WARNING, "connections", "address"},
        [ATS_LOG_SHARE_SITE] = {ATS_LOG_WARNING, "connections", "address"},
    };
    if (share->not_logged == 0)
        return;
    ats_log_event(gate->log, kinds[share->kind].level, "refusals.not-logged",
                  "of=%s %s=%s not_logged=%lu", kinds[share->kind].what, kinds[share->kind].whose,
                  ats_log_quote(share->name).text, share->not_logged);
    share->not_logged = 0;
}

static void write_name(struct share *share, const char *name)
{
    struct ats_address address = ats_address_parse(name);
    if (share->kind == ATS_LOG_SHARE_SITE)
        ats_address_write_site(&address, share->name);
    else
        (void)snprintf(share->name, sizeof(share->name), "%s", name);
}

static struct share *make(struct ats_gate *gate, enum ats_log_share kind, const char *name)
{
    uint64_t key = key_of(gate, kind, name);
    struct share *set = gate->log_shares->cells[key % SETS];
    struct share *oldest = set;
    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].key == 0 || (oldest->key != 0 && set[i].began_ms < oldest->began_ms))
            oldest = &set[i];
    }
    tell(gate, oldest);
    *oldest = (struct share){.key = key, .kind = kind};
    write_name(oldest, name);
    return oldest;
}

static void begin_second(struct share *share, int64_t now_ms)
{
    share->began_ms = now_ms;
    share->lines = 0;
    memset(share->reasons, 0, sizeof(share->reasons));
}

static struct share *look_up(struct ats_gate *gate, enum ats_log_share kind, const char *name)
{
    int64_t now_ms = ats_clock_monotonic_ms(gate->clock);
    struct share *share = make(gate, kind, name);
    if (share->began_ms == 0 || now_ms - share->began_ms >= SECOND_MS)
        begin_second(share, now_ms);
    return share;
}

static bool has_line(const struct share *share, enum ats_reason reason)
{
    bool had = share->reasons[(size_t)reason / WORD_BITS] >> ((unsigned)reason % WORD_BITS) & 1;
    unsigned more = had ? 0 : ATS_GATE_LOG_REASONS_PER_DEVICE;
    unsigned times = share->kind == ATS_LOG_SHARE_SITE ? ATS_GATE_LOG_NETWORKS_PER_SITE : 1;
    return share->lines < times * (ATS_GATE_LOG_LINES_PER_DEVICE + more);
}

/* How many had none before it. */
static unsigned long take_line(struct share *share, enum ats_reason reason)
{
    unsigned long not_logged = share->not_logged;
    share->reasons[(size_t)reason / WORD_BITS] |= UINT64_C(1) << ((unsigned)reason % WORD_BITS);
    share->lines++;
    share->not_logged = 0;
    return not_logged;
}

static bool is_of_site(enum ats_log_share kind, const char *name)
{
    if (kind != ATS_LOG_SHARE_ADDRESS || !strchr(name, ':'))
        return false; /* most, without a look at each digit */
    struct ats_address address = ats_address_parse(name);
    return ats_address_has_site(&address);
}

/* A site that has no line left takes no place for one more network. */
bool ats_log_share_take(struct ats_gate *gate, enum ats_log_share kind, const char *name,
                        enum ats_reason reason, unsigned long *ret_not_logged)
{
    const char *whose = name ? name : "";
    struct share *site = is_of_site(kind, whose) ? look_up(gate, ATS_LOG_SHARE_SITE, whose) : NULL;
    struct share *share = site && !has_line(site, reason) ? site : look_up(gate, kind, whose);
    *ret_not_logged = 0;
    if (!has_line(share, reason)) {
        share->not_logged++;
        ats_counter_add(&gate->metrics.refusals_not_logged, 1);
        return false;
    }
    *ret_not_logged = take_line(share, reason);
    if (site && site != share) /* the one may have had the other's place */
        *ret_not_logged += take_line(site, reason);
    return true;
}

bool ats_refusal_is_logged(struct ats_gate *gate, const struct ats_session *session,
                           enum ats_reason reason, unsigned long *ret_not_logged)
{
    *ret_not_logged = 0;
    return !session || ats_log_share_take(gate, ATS_LOG_SHARE_DEVICE, session->device_name, reason,
                                          ret_not_logged);
}

void ats_log_shares_tell(struct ats_gate *gate, int64_t quiet_ms)
{
    struct ats_log_shares *shares = gate->log_shares;
    int64_t now_ms = ats_clock_monotonic_ms(gate->clock);
    if (quiet_ms > 0 && now_ms < shares->next_look_ms)
        return;
    shares->next_look_ms = now_ms + SECOND_MS;
    for (size_t i = 0; i < SETS; i++)
        for (size_t j = 0; j < WAYS; j++)
            if (now_ms - shares->cells[i][j].began_ms >= quiet_ms)
                tell(gate, &shares->cells[i][j]);
}
