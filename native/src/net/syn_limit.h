// How many SYNs reach a queue when more come than clients send (a flood, RFC 4987). The limit is kept in the kernel, in
// front of the copy and the wake-up that each frame costs, by the programs that packet ports and xdp ports have there.
//
//   a SYN costs credit, which grows with time; below the limit there is always enough, and all SYNs pass
//   ┌────────────────────────┬────────────────────────┐
//   │  clients that come     │  all                   │
//   │  again                 │                        │
//   └────────────────────────┴────────────────────────┘
//   0                      half                      full
//
// Beyond the limit, what is above half is used up by whoever comes. But a client that was shed sends its SYN again after a
// second (RFC 6298 2.1), from the same address and port, and a flood from anywhere is never the same twice. So who was seen
// in one of the two half seconds before this one, and not in this one, has the other half: there is credit for him
// however large the flood. And no more SYNs wait in a receive ring than leave room for all else, however long its loop
// is kept from it.
#ifndef DCN_SRC_NET_SYN_LIMIT_H
#define DCN_SRC_NET_SYN_LIMIT_H

#include <stdint.h>

#include "net/bpf_code.h"

// A second and queue. More than the connections that can come and go on a core.
#define SYN_LIMIT_DEFAULT 50000u
#define SYN_LIMIT_MAX 10000000u
// SYNs for which there is credit at most; half of them may come at once.
#define SYN_LIMIT_CREDIT 2048u
#define SYN_LIMIT_SPELL_SHIFT 29  // nanoseconds, as bits: the half second

// What the program and the queue's thread share, a cache line for each queue. The processors that receive for a queue do
// not wait for each other: a SYN may go uncounted now and then.
struct syn_limit_queue {
    uint64_t credited_ns;  // program: when credit was last added
    uint64_t credit_ns;    // program: a SYN costs a second divided by the limit
    uint64_t shed;         // program: SYNs that were dropped
    uint64_t passed;       // program: SYNs that were not
    uint64_t taken;        // thread: how many of those it has seen
    uint64_t reserved[3];
};

// Of a port. All zero: there is no limit.
struct syn_limit {
    uint32_t rate;  // SYNs a second and queue
    uint32_t ring;  // slots of a receive ring: half of them may hold SYNs, three quarters with those that come again
    int seen;       // map: who sent a SYN of late
    int queues;     // map: struct syn_limit_queue
    struct syn_limit_queue *queue;  // the latter's memory
};

// Makes the maps. Returns 0, or -errno and leaves nothing: -EPERM without CAP_BPF.
int syn_limit_open(struct syn_limit *limit, uint32_t rate, uint32_t ring);
void syn_limit_close(struct syn_limit *limit);

// SYNs that a queue's limit has dropped, and let pass, since the port was opened.
static inline uint64_t syn_limit_shed(const struct syn_limit *limit, uint32_t queue) {
    return limit->queue != NULL ? __atomic_load_n(&limit->queue[queue].shed, __ATOMIC_RELAXED) : 0;
}

static inline uint64_t syn_limit_passed(const struct syn_limit *limit, uint32_t queue) {
    return limit->queue != NULL ? __atomic_load_n(&limit->queue[queue].passed, __ATOMIC_RELAXED) : 0;
}

// The queue's thread has emptied its ring, after `passed` SYNs had passed.
static inline void syn_limit_take(const struct syn_limit *limit, uint32_t queue, uint64_t passed) {
    if (limit->queue != NULL) {
        __atomic_store_n(&limit->queue[queue].taken, passed, __ATOMIC_RELAXED);
    }
}

// Where the fragment wants to find the sender's address, an IPv4 address with zeros behind it, and port, and the number
// of the queue; from R10 on.
#define SYN_LIMIT_ADDRESS (-16)
#define SYN_LIMIT_PORT (-24)   // 64 bits
#define SYN_LIMIT_QUEUE (-28)  // 32 bits

#define SYN_LIMIT_LABELS 5

// Appends what decides on a SYN and goes on at one of two labels. R6 is left alone, R0 to R9 else are lost, and of the
// stack 32 bytes are used; so are SYN_LIMIT_LABELS labels from `own_labels` on.
void syn_limit_decide(struct bpf_code *code, const struct syn_limit *limit, int16_t own_labels, int16_t pass, int16_t shed);

#endif
