/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The roots after the pins: whose keys stand as root and successor at a place in the log, and what a change of them may say.
 *
 *   root       may put another root in its place, and cannot touch the successor
 *   successor  may put any two in place, and void what the root signed after a place in the log
 *
 * The successor wins a conflict: who stole the root's key can neither get rid of it nor outrun it, since its change may follow any
 * root record, also one that root records of the thief have followed by then.
 */
#include "common/control/acts.h"
#include "common/control/judge.h"
#include "common/control/store_key.h"

#define ILLEGAL ATS_CONTROL_ILLEGAL_BODY

enum ats_status ats_judge_roots(struct ats_judge *judge, struct ats_body_root *ret_roots)
{
    struct ats_control_record record;
    enum ats_status status = ats_judge_find(judge, ATS_CONTROL_ROOT, "root", &record);
    if (status == ATS_OK)
        return ats_body_root_parse(record.body, ret_roots) == ATS_OK ? ATS_OK : ATS_ERR_CORRUPT;
    *ret_roots = (struct ats_body_root){0};
    memcpy(ret_roots->root, judge->pins->root, sizeof(ret_roots->root));
    memcpy(ret_roots->successor, judge->pins->successor, sizeof(ret_roots->successor));
    return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
}

enum ats_status ats_judge_root_key(struct ats_judge *judge, bool successor,
                                   uint8_t ret_key[ATS_PUBLIC_KEY_SIZE])
{
    struct ats_body_root roots;
    enum ats_status status = ats_judge_roots(judge, &roots);
    if (status == ATS_OK)
        memcpy(ret_key, successor ? roots.successor : roots.root, ATS_PUBLIC_KEY_SIZE);
    return status;
}

enum ats_status ats_judge_certificate_issuer(struct ats_judge *judge,
                                             const struct ats_body_operator *operator_,
                                             uint8_t ret_key[ATS_PUBLIC_KEY_SIZE])
{
    struct ats_certificate certificate;
    struct ats_body_root roots;
    enum ats_status status = ats_judge_roots(judge, &roots);
    if (status != ATS_OK)
        return status;
    const uint8_t *const keys[] = {roots.root, roots.successor, judge->pins->root,
                                   judge->pins->successor};
    memcpy(ret_key, roots.root, ATS_PUBLIC_KEY_SIZE);
    if (ats_certificate_decode(operator_->certificate, operator_->certificate_len, &certificate) !=
        ATS_DEVICE_OK)
        return ATS_OK;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (ats_certificate_verify(&certificate, keys[i])) {
            memcpy(ret_key, keys[i], ATS_PUBLIC_KEY_SIZE);
            break;
        }
    return ATS_OK;
}

/* ---- what a change may say ---- */

static bool is_by_successor(const struct ats_judge *judge)
{
    return strcmp(judge->record.signer, "successor") == 0;
}

static enum ats_status check_change(struct ats_judge *judge, const struct ats_body_root *root)
{
    struct ats_body_root before;
    enum ats_status status = ats_judge_roots(judge, &before);
    if (status != ATS_OK)
        return status;
    if (memcmp(root->root, root->successor, sizeof(root->root)) == 0)
        return ats_judge_reject(judge, ILLEGAL, "root and successor are one key");
    if (is_by_successor(judge))
        return root->stands_until.count == 0 ? ATS_OK
                                             : ats_judge_place_named(judge, &root->stands_until);
    if (memcmp(root->successor, before.successor, sizeof(root->successor)) != 0)
        return ats_judge_reject(judge, ILLEGAL, "only the successor may change the successor");
    if (root->stands_until.count != 0)
        return ats_judge_reject(judge, ILLEGAL, "only the successor may void what a root signed");
    return ATS_OK;
}

enum ats_status ats_judge_root_change(struct ats_judge *judge, const struct ats_body_root *root)
{
    struct ats_control_act act;
    enum ats_status status = check_change(judge, root);
    if (status != ATS_OK)
        return status;
    /* Of a conflict, see ats_judge_successor_place(): the thief's changes are void, and all that rests on them. */
    status = ats_control_revision_act(judge->batch, ATS_CONTROL_ROOT, "root",
                                      judge->record.revision, &act);
    if (status == ATS_ERR_NOT_FOUND || (status == ATS_OK && act.void_by != 0))
        return ATS_OK;
    if (status == ATS_OK &&
        (root->stands_until.count == 0 || root->stands_until.count >= act.count))
        return ats_judge_reject(judge, ILLEGAL,
                                "it must say that the former root stood until before record "
                                "%" PRIu64,
                                act.count);
    return status;
}

enum ats_status ats_judge_successor_place(struct ats_judge *judge, uint64_t newest, bool *ret_fits)
{
    uint64_t revision = judge->record.revision;
    struct ats_control_act act;
    struct ats_control_record before;
    struct ats_buf value;
    uint8_t hash[ATS_HASH_SIZE];
    *ret_fits = false;
    if (judge->record.kind != ATS_CONTROL_ROOT || !is_by_successor(judge) || revision < 2 ||
        revision > newest)
        return ATS_OK;
    for (uint64_t i = revision; i <= newest; i++) {
        enum ats_status status =
            ats_control_revision_act(judge->batch, ATS_CONTROL_ROOT, "root", i, &act);
        if (status != ATS_OK || strcmp(act.signer, "root") != 0)
            return status;
    }
    ats_buf_init(&value, ATS_RECORD_MAX);
    enum ats_status status = ats_control_revision_get(judge->batch, ATS_CONTROL_ROOT, "root",
                                                      revision - 1, &value, &act);
    if (status == ATS_OK)
        status = ats_control_record_decode(ats_buf_span(&value), &before);
    if (status == ATS_OK) {
        ats_control_record_hash(&before, hash);
        *ret_fits = memcmp(hash, judge->record.predecessor, sizeof(hash)) == 0;
    }
    ats_buf_fini(&value);
    return status;
}

/* ---- what becomes void ---- */

/* Whether a record that is not void gives the operator that key. */
static enum ats_status key_stands(struct ats_judge *judge, const char *name, const char *key_id,
                                  bool *ret_stands)
{
    uint8_t hash[ATS_HASH_SIZE];
    struct ats_buf value;
    uint64_t newest = 0;
    enum ats_status status =
        ats_control_place_find(judge->batch, ATS_CONTROL_OPERATOR, name, &newest, hash);
    *ret_stands = false;
    ats_buf_init(&value, ATS_RECORD_MAX);
    for (uint64_t i = 1; status == ATS_OK && i <= newest && !*ret_stands; i++) {
        struct ats_control_record record;
        struct ats_body_operator body;
        struct ats_control_act act;
        char id[ATS_KEY_ID_SIZE];
        status =
            ats_control_revision_get(judge->batch, ATS_CONTROL_OPERATOR, name, i, &value, &act);
        if (status == ATS_OK)
            status = ats_control_record_decode(ats_buf_span(&value), &record);
        if (status == ATS_OK)
            status = ats_body_operator_parse(record.body, &body);
        if (status != ATS_OK)
            break;
        ats_key_id(body.key, id);
        *ret_stands = act.void_by == 0 && strcmp(id, key_id) == 0;
    }
    ats_buf_fini(&value);
    return status;
}

typedef enum ats_status visit_act(struct ats_judge *judge, struct ats_control_act *act);

static enum ats_status for_acts(struct ats_judge *judge, uint64_t from, visit_act *visit)
{
    enum ats_status status = ATS_OK;
    for (uint64_t count = from; status == ATS_OK && count <= judge->count; count++) {
        struct ats_control_act act;
        status = ats_control_act_find(judge->batch, count, &act);
        if (status == ATS_OK)
            status = visit(judge, &act);
    }
    return status == ATS_ERR_NOT_FOUND ? ATS_ERR_CORRUPT : status;
}

static enum ats_status void_act(struct ats_judge *judge, struct ats_control_act *act)
{
    act->void_by = judge->count + 1;
    return ats_control_act_put(judge->batch, act);
}

static enum ats_status void_of_root(struct ats_judge *judge, struct ats_control_act *act)
{
    return strcmp(act->signer, "root") == 0 ? void_act(judge, act) : ATS_OK;
}

/* What a revocation of the thief made void holds again. */
static enum ats_status restore(struct ats_judge *judge, struct ats_control_act *act)
{
    struct ats_control_act cause;
    if (act->void_by == 0 || act->void_by == judge->count + 1)
        return ATS_OK;
    enum ats_status status = ats_control_act_find(judge->batch, act->void_by, &cause);
    if (status != ATS_OK || cause.void_by == 0)
        return status;
    act->void_by = 0;
    status = ats_control_act_put(judge->batch, act);
    return status == ATS_OK ? ats_judge_settle(judge, act) : status;
}

/* An operator whom only the thief's records make one. */
static enum ats_status void_of_operator(struct ats_judge *judge, struct ats_control_act *act)
{
    bool stands = false;
    if (act->void_by != 0 || strcmp(act->signer, "root") == 0 ||
        strcmp(act->signer, "successor") == 0)
        return ATS_OK;
    enum ats_status status = key_stands(judge, act->signer, act->key_id, &stands);
    if (status == ATS_OK && stands && act->approver[0] != '\0')
        status = key_stands(judge, act->approver, act->approver_key_id, &stands);
    return status == ATS_OK && !stands ? void_act(judge, act) : status;
}

enum ats_status ats_judge_void_of_root(struct ats_judge *judge)
{
    struct ats_body_root body;
    enum ats_status status = ats_body_root_parse(judge->record.body, &body);
    if (status != ATS_OK || body.stands_until.count == 0)
        return status;
    uint64_t from = body.stands_until.count + 1;
    status = for_acts(judge, from, void_of_root);
    if (status == ATS_OK)
        status = for_acts(judge, 1, restore);
    if (status == ATS_OK)
        status = for_acts(judge, from, void_of_operator);
    return status == ATS_OK ? ats_judge_settle_marked(judge, from, judge->count + 1) : status;
}
