/* SPDX-License-Identifier: Apache-2.0 */
/* The settings that say how payloads are written: `format`, or `formats` of which the content type chooses one. */
#include "common/contract/odcs.h"

#include "common/base/utf8.h"

static enum ats_status add_format(const struct ats_yaml_node *node, const struct ats_plan *plan,
                                  struct ats_odcs *odcs, struct ats_error *err)
{
    const char *names[ATS_FORMAT_COUNT + 1] = {NULL};
    size_t index = 0;
    for (size_t i = 0; i < ATS_FORMAT_COUNT; i++)
        names[i] = ats_format_at((enum ats_format_id)i)->name;
    enum ats_status status = ats_yaml_get_choice(node, names, &index, err);
    for (size_t i = 0; i < odcs->format_count && status == ATS_OK; i++)
        if (odcs->formats[i] == index)
            status = ats_yaml_error(node, err, "'%s' stands twice", names[index]);
    if (status != ATS_OK)
        return status;
    odcs->formats[odcs->format_count++] = (enum ats_format_id)index;
    return index == ATS_FORMAT_TEXT ? ats_odcs_find_text(node, plan, odcs, err) : ATS_OK;
}

static enum ats_status read_list(const struct ats_yaml_node *list, const struct ats_plan *plan,
                                 struct ats_odcs *odcs, struct ats_error *err)
{
    enum ats_status status = ats_yaml_expect(list, ATS_YAML_SEQUENCE, err);
    if (status == ATS_OK && ats_yaml_count(list) == 0)
        status = ats_yaml_error(list, err, "expected at least one format");
    for (const struct ats_yaml_node *f = ats_yaml_first(list); f && status == ATS_OK;
         f = ats_yaml_next(f))
        status = add_format(f, plan, odcs, err);
    return status;
}

bool ats_odcs_has_format(const struct ats_odcs *odcs, enum ats_format_id format)
{
    for (size_t i = 0; i < odcs->format_count; i++)
        if (odcs->formats[i] == format)
            return true;
    return false;
}

enum ats_status ats_odcs_read_formats(const struct ats_yaml_node *settings,
                                      const struct ats_plan *plan, struct ats_odcs *odcs,
                                      struct ats_error *err)
{
    const struct ats_yaml_node *format = ats_yaml_find(settings, "format");
    const struct ats_yaml_node *list = ats_yaml_find(settings, "formats");
    if (format && list)
        return ats_yaml_error(list, err, "'format' says it already (allowed: one of the two)");
    odcs->format_count = 0;
    enum ats_status status = ATS_OK;
    if (format)
        status = add_format(format, plan, odcs, err);
    else if (list)
        status = read_list(list, plan, odcs, err);
    else
        odcs->formats[odcs->format_count++] = ATS_FORMAT_JSON;
    return status == ATS_OK ? ats_odcs_read_senml(settings, plan, odcs, err) : status;
}
