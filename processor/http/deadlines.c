/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/http/deadlines.h"

#include <sys/socket.h>

void ats_http_deadlines_init(struct ats_http_deadlines *deadlines)
{
    (void)pthread_mutex_init(&deadlines->lock, NULL); /* with default attributes it cannot fail */
    for (size_t i = 0; i < ATS_HTTP_CONNECTIONS_MAX; i++)
        deadlines->places[i] = (struct ats_http_deadline){.fd = -1};
}

void ats_http_deadlines_fini(struct ats_http_deadlines *deadlines)
{
    (void)pthread_mutex_destroy(&deadlines->lock);
}

struct ats_http_deadline *ats_http_deadlines_open(struct ats_http_deadlines *deadlines, int fd,
                                                  int64_t now_ms)
{
    struct ats_http_deadline *place = NULL;
    (void)pthread_mutex_lock(&deadlines->lock);
    for (size_t i = 0; !place && i < ATS_HTTP_CONNECTIONS_MAX; i++)
        if (deadlines->places[i].fd < 0)
            place = &deadlines->places[i];
    if (place)
        *place = (struct ats_http_deadline){.fd = fd, .since_ms = now_ms};
    (void)pthread_mutex_unlock(&deadlines->lock);
    if (!place)
        (void)shutdown(fd, SHUT_RDWR);
    return place;
}

void ats_http_deadlines_restart(struct ats_http_deadlines *deadlines,
                                struct ats_http_deadline *place, int64_t now_ms)
{
    if (!place)
        return;
    (void)pthread_mutex_lock(&deadlines->lock);
    place->since_ms = now_ms;
    (void)pthread_mutex_unlock(&deadlines->lock);
}

void ats_http_deadlines_close(struct ats_http_deadlines *deadlines, struct ats_http_deadline *place)
{
    if (!place)
        return;
    (void)pthread_mutex_lock(&deadlines->lock);
    place->fd = -1;
    (void)pthread_mutex_unlock(&deadlines->lock);
}

size_t ats_http_deadlines_sweep(struct ats_http_deadlines *deadlines, int64_t now_ms)
{
    size_t shut = 0;
    (void)pthread_mutex_lock(&deadlines->lock);
    for (size_t i = 0; i < ATS_HTTP_CONNECTIONS_MAX; i++) {
        struct ats_http_deadline *place = &deadlines->places[i];
        if (place->fd < 0 || place->is_shut ||
            now_ms - place->since_ms < (int64_t)ATS_HTTP_DEADLINE_S * 1000)
            continue;
        (void)shutdown(place->fd, SHUT_RDWR);
        place->is_shut = true;
        shut++;
    }
    (void)pthread_mutex_unlock(&deadlines->lock);
    return shut;
}
