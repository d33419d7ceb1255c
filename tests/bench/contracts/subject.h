/* SPDX-License-Identifier: Apache-2.0 */
/* What attestream-contracts times, one operation each on the same payload. Thread: one. */
#ifndef ATS_BENCH_SUBJECT_H
#define ATS_BENCH_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* simdjson's on-demand parse that reads every field of the object, as the type that the field's name begins with: l (long), d
   (double), s (string), b (boolean). `room` bytes may be read behind `len`. False if it does not read. */
bool bench_simdjson_open(void);
bool bench_simdjson_read(const char *text, size_t len, size_t room, size_t fields);
void bench_simdjson_close(void);
/* The bytes that simdjson wants behind the text. */
size_t bench_simdjson_padding(void);

#ifdef __cplusplus
}
#endif

#endif
