// Programs for the kernel's BPF machine, written as instructions (kernel:
// Documentation/bpf/standardization/instruction-set.rst), so that building needs no compiler for them. A jump names a
// label instead of a distance; bpf_code_load resolves them.
#ifndef DCN_SRC_NET_BPF_CODE_H
#define DCN_SRC_NET_BPF_CODE_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

#define BPF_CODE_INSTRUCTIONS 256
#define BPF_CODE_LABELS 32

#define INSN(code_, dst_, src_, off_, imm_) \
    {.code = (code_), .dst_reg = (dst_), .src_reg = (src_), .off = (int16_t)(off_), .imm = (int32_t)(imm_)}
#define MOVE(dst, src) INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define MOVE_VALUE(dst, imm) INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define MOVE_VALUE64(dst, imm) \
    INSN(BPF_LD | BPF_IMM | BPF_DW, dst, 0, 0, (uint64_t)(imm)), INSN(0, 0, 0, 0, (uint64_t)(imm) >> 32)
// BPF_ADD, BPF_AND and so on; the value is extended by its sign to 64 bits.
#define ALU(operation, dst, src) INSN(BPF_ALU64 | (operation) | BPF_X, dst, src, 0, 0)
#define ALU_VALUE(operation, dst, imm) INSN(BPF_ALU64 | (operation) | BPF_K, dst, 0, 0, imm)
#define LOAD(size, dst, src, off) INSN(BPF_LDX | BPF_MEM | (size), dst, src, off, 0)
#define STORE(size, dst, off, src) INSN(BPF_STX | BPF_MEM | (size), dst, src, off, 0)
#define STORE_VALUE(size, dst, off, imm) INSN(BPF_ST | BPF_MEM | (size), dst, 0, off, imm)
// Of a packet, into R0, in the order of this machine; R1 to R5 are lost. A packet that ends before is dropped. In socket
// filters, whose context must be in R6.
#define PACKET(size, off) INSN(BPF_LD | BPF_ABS | (size), 0, 0, 0, off)
#define PACKET_AT(size, src, off) INSN(BPF_LD | BPF_IND | (size), 0, src, 0, off)
// Comparisons without a sign: BPF_JEQ, BPF_JGT and so on. JUMP_IF compares 64 bits, JUMP_IF_VALUE the lower 32.
#define JUMP_IF(comparison, dst, src, label) INSN(BPF_JMP | (comparison) | BPF_X, dst, src, label, 0)
#define JUMP_IF_VALUE(comparison, dst, imm, label) INSN(BPF_JMP32 | (comparison) | BPF_K, dst, 0, label, imm)
#define JUMP_IF_NULL(dst, label) INSN(BPF_JMP | BPF_JEQ | BPF_K, dst, 0, label, 0)
#define JUMP(label) INSN(BPF_JMP | BPF_JA, 0, 0, label, 0)
#define CALL(function) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, function)
#define EXIT() INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define LOAD_MAP(dst, fd) \
    INSN(BPF_LD | BPF_IMM | BPF_DW, dst, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)

// Names the instruction that follows. No instruction of the machine has this code.
#define BPF_CODE_LABEL 0xff
#define LABEL(label) INSN(BPF_CODE_LABEL, 0, 0, label, 0)

enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 };

// A program that is put together. Zero is an empty one.
struct bpf_code {
    struct bpf_insn instructions[BPF_CODE_INSTRUCTIONS];
    uint32_t count;
};

// Appends. What does not fit makes bpf_code_load fail.
void bpf_code_add(struct bpf_code *code, const struct bpf_insn *instructions, size_t count);
#define BPF_CODE_ADD(code, array) bpf_code_add(code, array, sizeof(array) / sizeof((array)[0]))

// Resolves the labels, which are numbers below BPF_CODE_LABELS, in place. Returns the instructions that the program then
// has, or -EINVAL for a label that is nowhere or twice.
int bpf_code_link(struct bpf_code *code);

// Gives a program of `type` to the kernel. Returns its descriptor or -errno.
int bpf_code_load(struct bpf_code *code, enum bpf_prog_type type, const char *name, uint32_t flags);

#endif
