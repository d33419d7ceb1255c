/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/limits.h"

#include "common/base/short_hash.h"
#include "plugin/gate_state.h"

#include <stdlib.h>

#define MILLISECOND_NS 1000000LL

struct rates {
    struct ats_bucket_rate messages;
    struct ats_bucket_rate bytes;
};

static struct rates rates_of(double messages_per_second, double bytes_per_second, int64_t burst_ms)
{
    int64_t burst_ns = burst_ms * MILLISECOND_NS;
    return (struct rates){.messages = {messages_per_second, burst_ns},
                          .bytes = {bytes_per_second, burst_ns}};
}

static bool is_limited(const struct rates *rates)
{
    return rates->messages.per_second > 0 || rates->bytes.per_second > 0;
}

void ats_device_limits_fini(struct ats_device_limits *limits)
{
    free(limits->contracts);
    ats_lasting_fini(&limits->lasting);
    *limits = (struct ats_device_limits){0};
}

static uint64_t hash_name(const struct ats_gate *gate, const struct ats_contract *contract)
{
    return ats_short_hash(ats_span_text(ats_contract_name(contract)), gate->digest_key);
}

/* What the device has used under the contract; NULL without memory. Past the last place contracts share it: whoever has so
   many gets less, not more. */
static struct ats_limits_used *used_of(struct ats_device_limits *limits, uint64_t contract)
{
    for (size_t i = 0; i < limits->contract_count; i++)
        if (limits->contracts[i].contract == contract)
            return &limits->contracts[i].used;
    if (limits->contract_count == ATS_GATE_LIMITED_CONTRACTS_MAX)
        return &limits->contracts[limits->contract_count - 1].used;
    struct ats_limits_of_contract *grown =
        realloc(limits->contracts, (limits->contract_count + 1) * sizeof(*grown));
    if (!grown)
        return NULL;
    limits->contracts = grown;
    grown += limits->contract_count++;
    *grown = (struct ats_limits_of_contract){.contract = contract};
    return &grown->used;
}

static bool has(const struct ats_limits_used *used, const struct rates *rates, size_t len,
                int64_t now_ns)
{
    return ats_bucket_has(&used->messages, &rates->messages, 1, now_ns) &&
           ats_bucket_has(&used->bytes, &rates->bytes, (double)len, now_ns);
}

static void take(struct ats_limits_used *used, const struct rates *rates, size_t len,
                 int64_t now_ns)
{
    ats_bucket_take(&used->messages, &rates->messages, 1, now_ns);
    ats_bucket_take(&used->bytes, &rates->bytes, (double)len, now_ns);
}

static struct rates rates_of_device(const struct ats_gate_options *options)
{
    return rates_of((double)options->device_messages_per_second,
                    (double)options->device_bytes_per_second, options->device_burst_ms);
}

static struct rates rates_of_contract(const struct ats_contract *contract)
{
    const struct ats_contract_limits *set = ats_contract_limits(contract);
    return rates_of(set->messages_per_second, set->bytes_per_second, set->burst_ms);
}

enum ats_reason ats_limits_take(struct ats_gate *gate, const struct ats_session *session,
                                const struct ats_contract *contract, size_t len)
{
    struct rates of_device = rates_of_device(&gate->options);
    struct rates of_contract = rates_of_contract(contract);
    if (!is_limited(&of_device) && !is_limited(&of_contract))
        return ATS_REASON_NONE;
    struct ats_device_limits *limits = ats_session_limits(gate->sessions, session);
    struct ats_limits_used *used = NULL;
    int64_t now_ns = ats_clock_monotonic_ms(gate->clock) * MILLISECOND_NS;
    if (!limits)
        return ATS_REASON_GATE_BUSY;
    limits->touched = true;
    if (!has(&limits->used, &of_device, len, now_ns))
        return ATS_REASON_RATE_DEVICE;
    if (is_limited(&of_contract)) {
        used = used_of(limits, hash_name(gate, contract));
        if (!used)
            return ATS_REASON_GATE_BUSY;
        if (!has(used, &of_contract, len, now_ns))
            return ATS_REASON_RATE_CONTRACT;
        take(used, &of_contract, len, now_ns);
    }
    take(&limits->used, &of_device, len, now_ns);
    return ATS_REASON_NONE;
}

static void give_back(struct ats_limits_used *used, const struct rates *rates, size_t len)
{
    ats_bucket_give_back(&used->messages, &rates->messages, 1);
    ats_bucket_give_back(&used->bytes, &rates->bytes, (double)len);
}

/* What the publish that was just taken took from: that of its contract is NULL where this has no limits. */
struct taken {
    struct rates of_device;
    struct rates of_contract;
    struct ats_limits_used *by_device;
    struct ats_limits_used *by_contract;
};

/* false: nothing has limits, so it took nothing. */
static bool find_taken(struct ats_gate *gate, const struct ats_session *session,
                       const struct ats_contract *contract, struct taken *ret_taken)
{
    *ret_taken = (struct taken){.of_device = rates_of_device(&gate->options),
                                .of_contract = rates_of_contract(contract)};
    bool contract_limits = is_limited(&ret_taken->of_contract);
    if (!is_limited(&ret_taken->of_device) && !contract_limits)
        return false;
    struct ats_device_limits *limits = ats_session_limits(gate->sessions, session);
    if (!limits)
        return false;
    ret_taken->by_device = &limits->used;
    if (contract_limits)
        ret_taken->by_contract = used_of(limits, hash_name(gate, contract));
    return true;
}

void ats_limits_give_back(struct ats_gate *gate, const struct ats_session *session,
                          const struct ats_contract *contract, size_t len)
{
    struct taken taken;
    if (!find_taken(gate, session, contract, &taken))
        return;
    give_back(taken.by_device, &taken.of_device, len);
    if (taken.by_contract)
        give_back(taken.by_contract, &taken.of_contract, len);
}

static bool count_as_duplicate(struct ats_limits_used *used, const struct rates *rates, size_t len,
                               int64_t now_ns)
{
    bool by_message = rates->messages.per_second > 0;
    struct ats_bucket_rate rate = by_message ? rates->messages : rates->bytes;
    double units = by_message ? 1 : (double)len;
    rate.burst_ns *= 2; /* what was admitted in one connection, and a little more */
    if (!ats_bucket_has(&used->duplicates, &rate, units, now_ns))
        return false;
    ats_bucket_take(&used->duplicates, &rate, units, now_ns);
    return true;
}

enum ats_reason ats_limits_duplicate(struct ats_gate *gate, const struct ats_session *session,
                                     const struct ats_contract *contract, size_t len)
{
    struct taken taken;
    int64_t now_ns = ats_clock_monotonic_ms(gate->clock) * MILLISECOND_NS;
    ats_limits_give_back(gate, session, contract, len);
    if (!find_taken(gate, session, contract, &taken))
        return ATS_REASON_DUPLICATE;
    if (!count_as_duplicate(taken.by_device, &taken.of_device, len, now_ns))
        return ATS_REASON_RATE_DEVICE;
    return !taken.by_contract ||
                   count_as_duplicate(taken.by_contract, &taken.of_contract, len, now_ns)
               ? ATS_REASON_DUPLICATE
               : ATS_REASON_RATE_CONTRACT;
}

void ats_limits_closed(struct ats_gate *gate, struct ats_session *session, enum ats_reason reason)
{
    if (reason != ATS_REASON_RATE_DEVICE && reason != ATS_REASON_RATE_CONTRACT)
        return;
    struct ats_device_limits *limits = ats_session_limits(gate->sessions, session);
    int64_t now_ms = ats_clock_monotonic_ms(gate->clock);
    if (!limits || now_ms < limits->held_off_until_ms)
        return; /* another connection of it, closed meanwhile */
    if (now_ms - limits->held_off_until_ms > ATS_GATE_HOLD_OFF_MAX_MS)
        limits->hold_offs = 0; /* it has kept to its limits for as long as that */
    int64_t hold_off_ms = ATS_GATE_HOLD_OFF_MS;
    for (unsigned i = 0; i < limits->hold_offs && hold_off_ms < ATS_GATE_HOLD_OFF_MAX_MS; i++)
        hold_off_ms *= 2;
    if (hold_off_ms > ATS_GATE_HOLD_OFF_MAX_MS)
        hold_off_ms = ATS_GATE_HOLD_OFF_MAX_MS;
    else
        limits->hold_offs++;
    limits->touched = true;
    limits->held_off_until_ms = now_ms + hold_off_ms;
    ats_log_event(gate->log, ATS_LOG_WARNING, "device.held-off", "device=%s reason=%s seconds=%lld",
                  ats_log_quote(session->device_name).text, ats_reason_info(reason)->name,
                  (long long)(hold_off_ms / 1000));
}

enum ats_reason ats_limits_may_connect(struct ats_gate *gate, const char *device)
{
    const struct ats_device_limits *limits = ats_sessions_limits(gate->sessions, device, false);
    return limits && ats_clock_monotonic_ms(gate->clock) < limits->held_off_until_ms
               ? ATS_REASON_HELD_OFF
               : ATS_REASON_NONE;
}
