/* SPDX-License-Identifier: Apache-2.0 */
/* To be preloaded: the wall clock is wrong by the milliseconds in the file that WRONG_CLOCK names (8 bytes, native), from one moment to
   the next. The monotonic clock goes on. Waits until a time of day wait for the wrong one, as with a clock that was set. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define SLICE_NS (20 * 1000000L)
#define SECOND_NS 1000000000L

static const int64_t right;
static const volatile int64_t *off_by = &right;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("WRONG_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped = fd >= 0 ? mmap(NULL, sizeof(*off_by), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (mapped != MAP_FAILED)
        off_by = mapped;
    if (fd >= 0)
        (void)close(fd);
}

static struct timespec shifted(struct timespec at, int64_t by_ms)
{
    at.tv_sec += by_ms / 1000;
    at.tv_nsec += by_ms % 1000 * 1000000;
    if (at.tv_nsec < 0) {
        at.tv_nsec += SECOND_NS;
        at.tv_sec--;
    }
    at.tv_sec += at.tv_nsec / SECOND_NS;
    at.tv_nsec %= SECOND_NS;
    return at;
}

static int64_t ns_until(struct timespec end, struct timespec now)
{
    return (int64_t)(end.tv_sec - now.tv_sec) * SECOND_NS + end.tv_nsec - now.tv_nsec;
}

int clock_gettime(clockid_t id, struct timespec *ret_now)
{
    int code = (int)syscall(SYS_clock_gettime, id, ret_now);
    if (code == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        *ret_now = shifted(*ret_now, *off_by);
    return code;
}

int timespec_get(struct timespec *ret_now, int base)
{
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, ret_now) == 0 ? base : 0;
}

int gettimeofday(struct timeval *restrict ret_now, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    int code = clock_gettime(CLOCK_REALTIME, &now);
    *ret_now = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return code;
}

time_t time(time_t *ret_now)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (ret_now)
        *ret_now = now.tv_sec;
    return now.tv_sec;
}

/* librdkafka's waits. */
int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict lock,
                  const struct timespec *restrict end)
{
    static int (*next)(cnd_t *, mtx_t *, const struct timespec *);
    if (!next) {
        void *symbol = dlsym(RTLD_NEXT, "cnd_timedwait");
        *(void **)&next = symbol;
    }
    for (;;) {
        struct timespec now, slice;
        (void)clock_gettime(CLOCK_REALTIME, &now);
        int64_t left_ns = ns_until(*end, now);
        (void)syscall(SYS_clock_gettime, CLOCK_REALTIME, &slice);
        slice.tv_nsec += left_ns < 0 ? 0 : left_ns < SLICE_NS ? left_ns : SLICE_NS;
        int code = next(condition, lock,
                        &(struct timespec){slice.tv_sec + slice.tv_nsec / SECOND_NS,
                                           slice.tv_nsec % SECOND_NS});
        if (code != thrd_timedout || left_ns <= SLICE_NS)
            return code;
    }
}
