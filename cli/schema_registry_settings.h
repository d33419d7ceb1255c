/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a site's own Schema Registry is, and with what one gets in. In this order:
 *
 *   --schema-registry URL, --schema-registry-config FILE
 *   $ATS_SCHEMA_REGISTRY, $ATS_SCHEMA_REGISTRY_CONFIG
 *   <fleet>/schema-registry.properties, so that nobody has to think of it
 *
 * A file has property=value lines under the names that Confluent's own clients have, and # comments. One with a secret in it must be
 * its owner's alone. "none" in place of a URL means none, whatever else is there.
 *
 * Thread: one. Owns: the texts, see fini.
 */
#ifndef ATS_CLI_SCHEMA_REGISTRY_SETTINGS_H
#define ATS_CLI_SCHEMA_REGISTRY_SETTINGS_H

#include "cli/command.h"
#include "common/base/buf.h"

/* Members of one registry, tried in turn. */
#define ATS_SCHEMA_REGISTRY_URLS_MAX 8

struct ats_schema_registry_settings {
    const char *urls[ATS_SCHEMA_REGISTRY_URLS_MAX]; /* without a slash at the end */
    size_t url_count;                               /* 0: no registry is configured */
    const char *user_info; /* "USER:PASSWORD"; NULL, as those below: not given */
    const char *bearer;
    const char *ca;
    const char *certificate;
    const char *key;
    const char *key_password;
    const char *compatibility; /* set for each subject before a schema is registered */
    bool declined;             /* "none" was said */
    struct ats_buf file;       /* the texts' memory */
    char *url_text;            /* that of the URLs */
};

/* CONFIG, with file, line and property, and never the value of a secret. */
ATS_MUST_USE enum ats_status
ats_schema_registry_settings_read(const struct ats_cli *cli,
                                  struct ats_schema_registry_settings *ret_settings,
                                  struct ats_error *err);
/* Wipes the secrets. */
void ats_schema_registry_settings_fini(struct ats_schema_registry_settings *settings);

#endif
