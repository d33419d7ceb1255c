/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/secret.h"

#include "common/base/limits.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define NOBODY 65534

static void setup(void)
{
    cr_assert_eq(ats_identity_init(), ATS_OK);
}

TestSuite(secret, .init = setup);

/* Whether the kernel leaves the mapping of this address out of a core dump ("dd" in its flags). */
static bool is_left_out_of_dumps(const void *address)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512];
    bool here = false;
    bool left_out = false;
    cr_assert_not_null(maps);
    while (fgets(line, sizeof(line), maps)) {
        uintptr_t from, to;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
            here = (uintptr_t)address >= from && (uintptr_t)address < to;
        else if (here && strncmp(line, "VmFlags:", 8) == 0)
            left_out = strstr(line, " dd") != NULL;
    }
    (void)fclose(maps);
    return left_out;
}

static bool is_zero(const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    uint8_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum |= at[i];
    return sum == 0;
}

Test(secret, blocks_are_zeroed_aligned_and_left_out_of_core_dumps)
{
    bool locked = true;
    uint8_t *block = ats_secret_new(1001, &locked);
    int *outside = malloc(sizeof(*outside));
    cr_assert_not_null(block);
    cr_assert(is_zero(block, 1001));
    cr_assert_eq((uintptr_t)block % 16, 0);
    cr_assert(is_left_out_of_dumps(block));
    cr_assert_not(is_left_out_of_dumps(outside), "this test sees the difference");
    ats_secret_free(block);
    free(outside);
}

Test(secret, an_arena_gives_zeroed_slots_and_zeroes_them_again)
{
    struct ats_key_arena *arena = NULL;
    cr_assert_eq(ats_key_arena_new(10, &arena), ATS_OK);
    struct ats_session_keys *keys = ats_key_arena_take(arena);
    cr_assert_not_null(keys);
    cr_assert(is_zero(keys, sizeof(*keys)));
    cr_assert(is_left_out_of_dumps(keys));
    memset(keys, 0xa5, sizeof(*keys));
    ats_key_arena_give(arena, keys);
    cr_assert(is_zero(keys->key, sizeof(keys->key)), "as long as nobody has it");
    cr_assert_eq(ats_key_arena_take(arena), keys);
    cr_assert(is_zero(keys, sizeof(*keys)));
    ats_key_arena_free(arena);
}

Test(secret, an_arena_gives_no_more_than_its_maximum)
{
    enum { MAX = ATS_KEY_ARENA_CHUNK + 5 };
    static struct ats_session_keys *taken[MAX];
    struct ats_key_arena *arena = NULL;
    cr_assert_eq(ats_key_arena_new(MAX, &arena), ATS_OK);
    for (size_t i = 0; i < MAX; i++) {
        taken[i] = ats_key_arena_take(arena);
        cr_assert_not_null(taken[i]);
        memset(taken[i], (int)i, sizeof(*taken[i]));
    }
    cr_assert_null(ats_key_arena_take(arena));
    for (size_t i = 0; i < MAX; i++)
        cr_assert_eq(taken[i]->key[31], (uint8_t)i, "each has its own");
    ats_key_arena_give(arena, taken[7]);
    cr_assert_eq(ats_key_arena_take(arena), taken[7]);
    ats_key_arena_free(arena);
}

Test(secret, goes_on_without_locked_memory_and_says_so)
{
    const struct rlimit none = {0, 0};
    struct ats_key_arena *arena = NULL;
    cr_assert_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
    if (geteuid() == 0) { /* root may lock whatever the limit says */
        cr_assert_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
        cr_assert_eq(prctl(PR_SET_DUMPABLE, 1), 0, "or it may not read its own maps");
    }
    cr_assert_eq(ats_key_arena_new(10, &arena), ATS_OK);
    cr_assert(ats_key_arena_locked(arena));
    struct ats_session_keys *keys = ats_key_arena_take(arena);
    cr_assert_not_null(keys);
    /* ASan takes every mlock() for done. */
    bool locks = mlock(keys, sizeof(*keys)) == 0;
    cr_assert_eq(ats_key_arena_locked(arena), locks);
    cr_assert(is_left_out_of_dumps(keys));
    ats_key_arena_free(arena);
}
