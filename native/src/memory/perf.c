#include "dcn/perf.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

int dcn_perf_open(uint32_t type, uint64_t config, int32_t cpu) {
    struct perf_event_attr attributes = {
        .type = type,
        .size = sizeof attributes,
        .config = config,
        .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
        .inherit = 0,
    };
    long fd = syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    return fd < 0 ? -errno : (int)fd;
}

int dcn_perf_read(int fd, struct dcn_perf_count *out) {
    ssize_t bytes = read(fd, out, sizeof *out);
    if (bytes < 0) {
        return -errno;
    }
    // A counter that the kernel could not start (its CPU went away) reads as nothing.
    return bytes == (ssize_t)sizeof *out ? 0 : -ENODATA;
}

int dcn_perf_close(int fd) { return close(fd) < 0 ? -errno : 0; }
