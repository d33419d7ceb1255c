/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two versions of a contract: what the newer one changes, for whom, and which part of the version has to rise for it. By Avro's
 * schema resolution for those who read and write records, by the gate's own rules for devices and their payloads.
 *
 * Thread: any. Owns: a comparison owns its texts.
 */
#ifndef ATS_CONTRACT_COMPARE_H
#define ATS_CONTRACT_COMPARE_H

#include "common/base/error.h"
#include "common/base/span.h"

/* Whom a change concerns; a set. */
enum ats_concerned {
    ATS_OLD_READERS = 1, /* have the old schema, and get records of the new version */
    ATS_NEW_READERS = 2, /* have the new schema, and read what was written before */
    ATS_WRITERS = 4, /* write records with the old schema still, such as a gate that is behind */
    ATS_DEVICES = 8, /* go on publishing as the old version allowed it */
};

/* The part of the version that has to rise; ordered. */
enum ats_version_part { ATS_VERSION_NONE, ATS_VERSION_PATCH, ATS_VERSION_MINOR, ATS_VERSION_MAJOR };

struct ats_change {
    unsigned concerned;         /* of enum ats_concerned; 0: nobody's programs */
    enum ats_version_part part; /* MAJOR: it breaks something */
    char *path;                 /* "data.temp"; "" for the whole contract */
    const char *rule;           /* a verdict's, or one of the settings' keys; static */
    char *text;
};

struct ats_comparison {
    char *name;
    char *old_version;
    char *new_version;
    struct ats_change *changes;
    size_t count;
    enum ats_version_part required; /* by the changes, and PATCH where the texts differ at all */
    enum ats_version_part raised;   /* NONE where the new version is not the higher one */
};

/* A contract's two documents; the names stand for the files in errors. */
struct ats_contract_texts {
    struct ats_span odcs;
    const char *odcs_name;
    struct ats_span avsc;
    const char *avsc_name;
};

/* CONFIG: a document does not hold ("FILE:LINE: "), or the two are of contracts with different names. LIMIT: too large to compare. */
ATS_MUST_USE enum ats_status ats_contract_compare(const struct ats_contract_texts *before,
                                                  const struct ats_contract_texts *after,
                                                  struct ats_comparison *ret_comparison,
                                                  struct ats_error *err);
void ats_comparison_fini(struct ats_comparison *comparison);
/* Whether as much rose as had to. */
bool ats_comparison_holds(const struct ats_comparison *comparison);
/* "none", "patch", "minor", "major". */
const char *ats_version_part_name(enum ats_version_part part);
/* "old-readers", "new-readers", "writers", "devices". */
const char *ats_concerned_name(enum ats_concerned concerned);

#endif
