/* SPDX-License-Identifier: Apache-2.0 */
/* A client's X.509 certificate, as TLS hands it over: no crash, and times that a session can be held against. */
#include "common/identity/x509.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ats_x509 x509;
    char id[ATS_KEY_ID_SIZE];
    if (ats_identity_init() != ATS_OK)
        abort();
    if (ats_x509_parse(ats_span_of(data, size), &x509) != ATS_OK)
        return 0;
    ats_spki_id(x509.spki, id);
    if (strlen(id) != ATS_KEY_ID_SIZE - 1 || x509.not_after_ms % 1000 != 0)
        abort();
    return 0;
}
