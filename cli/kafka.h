/* SPDX-License-Identifier: Apache-2.0 */
/* What a command that needs Kafka does before anything else. Thread: one. */
#ifndef ATS_CLI_KAFKA_H
#define ATS_CLI_KAFKA_H

#include "cli/command.h"

/* Waits until a broker answers; a person is told what is waited for. UNAVAILABLE after ATS_CLI_KAFKA_TIMEOUT_MS, CONFIG. */
ATS_MUST_USE enum ats_status ats_cli_await_kafka(const struct ats_cli *cli, struct ats_error *err);

#endif
