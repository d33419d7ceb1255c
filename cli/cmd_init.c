/* SPDX-License-Identifier: Apache-2.0 */
/* attestream init: keys, pins, and the two records that a fleet begins with. */
#include "cli/certificate.h"
#include "cli/cli.h"
#include "cli/operator_scope.h"
#include "cli/output.h"
#include "cli/pending.h"
#include "cli/session.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/control/body.h"

#include <stdio.h>
#include <unistd.h>

#define OPERATOR_DEFAULT "operator"
#define OPERATOR_VALID_DEFAULT "3650d"

struct founding {
    const struct ats_cli *cli;
    const char *operator_name;
    int64_t valid_ms;
    struct ats_key_pair root;
    struct ats_key_pair successor;
    struct ats_key_pair operator_;
    struct ats_registry_pins pins;
};

/* The root's pin is written last and makes the fleet: nothing may be there that it vouches for, since its keys cannot be
   made again. Keys without it are of an init that was broken off, and are taken up. */
static enum ats_status check_empty(const struct ats_cli *cli, struct ats_error *err)
{
    static const char *const names[] = {"root.pub.pem", "store"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct ats_path path;
        enum ats_status status = ats_fleet_path(cli, &path, err, "%s", names[i]);
        if (status != ATS_OK)
            return status;
        if (access(path.text, F_OK) == 0)
            return ats_error_set(err, ATS_ERR_EXISTS,
                                 "%s is there already: this folder has a fleet, and init does not "
                                 "overwrite one",
                                 path.text);
    }
    return ATS_OK;
}

static enum ats_status take_secret(const struct founding *founding, const char *below,
                                   struct ats_key_pair *ret_pair, struct ats_error *err)
{
    struct ats_path path;
    struct ats_fleet_key key;
    enum ats_status status = ats_fleet_path(founding->cli, &path, err, "%s", below);
    if (status == ATS_OK)
        status = ats_fleet_key_open(&path, ATS_KEY_SIGNING, &key, err);
    if (status != ATS_OK)
        return status;
    status = ats_fleet_key_write(&key, err);
    *ret_pair = key.pair;
    ats_fleet_key_fini(&key);
    return status;
}

static enum ats_status write_pin(const struct founding *founding, const char *below,
                                 const struct ats_key_pair *pair, struct ats_error *err)
{
    struct ats_path path;
    enum ats_status status = ats_fleet_path(founding->cli, &path, err, "%s", below);
    if (status != ATS_OK)
        return status;
    return ats_public_key_write(pair->public_key, ATS_KEY_SIGNING, path.text, err);
}

static enum ats_status take_operator(struct founding *founding, struct ats_error *err)
{
    struct ats_path path;
    char escaped[ATS_ESCAPED_NAME_SIZE];
    char below[ATS_ESCAPED_NAME_SIZE + 32];
    enum ats_status status = ats_fleet_path(founding->cli, &path, err, "operators");
    if (status == ATS_OK)
        status = ats_file_make_folder(path.text, 0700, err);
    if (status != ATS_OK)
        return status;
    ats_fleet_escape(founding->operator_name, escaped);
    (void)snprintf(below, sizeof(below), "operators/%s.key.pem", escaped);
    return take_secret(founding, below, &founding->operator_, err);
}

static enum ats_status take_keys(struct founding *founding, struct ats_error *err)
{
    enum ats_status status = ats_file_make_folder(founding->cli->fleet, 0700, err);
    if (status == ATS_OK)
        status = take_secret(founding, "root.key.pem", &founding->root, err);
    if (status == ATS_OK)
        status = take_secret(founding, "successor.key.pem", &founding->successor, err);
    if (status == ATS_OK)
        status = take_operator(founding, err);
    memcpy(founding->pins.root, founding->root.public_key, ATS_PUBLIC_KEY_SIZE);
    memcpy(founding->pins.successor, founding->successor.public_key, ATS_PUBLIC_KEY_SIZE);
    return status;
}

/* The first record of its kind and name, signed by the root, as a pending file. */
static enum ats_status leave_record(const struct founding *founding, unsigned number,
                                    enum ats_control_kind kind, const char *name,
                                    const struct ats_buf *body, struct ats_error *err)
{
    struct ats_buf value;
    struct ats_control_record record = {.kind = kind,
                                        .revision = 1,
                                        .signer = "root",
                                        .time_ms = ats_clock_wall_ms(&ats_clock_system),
                                        .body = ats_buf_span(body)};
    ats_registry_fleet_id(&founding->pins, record.fleet);
    (void)snprintf(record.name, sizeof(record.name), "%s", name);
    ats_buf_init(&value, ATS_RECORD_MAX);
    enum ats_status status = ats_control_record_sign(&record, &founding->root);
    if (status == ATS_OK)
        status = ats_control_record_encode(&record, &value);
    if (status == ATS_OK)
        status = ats_pending_put(founding->cli, number, ats_buf_span(&value), err);
    else
        status = ats_error_set(err, status, "the %s record cannot be signed: %s",
                               ats_control_kind_name(kind), ats_status_name(status));
    ats_buf_fini(&value);
    return status;
}

static enum ats_status leave_root(const struct founding *founding, struct ats_error *err)
{
    struct ats_body_root root = {0};
    struct ats_buf body;
    memcpy(root.root, founding->pins.root, sizeof(root.root));
    memcpy(root.successor, founding->pins.successor, sizeof(root.successor));
    ats_buf_init(&body, ATS_CONTROL_RECORD_MAX);
    enum ats_status status = ats_body_root_format(&root, &body);
    if (status == ATS_OK)
        status = leave_record(founding, 1, ATS_CONTROL_ROOT, "root", &body, err);
    ats_buf_fini(&body);
    return status;
}

static enum ats_status leave_operator(const struct founding *founding, struct ats_error *err)
{
    struct ats_body_operator operator_ = {.kinds = ATS_OPERATOR_KINDS, .names = "*"};
    struct ats_certificate_request request = {
        ATS_CERTIFICATE_OPERATOR, founding->operator_name, founding->operator_.public_key,
        .until_ms = ats_clock_wall_ms(&ats_clock_system) + founding->valid_ms};
    struct ats_buf body;
    memcpy(operator_.key, founding->operator_.public_key, sizeof(operator_.key));
    ats_buf_init(&body, ATS_CONTROL_RECORD_MAX);
    enum ats_status status =
        ats_certificate_issue(&request, &founding->pins, &founding->root, operator_.certificate,
                              &operator_.certificate_len, err);
    if (status == ATS_OK)
        status = ats_body_operator_format(&operator_, &body);
    if (status == ATS_OK)
        status =
            leave_record(founding, 2, ATS_CONTROL_OPERATOR, founding->operator_name, &body, err);
    ats_buf_fini(&body);
    return status;
}

/* Publishes if anything says where Kafka is. Without an answer the records wait, and the fleet is made all the same. */
static bool publish(const struct ats_cli *cli, struct ats_error *why_not)
{
    struct ats_session *session = NULL;
    enum ats_status status = ATS_ERR_CONFIG;
    if (ats_kafka_is_configured(&cli->kafka))
        status = ats_session_open(cli, ATS_SESSION_WRITE, &session, why_not);
    ats_session_close(session);
    return status == ATS_OK;
}

static enum ats_status write_pins(const struct founding *founding, struct ats_error *err)
{
    enum ats_status status = write_pin(founding, "successor.pub.pem", &founding->successor, err);
    return status == ATS_OK ? write_pin(founding, "root.pub.pem", &founding->root, err) : status;
}

static enum ats_status make_fleet(struct founding *founding, struct ats_error *err)
{
    enum ats_status status = check_empty(founding->cli, err);
    if (status == ATS_OK)
        status = take_keys(founding, err);
    if (status == ATS_OK)
        status = leave_root(founding, err);
    if (status == ATS_OK)
        status = leave_operator(founding, err);
    if (status == ATS_OK)
        status = ats_fleet_prefix_write(founding->cli, err);
    if (status == ATS_OK)
        status = write_pins(founding, err);
    ats_key_pair_fini(&founding->root);
    ats_key_pair_fini(&founding->successor);
    ats_key_pair_fini(&founding->operator_);
    return status;
}

static int run(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_error err = {0};
    struct founding founding = {
        .cli = cli, .operator_name = cli->operator_name ? cli->operator_name : OPERATOR_DEFAULT};
    char id[2 * ATS_FLEET_ID_SIZE + 1];
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    enum ats_status status =
        ats_certificate_validity("--valid", ats_argument_find(arguments, "--valid"),
                                 OPERATOR_VALID_DEFAULT, &founding.valid_ms, &err);
    if (status == ATS_OK)
        status = ats_operator_check_name(founding.operator_name, &err);
    if (status == ATS_OK && (strcmp(founding.operator_name, "root") == 0 ||
                             strcmp(founding.operator_name, "successor") == 0))
        status = ats_error_set(&err, ATS_ERR_CONFIG, "no operator may be named '%s'",
                               founding.operator_name);
    if (status == ATS_OK)
        status = ats_cli_check_prefix(cli, &err);
    if (status == ATS_OK)
        status = ats_cli_unusable(ats_kafka_topic_name(&cli->kafka, "control", topic, &err), &err);
    if (status == ATS_OK && ats_kafka_is_configured(&cli->kafka))
        status = ats_kafka_config_check(&cli->kafka, &err);
    if (status == ATS_OK)
        status = make_fleet(&founding, &err);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    ats_fleet_id_text(&founding.pins, id);
    bool published = publish(cli, &err);
    ats_output_done(
        cli,
        json_pack("{s:s, s:o, s:s, s:b}", "fleet", id, "folder", ats_output_text(cli->fleet),
                  "operator", founding.operator_name, "published", published),
        "made fleet %s in %s with operator '%s'\n"
        "move %s/successor.key.pem offline now, and root.key.pem once no operator is to be added\n"
        "its first records %s%s%s",
        id, cli->fleet, founding.operator_name, cli->fleet,
        published ? "are in the control log"
                  : "wait in its folder (pending/) for the next command that reaches Kafka",
        !published && err.text[0] ? ": " : "", published ? "" : err.text);
    return ATS_EXIT_DONE;
}

static const struct ats_flag flags[] = {
    {"--valid", "TIME",
     "How long devices take the operator's certificate, e.g. 400d; 3650d by default.", false},
    {0},
};

const struct ats_command ats_init_commands[] = {
    {"", "",
     "Make a fleet: root, offline successor, one operator with full scope (--operator NAME).",
     "Its first records are published where Kafka is configured and answers (the control topic is "
     "made "
     "then); else they wait in the fleet's folder for the next command that writes. Secret files "
     "get "
     "mode 0600; nothing is overwritten.",
     flags, 0, 0, run},
    {0},
};
