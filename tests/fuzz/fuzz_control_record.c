/* SPDX-License-Identifier: Apache-2.0 */
/* A control record as it comes from the topic, and its body: any bytes, by anyone. */
#include "common/control/body.h"
#include "common/control/body_policy.h"
#include "common/control/checkpoint.h"

#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return ats_identity_init() == ATS_OK ? 0 : -1;
}

static void parse_documents(struct ats_span body)
{
    struct ats_body_contract contract;
    struct ats_body_usecase usecase;
    struct ats_body_schema schema;
    struct ats_body_replay replay;
    if (ats_body_replay_parse(body, &replay) == ATS_OK)
        ats_body_replay_fini(&replay);
    if (ats_body_contract_parse(body, &contract) == ATS_OK)
        ats_body_contract_fini(&contract);
    if (ats_body_usecase_parse(body, &usecase) == ATS_OK)
        ats_body_usecase_fini(&usecase);
    if (ats_body_schema_parse(body, &schema) == ATS_OK)
        ats_body_schema_fini(&schema);
}

static void parse_principals(struct ats_span body)
{
    struct ats_body_root root = {0};
    struct ats_body_operator operator_;
    struct ats_body_gate gate;
    struct ats_body_processor processor;
    struct ats_body_device device;
    struct ats_body_policy policy;
    struct ats_body_checkpoint checkpoint;
    (void)!ats_body_checkpoint_parse(body, &checkpoint);
    (void)!ats_body_policy_parse(body, &policy);
    (void)!ats_body_root_parse(body, &root);
    (void)!ats_body_operator_parse(body, &operator_);
    (void)!ats_body_gate_parse(body, &gate);
    (void)!ats_body_processor_parse(body, &processor);
    (void)!ats_body_device_parse(body, &device);
}

/* What was decoded must encode to something that decodes to the same record. */
static void check_round_trip(const struct ats_control_record *record)
{
    struct ats_control_record back;
    struct ats_buf value;
    uint8_t hash[ATS_HASH_SIZE];
    uint8_t hash_back[ATS_HASH_SIZE];
    ats_buf_init(&value, ATS_CONTROL_RECORD_MAX + 4096);
    if (ats_control_record_encode(record, &value) != ATS_OK ||
        ats_control_record_decode(ats_buf_span(&value), &back) != ATS_OK)
        abort();
    ats_control_record_hash(record, hash);
    ats_control_record_hash(&back, hash_back);
    if (memcmp(hash, hash_back, sizeof(hash)) != 0)
        abort();
    ats_buf_fini(&value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[ATS_PUBLIC_KEY_SIZE] = {1};
    struct ats_control_record record;
    struct ats_span input = ats_span_of(data, size);
    if (ats_control_record_decode(input, &record) == ATS_OK) {
        (void)!ats_control_record_verify(&record, key);
        check_round_trip(&record);
        parse_documents(record.body);
        parse_principals(record.body);
    }
    parse_documents(input);
    parse_principals(input);
    return 0;
}
