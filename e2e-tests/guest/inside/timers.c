// Wakes a processor of the guest that waits for a timer which does not come.
//
// QEMU's emulated processors miss the interrupt of their one-shot timer once in some thousand seconds. Linux then waits for it
// for ever, as it programs the timer anew only for what ends before: everything that sleeps on this processor sleeps on, and
// in the end the kernel says "rcu_preempt kthread timer wakeup didn't happen".
//
// A thread on each processor sleeps until a time of day, and looks whether the others have done so. When one has not, the
// clock is put an hour ahead and back: on a processor whose next timer that brings forward, Linux programs its timer anew
// (clock_was_set).
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BEAT_NS 500000000L
#define MISSED_MS 4000
#define NS_PER_SECOND 1000000000L
#define AHEAD_SECONDS 3600

// Whoever has it may look at the time of day, and change it.
static pthread_mutex_t clock_lock = PTHREAD_MUTEX_INITIALIZER;
static long count;
static int64_t *beats;  // when each processor's thread was last awake, in ms

static int64_t now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void add(struct timespec *time, int64_t ns) {
    ns += time->tv_nsec;
    time->tv_sec += ns / NS_PER_SECOND;
    time->tv_nsec = ns % NS_PER_SECOND;
}

static void wake(long processor) {
    struct timespec day, before, after;
    (void)clock_gettime(CLOCK_REALTIME, &day);
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    struct timespec ahead = day;
    ahead.tv_sec += AHEAD_SECONDS;
    (void)clock_settime(CLOCK_REALTIME, &ahead);
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    add(&day, (after.tv_sec - before.tv_sec) * NS_PER_SECOND + after.tv_nsec - before.tv_nsec);
    (void)clock_settime(CLOCK_REALTIME, &day);
    (void)printf("guest: processor=%ld missed a timer, which was set again\n", processor);
}

static void *watch(void *argument) {
    long self = (long)(intptr_t)argument;
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET((size_t)self, &own);
    (void)sched_setaffinity(0, sizeof own, &own);
    for (;;) {
        struct timespec next;
        (void)pthread_mutex_lock(&clock_lock);
        (void)clock_gettime(CLOCK_REALTIME, &next);
        int64_t now = now_ms();
        beats[self] = now;
        for (long other = 0; other < count; other++) {
            if (now - beats[other] > MISSED_MS) {
                wake(other);
                beats[other] = now;
            }
        }
        (void)pthread_mutex_unlock(&clock_lock);
        add(&next, BEAT_NS);
        (void)clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &next, NULL);
    }
    return NULL;
}

int main(void) {
    // Not late because others have much to do.
    struct sched_param priority = {.sched_priority = 1};
    (void)sched_setscheduler(0, SCHED_FIFO, &priority);
    (void)setvbuf(stdout, NULL, _IONBF, 0);
    count = sysconf(_SC_NPROCESSORS_ONLN);
    beats = calloc((size_t)count, sizeof *beats);
    pthread_t thread;
    for (long i = 0; i < count; i++) {
        beats[i] = now_ms();
        if (pthread_create(&thread, NULL, watch, (void *)(intptr_t)i) != 0) {
            return 1;
        }
    }
    (void)pthread_join(thread, NULL);
    return 0;
}
