// What a disk that is read through the page cache says of where its bytes lie.
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dcn/disk.h"
#include "dcn/wait.h"
#include "support/test.h"

// Number of cachestat(2), which the C library's headers do not have yet.
#define CACHESTAT 451

#define BLOCK 4096u
#define BLOCKS 1024u
#define SIZE (BLOCKS * BLOCK)

static char path[] = "uring_cache_test.XXXXXX";
static int file;
static unsigned char *memory;

static void make_file(void) {
    file = mkstemp(path);
    CHECK(file >= 0);
    for (uint32_t block = 0; block < BLOCKS; block++) {
        unsigned char content[BLOCK];
        memset(content, (int)(block & 0xff), sizeof content);
        CHECK_EQUAL(BLOCK, write(file, content, sizeof content));
    }
}

// Takes the file out of the page cache: clean pages that nobody has touched through a mapping.
static void evict(void) {
    CHECK_EQUAL(0, fsync(file));
    CHECK_EQUAL(0, posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED));
}

static struct dcn_disk *open_disk(const char *option, uint32_t flags, struct dcn_disk_opened *opened) {
    char directory[128];
    char uri[256];
    CHECK(getcwd(directory, sizeof directory) != NULL);
    (void)snprintf(uri, sizeof uri, "uring:%s/%s%s", directory, path, option);
    int error = dcn_disk_open(uri, flags, opened);
    if (error < 0) {
        (void)fprintf(stderr, "skipped: %s\n", opened->message);
        exit(DCN_TEST_SKIPPED);
    }
    return opened->disk;
}

static void run(const struct dcn_disk_queue_opened *queue, uint16_t opcode, uint32_t block) {
    struct dcn_disk_op op = {.offset = (int64_t)block * BLOCK,
                             .address = (uint64_t)(uintptr_t)memory,
                             .length_bytes = BLOCK,
                             .opcode = opcode};
    struct dcn_disk_done done;
    CHECK_EQUAL(1, dcn_disk_queue_submit(queue->queue, &op, 1));
    struct dcn_wait_entry entry = {.fd = queue->event_fd, .wanted = POLLIN, .clear = 1};
    while (dcn_disk_queue_reap(queue->queue, &done, 1) == 0) {
        CHECK_EQUAL(1, dcn_wait(&entry, 1, INT64_C(10000000000)));
    }
    CHECK_EQUAL(BLOCK, done.result);
}

static struct dcn_disk_queue_opened open_queue(struct dcn_disk *disk) {
    struct dcn_disk_region region = {(uint64_t)(uintptr_t)memory, BLOCK};
    struct dcn_disk_queue_opened queue;
    CHECK_EQUAL(0, dcn_disk_queue_open(disk, 1, &region, 1, &queue));
    return queue;
}

static void should_find_what_was_read_until_it_is_evicted(void) {
    struct dcn_disk_opened opened;
    struct dcn_disk *disk = open_disk("?direct=0", 0, &opened);
    CHECK(strstr(opened.mode, " mapped") != NULL);
    evict();
    CHECK_EQUAL(0, dcn_disk_resident(disk, 200 * BLOCK, BLOCK));
    struct dcn_disk_queue_opened queue = open_queue(disk);
    run(&queue, DCN_DISK_READ, 200);
    uint64_t found = dcn_disk_resident(disk, 200 * BLOCK, BLOCK);
    CHECK(found != 0);
    CHECK_EQUAL(found + 77, dcn_disk_resident(disk, 200 * BLOCK + 77, BLOCK - 77));
    CHECK_EQUAL(0, dcn_disk_resident(disk, 199 * BLOCK + 77, BLOCK));
    CHECK_EQUAL(0, dcn_disk_resident(disk, 0, SIZE));
    evict();
    CHECK_EQUAL(0, dcn_disk_resident(disk, 200 * BLOCK, BLOCK));
    CHECK_EQUAL(0, dcn_disk_queue_close(queue.queue));
    CHECK_EQUAL(0, dcn_disk_close(disk));
}

static void should_show_what_is_written_through_the_disk(void) {
    struct dcn_disk_opened opened;
    struct dcn_disk *disk = open_disk("?direct=0", DCN_DISK_WRITABLE, &opened);
    struct dcn_disk_queue_opened queue = open_queue(disk);
    run(&queue, DCN_DISK_READ, 300);
    const unsigned char *found = (const unsigned char *)(uintptr_t)dcn_disk_resident(disk, 300 * BLOCK, BLOCK);
    CHECK(found != NULL && found[0] == (300 & 0xff) && found[BLOCK - 1] == (300 & 0xff));
    memset(memory, 0xa5, BLOCK);
    run(&queue, DCN_DISK_WRITE, 300);
    CHECK(found[0] == 0xa5 && found[BLOCK - 1] == 0xa5);
    CHECK_EQUAL(0, dcn_disk_queue_close(queue.queue));
    CHECK_EQUAL(0, dcn_disk_close(disk));
}

// Pages that wait to be written, by cachestat(2); -1 before Linux 6.5.
static int64_t dirty_pages(void) {
    uint64_t range[2] = {0, 0};
    uint64_t found[5];
    return syscall(CACHESTAT, file, range, found, 0) == 0 ? (int64_t)found[1] : -1;
}

static void should_leave_nothing_to_be_written_of_what_is_written_through(void) {
    struct dcn_disk_opened opened;
    struct dcn_disk *disk = open_disk("?direct=0", DCN_DISK_WRITABLE, &opened);
    struct dcn_disk_queue_opened queue = open_queue(disk);
    CHECK_EQUAL(0, fsync(file));
    int64_t before = dirty_pages();
    run(&queue, DCN_DISK_WRITE, 400);
    if (before == 0 && dirty_pages() == 1) {  // not everything that holds files counts them
        CHECK_EQUAL(0, fsync(file));
        run(&queue, DCN_DISK_WRITE_THROUGH, 401);
        CHECK_EQUAL(0, dirty_pages());
    }
    CHECK_EQUAL(0, dcn_disk_queue_close(queue.queue));
    CHECK_EQUAL(0, dcn_disk_close(disk));
}

static void should_tell_of_the_whole_disk_and_of_nothing_beyond(void) {
    struct dcn_disk_opened opened;
    struct dcn_disk *disk = open_disk("?direct=0", 0, &opened);
    unsigned char *content = malloc(SIZE);
    CHECK(content != NULL && pread(file, content, SIZE, 0) == (ssize_t)SIZE);
    uint64_t found = dcn_disk_resident(disk, 0, SIZE);
    CHECK(found != 0 && memcmp(content, (const void *)(uintptr_t)found, SIZE) == 0);
    CHECK_EQUAL(0, dcn_disk_resident(disk, 0, SIZE + 1));
    CHECK_EQUAL(0, dcn_disk_resident(disk, SIZE - BLOCK + 1, BLOCK));
    CHECK_EQUAL(0, dcn_disk_resident(disk, -1, BLOCK));
    CHECK_EQUAL(0, dcn_disk_resident(disk, INT64_MAX, UINT32_MAX));
    CHECK_EQUAL(0, dcn_disk_resident(disk, 0, 0));
    free(content);
    CHECK_EQUAL(0, dcn_disk_close(disk));
}

static void should_know_nothing_past_the_page_cache(void) {
    unsigned char block[BLOCK];
    CHECK_EQUAL(BLOCK, pread(file, block, BLOCK, 0));
    struct dcn_disk_opened opened;
    struct dcn_disk *disk = open_disk("", 0, &opened);
    CHECK(strstr(opened.mode, "mapped") == NULL);
    CHECK_EQUAL(0, dcn_disk_resident(disk, 0, BLOCK));
    CHECK_EQUAL(0, dcn_disk_close(disk));
}

int main(void) {
    memory = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    make_file();
    should_find_what_was_read_until_it_is_evicted();
    should_show_what_is_written_through_the_disk();
    should_leave_nothing_to_be_written_of_what_is_written_through();
    should_tell_of_the_whole_disk_and_of_nothing_beyond();
    should_know_nothing_past_the_page_cache();
    CHECK_EQUAL(0, unlink(path));
    CHECK_EQUAL(0, munmap(memory, BLOCK));
    return 0;
}
