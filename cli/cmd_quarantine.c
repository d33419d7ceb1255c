/* SPDX-License-Identifier: Apache-2.0 */
/* attestream quarantine list | show | replay */
#include "cli/quarantine.h"

const struct ats_command ats_quarantine_commands[] = {
    {"list", "", "List what gates and processors kept out, newest last, or count it.",
     "Reads the quarantine topic to the end that it has now (Ctrl-C before that: exit code 1). "
     "What "
     "is shown is the word of whoever may write to that topic.",
     ats_quarantine_list_flags, 0, 0, ats_quarantine_list},
    {"show", "ID...", "Show records with payload, proof and reason.",
     "ID is PARTITION:OFFSET, as `list` prints it. It shows the value at the place that broke the "
     "rule, and what the version that judges the device's publishes now would say (- where none "
     "does, or nobody can say): another version may take what one refused. Who approves a replay "
     "compares the hash. No such record: exit code 1.",
     NULL, 1, ATS_POSITIONAL_ANY, ats_quarantine_show},
    {"replay", "[ID...]", "Have gates admit records of quarantine anew, once each.",
     "Signs a record into the control log that names them, by ID (PARTITION:OFFSET) or by what the "
     "options say of them; the gate that kept them out reads them back, checks its seal and judges "
     "them by the version that judges the device's publishes now. First publish the version that "
     "takes them. What would "
     "be refused again is not named, and told with its reason: exit code 1.",
     ats_quarantine_replay_flags, 0, ATS_POSITIONAL_ANY, ats_quarantine_replay},
    {0},
};
