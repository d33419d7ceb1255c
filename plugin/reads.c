/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/reads.h"

#include "plugin/receipts.h"
#include "plugin/refused_reads.h"
#include "plugin/topics.h"

#include "common/contract/filter.h"

#define PLACEHOLDER "{device}"
#define SHARE "$share/"

/* --- own commands --- */

bool ats_reads_template_valid(const char *text)
{
    if (!*text)
        return true;
    const char *at = strstr(text, PLACEHOLDER);
    if (!at || at == text || at[-1] != '/' || text[0] == '$' ||
        ats_topic_is_own(ats_span_text(text)) || strlen(text) > ATS_TOPIC_MAX)
        return false;
    const char *rest = at + strlen(PLACEHOLDER);
    size_t len = strlen(text);
    size_t wildcard = strcspn(text, "+#");
    bool ends_in_all = len >= 2 && strcmp(text + len - 2, "/#") == 0;
    return (*rest == '\0' || *rest == '/') && !strstr(rest, PLACEHOLDER) &&
           (wildcard == len || (wildcard == len - 1 && ends_in_all));
}

static bool skip(const char **text, const char *prefix, size_t len)
{
    if (strncmp(*text, prefix, len) != 0)
        return false;
    *text += len;
    return true;
}

/* What stands behind the device's name; `rest` is that of the template. */
static bool matches_rest(const char *rest, const char *filter)
{
    size_t len = strlen(rest);
    bool all_below = len >= 2 && strcmp(rest + len - 2, "/#") == 0;
    return skip(&filter, rest, all_below ? len - 2 : len) &&
           (*filter == '\0' || (all_below && *filter == '/'));
}

bool ats_reads_own_command(const char *template_, const char *device, const char *filter)
{
    const char *at = strstr(template_, PLACEHOLDER);
    return at && !strpbrk(device, "/+#") && skip(&filter, template_, (size_t)(at - template_)) &&
           skip(&filter, device, strlen(device)) && matches_rest(at + strlen(PLACEHOLDER), filter);
}

bool ats_reads_others_command(const char *template_, const char *device, const char *topic)
{
    const char *at = strstr(template_, PLACEHOLDER);
    if (!at || !skip(&topic, template_, (size_t)(at - template_)))
        return false;
    size_t len = strcspn(topic, "/");
    bool own = strlen(device) == len && strncmp(topic, device, len) == 0;
    return !own && matches_rest(at + strlen(PLACEHOLDER), topic + len);
}

/* --- who asks --- */

/* The device that a client is, and whether it may still be that: by its session, or, where the broker asks for one that is not connected but whose queue it
   keeps, by the name under which that one was let in. */
static struct ats_reader reader_of(struct ats_gate *gate, const struct ats_gate_client *client)
{
    struct ats_session *session =
        ats_sessions_find(gate->sessions, client->handle, client->id, client->user_name);
    if (session) {
        enum ats_reason reason = session->closed_for;
        if (reason == ATS_REASON_NONE)
            reason = ats_gate_session_reason(gate, session);
        return (struct ats_reader){session, session->device_name, reason};
    }
    struct ats_device_facts facts = {0};
    struct ats_reader reader = {0};
    if (client->user_name && *client->user_name) {
        enum ats_status status = ats_gate_look_up(gate, client->user_name, &facts);
        if (status != ATS_ERR_NOT_FOUND)
            reader =
                (struct ats_reader){.device = client->user_name,
                                    .reason = status == ATS_OK ? ats_reason_of_state(facts.state)
                                                               : ATS_REASON_GATE_BUSY};
        ats_device_facts_fini(&facts);
    }
    return reader;
}

static bool is_own(const char *topic)
{
    return ats_topic_is_own(ats_span_text(topic));
}

/* `ats/receipts/DEVICE` of the device itself. */
static bool is_own_receipts(const char *device, const char *topic)
{
    size_t prefix = sizeof(ATS_RECEIPTS_TOPIC) - 1;
    return device && strncmp(topic, ATS_RECEIPTS_TOPIC, prefix) == 0 &&
           strcmp(topic + prefix, device) == 0;
}

/* The place of duplicates; shortened where the topic that it replaces is short. */
static bool is_duplicate_place(const char *topic)
{
    return topic[0] == '$' && strncmp(ATS_TOPIC_DUPLICATE, topic, strlen(topic)) == 0;
}

/* --- verdict --- */

/* NONE: as `ret_access` says. */
static enum ats_reason judge(const struct ats_gate *gate, const struct ats_reader *reader,
                             const char *filter, enum ats_gate_access *ret_access)
{
    *ret_access = ATS_GATE_DENY;
    if (is_duplicate_place(filter))
        return ATS_REASON_READ_DUPLICATES;
    if (is_own_receipts(reader->device, filter)) {
        *ret_access = ATS_GATE_ALLOW;
        return ATS_REASON_NONE;
    }
    if (reader->session && reader->session->claims)
        return ATS_REASON_CLAIM_CONNECTION;
    if (is_own(filter))
        return ATS_REASON_READ_RECEIPTS;
    if (reader->reason != ATS_REASON_NONE)
        return reader->reason;
    if (reader->device && gate->options.device_reads == ATS_GATE_READS_OWN &&
        !ats_reads_own_command(gate->options.device_commands, reader->device, filter))
        return ATS_REASON_READ_OWN;
    *ret_access = ats_gate_by_broker_rules(gate);
    return ATS_REASON_NONE;
}

/* What stands behind `$share/GROUP/`; NULL where nothing does. */
static const char *inside_share(const char *filter)
{
    const char *group = filter + strlen(SHARE);
    const char *slash = strchr(group, '/');
    return slash && slash[1] ? slash + 1 : NULL;
}

/* Who shares a subscription takes messages away from the others, also those that he may not have. */
static enum ats_reason judge_filter(const struct ats_gate *gate, const struct ats_reader *reader,
                                    const char *filter, enum ats_gate_access *ret_access)
{
    if (strncmp(filter, SHARE, strlen(SHARE)) != 0)
        return judge(gate, reader, filter, ret_access);
    const char *inner = inside_share(filter);
    *ret_access = ATS_GATE_DENY;
    if (!inner || is_own(inner) || is_duplicate_place(inner) ||
        (gate->options.device_reads == ATS_GATE_READS_OWN && reader->device))
        return ATS_REASON_READ_SHARED;
    return judge(gate, reader, inner, ret_access);
}

enum ats_gate_access ats_gate_may_subscribe(struct ats_gate *gate,
                                            const struct ats_gate_client *client,
                                            const char *filter)
{
    ats_gate_begin_turn(gate);
    const struct ats_reader reader = reader_of(gate, client);
    enum ats_gate_access access;
    enum ats_reason reason = judge_filter(gate, &reader, filter, &access);
    if (reason == ATS_REASON_NONE && reader.device &&
        gate->options.device_reads == ATS_GATE_READS_OWN && !is_own(filter))
        reason = ats_lasting_filter(gate, reader.device, filter);
    if (reason != ATS_REASON_NONE)
        ats_refused_subscription(gate, client, &reader, filter, reason);
    return reason == ATS_REASON_NONE ? access : ATS_GATE_DENY;
}

enum ats_gate_access ats_gate_may_unsubscribe(struct ats_gate *gate,
                                              const struct ats_gate_client *client)
{
    return ats_sessions_find(gate->sessions, client->handle, client->id, client->user_name)
               ? ATS_GATE_ALLOW
               : ats_gate_by_broker_rules(gate);
}

enum ats_gate_access ats_gate_may_read(struct ats_gate *gate, const struct ats_gate_client *client,
                                       const char *topic)
{
    const struct ats_reader reader = reader_of(gate, client);
    enum ats_gate_access access;
    enum ats_reason reason = judge(gate, &reader, topic, &access);
    if (reason != ATS_REASON_NONE)
        ats_refused_delivery(gate, client, &reader, topic, reason);
    return access;
}
