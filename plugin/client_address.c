/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/client_address.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool listens_at(const struct ats_client_addresses *known, unsigned port)
{
    for (size_t i = 0; i < known->port_count; i++)
        if (known->ports[i] == port)
            return true;
    return false;
}

/* Mosquitto 2.0 opens its listeners before any client is there, and none later. */
static void look(struct ats_client_addresses *known)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)) && known->port_count < ATS_BROKER_LISTENERS_MAX) {
        char *end = NULL;
        long fd = strtol(entry->d_name, &end, 10);
        unsigned port =
            end != entry->d_name && *end == '\0' ? ats_client_listening_port((int)fd) : 0;
        if (port != 0 && !listens_at(known, port))
            known->ports[known->port_count++] = port;
    }
    if (folder)
        (void)closedir(folder);
    known->looked = folder != NULL; /* there may be no descriptor for it now */
}

void ats_client_address_find(struct ats_client_addresses *known, int fd, const char *told,
                             bool websockets, struct ats_client_address *ret_address)
{
    struct ats_client_peer peer;
    *ret_address = (struct ats_client_address){.text = ""};
    if (!known->looked)
        look(known);
    bool accepted = ats_client_peer_of(fd, &peer) && listens_at(known, peer.listener_port);
    bool same = accepted && told && strcmp(peer.address, told) == 0;
    if (!websockets && accepted && told && !same)
        known->differed = true;
    if (same || (websockets && accepted && !known->differed))
        memcpy(ret_address->text, peer.address, sizeof(peer.address));
    else if (!websockets && told)
        (void)snprintf(ret_address->text, sizeof(ret_address->text), "%s", told);
    if (websockets && told && !same)
        ret_address->forwarded_for = told;
}
