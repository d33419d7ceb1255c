/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/operator_scope.h"

#include "cli/fleet.h"
#include "common/base/utf8.h"
#include "common/control/body.h"
#include "device/name.h"

#include <stdio.h>
#include <string.h>

void ats_operator_kinds_text(uint32_t kinds, char ret_text[ATS_OPERATOR_KINDS_SIZE])
{
    size_t used = 0;
    ret_text[0] = '\0';
    for (int kind = 0; kind < ATS_CONTROL_KIND_COUNT; kind++)
        if ((kinds & (UINT32_C(1) << kind)) != 0 && used < ATS_OPERATOR_KINDS_SIZE)
            used += (size_t)snprintf(ret_text + used, ATS_OPERATOR_KINDS_SIZE - used, "%s%s",
                                     used > 0 ? "," : "",
                                     ats_control_kind_name((enum ats_control_kind)kind));
}

static enum ats_status refuse(struct ats_span word, struct ats_error *err)
{
    char allowed[ATS_OPERATOR_KINDS_SIZE];
    ats_operator_kinds_text(ATS_OPERATOR_KINDS, allowed);
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "'%.*s' is nothing that an operator may sign (allowed: %s)",
                         (int)(word.len < ATS_QUOTE_MAX ? word.len : ATS_QUOTE_MAX),
                         (const char *)word.data, allowed);
}

enum ats_status ats_operator_kinds(const char *text, uint32_t *ret_kinds, struct ats_error *err)
{
    uint32_t kinds = 0;
    if (!text) {
        *ret_kinds = ATS_OPERATOR_KINDS;
        return ATS_OK;
    }
    for (const char *at = text;; at++) {
        enum ats_control_kind kind;
        struct ats_span word = ats_span_of(at, strcspn(at, ","));
        if (ats_control_kind_parse(word, &kind) != ATS_OK ||
            (ATS_OPERATOR_KINDS & (UINT32_C(1) << kind)) == 0)
            return refuse(word, err);
        kinds |= UINT32_C(1) << kind;
        at += word.len;
        if (*at == '\0')
            break;
    }
    *ret_kinds = kinds;
    return ATS_OK;
}

enum ats_status ats_operator_owner(const char *text, uint32_t *ret_owner, struct ats_error *err)
{
    uint32_t owners = 0;
    for (const char *at = text && *text ? text : NULL; at; at = *at == ',' ? at + 1 : NULL) {
        struct ats_span word = ats_span_of(at, strcspn(at, ","));
        enum ats_owner owner = ats_owner_parse(word);
        if (owner == 0 || (owners & owner) != 0)
            return ats_error_set(err, ATS_ERR_CONFIG,
                                 "--owner: '%.*s' is not allowed (allowed: ot, it, or ot,it)",
                                 ATS_QUOTE(text));
        owners |= owner;
        at += word.len;
    }
    *ret_owner = owners;
    return ATS_OK;
}

enum ats_status ats_operator_check_name(const char *name, struct ats_error *err)
{
    enum ats_status status = ats_fleet_check_name("operator", name, err);
    if (status == ATS_OK && strpbrk(name, "*?"))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "'%.*s' cannot name an operator: * and ? stand for other names",
                             ATS_QUOTE(name));
    return status;
}

enum ats_status ats_operator_names(const char *text, char ret_names[ATS_NAME_MAX + 1],
                                   struct ats_error *err)
{
    const char *names = text ? text : "*";
    if (!ats_name_valid(names, strlen(names)))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--names: '%.*s' is not allowed (allowed: a pattern of 1 to %d bytes "
                             "such as press-*)",
                             ATS_QUOTE_MAX, names, ATS_NAME_MAX);
    (void)snprintf(ret_names, ATS_NAME_MAX + 1, "%s", names);
    return ATS_OK;
}
