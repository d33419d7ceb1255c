/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/reasons.h"

#define PASS ATS_GATE_PASS
#define DIVERT ATS_GATE_DIVERT
#define REJECT ATS_GATE_REJECT
#define CLOSE ATS_GATE_CLOSE

/* On MQTT 3.1.1 a device's publish is acknowledged only if it is kept, in quarantine too: what is refused comes again, until
   a token, record, grant or contract takes it. */
/* clang-format off */
static const struct ats_reason_info reasons[ATS_REASON_COUNT] = {
    [ATS_REASON_NONE] = {0, "none", ATS_ADMITTED, PASS, PASS, "admitted"},
    [ATS_REASON_UNPROVEN] = {100, "unproven", ATS_REFUSED, REJECT, REJECT, "only a device that proved itself may publish here"},
    [ATS_REASON_SESSION_EXPIRED] = {101, "session-expired", ATS_REFUSED, REJECT, CLOSE, "the token has expired, connect with a new one"},
    [ATS_REASON_DEVICE_UNKNOWN] = {102, "device-unknown", ATS_REFUSED, REJECT, CLOSE, "no such device in the registry"},
    [ATS_REASON_DEVICE_PENDING] = {103, "device-pending", ATS_REFUSED, REJECT, CLOSE, "the device is not active yet"},
    [ATS_REASON_DEVICE_SUSPENDED] = {104, "device-suspended", ATS_REFUSED, REJECT, CLOSE, "the device is suspended"},
    [ATS_REASON_DEVICE_REVOKED] = {105, "device-revoked", ATS_REFUSED, REJECT, CLOSE, "the device is revoked"},
    [ATS_REASON_DEVICE_RETIRED] = {106, "device-retired", ATS_REFUSED, REJECT, CLOSE, "the device is retired"},
    [ATS_REASON_GATE_REVOKED] = {107, "gate-revoked", ATS_REFUSED, REJECT, CLOSE, "this gate is revoked, or its keys are not those of its record or not good now: use another gate"},
    [ATS_REASON_SESSION_LOST] = {108, "session-lost", ATS_REFUSED, REJECT, CLOSE, "the gate has no session of this connection, connect again"},
    [ATS_REASON_SESSION_KEY] = {109, "session-key", ATS_REFUSED, REJECT, CLOSE, "the key that opened this connection is retired or no longer valid, connect with another"},
    [ATS_REASON_TOPIC_UNKNOWN] = {110, "topic-unknown", ATS_REFUSED, REJECT, CLOSE, "no contract allows publishing to this topic"},
    [ATS_REASON_TOPIC_DEVICE] = {111, "topic-device", ATS_REFUSED, REJECT, CLOSE, "the topic names another device"},
    [ATS_REASON_CONTRACT] = {112, "contract-not-allowed", ATS_REFUSED, REJECT, CLOSE, "this contract is not among those allowed for the device"},
    [ATS_REASON_WILL] = {113, "will", ATS_REFUSED, REJECT, REJECT, "a will on a governed topic carries no proof"},
    [ATS_REASON_PROOF_MALFORMED] = {120, "proof-malformed", ATS_REFUSED, REJECT, CLOSE, "the proof cannot be read"},
    [ATS_REASON_PROOF_WRONG] = {121, "proof-wrong", ATS_REFUSED, REJECT, CLOSE, "the tag or signature does not hold over this publish"},
    [ATS_REASON_PROOF_SESSION] = {122, "proof-session", ATS_REFUSED, REJECT, CLOSE, "the proof names a session that this gate does not have"},
    [ATS_REASON_KEY_UNKNOWN] = {123, "key-unknown", ATS_REFUSED, REJECT, CLOSE, "the registry has no such key for the device"},
    [ATS_REASON_PROOF_WEAK] = {124, "proof-weak", ATS_REFUSED, REJECT, CLOSE, "the contract, or a session of ATTESTREAM-1, demands a stronger proof"},
    [ATS_REASON_KEY_NOT_VALID] = {125, "key-not-valid", ATS_REFUSED, REJECT, CLOSE, "the key is not valid at this time"},
    [ATS_REASON_SEQUENCE_REUSED] = {130, "sequence-reused", ATS_REFUSED, REJECT, CLOSE, "the sequence was used before, for other bytes"},
    [ATS_REASON_SEQUENCE_OLD] = {131, "sequence-old", ATS_REFUSED, REJECT, CLOSE, "the sequence is too far behind the highest seen, or was used by a packet that the gate no longer knows"},
    [ATS_REASON_JOURNAL_FULL] = {140, "journal-full", ATS_REFUSED, REJECT, CLOSE, "the gate's journal is full, try again later"},
    [ATS_REASON_QUARANTINE_FULL] = {141, "quarantine-full", ATS_REFUSED, REJECT, CLOSE, "the quarantine's part of the journal is full, try again later"},
    [ATS_REASON_GATE_BUSY] = {142, "gate-busy", ATS_REFUSED, REJECT, CLOSE, "the gate lacks memory or storage at the moment, try again later"},
    [ATS_REASON_MALFORMED] = {200, "malformed", ATS_QUARANTINED, REJECT, REJECT, "not even the contract's format"},
    [ATS_REASON_SCHEMA] = {201, "schema", ATS_QUARANTINED, REJECT, REJECT, "does not fit the contract's schema"},
    [ATS_REASON_QUALITY] = {202, "quality", ATS_QUARANTINED, REJECT, REJECT, "breaks a quality rule of the contract"},
    [ATS_REASON_DUPLICATE] = {300, "duplicate", ATS_DUPLICATE, DIVERT, DIVERT, "this very packet was accepted before"},
    [ATS_REASON_TOKEN_MISSING] = {400, "token-missing", ATS_NO_ENTRY, CLOSE, CLOSE, "the user name is a device's, which must prove itself"},
    [ATS_REASON_TOKEN_MALFORMED] = {401, "token-malformed", ATS_NO_ENTRY, CLOSE, CLOSE, "the token cannot be read, or asks for another algorithm than EdDSA"},
    [ATS_REASON_TOKEN_WRONG] = {402, "token-wrong", ATS_NO_ENTRY, CLOSE, CLOSE, "the token's signature or time does not hold"},
    [ATS_REASON_TOKEN_EXPIRED] = {403, "token-expired", ATS_NO_ENTRY, CLOSE, CLOSE, "the token has expired"},
    [ATS_REASON_TOKEN_SUBJECT] = {404, "token-subject", ATS_NO_ENTRY, CLOSE, CLOSE, "the token is another device's"},
    [ATS_REASON_TOKEN_AUDIENCE] = {405, "token-audience", ATS_NO_ENTRY, CLOSE, CLOSE, "the token is for another gate"},
    [ATS_REASON_TOKEN_LIFETIME] = {406, "token-lifetime", ATS_NO_ENTRY, CLOSE, CLOSE, "the token lives longer than token_lifetime_max"},
    [ATS_REASON_CLIENT_ID] = {410, "client-id", ATS_NO_ENTRY, CLOSE, CLOSE, "the client id is not the device's, or belongs to a device that is connected"},
    [ATS_REASON_USER_NAME] = {411, "user-name", ATS_NO_ENTRY, CLOSE, CLOSE, "the user name is not the device's"},
    [ATS_REASON_CONNECT_MALFORMED] = {420, "connect-malformed", ATS_NO_ENTRY, CLOSE, CLOSE, "the authentication data cannot be read"},
    [ATS_REASON_CONNECT_WRONG] = {421, "connect-wrong", ATS_NO_ENTRY, CLOSE, CLOSE, "the authentication data's signature does not hold, or is for another gate"},
    [ATS_REASON_CONNECT_REPLAYED] = {422, "connect-replayed", ATS_NO_ENTRY, CLOSE, CLOSE, "the counter is not above the last one"},
    [ATS_REASON_GATE_UNREADY] = {423, "gate-unready", ATS_NO_ENTRY, CLOSE, CLOSE, "the gate does not know its own certificate yet, try again later"},
    [ATS_REASON_EXCLUSIVE] = {430, "exclusive", ATS_NO_ENTRY, CLOSE, CLOSE, "only devices may connect here"},
};
/* clang-format on */

const struct ats_reason_info *ats_reason_info(enum ats_reason reason)
{
    return &reasons[reason];
}

const char *ats_verdict_kind_name(enum ats_verdict_kind kind)
{
    static const char *const names[] = {"admitted", "refused", "quarantined", "duplicate",
                                        "connection refused"};
    return names[kind];
}

enum ats_gate_answer ats_reason_answer(enum ats_reason reason, bool mqtt5, uint8_t qos)
{
    enum ats_gate_answer answer = mqtt5 ? reasons[reason].mqtt5 : reasons[reason].mqtt3;
    if (answer == CLOSE && qos == 0)
        return REJECT;
    /* At QoS 2 the broker itself knows a retransmission by packet id and topic, as long as it holds the first one. */
    return answer == DIVERT && qos == 2 ? PASS : answer;
}

enum ats_reason ats_reason_of_state(enum ats_device_state state)
{
    switch (state) {
    case ATS_DEVICE_ACTIVE:
        return ATS_REASON_NONE;
    case ATS_DEVICE_PENDING:
        return ATS_REASON_DEVICE_PENDING;
    case ATS_DEVICE_SUSPENDED:
        return ATS_REASON_DEVICE_SUSPENDED;
    case ATS_DEVICE_REVOKED:
        return ATS_REASON_DEVICE_REVOKED;
    case ATS_DEVICE_RETIRED:
        break;
    }
    return ATS_REASON_DEVICE_RETIRED;
}

enum ats_reason ats_reason_of_class(enum ats_verdict_class verdict_class)
{
    switch (verdict_class) {
    case ATS_VERDICT_MALFORMED:
        return ATS_REASON_MALFORMED;
    case ATS_VERDICT_SCHEMA:
        return ATS_REASON_SCHEMA;
    case ATS_VERDICT_QUALITY:
        return ATS_REASON_QUALITY;
    case ATS_VERDICT_ADMITTED:
        break;
    }
    return ATS_REASON_NONE;
}

static const char *answer_text(const struct ats_reason_info *info, bool mqtt5)
{
    if (info->kind == ATS_NO_ENTRY)
        return mqtt5 ? "CONNACK 0x87" : "CONNACK 5";
    switch (mqtt5 ? info->mqtt5 : info->mqtt3) {
    case REJECT:
        return mqtt5 ? "PUBACK 0x87" : "PUBACK";
    case CLOSE:
        return "closed";
    case PASS:
    case DIVERT:
        break;
    }
    return "PUBACK";
}

void ats_reasons_print(struct ats_buf *out)
{
    ats_buf_append_text(out, "| code | reason | verdict | MQTT 5 | MQTT 3.1.1 | what |\n"
                             "|--:|---|---|---|---|---|\n");
    for (int i = 0; i < ATS_REASON_COUNT; i++) {
        const struct ats_reason_info *info = &reasons[i];
        ats_buf_printf(out, "| %d | `%s` | %s | %s | %s | %s |\n", info->code, info->name,
                       ats_verdict_kind_name(info->kind), answer_text(info, true),
                       answer_text(info, false), info->text);
    }
}
