/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/exit_code.h"

int ats_exit_code(enum ats_status status, bool started)
{
    switch (status) {
    case ATS_OK:
        return ATS_EXIT_DONE;
    case ATS_ERR_MEMORY:
    case ATS_ERR_DISK:
    case ATS_ERR_CORRUPT:
    case ATS_ERR_FENCED:
    case ATS_ERR_INTERNAL:
        return ATS_EXIT_FAILED;
    case ATS_ERR_IO:
        return started ? ATS_EXIT_FAILED : ATS_EXIT_USAGE;
    default:
        return ATS_EXIT_USAGE;
    }
}
