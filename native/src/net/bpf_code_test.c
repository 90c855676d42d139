#include "net/bpf_code.h"

#include <errno.h>
#include <string.h>

#include "support/test.h"

static int link_of(const struct bpf_insn *instructions, size_t count, struct bpf_code *code) {
    memset(code, 0, sizeof *code);
    bpf_code_add(code, instructions, count);
    return bpf_code_link(code);
}
#define LINK(array, code) link_of(array, sizeof(array) / sizeof((array)[0]), code)

static void should_count_jumps_from_the_instruction_behind_them(void) {
    enum { BEHIND, BEFORE };
    struct bpf_code code;
    const struct bpf_insn instructions[] = {
        JUMP(BEHIND), LABEL(BEFORE), MOVE_VALUE64(R1, 0x123456789), LABEL(BEHIND), JUMP_IF_VALUE(BPF_JEQ, R0, 1, BEFORE),
        CALL(BPF_FUNC_ktime_get_coarse_ns), EXIT(),
    };
    CHECK_EQUAL(6, LINK(instructions, &code));
    CHECK_EQUAL(2, code.instructions[0].off);
    CHECK_EQUAL(0x23456789, code.instructions[1].imm);
    CHECK_EQUAL(1, code.instructions[2].imm);
    CHECK_EQUAL(-3, code.instructions[3].off);
    CHECK(code.instructions[4].off == 0 && code.instructions[5].off == 0);
}

static void should_refuse_labels_that_are_nowhere_or_twice(void) {
    struct bpf_code code;
    const struct bpf_insn nowhere[] = {JUMP(3), LABEL(2), EXIT()};
    const struct bpf_insn twice[] = {JUMP(2), LABEL(2), EXIT(), LABEL(2), EXIT()};
    const struct bpf_insn beyond[] = {LABEL(BPF_CODE_LABELS), EXIT()};
    CHECK_EQUAL(-EINVAL, LINK(nowhere, &code));
    CHECK_EQUAL(-EINVAL, LINK(twice, &code));
    CHECK_EQUAL(-EINVAL, LINK(beyond, &code));
}

static void should_refuse_what_does_not_fit(void) {
    struct bpf_code code = {0};
    const struct bpf_insn one[] = {EXIT()};
    for (int i = 0; i < BPF_CODE_INSTRUCTIONS; i++) {
        BPF_CODE_ADD(&code, one);
    }
    CHECK_EQUAL(BPF_CODE_INSTRUCTIONS, bpf_code_link(&code));
    BPF_CODE_ADD(&code, one);
    BPF_CODE_ADD(&code, one);
    CHECK_EQUAL(-EINVAL, bpf_code_link(&code));
}

int main(void) {
    should_count_jumps_from_the_instruction_behind_them();
    should_refuse_labels_that_are_nowhere_or_twice();
    should_refuse_what_does_not_fit();
    puts("ok");
    return 0;
}
