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
