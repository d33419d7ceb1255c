/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of a payload that are in another unit than the contract's field: converted before the schema's type and the rules of quality
 * judge them. Internal to common/contract.
 *
 * Thread: any; nothing allocates but what `out` grows by.
 */
#ifndef ATS_CONTRACT_CONVERSION_H
#define ATS_CONTRACT_CONVERSION_H

#include "common/contract/given.h"

/* Lets the plan's nodes know what the document says of their units. */
void ats_conversion_bind(const struct ats_odcs *odcs, struct ats_plan *plan);
/* A number, for the leaf's type; anything else stays. False: the verdict says why. */
bool ats_conversion_apply(const struct ats_conversion *conversion, const struct ats_plan_node *leaf,
                          struct ats_given *given, struct ats_verdict *ret_verdict);
/* Appends a body in Avro with what is to be converted in the field's units; the rest stays byte for byte. As
   ats_contract_check_body(), but for the rules, which are not judged. */
ATS_MUST_USE enum ats_status ats_conversion_rewrite(const struct ats_contract *contract,
                                                    struct ats_span body, struct ats_buf *out,
                                                    struct ats_verdict *ret_verdict);
/* Why a number is not taken. Each sets the verdict and returns false. */
bool ats_conversion_fraction(const struct ats_conversion *conversion,
                             const struct ats_plan_node *node, struct ats_verdict *ret_verdict);
bool ats_conversion_range(const struct ats_conversion *conversion, const struct ats_plan_node *node,
                          struct ats_verdict *ret_verdict);
/* To an integer that fits the node's type. */
bool ats_conversion_to_integer(const struct ats_conversion *conversion,
                               const struct ats_plan_node *node, const struct ats_given *given,
                               int64_t *ret_value, struct ats_verdict *ret_verdict);
/* To a number that is finite as the node's type. */
bool ats_conversion_to_real(const struct ats_conversion *conversion,
                            const struct ats_plan_node *node, double value, double *ret_value,
                            struct ats_verdict *ret_verdict);

#endif
