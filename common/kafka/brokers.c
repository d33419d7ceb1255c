/* SPDX-License-Identifier: Apache-2.0 */
/* The list of brokers to begin with. librdkafka says of an entry that it cannot read a line in its log at most, and then
   waits for ever. */
#include "common/kafka/client.h"

#include "common/base/parse.h"
#include "common/base/utf8.h"

#include <arpa/inet.h>
#include <strings.h>

#define PORT_MAX 65535
#define ALLOWED "HOST[:PORT] or [IPV6][:PORT], PORT 1 to " ATS_LIMIT_TEXT(PORT_MAX)

static bool is_ipv6(const char *at, size_t len)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    const char *zone = memchr(at, '%', len);
    size_t plain = zone ? (size_t)(zone - at) : len;
    if (plain >= sizeof(text))
        return false;
    memcpy(text, at, plain);
    text[plain] = '\0';
    return inet_pton(AF_INET6, text, &address) == 1;
}

/* Nothing, or ":PORT", which spaces may follow. */
static bool is_port(const char *at, size_t len)
{
    uint64_t port = 0;
    if (len == 0)
        return true;
    while (len > 1 && at[len - 1] == ' ')
        len--;
    return at[0] == ':' && ats_parse_uint64(ats_span_of(at + 1, len - 1), &port) == ATS_OK &&
           port >= 1 && port <= PORT_MAX;
}

static bool is_broker(const char *at, size_t len, const char *protocol)
{
    size_t scheme = strlen(protocol);
    if (len > scheme + 3 && strncasecmp(at, protocol, scheme) == 0 &&
        strncmp(at + scheme, "://", 3) == 0) {
        at += scheme + 3;
        len -= scheme + 3;
    }
    if (at[0] == '[') {
        const char *end = memchr(at, ']', len);
        size_t inside = end ? (size_t)(end - at) - 1 : 0;
        return end && is_ipv6(at + 1, inside) && is_port(end + 1, len - inside - 2);
    }
    if (is_ipv6(at, len))
        return true;
    size_t host = 0;
    while (host < len && !strchr(" :/[]", at[host]))
        host++;
    return host > 0 && is_port(at + host, len - host);
}

enum ats_status ats_kafka_brokers_check(const char *list, const char *protocol,
                                        struct ats_error *err)
{
    size_t count = 0;
    for (size_t len = 0; *list; list += len) {
        len = strspn(list, ", ");
        if (len > 0)
            continue;
        len = strcspn(list, ",");
        if (!is_broker(list, len, protocol))
            return ats_error_set(
                err, ATS_ERR_CONFIG, "'%.*s' is no Kafka broker (allowed: " ALLOWED ")",
                ats_utf8_cut(list, len < ATS_QUOTE_MAX ? len : ATS_QUOTE_MAX), list);
        count++;
    }
    if (count > 0)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "there is no Kafka broker in the list (allowed: " ALLOWED ", ...)");
}
