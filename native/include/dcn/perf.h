// Hardware counters of the whole machine by perf_event_open(2), for memory controllers and the like.
#ifndef DCN_PERF_H
#define DCN_PERF_H

#include <stdint.h>

#include "dcn/error.h"

// What a counter has counted. All three only rise.
struct dcn_perf_count {
    uint64_t value;
    uint64_t enabled_ns;  // since it was opened
    uint64_t running_ns;  // less than enabled_ns when it shares its hardware with others
};

// Opens a counter that runs from now on and counts for all processes. `type` is the number in the PMU's file `type` in
// sysfs, `config` its event, `cpu` one of the PMU's `cpumask`. Returns a descriptor, which the caller closes with
// dcn_perf_close, or -errno: -EACCES or -EPERM without CAP_PERFMON, -ENOENT or -EINVAL for an event that it does not have.
DCN_API int dcn_perf_open(uint32_t type, uint64_t config, int32_t cpu);

// Reads a counter. Returns 0 or -errno.
DCN_API int dcn_perf_read(int fd, struct dcn_perf_count *out);

// Returns 0 or -errno.
DCN_API int dcn_perf_close(int fd);

#endif
