/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the gate's claims to the control log: the broker's thread hands them over through a ring, the forwarder's thread
 * signs and sends them with a producer of its own, which is made with the first claim. A record that is lost on the way (a stop,
 * a producer that broke) is claimed again by its device, which keeps its token until it is enrolled.
 *
 * Thread: push and ready on the broker's, step on the forwarder's, new and free while that one does not run.
 */
#ifndef ATS_PLUGIN_CLAIM_WRITER_H
#define ATS_PLUGIN_CLAIM_WRITER_H

#include "common/base/log.h"
#include "common/base/span.h"
#include "common/control/registry.h"
#include "common/identity/session.h"
#include "common/kafka/config.h"
#include "plugin/metrics.h"

struct ats_claim_writer;

/* All borrowed for the writer's life. */
struct ats_claim_writer_options {
    const struct ats_kafka_config *kafka;
    struct ats_registry *registry;
    const struct ats_gate_identity *identity;
    struct ats_gate_metrics *metrics;
    const struct ats_clock *clock;
    struct ats_log *log;
};

ATS_MUST_USE enum ats_status ats_claim_writer_new(const struct ats_claim_writer_options *options,
                                                  struct ats_claim_writer **ret_writer,
                                                  struct ats_error *err);
void ats_claim_writer_free(struct ats_claim_writer *writer);
/* Whether a claim that is pushed now will be sent soon, as far as is known. */
bool ats_claim_writer_ready(const struct ats_claim_writer *writer);
/* Claims that were pushed and not written, so far: whose they were is not known. */
uint64_t ats_claim_writer_losses(const struct ats_claim_writer *writer);
/* Copies the claim as the device sent it, which was verified. False: the queue is full. */
bool ats_claim_writer_push(struct ats_claim_writer *writer, struct ats_span claim);
/* Sends what waits and hears what became of it; waits for nothing. */
void ats_claim_writer_step(struct ats_claim_writer *writer);

#endif
