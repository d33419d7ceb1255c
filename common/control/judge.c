/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may say what. In this order, so that each outcome names the first thing that is wrong:
 *
 *   readable? -> our fleet? -> signer known, standing? -> signature? -> kind and name in scope? -> next revision?
 *   -> right predecessor? -> two persons, where it takes two? -> body legal?
 *
 * Everything is judged by what the log holds before the record, never by this process's clock, so that all followers
 * come to the same answer (judge_time.c says what time it is in the log).
 */
#include "common/control/judge.h"

#include "common/base/utf8.h"
#include "common/control/body.h"
#include "common/control/checkpoint.h"
#include "common/control/store_key.h"

#include <stdarg.h>

enum ats_status ats_judge_reject(struct ats_judge *judge, enum ats_control_outcome outcome,
                                 const char *format, ...)
{
    judge->outcome = outcome;
    if (judge->err) {
        va_list args;
        va_start(args, format);
        judge->err->status = ATS_ERR_REFUSED;
        (void)vsnprintf(judge->err->text, sizeof(judge->err->text), format, args);
        va_end(args);
        judge->err->text[ats_utf8_cut(judge->err->text, sizeof(judge->err->text) - 1)] = '\0';
    }
    return ATS_ERR_REFUSED;
}

enum ats_status ats_judge_find(struct ats_judge *judge, enum ats_control_kind kind,
                               const char *name, struct ats_control_record *ret_record)
{
    struct ats_store_key key = ats_store_key_record(kind, name);
    struct ats_span value;
    enum ats_status status = ats_store_batch_get(judge->batch, ats_store_key_span(&key), &value);
    if (status != ATS_OK)
        return status;
    if (ats_control_record_decode(value, ret_record) != ATS_OK)
        return ats_error_set(judge->err, ATS_ERR_CORRUPT, "the stored record %s cannot be read",
                             key.text);
    return ATS_OK;
}

static bool is_root(const struct ats_judge *judge)
{
    return strcmp(judge->record.signer, "root") == 0;
}

static bool is_successor(const struct ats_judge *judge)
{
    return strcmp(judge->record.signer, "successor") == 0;
}

/* Nothing stands before the root record. */
static enum ats_status check_beginning(struct ats_judge *judge)
{
    struct ats_control_record root;
    if (judge->record.kind == ATS_CONTROL_ROOT)
        return ATS_OK;
    enum ats_status status = ats_judge_find(judge, ATS_CONTROL_ROOT, "root", &root);
    if (status == ATS_ERR_NOT_FOUND)
        return ats_judge_reject(judge, ATS_CONTROL_UNKNOWN_SIGNER,
                                "the fleet's root record has not been seen yet");
    return status;
}

static enum ats_status find_operator(struct ats_judge *judge, struct ats_body_operator *ret_signer)
{
    struct ats_control_record record;
    enum ats_status status =
        ats_judge_find(judge, ATS_CONTROL_OPERATOR, judge->record.signer, &record);
    if (status == ATS_ERR_NOT_FOUND)
        return ats_judge_reject(judge, ATS_CONTROL_UNKNOWN_SIGNER, "unknown operator '%s'",
                                judge->record.signer);
    if (status != ATS_OK)
        return status;
    status = ats_body_operator_parse(record.body, ret_signer);
    if (ats_status_class(status) == ATS_CLASS_DROP)
        return ats_error_set(judge->err, ATS_ERR_CORRUPT, "the stored operator '%s' is damaged",
                             judge->record.signer);
    return status;
}

/* Sets the signer's key; `ret_signer` only for an operator. */
static enum ats_status check_signer(struct ats_judge *judge, struct ats_body_operator *ret_signer)
{
    char key_id[ATS_KEY_ID_SIZE];
    enum ats_status status = check_beginning(judge);
    if (status != ATS_OK)
        return status;
    if (ats_judge_by_gate(judge, &status))
        return status;
    uint8_t root_key[ATS_PUBLIC_KEY_SIZE];
    const uint8_t *key = ret_signer->key;
    if (is_root(judge) || is_successor(judge)) {
        status = ats_judge_root_key(judge, is_successor(judge), root_key);
        key = root_key;
    } else if (judge->record.kind == ATS_CONTROL_CHECKPOINT) {
        status = ats_judge_checkpoint_signer(judge, ret_signer);
    } else {
        status = find_operator(judge, ret_signer);
    }
    if (status == ATS_OK && key == ret_signer->key)
        status = ats_judge_standing(judge, judge->record.signer, ret_signer);
    if (status != ATS_OK)
        return status;
    memcpy(judge->signer_key, key, sizeof(judge->signer_key));
    ats_key_id(key, key_id);
    if (strcmp(key_id, judge->record.key_id) != 0)
        return ats_judge_reject(judge, ATS_CONTROL_UNKNOWN_SIGNER, "'%s' has no key %s",
                                judge->record.signer, judge->record.key_id);
    return ATS_OK;
}

/* The root signs itself and operators, operators everything else; the successor's only act is a change of root. */
static enum ats_status check_scope(struct ats_judge *judge, const struct ats_body_operator *signer)
{
    enum ats_control_kind kind = judge->record.kind;
    if (judge->by_gate)
        return ATS_OK;
    bool legal = false;
    if (kind == ATS_CONTROL_ROOT)
        legal = is_root(judge) || is_successor(judge);
    else if (kind == ATS_CONTROL_OPERATOR || kind == ATS_CONTROL_POLICY)
        legal = is_root(judge);
    else if (!is_root(judge) && !is_successor(judge))
        return ats_judge_scope(judge, judge->record.signer, signer);
    if (legal)
        return ATS_OK;
    return ats_judge_reject(judge, ATS_CONTROL_OUT_OF_SCOPE, "'%s' may not sign %s '%s'",
                            judge->record.signer, ats_control_kind_name(kind), judge->record.name);
}

static enum ats_status check_signature(struct ats_judge *judge)
{
    enum ats_status status = ats_control_record_verify(&judge->record, judge->signer_key);
    if (status != ATS_ERR_REFUSED)
        return status;
    return ats_judge_reject(judge, ATS_CONTROL_BAD_SIGNATURE, "the signature of '%s' does not hold",
                            judge->record.signer);
}

static enum ats_status check_place(struct ats_judge *judge)
{
    uint8_t predecessor[ATS_HASH_SIZE];
    uint64_t newest = 0;
    enum ats_status status = ats_control_place_find(judge->batch, judge->record.kind,
                                                    judge->record.name, &newest, predecessor);
    if (status != ATS_OK)
        return status;
    status = ats_judge_find(judge, judge->record.kind, judge->record.name, &judge->current);
    if (status != ATS_OK && status != ATS_ERR_NOT_FOUND)
        return status;
    bool fits = false;
    status = ats_judge_successor_place(judge, newest, &fits);
    if (status != ATS_OK || fits)
        return status;
    if (judge->record.revision != newest + 1)
        return ats_judge_reject(judge, ATS_CONTROL_WRONG_REVISION,
                                "revision %" PRIu64 " where %" PRIu64 " is next",
                                judge->record.revision, newest + 1);
    if (memcmp(predecessor, judge->record.predecessor, sizeof(predecessor)) != 0)
        return ats_judge_reject(judge, ATS_CONTROL_WRONG_PREDECESSOR,
                                "it does not follow the accepted revision %" PRIu64, newest);
    return ATS_OK;
}

static enum ats_status check_readable(struct ats_judge *judge, struct ats_span value)
{
    if (!value.data)
        return ats_judge_reject(judge, ATS_CONTROL_MALFORMED, "a null value");
    if (ats_control_record_decode(value, &judge->record) != ATS_OK)
        return ats_judge_reject(judge, ATS_CONTROL_MALFORMED, "not a control record");
    if (memcmp(judge->record.fleet, judge->fleet, ATS_FLEET_ID_SIZE) != 0)
        return ats_judge_reject(judge, ATS_CONTROL_FOREIGN_FLEET, "a record of another fleet");
    return ATS_OK;
}

enum ats_status ats_judge_run(struct ats_judge *judge, struct ats_span value)
{
    struct ats_body_operator signer = {0};
    judge->outcome = ATS_CONTROL_ACCEPTED;
    enum ats_status status = check_readable(judge, value);
    if (status == ATS_OK)
        status = check_signer(judge, &signer);
    if (status == ATS_OK)
        status = check_signature(judge);
    if (status == ATS_OK)
        status = check_scope(judge, &signer);
    /* Where records of the log are missing a checkpoint's revision is wrong too; that they are missing says more. */
    bool is_checkpoint = judge->record.kind == ATS_CONTROL_CHECKPOINT;
    if (status == ATS_OK && is_checkpoint)
        status = ats_judge_body(judge);
    if (status == ATS_OK)
        status = check_place(judge);
    if (status == ATS_OK)
        status = ats_judge_persons(judge);
    if (status == ATS_OK && !is_checkpoint)
        status = ats_judge_body(judge);
    if (status == ATS_OK)
        status = ats_judge_approved(judge);
    return judge->outcome == ATS_CONTROL_ACCEPTED ? status : ATS_OK;
}
