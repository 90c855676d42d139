#include "disk/nvme_admin.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COMMAND_TIMEOUT_MS 5000u
#define SHUTDOWN_TIMEOUT_MS 5000u
// How long a command is waited for without sleeping, and the nap after that.
#define SPINS 1000u
#define NAP_US 50

uint32_t nvme_now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

uint32_t nvme_read32(const volatile uint8_t *bar, uint32_t offset) {
    return *(const volatile uint32_t *)(bar + offset);
}

static void write32(volatile uint8_t *bar, uint32_t offset, uint32_t value) {
    *(volatile uint32_t *)(bar + offset) = value;
}

// In halves, the lower one first: what every controller has to take (PCIe transport specification, 3.1).
static void write64(volatile uint8_t *bar, uint32_t offset, uint64_t value) {
    write32(bar, offset, (uint32_t)value);
    write32(bar, offset + 4, (uint32_t)(value >> 32));
}

// Waits until the bits `mask` of CSTS are `wanted`.
static int await_status(struct nvme_admin *admin, uint32_t mask, uint32_t wanted, uint32_t timeout_ms) {
    uint32_t start = nvme_now_ms();
    for (;;) {
        uint32_t status = nvme_read32(admin->bar, NVME_REG_CSTS);
        if (status == NVME_NOT_THERE) {
            return -ENODEV;
        }
        if ((status & mask) == wanted) {
            return 0;
        }
        if (nvme_now_ms() - start > timeout_ms) {
            return -ETIMEDOUT;
        }
        (void)usleep(NAP_US);
    }
}

static uint32_t ready_timeout_ms(const struct nvme_admin *admin) {
    uint32_t timeout = NVME_CAP_TO_MS(admin->cap);
    return timeout < 500 ? 500 : timeout;
}

int nvme_admin_stop(struct nvme_admin *admin) {
    uint32_t settings = nvme_read32(admin->bar, NVME_REG_CC);
    if (settings == NVME_NOT_THERE) {
        return -ENODEV;
    }
    // Enable must not be cleared while a start is under way: section 3.5.1, "CSTS.RDY".
    if ((settings & NVME_CC_ENABLE) != 0) {
        (void)await_status(admin, NVME_CSTS_READY, NVME_CSTS_READY, 100);
    }
    write32(admin->bar, NVME_REG_CC, settings & ~(NVME_CC_ENABLE | NVME_CC_SHUTDOWN_MASK));
    return await_status(admin, NVME_CSTS_READY, 0, ready_timeout_ms(admin));
}

static int check_capabilities(const struct nvme_admin *admin, char *message) {
    if (!NVME_CAP_HAS_NVM(admin->cap)) {
        return dcn_disk_refuse(message, -EOPNOTSUPP, "the controller does not know the NVM command set");
    }
    if (NVME_CAP_MPSMIN(admin->cap) != 0) {
        return dcn_disk_refuse(message, -EOPNOTSUPP, "the controller's pages are larger than 4 KiB (CAP.MPSMIN=%u)",
                               NVME_CAP_MPSMIN(admin->cap));
    }
    if (NVME_CAP_MQES(admin->cap) < 1) {
        return dcn_disk_refuse(message, -EOPNOTSUPP, "the controller's queues have no second entry (CAP.MQES=0)");
    }
    return 0;
}

static void start_queue(struct nvme_admin *admin) {
    uint64_t entries = NVME_CAP_MQES(admin->cap) + 1;
    uint32_t count = NVME_ADMIN_ENTRIES;
    while (count > entries) {
        count /= 2;
    }
    struct nvme_queue_memory memory = {
        .sq = (struct nvme_sqe *)(admin->memory + (size_t)NVME_ADMIN_PAGE_SQ * NVME_PAGE_BYTES),
        .cq = (struct nvme_cqe *)(admin->memory + (size_t)NVME_ADMIN_PAGE_CQ * NVME_PAGE_BYTES),
        .slots = admin->slots,
    };
    admin->shadowed = false;
    admin->events_waiting = 0;
    nvme_queue_start(&admin->queue, count, 3, &memory);
    admin->queue.sq_doorbell = nvme_admin_doorbell(admin, 0, false);
    admin->queue.cq_doorbell = nvme_admin_doorbell(admin, 0, true);
    write32(admin->bar, NVME_REG_AQA, (count - 1) << 16 | (count - 1));
    write64(admin->bar, NVME_REG_ASQ, admin->iova + (uint64_t)NVME_ADMIN_PAGE_SQ * NVME_PAGE_BYTES);
    write64(admin->bar, NVME_REG_ACQ, admin->iova + (uint64_t)NVME_ADMIN_PAGE_CQ * NVME_PAGE_BYTES);
}

int nvme_admin_start(struct nvme_admin *admin, char message[DCN_DISK_MESSAGE]) {
    admin->cap = nvme_read32(admin->bar, NVME_REG_CAP) | (uint64_t)nvme_read32(admin->bar, NVME_REG_CAP + 4) << 32;
    if (admin->cap == UINT64_MAX) {
        return dcn_disk_refuse(message, -ENODEV, "the controller does not answer");
    }
    int error = check_capabilities(admin, message);
    if (error < 0) {
        return error;
    }
    error = nvme_admin_stop(admin);
    if (error < 0) {
        return dcn_disk_refuse(message, error, "the controller does not stop within %u ms (CSTS=0x%x)",
                               ready_timeout_ms(admin), nvme_read32(admin->bar, NVME_REG_CSTS));
    }
    start_queue(admin);
    write32(admin->bar, NVME_REG_CC, NVME_CC_SETTINGS);
    write32(admin->bar, NVME_REG_CC, NVME_CC_SETTINGS | NVME_CC_ENABLE);
    error = await_status(admin, NVME_CSTS_READY | NVME_CSTS_FATAL, NVME_CSTS_READY, ready_timeout_ms(admin));
    if (error < 0) {
        return dcn_disk_refuse(message, error, "the controller does not start within %u ms (CSTS=0x%x)",
                               ready_timeout_ms(admin), nvme_read32(admin->bar, NVME_REG_CSTS));
    }
    return 0;
}

static void take_event(struct nvme_admin *admin, uint32_t event) {
    admin->last_event = event;
    if (NVME_EVENT_TYPE(event) == NVME_EVENT_TYPE_NOTICE && NVME_EVENT_INFO(event) == NVME_EVENT_NAMESPACES) {
        admin->namespaces_changed = true;
    } else {
        admin->smart_changed = true;
    }
}

static void take_completions(struct nvme_admin *admin) {
    struct nvme_completion completion;
    while (nvme_queue_next(&admin->queue, &completion)) {
        if (completion.slot == NULL) {
            continue;
        }
        if (completion.slot->owner == admin) {
            admin->events_waiting--;
            if (completion.status == 0) {
                take_event(admin, completion.result);
            } else {
                admin->events_max = admin->events_waiting;  // it takes no more than those
            }
        } else {
            struct nvme_admin_waiter *waiter = completion.slot->owner;
            *waiter = (struct nvme_admin_waiter){true, completion.status, completion.result};
        }
        nvme_queue_free(&admin->queue, completion.slot);
    }
    nvme_queue_answer(&admin->queue);
}

static bool submit(struct nvme_admin *admin, const struct nvme_sqe *command, void *owner) {
    struct nvme_slot *slot = nvme_queue_take(&admin->queue, owner);
    if (slot == NULL) {
        return false;
    }
    struct nvme_sqe *entry = nvme_queue_entry(&admin->queue, slot);
    uint16_t cid = entry->cid;
    *entry = *command;
    entry->cid = cid;
    nvme_queue_ring(&admin->queue);
    return true;
}

int nvme_admin_run(struct nvme_admin *admin, const struct nvme_sqe *command, uint32_t *result) {
    struct nvme_admin_waiter waiter = {.done = false};
    if (!submit(admin, command, &waiter)) {
        return -ETIMEDOUT;
    }
    uint32_t start = nvme_now_ms();
    for (uint32_t spins = 0; !waiter.done; spins++) {
        take_completions(admin);
        if (!waiter.done && spins >= SPINS) {
            if (nvme_now_ms() - start > COMMAND_TIMEOUT_MS) {
                for (uint32_t i = 0; i < nvme_queue_slots(admin->queue.entries); i++) {
                    if (admin->slots[i].owner == &waiter) {
                        admin->slots[i].owner = &admin->forgotten;
                    }
                }
                return nvme_read32(admin->bar, NVME_REG_CSTS) == NVME_NOT_THERE ? -ENODEV : -ETIMEDOUT;
            }
            (void)usleep(NAP_US);
        }
    }
    if (waiter.status != 0) {
        admin->status = waiter.status;
        return nvme_errno(waiter.status);
    }
    if (result != NULL) {
        *result = waiter.result;
    }
    return 0;
}

static uint64_t page_iova(const struct nvme_admin *admin, uint32_t page) {
    return admin->iova + (uint64_t)page * NVME_PAGE_BYTES;
}

int nvme_admin_identify(struct nvme_admin *admin, uint32_t nsid, uint32_t cns) {
    struct nvme_sqe command = {.opcode = NVME_ADMIN_IDENTIFY,
                               .nsid = nsid,
                               .prp1 = page_iova(admin, NVME_ADMIN_PAGE_DATA),
                               .cdw10 = cns};
    return nvme_admin_run(admin, &command, NULL);
}

int nvme_admin_queues(struct nvme_admin *admin, uint32_t pairs) {
    struct nvme_sqe command = {.opcode = NVME_ADMIN_SET_FEATURES,
                               .cdw10 = NVME_FEATURE_QUEUES,
                               .cdw11 = (pairs - 1) << 16 | (pairs - 1)};
    uint32_t granted;
    int error = nvme_admin_run(admin, &command, &granted);
    if (error < 0) {
        return error;
    }
    // Each half is 0's based, and may be more or less than was asked for.
    uint32_t submission = (granted & 0xffff) + 1;
    uint32_t completion = (granted >> 16) + 1;
    uint32_t least = submission < completion ? submission : completion;
    return (int)(least < pairs ? least : pairs);
}

int nvme_admin_create(struct nvme_admin *admin, uint16_t id, uint32_t entries, uint64_t sq_iova, uint64_t cq_iova,
                      uint16_t vector) {
    uint32_t size = (entries - 1) << 16 | id;
    struct nvme_sqe completion = {.opcode = NVME_ADMIN_CREATE_CQ,
                                  .prp1 = cq_iova,
                                  .cdw10 = size,
                                  .cdw11 = (uint32_t)vector << 16 | NVME_CQ_INTERRUPTS | NVME_QUEUE_CONTIGUOUS};
    int error = nvme_admin_run(admin, &completion, NULL);
    if (error < 0) {
        return error;
    }
    struct nvme_sqe submission = {.opcode = NVME_ADMIN_CREATE_SQ,
                                  .prp1 = sq_iova,
                                  .cdw10 = size,
                                  .cdw11 = (uint32_t)id << 16 | NVME_QUEUE_CONTIGUOUS};
    error = nvme_admin_run(admin, &submission, NULL);
    if (error < 0) {
        struct nvme_sqe undo = {.opcode = NVME_ADMIN_DELETE_CQ, .cdw10 = id};
        (void)nvme_admin_run(admin, &undo, NULL);
    }
    return error;
}

int nvme_admin_delete(struct nvme_admin *admin, uint16_t id) {
    struct nvme_sqe command = {.opcode = NVME_ADMIN_DELETE_SQ, .cdw10 = id};
    int error = nvme_admin_run(admin, &command, NULL);
    if (error < 0) {
        return error;
    }
    command.opcode = NVME_ADMIN_DELETE_CQ;
    return nvme_admin_run(admin, &command, NULL);
}

void nvme_admin_shadow(struct nvme_admin *admin) {
    memset(admin->memory + (size_t)NVME_ADMIN_PAGE_SHADOW * NVME_PAGE_BYTES, 0, (size_t)2 * NVME_PAGE_BYTES);
    struct nvme_sqe command = {.opcode = NVME_ADMIN_DOORBELL_BUFFER,
                               .prp1 = page_iova(admin, NVME_ADMIN_PAGE_SHADOW),
                               .prp2 = page_iova(admin, NVME_ADMIN_PAGE_EVENT)};
    admin->shadowed = nvme_admin_run(admin, &command, NULL) == 0;
}

struct nvme_doorbell nvme_admin_doorbell(const struct nvme_admin *admin, uint16_t id, bool completion) {
    size_t offset = (size_t)(2u * id + (completion ? 1 : 0)) * (4u << NVME_CAP_DSTRD(admin->cap));
    struct nvme_doorbell doorbell = {.reg = (volatile uint32_t *)(admin->bar + NVME_REG_DOORBELLS + offset)};
    // The admin queue's stays a register: it was there before the buffer, and is rare.
    if (admin->shadowed && id != 0 && offset < NVME_PAGE_BYTES) {
        doorbell.shadow =
            (volatile uint32_t *)(admin->memory + (size_t)NVME_ADMIN_PAGE_SHADOW * NVME_PAGE_BYTES + offset);
        doorbell.event =
            (volatile uint32_t *)(admin->memory + (size_t)NVME_ADMIN_PAGE_EVENT * NVME_PAGE_BYTES + offset);
    }
    return doorbell;
}

int nvme_admin_log(struct nvme_admin *admin, uint8_t log, uint32_t bytes) {
    struct nvme_sqe command = {.opcode = NVME_ADMIN_GET_LOG_PAGE,
                               .nsid = NVME_ALL_NAMESPACES,
                               .prp1 = page_iova(admin, NVME_ADMIN_PAGE_DATA),
                               .cdw10 = log | (bytes / 4 - 1) << 16};  // number of dwords, 0's based
    return nvme_admin_run(admin, &command, NULL);
}

int nvme_admin_abort(struct nvme_admin *admin, uint16_t id, uint16_t cid) {
    struct nvme_sqe command = {.opcode = NVME_ADMIN_ABORT, .cdw10 = (uint32_t)cid << 16 | id};
    return nvme_admin_run(admin, &command, NULL);
}

void nvme_admin_listen(struct nvme_admin *admin) {
    take_completions(admin);
    struct nvme_sqe command = {.opcode = NVME_ADMIN_ASYNC_EVENT};
    while (admin->events_waiting < admin->events_max && submit(admin, &command, admin)) {
        admin->events_waiting++;
    }
}

void nvme_admin_shutdown(struct nvme_admin *admin) {
    uint32_t settings = nvme_read32(admin->bar, NVME_REG_CC);
    if (settings == NVME_NOT_THERE || (settings & NVME_CC_ENABLE) == 0) {
        return;
    }
    write32(admin->bar, NVME_REG_CC, (settings & ~NVME_CC_SHUTDOWN_MASK) | NVME_CC_SHUTDOWN);
    (void)await_status(admin, NVME_CSTS_SHUTDOWN_MASK, NVME_CSTS_SHUTDOWN_DONE, SHUTDOWN_TIMEOUT_MS);
}
