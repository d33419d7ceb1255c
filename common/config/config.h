/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration by property table: one table per program yields the parser, the reference page, the example file and
 * --print-config. A property is written into a member of the program's options struct.
 *
 * Strings are copied into a pool that the options struct does not own: struct ats_config_values does.
 * Thread: at start, one. Errors: CONFIG, "FILE:LINE: unknown key 'x' (did you mean 'y'?)" or
 * "FILE:LINE: key 'x': 'value' is not allowed (allowed: ...)"; without a file, ORIGIN stands in its place.
 */
#ifndef ATS_CONFIG_CONFIG_H
#define ATS_CONFIG_CONFIG_H

#include "common/base/buf.h"
#include "common/base/error.h"

enum ats_property_type {
    ATS_PROPERTY_TEXT,     /* const char * */
    ATS_PROPERTY_PATH,     /* const char *; a file or folder */
    ATS_PROPERTY_INTEGER,  /* int64_t, between min and max */
    ATS_PROPERTY_BOOLEAN,  /* bool: true or false */
    ATS_PROPERTY_CHOICE,   /* int, the index in `choices` */
    ATS_PROPERTY_DURATION, /* int64_t milliseconds: 250ms, 10s, 5m, 1h, 7d; between min and max */
    ATS_PROPERTY_SIZE,     /* int64_t bytes: 4096, 64KiB, 16MiB, 2GiB; between min and max */
};

/* A text or path may be empty only where its default is. */
struct ats_property {
    const char *name; /* lower_case; NULL ends the table */
    enum ats_property_type type;
    size_t offset; /* offsetof the member in the options struct */
    int64_t min;
    int64_t max;
    const char *const *choices; /* ends with NULL */
    const char *default_text;   /* NULL: required */
    const char *help;           /* one sentence; says the unit */
};

struct ats_config_values {
    char **texts;   /* per property of the table: its value as it was given, or NULL */
    char **origins; /* per property: where that stands, or NULL: its default is in force */
    size_t count;
};

/* Sets every default; a required property becomes NULL, 0 or false until it is set. Call fini also after a failure. */
ATS_MUST_USE enum ats_status ats_config_begin(const struct ats_property *table, void *options,
                                              struct ats_config_values *values,
                                              struct ats_error *err);
/* Sets one property; a later call wins. `origin` says where it stands, e.g. "gate.conf:12", "plugin_opt_mode", "--kafka-bootstrap". */
ATS_MUST_USE enum ats_status ats_config_set(const struct ats_property *table, void *options,
                                            struct ats_config_values *values, const char *name,
                                            const char *value, const char *origin,
                                            struct ats_error *err);
/* A file of "key = value" lines; a line that starts with # is a comment, a key stands once. */
ATS_MUST_USE enum ats_status ats_config_read_file(const struct ats_property *table, void *options,
                                                  struct ats_config_values *values,
                                                  const char *path, struct ats_error *err);
/* Says which required property is missing; `spelled` is what stands before a property's name where a person gives it ("--"). */
ATS_MUST_USE enum ats_status ats_config_end(const struct ats_property *table,
                                            const struct ats_config_values *values,
                                            const char *spelled, struct ats_error *err);
/* Puts "ORIGIN: key 'NAME'" before the text of an error about a value that shows only once it is used. */
void ats_config_blame(const struct ats_property *table, const struct ats_config_values *values,
                      const char *name, struct ats_error *err);
void ats_config_values_fini(struct ats_config_values *values);

/* The values in force as a file that read_file takes (--print-config). */
void ats_config_print(const struct ats_property *table, const void *options, struct ats_buf *out);
/* A Markdown table: name, allowed, default, what. */
void ats_config_print_reference(const struct ats_property *table, struct ats_buf *out);
/* An example file, every property commented out; each name gets `prefix` (such as "plugin_opt_"). */
void ats_config_print_example(const struct ats_property *table, const char *prefix,
                              const char *separator, struct ats_buf *out);
#endif
