/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/format.h"

#include "common/contract/odcs.h"

#include <strings.h>

static const struct ats_format *const formats[ATS_FORMAT_COUNT] = {
    [ATS_FORMAT_JSON] = &ats_format_json,
    [ATS_FORMAT_AVRO] = &ats_format_avro,
    [ATS_FORMAT_AVRO_CONFLUENT] = &ats_format_avro_confluent,
    [ATS_FORMAT_TEXT] = &ats_format_text,
    [ATS_FORMAT_SENML_JSON] = &ats_format_senml_json,
    [ATS_FORMAT_SENML_CBOR] = &ats_format_senml_cbor,
};

const struct ats_format *ats_format_at(enum ats_format_id id)
{
    return formats[id];
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

/* The media type without its parameters and the space around it. */
static struct ats_span media_type(struct ats_span content_type)
{
    const uint8_t *end = memchr(content_type.data, ';', content_type.len);
    struct ats_span type =
        ats_span_of(content_type.data, end ? (size_t)(end - content_type.data) : content_type.len);
    while (type.len > 0 && is_space(type.data[0]))
        type = ats_span_of(type.data + 1, type.len - 1);
    while (type.len > 0 && is_space(type.data[type.len - 1]))
        type.len--;
    return type;
}

/* Media types have no case (RFC 6838, section 4.2). */
static bool is_of(const struct ats_format *format, struct ats_span type)
{
    for (const char *const *name = format->content_types; *name; name++)
        if (strlen(*name) == type.len && strncasecmp(*name, (const char *)type.data, type.len) == 0)
            return true;
    return false;
}

enum ats_status ats_format_choose(const struct ats_odcs *odcs, struct ats_span content_type,
                                  const struct ats_format **ret_format,
                                  struct ats_verdict *ret_verdict)
{
    *ret_format = formats[odcs->formats[0]];
    if (odcs->format_count == 1 || content_type.len == 0)
        return ATS_OK;
    struct ats_span type = media_type(content_type);
    for (size_t i = 0; i < odcs->format_count; i++) {
        *ret_format = formats[odcs->formats[i]];
        if (is_of(*ret_format, type))
            return ATS_OK;
    }
    ats_verdict_set(ret_verdict, ATS_RULE_CONTENT_TYPE, "",
                    "the content type is that of none of the contract's %zu formats, such as %s",
                    odcs->format_count, formats[odcs->formats[0]]->content_types[0]);
    return ATS_ERR_INVALID;
}
