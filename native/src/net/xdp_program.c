// The program on the interface. It lives as long as the descriptor of its link: it goes with the process.
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net/address_map.h"
#include "net/bpf_code.h"
#include "net/xdp.h"

#define QUEUES_MAX 64u

// How long the kernel may take to let go of what a process that was killed had here.
#define RELEASE_TRIES 250
#define RELEASE_WAIT_NS 10000000

#define IPV6_BYTES 40
#define FRAGMENT_OFFSET 0x1fff  // RFC 791 3.1
#define TCP_BYTES 14            // of the header: ports and flags
#define TCP_FLAGS 13            // RFC 9293 3.1

enum { PASS, IPV6, IPV4_TCP, IPV6_TCP, LOOKUP, TAKE, SHED, LIMIT_LABELS };

#define STACK_TCP (-48)

int xdp_program_address(const struct xdp_program *program, const uint8_t *address, uint32_t bytes) {
    return address_map_add(program->addresses, address, bytes);
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

// R6 is the packet's context; R2 and R3 its first byte and the one behind the last. What is for an address that is served
// goes on with R7 as the place of a TCP header or 0, R8 and R9 as place and length of the sender's address.
static void find_address(struct bpf_code *code, const struct xdp_port *port) {
    const uint8_t *mac = port->facts.mac;
    const struct bpf_insn instructions[] = {
        MOVE(R6, R1),
        LOAD(BPF_W, R2, R6, offsetof(struct xdp_md, data)),
        LOAD(BPF_W, R3, R6, offsetof(struct xdp_md, data_end)),
        MOVE_VALUE(R7, 0),
        MOVE(R4, R2),
        ALU_VALUE(BPF_ADD, R4, ETH_HLEN + 21),
        JUMP_IF(BPF_JGT, R4, R3, PASS),
        // For this station; what is for all or for a group stays with the kernel.
        LOAD(BPF_W, R4, R2, 0),
        JUMP_IF_VALUE(BPF_JNE, R4, word32(mac), PASS),
        LOAD(BPF_H, R4, R2, 4),
        JUMP_IF_VALUE(BPF_JNE, R4, word16(mac + 4), PASS),
        LOAD(BPF_H, R4, R2, 12),
        JUMP_IF_VALUE(BPF_JEQ, R4, htons(ETH_P_IPV6), IPV6),
        JUMP_IF_VALUE(BPF_JNE, R4, htons(ETH_P_IP), PASS),
        LOAD(BPF_W, R4, R2, ETH_HLEN + 16),
        STORE_VALUE(BPF_DW, R10, -16, 0),
        STORE_VALUE(BPF_W, R10, -16 + ADDRESS_MAP_MAPPED_AT, address_map_mapped()),
        STORE(BPF_W, R10, -4, R4),
        MOVE_VALUE(R8, ETH_HLEN + 12),
        MOVE_VALUE(R9, 4),
        LOAD(BPF_B, R4, R2, ETH_HLEN + 9),
        JUMP_IF_VALUE(BPF_JEQ, R4, IPPROTO_TCP, IPV4_TCP),
        JUMP_IF_VALUE(BPF_JNE, R4, IPPROTO_ICMP, PASS),
        // Errors too: they say in their payload only whose they are, so each worker hears them.
        LOAD(BPF_B, R4, R2, ETH_HLEN + 20),
        JUMP_IF_VALUE(BPF_JEQ, R4, ICMP_DEST_UNREACH, PASS),
        JUMP(LOOKUP),
        LABEL(IPV4_TCP),
        LOAD(BPF_H, R4, R2, ETH_HLEN + 6),
        ALU_VALUE(BPF_AND, R4, htons(FRAGMENT_OFFSET)),
        JUMP_IF_VALUE(BPF_JNE, R4, 0, LOOKUP),
        LOAD(BPF_B, R7, R2, ETH_HLEN),
        ALU_VALUE(BPF_AND, R7, 15),
        ALU_VALUE(BPF_LSH, R7, 2),
        ALU_VALUE(BPF_ADD, R7, ETH_HLEN),
        JUMP(LOOKUP),
        LABEL(IPV6),
        MOVE(R4, R2),
        ALU_VALUE(BPF_ADD, R4, ETH_HLEN + IPV6_BYTES + 1),
        JUMP_IF(BPF_JGT, R4, R3, PASS),
        LOAD(BPF_W, R4, R2, ETH_HLEN + 32),
        STORE(BPF_W, R10, -8, R4),
        LOAD(BPF_W, R4, R2, ETH_HLEN + 36),
        STORE(BPF_W, R10, -4, R4),
        LOAD(BPF_DW, R4, R2, ETH_HLEN + 24),
        STORE(BPF_DW, R10, -16, R4),
        MOVE_VALUE(R8, ETH_HLEN + 8),
        MOVE_VALUE(R9, 16),
        LOAD(BPF_B, R4, R2, ETH_HLEN + 6),
        JUMP_IF_VALUE(BPF_JEQ, R4, IPPROTO_TCP, IPV6_TCP),
        JUMP_IF_VALUE(BPF_JNE, R4, IPPROTO_ICMPV6, PASS),
        // Neighbour discovery stays with the kernel (RFC 4861 4), and errors do (RFC 4443 3).
        LOAD(BPF_B, R4, R2, ETH_HLEN + IPV6_BYTES),
        JUMP_IF_VALUE(BPF_JLE, R4, ICMP6_PARAM_PROB, PASS),
        ALU_VALUE(BPF_SUB, R4, ND_ROUTER_SOLICIT),
        JUMP_IF_VALUE(BPF_JLE, R4, ND_REDIRECT - ND_ROUTER_SOLICIT, PASS),
        JUMP(LOOKUP),
        LABEL(IPV6_TCP),
        MOVE_VALUE(R7, ETH_HLEN + IPV6_BYTES),
        LABEL(LOOKUP),
        MOVE(R2, R10),
        ALU_VALUE(BPF_ADD, R2, -16),
        LOAD_MAP(R1, port->program.addresses),
        CALL(BPF_FUNC_map_lookup_elem),
        JUMP_IF_NULL(R0, PASS),
    };
    BPF_CODE_ADD(code, instructions);
}

static void limit_syns(struct bpf_code *code, const struct syn_limit *limit) {
    const struct bpf_insn instructions[] = {
        JUMP_IF_VALUE(BPF_JEQ, R7, 0, TAKE),
        MOVE(R1, R6),
        MOVE(R2, R7),
        MOVE(R3, R10),
        ALU_VALUE(BPF_ADD, R3, STACK_TCP),
        MOVE_VALUE(R4, TCP_BYTES),
        CALL(BPF_FUNC_xdp_load_bytes),
        JUMP_IF_VALUE(BPF_JNE, R0, 0, TAKE),
        LOAD(BPF_B, R1, R10, STACK_TCP + TCP_FLAGS),
        ALU_VALUE(BPF_AND, R1, TH_SYN | TH_ACK | TH_RST | TH_FIN),
        JUMP_IF_VALUE(BPF_JNE, R1, TH_SYN, TAKE),
        LOAD(BPF_H, R1, R10, STACK_TCP),
        STORE(BPF_DW, R10, SYN_LIMIT_PORT, R1),
        STORE_VALUE(BPF_DW, R10, SYN_LIMIT_ADDRESS, 0),
        STORE_VALUE(BPF_DW, R10, SYN_LIMIT_ADDRESS + 8, 0),
        MOVE(R1, R6),
        MOVE(R2, R8),
        MOVE(R3, R10),
        ALU_VALUE(BPF_ADD, R3, SYN_LIMIT_ADDRESS),
        MOVE(R4, R9),
        CALL(BPF_FUNC_xdp_load_bytes),
        LOAD(BPF_W, R1, R6, offsetof(struct xdp_md, rx_queue_index)),
        STORE(BPF_W, R10, SYN_LIMIT_QUEUE, R1),
    };
    BPF_CODE_ADD(code, instructions);
    syn_limit_decide(code, limit, LIMIT_LABELS, TAKE, SHED);
}

static int load(struct xdp_port *port) {
    struct bpf_code code = {0};
    const struct bpf_insn verdicts[] = {
        LABEL(TAKE),
        LOAD(BPF_W, R2, R6, offsetof(struct xdp_md, rx_queue_index)),
        LOAD_MAP(R1, port->program.sockets),
        MOVE_VALUE(R3, XDP_PASS),  // when the queue has no socket
        CALL(BPF_FUNC_redirect_map),
        EXIT(),
        LABEL(PASS),
        MOVE_VALUE(R0, XDP_PASS),
        EXIT(),
        LABEL(SHED),
        MOVE_VALUE(R0, XDP_DROP),
        EXIT(),
    };
    find_address(&code, port);
    if (port->syns.rate != 0) {
        limit_syns(&code, &port->syns);
    }
    // Without a limit nobody sheds, and what nobody reaches the kernel refuses.
    bpf_code_add(&code, verdicts, sizeof verdicts / sizeof verdicts[0] - (port->syns.rate != 0 ? 0 : 3));
    return bpf_code_load(&code, BPF_PROG_TYPE_XDP, "dcn_port", BPF_F_XDP_HAS_FRAGS);
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
    program->addresses = address_map_open();
    program->sockets = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "dcn_sockets", sizeof(uint32_t), sizeof(uint32_t),
                                      QUEUES_MAX, NULL);
    int rc = port->syn_rate != 0 ? syn_limit_open(&port->syns, port->syn_rate, XDP_RX_CHUNKS) : 0;
    program->program = rc == 0 && program->addresses >= 0 && program->sockets >= 0 ? load(port) : -1;
    rc = rc < 0                   ? rc
         : program->addresses < 0 ? program->addresses
         : program->sockets < 0   ? program->sockets
                                  : program->program;
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
