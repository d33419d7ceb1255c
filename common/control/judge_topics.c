/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose topics are whose, among contracts: a filter belongs to the first id of which the log accepted a version with it, as long as
 * that stands. Else whoever may state contracts of some names would take the topics of every other: where two have the same
 * ones, one governs all of them.
 *
 * What is compared is the filter with `+` in the place of `{device}`: two such texts are the same exactly where two filters have
 * all topics in common (ats_filter_compare()). So one entry of the store answers, however many contracts there are.
 */
#include "common/contract/contract.h"
#include "common/control/judge.h"
#include "common/control/store_key.h"

#include <sodium.h>

#define DEVICE_LEVEL "{device}"

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
    (void)snprintf(key.text, sizeof(key.text), "t/%s", hex);
    return key;
}

/* `ret_other` and `ret_filter`: the first filter that another id has, and that id; NULL data where there is none. */
static enum ats_status find_other(struct ats_judge *judge, const struct ats_contract *contract,
                                  struct ats_span *ret_other, const char **ret_filter)
{
    *ret_other = (struct ats_span){0};
    for (size_t i = 0; i < ats_contract_topic_count(contract); i++) {
        struct ats_store_key key = store_key(ats_contract_topic(contract, i));
        struct ats_span owner;
        enum ats_status status =
            ats_store_batch_get(judge->batch, ats_store_key_span(&key), &owner);
        if (status == ATS_ERR_NOT_FOUND ||
            (status == ATS_OK && ats_span_is(owner, ats_contract_name(contract))))
            continue;
        *ret_other = owner;
        *ret_filter = ats_contract_topic(contract, i);
        return status;
    }
    return ATS_OK;
}

enum ats_status ats_judge_topics_check(struct ats_judge *judge, const struct ats_contract *contract)
{
    struct ats_span other;
    const char *filter = NULL;
    enum ats_status status = find_other(judge, contract, &other, &filter);
    if (status != ATS_OK || !other.data)
        return status;
    return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                            "the topics of '%.128s' are contract '%.*s's already", filter,
                            ATS_SPAN_ARGS(other));
}

/* The contract of an accepted record. */
static enum ats_status compile(const struct ats_judge *judge, struct ats_contract **ret_contract)
{
    struct ats_body_contract body;
    struct ats_error reason = {0};
    enum ats_status status = ats_body_contract_parse(judge->record.body, &body);
    if (status == ATS_OK)
        status = ats_contract_compile(ats_span_text(body.odcs), "odcs", ats_span_text(body.avsc),
                                      "avsc", ret_contract, &reason);
    ats_body_contract_fini(&body);
    return status;
}

enum ats_status ats_judge_topics_again(struct ats_judge *again, bool *ret_stands)
{
    struct ats_contract *contract = NULL;
    struct ats_span other;
    const char *filter = NULL;
    enum ats_status status = compile(again, &contract);
    if (status == ATS_OK)
        status = find_other(again, contract, &other, &filter);
    *ret_stands = status == ATS_OK && !other.data;
    ats_contract_unref(contract);
    return status;
}

enum ats_status ats_judge_topics_put(struct ats_judge *judge)
{
    struct ats_contract *contract = NULL;
    enum ats_status status = compile(judge, &contract);
    for (size_t i = 0; status == ATS_OK && i < ats_contract_topic_count(contract); i++) {
        struct ats_store_key key = store_key(ats_contract_topic(contract, i));
        status = ats_judge_put_owner(judge, &key, ats_contract_name(contract));
    }
    ats_contract_unref(contract);
    return status;
}

enum ats_status ats_judge_topics_forget(struct ats_judge *again)
{
    struct ats_contract *contract = NULL;
    enum ats_status status = compile(again, &contract);
    for (size_t i = 0; status == ATS_OK && i < ats_contract_topic_count(contract); i++) {
        struct ats_store_key key = store_key(ats_contract_topic(contract, i));
        status = ats_store_batch_delete(again->batch, ats_store_key_span(&key));
    }
    ats_contract_unref(contract);
    return status;
}
