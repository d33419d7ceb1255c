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
    [ATS_REASON_SESSION_EXPIRED] = {101, "session-expired", ATS_REFUSED, REJECT, CLOSE, "the token or certificate has expired, connect with a new one"},
    [ATS_REASON_DEVICE_UNKNOWN] = {102, "device-unknown", ATS_REFUSED, REJECT, CLOSE, "no such device in the registry"},
    [ATS_REASON_DEVICE_PENDING] = {103, "device-pending", ATS_REFUSED, REJECT, CLOSE, "the device is not active yet"},
    [ATS_REASON_DEVICE_SUSPENDED] = {104, "device-suspended", ATS_REFUSED, REJECT, CLOSE, "the device is suspended"},
    [ATS_REASON_DEVICE_REVOKED] = {105, "device-revoked", ATS_REFUSED, REJECT, CLOSE, "the device is revoked"},
    [ATS_REASON_DEVICE_RETIRED] = {106, "device-retired", ATS_REFUSED, REJECT, CLOSE, "the device is retired"},
    [ATS_REASON_GATE_REVOKED] = {107, "gate-revoked", ATS_REFUSED, REJECT, CLOSE, "this gate is revoked, or its keys are not those of its record or not good now: use another gate"},
    [ATS_REASON_SESSION_LOST] = {108, "session-lost", ATS_REFUSED, REJECT, CLOSE, "the gate has no session of this connection, or of the one whose will this is: connect again"},
    [ATS_REASON_SESSION_KEY] = {109, "session-key", ATS_REFUSED, REJECT, CLOSE, "the key that opened this connection is retired or no longer valid, connect with another"},
    [ATS_REASON_TOPIC_UNKNOWN] = {110, "topic-unknown", ATS_REFUSED, REJECT, CLOSE, "no contract allows publishing to this topic"},
    [ATS_REASON_TOPIC_DEVICE] = {111, "topic-device", ATS_REFUSED, REJECT, CLOSE, "the topic names another device"},
    [ATS_REASON_CONTRACT] = {112, "contract-not-allowed", ATS_REFUSED, REJECT, CLOSE, "this contract is not among those allowed for the device, or the version that its record names has no such topic or is not known to the gate"},
    [ATS_REASON_WILL] = {113, "will", ATS_REFUSED, REJECT, REJECT, "a will of no device's connection, or one that comes after its connection's end without a signed envelope"},
    [ATS_REASON_SEQUENCE_SPACE] = {114, "sequence-space", ATS_REFUSED, REJECT, CLOSE, "a publish with a will's sequence, or a will with a publish's"},
    [ATS_REASON_WILL_REPLAYED] = {115, "will-replayed", ATS_REFUSED, REJECT, CLOSE, "the will's sequence is not above the last one, or not the counter of its CONNECT"},
    [ATS_REASON_TOPIC_SYSTEM] = {116, "topic-system", ATS_REFUSED, REJECT, CLOSE, "a device may not publish to the broker's own topics, which begin with $"},
    [ATS_REASON_STOPPING] = {117, "stopping", ATS_REFUSED, CLOSE, CLOSE, "the broker is about to stop: wills are not sent, and publishes come again when it is back"},
    [ATS_REASON_RETAINED_FULL] = {118, "retained-full", ATS_REFUSED, REJECT, CLOSE, "as many different topics as a device may publish to with the retain flag"},
    [ATS_REASON_VERSION_RETIRED] = {119, "version-retired", ATS_REFUSED, REJECT, CLOSE, "the version of the contract that the device's record names, or the last one that has this topic, is retired"},
    [ATS_REASON_PROOF_MALFORMED] = {120, "proof-malformed", ATS_REFUSED, REJECT, CLOSE, "the proof cannot be read"},
    [ATS_REASON_PROOF_WRONG] = {121, "proof-wrong", ATS_REFUSED, REJECT, CLOSE, "the tag or signature does not hold over this publish"},
    [ATS_REASON_PROOF_SESSION] = {122, "proof-session", ATS_REFUSED, REJECT, CLOSE, "the proof names a session that this gate does not have"},
    [ATS_REASON_KEY_UNKNOWN] = {123, "key-unknown", ATS_REFUSED, REJECT, CLOSE, "the registry has no such key for the device"},
    [ATS_REASON_PROOF_WEAK] = {124, "proof-weak", ATS_REFUSED, REJECT, CLOSE, "the contract, the device's record, or a session of ATTESTREAM-1 demands a stronger proof"},
    [ATS_REASON_KEY_NOT_VALID] = {125, "key-not-valid", ATS_REFUSED, REJECT, CLOSE, "the key is not valid at this time"},
    [ATS_REASON_SEQUENCE_REUSED] = {130, "sequence-reused", ATS_REFUSED, REJECT, CLOSE, "the sequence was used before, for other bytes"},
    [ATS_REASON_SEQUENCE_OLD] = {131, "sequence-old", ATS_REFUSED, REJECT, CLOSE, "the sequence is too far behind the highest seen, or was used by a packet that the gate no longer knows"},
    [ATS_REASON_JOURNAL_FULL] = {140, "journal-full", ATS_REFUSED, REJECT, CLOSE, "the gate's journal is full, try again later"},
    [ATS_REASON_QUARANTINE_FULL] = {141, "quarantine-full", ATS_REFUSED, REJECT, CLOSE, "the quarantine's part of the journal is full, try again later"},
    [ATS_REASON_GATE_BUSY] = {142, "gate-busy", ATS_REFUSED, REJECT, CLOSE, "the gate lacks memory or storage at the moment, try again later"},
    [ATS_REASON_RATE_DEVICE] = {143, "rate-device", ATS_REFUSED, REJECT, CLOSE, "more messages or bytes than the gate takes of one device, send it again later"},
    [ATS_REASON_RATE_CONTRACT] = {144, "rate-contract", ATS_REFUSED, REJECT, CLOSE, "more messages or bytes than the contract allows one device, send it again later"},
    [ATS_REASON_CONTROL_STALE] = {150, "control-stale", ATS_REFUSED, REJECT, CLOSE, "the gate has not heard from the control log for too long, try again later or use another gate"},
    [ATS_REASON_MALFORMED] = {200, "malformed", ATS_QUARANTINED, REJECT, REJECT, "not even the contract's format"},
    [ATS_REASON_SCHEMA] = {201, "schema", ATS_QUARANTINED, REJECT, REJECT, "does not fit the contract's schema"},
    [ATS_REASON_QUALITY] = {202, "quality", ATS_QUARANTINED, REJECT, REJECT, "breaks a quality rule of the contract"},
    [ATS_REASON_DUPLICATE] = {300, "duplicate", ATS_DUPLICATE, DIVERT, DIVERT, "this very packet was accepted before"},
    [ATS_REASON_TOKEN_MISSING] = {400, "token-missing", ATS_NO_ENTRY, CLOSE, CLOSE, "the user name is a device's, which must prove itself"},
    [ATS_REASON_TOKEN_MALFORMED] = {401, "token-malformed", ATS_NO_ENTRY, CLOSE, CLOSE, "the token cannot be read, or asks for another algorithm than EdDSA"},
    [ATS_REASON_TOKEN_WRONG] = {402, "token-wrong", ATS_NO_ENTRY, CLOSE, CLOSE, "the token's signature or time does not hold"},
    [ATS_REASON_TOKEN_EXPIRED] = {403, "token-expired", ATS_NO_ENTRY, CLOSE, CLOSE, "the token has expired"},
    [ATS_REASON_TOKEN_SUBJECT] = {404, "token-subject", ATS_NO_ENTRY, CLOSE, CLOSE, "the token is another device's"},
    [ATS_REASON_TOKEN_AUDIENCE] = {405, "token-audience", ATS_NO_ENTRY, CLOSE, CLOSE, "the token does not say that it is for this gate"},
    [ATS_REASON_TOKEN_LIFETIME] = {406, "token-lifetime", ATS_NO_ENTRY, CLOSE, CLOSE, "the token lives longer than token_lifetime_max"},
    [ATS_REASON_TOKEN_PLAIN] = {407, "token-plain", ATS_NO_ENTRY, CLOSE, CLOSE, "the token came over a connection that is not known to be TLS"},
    [ATS_REASON_TOKEN_REPLAYED] = {408, "token-replayed", ATS_NO_ENTRY, CLOSE, CLOSE, "the token has a jti and has opened a connection before, connect with a new one"},
    [ATS_REASON_TOKEN_ID] = {409, "token-id", ATS_NO_ENTRY, CLOSE, CLOSE, "the token has no jti, which token_single_use demands"},
    [ATS_REASON_CLIENT_ID] = {410, "client-id", ATS_NO_ENTRY, CLOSE, CLOSE, "the client id is not the device's (with a claim: its name and /claim, which nothing else may have), or belongs to a device that is connected"},
    [ATS_REASON_USER_NAME] = {411, "user-name", ATS_NO_ENTRY, CLOSE, CLOSE, "the user name is not the device's"},
    [ATS_REASON_CLIENT_ID_RESERVED] = {412, "client-id-reserved", ATS_NO_ENTRY, CLOSE, CLOSE, "the client id is that of a device in the registry, or begins with it: only that device may use it"},
    [ATS_REASON_TOKENS_FULL] = {414, "tokens-full", ATS_NO_ENTRY, CLOSE, CLOSE, "the gate remembers as many single-use tokens of this key as it may, try again when some have expired, or with a token without jti"},
    [ATS_REASON_CONNECT_MALFORMED] = {420, "connect-malformed", ATS_NO_ENTRY, CLOSE, CLOSE, "the authentication data cannot be read"},
    [ATS_REASON_CONNECT_WRONG] = {421, "connect-wrong", ATS_NO_ENTRY, CLOSE, CLOSE, "the authentication data's signature does not hold, or is for another gate"},
    [ATS_REASON_CONNECT_REPLAYED] = {422, "connect-replayed", ATS_NO_ENTRY, CLOSE, CLOSE, "the counter is not above the last one"},
    [ATS_REASON_GATE_UNREADY] = {423, "gate-unready", ATS_NO_ENTRY, CLOSE, CLOSE, "the gate does not know its own certificate yet, try again later"},
    [ATS_REASON_EXCLUSIVE] = {430, "exclusive", ATS_NO_ENTRY, CLOSE, CLOSE, "only devices may connect here"},
    [ATS_REASON_BUSY_HANDSHAKES] = {431, "busy-handshakes", ATS_NO_ENTRY, CLOSE, CLOSE, "failed handshakes take all of handshake_share at the moment, try again"},
    [ATS_REASON_BUSY_ADDRESS] = {432, "busy-address", ATS_NO_ENTRY, CLOSE, CLOSE, "too many failed handshakes from this address, try again later"},
    [ATS_REASON_BUSY_DEVICE] = {433, "busy-device", ATS_NO_ENTRY, CLOSE, CLOSE, "too many connections or new client ids of this device, or failed ones in its name, try again later"},
    [ATS_REASON_HELD_OFF] = {434, "held-off", ATS_NO_ENTRY, CLOSE, CLOSE, "the device was closed for its rate and is held off, try again later"},
    [ATS_REASON_CERTIFICATE_UNKNOWN] = {440, "certificate-unknown", ATS_NO_ENTRY, CLOSE, CLOSE, "the key of the client certificate is not bound to the device"},
    [ATS_REASON_CERTIFICATE_EXPIRED] = {441, "certificate-expired", ATS_NO_ENTRY, CLOSE, CLOSE, "the client certificate is not valid at this time"},
    [ATS_REASON_CLAIM_MALFORMED] = {450, "claim-malformed", ATS_NO_ENTRY, CLOSE, CLOSE, "the claim or its token cannot be read"},
    [ATS_REASON_CLAIM_WRONG] = {451, "claim-wrong", ATS_NO_ENTRY, CLOSE, CLOSE, "the operator's signature of the token, or the device's of the claim, does not hold"},
    [ATS_REASON_CLAIM_EXPIRED] = {452, "claim-expired", ATS_NO_ENTRY, CLOSE, CLOSE, "the token has expired"},
    [ATS_REASON_CLAIM_OPERATOR] = {453, "claim-operator", ATS_NO_ENTRY, CLOSE, CLOSE, "no operator who may enrol this device stands for the token"},
    [ATS_REASON_CLAIM_GATE] = {454, "claim-gate", ATS_NO_ENTRY, CLOSE, CLOSE, "the token or the claim is for another gate or fleet"},
    [ATS_REASON_CLAIM_SCOPE] = {455, "claim-scope", ATS_NO_ENTRY, CLOSE, CLOSE, "this gate may not enrol devices"},
    [ATS_REASON_CLAIM_TAKEN] = {456, "claim-taken", ATS_NO_ENTRY, CLOSE, CLOSE, "a device of that name is enrolled already, with another key"},
    [ATS_REASON_CLAIM_USED] = {457, "claim-used", ATS_NO_ENTRY, CLOSE, CLOSE, "the token has enrolled a device already"},
    [ATS_REASON_CLAIM_LATER] = {458, "claim-later", ATS_NO_ENTRY, CLOSE, CLOSE, "claims cannot be taken now (Kafka is away, there are too many, or another with this token is under way), try again later"},
    [ATS_REASON_CLAIM_CONNECTION] = {459, "claim-connection", ATS_REFUSED, REJECT, CLOSE, "this connection handed in a claim, connect again with the key"},
    [ATS_REASON_CLAIM_POLICY] = {460, "claim-policy", ATS_NO_ENTRY, CLOSE, CLOSE, "the fleet's policy takes two operators for each device, so that none is enrolled by claim"},
    [ATS_REASON_CLAIM_KEY] = {461, "claim-key", ATS_NO_ENTRY, CLOSE, CLOSE, "the key is another device's: each device makes its own"},
    [ATS_REASON_READ_OWN] = {500, "read-own", ATS_NO_READ, REJECT, REJECT, "a device reads its own receipts and commands alone"},
    [ATS_REASON_READ_RECEIPTS] = {501, "read-receipts", ATS_NO_READ, REJECT, REJECT, "what is below ats/ is read by nobody but a device its own receipts"},
    [ATS_REASON_READ_DUPLICATES] = {502, "read-duplicates", ATS_NO_READ, REJECT, REJECT, "nobody reads where duplicates go"},
    [ATS_REASON_READ_SHARED] = {503, "read-shared", ATS_NO_READ, REJECT, REJECT, "a shared subscription takes messages away from others: a device may have none, nobody one of receipts or duplicates, or it has no filter"},
    [ATS_REASON_SUBSCRIPTIONS_FULL] = {504, "subscriptions-full", ATS_NO_READ, REJECT, REJECT, "as many different subscriptions as a device may have, or this one has too many levels"},
};
/* clang-format on */

const struct ats_reason_info *ats_reason_info(enum ats_reason reason)
{
    return &reasons[reason];
}

const char *ats_verdict_kind_name(enum ats_verdict_kind kind)
{
    static const char *const names[] = {"admitted",           "refused",
                                        "quarantined",        "duplicate",
                                        "connection refused", "subscription refused"};
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
    if (info->kind == ATS_NO_READ)
        return mqtt5 ? "SUBACK 0x87" : "SUBACK 0x80";
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
