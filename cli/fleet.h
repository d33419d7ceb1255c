/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fleet's folder:
 *
 *   root.key.pem, successor.key.pem        secret; made by init, kept offline afterwards
 *   root.pub.pem, successor.pub.pem        the pins
 *   successor-KEY_ID.key.pem, .pub.pem     a later successor, made by `root change`; the first is secret and kept offline
 *   fleet.json                             {"topic_prefix":...}; made by init, what every command uses and hands to gates and processors
 *   operators/NAME.key.pem                 secret
 *   gates/NAME/, processors/NAME/          what a gate or a processor is given, unless --out says where
 *   groups/NAME.key.pem                    secret: a processor group's agreement key
 *   devices/NAME.key.pem                   secret: of devices whose key was made here
 *   pending/NUMBER.record                  records that init made and nobody has published yet
 *   store/                                 the verified copy of the control log
 *   store.key.pem                          secret: seals the copy; without it the copy is read from the log again
 *
 * A name in a path is escaped, so that any name is one file. Thread: one. Owns: nothing.
 */
#ifndef ATS_CLI_FLEET_H
#define ATS_CLI_FLEET_H

#include "cli/command.h"
#include "common/control/registry.h"

#include <limits.h>

struct ats_path {
    char text[PATH_MAX];
};

/* FORMAT below the fleet's folder. LIMIT. */
ATS_MUST_USE enum ats_status ats_fleet_path(const struct ats_cli *cli, struct ats_path *ret_path,
                                            struct ats_error *err, const char *format, ...)
    ATS_PRINTF(4, 5);
ATS_MUST_USE enum ats_status ats_path_format(struct ats_path *ret_path, struct ats_error *err,
                                             const char *format, ...) ATS_PRINTF(3, 4);

#define ATS_ESCAPED_NAME_SIZE (3 * ATS_NAME_MAX + 1)
/* Letters, digits and . _ - stay, the rest becomes %XX; so do the dots of "." and "..". */
void ats_fleet_escape(const char *name, char ret_text[ATS_ESCAPED_NAME_SIZE]);

/* INVALID with a sentence where the text is not a name (ats_control_name_valid). */
ATS_MUST_USE enum ats_status ats_fleet_check_name(const char *what, const char *name,
                                                  struct ats_error *err);

/* CONFIG where the folder is one that a gate or a processor was given, and no fleet's. */
ATS_MUST_USE enum ats_status ats_fleet_check_folder(const struct ats_cli *cli,
                                                    struct ats_error *err);

/* The roots that the fleet rests on. CONFIG: there is no fleet, or the prefix is not its own. */
ATS_MUST_USE enum ats_status ats_fleet_pins(const struct ats_cli *cli,
                                            struct ats_registry_pins *ret_pins,
                                            struct ats_error *err);

/* Leaves the topic prefix in the folder, for every later command. */
ATS_MUST_USE enum ats_status ats_fleet_prefix_write(const struct ats_cli *cli,
                                                    struct ats_error *err);
/* The topic prefix that init left, as a text for the caller to free; NULL where it left none. `ret_file`: where it stands. */
ATS_MUST_USE enum ats_status ats_fleet_prefix_read(const struct ats_cli *cli,
                                                   struct ats_path *ret_file, char **ret_prefix,
                                                   struct ats_error *err);

/* A key that is read, or made and not written yet: what is refused leaves nothing behind. Owns: the pair, see fini. */
struct ats_fleet_key {
    struct ats_path path;
    struct ats_key_pair pair;
    bool is_new;
    bool made; /* is_new, and written */
};

/* The key in the file, or a new one where there is no file. */
ATS_MUST_USE enum ats_status ats_fleet_key_open(const struct ats_path *path, enum ats_key_kind kind,
                                                struct ats_fleet_key *ret_key,
                                                struct ats_error *err);
/* Writes a new one. */
ATS_MUST_USE enum ats_status ats_fleet_key_write(struct ats_fleet_key *key, struct ats_error *err);
void ats_fleet_key_fini(struct ats_fleet_key *key);
/* Whether a failure says that nothing came of what was to be stated: else its key may be one that the log has. */
bool ats_fleet_is_refusal(enum ats_status status);
/* After that failure: takes back the file of a key that was made for it. Nothing after success. */
void ats_fleet_key_withdraw(struct ats_fleet_key *key, enum ats_status status);
/* REFUSED: it is a root's or its successor's, which is kept offline and is nobody else's. */
ATS_MUST_USE enum ats_status ats_fleet_check_key(const struct ats_registry_pins *pins,
                                                 const uint8_t key[ATS_PUBLIC_KEY_SIZE],
                                                 struct ats_error *err);

/* Whose a folder is that a gate or a processor is given. All borrowed. */
struct ats_identity {
    const char *file; /* "gate.json" or "processor.json" */
    const char *name;
    const char *group; /* NULL for a gate */
    const char *topic_prefix;
    const struct ats_registry_pins *pins;
};

/* EXISTS where the folder has such a file that says something else. Touches nothing. */
ATS_MUST_USE enum ats_status ats_fleet_identity_check(const char *folder,
                                                      const struct ats_identity *identity,
                                                      struct ats_error *err);
/* Copies the pins into the folder, and writes the file: {"name":...,"fleet":...,"topic_prefix":...} and, with a group, "group". */
ATS_MUST_USE enum ats_status ats_fleet_identity_write(const char *folder,
                                                      const struct ats_identity *identity,
                                                      struct ats_error *err);
void ats_fleet_id_text(const struct ats_registry_pins *pins,
                       char ret_text[2 * ATS_FLEET_ID_SIZE + 1]);

#endif
