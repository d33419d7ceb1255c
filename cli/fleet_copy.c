/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/fleet_copy.h"

#include "cli/fleet.h"
#include "common/base/clock.h"
#include "common/base/limits.h"

#include <time.h>
#include <unistd.h>

#define STORE_RETRY_NS 50000000L

enum ats_status ats_fleet_store_open(const char *folder, int timeout_ms,
                                     struct ats_store **ret_store, struct ats_error *err)
{
    const struct timespec pause = {.tv_nsec = STORE_RETRY_NS};
    int64_t deadline_ms = ats_clock_monotonic_ms(&ats_clock_system) + timeout_ms;
    enum ats_status status;
    while ((status = ats_store_open(folder, ATS_CONTROL_MAP, ret_store, err)) == ATS_ERR_EXISTS &&
           ats_clock_monotonic_ms(&ats_clock_system) < deadline_ms)
        (void)nanosleep(&pause, NULL);
    return status;
}

/* Opened with the key that seals it, which is not made here: a copy without one was not left by a session. */
static enum ats_status open_store(const struct ats_cli *cli, struct ats_fleet_copy *copy,
                                  struct ats_error *err)
{
    struct ats_path folder;
    struct ats_path file;
    struct ats_key_pair pair;
    enum ats_status status = ats_fleet_path(cli, &folder, err, "store");
    if (status == ATS_OK)
        status = ats_fleet_path(cli, &file, err, "store.key.pem");
    if (status != ATS_OK)
        return status;
    if (access(folder.text, F_OK) != 0 || access(file.text, F_OK) != 0)
        return ATS_ERR_NOT_FOUND;
    status = ats_key_pair_read(file.text, ATS_KEY_AGREEMENT, &pair, err);
    if (status != ATS_OK)
        return status;
    status = ats_fleet_store_open(folder.text, ATS_CLI_COPY_TIMEOUT_MS, &copy->store, err);
    if (status == ATS_OK)
        ats_store_seal(copy->store, pair.seed);
    ats_key_pair_fini(&pair);
    return status == ATS_ERR_EXISTS
               ? ats_error_set(err, status, "another attestream command has %s", folder.text)
               : status;
}

enum ats_status ats_fleet_copy_open(const struct ats_cli *cli, struct ats_fleet_copy *ret_copy,
                                    struct ats_error *err)
{
    struct ats_registry_pins pins;
    *ret_copy = (struct ats_fleet_copy){0};
    enum ats_status status = open_store(cli, ret_copy, err);
    if (status == ATS_OK)
        status = ats_fleet_pins(cli, &pins, err);
    if (status == ATS_OK)
        status = ats_registry_open(ret_copy->store, &pins, &ret_copy->registry, err);
    if (status != ATS_OK)
        return status;
    if (ats_registry_was_emptied(ret_copy->registry))
        return ats_error_set(err, ATS_ERR_CORRUPT,
                             "it was altered, sealed with another key or made by an older version; "
                             "the next command that reads the control log makes it anew");
    if (ats_registry_count(ret_copy->registry) == 0)
        return ATS_ERR_NOT_FOUND;
    return ats_registry_view_open(ret_copy->registry, &ret_copy->view);
}

void ats_fleet_copy_close(struct ats_fleet_copy *copy)
{
    if (copy->view)
        ats_store_view_close(copy->view);
    ats_registry_close(copy->registry);
    ats_store_close(copy->store);
}
