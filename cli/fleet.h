/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fleet's folder:
 *
 *   root.key.pem, successor.key.pem        secret; made by init, kept offline afterwards
 *   root.pub.pem, successor.pub.pem        the pins
 *   operators/NAME.key.pem                 secret
 *   gates/NAME/, processors/NAME/          what a gate or a processor is given, unless --out says where
 *   groups/NAME.key.pem                    secret: a processor group's agreement key
 *   devices/NAME.key.pem                   secret: of devices whose key was made here
 *   pending/NUMBER.record                  records that init made and nobody has published yet
 *   store/                                 the verified copy of the control log
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

/* The key in the file, made first if it is not there; `ret_made` says so. */
ATS_MUST_USE enum ats_status ats_fleet_take_key(const struct ats_path *path, enum ats_key_kind kind,
                                                struct ats_key_pair *ret_pair, bool *ret_made,
                                                struct ats_error *err);

struct ats_signer {
    char name[ATS_NAME_MAX + 1];
    struct ats_key_pair pair;
};

/* The operator of --operator, or the only one whose key the folder has. Owns: the caller wipes with ats_key_pair_fini. */
ATS_MUST_USE enum ats_status ats_fleet_signer(const struct ats_cli *cli,
                                              struct ats_signer *ret_signer, struct ats_error *err);

/* Copies the pins into a folder, and writes `FILE`, {"name":...,"fleet":...} and, with a group, "group". */
ATS_MUST_USE enum ats_status ats_fleet_write_identity(const char *folder, const char *file,
                                                      const char *name, const char *group,
                                                      const struct ats_registry_pins *pins,
                                                      struct ats_error *err);
void ats_fleet_id_text(const struct ats_registry_pins *pins,
                       char ret_text[2 * ATS_FLEET_ID_SIZE + 1]);

#endif
