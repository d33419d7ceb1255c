/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One replay at a time, by name:
 *
 *   found in the registry -> its records read, checked and asked of the broker's thread, a few at a time -> all answered
 *   -> Kafka has what was admitted -> marked as done
 *
 * A kill anywhere before the mark begins it anew, and then what was admitted is known by its event. Where the control record becomes
 * void on the way, no further record is read.
 */
#include "plugin/replayer.h"

#include "common/identity/secret.h"
#include "plugin/replay_check.h"
#include "plugin/replay_fetch.h"
#include "plugin/replay_log.h"
#include "plugin/sealer.h"
#include "plugin/signals.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* While candidates are out, and where nothing is to do. */
#define PAUSE_BUSY_MS 20
#define PAUSE_IDLE_MS 200

enum slot_state { SLOT_FREE, SLOT_ASKED, SLOT_LATER };

struct work {
    struct ats_replay_due due;         /* its name "": none */
    char (*kept)[ATS_REPLAY_KEY_SIZE]; /* keys of what the journal has, for each record a place */
    size_t kept_count;
    size_t next;    /* record to be read */
    size_t settled; /* records of which nothing is left to do but to wait for Kafka */
    size_t admitted;
    size_t repeated;
    size_t refused;
    bool is_void;
};

struct ats_replayer {
    struct ats_replayer_options options;
    struct ats_replay_log log;
    struct ats_sealer *sealer; /* in memory for secrets */
    struct ats_replay_fetch fetch;
    struct work work;
    struct ats_replay_candidate slots[ATS_GATE_REPLAYS_WAITING];
    enum slot_state states[ATS_GATE_REPLAYS_WAITING];
    size_t out;         /* slots that are not free */
    bool said_waiting;  /* that Kafka is away */
    bool said_unstored; /* that the store takes nothing */
    pthread_t thread;
    atomic_bool stop;
};

static void pause_for(long ms)
{
    const struct timespec pause = {.tv_nsec = ms * 1000000L};
    (void)nanosleep(&pause, NULL);
}

static void forget_work(struct ats_replayer *replayer)
{
    ats_body_replay_fini(&replayer->work.due.body);
    free(replayer->work.kept);
    replayer->work = (struct work){0};
    ats_counter_set(&replayer->options.metrics->replays_waiting, 0);
}

static bool find_work(struct ats_replayer *replayer)
{
    struct work *work = &replayer->work;
    if (!ats_replay_log_next(&replayer->log, &work->due))
        return false;
    work->kept = calloc(work->due.body.count, sizeof(*work->kept));
    if (!work->kept)
        forget_work(replayer); /* found again */
    return work->kept != NULL;
}

/* ---- telling ---- */

static void note_refused(struct ats_replayer *replayer, const struct ats_replay_candidate *refused)
{
    const struct ats_replay_record *record = &replayer->work.due.body.records[refused->number];
    char id[ATS_EVENT_ID_SIZE];
    (void)snprintf(id, sizeof(id), "%.*s", ATS_SPAN_ARGS(refused->id));
    ats_counter_add(&replayer->options.metrics->replays_refused, 1);
    ats_log_event(replayer->options.log, ATS_LOG_WARNING, "replay.refused",
                  "name=%s record=%" PRId32 ":%" PRId64 " event=%s reason=%s text=%s",
                  replayer->work.due.name, record->partition, record->offset,
                  ats_log_quote(id).text, refused->reason, ats_log_quote(refused->text).text);
}

static void say_waiting(struct ats_replayer *replayer, const char *why)
{
    if (replayer->said_waiting)
        return;
    replayer->said_waiting = true;
    ats_log_event(replayer->options.log, ATS_LOG_WARNING, "replay.waiting",
                  "name=%s reason=%s hint=\"it is tried again until it succeeds\"",
                  replayer->work.due.name, ats_log_quote(why).text);
}

/* ---- records ---- */

static void settle(struct ats_replayer *replayer, struct ats_replay_candidate *candidate)
{
    struct work *work = &replayer->work;
    if (candidate->answer == ATS_REPLAY_REFUSED) {
        work->refused++;
        note_refused(replayer, candidate);
    } else {
        bool admitted = candidate->answer == ATS_REPLAY_ADMITTED;
        memcpy(work->kept[work->kept_count++], candidate->key, sizeof(candidate->key));
        work->admitted += admitted;
        work->repeated += !admitted;
        ats_counter_add(admitted ? &replayer->options.metrics->replays_admitted
                                 : &replayer->options.metrics->replays_repeated,
                        1);
    }
    work->settled++;
    ats_counter_set(&replayer->options.metrics->replays_waiting,
                    work->due.body.count - work->settled);
}

static void free_slot(struct ats_replayer *replayer, size_t slot)
{
    replayer->states[slot] = SLOT_FREE;
    replayer->out--;
}

/* True: there was one. */
static bool take_answer(struct ats_replayer *replayer)
{
    struct ats_replay_candidate *candidate = NULL;
    if (!ats_ring_pop(&replayer->options.rings->answered, &candidate))
        return false;
    size_t slot = (size_t)(candidate - replayer->slots);
    if (candidate->answer == ATS_REPLAY_LATER) {
        replayer->states[slot] = SLOT_LATER;
        return false; /* after a pause */
    }
    settle(replayer, candidate);
    free_slot(replayer, slot);
    return true;
}

/* As many places as there are candidates. */
static void ask(struct ats_replayer *replayer, size_t slot)
{
    struct ats_replay_candidate *candidate = &replayer->slots[slot];
    replayer->states[slot] = SLOT_ASKED;
    (void)ats_ring_push(&replayer->options.rings->asked, &candidate);
}

static void ask_again(struct ats_replayer *replayer)
{
    for (size_t i = 0; i < ATS_GATE_REPLAYS_WAITING; i++)
        if (replayer->states[i] == SLOT_LATER && !replayer->work.is_void)
            ask(replayer, i);
        else if (replayer->states[i] == SLOT_LATER)
            free_slot(replayer, i);
}

static struct ats_replay_candidate *find_free(struct ats_replayer *replayer, size_t *ret_slot)
{
    for (size_t i = 0; i < ATS_GATE_REPLAYS_WAITING; i++) {
        struct ats_replay_candidate *candidate = &replayer->slots[i];
        if (replayer->states[i] != SLOT_FREE)
            continue;
        if (!candidate->memory)
            candidate->memory = malloc(ATS_JOURNAL_RECORD_MAX);
        *ret_slot = i;
        return candidate->memory ? candidate : NULL;
    }
    return NULL;
}

/* Reads the next one that is named. True: nothing was waited for in vain. */
static bool read_next(struct ats_replayer *replayer)
{
    struct work *work = &replayer->work;
    struct ats_kafka_record record;
    struct ats_error err = {0};
    size_t slot = 0;
    if (work->next == work->due.body.count || work->is_void)
        return false;
    if (!work->due.body.unsealed && !ats_sealer_ready(replayer->sealer)) {
        say_waiting(replayer, "the processor group's key is not known, or the gate's not its own");
        return false;
    }
    struct ats_replay_candidate *candidate = find_free(replayer, &slot);
    if (!candidate)
        return false;
    const struct ats_replay_wanted wanted = {
        .record = &work->due.body.records[work->next],
        .gate = replayer->options.gate,
        .seal_key = work->due.body.unsealed ? NULL : replayer->sealer->key};
    enum ats_replay_fetched fetched = ats_replay_fetch(&replayer->fetch, wanted.record->partition,
                                                       wanted.record->offset, &record, &err);
    if (fetched == ATS_REPLAY_AWAIT && err.text[0] != '\0')
        say_waiting(replayer, err.text);
    if (fetched == ATS_REPLAY_AWAIT)
        return false;
    replayer->said_waiting = false;
    candidate->number = work->next++;
    candidate->id = ats_span_of(NULL, 0);
    if (fetched == ATS_REPLAY_GONE)
        ats_replay_refuse_gone(candidate);
    if (fetched == ATS_REPLAY_GONE || !ats_replay_check(&record, &wanted, candidate)) {
        settle(replayer, candidate);
        return true;
    }
    replayer->out++;
    ask(replayer, slot);
    return true;
}

/* ---- the end of one ---- */

static bool kafka_has_all(struct ats_replayer *replayer)
{
    struct work *work = &replayer->work;
    while (work->kept_count > 0 &&
           ats_replay_log_has(&replayer->log, work->kept[work->kept_count - 1]))
        work->kept_count--;
    return work->kept_count == 0;
}

static bool finish(struct ats_replayer *replayer)
{
    struct work *work = &replayer->work;
    if (work->settled < work->due.body.count || !kafka_has_all(replayer))
        return false;
    enum ats_status status = ats_replay_log_mark(&replayer->log, work->due.name);
    if (status != ATS_OK) {
        if (!replayer->said_unstored)
            ats_log_event(replayer->options.log, ATS_LOG_ERROR, "replay.mark",
                          "name=%s reason=\"%s\"", work->due.name, ats_store_reason(status));
        replayer->said_unstored = true;
        return false;
    }
    replayer->said_unstored = false;
    ats_log_event(replayer->options.log, ATS_LOG_INFO, "replay.done",
                  "name=%s admitted=%zu repeated=%zu refused=%zu", work->due.name, work->admitted,
                  work->repeated, work->refused);
    forget_work(replayer);
    return true;
}

static bool end_void(struct ats_replayer *replayer)
{
    if (!replayer->work.is_void || replayer->out > 0)
        return false;
    ats_log_event(replayer->options.log, ATS_LOG_WARNING, "replay.void",
                  "name=%s admitted=%zu repeated=%zu refused=%zu", replayer->work.due.name,
                  replayer->work.admitted, replayer->work.repeated, replayer->work.refused);
    forget_work(replayer);
    return true;
}

/* ---- the thread ---- */

static void step(struct ats_replayer *replayer)
{
    (void)ats_replay_log_renew(&replayer->log);
    (void)ats_sealer_ready(replayer->sealer); /* which renews its view */
    if (replayer->work.due.name[0] == '\0' && !find_work(replayer)) {
        ats_replay_fetch_close(&replayer->fetch);
        pause_for(PAUSE_IDLE_MS);
        return;
    }
    if (!replayer->work.is_void)
        replayer->work.is_void = ats_replay_log_is_void(&replayer->log, replayer->work.due.name);
    bool moved = false;
    while (take_answer(replayer))
        moved = true;
    moved = read_next(replayer) || moved;
    if (finish(replayer) || end_void(replayer) || moved)
        return;
    pause_for(PAUSE_BUSY_MS);
    ask_again(replayer);
}

static void *run(void *arg)
{
    struct ats_replayer *replayer = arg;
    enum ats_status status = ats_sealer_init(replayer->sealer);
    if (status == ATS_OK)
        status = ats_replay_log_open(&replayer->log);
    if (status != ATS_OK)
        ats_log_event(replayer->options.log, ATS_LOG_ERROR, "replay.broken", "reason=\"%s\"",
                      ats_status_name(status));
    while (status == ATS_OK && !atomic_load(&replayer->stop))
        step(replayer);
    ats_replay_log_close(&replayer->log);
    ats_sealer_fini(replayer->sealer);
    return NULL;
}

static void free_replayer(struct ats_replayer *replayer)
{
    forget_work(replayer);
    for (size_t i = 0; i < ATS_GATE_REPLAYS_WAITING; i++)
        free(replayer->slots[i].memory);
    ats_replay_fetch_fini(&replayer->fetch);
    ats_secret_free(replayer->sealer);
    free(replayer);
}

static enum ats_status start(struct ats_replayer *replayer, struct ats_error *err)
{
    const struct ats_replayer_options *options = &replayer->options;
    replayer->log = (struct ats_replay_log){.registry = options->registry,
                                            .follower = options->follower,
                                            .marks = options->marks,
                                            .gate = options->gate,
                                            .log = options->log,
                                            .settled = options->settled,
                                            .stated = options->stated};
    replayer->sealer = ats_secret_new(sizeof(*replayer->sealer), &(bool){true});
    if (!replayer->sealer)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for replays");
    *replayer->sealer = (struct ats_sealer){.registry = options->registry,
                                            .agreement = options->agreement,
                                            .gate = options->gate,
                                            .group = options->group};
    enum ats_status status =
        ats_replay_fetch_init(&replayer->fetch, options->kafka, options->clock, err);
    if (status != ATS_OK)
        return status;
    sigset_t before = ats_signals_block();
    int code = pthread_create(&replayer->thread, NULL, run, replayer);
    ats_signals_restore(before);
    return code == 0 ? ATS_OK
                     : ats_error_set(err, ATS_ERR_MEMORY, "cannot start the thread for replays");
}

enum ats_status ats_replayer_start(const struct ats_replayer_options *options,
                                   struct ats_replayer **ret_replayer, struct ats_error *err)
{
    struct ats_replayer *replayer = calloc(1, sizeof(*replayer));
    if (!replayer)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for replays");
    replayer->options = *options;
    enum ats_status status = start(replayer, err);
    if (status != ATS_OK) {
        free_replayer(replayer);
        return status;
    }
    *ret_replayer = replayer;
    return ATS_OK;
}

void ats_replayer_stop(struct ats_replayer *replayer)
{
    if (!replayer)
        return;
    atomic_store(&replayer->stop, true);
    (void)pthread_join(replayer->thread, NULL);
    free_replayer(replayer);
}
