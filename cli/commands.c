/* SPDX-License-Identifier: Apache-2.0 */
/* The command table: a new command is a file cmd_NAME.c and its line here. */
#include "cli/command.h"

const struct ats_command_group ats_command_groups[] = {
    {"init", "make a fleet", ats_init_commands},
    {"status", "what the control log says", ats_status_commands},
    {"gate", "gates: brokers with the plugin", ats_gate_commands},
    {"processor", "members of the processor's group", ats_processor_commands},
    {"root", "root and successor of the fleet", ats_root_commands},
    {"policy", "which acts take two persons", ats_policy_commands},
    {"approve", "sign as the second person", ats_approve_commands},
    {"operator", "who signs for the fleet", ats_operator_commands},
    {"device", "devices and their keys", ats_device_commands},
    {"contract", "what data must look like", ats_contract_commands},
    {"registry", "a site's own Schema Registry", ats_registry_commands},
    {"docs", "contracts as pages for people and tools", ats_docs_commands},
    {"usecase", "what is done with data", ats_usecase_commands},
    {"topics", "Kafka topics", ats_topics_commands},
    {"control", "the control log as a file", ats_control_commands},
    {"watch", "records of a topic as JSON", ats_watch_commands},
    {"quarantine", "what was kept out, and why", ats_quarantine_commands},
    {"verify", "what a record proves", ats_verify_commands},
    {"help", "how commands are used", ats_help_commands},
    {0},
};
