// The program on the interface, written as instructions (kernel: Documentation/bpf/standardization/instruction-set.rst),
// so that building needs no compiler for them. It lives as long as the descriptor of its link: it goes with the process.
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <netinet/icmp6.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net/xdp.h"

#define ADDRESSES_MAX 64u
#define QUEUES_MAX 64u

// How long the kernel may take to let go of what a process that was killed had here.
#define RELEASE_TRIES 250
#define RELEASE_WAIT_NS 10000000

#define INSN(code_, dst_, src_, off_, imm_) \
    {.code = (code_), .dst_reg = (dst_), .src_reg = (src_), .off = (int16_t)(off_), .imm = (int32_t)(imm_)}
#define MOVE(dst, src) INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define MOVE_VALUE(dst, imm) INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define ADD_VALUE(dst, imm) INSN(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm)
#define LOAD(size, dst, src, off) INSN(BPF_LDX | BPF_MEM | (size), dst, src, off, 0)
#define STORE(size, dst, off, src) INSN(BPF_STX | BPF_MEM | (size), dst, src, off, 0)
#define STORE_VALUE(size, dst, off, imm) INSN(BPF_ST | BPF_MEM | (size), dst, 0, off, imm)
#define JUMP_EQUAL(dst, imm, to) INSN(BPF_JMP32 | BPF_JEQ | BPF_K, dst, 0, to, imm)
#define JUMP_UNEQUAL(dst, imm, to) INSN(BPF_JMP32 | BPF_JNE | BPF_K, dst, 0, to, imm)
#define JUMP_BEYOND(dst, src, to) INSN(BPF_JMP | BPF_JGT | BPF_X, dst, src, to, 0)
#define JUMP(to) INSN(BPF_JMP | BPF_JA, 0, 0, to, 0)
#define CALL(function) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, function)
#define EXIT() INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define LOAD_MAP(dst, fd) \
    INSN(BPF_LD | BPF_IMM | BPF_DW, dst, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)

enum { R0, R1, R2, R3, R4, R5, R6, R10 = 10 };

// Where instructions are that others jump to; a jump counts from the instruction behind it.
enum { AT_IPV6 = 19, AT_IPV4_LOOKUP = 35, AT_PASS = 49, INSTRUCTIONS = 51 };
#define TO(target, here) ((target) - (here) - 1)

int xdp_program_address(const struct xdp_program *program, const uint8_t *address, uint32_t bytes) {
    uint8_t key[16] = {[10] = 0xff, [11] = 0xff};
    uint32_t value = 1;
    memcpy(key + sizeof key - bytes, address, bytes);
    if (bytes == sizeof key) {
        memcpy(key, address, bytes);
    }
    return bpf_map_update_elem(program->addresses, key, &value, BPF_ANY);
}

int xdp_program_socket(const struct xdp_program *program, uint32_t queue, int fd) {
    return bpf_map_update_elem(program->sockets, &queue, &fd, BPF_ANY);
}

static uint32_t word32(const uint8_t *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static uint16_t word16(const uint8_t *bytes) {
    uint16_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

// r6: the packet's context; r2, r3: its first byte and the one behind the last.
static int load(struct xdp_port *port) {
    const uint8_t *mac = port->facts.mac;
    const uint8_t ipv4[2] = {ETH_P_IP >> 8, ETH_P_IP & 0xff};
    const uint8_t ipv6[2] = {ETH_P_IPV6 >> 8, ETH_P_IPV6 & 0xff};
    const uint8_t mapped[4] = {0, 0, 0xff, 0xff};
    const struct bpf_insn instructions[] = {
        /*  0 */ MOVE(R6, R1),
        /*  1 */ LOAD(BPF_W, R2, R6, offsetof(struct xdp_md, data)),
        /*  2 */ LOAD(BPF_W, R3, R6, offsetof(struct xdp_md, data_end)),
        /*  3 */ MOVE(R4, R2),
        /*  4 */ ADD_VALUE(R4, ETH_HLEN + 20),
        /*  5 */ JUMP_BEYOND(R4, R3, TO(AT_PASS, 5)),
        // For this station; what is for all or for a group stays with the kernel.
        /*  6 */ LOAD(BPF_W, R4, R2, 0),
        /*  7 */ JUMP_UNEQUAL(R4, word32(mac), TO(AT_PASS, 7)),
        /*  8 */ LOAD(BPF_H, R4, R2, 4),
        /*  9 */ JUMP_UNEQUAL(R4, word16(mac + 4), TO(AT_PASS, 9)),
        /* 10 */ LOAD(BPF_H, R4, R2, 12),
        /* 11 */ JUMP_UNEQUAL(R4, word16(ipv4), TO(AT_IPV6, 11)),
        /* 12 */ LOAD(BPF_B, R4, R2, ETH_HLEN + 9),
        /* 13 */ JUMP_EQUAL(R4, IPPROTO_TCP, 1),
        /* 14 */ JUMP_UNEQUAL(R4, IPPROTO_ICMP, TO(AT_PASS, 14)),
        /* 15 */ LOAD(BPF_W, R4, R2, ETH_HLEN + 16),
        /* 16 */ STORE_VALUE(BPF_W, R10, -8, word32(mapped)),
        /* 17 */ STORE(BPF_W, R10, -4, R4),
        /* 18 */ JUMP(TO(AT_IPV4_LOOKUP, 18)),
        /* 19: AT_IPV6 */ JUMP_UNEQUAL(R4, word16(ipv6), TO(AT_PASS, 19)),
        /* 20 */ MOVE(R4, R2),
        /* 21 */ ADD_VALUE(R4, ETH_HLEN + 41),
        /* 22 */ JUMP_BEYOND(R4, R3, TO(AT_PASS, 22)),
        /* 23 */ LOAD(BPF_B, R4, R2, ETH_HLEN + 6),
        /* 24 */ JUMP_EQUAL(R4, IPPROTO_TCP, 4),
        /* 25 */ JUMP_UNEQUAL(R4, IPPROTO_ICMPV6, TO(AT_PASS, 25)),
        // Neighbour discovery stays with the kernel (RFC 4861 4).
        /* 26 */ LOAD(BPF_B, R4, R2, ETH_HLEN + 40),
        /* 27 */ ADD_VALUE(R4, -ND_ROUTER_SOLICIT),
        /* 28 */ INSN(BPF_JMP32 | BPF_JLE | BPF_K, R4, 0, TO(AT_PASS, 28), ND_REDIRECT - ND_ROUTER_SOLICIT),
        /* 29 */ LOAD(BPF_W, R4, R2, ETH_HLEN + 32),
        /* 30 */ STORE(BPF_W, R10, -8, R4),
        /* 31 */ LOAD(BPF_W, R4, R2, ETH_HLEN + 36),
        /* 32 */ STORE(BPF_W, R10, -4, R4),
        /* 33 */ LOAD(BPF_DW, R4, R2, ETH_HLEN + 24),
        /* 34 */ JUMP(1),
        /* 35: AT_IPV4_LOOKUP */ MOVE_VALUE(R4, 0),
        /* 36 */ STORE(BPF_DW, R10, -16, R4),
        /* 37 */ MOVE(R2, R10),
        /* 38 */ ADD_VALUE(R2, -16),
        /* 39 */ LOAD_MAP(R1, port->program.addresses),
        /* 41 */ CALL(BPF_FUNC_map_lookup_elem),
        /* 42 */ INSN(BPF_JMP | BPF_JEQ | BPF_K, R0, 0, TO(AT_PASS, 42), 0),
        /* 43 */ LOAD(BPF_W, R2, R6, offsetof(struct xdp_md, rx_queue_index)),
        /* 44 */ LOAD_MAP(R1, port->program.sockets),
        /* 46 */ MOVE_VALUE(R3, XDP_PASS),  // when the queue has no socket
        /* 47 */ CALL(BPF_FUNC_redirect_map),
        /* 48 */ EXIT(),
        /* 49: AT_PASS */ MOVE_VALUE(R0, XDP_PASS),
        /* 50 */ EXIT(),
    };
    _Static_assert(sizeof instructions / sizeof instructions[0] == INSTRUCTIONS, "jumps count instructions");
    LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = BPF_F_XDP_HAS_FRAGS);
    return bpf_prog_load(BPF_PROG_TYPE_XDP, "dcn_port", "GPL", instructions,
                         sizeof instructions / sizeof instructions[0], &options);
}

// In the driver where it can, else in the kernel in front of it, where nothing is without a copy.
static int attach(const struct xdp_program *program, int index, uint32_t mode) {
    LIBBPF_OPTS(bpf_link_create_opts, options, .flags = mode);
    for (int tries = 0;; tries++) {
        int fd = bpf_link_create(program->program, index, BPF_XDP, &options);
        if (fd != -EBUSY || tries == RELEASE_TRIES) {
            return fd;
        }
        nanosleep(&(struct timespec){.tv_nsec = RELEASE_WAIT_NS}, NULL);
    }
}

int xdp_program_open(struct xdp_port *port, char *message) {
    struct xdp_program *program = &port->program;
    program->addresses = bpf_map_create(BPF_MAP_TYPE_HASH, "dcn_addresses", 16, sizeof(uint32_t), ADDRESSES_MAX, NULL);
    program->sockets = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "dcn_sockets", sizeof(uint32_t), sizeof(uint32_t),
                                      QUEUES_MAX, NULL);
    program->program = program->addresses >= 0 && program->sockets >= 0 ? load(port) : -1;
    int rc = program->addresses < 0 ? program->addresses : program->sockets < 0 ? program->sockets : program->program;
    if (rc < 0) {
        return dcn_port_fail(message, -rc, "interface=%s: the kernel does not take the XDP program (%s); it needs Linux "
                             "6.6 and root, or CAP_BPF and CAP_NET_ADMIN", port->name, strerror(-rc));
    }
    program->link = attach(program, port->index, XDP_FLAGS_DRV_MODE);
    if (program->link == -EOPNOTSUPP && port->copies_allowed && !port->zero_copy) {
        program->link = attach(program, port->index, XDP_FLAGS_SKB_MODE);
    }
    if (program->link == -EBUSY || program->link == -EEXIST) {
        return dcn_port_fail(message, EBUSY, "interface=%s has an XDP program of somebody else's; see `ip link show %s`, "
                             "and end who put it there, or `ip link set %s xdp off`",
                             port->name, port->name, port->name);
    }
    return program->link >= 0 ? 0 : dcn_port_fail(message, -program->link, "interface=%s does not take an XDP program: "
                                                  "%s; see `dmesg`, or use packet:%s",
                                                  port->name, strerror(-program->link), port->name);
}

void xdp_program_close(struct xdp_program *program) {
    const int descriptors[] = {program->link, program->program, program->sockets, program->addresses};
    for (int i = 0; i < 4; i++) {
        if (descriptors[i] >= 0) {
            close(descriptors[i]);
        }
    }
}
