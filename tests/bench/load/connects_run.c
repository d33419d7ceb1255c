/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sockets. A slot is FREE --connect--> SENDING --CONNECT is out--> WAITING --CONNACK--> FREE, or HELD. A connection is ended by
 * RST, and they come from many loopback addresses by turns: no port is used up by those that have ended.
 */
#include "tests/bench/load/connects.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADDRESSES 200
#define OF_DEVICES 256
/* Strangers come from where no device has proven itself. */
#define OF_STRANGERS 65536
#define ANSWER_MAX 1600
#define POLL_MS 1
/* Strangers do not wait for a connection that the kernel holds back, but try the next. */
#define GIVE_UP_US 200000

enum state { FREE, SENDING, WAITING, HELD };

struct slot {
    enum state state;
    const struct load_packet *packet;
    int64_t begun_us;
    size_t got;
    uint8_t answer[ANSWER_MAX];
};

struct run {
    const struct load_connects_options *options;
    const struct load_packet *packets;
    struct load_connects_result *result;
    struct slot *slots;
    struct pollfd *polls;
    int64_t begun_us;
    uint64_t open;
};

static int open_socket(uint64_t number, bool bogus, int port)
{
    int one = 1;
    struct linger reset = {.l_onoff = 1};
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (bogus ? OF_STRANGERS : OF_DEVICES) +
                                 (uint32_t)(number % ADDRESSES));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0 &&
        (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 || errno == EINPROGRESS))
        return fd;
    (void)close(fd);
    return -1;
}

static void begin(struct run *run, size_t at)
{
    const struct load_connects_options *o = run->options;
    struct slot *slot = &run->slots[at];
    int fd = open_socket(run->result->sent, o->bogus, o->port);
    slot->packet = &run->packets[run->result->sent % (uint64_t)o->count];
    run->result->sent++;
    if (fd < 0) {
        run->result->failed++;
        return;
    }
    slot->state = SENDING;
    slot->begun_us = load_now_us();
    slot->got = 0;
    run->polls[at] = (struct pollfd){.fd = fd, .events = POLLOUT};
    run->open++;
}

static void end(struct run *run, size_t at)
{
    (void)close(run->polls[at].fd);
    run->polls[at].fd = -1;
    run->slots[at].state = FREE;
    run->open--;
}

static void finish(struct run *run, size_t at, int answer, uint8_t reason)
{
    struct load_connects_result *result = run->result;
    load_samples_add(&result->answer_us, load_now_us() - run->slots[at].begun_us);
    result->failed += answer < 0;
    result->refused += answer > 0 && reason != 0;
    result->accepted += answer > 0 && reason == 0;
    if (answer > 0 && reason == 0 && run->options->hold) {
        run->slots[at].state = HELD;
        run->polls[at].events = 0;
        run->open--;
    } else {
        end(run, at);
    }
}

static void step(struct run *run, size_t at)
{
    struct slot *slot = &run->slots[at];
    uint8_t reason = 0;
    if (slot->state == SENDING) {
        /* One small packet into an empty socket: whole or not at all. */
        if (send(run->polls[at].fd, slot->packet->bytes, slot->packet->len, MSG_NOSIGNAL) < 0) {
            finish(run, at, -1, 0);
            return;
        }
        slot->state = WAITING;
        run->polls[at].events = POLLIN;
        return;
    }
    ssize_t got =
        recv(run->polls[at].fd, slot->answer + slot->got, sizeof(slot->answer) - slot->got, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    slot->got += got > 0 ? (size_t)got : 0;
    int answer = got > 0 ? load_packet_connack(slot->answer, slot->got, &reason) : -1;
    if (answer != 0)
        finish(run, at, answer, reason);
}

static void give_up(struct run *run)
{
    int64_t before_us = load_now_us() - GIVE_UP_US;
    for (size_t at = 0; at < (size_t)run->options->parallel; at++) {
        if (run->slots[at].state != SENDING || run->slots[at].begun_us > before_us)
            continue;
        run->result->unanswered++;
        end(run, at);
    }
}

/* How many more may be sent by now. */
static uint64_t allowance(const struct run *run)
{
    const struct load_connects_options *o = run->options;
    int64_t elapsed_us = load_now_us() - run->begun_us;
    uint64_t limit = o->seconds > 0 ? UINT64_MAX : (uint64_t)o->count;
    if (o->seconds > 0 && elapsed_us >= o->seconds * 1000000)
        limit = run->result->sent;
    uint64_t due = o->rate > 0 ? (uint64_t)(elapsed_us * o->rate / 1000000) : UINT64_MAX;
    limit = due < limit ? due : limit;
    return limit > run->result->sent ? limit - run->result->sent : 0;
}

static bool is_over(const struct run *run)
{
    const struct load_connects_options *o = run->options;
    if (load_connects_stopped())
        return true;
    if (o->seconds > 0)
        return load_now_us() - run->begun_us >= o->seconds * 1000000;
    return run->result->sent >= (uint64_t)o->count && run->open == 0;
}

static void loop(struct run *run)
{
    size_t parallel = (size_t)run->options->parallel;
    while (!is_over(run)) {
        uint64_t allowed = allowance(run);
        for (size_t at = 0; at < parallel && allowed > 0; at++) {
            if (run->slots[at].state != FREE)
                continue;
            begin(run, at);
            allowed--;
        }
        if (run->options->bogus)
            give_up(run);
        if (poll(run->polls, parallel, POLL_MS) <= 0)
            continue;
        for (size_t at = 0; at < parallel; at++)
            if (run->polls[at].fd >= 0 && run->polls[at].revents && run->slots[at].state != HELD)
                step(run, at);
    }
}

enum ats_status load_connects_run(const struct load_connects_options *options,
                                  const struct load_packet *packets,
                                  struct load_connects_result *ret_result, struct ats_error *err)
{
    struct run run = {.options = options, .packets = packets, .result = ret_result};
    size_t parallel = (size_t)options->parallel;
    run.slots = calloc(parallel, sizeof(*run.slots));
    run.polls = calloc(parallel, sizeof(*run.polls));
    if (!run.slots || !run.polls) {
        free(run.slots);
        free(run.polls);
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    }
    for (size_t at = 0; at < parallel; at++)
        run.polls[at].fd = -1;
    run.begun_us = load_now_us();
    loop(&run);
    ret_result->seconds = (double)(load_now_us() - run.begun_us) / 1e6;
    if (options->hold) {
        char end_of_input;
        (void)!write(STDOUT_FILENO, "held\n", 5);
        while (read(STDIN_FILENO, &end_of_input, 1) > 0)
            ;
    }
    for (size_t at = 0; at < parallel; at++)
        if (run.polls[at].fd >= 0)
            (void)close(run.polls[at].fd);
    free(run.slots);
    free(run.polls);
    return ATS_OK;
}
