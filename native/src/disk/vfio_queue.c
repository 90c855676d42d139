// Queues of the caller: what is checked and counted on the way to a pair.
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "dcn/wait.h"
#include "disk/vfio.h"

#define CLOSE_TIMEOUT_MS 30000u
#define CLOSE_NAP_MS 100

static struct vfio_queue *queue_of(struct dcn_disk_queue *queue) {
    return (struct vfio_queue *)queue;
}

static bool is_valid(const struct vfio_queue *self, const struct dcn_disk_op *op) {
    if (op->opcode == DCN_DISK_FLUSH) {
        return true;
    }
    const struct vfio_disk *disk = self->disk;
    if ((op->opcode != DCN_DISK_READ && (!dcn_disk_op_writes(op) || !disk->writable)) ||
        op->region >= self->region_count || op->length_bytes == 0 ||
        op->length_bytes > disk->control->max_transfer_bytes || op->offset < 0) {
        return false;
    }
    uint32_t shift = disk->namespace.block_shift;
    uint64_t mask = (UINT64_C(1) << shift) - 1;
    uint64_t first = (uint64_t)op->offset >> shift;
    const struct vfio_region *region = &self->regions[op->region];
    // The address to a multiple of 4: section 4.1.1. The contract asks for more.
    return (((uint64_t)op->offset | op->length_bytes) & mask) == 0 && (op->address & 3) == 0 &&
           first < disk->namespace.blocks && op->length_bytes >> shift <= disk->namespace.blocks - first &&
           op->address >= region->address && op->length_bytes <= region->length_bytes &&
           op->address - region->address <= region->length_bytes - op->length_bytes;
}

static int own(struct vfio_queue *self) {
    if (!self->owned) {
        self->owner = pthread_self();
        self->owned = true;
    }
    return pthread_equal(self->owner, pthread_self()) ? 0 : -EEXIST;
}

// Ends commands at once that a device which is not well will not get.
static void refuse(struct vfio_queue *self, int32_t error) {
    while (self->waiting_head != self->waiting_tail) {
        uint64_t token = self->waiting[self->waiting_head++ & self->ring_mask].op.token;
        self->ended[self->ended_tail++ & self->ring_mask] = (struct dcn_disk_done){.token = token, .result = error};
    }
    vfio_pair_signal(self->pair);
}

int vfio_queue_submit(struct dcn_disk_queue *queue, const struct dcn_disk_op *ops, uint32_t count) {
    struct vfio_queue *self = queue_of(queue);
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
    struct vfio_pair *pair = self->pair;
    vfio_gate_take(pair);
    vfio_pair_give(pair, self, ops, taken);
    if (!pair->running) {
        uint32_t state = atomic_load_explicit(&pair->control->state, memory_order_relaxed);
        if (state == DCN_DISK_FAILED || state == DCN_DISK_GONE) {
            refuse(self, state == DCN_DISK_GONE ? -ENODEV : -EIO);
        }
    }
    vfio_gate_give(pair);
    self->in_flight += taken;
    return (int)taken;
}

int vfio_queue_reap(struct dcn_disk_queue *queue, struct dcn_disk_done *dones, uint32_t max) {
    struct vfio_queue *self = queue_of(queue);
    if (self->in_flight == 0) {
        return 0;
    }
    if (!pthread_equal(self->owner, pthread_self())) {
        return -EEXIST;
    }
    struct vfio_pair *pair = self->pair;
    vfio_gate_take(pair);
    uint32_t count = vfio_pair_harvest(pair, self, dones, max);
    vfio_gate_give(pair);
    if (count == 0 && pair->shared) {
        // The caller goes to wait. What the descriptor announced so far is looked for once more after it was taken off it.
        struct epoll_event ignored;
        (void)epoll_wait(self->event_fd, &ignored, 1, 0);
        vfio_gate_take(pair);
        count = vfio_pair_harvest(pair, self, dones, max);
        vfio_gate_give(pair);
    }
    self->in_flight -= count;
    if (count == 0) {
        vfio_service_if_idle(pair->control);
    }
    return (int)count;
}

static int drain(struct vfio_queue *self) {
    struct dcn_disk_done dones[64];
    uint32_t start = nvme_now_ms();
    while (self->in_flight > 0) {
        int count = vfio_queue_reap(&self->queue, dones, 64);
        if (count < 0) {
            return count;
        }
        if (count > 0) {
            start = nvme_now_ms();
        } else if (nvme_now_ms() - start > CLOSE_TIMEOUT_MS) {
            return -ETIMEDOUT;
        } else {
            struct pollfd announced = {.fd = self->event_fd, .events = POLLIN};
            (void)poll(&announced, 1, CLOSE_NAP_MS);
            (void)dcn_wakeup_clear(self->event_fd);
        }
    }
    return 0;
}

static void unmap_regions(struct vfio_queue *self) {
    for (uint32_t i = 0; i < self->region_count; i++) {
        vfio_device_unmap(&self->disk->control->device, self->regions[i].iova);
    }
    self->region_count = 0;
}

static void destroy(struct vfio_queue *self) {
    free(self->waiting);
    free(self->ended);
    free(self);
}

int vfio_queue_close(struct dcn_disk_queue *queue) {
    struct vfio_queue *self = queue_of(queue);
    int error = drain(self);
    if (error < 0) {
        return error;
    }
    struct vfio_control *control = self->disk->control;
    (void)pthread_mutex_lock(&control->lock);
    if (self->pair->shared) {
        (void)close(self->event_fd);
    }
    vfio_pair_leave(self);
    unmap_regions(self);
    (void)pthread_mutex_unlock(&control->lock);
    destroy(self);
    return 0;
}

static int map_regions(struct vfio_queue *self, const struct dcn_disk_region *regions, uint32_t count, char *message) {
    for (uint32_t i = 0; i < count; i++) {
        struct vfio_region *region = &self->regions[i];
        if (regions[i].length_bytes == 0) {
            return dcn_disk_refuse(message, -EINVAL, "region=%u is empty", i);
        }
        region->address = regions[i].address;
        region->length_bytes = regions[i].length_bytes;
        int error = vfio_device_map(&self->disk->control->device, region->address, region->length_bytes, &region->iova,
                                    message);
        if (error < 0) {
            return error;
        }
        self->region_count++;
    }
    return 0;
}

// Several threads cannot wait on one eventfd, which the first would clear. Each gets an epoll descriptor upon it that
// announces every signal once (EPOLLET), and nobody clears the eventfd.
static int make_descriptor(struct vfio_queue *self, char *message) {
    if (!self->pair->shared) {
        self->event_fd = self->pair->event_fd;
        return 0;
    }
    self->event_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event wanted = {.events = EPOLLIN | EPOLLET};
    if (self->event_fd < 0 || epoll_ctl(self->event_fd, EPOLL_CTL_ADD, self->pair->event_fd, &wanted) < 0) {
        return dcn_disk_refuse(message, -errno, "no descriptor to announce completions");
    }
    return 0;
}

static int make_rings(struct vfio_queue *self) {
    uint32_t size = 1;
    while (size < self->depth) {
        size *= 2;
    }
    self->ring_mask = size - 1;
    self->waiting = calloc(size, sizeof self->waiting[0]);
    self->ended = calloc(size, sizeof self->ended[0]);
    return self->waiting == NULL || self->ended == NULL ? -ENOMEM : 0;
}

static int set_up(struct vfio_queue *self, const struct dcn_disk_region *regions, uint32_t count, char *message) {
    struct vfio_control *control = self->disk->control;
    if (!control->started) {
        return dcn_disk_refuse(message, -EIO, "address=%s is not well: %.400s", control->device.address, control->message);
    }
    int error = map_regions(self, regions, count, message);
    if (error == 0) {
        error = vfio_pair_join(control, self, message);
    }
    if (error == 0) {
        error = make_descriptor(self, message);
        if (error < 0) {
            vfio_pair_leave(self);
        }
    }
    if (error < 0) {
        unmap_regions(self);
    }
    return error;
}

int vfio_queue_open(struct dcn_disk *disk, uint32_t depth, const struct dcn_disk_region *regions, uint32_t count,
                    struct dcn_disk_queue_opened *out) {
    struct vfio_queue *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return -ENOMEM;
    }
    self->queue.driver = &dcn_disk_vfio;
    self->disk = (struct vfio_disk *)disk;
    self->depth = depth;
    int error = make_rings(self);
    if (error == 0) {
        pthread_mutex_t *lock = &self->disk->control->lock;
        (void)pthread_mutex_lock(lock);
        error = set_up(self, regions, count, out->message);
        (void)pthread_mutex_unlock(lock);
    }
    if (error < 0) {
        destroy(self);
        return error;
    }
    out->queue = &self->queue;
    out->event_fd = self->event_fd;
    return 0;
}
