// A controller's registers and its admin queue: reset, identify, features, queues, logs, events, shutdown.
//
// Completions of admin commands are waited for by looking, with naps. Callers take turns.
#ifndef DCN_DISK_NVME_ADMIN_H
#define DCN_DISK_NVME_ADMIN_H

#include "disk/nvme_queue.h"

#define NVME_ADMIN_ENTRIES 32u
#define NVME_ADMIN_EVENTS_MAX 4u

// Memory of the admin queue, page by page; all of it the device's too.
enum {
    NVME_ADMIN_PAGE_SQ,
    NVME_ADMIN_PAGE_CQ,
    NVME_ADMIN_PAGE_DATA,
    NVME_ADMIN_PAGE_SHADOW,
    NVME_ADMIN_PAGE_EVENT,
    NVME_ADMIN_PAGES
};

// What waits for a command's completion.
struct nvme_admin_waiter {
    bool done;
    uint16_t status;
    uint32_t result;
};

struct nvme_admin {
    volatile uint8_t *bar;
    uint8_t *memory;  // NVME_ADMIN_PAGES pages
    uint64_t iova;
    uint64_t cap;
    struct nvme_queue queue;
    struct nvme_slot slots[NVME_ADMIN_ENTRIES];
    struct nvme_admin_waiter forgotten;  // in place of those that gave up; such slots are lost until the next reset
    uint16_t status;  // NVMe status of the last command that failed
    bool shadowed;    // the device reads doorbells in memory
    uint32_t events_max;
    uint32_t events_waiting;  // requests that the device has
    // What events have told since somebody looked.
    bool smart_changed;
    bool namespaces_changed;
    uint32_t last_event;
};

// What a command moves is in this page.
static inline uint8_t *nvme_admin_data(const struct nvme_admin *admin) {
    return admin->memory + (size_t)NVME_ADMIN_PAGE_DATA * NVME_PAGE_BYTES;
}

uint32_t nvme_read32(const volatile uint8_t *bar, uint32_t offset);
uint32_t nvme_now_ms(void);

// Stops the controller, after which it touches no memory. Returns 0, -ENODEV when it is not there, or -ETIMEDOUT.
int nvme_admin_stop(struct nvme_admin *admin);

// Reads CAP of a controller, checks that it is one that this driver knows, and resets and starts it with empty admin queues.
// Returns 0; or -errno with a message.
int nvme_admin_start(struct nvme_admin *admin, char message[DCN_DISK_MESSAGE]);

// Runs a command and waits for it. Returns 0 and dword 0 of its completion (`result` may be NULL), or -errno; -ETIMEDOUT
// leaves the command with the device, which then wants a reset.
int nvme_admin_run(struct nvme_admin *admin, const struct nvme_sqe *command, uint32_t *result);

// Identify into the data page.
int nvme_admin_identify(struct nvme_admin *admin, uint32_t nsid, uint32_t cns);

// Asks for `pairs` I/O queue pairs. Returns how many there are, or -errno.
int nvme_admin_queues(struct nvme_admin *admin, uint32_t pairs);

// Creates, and deletes, the pair of queues `id`, with memory at these addresses.
int nvme_admin_create(struct nvme_admin *admin, uint16_t id, uint32_t entries, uint64_t sq_iova, uint64_t cq_iova,
                      uint16_t vector);
int nvme_admin_delete(struct nvme_admin *admin, uint16_t id);

// Lets the device read doorbells in memory, where it offers that; it is forgotten at a reset.
void nvme_admin_shadow(struct nvme_admin *admin);

// The doorbells of the pair `id`.
struct nvme_doorbell nvme_admin_doorbell(const struct nvme_admin *admin, uint16_t id, bool completion);

// Reads the first `bytes` (at most a page) of a log into the data page.
int nvme_admin_log(struct nvme_admin *admin, uint8_t log, uint32_t bytes);

int nvme_admin_abort(struct nvme_admin *admin, uint16_t id, uint16_t cid);

// Gives the device requests that it answers when something happens, and takes the answers that there are.
void nvme_admin_listen(struct nvme_admin *admin);

// Tells the controller that it will be switched off, so that it saves what it has; waits for it for up to 5 s.
void nvme_admin_shutdown(struct nvme_admin *admin);

#endif
