// io_uring queues.
//
// The ring is made for one submitting thread (SINGLE_ISSUER) and with completion work deferred to that thread's own
// calls (DEFER_TASKRUN): no interrupt of the loop, and completions appear in batches when it reaps. It is made disabled
// and enabled by the first submit, because the kernel takes the thread that enables it for the owner, and queues are
// opened by a set-up thread. Where the kernel knows no DEFER_TASKRUN (before 6.1) COOP_TASKRUN is used, and reported.
//
// Completions are announced by an eventfd, since poll on the ring's own descriptor misses deferred work. A ring whose device
// is polled (IOPOLL) has none: the kernel looks at the device when, and only when, the owner reaps.
#include "disk/uring_queue.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PIECES_MAX 1024u
#define CLOSE_TIMEOUT_MS 30000

#define RING_FLAGS_BEST \
    (IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG)
#define RING_FLAGS_COOP (IORING_SETUP_R_DISABLED | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG)

static struct uring_queue *uring_queue_of(struct dcn_disk_queue *queue) {
    return (struct uring_queue *)queue;
}

static bool is_polled(const struct uring_queue *self) {
    return (self->ring.flags & IORING_SETUP_IOPOLL) != 0;
}

int uring_ring_choose(unsigned extra, unsigned *flags, struct dcn_disk_opened *out) {
    static const struct {
        unsigned flags;
        const char *mode;
    } choices[] = {{RING_FLAGS_BEST, "io_uring defer-taskrun"}, {RING_FLAGS_COOP, "io_uring coop-taskrun"}};
    int error = 0;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        struct io_uring ring;
        error = io_uring_queue_init(1, &ring, choices[i].flags | extra);
        if (error == 0) {
            io_uring_queue_exit(&ring);
            *flags = choices[i].flags | extra;
            (void)strcpy(out->mode, choices[i].mode);
            return 0;
        }
    }
    if (error == -EINVAL) {
        return dcn_disk_refuse(out->message, error, "the kernel's io_uring is too old; Linux 5.19 or newer is needed");
    }
    return dcn_disk_refuse(out->message, error,
                           "io_uring cannot be used; check the sysctl kernel.io_uring_disabled and the container's "
                           "seccomp profile");
}

static int register_regions(struct uring_queue *self, const struct dcn_disk_region *regions, uint32_t count) {
    if (count == 0) {
        return 0;
    }
    struct iovec *pieces = calloc(PIECES_MAX, sizeof *pieces);
    if (pieces == NULL) {
        return -ENOMEM;
    }
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        self->regions[i] = (struct uring_region){regions[i].address, regions[i].length_bytes, used};
        for (uint64_t done = 0; done < regions[i].length_bytes; done += URING_PIECE_BYTES) {
            if (used == PIECES_MAX) {
                free(pieces);
                return -E2BIG;
            }
            uint64_t left = regions[i].length_bytes - done;
            pieces[used++] = (struct iovec){(void *)(uintptr_t)(regions[i].address + done),
                                            left < URING_PIECE_BYTES ? left : URING_PIECE_BYTES};
        }
    }
    self->region_count = count;
    int error = io_uring_register_buffers(&self->ring, pieces, used);
    free(pieces);
    return error;
}

static int announce(struct uring_queue *self, struct dcn_disk_queue_opened *out) {
    self->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->event_fd < 0) {
        return dcn_disk_refuse(out->message, -errno, "no eventfd to announce completions");
    }
    int error = io_uring_register_eventfd(&self->ring, self->event_fd);
    if (error < 0) {
        (void)close(self->event_fd);
        return dcn_disk_refuse(out->message, error, "io_uring does not register an eventfd");
    }
    return 0;
}

static int set_up_ring(struct uring_queue *self, int fd, const struct dcn_disk_region *regions, uint32_t count,
                       struct dcn_disk_queue_opened *out) {
    int error = io_uring_register_files(&self->ring, &fd, 1);
    if (error < 0) {
        return dcn_disk_refuse(out->message, error, "io_uring does not register the device's descriptor");
    }
    error = register_regions(self, regions, count);
    if (error < 0) {
        return dcn_disk_refuse(out->message, error, "io_uring does not register regions=%u as fixed buffers", count);
    }
    return is_polled(self) ? 0 : announce(self, out);
}

int uring_queue_make(struct uring_queue *self, int fd, unsigned flags, uint32_t depth,
                     const struct dcn_disk_region *regions, uint32_t count, struct dcn_disk_queue_opened *out) {
    self->depth = depth;
    self->event_fd = -1;
    int error = io_uring_queue_init(depth, &self->ring, flags);
    if (error < 0) {
        free(self);
        return dcn_disk_refuse(out->message, error, "io_uring refuses a ring of depth=%u", depth);
    }
    error = set_up_ring(self, fd, regions, count, out);
    if (error < 0) {
        io_uring_queue_exit(&self->ring);
        free(self);
        return error;
    }
    out->queue = &self->queue;
    out->event_fd = self->event_fd;
    return 0;
}

static bool is_valid(const struct uring_queue *self, const struct dcn_disk_op *op) {
    if (op->opcode == DCN_DISK_FLUSH) {
        return true;
    }
    if ((op->opcode != DCN_DISK_READ && !dcn_disk_op_writes(op)) || op->region >= self->region_count ||
        op->length_bytes == 0) {
        return false;
    }
    const struct uring_region *region = &self->regions[op->region];
    return op->address >= region->address && op->length_bytes <= region->length_bytes &&
           op->address - region->address <= region->length_bytes - op->length_bytes &&
           (self->commands->is_valid == NULL || self->commands->is_valid(self, op));
}

static void prepare(struct uring_queue *self, struct io_uring_sqe *sqe, const struct dcn_disk_op *op) {
    int piece = op->opcode == DCN_DISK_FLUSH
                    ? -1
                    : uring_piece_of(&self->regions[op->region], op->address, op->length_bytes);
    self->commands->prepare(self, sqe, op, piece);
    io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
}

// Whether a failed enter means "later": what is in the submission ring stays there and goes with the next enter.
static bool is_later(int error) {
    return error == -EAGAIN || error == -EBUSY || error == -EINTR;
}

// Makes the calling thread the owner at the first submit, and refuses others afterwards.
static int own(struct uring_queue *self) {
    if (self->enabled) {
        return pthread_equal(self->owner, pthread_self()) ? 0 : -EEXIST;
    }
    // liburing 2.3 declares io_uring_enable_rings but its shared library does not export it.
    if (syscall(__NR_io_uring_register, self->ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0) < 0) {
        return -errno;
    }
    self->owner = pthread_self();
    self->enabled = true;
    return 0;
}

int uring_queue_submit(struct dcn_disk_queue *queue, const struct dcn_disk_op *ops, uint32_t count) {
    struct uring_queue *self = uring_queue_of(queue);
    int error = own(self);
    if (error < 0) {
        return error;
    }
    uint32_t room = self->depth - self->in_flight;
    uint32_t taken = count < room ? count : room;
    for (uint32_t i = 0; i < taken; i++) {
        if (!is_valid(self, &ops[i])) {
            return -EINVAL;
        }
    }
    // The ring has at least `depth` entries, and no more than `depth` commands are in flight: an entry is always free.
    for (uint32_t i = 0; i < taken; i++) {
        prepare(self, io_uring_get_sqe(&self->ring), &ops[i]);
    }
    self->in_flight += taken;
    error = io_uring_submit(&self->ring);
    return error < 0 && !is_later(error) ? error : (int)taken;
}

// Whether the kernel has something that only an enter brings out: what a polled device has finished, deferred work, or
// entries that a failed enter left.
static bool needs_enter(struct uring_queue *self) {
    if (is_polled(self)) {
        return true;
    }
    unsigned flags = atomic_load_explicit((_Atomic unsigned *)self->ring.sq.kflags, memory_order_relaxed);
    return (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0 || io_uring_sq_ready(&self->ring) > 0;
}

int uring_queue_reap(struct dcn_disk_queue *queue, struct dcn_disk_done *dones, uint32_t max) {
    struct uring_queue *self = uring_queue_of(queue);
    if (self->in_flight == 0) {
        return 0;
    }
    if (!pthread_equal(self->owner, pthread_self())) {
        return -EEXIST;
    }
    if (io_uring_cq_ready(&self->ring) < max && needs_enter(self)) {
        int error = io_uring_submit_and_get_events(&self->ring);
        if (error < 0 && !is_later(error)) {
            return error;
        }
    }
    uint32_t count = 0;
    unsigned head;
    struct io_uring_cqe *cqe;
    // io_uring_for_each_cqe loads the tail with acquire: an entry's fields, and the data it announces, are visible.
    io_uring_for_each_cqe(&self->ring, head, cqe) {
        if (count == max) {
            break;
        }
        dones[count++] = self->commands->complete(self, cqe);
    }
    io_uring_cq_advance(&self->ring, count);
    self->in_flight -= count;
    return (int)count;
}

static int64_t now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Discards completions until nothing is in flight: the device must not write to memory that is given back. Only the
// owner can do that, since deferred completion work runs on no other thread.
static int drain(struct uring_queue *self) {
    struct dcn_disk_done dones[64];
    int64_t deadline = now_ms() + CLOSE_TIMEOUT_MS;
    while (self->in_flight > 0) {
        int count = uring_queue_reap(&self->queue, dones, 64);
        if (count < 0) {
            return count;
        }
        int64_t left = deadline - now_ms();
        if (count == 0 && left <= 0) {
            return -ETIMEDOUT;
        }
        if (count > 0) {
            deadline = now_ms() + CLOSE_TIMEOUT_MS;
        } else if (!is_polled(self)) {
            struct pollfd announced = {.fd = self->event_fd, .events = POLLIN};
            (void)poll(&announced, 1, (int)left);
            eventfd_t ignored;
            (void)eventfd_read(self->event_fd, &ignored);
        }
    }
    return 0;
}

int uring_queue_close(struct dcn_disk_queue *queue) {
    struct uring_queue *self = uring_queue_of(queue);
    int error = drain(self);
    if (error < 0) {
        return error;
    }
    // The kernel ends a ring in the background. Without this it would hold the device, and so its lock, until then.
    // (Refused on another thread than the owner's, where the background has to do.)
    (void)io_uring_unregister_files(&self->ring);
    (void)io_uring_unregister_buffers(&self->ring);
    io_uring_queue_exit(&self->ring);
    if (!is_polled(self)) {
        (void)close(self->event_fd);
    }
    free(self);
    return 0;
}
