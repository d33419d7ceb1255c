/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/proposal_show.h"

#include "cli/append.h"
#include "cli/certificate_text.h"
#include "cli/cli.h"
#include "cli/contract_governs.h"
#include "cli/contract_topics.h"
#include "cli/contract_versions.h"
#include "cli/output.h"
#include "cli/proposal.h"
#include "cli/record_json.h"
#include "common/base/clock.h"
#include "common/base/limits.h"

#include <sodium.h>
#include <stdlib.h>

/* More records than that are a table for people. */
#define SHOWN_IN_FULL_MAX 5
/* What two people's clocks may differ by. */
#define CLOCKS_APART_MS INT64_C(3600000)

void ats_proposal_digest(const struct ats_buf *values, size_t count,
                         char ret_digest[ATS_PROPOSAL_DIGEST_SIZE])
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state sha;
    (void)crypto_hash_sha256_init(&sha);
    for (size_t i = 0; i < count; i++) {
        const size_t len = values[i].len;
        const uint8_t head[4] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8),
                                 (uint8_t)len};
        (void)crypto_hash_sha256_update(&sha, head, sizeof(head));
        (void)crypto_hash_sha256_update(&sha, values[i].data, len);
    }
    (void)crypto_hash_sha256_final(&sha, hash);
    (void)sodium_bin2hex(ret_digest, ATS_PROPOSAL_DIGEST_SIZE, hash, sizeof(hash));
}

enum ats_status ats_proposal_check_end(const struct ats_control_record *record, int64_t now_ms,
                                       struct ats_error *err)
{
    char time[ATS_RFC3339_SIZE];
    ats_clock_format_rfc3339(record->expires_ms, time);
    if (record->expires_ms > now_ms + ATS_PROPOSAL_LIFE_MAX_MS + CLOCKS_APART_MS)
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "%s '%s' is proposed until %s, which is more than seven days from "
                             "now: who proposes it has dated it forward",
                             ats_control_kind_name(record->kind), record->name, time);
    if (record->expires_ms > now_ms)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_REFUSED,
                         "%s '%s' would not be accepted (unapproved): the proposal expired at %s",
                         ats_control_kind_name(record->kind), record->name, time);
}

bool ats_proposal_is_approved(struct ats_session *session, const struct ats_control_record *record)
{
    struct ats_control_record holds;
    struct ats_error ignored = {0};
    return ats_session_find(session, record->kind, record->name, &holds, &ignored) == ATS_OK &&
           holds.approver[0] != '\0' &&
           memcmp(holds.signature, record->signature, sizeof(holds.signature)) == 0;
}

static enum ats_status refuse(struct ats_session *session, const struct ats_control_record *record,
                              enum ats_control_outcome outcome, const char *why,
                              struct ats_error *err)
{
    const char *kind = ats_control_kind_name(record->kind);
    if (outcome == ATS_CONTROL_WRONG_REVISION && ats_proposal_is_approved(session, record))
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "%s '%s' is approved already: the log has this very proposal with a "
                             "second signature",
                             kind, record->name);
    return ats_error_set(err, ATS_ERR_REFUSED, "%s '%s' would not be accepted (%s): %s%s", kind,
                         record->name, ats_control_outcome_name(outcome), why,
                         outcome == ATS_CONTROL_WRONG_REVISION
                             ? "; something about it changed since, propose it again"
                             : "");
}

enum ats_status ats_proposal_judge(struct ats_session *session,
                                   const struct ats_control_record *record,
                                   const struct ats_buf *value, struct ats_error *err)
{
    const struct ats_append_target target = ats_session_target(session);
    enum ats_control_outcome outcome = ATS_CONTROL_ACCEPTED;
    struct ats_error why = {0};
    enum ats_status status =
        ats_proposal_check_end(record, ats_clock_wall_ms(&ats_clock_system), err);
    if (status != ATS_OK)
        return status;
    status = ats_registry_judge(target.registry, ats_buf_span(value), &outcome, &why);
    if (status != ATS_OK)
        return ats_error_set(err, status, "%s", why.text);
    /* Of what is signed, whose topics are whose is told in words, and what it breaks is no business of the log's judge. */
    bool is_signed = outcome == ATS_CONTROL_ACCEPTED || outcome == ATS_CONTROL_UNAPPROVED ||
                     outcome == ATS_CONTROL_ILLEGAL_BODY;
    if (is_signed)
        status = ats_contract_topics_check_record(ats_session_view(session), record, err);
    if (is_signed && status == ATS_OK)
        status = ats_contract_versions_check(ats_session_view(session), record, err);
    if (status != ATS_OK)
        return status;
    if (outcome == ATS_CONTROL_ACCEPTED ||
        (outcome == ATS_CONTROL_UNAPPROVED && ats_proposal_is(ats_buf_span(value))))
        return ATS_OK;
    return refuse(session, record, outcome, why.text, err);
}

static json_t *or_null(json_t *value)
{
    return value ? json_incref(value) : json_null();
}

/* "site": ["north", "south"] of each member that says something else than before; NULL where there was nothing before. */
static json_t *changes(struct ats_session *session, const struct ats_control_record *record)
{
    struct ats_control_record holds;
    struct ats_error ignored = {0};
    const char *key;
    json_t *value;
    if (ats_session_find(session, record->kind, record->name, &holds, &ignored) != ATS_OK)
        return NULL;
    json_t *then = json_loadb((const char *)holds.body.data, holds.body.len, 0, NULL);
    json_t *now = json_loadb((const char *)record->body.data, record->body.len, 0, NULL);
    json_t *all = json_object();
    json_object_foreach(now, key, value)
    {
        json_t *before = json_object_get(then, key);
        if (!before || !json_equal(before, value))
            (void)json_object_set_new(all, key,
                                      json_pack("[o, o]", or_null(before), json_incref(value)));
    }
    json_object_foreach(then, key, value)
    {
        if (!json_object_get(now, key))
            (void)json_object_set_new(all, key, json_pack("[O, n]", value));
    }
    json_decref(then);
    json_decref(now);
    return all;
}

/* Whoever approves must see where one value ends and the next begins: as JSON. */
static void quote_sides(json_t *changed)
{
    void *next;
    const char *key;
    json_t *sides;
    json_object_foreach_safe(changed, next, key, sides)
    {
        char *text = ats_output_dump(sides);
        (void)json_object_set_new(changed, key, json_string(text ? text : ""));
        free(text);
    }
}

static void show_one(struct ats_session *session, const struct ats_control_record *record,
                     const char *digest)
{
    char expires[ATS_RFC3339_SIZE];
    json_t *object = ats_record_json(record);
    json_t *changed = changes(session, record);
    ats_clock_format_rfc3339(record->expires_ms, expires);
    (void)json_object_set_new(object, "expires", json_string(expires));
    (void)json_object_set_new(object, "changes", changed ? changed : json_string("new"));
    (void)json_object_set_new(object, "digest", json_string(digest));
    if (!ats_session_cli(session)->json) {
        ats_certificates_as_text(object);
        quote_sides(changed);
    }
    ats_output_object(ats_session_cli(session), object);
}

/* A row of many: what it changes; of what is new all that it states, since whoever approves signs that. */
static json_t *short_row(struct ats_session *session, const struct ats_control_record *record)
{
    json_t *changed = changes(session, record);
    json_t *shown =
        changed ? changed
                : json_pack("{s:o}", "new",
                            json_loadb((const char *)record->body.data, record->body.len, 0, NULL));
    ats_certificates_as_text(shown);
    char *text = ats_output_dump(shown);
    json_decref(shown);
    json_t *row = json_pack("{s:s, s:s, s:s, s:s?}", "kind", ats_control_kind_name(record->kind),
                            "name", record->name, "signer", record->signer, "changes", text);
    free(text);
    return row;
}

static void show_table(struct ats_session *session, const struct ats_buf *values, size_t count,
                       const char *digest)
{
    struct ats_output output;
    struct ats_control_record record;
    ats_output_begin(&output, ats_session_cli(session));
    for (size_t i = 0; i < count; i++)
        if (ats_control_record_decode(ats_buf_span(&values[i]), &record) == ATS_OK)
            ats_output_row(&output, short_row(session, &record));
    ats_output_end(&output);
    ats_output_object(ats_session_cli(session),
                      json_pack("{s:I, s:s}", "records", (json_int_t)count, "digest", digest));
}

/* All are judged before the first is shown. */
static enum ats_status show_all(struct ats_session *session, const struct ats_buf *values,
                                size_t count, struct ats_error *err)
{
    struct ats_control_record record;
    char digest[ATS_PROPOSAL_DIGEST_SIZE];
    for (size_t i = 0; i < count; i++) {
        enum ats_status status = ats_control_record_decode(ats_buf_span(&values[i]), &record);
        if (status != ATS_OK)
            return ats_error_set(err, status, "the proposal cannot be read");
        status = ats_proposal_judge(session, &record, &values[i], err);
        if (status != ATS_OK)
            return status;
    }
    for (size_t i = 0; i < count; i++)
        if (ats_control_record_decode(ats_buf_span(&values[i]), &record) == ATS_OK)
            ats_contract_tell_record(ats_session_view(session), &record, false);
    ats_proposal_digest(values, count, digest);
    if (count > SHOWN_IN_FULL_MAX && !ats_session_cli(session)->json) {
        show_table(session, values, count, digest);
        return ATS_OK;
    }
    for (size_t i = 0; i < count; i++)
        if (ats_control_record_decode(ats_buf_span(&values[i]), &record) == ATS_OK)
            show_one(session, &record, digest);
    return ATS_OK;
}

enum ats_status ats_proposal_show(const struct ats_cli *cli, const struct ats_buf *values,
                                  size_t count, struct ats_error *err)
{
    struct ats_session *session = NULL;
    enum ats_status status = ats_session_open(cli, ATS_SESSION_READ, &session, err);
    if (status == ATS_OK)
        status = show_all(session, values, count, err);
    ats_session_close(session);
    return status;
}
