/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/ring.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define NOBODY 65534

Test(ring, gives_items_back_in_order)
{
    struct ats_ring ring;
    cr_assert_eq(ats_ring_init(&ring, sizeof(int), 4), ATS_OK);
    int item = 0;
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 3; i++)
            cr_assert(ats_ring_push(&ring, &(int){round * 3 + i}));
        cr_assert_eq(ats_ring_count(&ring), 3);
        for (int i = 0; i < 3; i++) {
            cr_assert(ats_ring_pop(&ring, &item));
            cr_assert_eq(item, round * 3 + i);
        }
    }
    cr_assert_not(ats_ring_pop(&ring, &item));
    ats_ring_fini(&ring);
}

Test(ring, refuses_a_third_item_when_capacity_is_two)
{
    struct ats_ring ring;
    cr_assert_eq(ats_ring_init(&ring, sizeof(int), 2), ATS_OK);
    cr_assert(ats_ring_push(&ring, &(int){1}));
    cr_assert(ats_ring_push(&ring, &(int){2}));
    cr_assert_not(ats_ring_push(&ring, &(int){3}));
    ats_ring_fini(&ring);
}

Test(ring, keeps_nothing_of_an_item_that_was_popped)
{
    struct ats_ring ring;
    char secret[8] = "secret";
    static const uint8_t zeros[sizeof(secret)];
    cr_assert_eq(ats_ring_init(&ring, sizeof(secret), 1), ATS_OK);
    cr_assert(ats_ring_push(&ring, secret));
    cr_assert(ats_ring_pop(&ring, secret));
    cr_assert_eq(memcmp(ring.slots, zeros, sizeof(zeros)), 0);
    ats_ring_fini(&ring);
}

/* Kilobytes of this process that cannot be swapped out. */
static long locked_kib(void)
{
    char line[256];
    long kib = -1;
    FILE *file = fopen("/proc/self/status", "re");
    cr_assert_not_null(file);
    while (kib < 0 && fgets(line, sizeof(line), file))
        if (strncmp(line, "VmLck:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    (void)fclose(file);
    return kib;
}

Test(ring, of_secrets_is_not_swapped_out_where_that_may_be)
{
    const struct rlimit none = {0, 0};
#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("AddressSanitizer locks no memory, and says that it did");
#endif
    struct ats_ring ring;
    cr_assert_eq(ats_ring_init(&ring, 64, 1024), ATS_OK);
    long before = locked_kib();
    cr_assert(ats_ring_lock(&ring));
    cr_assert_eq(locked_kib(), before + 64);
    ats_ring_fini(&ring);
    cr_assert_eq(ats_ring_init(&ring, 64, 1024), ATS_OK);
    cr_assert_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
    if (geteuid() == 0) /* root may lock whatever the limit says */
        cr_assert_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
    cr_assert_not(ats_ring_lock(&ring));
    cr_assert(ats_ring_push(&ring, (uint8_t[64]){1}));
    ats_ring_fini(&ring);
}
