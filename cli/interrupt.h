/* SPDX-License-Identifier: Apache-2.0 */
/* Ctrl-C in commands that write group by group. Thread: the CLI's only one. */
#ifndef ATS_CLI_INTERRUPT_H
#define ATS_CLI_INTERRUPT_H

#include <stdbool.h>

/* From here on the first SIGINT or SIGTERM is only noted, so that the group under way comes to its end; a second one ends the command. */
void ats_interrupt_heed(void);
bool ats_interrupted(void);

#endif
