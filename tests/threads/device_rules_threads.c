/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread counts, another reads: each row that is there has its names whole, and counters only grow. A plain program, for
 * ThreadSanitizer.
 */
#include "plugin/device_rules.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 1024
#define ROUNDS 200

static struct ats_device_rules *rules;
static _Atomic(bool) done;

static void name_of(size_t number, char ret_name[32])
{
    (void)snprintf(ret_name, 32, "device-%zu", number);
}

static void check(bool holds, const char *what, size_t number)
{
    if (holds)
        return;
    (void)fprintf(stderr, "%s at %zu\n", what, number);
    exit(1);
}

static void *count(void *arg)
{
    struct ats_rule_counts counts = {0};
    char name[32];
    (void)arg;
    counts.quarantined[ATS_RULE_RANGE] = 1;
    for (size_t round = 1; round <= ROUNDS; round++)
        for (size_t i = 0; i < ROWS * round / ROUNDS; i++) {
            name_of(i, name);
            ats_device_rules_add(rules, name, "c", &counts, (int64_t)round);
        }
    atomic_store(&done, true);
    return NULL;
}

static void read_all(uint64_t before[ROWS])
{
    size_t rows = ats_device_rules_count(rules);
    char name[32];
    for (size_t i = 0; i < rows; i++) {
        struct ats_device_rules_row row;
        ats_device_rules_read(rules, i, &row);
        name_of(i, name);
        check(strcmp(row.device, name) == 0 && strcmp(row.contract, "c") == 0, "another name", i);
        check(row.quarantined >= before[i] && row.warned == 0, "a counter went back", i);
        before[i] = row.quarantined;
    }
}

int main(void)
{
    static uint64_t before[ROWS];
    pthread_t thread;
    rules = ats_device_rules_new(ROWS);
    check(rules && pthread_create(&thread, NULL, count, NULL) == 0, "no thread", 0);
    while (!atomic_load(&done))
        read_all(before);
    check(pthread_join(thread, NULL) == 0, "no end", 0);
    read_all(before);
    check(before[0] == ROUNDS && before[ROWS - 1] == 1, "not all was counted", ROWS - 1);
    ats_device_rules_free(rules);
    return 0;
}
