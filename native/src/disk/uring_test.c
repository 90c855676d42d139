#include "disk/uring_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dcn/wait.h"
#include "support/test.h"

#define BLOCK 4096u
#define SIZE (1u << 20)
#define DEPTH 8u

static char path[] = "uring_test.XXXXXX";
static char uri[256];
static unsigned char *memory;  // SIZE bytes, one region

static void make_file(void) {
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    for (uint32_t block = 0; block < SIZE / BLOCK; block++) {
        unsigned char content[BLOCK];
        memset(content, (int)(block & 0xff), sizeof content);
        CHECK_EQUAL(BLOCK, write(fd, content, sizeof content));
    }
    (void)close(fd);
    char directory[128];
    CHECK(getcwd(directory, sizeof directory) != NULL);
    (void)snprintf(uri, sizeof uri, "uring:%s/%s", directory, path);
}

static struct dcn_disk *open_disk(uint32_t flags) {
    struct dcn_disk_opened opened;
    int error = dcn_disk_open(uri, flags, &opened);
    if (error == -ENOSYS || error == -EPERM) {
        (void)fprintf(stderr, "skipped: %s\n", opened.message);
        exit(DCN_TEST_SKIPPED);
    }
    CHECK_EQUAL(0, error);
    CHECK_EQUAL(SIZE, opened.capacity_bytes);
    return opened.disk;
}

static struct dcn_disk_queue_opened open_queue(struct dcn_disk *disk) {
    struct dcn_disk_region region = {(uint64_t)(uintptr_t)memory, SIZE};
    struct dcn_disk_queue_opened opened;
    CHECK_EQUAL(0, dcn_disk_queue_open(disk, DEPTH, &region, 1, &opened));
    return opened;
}

static struct dcn_disk_op op(uint16_t opcode, uint32_t block, uint64_t token) {
    return (struct dcn_disk_op){.token = token,
                                .offset = (int64_t)block * BLOCK,
                                .address = (uint64_t)(uintptr_t)memory + (uint64_t)block * BLOCK,
                                .length_bytes = BLOCK,
                                .opcode = opcode};
}

static void await_one(const struct dcn_disk_queue_opened *queue, struct dcn_disk_done *done) {
    struct dcn_wait_entry entry = {.fd = queue->event_fd, .wanted = POLLIN, .clear = 1};
    int count;
    while ((count = dcn_disk_queue_reap(queue->queue, done, 1)) == 0) {
        CHECK_EQUAL(1, dcn_wait(&entry, 1, INT64_C(10000000000)));
    }
    CHECK_EQUAL(1, count);
}

static void should_write_flush_and_read_back(void) {
    struct dcn_disk *disk = open_disk(DCN_DISK_WRITABLE);
    struct dcn_disk_queue_opened queue = open_queue(disk);
    memset(memory + 5 * BLOCK, 0xa5, BLOCK);
    struct dcn_disk_done done;
    const uint16_t opcodes[] = {DCN_DISK_WRITE, DCN_DISK_FLUSH, DCN_DISK_READ};
    for (uint64_t i = 0; i < 3; i++) {
        struct dcn_disk_op next = op(opcodes[i], 5, 100 + i);
        CHECK_EQUAL(1, dcn_disk_queue_submit(queue.queue, &next, 1));
        await_one(&queue, &done);
        CHECK_EQUAL(100 + i, done.token);
        CHECK_EQUAL(opcodes[i] == DCN_DISK_FLUSH ? 0 : BLOCK, done.result);
        if (i == 1) {
            memset(memory + 5 * BLOCK, 0, BLOCK);
        }
    }
    CHECK_EQUAL(0xa5, memory[5 * BLOCK]);
    CHECK_EQUAL(0xa5, memory[6 * BLOCK - 1]);
    CHECK_EQUAL(0, dcn_disk_queue_close(queue.queue));
    CHECK_EQUAL(0, dcn_disk_close(disk));
}

static void should_take_no_more_than_its_depth(void) {
    struct dcn_disk *disk = open_disk(0);
    struct dcn_disk_queue_opened queue = open_queue(disk);
    struct dcn_disk_op ops[DEPTH + 2];
    for (uint32_t i = 0; i < DEPTH + 2; i++) {
        ops[i] = op(DCN_DISK_READ, 10 + i, i);
    }
    CHECK_EQUAL(DEPTH, dcn_disk_queue_submit(queue.queue, ops, DEPTH + 2));
    CHECK_EQUAL(0, dcn_disk_queue_submit(queue.queue, ops, 1));
    uint64_t seen = 0;
    for (uint32_t i = 0; i < DEPTH; i++) {
        struct dcn_disk_done done;
        await_one(&queue, &done);
        CHECK_EQUAL(BLOCK, done.result);
        CHECK_EQUAL(10 + done.token, memory[(10 + done.token) * BLOCK]);
        seen |= UINT64_C(1) << done.token;
    }
    CHECK_EQUAL((1 << DEPTH) - 1, seen);
    CHECK_EQUAL(1, dcn_disk_queue_submit(queue.queue, ops, 1));
    // Closed with a read in flight.
    CHECK_EQUAL(0, dcn_disk_queue_close(queue.queue));
    CHECK_EQUAL(0, dcn_disk_close(disk));
}

static void should_refuse_wrong_commands(void) {
    struct dcn_disk *disk = open_disk(0);
    struct dcn_disk_queue_opened queue = open_queue(disk);
    struct dcn_disk_op wrong[] = {op(7, 0, 0), op(DCN_DISK_READ, 0, 0), op(DCN_DISK_READ, 0, 0),
                                  op(DCN_DISK_READ, SIZE / BLOCK, 0), op(DCN_DISK_READ, 0, 0)};
    wrong[1].region = 1;
    wrong[2].length_bytes = 0;
    wrong[4].address -= BLOCK;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct dcn_disk_op both[] = {op(DCN_DISK_READ, 0, 0), wrong[i]};
        CHECK_EQUAL(-EINVAL, dcn_disk_queue_submit(queue.queue, both, 2));
    }
    struct dcn_disk_done done;
    CHECK_EQUAL(0, dcn_disk_queue_reap(queue.queue, &done, 1));
    // The kernel's own refusal is a completion: this disk was opened for reading.
    struct dcn_disk_op write = op(DCN_DISK_WRITE, 0, 9);
    CHECK_EQUAL(1, dcn_disk_queue_submit(queue.queue, &write, 1));
    await_one(&queue, &done);
    CHECK_EQUAL(-EBADF, done.result);
    CHECK_EQUAL(0, dcn_disk_queue_close(queue.queue));
    CHECK_EQUAL(0, dcn_disk_close(disk));
}

static int submit_one(struct dcn_disk_queue *queue) {
    struct dcn_disk_op read = op(DCN_DISK_READ, 1, 1);
    return dcn_disk_queue_submit(queue, &read, 1);
}

struct stranger {
    struct dcn_disk_queue *queue;
    int submitted;
    int reaped;
    int closed;
};

static void *meddle(void *argument) {
    struct stranger *stranger = argument;
    struct dcn_disk_done done;
    stranger->submitted = submit_one(stranger->queue);
    stranger->reaped = dcn_disk_queue_reap(stranger->queue, &done, 1);
    stranger->closed = dcn_disk_queue_close(stranger->queue);
    return NULL;
}

static void *read_one(void *argument) {
    const struct dcn_disk_queue_opened *queue = argument;
    struct dcn_disk_done done;
    CHECK_EQUAL(1, submit_one(queue->queue));
    await_one(queue, &done);
    CHECK_EQUAL(BLOCK, done.result);
    return NULL;
}

static void should_belong_to_the_thread_that_submits_first(void) {
    struct dcn_disk *disk = open_disk(0);
    struct dcn_disk_queue_opened queue = open_queue(disk);
    CHECK_EQUAL(1, submit_one(queue.queue));
    struct stranger stranger = {.queue = queue.queue};
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, meddle, &stranger));
    CHECK_EQUAL(0, pthread_join(thread, NULL));
    CHECK_EQUAL(-EEXIST, stranger.submitted);
    CHECK_EQUAL(-EEXIST, stranger.reaped);
    CHECK_EQUAL(-EEXIST, stranger.closed);
    CHECK_EQUAL(0, dcn_disk_queue_close(queue.queue));
    CHECK_EQUAL(0, dcn_disk_close(disk));
}

static void should_close_after_its_owner_ended(void) {
    struct dcn_disk *disk = open_disk(DCN_DISK_WRITABLE);
    struct dcn_disk_queue_opened queue = open_queue(disk);
    pthread_t owner;
    CHECK_EQUAL(0, pthread_create(&owner, NULL, read_one, &queue));
    CHECK_EQUAL(0, pthread_join(owner, NULL));
    CHECK_EQUAL(0, dcn_disk_queue_close(queue.queue));
    CHECK_EQUAL(0, dcn_disk_close(disk));
    CHECK_EQUAL(0, dcn_disk_close(open_disk(DCN_DISK_WRITABLE)));
}

static void should_keep_other_writers_out(void) {
    struct dcn_disk *disk = open_disk(DCN_DISK_WRITABLE);
    struct dcn_disk_opened second;
    CHECK_EQUAL(-EBUSY, dcn_disk_open(uri, DCN_DISK_WRITABLE, &second));
    CHECK(strstr(second.message, path) != NULL);
    CHECK_EQUAL(-EBUSY, dcn_disk_open(uri, 0, &second));
    CHECK_EQUAL(0, dcn_disk_close(disk));
    disk = open_disk(0);
    CHECK_EQUAL(0, dcn_disk_open(uri, 0, &second));
    CHECK_EQUAL(0, dcn_disk_close(second.disk));
    CHECK_EQUAL(0, dcn_disk_close(disk));
}

static void should_explain_refusals(void) {
    static const struct {
        const char *uri;
        int error;
        const char *words;
    } cases[] = {
        {"/dev/null", -EPROTONOSUPPORT, "uring:"},     {"nvme:/dev/null", -EPROTONOSUPPORT, "uring:"},
        {"uring:", -EINVAL, "absolute"},               {"uring:relative", -EINVAL, "absolute"},
        {"uring:/dev/null", -ENOTBLK, "/dev/null"},    {"uring:/nowhere/at/all", -ENOENT, "does not exist"},
        {"vfio:01:00.0", -EINVAL, "PCI address"},      {"vfio:0000:01:00.0?x=2", -EINVAL, "namespace="},
        {"vfio:0000:01:00.0?namespace=0", -EINVAL, "namespace="},
        {"vfio:ffff:ff:1f.7", -ENODEV, "no such PCI function"},
        {"uring:/x?direct=2", -EINVAL, "direct=0"},    {"uring:/x?cache", -EINVAL, "cache"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dcn_disk_opened opened;
        CHECK_EQUAL(cases[i].error, dcn_disk_open(cases[i].uri, 0, &opened));
        CHECK(strstr(opened.message, cases[i].words) != NULL);
    }
    struct dcn_disk *disk = open_disk(0);
    struct dcn_disk_queue_opened queue;
    CHECK_EQUAL(-EINVAL, dcn_disk_queue_open(disk, 0, NULL, 0, &queue));
    CHECK_EQUAL(-EINVAL, dcn_disk_queue_open(disk, DCN_DISK_DEPTH_MAX + 1, NULL, 0, &queue));
    struct dcn_disk_region nowhere = {BLOCK, BLOCK};
    CHECK_EQUAL(-EFAULT, dcn_disk_queue_open(disk, 1, &nowhere, 1, &queue));
    CHECK(queue.message[0] != '\0');
    CHECK_EQUAL(0, dcn_disk_close(disk));
}

static void should_tell_that_a_file_is_well(void) {
    struct dcn_disk *disk = open_disk(0);
    struct dcn_disk_health health;
    CHECK_EQUAL(0, dcn_disk_health(disk, &health));
    CHECK_EQUAL(DCN_DISK_OK, health.state);
    CHECK_EQUAL(0, health.generation);
    CHECK_EQUAL(-1, health.temperature_kelvin);
    CHECK_EQUAL(0, dcn_disk_close(disk));
}

static void should_find_the_piece_of_a_long_region(void) {
    struct uring_region region = {.address = BLOCK, .length_bytes = 3 * URING_PIECE_BYTES, .first_piece = 4};
    CHECK_EQUAL(4, uring_piece_of(&region, BLOCK, BLOCK));
    CHECK_EQUAL(4, uring_piece_of(&region, URING_PIECE_BYTES, BLOCK));
    CHECK_EQUAL(5, uring_piece_of(&region, URING_PIECE_BYTES + BLOCK, BLOCK));
    CHECK_EQUAL(-1, uring_piece_of(&region, URING_PIECE_BYTES, 2 * BLOCK));
    CHECK_EQUAL(6, uring_piece_of(&region, 3 * URING_PIECE_BYTES, BLOCK));
}

int main(void) {
    memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    make_file();
    should_write_flush_and_read_back();
    should_take_no_more_than_its_depth();
    should_refuse_wrong_commands();
    should_belong_to_the_thread_that_submits_first();
    should_close_after_its_owner_ended();
    should_keep_other_writers_out();
    should_explain_refusals();
    should_find_the_piece_of_a_long_region();
    should_tell_that_a_file_is_well();
    CHECK_EQUAL(0, unlink(path));
    CHECK_EQUAL(0, munmap(memory, SIZE));
    return 0;
}
