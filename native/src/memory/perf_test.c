#include <errno.h>
#include <linux/perf_event.h>
#include <unistd.h>

#include "dcn/perf.h"
#include "support/test.h"

// A counter that every kernel has: the time of a CPU.
static void counts_time_of_a_cpu(void) {
    int fd = dcn_perf_open(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, 0);
    // Some kernels and containers forbid it.
    if (fd == -EACCES || fd == -EPERM || fd == -ENOSYS) {
        exit(DCN_TEST_SKIPPED);
    }
    CHECK(fd >= 0);
    struct dcn_perf_count first, second;
    CHECK_EQUAL(0, dcn_perf_read(fd, &first));
    usleep(20000);
    CHECK_EQUAL(0, dcn_perf_read(fd, &second));
    CHECK(second.value >= first.value + 15000000);
    CHECK(second.enabled_ns >= first.enabled_ns + 15000000);
    CHECK(second.running_ns <= second.enabled_ns);
    CHECK_EQUAL(0, dcn_perf_close(fd));
    CHECK_EQUAL(-EBADF, dcn_perf_read(fd, &first));
}

static void refuses_what_is_not_there(void) {
    CHECK(dcn_perf_open(0x7fffffff, 0, 0) < 0);
    CHECK(dcn_perf_open(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, 1 << 20) < 0);
    CHECK_EQUAL(-EBADF, dcn_perf_close(-1));
}

int main(void) {
    refuses_what_is_not_there();
    counts_time_of_a_cpu();
    return 0;
}
