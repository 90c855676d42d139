// What NVMe commands look like in the ring, and what their completions say, without a device.
#include "disk/passthru.h"

#include <errno.h>
#include <linux/nvme_ioctl.h>
#include <string.h>

#include "support/test.h"

#define DEPTH 4u

static struct passthru_queue *make_queue(uint32_t block_shift, bool writable) {
    struct passthru_queue *queue = calloc(1, sizeof *queue + DEPTH * sizeof queue->pending[0]);
    CHECK(queue != NULL);
    queue->base.commands = &passthru_commands;
    queue->nsid = 3;
    queue->block_shift = block_shift;
    queue->blocks = UINT64_C(3) << 32;
    queue->max_transfer_bytes = 1 << 19;
    queue->writable = writable;
    passthru_queue_reset(queue, DEPTH);
    return queue;
}

static struct dcn_disk_op op(uint16_t opcode, int64_t offset, uint32_t length_bytes, uint64_t token) {
    return (struct dcn_disk_op){
        .token = token, .offset = offset, .address = 0x7000, .length_bytes = length_bytes, .opcode = opcode};
}

static struct {
    union {
        struct io_uring_sqe sqe;
        uint8_t bytes[128];
    };
} entry;

static const struct nvme_uring_cmd *prepare(struct passthru_queue *queue, struct dcn_disk_op command, int piece) {
    memset(&entry, 0xee, sizeof entry);
    passthru_commands.prepare(&queue->base, &entry.sqe, &command, piece);
    CHECK_EQUAL(IORING_OP_URING_CMD, entry.sqe.opcode);
    CHECK_EQUAL(NVME_URING_CMD_IO, entry.sqe.cmd_op);
    for (size_t i = 48 + sizeof(struct nvme_uring_cmd); i < sizeof entry.bytes; i++) {
        CHECK_EQUAL(0, entry.bytes[i]);
    }
    return (const struct nvme_uring_cmd *)(entry.bytes + 48);
}

static struct dcn_disk_done complete(struct passthru_queue *queue, uint64_t number, int32_t result) {
    struct io_uring_cqe cqe = {.user_data = number, .res = result};
    return passthru_commands.complete(&queue->base, &cqe);
}

static void should_write_down_reads_and_writes(void) {
    struct passthru_queue *queue = make_queue(9, true);
    int64_t offset = (INT64_C(0x123456789) << 9);
    const struct nvme_uring_cmd *command = prepare(queue, op(DCN_DISK_READ, offset, 8192, 1), 5);
    CHECK_EQUAL(0x02, command->opcode);
    CHECK_EQUAL(3, command->nsid);
    CHECK_EQUAL(0x7000, command->addr);
    CHECK_EQUAL(8192, command->data_len);
    CHECK_EQUAL(0x23456789, command->cdw10);
    CHECK_EQUAL(1, command->cdw11);
    CHECK_EQUAL(15, command->cdw12);
    CHECK_EQUAL(0, command->metadata_len);
    CHECK_EQUAL(IORING_URING_CMD_FIXED, entry.sqe.uring_cmd_flags);
    CHECK_EQUAL(5, entry.sqe.buf_index);
    command = prepare(queue, op(DCN_DISK_WRITE, offset, 512, 2), -1);
    CHECK_EQUAL(0x01, command->opcode);
    CHECK_EQUAL(0, command->cdw12);
    CHECK_EQUAL(0, entry.sqe.uring_cmd_flags);
    command = prepare(queue, op(DCN_DISK_WRITE_THROUGH, offset, 1024, 2), -1);
    CHECK_EQUAL(0x01, command->opcode);
    CHECK_EQUAL(0x40000001, command->cdw12);
    command = prepare(queue, op(DCN_DISK_FLUSH, 77, 77, 3), -1);
    CHECK_EQUAL(0x00, command->opcode);
    CHECK_EQUAL(3, command->nsid);
    CHECK_EQUAL(0, command->data_len);
    CHECK_EQUAL(0, command->cdw10);
    free(queue);
}

static void should_give_back_tokens_and_lengths_in_any_order(void) {
    struct passthru_queue *queue = make_queue(12, true);
    uint64_t numbers[DEPTH];
    for (int round = 0; round < 3; round++) {
        uint64_t seen = 0;
        for (uint32_t i = 0; i < DEPTH; i++) {
            (void)prepare(queue, op(DCN_DISK_READ, 0, 4096 * (i + 1), UINT64_MAX - i), 0);
            numbers[i] = entry.sqe.user_data;
            CHECK(numbers[i] < DEPTH);
            seen |= UINT64_C(1) << numbers[i];
        }
        CHECK_EQUAL((1 << DEPTH) - 1, seen);
        for (uint32_t i = 0; i < DEPTH; i++) {
            uint32_t which = (i * 3 + (uint32_t)round) % DEPTH;
            struct dcn_disk_done done = complete(queue, numbers[which], 0);
            CHECK_EQUAL(UINT64_MAX - which, done.token);
            CHECK_EQUAL(4096 * (which + 1), done.result);
        }
    }
    free(queue);
}

static int32_t result_of(struct passthru_queue *queue, struct dcn_disk_op command, int32_t result) {
    (void)prepare(queue, command, 0);
    return complete(queue, entry.sqe.user_data, result).result;
}

static void should_turn_results_into_bytes_or_errors(void) {
    struct passthru_queue *queue = make_queue(12, true);
    struct dcn_disk_op read = op(DCN_DISK_READ, 0, 4096, 1);
    CHECK_EQUAL(4096, result_of(queue, read, 0));
    CHECK_EQUAL(0, result_of(queue, op(DCN_DISK_FLUSH, 0, 4096, 1), 0));
    CHECK_EQUAL(-ENODATA, result_of(queue, read, 0x4281));
    CHECK_EQUAL(-EIO, result_of(queue, read, -EINTR));
    CHECK_EQUAL(-ENODEV, result_of(queue, read, -ENODEV));
    free(queue);
}

static void should_let_no_command_reach_past_memory_or_device(void) {
    struct passthru_queue *queue = make_queue(12, true);
    int64_t end = (INT64_C(3) << 32) << 12;
    static const struct {
        int64_t offset;
        uint32_t length_bytes;
    } wrong[] = {{512, 4096}, {0, 4096 + 512}, {-4096, 4096}, {0, (1 << 19) + 4096}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct dcn_disk_op command = op(DCN_DISK_READ, wrong[i].offset, wrong[i].length_bytes, 0);
        CHECK(!passthru_commands.is_valid(&queue->base, &command));
    }
    struct dcn_disk_op last = op(DCN_DISK_WRITE, end - 8192, 8192, 0);
    CHECK(passthru_commands.is_valid(&queue->base, &last));
    queue->writable = false;
    CHECK(!passthru_commands.is_valid(&queue->base, &last));
    last.opcode = DCN_DISK_READ;
    CHECK(passthru_commands.is_valid(&queue->base, &last));
    last.offset += 4096;
    CHECK(!passthru_commands.is_valid(&queue->base, &last));
    free(queue);
}

static void should_explain_refusals(void) {
    static const struct {
        const char *uri;
        int error;
        const char *words;
    } cases[] = {
        {"passthru:ng0n1", -EINVAL, "absolute"},
        {"passthru:", -EINVAL, "absolute"},
        {"passthru:/dev/ng0n1?poll=2", -EINVAL, "poll=1"},
        {"passthru:/dev/null", -ENOTTY, "/dev/null is not the character device"},
        {"passthru:/tmp", -ENOTTY, "/dev/ng0n1"},
        {"passthru:/nowhere/ng0n1", -ENOENT, "does not exist"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dcn_disk_opened opened;
        CHECK_EQUAL(cases[i].error, dcn_disk_open(cases[i].uri, 0, &opened));
        CHECK(strstr(opened.message, cases[i].words) != NULL);
    }
}

int main(void) {
    should_write_down_reads_and_writes();
    should_give_back_tokens_and_lengths_in_any_order();
    should_turn_results_into_bytes_or_errors();
    should_let_no_command_reach_past_memory_or_device();
    should_explain_refusals();
    return 0;
}
