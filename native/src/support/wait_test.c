#include "dcn/wait.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "support/test.h"

#define MS 1000000

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void should_sleep_until_the_timeout(void) {
    int fd = dcn_wakeup_create();
    CHECK(fd >= 0);
    struct dcn_wait_entry entry = {.fd = fd, .wanted = POLLIN};
    int64_t start = now_ns();
    CHECK_EQUAL(0, dcn_wait(&entry, 1, 20 * MS));
    CHECK(now_ns() - start >= 19 * MS);
    CHECK_EQUAL(0, dcn_wait(&entry, 1, 0));
    CHECK_EQUAL(0, entry.ready);
    CHECK_EQUAL(0, dcn_wakeup_close(fd));
}

static void should_clear_only_what_it_was_asked_to(void) {
    int fd = dcn_wakeup_create();
    struct dcn_wait_entry entry = {.fd = fd, .wanted = POLLIN};
    CHECK_EQUAL(0, dcn_wakeup_signal(fd));
    CHECK_EQUAL(0, dcn_wakeup_signal(fd));
    CHECK_EQUAL(1, dcn_wait(&entry, 1, -1));
    CHECK_EQUAL(POLLIN, entry.ready);
    CHECK_EQUAL(1, dcn_wait(&entry, 1, 0));
    entry.clear = 1;
    CHECK_EQUAL(1, dcn_wait(&entry, 1, 0));
    CHECK_EQUAL(0, dcn_wait(&entry, 1, 0));
    CHECK_EQUAL(0, dcn_wakeup_clear(fd));
    CHECK_EQUAL(0, dcn_wakeup_close(fd));
}

static void *signal_later(void *fd) {
    (void)usleep(10000);
    CHECK_EQUAL(0, dcn_wakeup_signal(*(int *)fd));
    return NULL;
}

static void should_be_woken_by_another_thread(void) {
    int fd = dcn_wakeup_create();
    struct dcn_wait_entry entries[] = {{.fd = -1, .wanted = POLLIN}, {.fd = fd, .wanted = POLLIN, .clear = 1}};
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, signal_later, &fd));
    CHECK_EQUAL(1, dcn_wait(entries, 2, -1));
    CHECK_EQUAL(POLLIN, entries[1].ready);
    CHECK_EQUAL(0, pthread_join(thread, NULL));
    CHECK_EQUAL(0, dcn_wakeup_close(fd));
}

static void should_refuse_what_it_cannot_do(void) {
    struct dcn_wait_entry entries[DCN_WAIT_MAX + 1] = {0};
    CHECK_EQUAL(-EINVAL, dcn_wait(entries, DCN_WAIT_MAX + 1, 0));
    CHECK_EQUAL(-EBADF, dcn_wakeup_signal(-1));
    CHECK_EQUAL(-EINVAL, dcn_pin_thread(-1));
    CHECK_EQUAL(-EINVAL, dcn_pin_thread(1 << 20));
}

static void should_pin_to_a_cpu_of_the_process(void) {
    cpu_set_t allowed;
    CHECK_EQUAL(0, sched_getaffinity(0, sizeof allowed, &allowed));
    int cpu = 0;
    while (!CPU_ISSET((size_t)cpu, &allowed)) {
        cpu++;
    }
    CHECK_EQUAL(0, dcn_pin_thread(cpu));
    cpu_set_t now;
    CHECK_EQUAL(0, sched_getaffinity(0, sizeof now, &now));
    CHECK_EQUAL(1, CPU_COUNT(&now));
    CHECK(CPU_ISSET((size_t)cpu, &now));
}

int main(void) {
    should_sleep_until_the_timeout();
    should_clear_only_what_it_was_asked_to();
    should_be_woken_by_another_thread();
    should_refuse_what_it_cannot_do();
    should_pin_to_a_cpu_of_the_process();
    return 0;
}
