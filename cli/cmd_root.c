/* SPDX-License-Identifier: Apache-2.0 */
/* attestream root show | change */
#include "cli/cli.h"
#include "cli/list.h"
#include "cli/log_place.h"
#include "cli/output.h"
#include "cli/publish.h"
#include "common/control/body.h"

#include <stdio.h>
#include <unistd.h>

struct change {
    const struct ats_cli *cli;
    bool by_successor;
    const char *key;
    const char *new_root;      /* a public key's file; NULL: the successor itself */
    const char *new_successor; /* a public key's file; NULL: made here */
    const char *successor_out;
    const char *stands_until;
};

static enum ats_status read_change(const struct ats_cli *cli, const struct ats_arguments *arguments,
                                   struct change *ret_change, struct ats_error *err)
{
    const char *by = ats_argument_find(arguments, "--by");
    *ret_change = (struct change){.cli = cli,
                                  .by_successor = !by || strcmp(by, "successor") == 0,
                                  .key = ats_argument_find(arguments, "--key"),
                                  .new_root = ats_argument_find(arguments, "--new-root"),
                                  .new_successor = ats_argument_find(arguments, "--new-successor"),
                                  .successor_out = ats_argument_find(arguments, "--successor-out"),
                                  .stands_until = ats_argument_find(arguments, "--stands-until")};
    bool by_root = by && strcmp(by, "root") == 0;
    if (!ret_change->by_successor && !by_root)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--by: '%.*s' is not allowed (allowed: successor, root)",
                             ATS_QUOTE_MAX, by);
    if (by_root && !ret_change->new_root)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "root change --by root needs --new-root, the next root's public key");
    if (by_root &&
        (ret_change->new_successor || ret_change->successor_out || ret_change->stands_until))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "root change --by root can change the root alone: --new-successor, "
                             "--successor-out and --stands-until are the successor's");
    return ATS_OK;
}

/* ---- the next keys ---- */

static enum ats_status find_roots(struct ats_session *session, struct ats_body_root *ret_roots,
                                  struct ats_error *err)
{
    struct ats_control_record record;
    enum ats_status status = ats_session_find(session, ATS_CONTROL_ROOT, "root", &record, err);
    if (status == ATS_OK && ats_body_root_parse(record.body, ret_roots) != ATS_OK)
        status = ats_error_set(err, ATS_ERR_CORRUPT, "the root record cannot be read");
    ret_roots->stands_until = (struct ats_body_place){0};
    return status;
}

/* The files of a pair that is made here: NAME.key.pem and NAME.pub.pem, as the fleet's folder names them. */
struct made {
    struct ats_path secret;
    struct ats_path public;
};

static enum ats_status public_path(const char *secret, struct ats_path *ret_path,
                                   struct ats_error *err)
{
    static const char end[] = ".key.pem";
    size_t len = strlen(secret);
    bool ends = len > strlen(end) && strcmp(secret + len - strlen(end), end) == 0;
    enum ats_status status = ats_path_format(ret_path, err, "%.*s.pub.pem",
                                             (int)(ends ? len - strlen(end) : len), secret);
    /* It may be the pin of the first successor. */
    if (status == ATS_OK && access(ret_path->text, F_OK) == 0)
        return ats_error_set(err, ATS_ERR_EXISTS,
                             "%s exists already, where the new successor's public key would go: "
                             "give another --successor-out",
                             ret_path->text);
    return status;
}

/* Kept out of the folder's other keys' way; to be moved offline, as the one before it. */
static enum ats_status make_successor(const struct change *change,
                                      uint8_t ret_key[ATS_PUBLIC_KEY_SIZE], struct made *ret_made,
                                      struct ats_error *err)
{
    char id[ATS_KEY_ID_SIZE];
    struct ats_fleet_key key = {.is_new = true};
    enum ats_status status;
    ats_key_pair_generate(&key.pair, ATS_KEY_SIGNING);
    ats_key_id(key.pair.public_key, id);
    if (change->successor_out)
        status = ats_path_format(&key.path, err, "%s", change->successor_out);
    else
        status = ats_fleet_path(change->cli, &key.path, err, "successor-%s.key.pem", id);
    if (status == ATS_OK)
        status = public_path(key.path.text, &ret_made->public, err);
    if (status == ATS_OK)
        status = ats_fleet_key_write(&key, err);
    if (status == ATS_OK)
        status =
            ats_public_key_write(key.pair.public_key, ATS_KEY_SIGNING, ret_made->public.text, err);
    memcpy(ret_key, key.pair.public_key, ATS_PUBLIC_KEY_SIZE);
    ret_made->secret = key.path;
    ats_fleet_key_fini(&key);
    return status;
}

static enum ats_status read_public(const char *file, uint8_t ret_key[ATS_PUBLIC_KEY_SIZE],
                                   struct ats_error *err)
{
    return ats_cli_unusable(ats_public_key_read(file, ATS_KEY_SIGNING, ret_key, err), err);
}

static enum ats_status next_roots(const struct change *change, const struct ats_signer *signer,
                                  struct ats_body_root *roots, struct made *ret_made,
                                  struct ats_error *err)
{
    const uint8_t *standing = change->by_successor ? roots->successor : roots->root;
    if (memcmp(signer->pair.public_key, standing, ATS_PUBLIC_KEY_SIZE) != 0)
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "that is not the key of the fleet's %s (`attestream root show`): give "
                             "the right one with --key",
                             signer->name);
    enum ats_status status = ATS_OK;
    uint8_t former[ATS_PUBLIC_KEY_SIZE];
    memcpy(former, roots->root, sizeof(former));
    if (change->new_root)
        status = read_public(change->new_root, roots->root, err);
    else
        memcpy(roots->root, signer->pair.public_key, ATS_PUBLIC_KEY_SIZE);
    if (status != ATS_OK || !change->by_successor)
        return status;
    if (!change->new_successor)
        return make_successor(change, roots->successor, ret_made, err);
    status = read_public(change->new_successor, roots->successor, err);
    if (status != ATS_OK || memcmp(roots->successor, former, sizeof(former)) != 0)
        return status;
    return ats_error_set(
        err, ATS_ERR_REFUSED,
        "--new-successor: that is the root's key that loses its place by this, and "
        "would win the fleet back");
}

static enum ats_status publish_roots(struct ats_session *session, const struct ats_body_root *roots,
                                     struct ats_error *err)
{
    struct ats_draft draft;
    ats_draft_init(&draft, ATS_CONTROL_ROOT, "root");
    enum ats_status status = ats_body_root_format(roots, &draft.body);
    if (status == ATS_OK)
        status = ats_publish(session, &draft, 1, err);
    else
        (void)ats_error_set(err, status, "the root record cannot be stated: %s",
                            ats_status_name(status));
    ats_draft_fini(&draft);
    return status;
}

static enum ats_status change_in_session(struct ats_session *session, const struct change *change,
                                         struct ats_body_root *roots, struct made *ret_made,
                                         struct ats_error *err)
{
    const struct ats_signer *signer = NULL;
    struct ats_body_place until = {0};
    enum ats_status status = find_roots(session, roots, err);
    if (status == ATS_OK && change->stands_until)
        status = ats_log_place(session, change->stands_until, &until, err);
    if (status == ATS_OK)
        status = ats_session_sign_as_root(session, change->key, &signer, err);
    if (status == ATS_OK)
        status = next_roots(change, signer, roots, ret_made, err);
    roots->stands_until = until;
    return status == ATS_OK ? publish_roots(session, roots, err) : status;
}

static int run_change(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct change change;
    struct ats_session *session = NULL;
    struct ats_body_root roots;
    struct made made = {{""}, {""}};
    struct ats_error err = {0};
    char root_id[ATS_KEY_ID_SIZE];
    char successor_id[ATS_KEY_ID_SIZE];
    enum ats_status status = read_change(cli, arguments, &change, &err);
    if (status == ATS_OK)
        status = ats_session_open_for_root(cli, change.by_successor ? "successor" : "root",
                                           &session, &err);
    if (status == ATS_OK)
        status = change_in_session(session, &change, &roots, &made, &err);
    ats_session_close(session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    ats_key_id(roots.root, root_id);
    ats_key_id(roots.successor, successor_id);
    const bool is_made = made.secret.text[0] != '\0';
    ats_output_done(cli,
                    json_pack("{s:s, s:s, s:s, s:o, s:o}", "verdict", "changed", "root_key_id",
                              root_id, "successor_key_id", successor_id, "successor_file",
                              ats_output_text(made.secret.text), "successor_public_file",
                              ats_output_text(made.public.text)),
                    "the fleet's root is key %s now, its successor key %s%s%s%s%s%s", root_id,
                    successor_id, is_made ? " (move " : "", made.secret.text,
                    is_made ? " offline now; devices pin " : "", made.public.text,
                    is_made ? " at their next maintenance)" : "");
    return ATS_EXIT_DONE;
}

/* ---- show ---- */

static int run_show(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    struct ats_body_root roots;
    struct ats_error err = {0};
    char root_id[ATS_KEY_ID_SIZE];
    char successor_id[ATS_KEY_ID_SIZE];
    (void)arguments;
    enum ats_status status = ats_session_open(cli, ATS_SESSION_READ, &session, &err);
    if (status == ATS_OK)
        status = find_roots(session, &roots, &err);
    ats_session_close(session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    ats_key_id(roots.root, root_id);
    ats_key_id(roots.successor, successor_id);
    ats_output_object(
        cli, json_pack("{s:s, s:s}", "root_key_id", root_id, "successor_key_id", successor_id));
    return ATS_EXIT_DONE;
}

static const struct ats_flag change_flags[] = {
    {"--by", "WHO", "Whose key signs it: successor (by default) or root.", false},
    {"--key", "FILE", "That private key; <fleet>/successor.key.pem or root.key.pem by default.",
     false},
    {"--new-root", "FILE", "The next root's public key (SPKI PEM); by default the successor's own.",
     false},
    {"--new-successor", "FILE", "The next successor's public key; else a pair is made here.",
     false},
    {"--successor-out", "FILE",
     "Where that pair's private key goes; <fleet>/successor-KEY_ID.key.pem by default. The public "
     "one goes beside it, as .pub.pem.",
     false},
    {"--stands-until", "COUNT",
     "The former root was stolen: the last control record that still counts, as `operator acts "
     "root` shows them.",
     false},
    {0},
};

const struct ats_command ats_root_commands[] = {
    {"show", "", "Show which keys stand as root and successor.", NULL, NULL, 0, 0, run_show},
    {"change", "", "Put another root in place.",
     "The successor takes the place of a lost or stolen root, and wins over any change that the "
     "root signs. Devices pin the first root and successor, and so believe what the successor "
     "certifies; a root that they do not pin they believe once they are given it.",
     change_flags, 0, 0, run_change},
    {0},
};
