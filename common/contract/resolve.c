/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both schemas are walked together. Where the reader has a union the branches are tried without telling anybody; then the one that
 * fits best is walked once more, aloud. So no pair of types is walked more than twice for each union around it.
 */
#include "common/contract/resolve.h"

#include "common/base/limits.h"

#include <stdarg.h>
#include <stdio.h>

#define PATH_SIZE (ATS_SCHEMA_DEPTH_MAX * (ATS_NAME_MAX + 3))
#define TEXT_SIZE (3 * ATS_AVSC_NAME_SIZE)

struct resolver {
    ats_resolve_tell tell;
    void *ctx;
    int quiet; /* above 0: a branch is tried */
    size_t steps;
    char path[PATH_SIZE];
};

static bool resolve(struct resolver *x, const struct ats_avsc_type *reader,
                    const struct ats_avsc_type *writer);

/* ---- telling ---- */

ATS_PRINTF(4, 5)
static bool report(struct resolver *x, enum ats_resolve_fault fault, bool breaks,
                   const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list arguments;
    if (x->quiet > 0)
        return !breaks;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    const struct ats_resolve_finding finding = {fault, breaks, x->path, text};
    x->tell(x->ctx, &finding);
    return !breaks;
}

const char *ats_resolve_fault_name(enum ats_resolve_fault fault)
{
    static const char *const names[] = {
        [ATS_RESOLVE_TYPE] = "type",
        [ATS_RESOLVE_NAME] = "name",
        [ATS_RESOLVE_NAMESPACE] = "namespace",
        [ATS_RESOLVE_FIELD_MISSING] = "missing-field",
        [ATS_RESOLVE_FIELD_TWICE] = "two-fields",
        [ATS_RESOLVE_SYMBOL] = "enum-symbol",
        [ATS_RESOLVE_SIZE] = "size",
        [ATS_RESOLVE_BRANCH] = "union-branch",
        [ATS_RESOLVE_LOGICAL_TYPE] = "logical-type",
    };
    return names[fault];
}

/* A type as a person calls it: a named one by its name, too. */
static const char *show(const struct ats_avsc_type *type, char text[ATS_AVSC_NAME_SIZE + 10])
{
    const char *name = ats_avro_type_name(type->type);
    (void)snprintf(text, ATS_AVSC_NAME_SIZE + 10, "%s%s%s", name, type->full_name[0] ? " " : "",
                   type->full_name);
    return text;
}

static bool other_type(struct resolver *x, const struct ats_avsc_type *reader,
                       const struct ats_avsc_type *writer)
{
    char is[ATS_AVSC_NAME_SIZE + 10];
    char was[ATS_AVSC_NAME_SIZE + 10];
    return report(x, ATS_RESOLVE_TYPE, true, "%s does not read %s", show(reader, is),
                  show(writer, was));
}

/* ---- paths ---- */

static size_t enter(struct resolver *x, const char *dot, const char *part)
{
    size_t len = strlen(x->path);
    (void)snprintf(x->path + len, sizeof(x->path) - len, "%s%s", len > 0 ? dot : "", part);
    return len;
}

static void leave(struct resolver *x, size_t len)
{
    x->path[len] = '\0';
}

/* ---- types of one kind ---- */

/* The specification compares names without namespaces; Java's decoder compares enums and fixed with them. */
static bool check_name(struct resolver *x, const struct ats_avsc_type *reader,
                       const struct ats_avsc_type *writer)
{
    if (strcmp(reader->full_name, writer->full_name) == 0 ||
        ats_avsc_has_alias(reader, writer->full_name))
        return true;
    bool same =
        strcmp(ats_avsc_short_name(reader->full_name), ats_avsc_short_name(writer->full_name)) == 0;
    if (same)
        return report(x, ATS_RESOLVE_NAMESPACE, false,
                      "%s is read as %s: libraries that compare whole names refuse it",
                      writer->full_name, reader->full_name);
    return report(x, ATS_RESOLVE_NAME, true, "%s does not read %s: no name or alias is the same",
                  reader->full_name, writer->full_name);
}

static bool resolve_enum(struct resolver *x, const struct ats_avsc_type *reader,
                         const struct ats_avsc_type *writer)
{
    const char *lacking = NULL;
    size_t count = 0;
    bool good = check_name(x, reader, writer);
    for (size_t i = json_array_size(writer->symbols); i-- > 0;) {
        const char *symbol = json_string_value(json_array_get(writer->symbols, i));
        if (ats_avsc_has_symbol(reader, symbol))
            continue;
        lacking = symbol;
        count++;
    }
    if (!lacking)
        return good;
    char more[40] = "";
    if (count > 1)
        (void)snprintf(more, sizeof(more), " and %zu more", count - 1);
    if (reader->symbol_default)
        return report(x, ATS_RESOLVE_SYMBOL, false, "the symbol %s%s is read as the default %s",
                      lacking, more, reader->symbol_default) &&
               good;
    return report(x, ATS_RESOLVE_SYMBOL, true,
                  "the enum has no symbol %s%s, and no default of its own", lacking, more) &&
           good;
}

static bool resolve_fixed(struct resolver *x, const struct ats_avsc_type *reader,
                          const struct ats_avsc_type *writer)
{
    bool good = check_name(x, reader, writer);
    if (reader->fixed_size == writer->fixed_size)
        return good;
    return report(x, ATS_RESOLVE_SIZE, true, "%zu bytes do not read %zu", reader->fixed_size,
                  writer->fixed_size);
}

static bool is_alias(const struct ats_avsc_field *field, const char *name)
{
    for (size_t i = 0; i < json_array_size(field->aliases); i++) {
        const char *alias = json_string_value(json_array_get(field->aliases, i));
        if (alias && strcmp(alias, name) == 0)
            return true;
    }
    return false;
}

/* The writer's field of that name or one of its aliases; `*ret_twice`: there are several. */
static const struct ats_avsc_field *find_written(const struct ats_avsc_type *writer,
                                                 const struct ats_avsc_field *field,
                                                 const struct ats_avsc_field **ret_twice)
{
    const struct ats_avsc_field *found = NULL;
    *ret_twice = NULL;
    for (size_t i = 0; i < writer->field_count; i++) {
        const struct ats_avsc_field *candidate = &writer->fields[i];
        if (strcmp(candidate->name, field->name) != 0 && !is_alias(field, candidate->name))
            continue;
        if (found)
            *ret_twice = candidate;
        found = found ? found : candidate;
    }
    return found;
}

static bool resolve_field(struct resolver *x, const struct ats_avsc_type *writer,
                          const struct ats_avsc_field *field)
{
    const struct ats_avsc_field *twice = NULL;
    const struct ats_avsc_field *written = find_written(writer, field, &twice);
    if (twice)
        return report(x, ATS_RESOLVE_FIELD_TWICE, true,
                      "by its aliases the field is both %s and %s", written->name, twice->name);
    if (written)
        return resolve(x, field->type, written->type);
    return field->has_default || report(x, ATS_RESOLVE_FIELD_MISSING, true,
                                        "the field was not written and has no default");
}

static bool resolve_record(struct resolver *x, const struct ats_avsc_type *reader,
                           const struct ats_avsc_type *writer)
{
    bool good = check_name(x, reader, writer);
    for (size_t i = 0; i < reader->field_count; i++) {
        size_t before = enter(x, ".", reader->fields[i].name);
        good = resolve_field(x, writer, &reader->fields[i]) && good;
        leave(x, before);
    }
    return good;
}

static bool resolve_part(struct resolver *x, const struct ats_avsc_type *reader,
                         const struct ats_avsc_type *writer)
{
    size_t before = enter(x, "", reader->type == ATS_AVRO_ARRAY ? "[]" : "{}");
    bool good = resolve(x, reader->parts[0], writer->parts[0]);
    leave(x, before);
    return good;
}

/* ---- unions ---- */

static bool try_quietly(struct resolver *x, const struct ats_avsc_type *reader,
                        const struct ats_avsc_type *writer)
{
    x->quiet++;
    bool good = resolve(x, reader, writer);
    x->quiet--;
    return good;
}

/* How much a branch is what was written: 2 the same, 1 of its type, 0 neither. */
static int likeness(const struct ats_avsc_type *branch, const struct ats_avsc_type *writer)
{
    if (branch->type != writer->type)
        return 0;
    return strcmp(branch->full_name, writer->full_name) == 0 ? 2 : 1;
}

/* The branch that reads it; if none does, the one that comes nearest, or NULL. */
static const struct ats_avsc_type *choose_branch(struct resolver *x,
                                                 const struct ats_avsc_type *reader,
                                                 const struct ats_avsc_type *writer,
                                                 bool *ret_reads)
{
    const struct ats_avsc_type *near = NULL;
    *ret_reads = false;
    for (int like = 2; like >= 0; like--) {
        for (size_t i = 0; i < reader->part_count; i++) {
            const struct ats_avsc_type *branch = reader->parts[i];
            if (likeness(branch, writer) != like)
                continue;
            near = !near && like > 0 ? branch : near;
            *ret_reads = try_quietly(x, branch, writer);
            if (*ret_reads)
                return branch;
        }
    }
    return near;
}

static bool resolve_branch(struct resolver *x, const struct ats_avsc_type *reader,
                           const struct ats_avsc_type *writer)
{
    char was[ATS_AVSC_NAME_SIZE + 10];
    bool reads = false;
    const struct ats_avsc_type *branch = choose_branch(x, reader, writer, &reads);
    if (x->quiet > 0)
        return reads;
    if (branch)
        return resolve(x, branch, writer);
    return report(x, ATS_RESOLVE_BRANCH, true, "no branch of the union reads %s",
                  show(writer, was));
}

/* Each branch that may have been written must be read. */
static bool resolve_written_union(struct resolver *x, const struct ats_avsc_type *reader,
                                  const struct ats_avsc_type *writer)
{
    bool good = true;
    for (size_t i = 0; i < writer->part_count; i++)
        good = resolve(x, reader, writer->parts[i]) && good;
    return good;
}

/* ---- all types ---- */

static bool is_promoted(enum ats_avro_type writer, enum ats_avro_type reader)
{
    switch (reader) {
    case ATS_AVRO_LONG:
        return writer == ATS_AVRO_INT;
    case ATS_AVRO_FLOAT:
        return writer == ATS_AVRO_INT || writer == ATS_AVRO_LONG;
    case ATS_AVRO_DOUBLE:
        return writer == ATS_AVRO_INT || writer == ATS_AVRO_LONG || writer == ATS_AVRO_FLOAT;
    case ATS_AVRO_BYTES:
        return writer == ATS_AVRO_STRING;
    case ATS_AVRO_STRING:
        return writer == ATS_AVRO_BYTES;
    default:
        return false;
    }
}

/* A logical type does not change the bytes, but what they are taken for. */
static bool check_logical(struct resolver *x, const struct ats_avsc_type *reader,
                          const struct ats_avsc_type *writer)
{
    const struct ats_logical *is = &reader->logical;
    const struct ats_logical *was = &writer->logical;
    if (ats_logical_equal(is, was))
        return true;
    if (is->type == ATS_LOGICAL_DECIMAL && was->type == ATS_LOGICAL_DECIMAL)
        return report(
            x, ATS_RESOLVE_LOGICAL_TYPE, true,
            "a decimal of precision %lld and scale %lld does not read one of %lld and %lld",
            (long long)is->precision, (long long)is->scale, (long long)was->precision,
            (long long)was->scale);
    bool both = is->type != ATS_LOGICAL_NONE && was->type != ATS_LOGICAL_NONE;
    return report(x, ATS_RESOLVE_LOGICAL_TYPE, both, "the logical type %s is read as %s",
                  ats_logical_name(was->type), ats_logical_name(is->type));
}

static bool resolve_same(struct resolver *x, const struct ats_avsc_type *reader,
                         const struct ats_avsc_type *writer)
{
    switch (reader->type) {
    case ATS_AVRO_RECORD:
        return resolve_record(x, reader, writer);
    case ATS_AVRO_ENUM:
        return resolve_enum(x, reader, writer);
    case ATS_AVRO_FIXED:
        return resolve_fixed(x, reader, writer) && check_logical(x, reader, writer);
    case ATS_AVRO_ARRAY:
    case ATS_AVRO_MAP:
        return resolve_part(x, reader, writer);
    default:
        return check_logical(x, reader, writer);
    }
}

static bool resolve(struct resolver *x, const struct ats_avsc_type *reader,
                    const struct ats_avsc_type *writer)
{
    if (++x->steps > ATS_RESOLVE_STEPS_MAX)
        return false;
    if (writer->type == ATS_AVRO_UNION)
        return resolve_written_union(x, reader, writer);
    if (reader->type == ATS_AVRO_UNION)
        return resolve_branch(x, reader, writer);
    if (reader->type == writer->type)
        return resolve_same(x, reader, writer);
    if (!is_promoted(writer->type, reader->type))
        return other_type(x, reader, writer);
    return check_logical(x, reader, writer);
}

enum ats_status ats_resolve(const struct ats_avsc_tree *reader, const struct ats_avsc_tree *writer,
                            ats_resolve_tell tell, void *ctx, bool *ret_readable)
{
    struct resolver x = {.tell = tell, .ctx = ctx};
    *ret_readable = resolve(&x, reader->root, writer->root);
    return x.steps > ATS_RESOLVE_STEPS_MAX ? ATS_ERR_LIMIT : ATS_OK;
}
