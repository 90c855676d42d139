// Usage: disk_speed_test URI random|sequential LENGTH DEPTH SECONDS
//
// Reads as a loop does, in batches and asleep when there is nothing to reap, and prints what it cost: commands and bytes a
// second, and per second of processor time that the whole machine spent, interrupts included. Without arguments it reads a
// small file of its own for a moment, so that the program itself is tried wherever tests run.
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "dcn/disk.h"
#include "dcn/wait.h"
#include "support/test.h"

#define DEPTH_MAX 256u
#define FILE_BYTES (4u << 20)

struct plan {
    const char *uri;
    bool sequential;
    uint32_t length;
    uint32_t depth;
    double seconds;
};

static uint64_t state = 88172645463325252u;

static uint64_t draw(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static double seconds_of(clockid_t clock) {
    struct timespec now;
    CHECK_EQUAL(0, clock_gettime(clock, &now));
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// What all processors did besides being idle: user, nice, system, irq and softirq of /proc/stat.
static double machine_busy(void) {
    unsigned long long user, nice, system, idle, wait, irq, softirq;
    FILE *file = fopen("/proc/stat", "re");
    CHECK(file != NULL);
    CHECK_EQUAL(7, fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &wait, &irq,
                          &softirq));
    (void)fclose(file);
    return (double)(user + nice + system + irq + softirq) / (double)sysconf(_SC_CLK_TCK);
}

struct run {
    struct dcn_disk_queue_opened queue;
    uint8_t *memory;
    uint64_t blocks;  // of the plan's length
    uint64_t next;
    struct dcn_disk_op ops[DEPTH_MAX];
    uint64_t commands;
};

static void issue(const struct plan *plan, struct run *run, const uint64_t *slots, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        uint64_t block = plan->sequential ? run->next++ % run->blocks : draw() % run->blocks;
        run->ops[i] = (struct dcn_disk_op){
            .token = slots[i],
            .offset = (int64_t)(block * plan->length),
            .address = (uint64_t)(uintptr_t)run->memory + slots[i] * plan->length,
            .length_bytes = plan->length,
            .opcode = DCN_DISK_READ,
        };
    }
    CHECK_EQUAL(count, dcn_disk_queue_submit(run->queue.queue, run->ops, count));
}

static void read_for(const struct plan *plan, struct run *run) {
    uint64_t slots[DEPTH_MAX];
    struct dcn_disk_done dones[DEPTH_MAX];
    for (uint32_t i = 0; i < plan->depth; i++) {
        slots[i] = i;
    }
    issue(plan, run, slots, plan->depth);
    double end = seconds_of(CLOCK_MONOTONIC) + plan->seconds;
    uint32_t in_flight = plan->depth;
    while (in_flight > 0) {
        int count = dcn_disk_queue_reap(run->queue.queue, dones, plan->depth);
        CHECK(count >= 0);
        if (count == 0) {
            struct dcn_wait_entry entry = {.fd = run->queue.event_fd, .wanted = POLLIN, .clear = 1};
            CHECK(dcn_wait(&entry, 1, INT64_C(10000000000)) >= 0);
            continue;
        }
        for (int i = 0; i < count; i++) {
            CHECK_EQUAL(plan->length, dones[i].result);
            slots[i] = dones[i].token;
        }
        run->commands += (uint64_t)count;
        if (seconds_of(CLOCK_MONOTONIC) < end) {
            issue(plan, run, slots, (uint32_t)count);
        } else {
            in_flight -= (uint32_t)count;
        }
    }
}

static int measure(const struct plan *plan) {
    struct dcn_disk_opened facts;
    int error = dcn_disk_open(plan->uri, 0, &facts);
    if (error == -ENOSYS || error == -EPERM) {
        (void)fprintf(stderr, "skipped: %s\n", facts.message);
        return DCN_TEST_SKIPPED;
    }
    if (error < 0) {
        (void)fprintf(stderr, "uri=%s error=%d %s\n", plan->uri, error, facts.message);
        return 1;
    }
    CHECK(plan->depth <= DEPTH_MAX && plan->length <= facts.max_transfer_bytes);
    static struct run run;
    size_t bytes = (size_t)plan->depth * plan->length;
    run.memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    CHECK(run.memory != MAP_FAILED);
    run.blocks = (uint64_t)facts.capacity_bytes / plan->length;
    struct dcn_disk_region region = {(uint64_t)(uintptr_t)run.memory, bytes};
    CHECK_EQUAL(0, dcn_disk_queue_open(facts.disk, plan->depth, &region, 1, &run.queue));
    double start = seconds_of(CLOCK_MONOTONIC);
    double own = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    double busy = machine_busy();
    read_for(plan, &run);
    double took = seconds_of(CLOCK_MONOTONIC) - start;
    own = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - own;
    busy = machine_busy() - busy;
    (void)printf("driver=%s pattern=%s length=%u depth=%u commandsPerSecond=%.0f megabytesPerSecond=%.1f "
                 "commandsPerCpuSecond=%.0f commandsPerMachineCpuSecond=%.0f\n",
                 facts.driver, plan->sequential ? "sequential" : "random", plan->length, plan->depth,
                 (double)run.commands / took, (double)run.commands * plan->length / took / 1e6,
                 (double)run.commands / own, busy > 0 ? (double)run.commands / busy : 0);
    CHECK_EQUAL(0, dcn_disk_queue_close(run.queue.queue));
    CHECK_EQUAL(0, dcn_disk_close(facts.disk));
    CHECK_EQUAL(0, munmap(run.memory, bytes));
    return 0;
}

static int measure_file(void) {
    char path[] = "disk_speed_test.XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_EQUAL(0, ftruncate(fd, FILE_BYTES));
    char directory[256];
    char uri[512];
    CHECK(getcwd(directory, sizeof directory) != NULL);
    (void)snprintf(uri, sizeof uri, "uring:%s/%s", directory, path);
    int result = measure(&(struct plan){uri, false, 4096, 64, 0.05});
    if (result == 0) {
        result = measure(&(struct plan){uri, true, 128 << 10, 8, 0.05});
    }
    (void)close(fd);
    (void)unlink(path);
    return result;
}

int main(int count, char **arguments) {
    if (count == 1) {
        return measure_file();
    }
    CHECK_EQUAL(6, count);
    return measure(&(struct plan){arguments[1], strcmp(arguments[2], "sequential") == 0,
                                  (uint32_t)strtoul(arguments[3], NULL, 10), (uint32_t)strtoul(arguments[4], NULL, 10),
                                  strtod(arguments[5], NULL)});
}
