/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose topics are whose, among contracts: a filter belongs to the first id of which the log accepted a version with it, as long as
 * that stands; and one that has some topics in common with it is another id's only where its signers may state that first one,
 * too. Else whoever may state contracts of some names would take the topics of every other: where two have the same ones, one
 * governs all of them.
 *
 * Stored is, by the hash of the filter with `+` in the place of `{device}`, who has it: two such texts are the same exactly where two
 * filters have all topics in common (ats_filter_compare()). What has some in common is found by a walk over all filters, which only
 * a contract takes that brings one its id does not have yet; so their number has a bound.
 */
#include "common/base/limits.h"
#include "common/contract/contract.h"
#include "common/contract/filter.h"
#include "common/control/judge.h"
#include "common/control/name_pattern.h"
#include "common/control/store_key.h"

#include <sodium.h>

#define DEVICE_LEVEL "{device}"
#define KEY_PREFIX "t/"

/* A stored value, as text: the name of the record that brought the filter (`ID@VERSION`), a space, the filter. */
#define VALUE_SIZE (ATS_NAME_MAX + 1 + ATS_TOPIC_MAX + 1)

/* What keeps a contract from its filters. */
enum conflict_kind { CONFLICT_NONE, CONFLICT_SAME, CONFLICT_COMMON, CONFLICT_FULL };

struct conflict {
    enum conflict_kind kind;
    const char *filter;           /* the contract's; NULL: all of its */
    char other[ATS_NAME_MAX + 1]; /* the record with the one that was first */
};

static void set_conflict(struct conflict *conflict, enum conflict_kind kind, const char *filter,
                         const char *other)
{
    conflict->kind = kind;
    conflict->filter = filter;
    (void)snprintf(conflict->other, sizeof(conflict->other), "%.*s", ATS_NAME_MAX, other);
}

static struct ats_store_key store_key(const char *filter)
{
    crypto_hash_sha256_state sha;
    uint8_t hash[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof(hash) + 1];
    struct ats_store_key key;
    (void)crypto_hash_sha256_init(&sha);
    for (const char *at = filter;; at += strcspn(at, "/") + 1) {
        size_t len = strcspn(at, "/");
        bool device = ats_span_is(ats_span_of(at, len), DEVICE_LEVEL);
        (void)crypto_hash_sha256_update(&sha, (const uint8_t *)(device ? "+" : at),
                                        device ? 1 : len);
        if (at[len] == '\0')
            break;
        (void)crypto_hash_sha256_update(&sha, (const uint8_t *)"/", 1);
    }
    (void)crypto_hash_sha256_final(&sha, hash);
    (void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
    (void)snprintf(key.text, sizeof(key.text), KEY_PREFIX "%s", hex);
    return key;
}

/* Into `text`, whose filter is returned; NULL for what nobody here stored. */
static const char *read_value(struct ats_span stored, char text[VALUE_SIZE])
{
    if (stored.len >= VALUE_SIZE)
        return NULL;
    memcpy(text, stored.data, stored.len);
    text[stored.len] = '\0';
    char *space = strchr(text, ' ');
    if (!space || space - text > ATS_NAME_MAX)
        return NULL;
    *space = '\0';
    return space + 1;
}

static bool is_version_of(const char *record_name, const char *id)
{
    size_t len = strlen(id);
    return strncmp(record_name, id, len) == 0 && record_name[len] == '@';
}

/* ---- some topics in common ---- */

struct search {
    struct conflict *conflict;
    const char *id;
    const char *brought[ATS_CONTRACT_TOPICS_MAX]; /* filters that the id does not have yet */
    size_t brought_count;
    size_t known_count; /* of all ids */
    struct ats_body_operator signers[2];
    size_t signer_count;
};

static enum ats_status add_signer(struct ats_judge *judge, const char *name, struct search *search)
{
    struct ats_control_record record;
    enum ats_status status = ats_judge_find(judge, ATS_CONTROL_OPERATOR, name, &record);
    if (status == ATS_OK &&
        ats_body_operator_parse(record.body, &search->signers[search->signer_count++]) != ATS_OK)
        return ATS_ERR_CORRUPT;
    return status == ATS_ERR_NOT_FOUND ? ATS_ERR_CORRUPT : status;
}

static bool may_state(const struct search *search, const char *record_name)
{
    bool may = true;
    for (size_t i = 0; i < search->signer_count; i++)
        may = may && ats_name_matches(search->signers[i].names, record_name);
    return may;
}

static enum ats_status look(void *ctx, struct ats_span key, struct ats_span value)
{
    struct search *search = ctx;
    char text[VALUE_SIZE];
    const char *filter = read_value(value, text);
    (void)key;
    if (!filter)
        return ATS_ERR_CORRUPT;
    search->known_count++;
    if (search->conflict->kind != CONFLICT_NONE || is_version_of(text, search->id) ||
        may_state(search, text))
        return ATS_OK;
    for (size_t i = 0; i < search->brought_count; i++)
        if (ats_filter_compare(search->brought[i], filter) != ATS_FILTERS_NONE)
            set_conflict(search->conflict, CONFLICT_COMMON, search->brought[i], text);
    return ATS_OK;
}

static enum ats_status find_common(struct ats_judge *judge, struct search *search)
{
    enum ats_status status = add_signer(judge, judge->record.signer, search);
    if (status == ATS_OK && judge->record.approver[0] != '\0')
        status = add_signer(judge, judge->record.approver, search);
    if (status == ATS_OK)
        status = ats_store_batch_walk(judge->batch, ats_span_text(KEY_PREFIX), look, search);
    if (status == ATS_OK && search->conflict->kind == CONFLICT_NONE &&
        search->known_count + search->brought_count > ATS_CONTRACT_FILTERS_MAX)
        set_conflict(search->conflict, CONFLICT_FULL, NULL, "");
    return status;
}

/* ---- the same topics ---- */

/* Adds a filter that nobody has to those that the contract brings. */
static enum ats_status check_filter(struct ats_judge *judge, const char *filter,
                                    struct search *search)
{
    struct ats_store_key key = store_key(filter);
    struct ats_span stored;
    char text[VALUE_SIZE];
    enum ats_status status = ats_store_batch_get(judge->batch, ats_store_key_span(&key), &stored);
    if (status == ATS_ERR_NOT_FOUND) {
        search->brought[search->brought_count++] = filter;
        return ATS_OK;
    }
    if (status != ATS_OK)
        return status;
    if (!read_value(stored, text))
        return ATS_ERR_CORRUPT;
    if (!is_version_of(text, search->id))
        set_conflict(search->conflict, CONFLICT_SAME, filter, text);
    return ATS_OK;
}

static enum ats_status find_conflict(struct ats_judge *judge, const struct ats_contract *contract,
                                     struct conflict *conflict)
{
    struct search search = {.conflict = conflict, .id = ats_contract_name(contract)};
    enum ats_status status = ATS_OK;
    *conflict = (struct conflict){0};
    for (size_t i = 0; status == ATS_OK && conflict->kind == CONFLICT_NONE &&
                       i < ats_contract_topic_count(contract);
         i++)
        status = check_filter(judge, ats_contract_topic(contract, i), &search);
    return status == ATS_OK && conflict->kind == CONFLICT_NONE && search.brought_count > 0
               ? find_common(judge, &search)
               : status;
}

enum ats_status ats_judge_topics_check(struct ats_judge *judge, const struct ats_contract *contract)
{
    struct conflict conflict;
    enum ats_status status = find_conflict(judge, contract, &conflict);
    if (status != ATS_OK)
        return status;
    switch (conflict.kind) {
    case CONFLICT_SAME:
        return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                                "the topics of '%.128s' are contract %s's already", conflict.filter,
                                conflict.other);
    case CONFLICT_COMMON:
        return ats_judge_reject(
            judge, ATS_CONTROL_ILLEGAL_BODY,
            "'%.128s' has topics of contract %s, which its signer may not state", conflict.filter,
            conflict.other);
    case CONFLICT_FULL:
        return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                                "the fleet's contracts have %d topic filters, and may have no more",
                                ATS_CONTRACT_FILTERS_MAX);
    case CONFLICT_NONE:
        break;
    }
    return ATS_OK;
}

enum ats_status ats_judge_topics_again(struct ats_judge *again, const struct ats_contract *contract,
                                       bool *ret_stands)
{
    struct conflict conflict = {0};
    enum ats_status status = find_conflict(again, contract, &conflict);
    *ret_stands = status == ATS_OK && conflict.kind == CONFLICT_NONE;
    return status;
}

static enum ats_status put_filter(struct ats_judge *judge, const char *filter)
{
    struct ats_store_key key = store_key(filter);
    char text[VALUE_SIZE];
    (void)snprintf(text, sizeof(text), "%s %s", judge->record.name, filter);
    return ats_judge_put_owner(judge, &key, text);
}

enum ats_status ats_judge_topics_put(struct ats_judge *judge, const struct ats_contract *contract)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; status == ATS_OK && i < ats_contract_topic_count(contract); i++)
        status = put_filter(judge, ats_contract_topic(contract, i));
    return status;
}

enum ats_status ats_judge_topics_forget(struct ats_judge *again,
                                        const struct ats_contract *contract)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; status == ATS_OK && i < ats_contract_topic_count(contract); i++) {
        struct ats_store_key key = store_key(ats_contract_topic(contract, i));
        status = ats_store_batch_delete(again->batch, ats_store_key_span(&key));
    }
    return status;
}
