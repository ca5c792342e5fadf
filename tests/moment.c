/* Preloaded by `make test-at`: a process and all that it starts live MOMENT_SECONDS later (or earlier) than the machine.

   Only what tells the time of day is moved. Monotonic clocks, with which programs wait, and the times of files stay. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long seconds(void)
{
    static int known;
    static long moved;

    if (!known) {
        const char *text = getenv("MOMENT_SECONDS");
        moved = text ? atol(text) : 0;
        known = 1;
    }
    return moved;
}

int clock_gettime(clockid_t clock, struct timespec *at)
{
    static int (*real)(clockid_t, struct timespec *);
    int failed;

    if (!real)
        real = dlsym(RTLD_NEXT, "clock_gettime");
    failed = real(clock, at);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        at->tv_sec += seconds();
    return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (at)
        *at = now.tv_sec;
    return now.tv_sec;
}
