/* SPDX-License-Identifier: Apache-2.0 */
/* Payload formats, SenML's names and units of both versions. */
#include "common/contract/compare_parts.h"

/* ---- formats ---- */

/* Where there are several the content type counts, and what two of them can read is taken as neither. */
static void compare_choice(struct ats_comparing *c)
{
    const struct ats_odcs *was = &c->before->odcs;
    const struct ats_odcs *is = &c->after->odcs;
    if (was->formats[0] != is->formats[0] && ats_odcs_has_format(is, was->formats[0]))
        ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, "", "formats",
                        "without a content type a payload is %s, it was %s",
                        ats_format_at(is->formats[0])->name, ats_format_at(was->formats[0])->name);
    if (was->format_count == 1 && is->format_count > 1)
        ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, "", "formats",
                        "the content type was not looked at: it must name one of %zu formats, or "
                        "be left out",
                        is->format_count);
}

static void compare_formats(struct ats_comparing *c)
{
    const struct ats_odcs *was = &c->before->odcs;
    const struct ats_odcs *is = &c->after->odcs;
    for (size_t i = 0; i < was->format_count; i++)
        if (!ats_odcs_has_format(is, was->formats[i]))
            ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, "", "formats",
                            "%s is not taken any more", ats_format_at(was->formats[i])->name);
    for (size_t i = 0; i < is->format_count; i++)
        if (!ats_odcs_has_format(was, is->formats[i]))
            ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MINOR, "", "formats",
                            "%s is taken, too; a payload that can be read as two is not",
                            ats_format_at(is->formats[i])->name);
    compare_choice(c);
}

/* ---- SenML ---- */

static bool takes_senml(const struct ats_odcs *odcs)
{
    return ats_odcs_has_format(odcs, ATS_FORMAT_SENML_JSON) ||
           ats_odcs_has_format(odcs, ATS_FORMAT_SENML_CBOR);
}

static const struct ats_odcs_senml_name *find_name(const struct ats_odcs_senml_names *names,
                                                   const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->entries[i].name, name) == 0)
            return &names->entries[i];
    return NULL;
}

static const char *path_of(const struct ats_compared *version, size_t leaf)
{
    return version->plan.leaves[leaf]->path;
}

static bool has_leaf(const struct ats_compared *version, const char *path)
{
    for (size_t i = 0; i < version->plan.leaf_count; i++)
        if (strcmp(version->plan.leaves[i]->path, path) == 0)
            return true;
    return false;
}

/* A name of a field that is gone, or new, goes with the field. */
static void compare_names(struct ats_comparing *c, const char *rule,
                          const struct ats_odcs_senml_names *before,
                          const struct ats_odcs_senml_names *after)
{
    for (size_t i = 0; i < before->count; i++) {
        const struct ats_odcs_senml_name *was = &before->entries[i];
        const struct ats_odcs_senml_name *is = find_name(after, was->name);
        const char *path = path_of(c->before, was->leaf);
        if (!is && has_leaf(c->after, path))
            ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, path, rule,
                            "'%s' is no field's name any more", was->name);
        else if (is && strcmp(path_of(c->after, is->leaf), path) != 0)
            ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, path, rule,
                            "'%s' is the name of %s, it was that of %s", was->name,
                            path_of(c->after, is->leaf), path);
    }
    for (size_t i = 0; i < after->count; i++)
        if (!find_name(before, after->entries[i].name) &&
            has_leaf(c->before, path_of(c->after, after->entries[i].leaf)))
            ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MINOR,
                            path_of(c->after, after->entries[i].leaf), rule, "'%s' is a name, too",
                            after->entries[i].name);
}

static void compare_senml(struct ats_comparing *c)
{
    const struct ats_odcs_senml *was = &c->before->odcs.senml;
    const struct ats_odcs_senml *is = &c->after->odcs.senml;
    if (!takes_senml(&c->before->odcs) || !takes_senml(&c->after->odcs))
        return;
    compare_names(c, "senml.names", &was->names, &is->names);
    compare_names(c, "senml.sums", &was->sums, &is->sums);
    if (is->base_name && (!was->base_name || strcmp(was->base_name, is->base_name) != 0))
        ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, "", "senml.baseName",
                        "names begin with '%s', it was %s%s%s", is->base_name,
                        was->base_name ? "'" : "", was->base_name ? was->base_name : "left open",
                        was->base_name ? "'" : "");
    if (was->base_name && !is->base_name)
        ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MINOR, "", "senml.baseName",
                        "names may begin with anything, it was '%s'", was->base_name);
}

/* ---- units ---- */

static const char *or_none(const char *text)
{
    return text ? text : "none";
}

/* Another name of the same unit changes nothing; another unit makes the same number another value. */
static bool is_same_unit(const char *was, const char *is)
{
    struct ats_ucum units[2];
    struct ats_ucum_map map;
    const char *fault = NULL;
    if (strcmp(was, is) == 0)
        return true;
    return ats_ucum_parse(ats_span_text(was), &units[0], &fault) == ATS_OK &&
           ats_ucum_parse(ats_span_text(is), &units[1], &fault) == ATS_OK &&
           ats_ucum_map(&units[0], &units[1], &map) == ATS_OK && map.identity;
}

/* What a number is in without a word in the payload. */
static const char *payload_unit(const struct ats_odcs_unit *unit)
{
    return unit->payload ? unit->payload : unit->text;
}

/* One that came or went: SenML's records are held against it, other payloads have the same numbers as before. */
static void compare_presence(struct ats_comparing *c, const char *path,
                             const struct ats_odcs_unit *was, const struct ats_odcs_unit *is)
{
    bool held = takes_senml(&c->after->odcs);
    bool demanded = held && is->text;
    ats_compare_add(c, held ? ATS_DEVICES : 0,
                    demanded ? ATS_VERSION_MAJOR : (held ? ATS_VERSION_MINOR : ATS_VERSION_PATCH),
                    path, "unit", "the unit is %s, it was %s", or_none(is->text),
                    or_none(was->text));
}

static void compare_unit(struct ats_comparing *c, const char *path, const struct ats_odcs_unit *was,
                         const struct ats_odcs_unit *is)
{
    const char *sent = payload_unit(was);
    const char *taken = payload_unit(is);
    if (!was->text || !is->text) {
        if (was->text || is->text)
            compare_presence(c, path, was, is);
    } else if (!is_same_unit(was->text, is->text)) {
        ats_compare_add(c, ATS_OLD_READERS | ATS_NEW_READERS, ATS_VERSION_MAJOR, path, "unit",
                        "the unit is %s, it was %s: the same number is another value", is->text,
                        was->text);
    }
    if (sent && taken && !is_same_unit(sent, taken))
        ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, path, "units",
                        "payloads are taken to be in %s, it was %s", taken, sent);
}

static void compare_units(struct ats_comparing *c)
{
    const struct ats_plan *before = &c->before->plan;
    const struct ats_plan *after = &c->after->plan;
    for (size_t i = 0; i < before->leaf_count; i++)
        for (size_t k = 0; k < after->leaf_count; k++)
            if (strcmp(before->leaves[i]->path, after->leaves[k]->path) == 0)
                compare_unit(c, after->leaves[k]->path, &c->before->odcs.units[i],
                             &c->after->odcs.units[k]);
}

void ats_compare_formats(struct ats_comparing *c)
{
    compare_formats(c);
    compare_senml(c);
    compare_units(c);
}
