// Starting and asking a controller, against one in C that is a thread behind a register file.
#include "disk/nvme_admin.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/test.h"

#define BAR_BYTES 0x2000u
#define IOVA UINT64_C(0x12345000)
#define CAP_NVM (UINT64_C(1) << 37)
#define CAP_GOOD (CAP_NVM | 20u << 24 | 31)  // queues of 32 entries, and 10 s to get ready

// What the controller does; set before it is started.
struct controller {
    volatile uint8_t *bar;
    uint8_t *memory;  // the admin queue's, at IOVA
    uint32_t granted;
    bool never_ready;
    bool fatal;
    bool refuses_sq;  // Create I/O Submission Queue is answered with status 0x002
    bool gone;
    atomic_bool raise;  // an event for a request that it holds
    atomic_bool over;
    bool running;
    uint32_t head;
    uint32_t tail;
    uint16_t phase;
    uint16_t held[32];
    uint32_t held_count;
    uint32_t entries;
    pthread_t thread;
};

static uint32_t load(const struct controller *self, uint32_t offset) {
    return __atomic_load_n((const volatile uint32_t *)(self->bar + offset), __ATOMIC_ACQUIRE);
}

static void store(struct controller *self, uint32_t offset, uint32_t value) {
    __atomic_store_n((volatile uint32_t *)(self->bar + offset), value, __ATOMIC_RELEASE);
}

static void answer(struct controller *self, uint16_t cid, uint16_t status, uint32_t result) {
    struct nvme_cqe *cq = (struct nvme_cqe *)(self->memory + NVME_ADMIN_PAGE_CQ * NVME_PAGE_BYTES);
    cq[self->tail].cid = cid;
    cq[self->tail].result = result;
    atomic_store(&cq[self->tail].status, (uint16_t)(status << 1 | self->phase));
    self->tail = (self->tail + 1) % self->entries;
    self->phase ^= self->tail == 0;
}

static void carry_out(struct controller *self, const struct nvme_sqe *entry) {
    uint8_t *data = self->memory + NVME_ADMIN_PAGE_DATA * NVME_PAGE_BYTES;
    if (self->refuses_sq && entry->opcode == NVME_ADMIN_CREATE_SQ) {
        answer(self, entry->cid, 0x002, 0);
    } else if (entry->opcode == NVME_ADMIN_ASYNC_EVENT) {
        self->held[self->held_count++] = entry->cid;
    } else if (entry->opcode == NVME_ADMIN_SET_FEATURES && entry->cdw10 == NVME_FEATURE_QUEUES) {
        answer(self, entry->cid, 0, self->granted);
    } else {
        if (entry->opcode == NVME_ADMIN_IDENTIFY) {
            CHECK_EQUAL(IOVA + NVME_ADMIN_PAGE_DATA * NVME_PAGE_BYTES, entry->prp1);
            memset(data, (int)entry->nsid, NVME_PAGE_BYTES);
        }
        answer(self, entry->cid, 0, 0);
    }
}

static void work(struct controller *self) {
    uint32_t settings = load(self, NVME_REG_CC);
    bool enabled = (settings & NVME_CC_ENABLE) != 0;
    if (!enabled) {
        self->running = false;
        store(self, NVME_REG_CSTS, 0);
        store(self, NVME_REG_DOORBELLS, 0);
        return;
    }
    if (!self->running) {
        CHECK_EQUAL(NVME_CC_SETTINGS | NVME_CC_ENABLE, settings);
        CHECK_EQUAL(IOVA, load(self, NVME_REG_ASQ) | (uint64_t)load(self, NVME_REG_ASQ + 4) << 32);
        self->running = true;
        self->entries = (load(self, NVME_REG_AQA) & 0xfff) + 1;
        self->head = 0;
        self->tail = 0;
        self->phase = 1;
        self->held_count = 0;
        (void)usleep(2000);
        store(self, NVME_REG_CSTS, self->fatal ? NVME_CSTS_FATAL : self->never_ready ? 0 : NVME_CSTS_READY);
    }
    if ((settings & NVME_CC_SHUTDOWN_MASK) == NVME_CC_SHUTDOWN) {
        store(self, NVME_REG_CSTS, NVME_CSTS_READY | NVME_CSTS_SHUTDOWN_DONE);
    }
    const struct nvme_sqe *sq = (const struct nvme_sqe *)self->memory;
    while (self->head != load(self, NVME_REG_DOORBELLS)) {
        carry_out(self, &sq[self->head]);
        self->head = (self->head + 1) % self->entries;
    }
    if (self->held_count > 0 && atomic_exchange(&self->raise, false)) {
        answer(self, self->held[--self->held_count], 0, NVME_EVENT_TYPE_NOTICE | NVME_EVENT_NAMESPACES << 8);
    }
}

static void *run(void *argument) {
    struct controller *self = argument;
    while (!atomic_load(&self->over)) {
        work(self);
        (void)usleep(20);
    }
    return NULL;
}

static uint8_t *pages(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    return memory;
}

// A controller like `like`, whose CAP is `cap`.
static void begin(struct controller *self, struct nvme_admin *admin, const struct controller *like, uint64_t cap) {
    *self = *like;
    self->bar = pages(BAR_BYTES);
    self->memory = pages((size_t)NVME_ADMIN_PAGES * NVME_PAGE_BYTES);
    if (self->gone) {
        memset((void *)(uintptr_t)self->bar, 0xff, BAR_BYTES);
    } else {
        store(self, NVME_REG_CAP, (uint32_t)cap);
        store(self, NVME_REG_CAP + 4, (uint32_t)(cap >> 32));
        CHECK_EQUAL(0, pthread_create(&self->thread, NULL, run, self));
    }
    *admin = (struct nvme_admin){.bar = self->bar, .memory = self->memory, .iova = IOVA, .events_max = 3};
}

static void end(struct controller *self) {
    if (!self->gone) {
        atomic_store(&self->over, true);
        CHECK_EQUAL(0, pthread_join(self->thread, NULL));
    }
    CHECK_EQUAL(0, munmap((void *)(uintptr_t)self->bar, BAR_BYTES));
    CHECK_EQUAL(0, munmap(self->memory, (size_t)NVME_ADMIN_PAGES * NVME_PAGE_BYTES));
}

static void should_start_ask_and_stop(void) {
    struct controller controller;
    struct nvme_admin admin;
    char message[DCN_DISK_MESSAGE];
    begin(&controller, &admin, &(struct controller){.granted = 6u << 16 | 3}, CAP_GOOD);
    for (int round = 0; round < 3; round++) {
        CHECK_EQUAL(0, nvme_admin_start(&admin, message));
        // More commands than the queue has entries, so that all rings go round.
        for (uint32_t nsid = 1; nsid < 100; nsid++) {
            CHECK_EQUAL(0, nvme_admin_identify(&admin, nsid, NVME_CNS_NAMESPACE));
            CHECK_EQUAL(nsid, nvme_admin_data(&admin)[4095]);
        }
        CHECK_EQUAL(4, nvme_admin_queues(&admin, 16));
        CHECK_EQUAL(2, nvme_admin_queues(&admin, 2));
        CHECK_EQUAL(0, nvme_admin_create(&admin, 1, 64, IOVA, IOVA, 1));
        CHECK_EQUAL(0, nvme_admin_delete(&admin, 1));
    }
    nvme_admin_shutdown(&admin);
    CHECK_EQUAL(NVME_CSTS_SHUTDOWN_DONE, nvme_read32(admin.bar, NVME_REG_CSTS) & NVME_CSTS_SHUTDOWN_MASK);
    CHECK_EQUAL(0, nvme_admin_stop(&admin));
    CHECK_EQUAL(0, nvme_read32(admin.bar, NVME_REG_CSTS) & NVME_CSTS_READY);
    end(&controller);
}

static void should_be_told_of_events_again_and_again(void) {
    struct controller controller;
    struct nvme_admin admin;
    char message[DCN_DISK_MESSAGE];
    begin(&controller, &admin, &(struct controller){.granted = 0}, CAP_GOOD);
    CHECK_EQUAL(0, nvme_admin_start(&admin, message));
    for (int event = 0; event < 10; event++) {
        nvme_admin_listen(&admin);
        CHECK_EQUAL(3, admin.events_waiting);
        CHECK(!admin.namespaces_changed);
        atomic_store(&controller.raise, true);
        for (int naps = 0; !admin.namespaces_changed; naps++) {
            CHECK(naps < 1000);
            (void)usleep(1000);
            nvme_admin_listen(&admin);
        }
        CHECK(!admin.smart_changed);
        admin.namespaces_changed = false;
    }
    end(&controller);
}

static void should_pass_on_what_the_controller_refuses(void) {
    struct controller controller;
    struct nvme_admin admin;
    char message[DCN_DISK_MESSAGE];
    begin(&controller, &admin, &(struct controller){.refuses_sq = true}, CAP_GOOD);
    CHECK_EQUAL(0, nvme_admin_start(&admin, message));
    CHECK_EQUAL(-EOPNOTSUPP, nvme_admin_create(&admin, 1, 64, IOVA, IOVA, 1));
    CHECK_EQUAL(2, admin.status);
    CHECK_EQUAL(0, nvme_admin_identify(&admin, 9, NVME_CNS_NAMESPACE));
    end(&controller);
}

static void should_say_why_a_controller_cannot_be_used(void) {
    static const struct {
        struct controller controller;
        uint64_t cap;
        int error;
        const char *words;
    } cases[] = {
        {{.gone = true}, 0, -ENODEV, "does not answer"},
        {{.granted = 0}, 31, -EOPNOTSUPP, "NVM command set"},
        {{.granted = 0}, CAP_NVM | UINT64_C(1) << 48 | 31, -EOPNOTSUPP, "MPSMIN=1"},
        {{.granted = 0}, CAP_NVM, -EOPNOTSUPP, "MQES=0"},
        {{.never_ready = true}, CAP_NVM | 1u << 24 | 31, -ETIMEDOUT, "does not start within 500 ms"},
        {{.fatal = true}, CAP_NVM | 1u << 24 | 31, -ETIMEDOUT, "CSTS=0x2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct controller controller;
        struct nvme_admin admin;
        char message[DCN_DISK_MESSAGE] = "";
        begin(&controller, &admin, &cases[i].controller, cases[i].cap);
        CHECK_EQUAL(cases[i].error, nvme_admin_start(&admin, message));
        CHECK(strstr(message, cases[i].words) != NULL);
        end(&controller);
    }
}

int main(void) {
    should_start_ask_and_stop();
    should_be_told_of_events_again_and_again();
    should_pass_on_what_the_controller_refuses();
    should_say_why_a_controller_cannot_be_used();
    return 0;
}
