/* SPDX-License-Identifier: Apache-2.0 */
/* What `run` and `replay` end with. */
#ifndef ATS_PROCESSOR_EXIT_CODE_H
#define ATS_PROCESSOR_EXIT_CODE_H

#include "common/base/status.h"

#include <stdbool.h>

#define ATS_EXIT_DONE 0
#define ATS_EXIT_FAILED                                                                            \
    1 /* a failure of this machine: memory, a disk that is full or broken, a defect */
#define ATS_EXIT_USAGE 2 /* options, or what they name: missing, wrong, in use */

#define ATS_EXIT_CODES_HELP                                                                        \
    "Exit codes: 0 done; 1 a failure of this machine (memory, a disk that is full or broken,\n"    \
    "a defect); 2 usage or configuration, what it names included (a folder or file that is\n"      \
    "missing, wrong or in use).\n"

/* Until everything is opened (`started` is false), what cannot be opened is a matter of the options that name it. */
int ats_exit_code(enum ats_status status, bool started);

#endif
