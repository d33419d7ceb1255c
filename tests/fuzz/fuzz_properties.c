/* SPDX-License-Identifier: Apache-2.0 */
/* A publish's user properties, as texts that end with NUL, name and value in turn: what is taken is a text that fits, as it was
   sent, and of the gate's own names alone. */
#include "plugin/properties.h"

#include "common/base/limits.h"
#include "device/protocol.h"
#include "tests/fuzz/support.h"

#define LONGEST 1024

/* The next text of the input; the rest of it if no NUL follows. False at its end. */
static bool next(const uint8_t **data, size_t *size, char ret_text[LONGEST])
{
    size_t len = 0;
    if (*size == 0)
        return false;
    for (; len < *size && (*data)[len] != 0 && len < LONGEST - 1; len++)
        ret_text[len] = (char)(*data)[len];
    ret_text[len] = '\0';
    size_t step = len < *size && (*data)[len] == 0 ? len + 1 : len;
    *data += step;
    *size -= step;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char name[LONGEST], value[LONGEST], proof[LONGEST], trace[LONGEST];
    struct ats_gate_properties properties = {0};
    proof[0] = trace[0] = '\0';
    bool too_long = false;
    for (int i = 0; i < ATS_GATE_PROPERTIES_MAX; i++) {
        if (!next(&data, &size, name) || !next(&data, &size, value))
            break;
        ats_properties_take(name, value, &properties);
        if (strcmp(name, ATS_DEVICE_PROOF_PROPERTY) == 0) {
            bool fits = *value && strlen(value) < ATS_DEVICE_PROOF_SIZE;
            too_long = too_long || *proof || !fits;
            if (!too_long)
                memcpy(proof, value, sizeof(proof));
        }
        if (strcmp(name, "traceparent") == 0 && strlen(value) < ATS_TRACEPARENT_SIZE)
            memcpy(trace, value, sizeof(trace));
    }
    FUZZ_CHECK(properties.proof_too_long == too_long);
    FUZZ_CHECK(strcmp(properties.proof, proof) == 0);
    FUZZ_CHECK(strcmp(properties.traceparent, trace) == 0);
    struct ats_proof parsed;
    char again[ATS_DEVICE_PROOF_SIZE];
    if (ats_proof_parse(properties.proof, strlen(properties.proof), &parsed) == ATS_DEVICE_OK)
        FUZZ_CHECK(ats_proof_format(&parsed, again) == ATS_DEVICE_OK &&
                   strcmp(again, properties.proof) == 0);
    return 0;
}
