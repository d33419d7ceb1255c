/* SPDX-License-Identifier: Apache-2.0 */
/* Where a connection comes from, as far as strangers are told apart by it. Thread: any. */
#ifndef ATS_PLUGIN_ADDRESS_H
#define ATS_PLUGIN_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

/* 4 and the address, 6 and the first half of it (a host may use any address of its network), or zeros for what is none. */
struct ats_address {
    uint8_t bytes[1 + 8];
};

/* IPv4, IPv6 (with or without a zone), or IPv4 within IPv6, as text; NULL is none. */
struct ats_address ats_address_parse(const char *text);

/* Of its bytes, those that a site of IPv6 (/48) is known by. */
#define ATS_ADDRESS_SITE_LEN (1 + 6)
#define ATS_ADDRESS_SITE_SIZE 51

/* As text: of IPv6 the /48, with that. */
void ats_address_write_site(const struct ats_address *address,
                            char ret_text[ATS_ADDRESS_SITE_SIZE]);

static inline bool ats_address_has_site(const struct ats_address *address)
{
    return address->bytes[0] == 6;
}

static inline bool ats_address_is_none(const struct ats_address *address)
{
    return address->bytes[0] == 0;
}

#endif
