/* SPDX-License-Identifier: Apache-2.0 */
/* Contracts in the registry of fleet.h, made from those of schemas/contracts. */
#ifndef ATS_TESTS_CONTROL_CONTRACTS_H
#define ATS_TESTS_CONTROL_CONTRACTS_H

#include "common/contract/schema.h"
#include "tests/unit/common/control/fleet.h"

#define CONTRACTS ATS_SOURCE_DIR "/schemas/contracts/"

static inline void read_document(const char *path, struct ats_buf *out)
{
    ats_buf_init(out, ATS_DOCUMENT_MAX);
    cr_assert_eq(ats_file_read(path, out, &fleet.err), ATS_OK, "%s", fleet.err.text);
    cr_assert_not_null(ats_buf_text(out));
}

/* The text with `was`, which it has once, replaced. */
static inline void replace(struct ats_buf *text, const char *was, const char *by)
{
    struct ats_buf changed;
    char *at = strstr((char *)(uintptr_t)ats_buf_text(text), was);
    cr_assert_not_null(at, "'%s' is not in the document", was);
    *at = '\0';
    ats_buf_init(&changed, ATS_DOCUMENT_MAX);
    ats_buf_printf(&changed, "%s%s%s", (const char *)text->data, by, at + strlen(was));
    cr_assert_not_null(ats_buf_text(&changed));
    ats_buf_fini(text);
    *text = changed;
}

/* Contract `name`@`version` with machine-temp's fields and these topics. */
static inline enum ats_control_outcome apply_signed(const char *name, const char *version,
                                                    const char *topics, const char *signer,
                                                    const struct ats_key_pair *pair)
{
    char record[ATS_NAME_MAX + 1];
    char line[ATS_NAME_MAX + 16];
    struct ats_buf odcs;
    struct ats_buf avsc;
    struct ats_buf json;
    read_document(CONTRACTS "machine-temp/contract.odcs.yaml", &odcs);
    read_document(CONTRACTS "machine-temp/schema.avsc", &avsc);
    (void)snprintf(line, sizeof(line), "id: %s", name);
    replace(&odcs, "id: machine-temp", line);
    (void)snprintf(line, sizeof(line), "version: %s", version);
    replace(&odcs, "version: 1.0.0", line);
    replace(&odcs, "\"plant/+/{device}/temperature\"", topics);
    struct ats_body_contract body = {.odcs = (char *)odcs.data,
                                     .avsc = (char *)avsc.data,
                                     .schema_id = ats_schema_id(ats_buf_span(&avsc))};
    ats_buf_init(&json, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_contract_format(&body, &json), ATS_OK);
    (void)snprintf(record, sizeof(record), "%s@%s", name, version);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_CONTRACT, record, signer, pair, ats_buf_span(&json));
    ats_buf_fini(&odcs);
    ats_buf_fini(&avsc);
    ats_buf_fini(&json);
    return outcome;
}

static inline enum ats_control_outcome apply_renamed(const char *name, const char *version,
                                                     const char *topics)
{
    return apply_signed(name, version, topics, "op", &fleet.operator_);
}

#endif
