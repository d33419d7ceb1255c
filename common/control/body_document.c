/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that carry documents: contracts, use cases, record schemas. */
#include "common/control/body.h"
#include "common/control/body_json.h"

#include <stdlib.h>

enum ats_status ats_body_contract_parse(struct ats_span body,
                                        struct ats_body_contract *ret_contract)
{
    struct ats_body_reader reader;
    *ret_contract = (struct ats_body_contract){0};
    ats_body_reader_open(&reader, body);
    ret_contract->odcs = ats_body_get_document(&reader, "odcs");
    ret_contract->avsc = ats_body_get_document(&reader, "avsc");
    ret_contract->schema_id = ats_body_get_u31(&reader, "schema_id");
    ret_contract->retired = ats_body_find_boolean(&reader, "retired");
    enum ats_status status = ats_body_reader_done(&reader);
    if (status != ATS_OK)
        ats_body_contract_fini(ret_contract);
    return status;
}

enum ats_status ats_body_contract_format(const struct ats_body_contract *contract,
                                         struct ats_buf *out)
{
    json_t *object = json_object();
    size_t members = 3;
    (void)json_object_set_new(object, "odcs", json_string(contract->odcs));
    (void)json_object_set_new(object, "avsc", json_string(contract->avsc));
    (void)json_object_set_new(object, "schema_id", json_integer(contract->schema_id));
    if (contract->retired && ++members)
        (void)json_object_set_new(object, "retired", json_true());
    return ats_body_write(object, members, out);
}

void ats_body_contract_fini(struct ats_body_contract *contract)
{
    if (!contract)
        return;
    free(contract->odcs);
    free(contract->avsc);
    *contract = (struct ats_body_contract){0};
}

enum ats_status ats_body_usecase_parse(struct ats_span body, struct ats_body_usecase *ret_usecase)
{
    struct ats_body_reader reader;
    *ret_usecase = (struct ats_body_usecase){0};
    ats_body_reader_open(&reader, body);
    ret_usecase->yaml = ats_body_get_document(&reader, "yaml");
    enum ats_status status = ats_body_reader_done(&reader);
    if (status != ATS_OK)
        ats_body_usecase_fini(ret_usecase);
    return status;
}

enum ats_status ats_body_usecase_format(const struct ats_body_usecase *usecase, struct ats_buf *out)
{
    json_t *object = json_object();
    (void)json_object_set_new(object, "yaml", json_string(usecase->yaml));
    return ats_body_write(object, 1, out);
}

void ats_body_usecase_fini(struct ats_body_usecase *usecase)
{
    if (!usecase)
        return;
    free(usecase->yaml);
    *usecase = (struct ats_body_usecase){0};
}

enum ats_status ats_body_schema_parse(struct ats_span body, struct ats_body_schema *ret_schema)
{
    struct ats_body_reader reader;
    *ret_schema = (struct ats_body_schema){0};
    ats_body_reader_open(&reader, body);
    ret_schema->text = ats_body_get_document(&reader, "text");
    ret_schema->schema_id = ats_body_get_u31(&reader, "schema_id");
    enum ats_status status = ats_body_reader_done(&reader);
    if (status != ATS_OK)
        ats_body_schema_fini(ret_schema);
    return status;
}

enum ats_status ats_body_schema_format(const struct ats_body_schema *schema, struct ats_buf *out)
{
    json_t *object = json_object();
    (void)json_object_set_new(object, "text", json_string(schema->text));
    (void)json_object_set_new(object, "schema_id", json_integer(schema->schema_id));
    return ats_body_write(object, 2, out);
}

void ats_body_schema_fini(struct ats_body_schema *schema)
{
    if (!schema)
        return;
    free(schema->text);
    *schema = (struct ats_body_schema){0};
}
