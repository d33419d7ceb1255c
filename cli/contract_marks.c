/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_marks.h"

#include "cli/output.h"
#include "common/contract/infer.h"

#include <stdio.h>

#define MARK "# " ATS_INFER_MARK ": "

static enum ats_status add_mark(json_t *marks, size_t line, const uint8_t *text, size_t len)
{
    json_t *mark = json_pack("{s:I, s:o}", "line", (json_int_t)line, "text",
                             json_stringn((const char *)text, len));
    return mark && json_array_append_new(marks, mark) == 0 ? ATS_OK : ATS_ERR_MEMORY;
}

json_t *ats_marks_find(struct ats_span odcs)
{
    json_t *marks = json_array();
    size_t line = 1;
    const uint8_t *end = odcs.data + odcs.len;
    enum ats_status status = marks ? ATS_OK : ATS_ERR_MEMORY;
    for (const uint8_t *at = odcs.data; at < end && status == ATS_OK; line++) {
        const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
        const uint8_t *stop = newline ? newline : end;
        const uint8_t *mark = memmem(at, (size_t)(stop - at), MARK, strlen(MARK));
        if (mark)
            status =
                add_mark(marks, line, mark + strlen(MARK), (size_t)(stop - mark) - strlen(MARK));
        at = stop + 1;
    }
    if (status == ATS_OK)
        return marks;
    json_decref(marks);
    return NULL;
}

void ats_marks_print(const char *file, const json_t *marks)
{
    size_t index;
    const json_t *mark;
    json_array_foreach(marks, index, mark)
    {
        ats_output_plain(stdout, file);
        (void)printf(":%" JSON_INTEGER_FORMAT ": left to decide: ",
                     json_integer_value(json_object_get(mark, "line")));
        ats_output_plain(stdout, json_string_value(json_object_get(mark, "text")));
        (void)putchar('\n');
    }
}
