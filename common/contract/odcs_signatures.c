/* SPDX-License-Identifier: Apache-2.0 */
/* Whose signatures a contract's versions need: the log's rules ask for them (common/control/judge_contract.c). */
#include "common/contract/odcs.h"
#include "common/contract/owner.h"

static enum ats_status add_owner(const struct ats_yaml_node *node, uint32_t *owners,
                                 struct ats_error *err)
{
    static const char *const names[] = {"ot", "it", NULL};
    static const enum ats_owner owner_of[] = {ATS_OWNER_OT, ATS_OWNER_IT};
    size_t index = 0;
    enum ats_status status = ats_yaml_get_choice(node, names, &index, err);
    if (status != ATS_OK)
        return status;
    if (*owners & owner_of[index])
        return ats_yaml_error(node, err, "'%s' stands twice", names[index]);
    *owners |= owner_of[index];
    return ATS_OK;
}

enum ats_status ats_odcs_read_signatures(const struct ats_yaml_node *node, uint32_t *ret_signatures,
                                         struct ats_error *err)
{
    uint32_t owners = 0;
    enum ats_status status = ats_yaml_expect(node, ATS_YAML_SEQUENCE, err);
    for (const struct ats_yaml_node *each = status == ATS_OK ? ats_yaml_first(node) : NULL;
         each && status == ATS_OK; each = ats_yaml_next(each))
        status = add_owner(each, &owners, err);
    if (status == ATS_OK && owners == 0)
        status = ats_yaml_error(node, err, "nobody's signature is asked for (allowed: ot, it)");
    if (status == ATS_OK)
        *ret_signatures = owners;
    return status;
}
