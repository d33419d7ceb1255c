/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attestream-contracts ROUNDS MILLISECONDS: times a contract's admission of a payload (JSON to checked Avro), jansson's parse of the
 * same text and simdjson's on-demand parse that reads all of its fields, in turn, each for so long, and prints a JSON object a round:
 * microseconds of processor time for one operation, and how many allocations of memory one of ours took.
 */
#include "common/base/parse.h"
#include "tests/bench/contracts/record.h"
#include "tests/bench/contracts/subject.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Between two looks at the clock. */
#define BATCH 256

static uint64_t allocations;

/* glibc's own, by its names beneath. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    allocations++;
    return __libc_realloc(memory, size);
}

static double cpu_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static struct ats_buf out;

static bool admit(const struct record *record)
{
    struct ats_verdict verdict;
    const struct ats_contract_input input = {.payload = ats_span_of(record->payload, record->len)};
    ats_buf_clear(&out);
    return ats_contract_admit(record->contract, &input, &out, &verdict) == ATS_OK;
}

static bool parse_jansson(const struct record *record)
{
    json_t *value = json_loadb(record->payload, record->len, 0, NULL);
    json_decref(value);
    return value != NULL;
}

static bool read_simdjson(const struct record *record)
{
    return bench_simdjson_read(record->payload, record->len, record->room, record->fields);
}

/* Microseconds for one; below 0: it failed. */
static double measure(bool (*one)(const struct record *record), const struct record *record,
                      double for_us)
{
    double begun = cpu_us();
    double spent = 0;
    uint64_t count = 0;
    while (spent < for_us) {
        for (int i = 0; i < BATCH; i++)
            if (!one(record))
                return -1;
        count += BATCH;
        spent = cpu_us() - begun;
    }
    return spent / (double)count;
}

static bool run_round(const struct record *records, const size_t *fields, size_t count,
                      double for_us)
{
    uint64_t before = 0;
    (void)admit(&records[0]);
    before = allocations;
    double ours = measure(admit, &records[0], for_us);
    uint64_t taken = allocations - before;
    double jansson = measure(parse_jansson, &records[0], for_us);
    double simdjson = measure(read_simdjson, &records[0], for_us);
    (void)printf("{\"ours_us\": %.5f, \"jansson_us\": %.5f, \"simdjson_us\": %.5f, "
                 "\"allocations\": %llu, \"fields\": {",
                 ours, jansson, simdjson, (unsigned long long)taken);
    bool good = ours > 0 && jansson > 0 && simdjson > 0;
    for (size_t i = 0; i < count; i++) {
        double each = measure(admit, &records[i], for_us);
        good = good && each > 0;
        (void)printf("%s\"%zu\": %.5f", i > 0 ? ", " : "", fields[i], each);
    }
    (void)printf("}}\n");
    return good;
}

static bool parse_count(const char *text, uint64_t *ret_count)
{
    return ats_parse_uint64(ats_span_text(text), ret_count) == ATS_OK && *ret_count >= 1 &&
           *ret_count <= 1000000;
}

int main(int argc, char **argv)
{
    static const size_t fields[] = {10, 25, 50, 100, 200};
    enum { COUNT = sizeof(fields) / sizeof(fields[0]) };
    struct record records[COUNT] = {0};
    uint64_t rounds = 0;
    uint64_t for_ms = 0;
    bool good = true;
    if (argc != 3 || !parse_count(argv[1], &rounds) || !parse_count(argv[2], &for_ms)) {
        (void)fputs("usage: attestream-contracts ROUNDS MILLISECONDS\n", stderr);
        return 2;
    }
    ats_buf_init(&out, 1024 * 1024);
    for (size_t i = 0; i < COUNT && good; i++)
        good = record_make(&records[i], fields[i], bench_simdjson_padding());
    good = good && bench_simdjson_open();
    for (uint64_t i = 0; i < rounds && good; i++)
        good = run_round(records, fields, COUNT, (double)for_ms * 1e3);
    for (size_t i = 0; i < COUNT; i++)
        record_fini(&records[i]);
    bench_simdjson_close();
    ats_buf_fini(&out);
    if (!good)
        (void)fputs("attestream-contracts: a payload was not read\n", stderr);
    return good ? 0 : 1;
}
