/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the Avro specification (1.11) demands beyond what a plan needs. Stock libraries refuse a schema that breaks it, and the
 * consumers in Kafka are theirs. Each function tells what is wrong, or NULL. Internal to common/contract. Thread: any.
 */
#ifndef ATS_CONTRACT_AVSC_JUDGE_H
#define ATS_CONTRACT_AVSC_JUDGE_H

#include "common/contract/plan.h"

#include <jansson.h>

/* A record, enum or fixed by its full name. */
const char *ats_avsc_judge_name(const json_t *definition, const char *full_name);
/* An enum whose symbols are in the node. */
const char *ats_avsc_judge_enum_default(const json_t *definition, const struct ats_plan_node *node);
/* The logical type decimal; the others demand nothing. */
const char *ats_avsc_judge_decimal(const json_t *definition, const struct ats_plan_node *node);

#endif
