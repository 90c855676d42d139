#include "net/bpf_code.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define NOWHERE UINT32_MAX

void bpf_code_add(struct bpf_code *code, const struct bpf_insn *instructions, size_t count) {
    if (count <= BPF_CODE_INSTRUCTIONS && code->count <= BPF_CODE_INSTRUCTIONS - count) {
        memcpy(code->instructions + code->count, instructions, count * sizeof *instructions);
        code->count += (uint32_t)count;
    } else {
        code->count = NOWHERE;
    }
}

static bool is_jump(const struct bpf_insn *insn) {
    uint8_t class = BPF_CLASS(insn->code);
    uint8_t operation = BPF_OP(insn->code);
    return (class == BPF_JMP || class == BPF_JMP32) && operation != BPF_CALL && operation != BPF_EXIT;
}

int bpf_code_link(struct bpf_code *code) {
    uint32_t at[BPF_CODE_LABELS];
    uint32_t kept = 0;
    memset(at, 0xff, sizeof at);
    if (code->count > BPF_CODE_INSTRUCTIONS) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < code->count; i++) {
        const struct bpf_insn *insn = &code->instructions[i];
        if (insn->code != BPF_CODE_LABEL) {
            code->instructions[kept++] = *insn;
        } else if (insn->off < 0 || insn->off >= BPF_CODE_LABELS || at[insn->off] != NOWHERE) {
            return -EINVAL;
        } else {
            at[insn->off] = kept;
        }
    }
    for (uint32_t i = 0; i < kept; i++) {
        struct bpf_insn *insn = &code->instructions[i];
        if (is_jump(insn)) {
            if (insn->off < 0 || insn->off >= BPF_CODE_LABELS || at[insn->off] == NOWHERE) {
                return -EINVAL;
            }
            insn->off = (int16_t)(at[insn->off] - i - 1);  // counts from the instruction behind it
        }
    }
    code->count = kept;
    return (int)kept;
}

int bpf_code_load(struct bpf_code *code, enum bpf_prog_type type, const char *name, uint32_t flags) {
    int count = bpf_code_link(code);
    if (count < 0) {
        return count;
    }
    LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = flags);
    return bpf_prog_load(type, name, "GPL", code->instructions, (size_t)count, &options);
}
