/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers that a device uses under one of its keys: the window of its sequences, and the highest counter of its CONNECTs. By key,
 * so that whoever has stolen one brings that key's numbers to their end and not the device's: with the key retired, the next begins
 * anew (docs/adr/0026).
 *
 *   owner (device and key id) -> window, counter
 *
 * When it is full, who comes new takes the place of one of which the stores have the counter and the highest sequence; that one begins
 * again at what is stored, as after a restart.
 *
 * Thread: the broker's. Owns: everything; a window is good until the next call that may make one.
 */
#ifndef ATS_PLUGIN_NUMBERS_H
#define ATS_PLUGIN_NUMBERS_H

#include "common/base/limits.h"
#include "common/base/status.h"
#include "common/identity/key.h"
#include "common/identity/window.h"
#include "common/store/store.h"

/* The device's name, a byte that no name has, the key id, NUL. */
#define ATS_NUMBERS_OWNER_SIZE (ATS_NAME_MAX + 1 + ATS_KEY_ID_SIZE)

struct ats_numbers;

void ats_numbers_owner(const char *device, const char *key_id,
                       char ret_owner[ATS_NUMBERS_OWNER_SIZE]);

/* The stores (borrowed) have both numbers by owner, as the forwarder wrote them. */
ATS_MUST_USE enum ats_status ats_numbers_new(struct ats_store *counters, struct ats_store *marks,
                                             size_t keys_max, struct ats_numbers **ret_numbers);
void ats_numbers_free(struct ats_numbers *numbers);

/* Made when it is missing and `make` is set. NULL: none, or no room. */
struct ats_window *ats_numbers_window(struct ats_numbers *numbers, const char *owner, bool make);
/* The highest counter that was noted here, 0: none; whether one may be noted, which makes room; notes it, unless a higher one is. False: no room. */
uint64_t ats_numbers_counter(const struct ats_numbers *numbers, const char *owner);
bool ats_numbers_fit(struct ats_numbers *numbers, const char *owner);
ATS_MUST_USE bool ats_numbers_raise_counter(struct ats_numbers *numbers, const char *owner,
                                            uint64_t counter);

#endif
