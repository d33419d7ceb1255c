/* SPDX-License-Identifier: Apache-2.0 */
/* attestream device add-key | retire-key, and where private keys lie. Thread: one. */
#ifndef ATS_CLI_DEVICE_KEYS_H
#define ATS_CLI_DEVICE_KEYS_H

#include "cli/command.h"
#include "cli/fleet.h"
#include "common/control/body.h"

extern const struct ats_flag ats_add_key_flags[];
extern const struct ats_flag ats_retire_key_flags[];

int ats_device_add_key(const struct ats_cli *cli, const struct ats_arguments *arguments);
int ats_device_retire_key(const struct ats_cli *cli, const struct ats_arguments *arguments);
/* A device's newest record in full, times as people read them. */
int ats_device_show(const struct ats_cli *cli, const char *name);

/* Whether the registry has the device with this key, or an entry that nobody can read. */
bool ats_device_has_key(struct ats_store_view *view, const char *device, const char *key_id);
/* The key of the certificate in that file, without an end of its own. CONFIG names the file. */
ATS_MUST_USE enum ats_status
ats_device_certificate_key(const char *path, struct ats_device_key *ret_key, struct ats_error *err);
/* <fleet>/devices/NAME.key.pem, or NAME@KEY_ID.key.pem of a further key. CONFIG: that is no key id. */
ATS_MUST_USE enum ats_status ats_device_key_path(const struct ats_cli *cli, const char *device,
                                                 const char *key_id, struct ats_path *ret_path,
                                                 struct ats_error *err);

#endif
