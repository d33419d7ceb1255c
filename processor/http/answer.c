/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/http/answer.h"

#include <stdlib.h>

void ats_http_append_json(struct ats_buf *body, json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    if (text)
        ats_buf_append_text(body, text);
    else
        body->status = ATS_ERR_MEMORY;
    free(text);
    json_decref(json);
}

struct ats_http_answer ats_http_answer_error(struct ats_buf *body, unsigned status,
                                             const char *type, int code, const char *message)
{
    ats_http_append_json(body, json_pack("{s:i, s:s}", "error_code", code, "message", message));
    return (struct ats_http_answer){status, type, NULL};
}
