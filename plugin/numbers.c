/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/numbers.h"

#include "plugin/device_store.h"

#include <stdio.h>
#include <stdlib.h>

/* Out of memory is an answer here, not the end of the broker: uthash then leaves hh.tbl NULL. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->counter = 0)
#include <uthash.h>

struct entry {
    char owner[ATS_NUMBERS_OWNER_SIZE];
    struct ats_window *window;
    uint64_t counter; /* of the newest CONNECT that was accepted; 0: none */
    UT_hash_handle hh;
};

struct ats_numbers {
    struct entry *by_owner;
    struct entry *next_look; /* in the search for room; NULL: the first */
    struct ats_store *counters;
    struct ats_store *marks;
    size_t keys_max;
};

void ats_numbers_owner(const char *device, const char *key_id,
                       char ret_owner[ATS_NUMBERS_OWNER_SIZE])
{
    (void)snprintf(ret_owner, ATS_NUMBERS_OWNER_SIZE, "%.*s\x1f%.*s", ATS_NAME_MAX, device,
                   ATS_KEY_ID_SIZE - 1, key_id);
}

enum ats_status ats_numbers_new(struct ats_store *counters, struct ats_store *marks,
                                size_t keys_max, struct ats_numbers **ret_numbers)
{
    struct ats_numbers *numbers = calloc(1, sizeof(*numbers));
    *ret_numbers = numbers;
    if (!numbers)
        return ATS_ERR_MEMORY;
    numbers->counters = counters;
    numbers->marks = marks;
    numbers->keys_max = keys_max;
    return ATS_OK;
}

void ats_numbers_free(struct ats_numbers *numbers)
{
    struct entry *entry, *next;
    if (!numbers)
        return;
    /* NOLINTBEGIN(clang-analyzer-unix.Malloc): it does not follow uthash's list of what is left. */
    HASH_ITER(hh, numbers->by_owner, entry, next)
    {
        HASH_DEL(numbers->by_owner, entry);
        free(entry->window);
        free(entry);
    }
    /* NOLINTEND(clang-analyzer-unix.Malloc) */
    free(numbers);
}

static struct entry *find(const struct ats_numbers *numbers, const char *owner)
{
    struct entry *entry = NULL;
    HASH_FIND_STR(numbers->by_owner, owner, entry);
    return entry;
}

static bool is_stored(const struct ats_numbers *numbers, const struct entry *entry)
{
    uint64_t counter = 0;
    uint64_t mark = 0;
    uint64_t highest = entry->window ? entry->window->highest : 0;
    return ats_device_store_get(numbers->counters, entry->owner, &counter) == ATS_OK &&
           ats_device_store_get(numbers->marks, entry->owner, &mark) == ATS_OK &&
           counter >= entry->counter && mark >= highest;
}

/* The next one of which the stores have all leaves memory, of the few that are looked at. */
static void make_room(struct ats_numbers *numbers)
{
    for (int i = 0; i < ATS_GATE_NUMBERS_LOOKS; i++) {
        struct entry *entry = numbers->next_look ? numbers->next_look : numbers->by_owner;
        if (!entry)
            return;
        numbers->next_look = entry->hh.next;
        if (!is_stored(numbers, entry))
            continue;
        HASH_DEL(numbers->by_owner, entry);
        free(entry->window);
        free(entry);
        return;
    }
}

static bool has_room(struct ats_numbers *numbers)
{
    if (HASH_COUNT(numbers->by_owner) >= numbers->keys_max)
        make_room(numbers);
    return HASH_COUNT(numbers->by_owner) < numbers->keys_max;
}

static struct entry *get(struct ats_numbers *numbers, const char *owner)
{
    struct entry *entry = find(numbers, owner);
    if (entry || !has_room(numbers))
        return entry;
    entry = calloc(1, sizeof(*entry));
    if (!entry)
        return NULL;
    (void)snprintf(entry->owner, sizeof(entry->owner), "%s", owner);
    HASH_ADD_STR(numbers->by_owner, owner, entry);
    if (entry->hh.tbl)
        return entry;
    free(entry);
    return NULL;
}

struct ats_window *ats_numbers_window(struct ats_numbers *numbers, const char *owner, bool make)
{
    struct entry *entry = make ? get(numbers, owner) : find(numbers, owner);
    if (entry && !entry->window && make)
        entry->window = calloc(1, sizeof(*entry->window));
    return entry ? entry->window : NULL;
}

uint64_t ats_numbers_counter(const struct ats_numbers *numbers, const char *owner)
{
    const struct entry *entry = find(numbers, owner);
    return entry ? entry->counter : 0;
}

bool ats_numbers_fit(struct ats_numbers *numbers, const char *owner)
{
    return find(numbers, owner) || has_room(numbers);
}

bool ats_numbers_raise_counter(struct ats_numbers *numbers, const char *owner, uint64_t counter)
{
    struct entry *entry = get(numbers, owner);
    if (entry && counter > entry->counter)
        entry->counter = counter;
    return entry;
}
