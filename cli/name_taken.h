/* SPDX-License-Identifier: Apache-2.0 */
/* What is said where a name is to be given to something new, and the control log has it: that it is there, or that it was, and never comes back. Thread: any. */
#ifndef ATS_CLI_NAME_TAKEN_H
#define ATS_CLI_NAME_TAKEN_H

#include "common/base/error.h"
#include "common/control/record.h"

/* EXISTS, always. The record is the name's newest one: of a device, a gate or an operator. */
enum ats_status ats_name_taken(const struct ats_control_record *record, struct ats_error *err);

#endif
