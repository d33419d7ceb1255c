/* SPDX-License-Identifier: Apache-2.0 */
/* attestream topics create. Thread: one. */
#ifndef ATS_CLI_TOPICS_CREATE_H
#define ATS_CLI_TOPICS_CREATE_H

#include "cli/command.h"

extern const struct ats_flag ats_topics_create_flags[];
int ats_topics_create(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
