#include "net/syn_limit.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define QUEUES 64u  // as many as a port has (dcn_port_queue_open)
#define SECOND_NS 1000000000u

// Who was seen is one bit of a word, in each of three spells: this one (from bit 0 on), the one before, the one before that.
// The word knows which spell it was last written in, so nobody clears it:
//
//    63      59                  39                  19                0
//   | spell |  the one before it |  the one before   |  this spell     |
#define WORD_BITS 19  // of a word's number: 4 MiB, of which 500,000 SYNs a second set 3 % in a spell
#define WORDS (1u << WORD_BITS)
#define SPELL_BITS 20
#define SPELLS_KNOWN 3
#define SPELL_NUMBER_SHIFT (SPELLS_KNOWN * SPELL_BITS)
#define SPELL_NUMBER_MASK 15

#define MIX 0x9e3779b97f4a7c15u  // 2^64 divided by the golden ratio

#define STACK_WORD (-32)  // the word's number

int syn_limit_open(struct syn_limit *limit, uint32_t rate, uint32_t ring) {
    LIBBPF_OPTS(bpf_map_create_opts, mappable, .map_flags = BPF_F_MMAPABLE);
    *limit = (struct syn_limit){.rate = rate, .ring = ring, .seen = -1, .queues = -1};
    limit->seen = bpf_map_create(BPF_MAP_TYPE_ARRAY, "dcn_syns", sizeof(uint32_t), sizeof(uint64_t), WORDS, NULL);
    limit->queues = limit->seen < 0 ? limit->seen
                                    : bpf_map_create(BPF_MAP_TYPE_ARRAY, "dcn_syn_limit", sizeof(uint32_t),
                                                     sizeof(struct syn_limit_queue), QUEUES, &mappable);
    int rc = limit->queues < 0 ? limit->queues : 0;
    if (rc == 0) {
        void *memory = mmap(NULL, QUEUES * sizeof(struct syn_limit_queue), PROT_READ | PROT_WRITE, MAP_SHARED,
                            limit->queues, 0);
        rc = memory == MAP_FAILED ? -errno : 0;
        limit->queue = memory == MAP_FAILED ? NULL : memory;
    }
    if (rc < 0) {
        syn_limit_close(limit);
    }
    return rc;
}

void syn_limit_close(struct syn_limit *limit) {
    if (limit->rate != 0) {
        if (limit->queue != NULL) {
            munmap(limit->queue, QUEUES * sizeof(struct syn_limit_queue));
        }
        if (limit->queues >= 0) {
            close(limit->queues);
        }
        if (limit->seen >= 0) {
            close(limit->seen);
        }
    }
    *limit = (struct syn_limit){0};
}

// Takes eight bytes of the stack into the hash in R8; R3 is MIX.
#define HASH_IN(at) \
    LOAD(BPF_DW, R1, R10, at), ALU(BPF_XOR, R8, R1), ALU(BPF_MUL, R8, R3), MOVE(R4, R8), ALU_VALUE(BPF_RSH, R4, 32), \
        ALU(BPF_XOR, R8, R4)

// R7 is the time, R8 a hash of the sender that nobody outside can foretell.
static void hash_sender(struct bpf_code *code) {
    uint64_t secret = 0;
    (void)!getrandom(&secret, sizeof secret, 0);  // where there is none a flood may be made to look like clients
    const struct bpf_insn instructions[] = {
        CALL(BPF_FUNC_ktime_get_coarse_ns),
        MOVE(R7, R0),
        MOVE_VALUE64(R8, secret),
        MOVE_VALUE64(R3, MIX),
        HASH_IN(SYN_LIMIT_ADDRESS),
        HASH_IN(SYN_LIMIT_ADDRESS + 8),
        HASH_IN(SYN_LIMIT_PORT),
    };
    BPF_CODE_ADD(code, instructions);
}

// R9 is 1 for one who comes again, else 0; and who it was is kept.
static void look_up_sender(struct bpf_code *code, const struct syn_limit *limit, int16_t own_labels, int16_t pass) {
    enum { FORGOTTEN, KNOWN };
    const struct bpf_insn instructions[] = {
        MOVE(R1, R8),
        ALU_VALUE(BPF_RSH, R1, 64 - WORD_BITS),
        STORE(BPF_W, R10, STACK_WORD, R1),
        MOVE(R2, R10),
        ALU_VALUE(BPF_ADD, R2, STACK_WORD),
        LOAD_MAP(R1, limit->seen),
        CALL(BPF_FUNC_map_lookup_elem),
        JUMP_IF_NULL(R0, pass),
        LOAD(BPF_DW, R1, R0, 0),
        MOVE(R2, R7),
        ALU_VALUE(BPF_RSH, R2, SYN_LIMIT_SPELL_SHIFT),
        MOVE(R4, R2),  // spells since the word was written
        MOVE(R3, R1),
        ALU_VALUE(BPF_RSH, R3, SPELL_NUMBER_SHIFT),
        ALU(BPF_SUB, R4, R3),
        ALU_VALUE(BPF_AND, R4, SPELL_NUMBER_MASK),
        JUMP_IF_VALUE(BPF_JGE, R4, SPELLS_KNOWN, own_labels + FORGOTTEN),
        ALU_VALUE(BPF_MUL, R4, SPELL_BITS),
        ALU(BPF_LSH, R1, R4),
        ALU_VALUE(BPF_LSH, R1, 64 - SPELL_NUMBER_SHIFT),
        ALU_VALUE(BPF_RSH, R1, 64 - SPELL_NUMBER_SHIFT),
        JUMP(own_labels + KNOWN),
        LABEL(own_labels + FORGOTTEN),
        MOVE_VALUE(R1, 0),
        LABEL(own_labels + KNOWN),
        // The sender's bit: 16 bits of the hash, scaled.
        ALU_VALUE(BPF_AND, R8, 0xffff),
        ALU_VALUE(BPF_MUL, R8, SPELL_BITS),
        ALU_VALUE(BPF_RSH, R8, 16),
        MOVE(R9, R1),
        ALU(BPF_RSH, R9, R8),
        MOVE_VALUE(R3, 1),
        ALU(BPF_LSH, R3, R8),
        ALU(BPF_OR, R1, R3),
        ALU_VALUE(BPF_LSH, R2, SPELL_NUMBER_SHIFT),
        ALU(BPF_OR, R1, R2),
        STORE(BPF_DW, R0, 0, R1),
        MOVE(R3, R9),
        ALU_VALUE(BPF_RSH, R3, SPELL_BITS),
        MOVE(R4, R3),
        ALU_VALUE(BPF_RSH, R4, SPELL_BITS),
        ALU(BPF_OR, R3, R4),
        ALU_VALUE(BPF_XOR, R9, 1),
        ALU(BPF_AND, R9, R3),
        ALU_VALUE(BPF_AND, R9, 1),
    };
    BPF_CODE_ADD(code, instructions);
}

static void take_credit(struct bpf_code *code, const struct syn_limit *limit, int16_t own_labels, int16_t pass,
                        int16_t shed) {
    enum { BOUNDED, PRICED, POOR };
    const uint32_t cost = SECOND_NS / limit->rate;
    const uint64_t most = (uint64_t)cost * SYN_LIMIT_CREDIT;
    const struct bpf_insn instructions[] = {
        MOVE(R2, R10),
        ALU_VALUE(BPF_ADD, R2, SYN_LIMIT_QUEUE),
        LOAD_MAP(R1, limit->queues),
        CALL(BPF_FUNC_map_lookup_elem),
        JUMP_IF_NULL(R0, pass),
        LOAD(BPF_DW, R1, R0, offsetof(struct syn_limit_queue, credited_ns)),
        STORE(BPF_DW, R0, offsetof(struct syn_limit_queue, credited_ns), R7),
        LOAD(BPF_DW, R3, R0, offsetof(struct syn_limit_queue, credit_ns)),
        ALU(BPF_ADD, R3, R7),
        ALU(BPF_SUB, R3, R1),
        MOVE_VALUE64(R4, most),
        JUMP_IF(BPF_JLE, R3, R4, own_labels + BOUNDED),
        MOVE(R3, R4),
        LABEL(own_labels + BOUNDED),
        MOVE_VALUE(R5, cost),
        MOVE_VALUE(R2, limit->ring / 2 + limit->ring / 4),
        JUMP_IF_VALUE(BPF_JEQ, R9, 1, own_labels + PRICED),
        ALU_VALUE(BPF_RSH, R4, 1),
        ALU(BPF_ADD, R5, R4),
        MOVE_VALUE(R2, limit->ring / 2),
        LABEL(own_labels + PRICED),
        JUMP_IF(BPF_JLT, R3, R5, own_labels + POOR),
        LOAD(BPF_DW, R1, R0, offsetof(struct syn_limit_queue, passed)),
        LOAD(BPF_DW, R4, R0, offsetof(struct syn_limit_queue, taken)),
        ALU(BPF_ADD, R2, R4),
        JUMP_IF(BPF_JGE, R1, R2, own_labels + POOR),
        ALU_VALUE(BPF_ADD, R1, 1),
        STORE(BPF_DW, R0, offsetof(struct syn_limit_queue, passed), R1),
        ALU_VALUE(BPF_SUB, R3, cost),
        STORE(BPF_DW, R0, offsetof(struct syn_limit_queue, credit_ns), R3),
        JUMP(pass),
        LABEL(own_labels + POOR),
        STORE(BPF_DW, R0, offsetof(struct syn_limit_queue, credit_ns), R3),
        LOAD(BPF_DW, R1, R0, offsetof(struct syn_limit_queue, shed)),
        ALU_VALUE(BPF_ADD, R1, 1),
        STORE(BPF_DW, R0, offsetof(struct syn_limit_queue, shed), R1),
        JUMP(shed),
    };
    BPF_CODE_ADD(code, instructions);
}

void syn_limit_decide(struct bpf_code *code, const struct syn_limit *limit, int16_t own_labels, int16_t pass,
                      int16_t shed) {
    hash_sender(code);
    look_up_sender(code, limit, own_labels, pass);
    take_credit(code, limit, (int16_t)(own_labels + 2), pass, shed);
}
