#include "net/packet_filter.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#define VLAN_NUMBER 0x0fff
#define FRAGMENT_OFFSET 0x1fff  // RFC 791 3.1
#define IPV6_BYTES 40
#define OPTIONS_BYTES 8  // of a hop-by-hop header with Router Alert, RFC 2711 2.1
#define TCP_FLAGS 13  // RFC 9293 3.1

int packet_filter_attach(int fd, bool flows, bool neighbours) {
    const uint32_t flow = flows ? UINT32_MAX : 0;
    const uint32_t neighbour = neighbours ? UINT32_MAX : 0;
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, PACKET_OTHERHOST, 27, 0),  // to "drop"
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG)),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, VLAN_NUMBER),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 24),  // to "drop"
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 20, 0),  // to "neighbour"
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 6, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 19),  // to "flow"
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN + 9),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMP, 0, 17),  // to "flow"
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, ETH_HLEN),
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, ETH_HLEN),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_DEST_UNREACH, 13, 14),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN + 6),  // IPv6
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 7, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_HOPOPTS, 0, 11),  // to "flow"
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN + IPV6_BYTES),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 9),  // to "flow"
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN + IPV6_BYTES + 1),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 7),  // to "flow": longer than OPTIONS_BYTES
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN + IPV6_BYTES + OPTIONS_BYTES),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MLD_LISTENER_QUERY, 4, 5),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN + IPV6_BYTES),  // ICMPv6
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, ND_REDIRECT, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ND_ROUTER_SOLICIT, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, ICMP6_PARAM_PROB, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, neighbour),
        BPF_STMT(BPF_RET | BPF_K, flow),
        BPF_STMT(BPF_RET | BPF_K, 0),  // "drop"
    };
    struct sock_fprog attached = {.len = sizeof program / sizeof program[0], .filter = program};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof attached) < 0 ? -errno : 0;
}

enum { FLOW, NEIGHBOUR, DROP, IPV6, ICMPV6, IPV4_TCP, IPV6_TCP, SYN, LIMIT_LABELS };

// The same as above, but that TCP goes on elsewhere. R6: the packet's context.
static void sort_out(struct bpf_code *code, bool neighbours) {
    const struct bpf_insn instructions[] = {
        MOVE(R6, R1),
        LOAD(BPF_W, R0, R6, offsetof(struct __sk_buff, pkt_type)),
        JUMP_IF_VALUE(BPF_JGE, R0, PACKET_OTHERHOST, DROP),
        LOAD(BPF_W, R0, R6, offsetof(struct __sk_buff, vlan_tci)),
        ALU_VALUE(BPF_AND, R0, VLAN_NUMBER),
        JUMP_IF_VALUE(BPF_JNE, R0, 0, DROP),
        PACKET(BPF_H, 12),
        JUMP_IF_VALUE(BPF_JEQ, R0, ETH_P_ARP, NEIGHBOUR),
        JUMP_IF_VALUE(BPF_JEQ, R0, ETH_P_IPV6, IPV6),
        JUMP_IF_VALUE(BPF_JNE, R0, ETH_P_IP, FLOW),
        PACKET(BPF_B, ETH_HLEN + 9),
        JUMP_IF_VALUE(BPF_JEQ, R0, IPPROTO_TCP, IPV4_TCP),
        JUMP_IF_VALUE(BPF_JNE, R0, IPPROTO_ICMP, FLOW),
        PACKET(BPF_B, ETH_HLEN),
        ALU_VALUE(BPF_AND, R0, 15),
        ALU_VALUE(BPF_LSH, R0, 2),
        MOVE(R7, R0),
        PACKET_AT(BPF_B, R7, ETH_HLEN),
        JUMP_IF_VALUE(BPF_JEQ, R0, ICMP_DEST_UNREACH, NEIGHBOUR),
        JUMP(FLOW),
        LABEL(IPV6),
        PACKET(BPF_B, ETH_HLEN + 6),
        JUMP_IF_VALUE(BPF_JEQ, R0, IPPROTO_TCP, IPV6_TCP),
        JUMP_IF_VALUE(BPF_JEQ, R0, IPPROTO_ICMPV6, ICMPV6),
        JUMP_IF_VALUE(BPF_JNE, R0, IPPROTO_HOPOPTS, FLOW),
        PACKET(BPF_B, ETH_HLEN + IPV6_BYTES),
        JUMP_IF_VALUE(BPF_JNE, R0, IPPROTO_ICMPV6, FLOW),
        PACKET(BPF_B, ETH_HLEN + IPV6_BYTES + 1),
        JUMP_IF_VALUE(BPF_JNE, R0, 0, FLOW),
        PACKET(BPF_B, ETH_HLEN + IPV6_BYTES + OPTIONS_BYTES),
        JUMP_IF_VALUE(BPF_JEQ, R0, MLD_LISTENER_QUERY, NEIGHBOUR),
        JUMP(FLOW),
        LABEL(ICMPV6),
        PACKET(BPF_B, ETH_HLEN + IPV6_BYTES),
        JUMP_IF_VALUE(BPF_JGT, R0, ND_REDIRECT, FLOW),
        JUMP_IF_VALUE(BPF_JGE, R0, ND_ROUTER_SOLICIT, NEIGHBOUR),
        JUMP_IF_VALUE(BPF_JGT, R0, ICMP6_PARAM_PROB, FLOW),
        LABEL(NEIGHBOUR),
        MOVE_VALUE(R0, neighbours ? -1 : 0),
        EXIT(),
        LABEL(FLOW),
        MOVE_VALUE(R0, -1),
        EXIT(),
        LABEL(DROP),
        MOVE_VALUE(R0, 0),
        EXIT(),
    };
    BPF_CODE_ADD(code, instructions);
}

// A SYN's sender to where the limit wants it. R7: the TCP header's place.
static void find_syn(struct bpf_code *code, uint32_t queue) {
    const struct bpf_insn instructions[] = {
        LABEL(IPV4_TCP),
        PACKET(BPF_H, ETH_HLEN + 6),
        ALU_VALUE(BPF_AND, R0, FRAGMENT_OFFSET),
        JUMP_IF_VALUE(BPF_JNE, R0, 0, FLOW),
        PACKET(BPF_B, ETH_HLEN),
        ALU_VALUE(BPF_AND, R0, 15),
        ALU_VALUE(BPF_LSH, R0, 2),
        ALU_VALUE(BPF_ADD, R0, ETH_HLEN),
        MOVE(R7, R0),
        PACKET_AT(BPF_B, R7, TCP_FLAGS),
        ALU_VALUE(BPF_AND, R0, TH_SYN | TH_ACK | TH_RST | TH_FIN),
        JUMP_IF_VALUE(BPF_JNE, R0, TH_SYN, FLOW),
        PACKET(BPF_W, ETH_HLEN + 12),
        STORE_VALUE(BPF_DW, R10, SYN_LIMIT_ADDRESS, 0),
        STORE_VALUE(BPF_DW, R10, SYN_LIMIT_ADDRESS + 8, 0),
        STORE(BPF_W, R10, SYN_LIMIT_ADDRESS, R0),
        JUMP(SYN),
        LABEL(IPV6_TCP),
        MOVE_VALUE(R7, ETH_HLEN + IPV6_BYTES),
        PACKET_AT(BPF_B, R7, TCP_FLAGS),
        ALU_VALUE(BPF_AND, R0, TH_SYN | TH_ACK | TH_RST | TH_FIN),
        JUMP_IF_VALUE(BPF_JNE, R0, TH_SYN, FLOW),
        PACKET(BPF_W, ETH_HLEN + 8),
        STORE(BPF_W, R10, SYN_LIMIT_ADDRESS, R0),
        PACKET(BPF_W, ETH_HLEN + 12),
        STORE(BPF_W, R10, SYN_LIMIT_ADDRESS + 4, R0),
        PACKET(BPF_W, ETH_HLEN + 16),
        STORE(BPF_W, R10, SYN_LIMIT_ADDRESS + 8, R0),
        PACKET(BPF_W, ETH_HLEN + 20),
        STORE(BPF_W, R10, SYN_LIMIT_ADDRESS + 12, R0),
        LABEL(SYN),
        PACKET_AT(BPF_H, R7, 0),
        STORE(BPF_DW, R10, SYN_LIMIT_PORT, R0),
        STORE_VALUE(BPF_W, R10, SYN_LIMIT_QUEUE, queue),
    };
    BPF_CODE_ADD(code, instructions);
}

int packet_filter_attach_limited(int fd, bool neighbours, const struct syn_limit *limit, uint32_t queue) {
    struct bpf_code code = {0};
    sort_out(&code, neighbours);
    find_syn(&code, queue);
    syn_limit_decide(&code, limit, LIMIT_LABELS, FLOW, DROP);
    int program = bpf_code_load(&code, BPF_PROG_TYPE_SOCKET_FILTER, "dcn_packets", 0);
    if (program < 0) {
        return program;
    }
    int rc = setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof program) < 0 ? -errno : 0;
    close(program);  // the socket has it
    return rc;
}
