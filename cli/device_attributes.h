/* SPDX-License-Identifier: Apache-2.0 */
/* A device's attributes as flags, and `device set`. Thread: one. */
#ifndef ATS_CLI_DEVICE_ATTRIBUTES_H
#define ATS_CLI_DEVICE_ATTRIBUTES_H

#include "cli/command.h"
#include "common/control/body.h"

/* A flag for each attribute of the table: its name with a hyphen for an underscore. */
#define ATS_DEVICE_ATTRIBUTE_FLAGS                                                                 \
    {"--asset", "A", "What it measures; the device itself by default.", false},                    \
        {"--site", "S", "Where it stands.", false},                                                \
        {"--line", "L", "The production line that it belongs to.", false},                         \
        {"--vendor", "V", "Who made it.", false}, {"--model", "M", "What it is.", false},          \
        {"--firmware", "F", "The version of its firmware.", false},                                \
    {                                                                                              \
        "--warranty-end", "DATE", "The last day of its warranty, such as 2027-12-31.", false       \
    }

#define ATS_DEVICE_LEAST_PROOF_FLAG                                                                \
    {                                                                                              \
        "--least-proof", "P",                                                                      \
            "What each of its publishes must carry, beside what a contract asks for: signature, "  \
            "mac or connection.",                                                                  \
            false                                                                                  \
    }

extern const struct ats_flag ats_device_set_flags[];

/* What --least-proof says goes into the body; an empty text only where it may take it away. CONFIG. */
ATS_MUST_USE enum ats_status ats_device_take_least_proof(const struct ats_arguments *arguments,
                                                         bool may_clear,
                                                         struct ats_body_device *body,
                                                         struct ats_error *err);

/* What the flags say goes into the body; an empty text only where it may take an attribute away. INVALID or CONFIG names the
   attribute. */
ATS_MUST_USE enum ats_status ats_device_take_attributes(const struct ats_arguments *arguments,
                                                        bool may_clear,
                                                        struct ats_body_device *body,
                                                        struct ats_error *err);
/* Each --contract goes into the body. */
ATS_MUST_USE enum ats_status ats_device_take_contracts(const struct ats_arguments *arguments,
                                                       struct ats_body_device *body,
                                                       struct ats_error *err);
/* One attribute; INVALID or CONFIG says what is allowed. */
ATS_MUST_USE enum ats_status ats_device_set_attribute(struct ats_body_device *body,
                                                      const struct ats_device_attribute *attribute,
                                                      const char *text, struct ats_error *err);
int ats_device_set(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
