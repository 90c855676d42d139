#include "dcn/wait.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000

int dcn_wait(struct dcn_wait_entry *entries, uint32_t count, int64_t timeout_ns) {
    if (count > DCN_WAIT_MAX) {
        return -EINVAL;
    }
    struct pollfd polled[DCN_WAIT_MAX];
    for (uint32_t i = 0; i < count; i++) {
        polled[i] = (struct pollfd){.fd = entries[i].fd, .events = entries[i].wanted};
        entries[i].ready = 0;
    }
    struct timespec timeout = {.tv_sec = timeout_ns / NS_PER_S, .tv_nsec = timeout_ns % NS_PER_S};
    int ready = ppoll(polled, count, timeout_ns < 0 ? NULL : &timeout, NULL);
    if (ready < 0) {
        return errno == EINTR ? 0 : -errno;
    }
    for (uint32_t i = 0; ready > 0 && i < count; i++) {
        entries[i].ready = polled[i].revents;
        if (entries[i].clear && (polled[i].revents & POLLIN)) {
            (void)dcn_wakeup_clear(entries[i].fd);
        }
    }
    return ready;
}

int dcn_wakeup_create(void) {
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int dcn_wakeup_signal(int fd) {
    uint64_t one = 1;
    if (write(fd, &one, sizeof one) == (ssize_t)sizeof one) {
        return 0;
    }
    // EAGAIN: the count is at its end, so the descriptor is readable already.
    return errno == EAGAIN ? 0 : -errno;
}

int dcn_wakeup_clear(int fd) {
    uint64_t count;
    if (read(fd, &count, sizeof count) == (ssize_t)sizeof count) {
        return 0;
    }
    return errno == EAGAIN ? 0 : -errno;
}

int dcn_wakeup_close(int fd) {
    return close(fd) < 0 ? -errno : 0;
}

int dcn_pin_thread(int cpu) {
    if (cpu < 0 || cpu >= CPU_SETSIZE) {
        return -EINVAL;
    }
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    return sched_setaffinity(0, sizeof set, &set) < 0 ? -errno : 0;
}
