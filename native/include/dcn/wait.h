// Waiting for descriptors, waking a waiting thread, and pinning a thread: what a loop does between its passes.
//
// No function here allocates; dcn_wait blocks for at most the time given.
#ifndef DCN_WAIT_H
#define DCN_WAIT_H

#include <stdint.h>

#include "dcn/error.h"

// Most descriptors that one dcn_wait takes.
#define DCN_WAIT_MAX 64

// One descriptor to wait for. The caller writes all but `ready`, dcn_wait writes `ready`.
struct dcn_wait_entry {
    int32_t fd;      // a negative one is skipped
    int16_t wanted;  // POLLIN, POLLOUT
    int16_t ready;   // what poll reported, POLLERR and POLLHUP included
    int32_t clear;   // 1: fd is an eventfd, set its count to 0 once it is seen readable
    int32_t reserved;
};

// Waits until a descriptor is ready or `timeout_ns` nanoseconds have passed; a negative timeout waits without end, 0
// only looks.
//
// An eventfd is cleared after it was seen readable and before this returns: what it announced happened earlier, so a
// caller that then looks at the announced queue misses nothing.
//
// Returns the number of ready entries, 0 after the timeout or a signal, -EINVAL for more than DCN_WAIT_MAX entries,
// or what ppoll(2) reports.
DCN_API int dcn_wait(struct dcn_wait_entry *entries, uint32_t count, int64_t timeout_ns);

// Creates an eventfd by which any thread wakes one that waits. Returns the descriptor, which the caller closes with
// dcn_wakeup_close, or -errno.
DCN_API int dcn_wakeup_create(void);

// Makes `fd` readable. From any thread. Returns 0 or -errno.
DCN_API int dcn_wakeup_signal(int fd);

// Makes `fd` not readable again. Returns 0 or -errno; clearing what was not signalled is no error.
DCN_API int dcn_wakeup_clear(int fd);

// Closes a descriptor of dcn_wakeup_create. Returns 0 or -errno.
DCN_API int dcn_wakeup_close(int fd);

// Lets the calling thread run on CPU number `cpu` only. Returns 0, or -EINVAL when the machine has no such CPU or the
// process may not use it.
DCN_API int dcn_pin_thread(int cpu);

#endif
