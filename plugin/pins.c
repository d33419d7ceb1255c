/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/pins.h"

#include <stdlib.h>

static void look_up(const struct ats_gate *gate, struct ats_device_facts *facts)
{
    for (size_t i = 0; i < facts->pin_count; i++)
        facts->pins[i].contract = ats_contract_set_find_version(
            gate->contracts, facts->pins[i].name, facts->pins[i].version);
    facts->pins_set = gate->contracts_number;
}

static size_t next_entry(const struct ats_device_facts *facts, size_t at)
{
    return at + strlen(facts->contracts + at) + 1;
}

static size_t count_pins(const struct ats_device_facts *facts)
{
    size_t count = 0;
    for (size_t at = 0; at < facts->contracts_len; at = next_entry(facts, at))
        count += strchr(facts->contracts + at, '@') != NULL;
    return count;
}

enum ats_status ats_pins_make(const struct ats_gate *gate, struct ats_device_facts *facts)
{
    size_t count = count_pins(facts);
    if (count == 0)
        return ATS_OK;
    facts->pins = calloc(count, sizeof(*facts->pins));
    if (!facts->pins)
        return ATS_ERR_MEMORY;
    for (size_t at = 0; at < facts->contracts_len; at = next_entry(facts, at)) {
        struct ats_device_pin *pin = &facts->pins[facts->pin_count];
        if (!strchr(facts->contracts + at, '@'))
            continue;
        ats_device_contract_split(facts->contracts + at, &pin->name, &pin->version);
        facts->pin_count++;
    }
    look_up(gate, facts);
    return ATS_OK;
}

enum ats_reason ats_pins_apply(const struct ats_gate *gate, struct ats_device_facts *facts,
                               struct ats_span topic, struct ats_contract **contract,
                               struct ats_span *placeholder)
{
    if (facts->pin_count > 0 && facts->pins_set != gate->contracts_number)
        look_up(gate, facts);
    for (size_t i = 0; i < facts->pin_count; i++) {
        struct ats_device_pin *pin = &facts->pins[i];
        struct ats_span device = {0};
        if (!ats_span_is(pin->name, ats_contract_name(*contract)))
            continue;
        if (!pin->contract || !ats_contract_matches(pin->contract, topic, &device))
            return ATS_REASON_CONTRACT;
        *contract = pin->contract;
        *placeholder = device;
        break;
    }
    return ats_contract_is_retired(*contract) ? ATS_REASON_VERSION_RETIRED : ATS_REASON_NONE;
}
