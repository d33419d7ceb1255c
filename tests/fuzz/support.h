/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets of contracts share. A target stops at anything that must not be. */
#ifndef ATS_TESTS_FUZZ_SUPPORT_H
#define ATS_TESTS_FUZZ_SUPPORT_H

#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/contract/contract.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                  \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* Appends a file of the source tree. */
static inline void fuzz_read(const char *path, struct ats_buf *ret_text)
{
    char full[512];
    (void)snprintf(full, sizeof(full), ATS_SOURCE_DIR "/%s", path);
    ats_buf_init(ret_text, ATS_DOCUMENT_MAX);
    FUZZ_CHECK(ats_file_read(full, ret_text, NULL) == ATS_OK);
}

static inline struct ats_contract *fuzz_compile_spans(struct ats_span odcs, struct ats_span avsc)
{
    struct ats_contract *contract = NULL;
    struct ats_error err = {.text = ""};
    if (ats_contract_compile(odcs, "odcs", avsc, "avsc", &contract, &err) != ATS_OK)
        (void)fprintf(stderr, "%s\n", err.text);
    FUZZ_CHECK(contract);
    return contract;
}

static inline struct ats_contract *fuzz_compile(const char *odcs, const char *avsc)
{
    return fuzz_compile_spans(ats_span_text(odcs), ats_span_text(avsc));
}

static inline struct ats_contract *fuzz_compile_folder(const char *name)
{
    char path[256];
    struct ats_buf odcs;
    struct ats_buf avsc;
    (void)snprintf(path, sizeof(path), "schemas/contracts/%s/contract.odcs.yaml", name);
    fuzz_read(path, &odcs);
    (void)snprintf(path, sizeof(path), "schemas/contracts/%s/schema.avsc", name);
    fuzz_read(path, &avsc);
    struct ats_contract *contract = fuzz_compile_spans(ats_buf_span(&odcs), ats_buf_span(&avsc));
    ats_buf_fini(&odcs);
    ats_buf_fini(&avsc);
    return contract;
}

#endif
