/* SPDX-License-Identifier: Apache-2.0 */
/* attestream device token */
#include "cli/device_token.h"

#include "cli/cli.h"
#include "cli/device_keys.h"
#include "cli/fleet.h"
#include "cli/output.h"
#include "common/base/clock.h"
#include "common/base/parse.h"
#include "common/identity/jwt.h"

#include <stdio.h>

#define TTL_DEFAULT "1h"
#define TTL_MAX_MS INT64_C(31622400000) /* a year */

const struct ats_flag ats_token_flags[] = {
    {"--ttl", "TIME", "How long it is valid; 1h by default.", false},
    {"--audience", "GATE", "The one gate that it is for; any gate of the fleet by default.", false},
    {"--key", "FILE", "The device's private key; <fleet>/devices/NAME.key.pem by default.", false},
    {"--key-id", "ID", "Take the private key that `device add-key` made under this id.", false},
    {0},
};

static enum ats_status read_ttl(const char *text, int64_t *ret_ms, struct ats_error *err)
{
    if (ats_parse_duration(text ? text : TTL_DEFAULT, ret_ms) != ATS_OK || *ret_ms < 1000 ||
        *ret_ms > TTL_MAX_MS)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--ttl: '%s' is not allowed (allowed: 1s to 366d, such as 10m)", text);
    return ATS_OK;
}

static enum ats_status key_path(const struct ats_cli *cli, const char *device,
                                const struct ats_arguments *arguments, struct ats_path *ret_path,
                                struct ats_error *err)
{
    const char *file = ats_argument_find(arguments, "--key");
    const char *key_id = ats_argument_find(arguments, "--key-id");
    if (file && key_id)
        return ats_error_set(err, ATS_ERR_CONFIG, "device token: --key or --key-id, not both");
    if (file)
        return ats_path_format(ret_path, err, "%s", file);
    return ats_device_key_path(cli, device, key_id, ret_path, err);
}

static enum ats_status make_token(const struct ats_path *key, const struct ats_jwt *jwt,
                                  struct ats_buf *ret_text, struct ats_error *err)
{
    struct ats_key_pair pair;
    enum ats_status status =
        ats_cli_unusable(ats_key_pair_read(key->text, ATS_KEY_SIGNING, &pair, err), err);
    if (status != ATS_OK)
        return status;
    status = ats_jwt_make(jwt, &pair, ret_text, err);
    ats_key_pair_fini(&pair);
    return status;
}

int ats_device_token(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    const char *name = arguments->positional[0];
    const char *audience = ats_argument_find(arguments, "--audience");
    struct ats_error err = {0};
    struct ats_jwt jwt = {0};
    struct ats_buf text;
    struct ats_path key;
    int64_t ttl_ms = 0;
    enum ats_status status = ats_fleet_check_name("device", name, &err);
    if (status == ATS_OK && audience)
        status = ats_fleet_check_name("gate", audience, &err);
    if (status == ATS_OK)
        status = read_ttl(ats_argument_find(arguments, "--ttl"), &ttl_ms, &err);
    if (status == ATS_OK)
        status = key_path(cli, name, arguments, &key, &err);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    (void)snprintf(jwt.subject, sizeof(jwt.subject), "%s", name);
    (void)snprintf(jwt.audience, sizeof(jwt.audience), "%s", audience ? audience : "");
    jwt.issued_s = ats_clock_wall_ms(&ats_clock_system) / 1000;
    jwt.expires_s = jwt.issued_s + ttl_ms / 1000;
    ats_buf_init(&text, ATS_JWT_MAX);
    status = make_token(&key, &jwt, &text, &err);
    const char *token = status == ATS_OK ? ats_buf_text(&text) : NULL;
    if (token)
        ats_output_done(cli,
                        json_pack("{s:s, s:s, s:I}", "name", name, "token", token, "expires_s",
                                  (json_int_t)jwt.expires_s),
                        "%s", token);
    ats_buf_fini(&text);
    return token ? ATS_EXIT_DONE : ats_cli_fail(&err);
}
