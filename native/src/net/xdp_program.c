// The program on the interface, written as instructions (kernel: Documentation/bpf/standardization/instruction-set.rst),
// so that building needs no compiler for them. It lives as long as the descriptor of its link: it goes with the process.
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
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
enum { AT_IPV6 = 21, AT_IPV4_LOOKUP = 38, AT_PASS = 52, INSTRUCTIONS = 54 };
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
        /*  4 */ ADD_VALUE(R4, ETH_HLEN + 21),
        /*  5 */ JUMP_BEYOND(R4, R3, TO(AT_PASS, 5)),
        // For this station; what is for all or for a group stays with the kernel.
        /*  6 */ LOAD(BPF_W, R4, R2, 0),
        /*  7 */ JUMP_UNEQUAL(R4, word32(mac), TO(AT_PASS, 7)),
        /*  8 */ LOAD(BPF_H, R4, R2, 4),
        /*  9 */ JUMP_UNEQUAL(R4, word16(mac + 4), TO(AT_PASS, 9)),
        /* 10 */ LOAD(BPF_H, R4, R2, 12),
        /* 11 */ JUMP_UNEQUAL(R4, word16(ipv4), TO(AT_IPV6, 11)),
        /* 12 */ LOAD(BPF_B, R4, R2, ETH_HLEN + 9),
        /* 13 */ JUMP_EQUAL(R4, IPPROTO_TCP, 3),
        /* 14 */ JUMP_UNEQUAL(R4, IPPROTO_ICMP, TO(AT_PASS, 14)),
        // Errors too: they say in their payload only whose they are, so each worker hears them.
        /* 15 */ LOAD(BPF_B, R4, R2, ETH_HLEN + 20),
        /* 16 */ JUMP_EQUAL(R4, ICMP_DEST_UNREACH, TO(AT_PASS, 16)),
        /* 17 */ LOAD(BPF_W, R4, R2, ETH_HLEN + 16),
        /* 18 */ STORE_VALUE(BPF_W, R10, -8, word32(mapped)),
        /* 19 */ STORE(BPF_W, R10, -4, R4),
        /* 20 */ JUMP(TO(AT_IPV4_LOOKUP, 20)),
        /* 21: AT_IPV6 */ JUMP_UNEQUAL(R4, word16(ipv6), TO(AT_PASS, 21)),
        /* 22 */ MOVE(R4, R2),
        /* 23 */ ADD_VALUE(R4, ETH_HLEN + 41),
        /* 24 */ JUMP_BEYOND(R4, R3, TO(AT_PASS, 24)),
        /* 25 */ LOAD(BPF_B, R4, R2, ETH_HLEN + 6),
        /* 26 */ JUMP_EQUAL(R4, IPPROTO_TCP, 5),
        /* 27 */ JUMP_UNEQUAL(R4, IPPROTO_ICMPV6, TO(AT_PASS, 27)),
        // Neighbour discovery stays with the kernel (RFC 4861 4), and errors do (RFC 4443 3).
        /* 28 */ LOAD(BPF_B, R4, R2, ETH_HLEN + 40),
        /* 29 */ INSN(BPF_JMP32 | BPF_JLE | BPF_K, R4, 0, TO(AT_PASS, 29), ICMP6_PARAM_PROB),
        /* 30 */ ADD_VALUE(R4, -ND_ROUTER_SOLICIT),
        /* 31 */ INSN(BPF_JMP32 | BPF_JLE | BPF_K, R4, 0, TO(AT_PASS, 31), ND_REDIRECT - ND_ROUTER_SOLICIT),
        /* 32 */ LOAD(BPF_W, R4, R2, ETH_HLEN + 32),
        /* 33 */ STORE(BPF_W, R10, -8, R4),
        /* 34 */ LOAD(BPF_W, R4, R2, ETH_HLEN + 36),
        /* 35 */ STORE(BPF_W, R10, -4, R4),
        /* 36 */ LOAD(BPF_DW, R4, R2, ETH_HLEN + 24),
        /* 37 */ JUMP(1),
        /* 38: AT_IPV4_LOOKUP */ MOVE_VALUE(R4, 0),
        /* 39 */ STORE(BPF_DW, R10, -16, R4),
        /* 40 */ MOVE(R2, R10),
        /* 41 */ ADD_VALUE(R2, -16),
        /* 42 */ LOAD_MAP(R1, port->program.addresses),
        /* 44 */ CALL(BPF_FUNC_map_lookup_elem),
        /* 45 */ INSN(BPF_JMP | BPF_JEQ | BPF_K, R0, 0, TO(AT_PASS, 45), 0),
        /* 46 */ LOAD(BPF_W, R2, R6, offsetof(struct xdp_md, rx_queue_index)),
        /* 47 */ LOAD_MAP(R1, port->program.sockets),
        /* 49 */ MOVE_VALUE(R3, XDP_PASS),  // when the queue has no socket
        /* 50 */ CALL(BPF_FUNC_redirect_map),
        /* 51 */ EXIT(),
        /* 52: AT_PASS */ MOVE_VALUE(R0, XDP_PASS),
        /* 53 */ EXIT(),
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
