/* SPDX-License-Identifier: Apache-2.0 */
/* attestream-load: publishes a plan through real MQTT connections, as a fleet of devices would, and says what came of it. */
#include "tests/bench/load/client.h"
#include "tests/bench/load/connects.h"
#include "tests/bench/load/watch.h"

#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_DONE = 0, EXIT_NO = 1, EXIT_USAGE = 2, EXIT_MISSING = 3 };

#define CONNECT_TIMEOUT_US 10000000
#define PROGRESS_US 1000000

struct load_run {
    struct load_options options;
    struct load_plan plan;
    struct load_client *clients;
    struct pollfd *polls;
    struct load_counts counts;
    struct load_watch *watch;
    struct load_watch_result watched;
    int64_t started_us;
    int64_t answered_us;
    double cpu_s; /* of --cpu-of, from started to answered */
    int64_t next_progress_us;
    int64_t next_misc_us;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

/* Reads and writes what the sockets are ready for; waits at most `timeout_ms`. */
static void serve(struct load_run *run, int timeout_ms)
{
    size_t count = run->plan.device_count;
    for (size_t i = 0; i < count; i++) {
        struct mosquitto *mosq = run->clients[i].mosq;
        run->polls[i] = (struct pollfd){.fd = mosquitto_socket(mosq), .events = POLLIN};
        if (mosquitto_want_write(mosq))
            run->polls[i].events |= POLLOUT;
    }
    if (poll(run->polls, count, timeout_ms) < 0)
        return;
    int64_t now_us = load_now_us();
    for (size_t i = 0; i < count; i++) {
        struct mosquitto *mosq = run->clients[i].mosq;
        if (run->polls[i].revents & (POLLIN | POLLHUP | POLLERR))
            mosquitto_loop_read(mosq, run->options.window);
        if (run->polls[i].revents & POLLOUT)
            mosquitto_loop_write(mosq, 1);
        if (now_us >= run->next_misc_us)
            mosquitto_loop_misc(mosq);
    }
    if (now_us >= run->next_misc_us)
        run->next_misc_us = now_us + PROGRESS_US;
}

static void show_progress(struct load_run *run)
{
    int64_t now_us = load_now_us();
    if (!run->options.progress || now_us < run->next_progress_us)
        return;
    run->next_progress_us = now_us + PROGRESS_US;
    (void)fprintf(
        stderr, "  %5.1f s  published %llu of %llu, answered %llu, decisions %llu\n",
        (double)(now_us - run->started_us) / 1e6, (unsigned long long)run->counts.sent,
        (unsigned long long)run->plan.message_count * (unsigned long long)run->options.repeat,
        (unsigned long long)(run->counts.accepted + run->counts.denied + run->counts.other),
        (unsigned long long)(run->watch ? load_watch_seen(run->watch) : 0));
}

static enum ats_status connect_all(struct load_run *run, struct ats_error *err)
{
    for (size_t i = 0; i < run->plan.device_count; i++) {
        enum ats_status status = load_client_connect(&run->clients[i], err);
        if (status != ATS_OK)
            return status;
    }
    int64_t deadline_us = load_now_us() + CONNECT_TIMEOUT_US;
    for (size_t i = 0; i < run->plan.device_count && !interrupted;) {
        struct load_client *client = &run->clients[i];
        if (client->failed)
            return ats_error_set(err, ATS_ERR_REFUSED,
                                 "device '%s': the broker refused CONNECT (reason 0x%02x)",
                                 client->plan->name, (unsigned)client->connect_reason);
        if (load_now_us() > deadline_us)
            return ats_error_set(err, ATS_ERR_UNAVAILABLE, "device '%s': no CONNACK",
                                 client->plan->name);
        if (client->connected)
            i++;
        else
            serve(run, 50);
    }
    return ATS_OK;
}

/* How many publishes the pace allows by now. */
static uint64_t allowance(const struct load_run *run)
{
    if (run->options.rate == 0)
        return UINT64_MAX;
    int64_t elapsed_us = load_now_us() - run->started_us;
    uint64_t due = (uint64_t)(elapsed_us * run->options.rate / 1000000);
    return due > run->counts.sent ? due - run->counts.sent : 0;
}

static void publish_all(struct load_run *run)
{
    run->cpu_s = -load_thread_run_s(run->options.cpu_of);
    run->started_us = load_now_us();
    run->next_progress_us = run->started_us + PROGRESS_US;
    bool done = false;
    while (!done && !interrupted) {
        uint64_t allowed = allowance(run);
        done = true;
        for (size_t i = 0; i < run->plan.device_count; i++) {
            uint64_t sent = load_client_send(&run->clients[i], allowed);
            allowed -= sent;
            done = done && load_client_done(&run->clients[i]);
        }
        serve(run, run->options.rate > 0 ? 1 : 20);
        show_progress(run);
    }
    run->answered_us = load_now_us();
    run->cpu_s += load_thread_run_s(run->options.cpu_of);
}

static void wait_for_decisions(struct load_run *run)
{
    int64_t deadline_us = load_now_us() + run->options.wait_ms * 1000;
    while (!interrupted && load_watch_seen(run->watch) < run->counts.accepted_publish &&
           load_now_us() < deadline_us) {
        serve(run, 20); /* keeps the connections alive */
        show_progress(run);
    }
    load_watch_stop(run->watch, &run->watched);
    run->watch = NULL;
}

static json_t *percentiles(struct load_samples *samples)
{
    return json_pack("{s:f, s:f, s:i}", "p50_ms", load_samples_percentile(samples, 50) / 1000.0,
                     "p99_ms", load_samples_percentile(samples, 99) / 1000.0, "count",
                     (int)samples->count);
}

static json_t *result(struct load_run *run)
{
    struct load_counts *c = &run->counts;
    double seconds = (double)(run->answered_us - run->started_us) / 1e6;
    json_t *json = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f}", "published",
        (json_int_t)c->sent, "accepted", (json_int_t)c->accepted, "accepted_publish",
        (json_int_t)c->accepted_publish, "denied", (json_int_t)c->denied, "other",
        (json_int_t)c->other, "closed", (json_int_t)c->closed, "forged",
        (json_int_t)c->acts[LOAD_FORGE], "repeated", (json_int_t)c->acts[LOAD_REPEAT], "altered",
        (json_int_t)c->acts[LOAD_ALTER], "forked", (json_int_t)c->acts[LOAD_FORK], "seconds",
        seconds, "per_second", seconds > 0 ? (double)c->sent / seconds : 0.0);
    if (run->options.cpu_of > 0)
        json_object_set_new(json, "cpu_s", json_real(run->cpu_s));
    json_object_set_new(json, "answer", percentiles(&c->answer_us));
    if (run->watched.decisions > 0 || run->options.kafka_bootstrap || run->options.kafka_config) {
        json_object_set_new(json, "decisions", json_integer((json_int_t)run->watched.decisions));
        json_object_set_new(json, "decision", percentiles(&run->watched.visible_us));
        if (run->watched.last_us > run->started_us)
            json_object_set_new(json, "decision_seconds",
                                json_real((double)(run->watched.last_us - run->started_us) / 1e6));
    }
    return json;
}

static int write_result(struct load_run *run)
{
    json_t *json = result(run);
    int rc = run->options.json
                 ? json_dump_file(json, run->options.json, JSON_INDENT(2) | JSON_REAL_PRECISION(6))
                 : json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    if (rc == 0 && !run->options.json)
        (void)putchar('\n');
    json_decref(json);
    return rc;
}

static enum ats_status prepare(struct load_run *run, struct ats_error *err)
{
    enum ats_status status = load_plan_read(run->options.plan, &run->plan, err);
    if (status != ATS_OK)
        return status;
    run->clients = calloc(run->plan.device_count, sizeof(*run->clients));
    run->polls = calloc(run->plan.device_count, sizeof(*run->polls));
    if (!run->clients || !run->polls)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < run->plan.device_count && status == ATS_OK; i++)
        status = load_client_init(&run->clients[i], &run->options, &run->plan.devices[i],
                                  &run->counts, err);
    if (status == ATS_OK)
        status = connect_all(run, err);
    for (size_t i = 0; i < run->plan.device_count && status == ATS_OK; i++)
        status = load_client_prepare(&run->clients[i], err);
    if (status == ATS_OK && run->options.proof != LOAD_PROOF_NONE &&
        (run->options.kafka_bootstrap || run->options.kafka_config))
        status =
            load_watch_start(&run->options, run->clients, run->plan.device_count, &run->watch, err);
    return status;
}

static void clean_up(struct load_run *run)
{
    if (run->watch)
        load_watch_stop(run->watch, &run->watched);
    for (size_t i = 0; run->clients && i < run->plan.device_count; i++) {
        if (run->clients[i].connected)
            mosquitto_disconnect_v5(run->clients[i].mosq, 0, NULL);
        load_client_fini(&run->clients[i]);
    }
    free(run->clients);
    free(run->polls);
    load_plan_fini(&run->plan);
    load_samples_fini(&run->counts.answer_us);
    load_samples_fini(&run->watched.visible_us);
    (void)mosquitto_lib_cleanup();
}

static int exit_code(enum ats_status status)
{
    if (status == ATS_ERR_UNAVAILABLE || status == ATS_ERR_NOT_FOUND)
        return EXIT_MISSING;
    return status == ATS_ERR_REFUSED ? EXIT_NO : EXIT_USAGE;
}

int main(int argc, char **argv)
{
    static struct load_run run;
    struct ats_error err = {0};
    if (argc > 1 && strcmp(argv[1], "connect") == 0)
        return load_connects_main(argc - 1, argv + 1);
    enum ats_status status = load_options_parse(argc, argv, &run.options, &err);
    if (status == ATS_ERR_AGAIN) {
        (void)fputs(load_usage, stdout);
        return EXIT_DONE;
    }
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    if (status == ATS_OK &&
        (ats_identity_init() != ATS_OK || mosquitto_lib_init() != MOSQ_ERR_SUCCESS))
        status = ats_error_set(&err, ATS_ERR_INTERNAL, "cannot initialise the libraries");
    if (status == ATS_OK)
        status = prepare(&run, &err);
    if (status == ATS_OK) {
        publish_all(&run);
        if (run.watch)
            wait_for_decisions(&run);
        if (write_result(&run) != 0)
            status = ats_error_set(&err, ATS_ERR_IO, "cannot write %s", run.options.json);
    }
    clean_up(&run);
    if (status != ATS_OK)
        (void)fprintf(stderr, "attestream-load: %s\n", err.text);
    return status == ATS_OK ? (interrupted ? EXIT_NO : EXIT_DONE) : exit_code(status);
}
