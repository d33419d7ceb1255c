/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/device_attributes.h"

#include "cli/cli.h"
#include "cli/contract_names.h"
#include "cli/device_bulk.h"
#include "cli/device_change.h"
#include "cli/fleet.h"
#include "cli/output.h"

#include <stdio.h>

#define FLAG_SIZE 32

const struct ats_flag ats_device_set_flags[] = {
    ATS_DEVICE_ATTRIBUTE_FLAGS,
    ATS_DEVICE_LEAST_PROOF_FLAG,
    {"--contract", "C",
     "A contract that it may publish under, or C@VERSION to be judged by that version, in place of "
     "all that it had; '' for every one.",
     true},
    ATS_DEVICE_FROM_FLAG("Many devices: one name a line, or CSV with a column 'name' and columns "
                         "of attributes; a line that begins with # is a comment."),
    {0},
};

static void flag_of(const struct ats_device_attribute *attribute, char ret_flag[FLAG_SIZE])
{
    (void)snprintf(ret_flag, FLAG_SIZE, "--%s", attribute->name);
    for (char *at = ret_flag; *at; at++)
        *at = *at == '_' ? '-' : *at;
}

enum ats_status ats_device_set_attribute(struct ats_body_device *body,
                                         const struct ats_device_attribute *attribute,
                                         const char *text, struct ats_error *err)
{
    if (*text && attribute->form == ATS_ATTRIBUTE_NAME) {
        enum ats_status status = ats_fleet_check_name(attribute->name, text, err);
        if (status != ATS_OK)
            return status;
    }
    if (ats_device_attribute_set(body, attribute, ats_span_text(text)) == ATS_OK)
        return ATS_OK;
    if (attribute->form == ATS_ATTRIBUTE_DATE)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "%s: '%.*s' is not allowed (allowed: a date such as 2027-12-31)",
                             attribute->name, ATS_QUOTE_MAX, text);
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "%s: '%.*s' is not allowed (allowed: 1 to %d bytes of UTF-8 without "
                         "control characters and without a space at either end)",
                         attribute->name, ATS_QUOTE_MAX, text, ATS_NAME_MAX);
}

enum ats_status ats_device_take_attributes(const struct ats_arguments *arguments, bool may_clear,
                                           struct ats_body_device *body, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (const struct ats_device_attribute *at = ats_device_attributes;
         at->name && status == ATS_OK; at++) {
        char flag[FLAG_SIZE];
        flag_of(at, flag);
        const char *text = ats_argument_find(arguments, flag);
        if (text && !*text && !may_clear)
            return ats_error_set(err, ATS_ERR_INVALID, "%s: the text is empty", flag);
        if (text)
            status = ats_device_set_attribute(body, at, text, err);
    }
    return status;
}

enum ats_status ats_device_take_least_proof(const struct ats_arguments *arguments, bool may_clear,
                                            struct ats_body_device *body, struct ats_error *err)
{
    const char *text = ats_argument_find(arguments, "--least-proof");
    if (!text)
        return ATS_OK;
    body->least_proof = ats_proof_level_parse(ats_span_text(text));
    if (body->least_proof != 0 || (!*text && may_clear))
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "--least-proof: '%.*s' is not allowed (allowed: signature, mac or "
                         "connection)",
                         ATS_QUOTE_MAX, text);
}

enum ats_status ats_device_take_contracts(const struct ats_arguments *arguments,
                                          struct ats_body_device *body, struct ats_error *err)
{
    for (size_t i = 0; i < arguments->given_count; i++) {
        if (strcmp(arguments->given[i].flag->name, "--contract") != 0)
            continue;
        enum ats_status status =
            ats_contract_names_add(body, "--contract", arguments->given[i].value, err);
        if (status != ATS_OK)
            return status;
    }
    return ATS_OK;
}

/* An empty one takes all away, which allows every contract. */
static enum ats_status replace_contracts(const struct ats_arguments *arguments,
                                         struct ats_body_device *body, struct ats_error *err)
{
    const char *first = ats_argument_find(arguments, "--contract");
    size_t before = body->contract_count;
    if (!first)
        return ATS_OK;
    memset(body->contracts, 0, before * sizeof(body->contracts[0]));
    body->contract_count = 0;
    return *first ? ats_device_take_contracts(arguments, body, err) : ATS_OK;
}

struct setting {
    const struct ats_arguments *arguments;
    bool noted; /* contracts that nobody has published */
};

/* Once for all devices of the call. */
static void note_contracts(struct setting *setting, struct ats_store_view *view,
                           const struct ats_body_device *body)
{
    if (!setting->noted && ats_argument_has(setting->arguments, "--contract"))
        ats_contract_names_note_unknown(view, body);
    setting->noted = true;
}

static enum ats_status edit(void *ctx, const char *name, struct ats_store_view *view,
                            struct ats_body_device *body, struct ats_error *err)
{
    struct setting *setting = ctx;
    enum ats_status status = ats_device_check_changes(name, body, err);
    if (status == ATS_OK)
        status = ats_device_take_attributes(setting->arguments, true, body, err);
    if (status == ATS_OK)
        status = ats_device_take_least_proof(setting->arguments, true, body, err);
    if (status == ATS_OK)
        status = replace_contracts(setting->arguments, body, err);
    if (status == ATS_OK)
        note_contracts(setting, view, body);
    /* What is measured becomes the key of its records: it is stated, as `device add` states it. */
    if (status == ATS_OK && body->asset[0] == '\0')
        (void)snprintf(body->asset, sizeof(body->asset), "%s", name);
    return status;
}

/* One of many: what the flags say, and then its own row. */
static enum ats_status edit_one(void *ctx, const struct ats_named_device *device,
                                struct ats_store_view *view, struct ats_body_device *body,
                                struct ats_error *err)
{
    enum ats_status status = edit(ctx, device->name, view, body, err);
    for (size_t i = 0; status == ATS_OK && ats_device_attributes[i].name; i++) {
        const char *text = device->fields[i];
        if (text && *text)
            status = ats_device_set_attribute(body, &ats_device_attributes[i], text, err);
    }
    return status;
}

static bool has_any(void *ctx, const struct ats_device_rows *rows)
{
    const struct ats_arguments *arguments = ((const struct setting *)ctx)->arguments;
    for (const struct ats_flag *flag = ats_device_set_flags; flag->name; flag++)
        if (strcmp(flag->name, "--from") != 0 && ats_argument_has(arguments, flag->name))
            return true;
    return rows && rows->with_fields;
}

static int set_many(const struct ats_cli *cli, const struct ats_arguments *arguments,
                    struct setting *setting)
{
    struct ats_device_act act = {.command = "set",
                                 .done = "set",
                                 .columns = {.alone = true},
                                 .wants = has_any,
                                 .unwanted = "give at least one attribute",
                                 .edit = edit_one,
                                 .ctx = setting};
    for (size_t i = 0; ats_device_attributes[i].name && i < ATS_DEVICE_ROW_FIELDS_MAX; i++)
        act.columns.names[i] = ats_device_attributes[i].name;
    return ats_device_act_run(cli, arguments, &act);
}

int ats_device_set(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_error err = {0};
    struct ats_body_device trial = {0};
    struct setting setting = {.arguments = arguments};
    bool many = ats_device_act_is_bulk(arguments);
    enum ats_status status =
        many || has_any(&setting, NULL)
            ? ats_device_take_attributes(arguments, true, &trial, &err)
            : ats_error_set(&err, ATS_ERR_CONFIG, "device set: give at least one attribute");
    if (status == ATS_OK)
        status = ats_device_take_least_proof(arguments, true, &trial, &err);
    if (status == ATS_OK)
        status = replace_contracts(arguments, &trial, &err);
    if (status == ATS_OK && many)
        return set_many(cli, arguments, &setting);
    if (status == ATS_OK)
        status = ats_device_change(cli, arguments->positional[0], edit, &setting, &err);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    const char *name = arguments->positional[0];
    ats_output_done(cli, json_pack("{s:s, s:s}", "verdict", "set", "name", name), "set device '%s'",
                    name);
    return ATS_EXIT_DONE;
}
