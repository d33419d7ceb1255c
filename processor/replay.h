/* SPDX-License-Identifier: Apache-2.0 */
/* `attestream-processor replay`: file in, file out, through the same pipeline as under Kafka. */
#ifndef ATS_PROCESSOR_REPLAY_H
#define ATS_PROCESSOR_REPLAY_H

/* argv[0] is "replay". Returns the exit code, see exit_code.h. */
int ats_replay_main(int argc, char **argv);

#endif
