// Usage: vfio_fault_test stop|iommu|fatal|slow|huge URI, or threads|watch URI SECONDS
//
// What becomes of commands when a device fails, on a device that may be written to and is bound to vfio-pci. Without arguments
// there is no device and nothing is tried. All but "watch" WRITE TO THE DISK.
#include <errno.h>
#include <linux/vfio.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dcn/wait.h"
#include "disk/vfio.h"
#include "support/test.h"

#define BLOCK 4096u
#define BLOCKS 1024u
#define DEPTH 32u

struct user {
    struct dcn_disk_queue_opened queue;
    uint8_t *memory;  // DEPTH blocks
    uint64_t reads;
    uint64_t errors;
    uint32_t seed;
};

static struct dcn_disk_opened facts;
static atomic_bool over;

static void open_disk(const char *uri, uint32_t flags) {
    int error = dcn_disk_open(uri, flags, &facts);
    if (error < 0) {
        (void)fprintf(stderr, "uri=%s error=%d %s\n", uri, error, facts.message);
        exit(1);
    }
}

static struct vfio_control *control(void) {
    return ((struct vfio_disk *)facts.disk)->control;
}

static struct vfio_queue *inside(const struct user *user) {
    return (struct vfio_queue *)user->queue.queue;
}

static void open_user(struct user *user, uint32_t seed) {
    size_t bytes = (size_t)DEPTH * BLOCK;
    user->memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(user->memory != MAP_FAILED);
    struct dcn_disk_region region = {(uint64_t)(uintptr_t)user->memory, bytes};
    int error = dcn_disk_queue_open(facts.disk, DEPTH, &region, 1, &user->queue);
    if (error < 0) {
        (void)fprintf(stderr, "%s\n", user->queue.message);
    }
    CHECK_EQUAL(0, error);
    user->seed = seed;
}

static void close_user(struct user *user) {
    CHECK_EQUAL(0, dcn_disk_queue_close(user->queue.queue));
    CHECK_EQUAL(0, munmap(user->memory, (size_t)DEPTH * BLOCK));
}

static uint32_t draw(struct user *user, uint32_t bound) {
    user->seed = user->seed * 1664525u + 1013904223u;
    return (user->seed >> 8) % bound;
}

// The token names the slot, and the block that is in it.
static void submit(struct user *user, uint16_t opcode, uint32_t slot, uint32_t block) {
    uint8_t *memory = user->memory + (size_t)slot * BLOCK;
    for (uint32_t i = 0; i < BLOCK; i += 4) {
        uint32_t word = opcode == DCN_DISK_WRITE ? block * BLOCK + i : 0xdeadbeef;
        memcpy(memory + i, &word, sizeof word);
    }
    struct dcn_disk_op op = {.token = (uint64_t)block << 32 | slot,
                             .offset = (int64_t)block * BLOCK,
                             .address = (uint64_t)(uintptr_t)memory,
                             .length_bytes = BLOCK,
                             .opcode = opcode};
    CHECK_EQUAL(1, dcn_disk_queue_submit(user->queue.queue, &op, 1));
}

static void check_content(const struct user *user, uint64_t token) {
    const uint8_t *memory = user->memory + (token & 0xffffffff) * BLOCK;
    for (uint32_t i = 0; i < BLOCK; i += 4) {
        uint32_t word;
        memcpy(&word, memory + i, sizeof word);
        CHECK_EQUAL((uint32_t)(token >> 32) * BLOCK + i, word);
    }
}

// Reaps what there is, or waits for a moment; returns how many.
static uint32_t reap(struct user *user, struct dcn_disk_done *dones) {
    int count = dcn_disk_queue_reap(user->queue.queue, dones, DEPTH);
    CHECK(count >= 0);
    if (count == 0) {
        struct dcn_wait_entry entry = {.fd = user->queue.event_fd, .wanted = POLLIN, .clear = 1};
        CHECK(dcn_wait(&entry, 1, 100000000) >= 0);
    }
    return (uint32_t)count;
}

static void fill(struct user *user) {
    struct dcn_disk_done dones[DEPTH];
    for (uint32_t block = 0; block < BLOCKS; block += DEPTH) {
        for (uint32_t i = 0; i < DEPTH; i++) {
            submit(user, DCN_DISK_WRITE, i, block + i);
        }
        for (uint32_t left = DEPTH; left > 0;) {
            uint32_t count = reap(user, dones);
            for (uint32_t i = 0; i < count; i++) {
                CHECK_EQUAL(BLOCK, dones[i].result);
            }
            left -= count;
        }
    }
}

static struct dcn_disk_health health(void) {
    struct dcn_disk_health found;
    CHECK_EQUAL(0, dcn_disk_health(facts.disk, &found));
    return found;
}

// Ends all that is in flight; all of it read what it should.
static void settle(struct user *user, uint32_t left) {
    struct dcn_disk_done dones[DEPTH];
    while (left > 0) {
        uint32_t count = reap(user, dones);
        for (uint32_t i = 0; i < count; i++) {
            if (dones[i].result != BLOCK) {
                (void)fprintf(stderr, "message=%s\n", health().message);
            }
            CHECK_EQUAL(BLOCK, dones[i].result);
            check_content(user, dones[i].token);
        }
        left -= count;
        if (count == 0) {
            (void)health();
        }
    }
}

static int32_t result_of_one(struct user *user) {
    struct dcn_disk_done done;
    submit(user, DCN_DISK_READ, 0, 7);
    while (reap(user, &done) == 0) {
    }
    return done.result;
}

// Stops the controller behind the driver's back. Queues rest for a moment before: QEMU 10.0 uses queues that it has freed when
// it is reset with commands that it has not fetched.
static void stop_controller(void) {
    for (uint32_t i = 0; i < control()->pair_count; i++) {
        vfio_pair_stop(&control()->pairs[i]);
    }
    (void)usleep(50000);
    *(volatile uint32_t *)(control()->device.bar + NVME_REG_CC) = 0;
}

// The controller stops with reads in flight: all of them end well, after a reset.
static void should_go_on_after_a_stop(void) {
    struct user user = {0};
    open_user(&user, 1);
    fill(&user);
    for (uint32_t round = 1; round <= 10; round++) {
        for (uint32_t i = 0; i < DEPTH; i++) {
            submit(&user, DCN_DISK_READ, i, draw(&user, BLOCKS));
        }
        stop_controller();
        settle(&user, DEPTH);
        struct dcn_disk_health found = health();
        CHECK_EQUAL(DCN_DISK_OK, found.state);
        CHECK_EQUAL(round, found.generation);
    }
    close_user(&user);
}

// Takes memory from the device, or gives it back, as the driver never does.
static void unmap_from_device(uint64_t iova, uint64_t bytes) {
    struct vfio_iommu_type1_dma_unmap unmap = {.argsz = sizeof unmap, .iova = iova, .size = bytes};
    CHECK_EQUAL(0, ioctl(control()->device.container, VFIO_IOMMU_UNMAP_DMA, &unmap));
    CHECK_EQUAL(bytes, unmap.size);
}

static void map_for_device(const void *memory, uint64_t iova, uint64_t bytes) {
    struct vfio_iommu_type1_dma_map map = {.argsz = sizeof map,
                                           .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
                                           .vaddr = (uint64_t)(uintptr_t)memory,
                                           .iova = iova,
                                           .size = bytes};
    CHECK_EQUAL(0, ioctl(control()->device.container, VFIO_IOMMU_MAP_DMA, &map));
}

// A device that is led to memory which is not registered does not get there. (QEMU's device does not know that its writes to
// memory were refused, as many do not: the kernel's log does.)
static void should_keep_the_device_from_other_memory(void) {
    struct user user = {0};
    open_user(&user, 1);
    fill(&user);
    uint64_t iova = inside(&user)->regions[0].iova;
    unmap_from_device(iova, (uint64_t)DEPTH * BLOCK);
    (void)result_of_one(&user);
    uint32_t word;
    memcpy(&word, user.memory, sizeof word);
    CHECK_EQUAL(0xdeadbeef, word);
    map_for_device(user.memory, iova, (uint64_t)DEPTH * BLOCK);
    CHECK_EQUAL(BLOCK, result_of_one(&user));
    check_content(&user, UINT64_C(7) << 32);
    close_user(&user);
}

// What the device cannot read it reports: here the list of a long transfer's pages.
static void should_report_what_the_device_did_not_reach(void) {
    struct user user = {0};
    open_user(&user, 1);
    const struct vfio_pair *pair = inside(&user)->pair;
    uint64_t queues_bytes = pair->ring.memory.lists_iova - pair->iova;
    unmap_from_device(pair->iova, pair->memory_bytes);
    map_for_device(pair->memory, pair->iova, queues_bytes);
    struct dcn_disk_op op = {.address = (uint64_t)(uintptr_t)user.memory,
                             .length_bytes = DEPTH * BLOCK,
                             .opcode = DCN_DISK_READ};
    struct dcn_disk_done done;
    CHECK_EQUAL(1, dcn_disk_queue_submit(user.queue.queue, &op, 1));
    while (reap(&user, &done) == 0) {
    }
    CHECK_EQUAL(-EIO, done.result);
    struct dcn_disk_health found = health();
    CHECK_EQUAL(DCN_DISK_OK, found.state);
    CHECK_EQUAL(1, found.errors);
    CHECK(strstr(found.message, "status=0x004") != NULL && strstr(found.message, "IOMMU") != NULL);
    (void)printf("message=%s\n", found.message);
    unmap_from_device(pair->iova, queues_bytes);
    map_for_device(pair->memory, pair->iova, pair->memory_bytes);
    CHECK_EQUAL(1, dcn_disk_queue_submit(user.queue.queue, &op, 1));
    while (reap(&user, &done) == 0) {
    }
    CHECK_EQUAL((int)(DEPTH * BLOCK), done.result);
    close_user(&user);
}

// The controller cannot read its queue, and says that it is beyond help (CSTS.CFS).
static void should_reset_after_a_fatal_error(void) {
    struct user user = {0};
    open_user(&user, 1);
    fill(&user);
    const struct vfio_pair *pair = inside(&user)->pair;
    unmap_from_device(pair->iova, pair->memory_bytes);
    for (uint32_t i = 0; i < DEPTH; i++) {
        submit(&user, DCN_DISK_READ, i, i);
    }
    for (int naps = 0; (nvme_read32(control()->device.bar, NVME_REG_CSTS) & NVME_CSTS_FATAL) == 0; naps++) {
        CHECK(naps < 1000);
        (void)usleep(10000);
    }
    map_for_device(pair->memory, pair->iova, pair->memory_bytes);
    settle(&user, DEPTH);
    struct dcn_disk_health found = health();
    CHECK_EQUAL(DCN_DISK_OK, found.state);
    CHECK_EQUAL(1, found.generation);
    CHECK(strstr(found.message, "CSTS.CFS") != NULL);
    (void)printf("message=%s\n", found.message);
    close_user(&user);
}

// The device takes longer than a command may. Nobody asks for its health, so the queue itself looks after it.
static void should_end_commands_that_take_too_long(void) {
    struct user user = {0};
    open_user(&user, 1);
    struct dcn_disk_done dones[DEPTH];
    uint32_t failed = 0;
    for (uint32_t i = 0; i < DEPTH; i++) {
        submit(&user, DCN_DISK_READ, i, i);
    }
    uint32_t start = nvme_now_ms();
    for (uint32_t left = DEPTH; left > 0;) {
        uint32_t count = reap(&user, dones);
        for (uint32_t i = 0; i < count; i++) {
            CHECK(dones[i].result == BLOCK || dones[i].result == -EIO);
            failed += dones[i].result < 0;
        }
        left -= count;
        CHECK(nvme_now_ms() - start < 3 * (NVME_COMMAND_TIMEOUT_MS + NVME_ABORT_TIMEOUT_MS));
    }
    struct dcn_disk_health found = health();
    (void)printf("failed=%u generation=%u state=%u message=%s\n", failed, found.generation, found.state, found.message);
    CHECK(failed > 0);
    CHECK_EQUAL(DCN_DISK_OK, found.state);
    close_user(&user);
}

// A region of two huge pages, and transfers from one into the other.
static void should_use_huge_pages(void) {
    size_t huge = 2u << 20;
    uint32_t length = DEPTH * BLOCK;
    uint8_t *memory = mmap(NULL, 2 * huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    CHECK(memory != MAP_FAILED);
    struct dcn_disk_region region = {(uint64_t)(uintptr_t)memory, 2 * huge};
    struct user user = {0};
    CHECK_EQUAL(0, dcn_disk_queue_open(facts.disk, 1, &region, 1, &user.queue));
    uint8_t *middle = memory + huge - length / 2;
    memset(middle, 0x5a, length);
    middle[0] = 1;
    middle[length - 1] = 2;
    struct dcn_disk_op op = {.address = (uint64_t)(uintptr_t)middle, .length_bytes = length, .opcode = DCN_DISK_WRITE};
    struct dcn_disk_done done;
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(1, dcn_disk_queue_submit(user.queue.queue, &op, 1));
        while (reap(&user, &done) == 0) {
        }
        CHECK_EQUAL(length, done.result);
        if (i == 0) {
            memset(middle, 0, length);
            op.opcode = DCN_DISK_READ;
        }
    }
    CHECK(middle[0] == 1 && middle[1] == 0x5a && middle[length / 2] == 0x5a && middle[length - 1] == 2);
    CHECK_EQUAL(0, dcn_disk_queue_close(user.queue.queue));
    CHECK_EQUAL(0, munmap(memory, 2 * huge));
}

static void *read_until_over(void *argument) {
    struct user *user = argument;
    struct dcn_disk_done dones[DEPTH];
    bool busy[DEPTH] = {false};
    uint32_t in_flight = 0;
    while (!atomic_load(&over) || in_flight > 0) {
        for (uint32_t slot = 0; !atomic_load(&over) && slot < DEPTH; slot++) {
            if (!busy[slot]) {
                submit(user, DCN_DISK_READ, slot, draw(user, BLOCKS));
                busy[slot] = true;
                in_flight++;
            }
        }
        uint32_t count = reap(user, dones);
        for (uint32_t i = 0; i < count; i++) {
            busy[dones[i].token & 0xffffffff] = false;
            if (dones[i].result == BLOCK) {
                check_content(user, dones[i].token);
                user->reads++;
            } else {
                // Interrupted by two resets.
                CHECK_EQUAL(-EIO, dones[i].result);
                user->errors++;
            }
        }
        in_flight -= count;
    }
    return NULL;
}

// More threads than the device has queues, and a controller that stops again and again.
static void should_serve_threads_through_stops(uint32_t seconds) {
    enum { THREADS = 5 };
    static struct user users[THREADS];
    pthread_t threads[THREADS];
    for (uint32_t i = 0; i < THREADS; i++) {
        open_user(&users[i], i + 1);
    }
    // Written by the thread that owns none of the queues afterwards.
    struct user writer = {0};
    open_user(&writer, 99);
    fill(&writer);
    close_user(&writer);
    for (uint32_t i = 0; i < THREADS; i++) {
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, read_until_over, &users[i]));
    }
    for (uint32_t i = 0; i < seconds * 5; i++) {
        (void)usleep(200000);
        if (i % 5 == 4) {
            stop_controller();
        }
        CHECK_EQUAL(DCN_DISK_OK, health().state);
    }
    atomic_store(&over, true);
    for (uint32_t i = 0; i < THREADS; i++) {
        // A stop may still have to be put right.
        (void)health();
        CHECK_EQUAL(0, pthread_join(threads[i], NULL));
        (void)printf("thread=%u reads=%llu errors=%llu\n", i, (unsigned long long)users[i].reads,
                     (unsigned long long)users[i].errors);
        CHECK(users[i].reads > 100);
        close_user(&users[i]);
    }
    struct dcn_disk_health found = health();
    (void)printf("generation=%u queue-pairs=%u\n", found.generation, control()->pair_count);
    CHECK(found.generation >= seconds / 2);
}

// Reads one block again and again, and tells of all changes.
static void watch(uint32_t seconds) {
    struct user user = {0};
    open_user(&user, 1);
    struct dcn_disk_done done;
    int32_t result = 1;
    uint32_t state = UINT32_MAX;
    bool busy = false;
    uint32_t start = nvme_now_ms();
    uint32_t looked = start;
    while (nvme_now_ms() - start < seconds * 1000 && access("/run/watch-over", F_OK) < 0) {
        if (!busy) {
            submit(&user, DCN_DISK_READ, 0, 7);
            busy = true;
        }
        if (reap(&user, &done) > 0) {
            busy = false;
            if (done.result != result) {
                (void)printf("result=%d\n", done.result);
                result = done.result;
            }
        }
        if (nvme_now_ms() - looked > 200) {
            struct dcn_disk_health found = health();
            if (found.state != state) {
                (void)printf("state=%u generation=%u temperature=%d message=%s\n", found.state, found.generation,
                             found.temperature_kelvin, found.message);
                state = found.state;
            }
            looked = nvme_now_ms();
        }
        (void)fflush(stdout);
    }
    close_user(&user);
}

int main(int count, char **arguments) {
    if (count < 3) {
        return DCN_TEST_SKIPPED;
    }
    const char *what = arguments[1];
    uint32_t seconds = count > 3 ? (uint32_t)strtoul(arguments[3], NULL, 10) : 10;
    open_disk(arguments[2], DCN_DISK_WRITABLE);
    if (strcmp(what, "stop") == 0) {
        should_go_on_after_a_stop();
    } else if (strcmp(what, "iommu") == 0) {
        should_keep_the_device_from_other_memory();
        should_report_what_the_device_did_not_reach();
    } else if (strcmp(what, "fatal") == 0) {
        should_reset_after_a_fatal_error();
    } else if (strcmp(what, "huge") == 0) {
        should_use_huge_pages();
    } else if (strcmp(what, "slow") == 0) {
        should_end_commands_that_take_too_long();
    } else if (strcmp(what, "threads") == 0) {
        should_serve_threads_through_stops(seconds);
    } else if (strcmp(what, "watch") == 0) {
        watch(seconds);
    } else {
        CHECK(false);
    }
    CHECK_EQUAL(0, dcn_disk_close(facts.disk));
    (void)printf("done\n");
    return 0;
}
