/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/device_series.h"

#include <stdio.h>
#include <stdlib.h>

/* Out of memory is an answer here, not the end of the broker: uthash then leaves hh.tbl NULL. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* Device, contract and version, with a byte between them that no name has. */
#define KEY_SIZE (3 * (ATS_NAME_MAX + 1))

struct entry {
    struct ats_series_state state;
    UT_hash_handle hh;
    char key[];
};

struct ats_device_series {
    struct entry *by_key; /* who was heard least recently first */
    size_t devices_max;
};

struct ats_device_series *ats_device_series_new(size_t devices_max)
{
    struct ats_device_series *series = calloc(1, sizeof(*series));
    if (series)
        series->devices_max = devices_max;
    return series;
}

static void remove_entry(struct ats_device_series *series, struct entry *entry)
{
    HASH_DEL(series->by_key, entry);
    free(entry);
}

void ats_device_series_free(struct ats_device_series *series)
{
    struct entry *entry, *next;
    if (!series)
        return;
    /* NOLINTBEGIN(clang-analyzer-unix.Malloc): it does not follow uthash's list of what is left. */
    HASH_ITER(hh, series->by_key, entry, next)
    {
        remove_entry(series, entry);
    }
    /* NOLINTEND(clang-analyzer-unix.Malloc) */
    free(series);
}

static size_t make_key(const char *device, const struct ats_contract *contract,
                       char ret_key[KEY_SIZE])
{
    int len =
        snprintf(ret_key, KEY_SIZE, "%.*s\x1f%.*s\x1f%.*s", ATS_NAME_MAX, device, ATS_NAME_MAX,
                 ats_contract_name(contract), ATS_NAME_MAX, ats_contract_version(contract));
    return len > 0 ? (size_t)len : 0;
}

static struct entry *find(const struct ats_device_series *series, const char *key, size_t len)
{
    struct entry *entry = NULL;
    HASH_FIND(hh, series->by_key, key, len, entry);
    return entry;
}

void ats_device_series_load(struct ats_device_series *series, const char *device,
                            const struct ats_contract *contract, struct ats_series_state *ret_state)
{
    char key[KEY_SIZE];
    const struct entry *entry = find(series, key, make_key(device, contract, key));
    *ret_state = entry ? entry->state : (struct ats_series_state){0};
}

static struct entry *make_entry(struct ats_device_series *series, const char *key, size_t len)
{
    if (series->by_key && HASH_COUNT(series->by_key) >= series->devices_max)
        remove_entry(series, series->by_key);
    struct entry *entry = calloc(1, sizeof(*entry) + len + 1);
    if (!entry)
        return NULL;
    memcpy(entry->key, key, len);
    return entry;
}

void ats_device_series_store(struct ats_device_series *series, const char *device,
                             const struct ats_contract *contract,
                             const struct ats_series_state *state)
{
    char key[KEY_SIZE];
    size_t len = make_key(device, contract, key);
    struct entry *entry = find(series, key, len);
    if (entry && !entry->hh.next) {
        entry->state = *state;
        return;
    }
    if (entry)
        HASH_DEL(series->by_key, entry); /* and behind all others again */
    else
        entry = make_entry(series, key, len);
    if (!entry)
        return;
    entry->state = *state;
    HASH_ADD_KEYPTR(hh, series->by_key, entry->key, len, entry);
    if (!entry->hh.tbl)
        free(entry);
}
