/* SPDX-License-Identifier: Apache-2.0 */
/* How keys and texts of strangers' payloads are shown. */
#include "common/contract/infer_node.h"

#include "common/base/utf8.h"

static void append(char *path, size_t *len, const char *text)
{
    for (; *text && *len + 1 < ATS_INFER_PATH_MAX; text++)
        path[(*len)++] = (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text;
    path[*len] = '\0';
}

const char *ats_infer_path(const struct ats_infer_node *node, char ret_path[ATS_INFER_PATH_MAX])
{
    const struct ats_infer_node *chain[ATS_SCHEMA_DEPTH_MAX + 1];
    size_t depth = 0;
    size_t len = 0;
    ret_path[0] = '\0';
    for (; node && node->parent && depth <= ATS_SCHEMA_DEPTH_MAX; node = node->parent)
        chain[depth++] = node;
    while (depth-- > 0) {
        bool item = chain[depth] == chain[depth]->parent->item;
        if (!item && len > 0)
            append(ret_path, &len, ".");
        append(ret_path, &len, item ? "[]" : chain[depth]->key);
    }
    return ret_path;
}

static uint32_t decode(const uint8_t *bytes, size_t len)
{
    uint32_t code_point = len == 1 ? bytes[0] : bytes[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++)
        code_point = code_point << 6 | (bytes[i] & 0x3f);
    return code_point;
}

/* What YAML's readers take as it stands (YAML 1.1, section 5.1), without what would end the line or mark the byte order. */
static bool is_printable(uint32_t c)
{
    return (c >= 0x20 && c <= 0x7e) || (c >= 0xa0 && c <= 0xd7ff && c != 0x2028 && c != 0x2029) ||
           (c >= 0xe000 && c <= 0xfffd && c != 0xfeff) || c >= 0x10000;
}

void ats_infer_quote(struct ats_buf *out, const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t left = strlen(text);
    ats_buf_append_byte(out, '"');
    while (left > 0) {
        size_t len = *at < 0x80 ? 1 : ats_utf8_sequence(ats_span_of(at, left));
        if (len == 0) /* no UTF-8: payloads' texts are, file names may not be */
            break;
        uint32_t code_point = decode(at, len);
        if (code_point == '"' || code_point == '\\')
            ats_buf_printf(out, "\\%c", (int)code_point);
        else if (is_printable(code_point))
            ats_buf_append(out, at, len);
        else
            ats_buf_printf(out, "\\u%04x", (unsigned)code_point);
        at += len;
        left -= len;
    }
    ats_buf_append_byte(out, '"');
}
