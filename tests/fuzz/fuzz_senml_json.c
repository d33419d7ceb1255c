/* SPDX-License-Identifier: Apache-2.0 */
/* SenML in JSON: see senml_pack.h. */
#include "tests/fuzz/senml_pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ats_contract *contract;
    if (!contract)
        contract = senml_contract("senml-json");
    if (size > 0)
        check_pack(contract, data, size);
    return 0;
}
