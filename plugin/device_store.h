/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a gate must remember of a device after a restart: one number in a store of its own (the last CONNECT counter;
 * the highest sequence that Kafka has). Two stores, since each has one writing thread (but for
 * marks of replays, which are few). Thread: get on any.
 */
#ifndef ATS_PLUGIN_DEVICE_STORE_H
#define ATS_PLUGIN_DEVICE_STORE_H

#include "common/store/store.h"

/* 0 for a device that is not there. Opens a view for the time of the call: one that stayed would pin old pages. */
ATS_MUST_USE enum ats_status ats_device_store_get(struct ats_store *store, const char *device,
                                                  uint64_t *ret_number);
/* Puts the number unless a larger one is there. */
ATS_MUST_USE enum ats_status ats_device_store_raise(struct ats_store_batch *batch,
                                                    struct ats_span device, uint64_t number);

#endif
