/* SPDX-License-Identifier: Apache-2.0 */
/* What a body may say, kind by kind. */
#include "common/contract/schema.h"
#include "common/control/body.h"
#include "common/control/checkpoint.h"
#include "common/control/gate_former.h"
#include "common/control/judge.h"
#include "common/control/store_key.h"
#include "common/identity/signature.h"
#include "common/kafka/config.h"
#include "common/usecase/usecase.h"

#include <jansson.h>

#define ILLEGAL ATS_CONTROL_ILLEGAL_BODY

/* A parser's answer as a rule's: a bad body is a rejection, anything else a failure. */
static enum ats_status parsed(struct ats_judge *judge, enum ats_status status)
{
    if (ats_status_class(status) != ATS_CLASS_DROP)
        return status;
    return ats_judge_reject(judge, ILLEGAL, "the body is not that of a %s (%s)",
                            ats_control_kind_name(judge->record.kind), ats_status_name(status));
}

/* Which of its keys has a part of small order is looked at here and not where a body is read: once for each record. */
static enum ats_status check_point(struct ats_judge *judge, const uint8_t *key)
{
    if (ats_point_is_good(key))
        return ATS_OK;
    return ats_judge_reject(judge, ILLEGAL, "a key of it is no point of prime order");
}

static enum ats_status judge_root(struct ats_judge *judge)
{
    struct ats_body_root root;
    enum ats_status status = parsed(judge, ats_body_root_parse(judge->record.body, &root));
    if (status == ATS_OK)
        status = check_point(judge, root.root);
    if (status == ATS_OK)
        status = check_point(judge, root.successor);
    if (status != ATS_OK)
        return status;
    if (strcmp(judge->record.name, "root") != 0)
        return ats_judge_reject(judge, ILLEGAL, "a root record is named 'root'");
    if (judge->record.revision > 1)
        return ats_judge_root_change(judge, &root);
    if (strcmp(judge->record.signer, "root") != 0)
        return ats_judge_reject(judge, ILLEGAL, "the first root record is signed by the root");
    if (memcmp(root.root, judge->pins->root, sizeof(root.root)) != 0 ||
        memcmp(root.successor, judge->pins->successor, sizeof(root.successor)) != 0)
        return ats_judge_reject(judge, ILLEGAL, "its keys are not the pinned ones");
    return ATS_OK;
}

struct certificate_claim {
    enum ats_certificate_role role;
    const uint8_t *data;
    size_t len;
    const uint8_t *key;
    const uint8_t *issuer_key;
};

/* What a device will be shown must say what the record says. */
static enum ats_status check_certificate(struct ats_judge *judge,
                                         const struct certificate_claim *claim)
{
    struct ats_certificate certificate;
    bool legal = ats_certificate_decode(claim->data, claim->len, &certificate) == ATS_DEVICE_OK &&
                 certificate.role == claim->role &&
                 strcmp(certificate.name, judge->record.name) == 0 &&
                 memcmp(certificate.fleet, judge->fleet, ATS_FLEET_ID_SIZE) == 0 &&
                 memcmp(certificate.key, claim->key, ATS_PUBLIC_KEY_SIZE) == 0 &&
                 ats_signature_verify_certificate(&certificate, claim->issuer_key);
    if (legal)
        return ATS_OK;
    return ats_judge_reject(judge, ILLEGAL, "its certificate does not hold");
}

static enum ats_status judge_operator(struct ats_judge *judge)
{
    struct ats_body_operator operator_;
    struct ats_body_operator before = {0};
    enum ats_status status = parsed(judge, ats_body_operator_parse(judge->record.body, &operator_));
    if (status == ATS_OK && judge->current.revision > 0)
        status = ats_body_operator_parse(judge->current.body, &before);
    if (status == ATS_OK)
        status = check_point(judge, operator_.key);
    if (status != ATS_OK)
        return status;
    if (strcmp(judge->record.name, "root") == 0 || strcmp(judge->record.name, "successor") == 0)
        return ats_judge_reject(judge, ILLEGAL, "no operator may be named '%s'",
                                judge->record.name);
    if ((operator_.kinds & ~ATS_OPERATOR_KINDS) != 0)
        return ats_judge_reject(judge, ILLEGAL,
                                "no operator may sign roots, operators, the policy or checkpoints");
    status = ats_judge_operator(judge, &operator_, &before);
    if (status == ATS_OK)
        status = ats_judge_own_operator_key(judge, &operator_, &before);
    if (status != ATS_OK || operator_.certificate_len == 0)
        return status;
    uint8_t issuer[ATS_PUBLIC_KEY_SIZE];
    status = ats_judge_certificate_issuer(judge, &operator_, issuer);
    if (status != ATS_OK)
        return status;
    struct certificate_claim claim = {ATS_CERTIFICATE_OPERATOR, operator_.certificate,
                                      operator_.certificate_len, operator_.key, issuer};
    return operator_.revoked ? ATS_OK : check_certificate(judge, &claim);
}

static bool is_pair(const struct ats_gate_former *former, const uint8_t *signing_key,
                    const uint8_t *agreement_key)
{
    return memcmp(former->signing_key, signing_key, ATS_PUBLIC_KEY_SIZE) == 0 &&
           memcmp(former->agreement_key, agreement_key, ATS_PUBLIC_KEY_SIZE) == 0;
}

/* The pair of the record before, or the former one that stands there already. */
static bool was_the_gates(const struct ats_judge *judge, const struct ats_gate_former *former,
                          const struct ats_body_gate *before)
{
    return judge->current.revision > 0 &&
           (is_pair(former, before->signing_key, before->agreement_key) ||
            (ats_gate_has_former(before) &&
             is_pair(former, before->former.signing_key, before->former.agreement_key)));
}

static enum ats_status judge_gate(struct ats_judge *judge)
{
    struct ats_body_gate gate;
    struct ats_body_gate before = {0};
    enum ats_status status = parsed(judge, ats_body_gate_parse(judge->record.body, &gate));
    if (status == ATS_OK && judge->current.revision > 0)
        status = ats_body_gate_parse(judge->current.body, &before);
    if (status == ATS_OK)
        status = check_point(judge, gate.signing_key);
    if (status != ATS_OK)
        return status;
    if (before.revoked)
        return ats_judge_reject(judge, ILLEGAL, "a revoked gate stays revoked");
    if (gate.not_after_ms != 0 && gate.not_after_ms <= gate.not_before_ms)
        return ats_judge_reject(judge, ILLEGAL, "its keys end before they begin");
    if (ats_gate_has_former(&gate) && !was_the_gates(judge, &gate.former, &before))
        return ats_judge_reject(judge, ILLEGAL, "its former keys were never its own");
    struct certificate_claim claim = {ATS_CERTIFICATE_GATE, gate.certificate, gate.certificate_len,
                                      gate.signing_key, judge->signer_key};
    struct certificate_claim former = {ATS_CERTIFICATE_GATE, gate.former.certificate,
                                       gate.former.certificate_len, gate.former.signing_key,
                                       judge->signer_key};
    status = gate.revoked ? ATS_OK : check_certificate(judge, &claim);
    if (status == ATS_OK && !gate.revoked && ats_gate_has_former(&gate))
        status = check_certificate(judge, &former);
    return status == ATS_OK ? ats_judge_gate_keys(judge, &gate, ats_judge_key_check) : status;
}

/* A group's name becomes part of a Kafka topic's; the prefix before it is not the log's to judge. */
static enum ats_status check_group_name(struct ats_judge *judge)
{
    const struct ats_kafka_config bare = {.topic_prefix = ""};
    char suffix[ATS_NAME_MAX + 16];
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    (void)snprintf(suffix, sizeof(suffix), "state.%s", judge->record.name);
    if (ats_kafka_topic_name(&bare, suffix, topic, NULL) == ATS_OK)
        return ATS_OK;
    return ats_judge_reject(judge, ILLEGAL, "Kafka allows no topic '%s'", suffix);
}

/* A key that two members of one body share is in no index yet. */
static enum ats_status check_members_differ(struct ats_judge *judge,
                                            const struct ats_body_processor *processor)
{
    for (size_t i = 0; i < processor->member_count; i++)
        for (size_t k = 0; k < i; k++)
            if (memcmp(processor->members[i].signing_key, processor->members[k].signing_key,
                       ATS_PUBLIC_KEY_SIZE) == 0)
                return ats_judge_reject(judge, ILLEGAL, "members '%s' and '%s' have one key",
                                        processor->members[k].name, processor->members[i].name);
    return ATS_OK;
}

static enum ats_status judge_processor(struct ats_judge *judge)
{
    struct ats_body_processor processor;
    enum ats_status status =
        parsed(judge, ats_body_processor_parse(judge->record.body, &processor));
    for (size_t i = 0; status == ATS_OK && i < processor.member_count; i++)
        status = check_point(judge, processor.members[i].signing_key);
    if (status == ATS_OK)
        status = check_group_name(judge);
    if (status == ATS_OK)
        status = check_members_differ(judge, &processor);
    return status == ATS_OK ? ats_judge_group_keys(judge, &processor, ats_judge_key_check) : status;
}

static enum ats_status check_device_move(struct ats_judge *judge, enum ats_device_state to)
{
    struct ats_body_device before;
    char moves[ATS_DEVICE_MOVES_SIZE];
    if (judge->current.revision == 0) {
        if (to == ATS_DEVICE_PENDING || to == ATS_DEVICE_ACTIVE)
            return ATS_OK;
        return ats_judge_reject(judge, ILLEGAL, "a device does not begin as %s",
                                ats_device_state_name(to));
    }
    enum ats_status status = ats_body_device_parse(judge->current.body, &before);
    if (status != ATS_OK)
        return status;
    if (ats_device_state_may_follow(before.state, to))
        return ATS_OK;
    ats_device_state_moves(before.state, moves);
    return ats_judge_reject(judge, ILLEGAL, "a device that is %s cannot become %s (allowed: %s)",
                            ats_device_state_name(before.state), ats_device_state_name(to), moves);
}

static enum ats_status check_device_key(struct ats_judge *judge, const char *key_id)
{
    struct ats_store_key key = ats_store_key_device(key_id);
    struct ats_span owner;
    enum ats_status status = ats_store_batch_get(judge->batch, ats_store_key_span(&key), &owner);
    if (status == ATS_ERR_NOT_FOUND || (status == ATS_OK && ats_span_is(owner, judge->record.name)))
        return ATS_OK;
    if (status != ATS_OK)
        return status;
    return ats_judge_reject(judge, ILLEGAL, "key %s belongs to device '%.*s'", key_id,
                            ATS_SPAN_ARGS(owner));
}

static enum ats_status judge_device(struct ats_judge *judge)
{
    struct ats_body_device device;
    enum ats_status status = parsed(judge, ats_body_device_parse(judge->record.body, &device));
    for (size_t i = 0; status == ATS_OK && i < device.key_count; i++)
        if (!device.keys[i].is_spki)
            status = check_point(judge, device.keys[i].key);
    if (status != ATS_OK)
        return status;
    if (device.key_count == 0)
        return ats_judge_reject(judge, ILLEGAL, "a device needs a key");
    status = ats_judge_claim(judge, &device);
    if (status == ATS_OK)
        status = check_device_move(judge, device.state);
    for (size_t i = 0; status == ATS_OK && i < device.key_count; i++)
        status = check_device_key(judge, device.keys[i].id);
    return status;
}

enum ats_status ats_judge_schema_id_is_free(struct ats_judge *judge, const char *text, uint32_t id,
                                            bool *ret_free)
{
    struct ats_store_key key = ats_store_key_schema(id);
    struct ats_span stored;
    enum ats_status status = ats_store_batch_get(judge->batch, ats_store_key_span(&key), &stored);
    *ret_free = status == ATS_ERR_NOT_FOUND || (status == ATS_OK && ats_span_is(stored, text));
    return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
}

/* An id is the hash of its text, or what a Schema Registry gave (which gives no 0). Either may be another text's: two texts that share
   one must not both be published. */
static enum ats_status check_schema(struct ats_judge *judge, const char *text, uint32_t id)
{
    bool is_free = false;
    if (id == 0 && ats_schema_id(ats_span_text(text)) != 0)
        return ats_judge_reject(judge, ILLEGAL, "schema id 0 is not that of its text");
    enum ats_status status = ats_judge_schema_id_is_free(judge, text, id, &is_free);
    if (status != ATS_OK || is_free)
        return status;
    return ats_judge_reject(judge, ILLEGAL, "schema id %" PRIu32 " belongs to another text", id);
}

static enum ats_status judge_contract(struct ats_judge *judge)
{
    struct ats_body_contract body;
    enum ats_status status = parsed(judge, ats_body_contract_parse(judge->record.body, &body));
    if (status != ATS_OK)
        return status;
    status = ats_judge_contract(judge, &body);
    if (status == ATS_OK)
        status = check_schema(judge, body.avsc, body.schema_id);
    ats_body_contract_fini(&body);
    return status;
}

static enum ats_status check_usecase(struct ats_judge *judge, const char *yaml)
{
    struct ats_usecase *usecase = NULL;
    struct ats_error reason = {0};
    enum ats_status status = ats_usecase_parse(ats_span_text(yaml), "usecase", &usecase, &reason);
    if (status == ATS_ERR_MEMORY)
        return status;
    if (status != ATS_OK)
        return ats_judge_reject(judge, ILLEGAL, "it cannot be read: %s", reason.text);
    if (strcmp(usecase->name, judge->record.name) != 0)
        status = ats_judge_reject(judge, ILLEGAL, "it holds use case '%.128s'", usecase->name);
    ats_usecase_free(usecase);
    return status;
}

static enum ats_status judge_usecase(struct ats_judge *judge)
{
    struct ats_body_usecase body;
    enum ats_status status = parsed(judge, ats_body_usecase_parse(judge->record.body, &body));
    if (status != ATS_OK)
        return status;
    status = check_usecase(judge, body.yaml);
    ats_body_usecase_fini(&body);
    return status;
}

static enum ats_status judge_schema(struct ats_judge *judge)
{
    struct ats_body_schema body;
    enum ats_status status = parsed(judge, ats_body_schema_parse(judge->record.body, &body));
    if (status != ATS_OK)
        return status;
    json_t *schema = json_loads(body.text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    if (!schema)
        status = ats_judge_reject(judge, ILLEGAL, "its text is not JSON, so no Avro schema");
    json_decref(schema);
    if (status == ATS_OK)
        status = check_schema(judge, body.text, body.schema_id);
    ats_body_schema_fini(&body);
    return status;
}

enum ats_status ats_judge_body(struct ats_judge *judge)
{
    static enum ats_status (*const rules[ATS_CONTROL_KIND_COUNT])(struct ats_judge *) = {
        [ATS_CONTROL_ROOT] = judge_root,
        [ATS_CONTROL_OPERATOR] = judge_operator,
        [ATS_CONTROL_GATE] = judge_gate,
        [ATS_CONTROL_PROCESSOR] = judge_processor,
        [ATS_CONTROL_DEVICE] = judge_device,
        [ATS_CONTROL_CONTRACT] = judge_contract,
        [ATS_CONTROL_USECASE] = judge_usecase,
        [ATS_CONTROL_SCHEMA] = judge_schema,
        [ATS_CONTROL_CHECKPOINT] = ats_judge_checkpoint,
        [ATS_CONTROL_POLICY] = ats_judge_policy,
        [ATS_CONTROL_REPLAY] = ats_judge_replay,
    };
    return rules[judge->record.kind](judge);
}
