/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_findings.h"

#include "cli/cli.h"
#include "cli/document.h"
#include "cli/output.h"

#include <stdlib.h>

#define KEY "key '"
#define KEY_END "': "
#define ALLOWED " (allowed: "

static json_t *text_of(const char *text, size_t len)
{
    char part[ATS_ERROR_TEXT_MAX];
    (void)snprintf(part, sizeof(part), "%.*s", (int)len, text);
    return ats_output_text(part);
}

/* "FILE:LINE: " in front, where FILE may have colons itself; NULL: nothing of that kind. */
static const char *find_line(const char *text)
{
    for (const char *colon = strchr(text, ':'); colon; colon = strchr(colon + 1, ':')) {
        size_t digits = strspn(colon + 1, "0123456789");
        if (digits > 0 && strncmp(colon + 1 + digits, ": ", 2) == 0)
            return colon;
    }
    return NULL;
}

json_t *ats_finding_json(const char *text)
{
    const char *colon = find_line(text);
    const char *rest = colon ? strstr(colon, ": ") + 2 : text;
    const char *key_end = strncmp(rest, KEY, strlen(KEY)) == 0 ? strstr(rest, KEY_END) : NULL;
    const char *key = key_end ? rest + strlen(KEY) : NULL;
    rest = key_end ? key_end + strlen(KEY_END) : rest;
    size_t len = strlen(rest);
    const char *allowed = strstr(rest, ALLOWED);
    if (len == 0 || rest[len - 1] != ')')
        allowed = NULL;
    const char *choices = allowed ? allowed + strlen(ALLOWED) : NULL;
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "file",
                     colon ? text_of(text, (size_t)(colon - text)) : json_null(), "line",
                     colon ? json_integer(strtol(colon + 1, NULL, 10)) : json_null(), "key",
                     key ? text_of(key, (size_t)(key_end - key)) : json_null(), "text",
                     text_of(rest, allowed ? (size_t)(allowed - rest) : len), "allowed",
                     choices ? text_of(choices, (size_t)(rest + len - 1 - choices)) : json_null());
}

static void tell_json(const struct ats_cli *cli, const struct ats_findings *findings)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < findings->count; i++)
        (void)json_array_append_new(rows, ats_finding_json(findings->errors[i].text));
    ats_output_object(cli, json_pack("{s:b, s:o, s:o, s:I}", "holds", 0, "text",
                                     ats_output_text(findings->errors[0].text), "findings", rows,
                                     "more", (json_int_t)findings->more));
}

int ats_findings_fail(const struct ats_cli *cli, const struct ats_findings *findings,
                      const struct ats_error *err)
{
    if (err->status != ATS_ERR_CONFIG || findings->count == 0)
        return ats_lint_fail(cli, err);
    if (cli->json) {
        tell_json(cli, findings);
        return ATS_EXIT_NO;
    }
    for (size_t i = 0; i < findings->count; i++)
        (void)ats_cli_fail(&findings->errors[i]);
    if (findings->more > 0)
        ats_cli_note("%zu more", findings->more);
    return ATS_EXIT_NO;
}
