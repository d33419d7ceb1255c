/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attestream-publish: a device on libmosquitto. docs/devices.md walks through it; to make your own, keep link.c and what it says
 * about reconnecting, and replace key_file.c and state.c by what your device has.
 *
 * One message is under way at a time. So the highest sequence that the gate tells when the device comes back says whether it has
 * the message whose answer was lost: no message is lost, and none is sent twice.
 */
#include "device/examples/key_file.h"
#include "device/examples/lines.h"
#include "device/examples/link.h"
#include "device/examples/state.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Pauses between tries double from the first to the last. */
#define PAUSE_FIRST_MS 100
#define PAUSE_LAST_MS 30000

struct client {
    struct example_options options;
    struct example_state state;
    struct ats_device device;
    struct example_link link;
    bool gate_has_last; /* the gate, when the device came back, had seen its last proof */
    int failures;       /* since the last answer */
    uint64_t taken;
    uint64_t refused;
};

/* Standard input's lines; too much for a stack. */
static struct example_lines lines;

static enum example_exit complain(enum example_exit code, const char *what, const char *name,
                                  const char *why)
{
    (void)fprintf(stderr, EXAMPLE_PROGRAM ": %s %s: %s\n", what, name, why);
    return code;
}

/* --- start --- */

static enum example_exit read_keys(const struct example_options *options, uint8_t seed[32],
                                   uint8_t roots[2][32], size_t *ret_count)
{
    const char *why;
    *ret_count = options->successor ? 2 : 1;
    if (!example_read_seed(options->key, seed, &why))
        return complain(EXAMPLE_EXIT_USAGE, "key", options->key, why);
    if (!example_read_public_key(options->root, roots[0], &why))
        return complain(EXAMPLE_EXIT_USAGE, "root", options->root, why);
    if (options->successor && !example_read_public_key(options->successor, roots[1], &why))
        return complain(EXAMPLE_EXIT_USAGE, "successor", options->successor, why);
    return EXAMPLE_EXIT_OK;
}

static enum example_exit start(struct client *client)
{
    const struct example_options *options = &client->options;
    uint8_t seed[32] = {0};
    uint8_t roots[2][32];
    uint8_t fleet[crypto_hash_sha256_BYTES];
    size_t count;
    const char *why;
    enum example_exit code = read_keys(options, seed, roots, &count);
    if (code == EXAMPLE_EXIT_OK) {
        (void)crypto_hash_sha256(fleet, roots[0], sizeof(roots[0]));
        if (ats_device_init(&client->device, options->device, options->gate, seed, fleet,
                            (const uint8_t(*)[32])roots, count) != ATS_DEVICE_OK)
            code =
                complain(EXAMPLE_EXIT_USAGE, "device", options->device,
                         "it or the gate's is not a name (1 to 128 bytes, no control characters)");
    }
    sodium_memzero(seed, sizeof(seed));
    if (code == EXAMPLE_EXIT_OK && !example_state_open(&client->state, options->state, &why))
        code = complain(EXAMPLE_EXIT_USAGE, "state", options->state, why);
    client->device.sequence = client->state.sequence;
    client->link = (struct example_link){.options = options, .device = &client->device};
    return code;
}

/* --- the connection --- */

static void pause_before_try(int failures)
{
    int64_t pause_ms = PAUSE_FIRST_MS;
    for (int i = 1; i < failures && pause_ms < PAUSE_LAST_MS; i++)
        pause_ms *= 2;
    if (pause_ms > PAUSE_LAST_MS)
        pause_ms = PAUSE_LAST_MS;
    struct timespec pause = {.tv_sec = pause_ms / 1000, .tv_nsec = pause_ms % 1000 * 1000000};
    (void)nanosleep(&pause, NULL);
}

/* Counts a failure; OK: try again, else `last`. */
static enum example_exit lost(struct client *client, enum example_exit last)
{
    example_link_close(&client->link);
    client->failures++;
    (void)fprintf(stderr, EXAMPLE_PROGRAM ": connection: %s (%d of %d tries)\n", client->link.why,
                  client->failures, client->options.tries);
    if (client->failures >= client->options.tries)
        return last;
    pause_before_try(client->failures);
    return EXAMPLE_EXIT_OK;
}

/* accept() only raises the sequence. From one below our last it ends below our last, or not: then the gate has seen it. */
static enum example_link_result open_link(struct client *client, uint64_t counter)
{
    uint64_t last = client->device.sequence;
    client->device.sequence = last > 0 ? last - 1 : 0;
    enum example_link_result result = example_link_open(&client->link, counter);
    client->gate_has_last = last > 0 && client->device.sequence >= last;
    if (client->device.sequence < last)
        client->device.sequence = last;
    return result;
}

static enum example_exit connect_until_it_holds(struct client *client)
{
    while (!client->link.mosq) {
        uint64_t counter;
        const char *why;
        if (!example_state_take_counter(&client->state, example_now_ms(), &counter, &why))
            return complain(EXAMPLE_EXIT_USAGE, "state", client->options.state, why);
        enum example_link_result result = open_link(client, counter);
        enum example_exit code = EXAMPLE_EXIT_OK;
        if (result == EXAMPLE_LINK_LOST)
            code = lost(client, EXAMPLE_EXIT_UNREACHABLE);
        else if (result == EXAMPLE_LINK_REFUSED) /* one answer for what passes and what does not */
            code = lost(client, EXAMPLE_EXIT_NOT_LET_IN);
        else if (result == EXAMPLE_LINK_UNTRUSTED)
            code = complain(EXAMPLE_EXIT_UNTRUSTED, "gate", client->options.gate, client->link.why);
        else if (result == EXAMPLE_LINK_IMPOSSIBLE)
            code = complain(EXAMPLE_EXIT_USAGE, "connection to", client->options.host,
                            client->link.why);
        if (code != EXAMPLE_EXIT_OK)
            return code;
    }
    return EXAMPLE_EXIT_OK;
}

/* --- a message --- */

static enum ats_device_result prove(struct client *client, const struct ats_device_publish *publish,
                                    char proof[ATS_DEVICE_PROOF_SIZE])
{
    return client->options.signature ? ats_device_prove_signature(&client->device, publish, proof)
                                     : ats_device_prove_mac(&client->device, publish, proof);
}

/* One try: a proof of its own, and the answer. */
static enum example_link_result send_once(struct client *client, struct ats_device_publish *publish)
{
    char proof[ATS_DEVICE_PROOF_SIZE];
    const char *why = "the topic is too long, or the sequence at its end";
    publish->time_ms = example_now_ms();
    if (!example_state_reserve(&client->state, client->device.sequence + 1, &why) ||
        prove(client, publish, proof) != ATS_DEVICE_OK) {
        (void)snprintf(client->link.why, sizeof(client->link.why), "%s", why);
        return EXAMPLE_LINK_IMPOSSIBLE;
    }
    return example_link_publish(&client->link, publish, proof);
}

static enum example_exit deliver(struct client *client, const char *text, size_t len)
{
    struct ats_device_publish publish = {.topic = client->options.topic,
                                         .qos = (uint8_t)client->options.qos,
                                         .retain = client->options.retain,
                                         .payload = (const uint8_t *)text,
                                         .payload_len = len};
    bool sent = false;
    enum example_link_result result;
    do {
        enum example_exit code = connect_until_it_holds(client);
        if (code != EXAMPLE_EXIT_OK)
            return code;
        result = sent && client->gate_has_last ? EXAMPLE_LINK_OK : send_once(client, &publish);
        sent = true;
        if (result == EXAMPLE_LINK_LOST &&
            lost(client, EXAMPLE_EXIT_UNREACHABLE) != EXAMPLE_EXIT_OK)
            return EXAMPLE_EXIT_UNREACHABLE;
    } while (result == EXAMPLE_LINK_LOST);
    if (result == EXAMPLE_LINK_IMPOSSIBLE)
        return complain(EXAMPLE_EXIT_USAGE, "publish to", publish.topic, client->link.why);
    client->failures = 0;
    client->taken += result == EXAMPLE_LINK_OK;
    client->refused += result == EXAMPLE_LINK_REFUSED;
    if (result == EXAMPLE_LINK_REFUSED)
        (void)fprintf(stderr, "refused: %s\n", client->link.why);
    return EXAMPLE_EXIT_OK;
}

static enum example_exit deliver_lines(struct client *client)
{
    for (;;) {
        const char *line;
        size_t len;
        enum example_exit code = EXAMPLE_EXIT_OK;
        if (example_lines_take(&lines, &line, &len))
            code = deliver(client, line, len);
        else if (lines.ended)
            return EXAMPLE_EXIT_OK;
        else if (example_link_wait(&client->link, lines.file) == EXAMPLE_LINK_LOST) {
            code = lost(client, EXAMPLE_EXIT_UNREACHABLE);
            if (code == EXAMPLE_EXIT_OK)
                code = connect_until_it_holds(client);
        } else if (!example_lines_read(&lines))
            code = complain(EXAMPLE_EXIT_USAGE, "standard", "input",
                            "a line is too long, or it cannot be read");
        if (code != EXAMPLE_EXIT_OK)
            return code;
    }
}

/* --- a claim --- */

static const char *read_token(const char *path, char *memory, size_t size)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    const char *token = fgets(memory, (int)size, file);
    (void)fclose(file);
    if (token)
        memory[strcspn(memory, "\r\n")] = '\0';
    return token;
}

/* Hands in the token once, and tells what the gate says to it. */
static enum example_exit claim(struct client *client)
{
    char memory[ATS_DEVICE_CLAIM_TEXT_SIZE];
    const struct ats_device_claim_answer *answer = &client->link.claim_answer;
    const char *token = read_token(client->options.claim, memory, sizeof(memory));
    example_state_close(&client->state, client->device.sequence);
    if (!token)
        return complain(EXAMPLE_EXIT_USAGE, "claim", client->options.claim, "cannot be read");
    enum example_link_result result = example_link_claim(&client->link, token);
    if (result == EXAMPLE_LINK_IMPOSSIBLE)
        return complain(EXAMPLE_EXIT_USAGE, "claim", client->options.claim, client->link.why);
    if (result == EXAMPLE_LINK_LOST)
        return complain(EXAMPLE_EXIT_UNREACHABLE, "gate", client->options.gate, client->link.why);
    if (result != EXAMPLE_LINK_OK)
        return complain(EXAMPLE_EXIT_NOT_LET_IN, "gate", client->options.gate, client->link.why);
    (void)complain(EXAMPLE_EXIT_OK, "gate", client->options.gate, answer->text);
    if (answer->result == ATS_DEVICE_CLAIM_ENROLLED)
        return EXAMPLE_EXIT_OK;
    return answer->result == ATS_DEVICE_CLAIM_REFUSED ? EXAMPLE_EXIT_NOT_LET_IN
                                                      : EXAMPLE_EXIT_LATER;
}

static enum example_exit run(struct client *client)
{
    enum example_exit code = connect_until_it_holds(client);
    if (code == EXAMPLE_EXIT_OK && client->options.message)
        code = deliver(client, client->options.message, strlen(client->options.message));
    else if (code == EXAMPLE_EXIT_OK)
        code = deliver_lines(client);
    example_link_close(&client->link);
    example_state_close(&client->state, client->device.sequence);
    (void)fprintf(stderr, "%" PRIu64 " taken, %" PRIu64 " refused\n", client->taken,
                  client->refused);
    return code == EXAMPLE_EXIT_OK && client->refused > 0 ? EXAMPLE_EXIT_REFUSED : code;
}

int main(int argc, char **argv)
{
    struct client client = {.failures = 0};
    enum example_exit code;
    if (!example_options_parse(&client.options, argc, argv, &code))
        return (int)code;
    if (sodium_init() < 0 || mosquitto_lib_init() != MOSQ_ERR_SUCCESS)
        return (int)complain(EXAMPLE_EXIT_USAGE, "libraries", "libsodium, libmosquitto",
                             "cannot be used");
    code = start(&client);
    if (code == EXAMPLE_EXIT_OK)
        code = client.options.claim ? claim(&client) : run(&client);
    ats_device_wipe(&client.device);
    (void)mosquitto_lib_cleanup();
    return (int)code;
}
