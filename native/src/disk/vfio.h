// Our own NVMe driver, over VFIO (paper section 3.1: diskmap). The IOMMU lets the device see the registered regions and the
// queues and nothing else; submit and reap touch memory and a doorbell, and enter the kernel for nothing.
//
//   vfio.c          the driver table; opening a namespace of a controller
//   vfio_control.c  controllers, each of which is open once for all its namespaces
//   vfio_pair.c     queue pairs of the device
//   vfio_queue.c    queues of the caller: submit and reap
//   vfio_service.c  health, time-outs, reset, removal and return
//
// Locks. `lock` of a controller orders opening, closing and service; nobody who reads or writes data takes it. `gate` of a pair
// is held for the length of one submit or reap by the pair's user, and by service for a moment when it stops or starts the
// pair. A pair has one user, so its gate is free when that comes. Only the last pair is for all queues that find no other left:
// they take turns at its gate, and sort each other's completions.
#ifndef DCN_DISK_VFIO_H
#define DCN_DISK_VFIO_H

#include <pthread.h>
#include <stdatomic.h>

#include "disk/driver.h"
#include "disk/nvme_admin.h"
#include "disk/vfio_device.h"

#define VFIO_PAIRS_MAX 128u

// A command that a reset interrupted is given to the device again, this often.
#define VFIO_TRIES 2u

struct vfio_queue;

struct vfio_pair {
    _Atomic uint32_t gate;  // 1: taken
    // Behind the gate:
    bool running;  // the device knows the queues
    struct nvme_queue ring;
    struct vfio_queue *users;  // linked by next_user
    // Behind the controller's lock:
    struct vfio_control *control;
    bool shared;  // any number of queues use it
    uint16_t id;  // NVMe's, 1 for the first
    uint16_t vector;
    int event_fd;  // signalled by the device; the pair's for the controller's life
    uint32_t user_count;
    uint32_t entries;  // 0: there is no memory yet
    uint32_t list_shift;
    uint8_t *memory;  // as in vfio_pair.c
    size_t memory_bytes;
    uint64_t iova;
};

struct vfio_control {
    struct vfio_control *next;
    uint32_t references;  // both behind the lock of all controllers
    pthread_mutex_t lock;
    struct vfio_device device;
    struct nvme_admin admin;
    struct nvme_controller identity;
    char serial[DCN_DISK_TEXT];  // of the device that was opened; another one in its place is not it
    bool started;  // the admin queue works
    uint32_t max_transfer_bytes;
    uint32_t pair_limit;  // that the device granted at first
    uint32_t pair_count;
    struct vfio_pair *pairs;
    struct vfio_disk *disks;  // linked by next
    _Atomic uint32_t state;   // enum dcn_disk_state; written by service
    _Atomic uint32_t generation;
    _Atomic uint64_t errors;
    _Atomic uint32_t serviced_ms;    // when service was last there
    _Atomic uint32_t last_error;     // status << 8 | opcode of the last command that failed; 0: none
    _Atomic uint64_t last_error_at;  // offset in bytes
    uint32_t retry_ms;               // when a device that failed or went is looked at again
    uint32_t smart_ms;               // when the log was read
    bool smart_known;
    uint8_t smart[512];
    char message[DCN_DISK_MESSAGE];  // what happened last
};

struct vfio_disk {
    struct dcn_disk disk;
    struct vfio_disk *next;
    struct vfio_control *control;
    uint32_t nsid;
    bool writable;
    bool lost;  // the namespace is not active any more, or is another one
    struct nvme_namespace namespace;
};

struct vfio_region {
    uint64_t address;
    uint64_t length_bytes;
    uint64_t iova;
};

// A command that waits for a free slot.
struct vfio_waiting {
    struct dcn_disk_op op;
    uint16_t tries;
};

struct vfio_queue {
    struct dcn_disk_queue queue;
    struct vfio_disk *disk;
    struct vfio_pair *pair;
    struct vfio_queue *next_user;
    bool owned;
    pthread_t owner;  // the thread that submitted first
    uint32_t depth;
    uint32_t in_flight;  // taken by submit, not yet reaped; written by the owner
    int event_fd;        // the pair's; or, where the pair is shared, an epoll descriptor upon it
    // Behind the pair's gate; both are rings whose size is a power of two and at least `depth`.
    uint32_t ring_mask;
    struct vfio_waiting *waiting;
    uint32_t waiting_head;
    uint32_t waiting_tail;
    struct dcn_disk_done *ended;  // ended without the device, or found by another user of the pair
    uint32_t ended_head;
    uint32_t ended_tail;
    uint32_t region_count;
    struct vfio_region regions[DCN_DISK_REGIONS_MAX];
};

// vfio_control.c

// Finds the controller `address` among the open ones, or opens it. Returns 0; or -errno with a message.
int vfio_control_open(const char *address, struct vfio_control **out, char message[DCN_DISK_MESSAGE]);
void vfio_control_close(struct vfio_control *control);

// Lets the interrupts of the open device signal the pairs' descriptors. Behind the lock, as what follows.
int vfio_control_connect(struct vfio_control *control, char message[DCN_DISK_MESSAGE]);

// Resets and starts the controller; agrees with it on the number of queue pairs, and asks for events.
int vfio_control_start(struct vfio_control *control, char message[DCN_DISK_MESSAGE]);

// Asks the controller for a namespace. Returns 0; or -errno with a message.
int vfio_control_namespace(struct vfio_control *control, uint32_t nsid, struct nvme_namespace *out,
                           char message[DCN_DISK_MESSAGE]);

// Memory that the processor and the device share, cleared.
void *vfio_memory_get(struct vfio_control *control, size_t bytes, uint64_t *iova, char message[DCN_DISK_MESSAGE]);
void vfio_memory_put(struct vfio_control *control, void *memory, size_t bytes, uint64_t iova);

// vfio_pair.c

void vfio_gate_take(struct vfio_pair *pair);
void vfio_gate_give(struct vfio_pair *pair);

// Gives `queue` a pair: one of its own as long as there are some, else the last one. Behind the lock.
int vfio_pair_join(struct vfio_control *control, struct vfio_queue *queue, char message[DCN_DISK_MESSAGE]);
void vfio_pair_leave(struct vfio_queue *queue);

// Makes the device know the pair, whose memory is there, and lets it run. Behind the lock.
int vfio_pair_start(struct vfio_pair *pair);

// Stops all use of the pair. What is in flight stays there, as the device may still write to its memory.
void vfio_pair_stop(struct vfio_pair *pair);

// The device has forgotten the pair: what was in flight waits to be handed over again, or ends with `error` when it was given
// VFIO_TRIES times, or timed out. With `all` everything ends with `error`.
void vfio_pair_forget(struct vfio_pair *pair, int32_t error, bool all);

// Hands over `count` commands of `queue`; those that find no slot wait. Behind the gate.
void vfio_pair_give(struct vfio_pair *pair, struct vfio_queue *queue, const struct dcn_disk_op *ops, uint32_t count);

// Hands over what waits, as far as there are slots. Behind the gate.
void vfio_pair_feed(struct vfio_pair *pair);

// Takes up to `max` completions of `queue`, and puts those of others where they find them. Behind the gate.
uint32_t vfio_pair_harvest(struct vfio_pair *pair, struct vfio_queue *queue, struct dcn_disk_done *dones, uint32_t max);

// Makes every user's descriptor readable.
void vfio_pair_signal(struct vfio_pair *pair);

// vfio_queue.c: for the driver table.
int vfio_queue_open(struct dcn_disk *disk, uint32_t depth, const struct dcn_disk_region *regions, uint32_t count,
                    struct dcn_disk_queue_opened *out);
int vfio_queue_submit(struct dcn_disk_queue *queue, const struct dcn_disk_op *ops, uint32_t count);
int vfio_queue_reap(struct dcn_disk_queue *queue, struct dcn_disk_done *dones, uint32_t max);
int vfio_queue_close(struct dcn_disk_queue *queue);

// vfio_service.c

// Looks after the controller. With the lock.
void vfio_service(struct vfio_control *control);

// The same from a reap that finds nothing, unless somebody else did so in the last seconds.
void vfio_service_if_idle(struct vfio_control *control);

int vfio_health(struct dcn_disk *disk, struct dcn_disk_health *out);

#endif
