/* SPDX-License-Identifier: Apache-2.0 */
#include "device/examples/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define STATE_MAX 100 /* two lines with numbers of 20 digits: 59 */

/* The directory's entry is as much of the file as its bytes. */
static bool sync_folder(const char *path)
{
    char folder[EXAMPLE_PATH_MAX];
    (void)snprintf(folder, sizeof(folder), "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    int opened = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = opened >= 0 && fsync(opened) == 0;
    if (opened >= 0)
        close(opened);
    return done;
}

/* A new file takes the old one's place in one step: what is read later is one or the other. */
static bool store(const struct example_state *state, const char **ret_why)
{
    char path[EXAMPLE_PATH_MAX + 8];
    (void)snprintf(path, sizeof(path), "%s.new", state->path);
    FILE *file = fopen(path, "we");
    bool done = file && fprintf(file, "counter %" PRIu64 "\nsequence %" PRIu64 "\n", state->counter,
                                state->sequence) > 0;
    done = done && fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (file && fclose(file) != 0)
        done = false;
    done = done && rename(path, state->path) == 0 && sync_folder(state->path);
    *ret_why = done ? NULL : strerror(errno);
    return done;
}

/* "NAME NUMBER\n" at `*text`, which moves behind it. */
static bool parse_line(const char **text, const char *name, uint64_t *ret_number)
{
    size_t len = strlen(name);
    if (strncmp(*text, name, len) != 0 || (*text)[len] < '0' || (*text)[len] > '9')
        return false;
    char *end;
    errno = 0;
    *ret_number = strtoull(*text + len, &end, 10);
    *text = end + 1;
    return errno == 0 && *end == '\n';
}

static bool load(struct example_state *state, const char **ret_why)
{
    char memory[STATE_MAX + 1];
    const char *text = memory;
    FILE *file = fopen(state->path, "re");
    *ret_why = file || errno == ENOENT ? NULL : strerror(errno);
    if (!file)
        return !*ret_why;
    memory[fread(memory, 1, STATE_MAX, file)] = '\0';
    if (!parse_line(&text, "counter ", &state->counter) ||
        !parse_line(&text, "sequence ", &state->sequence) || *text != '\0')
        *ret_why = "not a state file: it must hold 'counter N' and 'sequence N'";
    (void)fclose(file);
    return !*ret_why;
}

static bool take_lock(struct example_state *state, const char **ret_why)
{
    char path[EXAMPLE_PATH_MAX + 8];
    (void)snprintf(path, sizeof(path), "%s.lock", state->path);
    state->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (state->lock < 0)
        *ret_why = strerror(errno);
    else if (flock(state->lock, LOCK_EX | LOCK_NB) != 0)
        *ret_why = "another process uses it";
    return !*ret_why;
}

bool example_state_open(struct example_state *state, const char *path, const char **ret_why)
{
    *state = (struct example_state){.lock = -1};
    *ret_why = NULL;
    if (strlen(path) >= sizeof(state->path)) {
        *ret_why = strerror(ENAMETOOLONG);
        return false;
    }
    (void)snprintf(state->path, sizeof(state->path), "%s", path);
    if (take_lock(state, ret_why) && load(state, ret_why))
        return true;
    if (state->lock >= 0)
        close(state->lock);
    return false;
}

bool example_state_take_counter(struct example_state *state, uint64_t now_ms, uint64_t *ret_counter,
                                const char **ret_why)
{
    state->counter = now_ms > state->counter ? now_ms : state->counter + 1;
    *ret_counter = state->counter;
    return store(state, ret_why);
}

bool example_state_reserve(struct example_state *state, uint64_t sequence, const char **ret_why)
{
    *ret_why = NULL;
    if (sequence <= state->sequence)
        return true;
    state->sequence = sequence + EXAMPLE_SEQUENCE_BLOCK - 1;
    return store(state, ret_why);
}

void example_state_close(struct example_state *state, uint64_t sequence)
{
    const char *why;
    state->sequence = sequence;
    (void)store(state, &why); /* else the block's rest is left out */
    close(state->lock);
}
