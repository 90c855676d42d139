// Usage: disk_model_test URI SEED COMMANDS QUEUES
//
// Writes, reads and flushes at random on a disk, several commands at once through several queues, and compares all that is
// read with a copy in memory. ERASES THE DISK'S FIRST 16 MiB. Without arguments the disk is a file of its own, so that the
// program itself is tried wherever tests run.
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dcn/disk.h"
#include "dcn/wait.h"
#include "support/test.h"

#define SPAN (16u << 20)
#define DEPTH 32u
#define QUEUES_MAX 8u
#define SLOT (256u << 10)

struct command {
    struct dcn_disk_op op;
    bool busy;
};

struct queue {
    struct dcn_disk_queue *handle;
    int event_fd;
    uint8_t *memory;  // DEPTH slots
    struct command commands[DEPTH];
    uint32_t in_flight;
};

static struct dcn_disk_opened facts;
static uint8_t *model;
static uint8_t *locked;  // by block: 1 while a command that writes is in flight, else readers + 1
static struct queue queues[QUEUES_MAX];
static uint64_t state;
static uint64_t moved;

// xorshift64*: the same run for the same seed.
static uint32_t draw(uint32_t bound) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % bound;
}

static bool claim(uint32_t first, uint32_t count, bool write) {
    for (uint32_t block = first; block < first + count; block++) {
        if (locked[block] == 1 || (write && locked[block] != 0) || locked[block] == UINT8_MAX) {
            return false;
        }
    }
    for (uint32_t block = first; block < first + count; block++) {
        locked[block] = (uint8_t)(write ? 1 : locked[block] == 0 ? 2 : locked[block] + 1);
    }
    return true;
}

static void release(uint32_t first, uint32_t count) {
    for (uint32_t block = first; block < first + count; block++) {
        locked[block] = (uint8_t)(locked[block] <= 2 ? 0 : locked[block] - 1);
    }
}

static void issue(struct queue *queue, uint32_t slot) {
    struct command *command = &queue->commands[slot];
    uint32_t blocks = SPAN / facts.block_bytes;
    uint32_t most = (SLOT < facts.max_transfer_bytes ? SLOT : facts.max_transfer_bytes) / facts.block_bytes;
    uint32_t count = draw(4) == 0 ? 1 + draw(most) : 1 + draw(8);
    uint32_t first = draw(blocks - count + 1);
    uint32_t kind = draw(100);
    struct dcn_disk_op op = {.token = slot, .opcode = DCN_DISK_FLUSH};
    if (kind >= 2) {
        op.opcode = kind < 10 ? DCN_DISK_WRITE_THROUGH : kind < 50 ? DCN_DISK_WRITE : DCN_DISK_READ;
        op.offset = (int64_t)first * facts.block_bytes;
        op.length_bytes = count * facts.block_bytes;
        op.address = (uint64_t)(uintptr_t)(queue->memory + (size_t)slot * SLOT);
        if (!claim(first, count, op.opcode != DCN_DISK_READ)) {
            return;
        }
    }
    uint8_t *bytes = queue->memory + (size_t)slot * SLOT;
    if (op.opcode == DCN_DISK_WRITE || op.opcode == DCN_DISK_WRITE_THROUGH) {
        for (uint32_t i = 0; i < op.length_bytes; i += 4) {
            uint32_t word = draw(UINT32_MAX);
            memcpy(bytes + i, &word, sizeof word);
        }
        memcpy(model + op.offset, bytes, op.length_bytes);
    } else if (op.opcode == DCN_DISK_READ) {
        memset(bytes, 0x5a, op.length_bytes);
    }
    command->op = op;
    command->busy = true;
    queue->in_flight++;
    CHECK_EQUAL(1, dcn_disk_queue_submit(queue->handle, &op, 1));
}

static void finish(struct queue *queue, const struct dcn_disk_done *done) {
    struct command *command = &queue->commands[done->token];
    CHECK(command->busy);
    command->busy = false;
    queue->in_flight--;
    const struct dcn_disk_op *op = &command->op;
    CHECK_EQUAL(op->opcode == DCN_DISK_FLUSH ? 0 : op->length_bytes, done->result);
    if (op->opcode == DCN_DISK_FLUSH) {
        return;
    }
    moved += op->length_bytes;
    if (op->opcode == DCN_DISK_READ) {
        CHECK(memcmp(model + op->offset, queue->memory + (size_t)done->token * SLOT, op->length_bytes) == 0);
    }
    release((uint32_t)(op->offset / facts.block_bytes), op->length_bytes / facts.block_bytes);
}

static void reap(struct queue *queue, bool wait) {
    struct dcn_disk_done dones[DEPTH];
    int count = dcn_disk_queue_reap(queue->handle, dones, DEPTH);
    if (count == 0 && wait && queue->in_flight > 0 && queue->event_fd >= 0) {
        struct dcn_wait_entry entry = {.fd = queue->event_fd, .wanted = POLLIN, .clear = 1};
        CHECK_EQUAL(1, dcn_wait(&entry, 1, INT64_C(30000000000)));
        count = dcn_disk_queue_reap(queue->handle, dones, DEPTH);
    }
    CHECK(count >= 0);
    for (int i = 0; i < count; i++) {
        finish(queue, &dones[i]);
    }
}

static void settle(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        while (queues[i].in_flight > 0) {
            reap(&queues[i], true);
        }
    }
}

// What the model does not know of the disk is zeros from now on.
static void erase(void) {
    struct queue *queue = &queues[0];
    memset(queue->memory, 0, SLOT);
    uint32_t step = SLOT < facts.max_transfer_bytes ? SLOT : facts.max_transfer_bytes;
    step -= step % facts.block_bytes;
    for (uint32_t at = 0; at < SPAN; at += step) {
        uint32_t length = SPAN - at < step ? SPAN - at : step;
        struct dcn_disk_op op = {.offset = at,
                                 .address = (uint64_t)(uintptr_t)queue->memory,
                                 .length_bytes = length,
                                 .opcode = DCN_DISK_WRITE};
        queue->commands[0] = (struct command){.op = op, .busy = true};
        queue->in_flight = 1;
        memset(locked + at / facts.block_bytes, 1, length / facts.block_bytes);
        CHECK_EQUAL(1, dcn_disk_queue_submit(queue->handle, &op, 1));
        settle(1);
    }
}

static void open_queue(struct dcn_disk *disk, struct queue *queue) {
    size_t bytes = (size_t)DEPTH * SLOT;
    queue->memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(queue->memory != MAP_FAILED);
    struct dcn_disk_region region = {(uint64_t)(uintptr_t)queue->memory, bytes};
    struct dcn_disk_queue_opened opened;
    int error = dcn_disk_queue_open(disk, DEPTH, &region, 1, &opened);
    if (error < 0) {
        (void)fprintf(stderr, "%s\n", opened.message);
    }
    CHECK_EQUAL(0, error);
    queue->handle = opened.queue;
    queue->event_fd = opened.event_fd;
}

static int run(const char *uri, uint64_t seed, uint64_t commands, uint32_t count) {
    CHECK(count > 0 && count <= QUEUES_MAX);
    state = seed * 2 + 1;
    int error = dcn_disk_open(uri, DCN_DISK_WRITABLE, &facts);
    if (error == -ENOSYS || error == -EPERM) {
        (void)fprintf(stderr, "skipped: %s\n", facts.message);
        return DCN_TEST_SKIPPED;
    }
    if (error < 0) {
        (void)fprintf(stderr, "uri=%s error=%d %s\n", uri, error, facts.message);
        return 1;
    }
    CHECK(facts.capacity_bytes >= SPAN);
    model = calloc(1, SPAN);
    locked = calloc(1, SPAN / facts.block_bytes);
    CHECK(model != NULL && locked != NULL);
    for (uint32_t i = 0; i < count; i++) {
        open_queue(facts.disk, &queues[i]);
    }
    erase();
    for (uint64_t done = 0; done < commands;) {
        struct queue *queue = &queues[draw(count)];
        uint32_t slot = draw(DEPTH);
        if (!queue->commands[slot].busy) {
            issue(queue, slot);
            done++;
        }
        if (draw(4) == 0) {
            reap(queue, draw(8) == 0);
        }
    }
    settle(count);
    for (uint32_t i = 0; i < count; i++) {
        CHECK_EQUAL(0, dcn_disk_queue_close(queues[i].handle));
        CHECK_EQUAL(0, munmap(queues[i].memory, (size_t)DEPTH * SLOT));
    }
    CHECK_EQUAL(0, dcn_disk_close(facts.disk));
    (void)printf("driver=%s mode=\"%s\" model=\"%s\" serial=%s blockBytes=%u maxTransferBytes=%u capacityBytes=%" PRId64
                 " queues=%u movedBytes=%" PRIu64 "\n",
                 facts.driver, facts.mode, facts.model, facts.serial, facts.block_bytes, facts.max_transfer_bytes,
                 facts.capacity_bytes, count, moved);
    free(model);
    free(locked);
    return 0;
}

static int run_on_file(void) {
    char path[] = "disk_model_test.XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_EQUAL(0, ftruncate(fd, SPAN));
    char directory[256];
    char uri[512];
    CHECK(getcwd(directory, sizeof directory) != NULL);
    (void)snprintf(uri, sizeof uri, "uring:%s/%s", directory, path);
    int result = run(uri, 1, 5000, 2);
    (void)close(fd);
    (void)unlink(path);
    return result;
}

int main(int count, char **arguments) {
    if (count == 1) {
        return run_on_file();
    }
    CHECK_EQUAL(5, count);
    return run(arguments[1], strtoull(arguments[2], NULL, 10), strtoull(arguments[3], NULL, 10),
               (uint32_t)strtoul(arguments[4], NULL, 10));
}
