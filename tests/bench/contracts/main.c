/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attestream-contracts ROUNDS MILLISECONDS: times a contract's admission of a payload (JSON to checked Avro), jansson's parse of the
 * same text and simdjson's on-demand parse that reads all of its fields, in turn, each for so long, and prints a JSON object a round:
 * microseconds of processor time for one operation, and how many allocations of memory one of ours took. Ours also with more fields,
 * with fields in another order than the schema's, and with reals of 17 digits.
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

#define FIELD_COUNTS 5
static const size_t field_counts[FIELD_COUNTS] = {10, 25, 50, 100, 200};

struct records {
    struct record plain[FIELD_COUNTS];
    struct record other_order;
    struct record digits;
};

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
                      double for_us, uint64_t *ret_count)
{
    double begun = cpu_us();
    double spent = 0;
    *ret_count = 0;
    while (spent < for_us) {
        for (int i = 0; i < BATCH; i++)
            if (!one(record))
                return -1;
        *ret_count += BATCH;
        spent = cpu_us() - begun;
    }
    return spent / (double)*ret_count;
}

/* The same under its name in the round's object. */
static bool report(const char *name, bool (*one)(const struct record *record),
                   const struct record *record, double for_us)
{
    uint64_t count = 0;
    double each = measure(one, record, for_us, &count);
    (void)printf("\"%s\": %.5f, ", name, each);
    return each > 0;
}

/* Ours, with what it takes of memory. */
static bool report_ours(const struct record *record, double for_us)
{
    uint64_t count = 0;
    (void)admit(record); /* the buffer has its size from then on */
    uint64_t before = allocations;
    double each = measure(admit, record, for_us, &count);
    (void)printf("\"ours_us\": %.5f, \"allocations\": %g, ", each,
                 (double)(allocations - before) / (double)count);
    return each > 0;
}

static bool run_round(const struct records *records, double for_us)
{
    const struct record *first = &records->plain[0];
    (void)printf("{");
    bool good = report_ours(first, for_us);
    good = report("jansson_us", parse_jansson, first, for_us) && good;
    good = report("simdjson_us", read_simdjson, first, for_us) && good;
    good = report("other_order_us", admit, &records->other_order, for_us) && good;
    good = report("digits_17_us", admit, &records->digits, for_us) && good;
    (void)printf("\"fields\": {");
    for (size_t i = 0; i < FIELD_COUNTS; i++) {
        uint64_t count = 0;
        double each = measure(admit, &records->plain[i], for_us, &count);
        good = good && each > 0;
        (void)printf("%s\"%zu\": %.5f", i > 0 ? ", " : "", field_counts[i], each);
    }
    (void)printf("}}\n");
    return good;
}

static bool parse_count(const char *text, uint64_t *ret_count)
{
    return ats_parse_uint64(ats_span_text(text), ret_count) == ATS_OK && *ret_count >= 1 &&
           *ret_count <= 1000000;
}

static bool make_records(struct records *records)
{
    size_t room = bench_simdjson_padding();
    bool good = record_make(&records->other_order, field_counts[0], RECORD_OTHER_ORDER, room) &&
                record_make(&records->digits, field_counts[0], RECORD_DIGITS, room);
    for (size_t i = 0; i < FIELD_COUNTS && good; i++)
        good = record_make(&records->plain[i], field_counts[i], RECORD_PLAIN, room);
    return good;
}

static void free_records(struct records *records)
{
    for (size_t i = 0; i < FIELD_COUNTS; i++)
        record_fini(&records->plain[i]);
    record_fini(&records->other_order);
    record_fini(&records->digits);
}

int main(int argc, char **argv)
{
    struct records records = {0};
    uint64_t rounds = 0;
    uint64_t for_ms = 0;
    if (argc != 3 || !parse_count(argv[1], &rounds) || !parse_count(argv[2], &for_ms)) {
        (void)fputs("usage: attestream-contracts ROUNDS MILLISECONDS\n", stderr);
        return 2;
    }
    ats_buf_init(&out, 1024 * 1024);
    bool good = make_records(&records) && bench_simdjson_open();
    for (uint64_t i = 0; i < rounds && good; i++)
        good = run_round(&records, (double)for_ms * 1e3);
    free_records(&records);
    bench_simdjson_close();
    ats_buf_fini(&out);
    if (!good)
        (void)fputs("attestream-contracts: a payload was not read\n", stderr);
    return good ? 0 : 1;
}
