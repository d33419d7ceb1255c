/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/address.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

_Static_assert(ATS_ADDRESS_SITE_SIZE >= INET6_ADDRSTRLEN + sizeof("/48"), "any fits");

struct ats_address ats_address_parse(const char *text)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct ats_address address = {{0}};
    struct in6_addr v6;
    struct in_addr v4;
    char plain[INET6_ADDRSTRLEN];
    size_t len = text ? strcspn(text, "%") : 0; /* without a zone */
    if (len >= sizeof(plain))
        len = 0;
    memcpy(plain, text ? text : "", len);
    plain[len] = '\0';
    if (inet_pton(AF_INET, plain, &v4) == 1) {
        address.bytes[0] = 4;
        memcpy(address.bytes + 1, &v4, sizeof(v4));
    } else if (inet_pton(AF_INET6, plain, &v6) == 1) {
        bool is_v4 = memcmp(v6.s6_addr, mapped, sizeof(mapped)) == 0;
        address.bytes[0] = is_v4 ? 4 : 6;
        memcpy(address.bytes + 1, v6.s6_addr + (is_v4 ? sizeof(mapped) : 0), is_v4 ? 4 : 8);
    }
    return address;
}

void ats_address_write_site(const struct ats_address *address, char ret_text[ATS_ADDRESS_SITE_SIZE])
{
    uint8_t site[16] = {0};
    bool has_site = ats_address_has_site(address);
    memcpy(site, address->bytes + 1, ATS_ADDRESS_SITE_LEN - 1);
    (void)inet_ntop(has_site ? AF_INET6 : AF_INET, site, ret_text, INET6_ADDRSTRLEN);
    if (has_site)
        memcpy(ret_text + strlen(ret_text), "/48", sizeof("/48"));
}
