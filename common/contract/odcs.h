/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ODCS document (v3) read against the plan of its schema: our settings, the quality rules, who is accountable. What it says
 * about properties must agree with the Avro schema. Internal to common/contract; docs/contracts.md lists the keys.
 */
#ifndef ATS_CONTRACT_ODCS_H
#define ATS_CONTRACT_ODCS_H

#include "common/contract/eventtime.h"
#include "common/contract/format.h"
#include "common/contract/quality.h"
#include "common/contract/series.h"

/* Sorted by name: what a record of SenML is called in the last part of its name, and which field that is. */
struct ats_odcs_senml_name {
    char *name;
    size_t leaf;
};
struct ats_odcs_senml_names {
    struct ats_odcs_senml_name *entries;
    size_t count;
};
struct ats_odcs_senml {
    struct ats_odcs_senml_names names;
    struct ats_odcs_senml_names sums;
    char *base_name; /* with {device} once; NULL: any */
};

/* The unit of one leaf. */
struct ats_odcs_unit {
    char *text;           /* what stands at the field; NULL: nothing */
    bool known;           /* it is a code of UCUM */
    struct ats_ucum unit; /* that one */
    char *payload;        /* what payloads have it in that say nothing themselves; NULL: the same */
    struct ats_conversion conversion; /* from there */
};

struct ats_odcs {
    char *name;
    char *version;
    char *accountable;   /* "" if nobody */
    uint32_t signatures; /* bits of enum ats_owner */
    enum ats_proof_level least_proof;
    enum ats_format_id
        formats[ATS_FORMAT_COUNT]; /* at least one; without a content type the first */
    size_t format_count;
    struct ats_odcs_senml senml;
    struct ats_odcs_unit *units; /* for each leaf */
    size_t unit_count;
    bool converts;       /* some leaf's number is converted */
    size_t text_leaf;    /* of the format text: what a payload is the value of */
    bool ignore_unknown; /* fields that the schema does not have are dropped, else refused */
    char **topics;       /* MQTT filters; a level may be "{device}" */
    size_t topic_count;
    size_t device_leaf; /* ATS_PLAN_NO_LEAF: the payload names no device */
    struct ats_event_time event_time;
    struct ats_contract_limits limits;
    struct ats_quality quality;
    struct ats_series series;
};

/* CONFIG: the text is "FILE:LINE: ...". The rules borrow the plan's paths. */
ATS_MUST_USE enum ats_status ats_odcs_read(struct ats_span text, const char *name,
                                           const struct ats_plan *plan, struct ats_odcs *ret_odcs,
                                           struct ats_error *err);
/* The same, but errors that leave other parts to be judged are added to `findings` (NULL: none are). OK says nothing then: look whether
   there are any; with some the document is not fit for use. */
ATS_MUST_USE enum ats_status
ats_odcs_read_all(struct ats_span text, const char *name, const struct ats_plan *plan,
                  struct ats_odcs *ret_odcs, struct ats_findings *findings, struct ats_error *err);
void ats_odcs_fini(struct ats_odcs *odcs);
bool ats_odcs_has_format(const struct ats_odcs *odcs, enum ats_format_id format);

/* The parts, one file each. `root` is the document. */

/* odcs_schema.c: properties against the plan's fields, and their quality rules. */
ATS_MUST_USE enum ats_status ats_odcs_read_schema(const struct ats_yaml_node *root,
                                                  const struct ats_plan *plan,
                                                  struct ats_odcs *odcs, struct ats_error *err);
/* odcs_quality.c: where rules go. `node` is NULL for the entries of the whole object. */
struct ats_odcs_rules {
    struct ats_quality *quality;
    struct ats_series *series;
    struct ats_odcs_unit *units; /* of the leaves */
    struct ats_error *err;
};
ATS_MUST_USE enum ats_status ats_odcs_read_quality(struct ats_odcs_rules *r,
                                                   const struct ats_yaml_node *owner,
                                                   const struct ats_plan_node *node);
/* A mapping whose every key is a rule of quality.c. */
ATS_MUST_USE enum ats_status ats_odcs_read_rules(struct ats_odcs_rules *r,
                                                 const struct ats_yaml_node *mapping,
                                                 const struct ats_plan_node *node);
/* odcs_settings.c: the custom property `attestream`. */
ATS_MUST_USE enum ats_status ats_odcs_read_settings(const struct ats_yaml_node *root,
                                                    const struct ats_plan *plan,
                                                    struct ats_odcs *odcs, struct ats_error *err);
/* odcs_formats.c: its keys `format` and `formats`; the device's field and the event time's are known by then. */
ATS_MUST_USE enum ats_status ats_odcs_read_formats(const struct ats_yaml_node *settings,
                                                   const struct ats_plan *plan,
                                                   struct ats_odcs *odcs, struct ats_error *err);
/* odcs_senml.c: its key `senml`. */
ATS_MUST_USE enum ats_status ats_odcs_read_senml(const struct ats_yaml_node *settings,
                                                 const struct ats_plan *plan, struct ats_odcs *odcs,
                                                 struct ats_error *err);
void ats_odcs_senml_fini(struct ats_odcs_senml *senml);
/* odcs_text.c: that the format text has one value to give. */
ATS_MUST_USE enum ats_status ats_odcs_find_text(const struct ats_yaml_node *node,
                                                const struct ats_plan *plan, struct ats_odcs *odcs,
                                                struct ats_error *err);
/* odcs_signatures.c: its key `signatures`. */
ATS_MUST_USE enum ats_status ats_odcs_read_signatures(const struct ats_yaml_node *node,
                                                      uint32_t *ret_signatures,
                                                      struct ats_error *err);
/* odcs_units.c: its key `units`; and the code that stands at a field. */
ATS_MUST_USE enum ats_status ats_odcs_read_units(const struct ats_yaml_node *settings,
                                                 const struct ats_plan *plan, struct ats_odcs *odcs,
                                                 struct ats_error *err);
ATS_MUST_USE enum ats_status ats_odcs_set_unit(struct ats_odcs_unit *unit, const char *text,
                                               struct ats_error *err);
void ats_odcs_units_fini(struct ats_odcs *odcs);
/* CONFIG: no code of UCUM. */
ATS_MUST_USE enum ats_status ats_odcs_check_unit(const struct ats_yaml_node *node, const char *text,
                                                 struct ats_ucum *ret_unit, struct ats_error *err);
/* odcs_limits.c: its key `limits`. */
ATS_MUST_USE enum ats_status ats_odcs_read_limits(const struct ats_yaml_node *node,
                                                  struct ats_contract_limits *ret_limits,
                                                  struct ats_error *err);
/* odcs_service.c: its key `serviceLevels`, which has the gate watch what `slaProperties` promises. */
ATS_MUST_USE enum ats_status ats_odcs_read_services(const struct ats_yaml_node *settings,
                                                    const struct ats_yaml_node *root,
                                                    const struct ats_plan *plan,
                                                    struct ats_odcs *odcs, struct ats_error *err);
/* odcs_raci.c: the custom property `raci`. */
ATS_MUST_USE enum ats_status ats_odcs_read_raci(const struct ats_yaml_node *root,
                                                struct ats_odcs *odcs, struct ats_error *err);
/* The value of a custom property of the document, or NULL. */
const struct ats_yaml_node *ats_odcs_find_custom(const struct ats_yaml_node *root,
                                                 const char *property);
/* A copy in `*ret_copy`, in place of what was there. */
ATS_MUST_USE enum ats_status ats_odcs_copy(const char *text, char **ret_copy,
                                           struct ats_error *err);

#endif
