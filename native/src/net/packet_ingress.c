#include "net/packet_ingress.h"

#include <bpf/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "net/address_map.h"
#include "net/bpf_code.h"

// Linux 6.6 (include/uapi/linux/bpf.h), newer than the headers of Debian 12.
#define TCX_INGRESS ((enum bpf_attach_type)46)
enum { TCX_NEXT = -1, TCX_DROP = 2 };

#define VLAN_NUMBER 0x0fff
#define IPV6_BYTES 40

enum { NEXT, IPV6, LOOKUP };

static int load(int addresses) {
    struct bpf_code code = {0};
    const struct bpf_insn instructions[] = {
        LOAD(BPF_W, R4, R1, offsetof(struct __sk_buff, pkt_type)),
        JUMP_IF_VALUE(BPF_JNE, R4, PACKET_HOST, NEXT),
        LOAD(BPF_W, R4, R1, offsetof(struct __sk_buff, vlan_tci)),
        ALU_VALUE(BPF_AND, R4, VLAN_NUMBER),
        JUMP_IF_VALUE(BPF_JNE, R4, 0, NEXT),
        LOAD(BPF_W, R2, R1, offsetof(struct __sk_buff, data)),
        LOAD(BPF_W, R3, R1, offsetof(struct __sk_buff, data_end)),
        MOVE(R4, R2),
        ALU_VALUE(BPF_ADD, R4, ETH_HLEN + 20),
        JUMP_IF(BPF_JGT, R4, R3, NEXT),
        LOAD(BPF_H, R4, R2, 12),
        JUMP_IF_VALUE(BPF_JEQ, R4, htons(ETH_P_IPV6), IPV6),
        JUMP_IF_VALUE(BPF_JNE, R4, htons(ETH_P_IP), NEXT),
        LOAD(BPF_B, R4, R2, ETH_HLEN + 9),
        JUMP_IF_VALUE(BPF_JNE, R4, IPPROTO_TCP, NEXT),
        LOAD(BPF_W, R4, R2, ETH_HLEN + 16),
        STORE_VALUE(BPF_DW, R10, -16, 0),
        STORE_VALUE(BPF_W, R10, -16 + ADDRESS_MAP_MAPPED_AT, address_map_mapped()),
        STORE(BPF_W, R10, -4, R4),
        JUMP(LOOKUP),
        LABEL(IPV6),
        MOVE(R4, R2),
        ALU_VALUE(BPF_ADD, R4, ETH_HLEN + IPV6_BYTES),
        JUMP_IF(BPF_JGT, R4, R3, NEXT),
        LOAD(BPF_B, R4, R2, ETH_HLEN + 6),
        JUMP_IF_VALUE(BPF_JNE, R4, IPPROTO_TCP, NEXT),
        LOAD(BPF_DW, R4, R2, ETH_HLEN + 24),
        STORE(BPF_DW, R10, -16, R4),
        LOAD(BPF_DW, R4, R2, ETH_HLEN + 32),
        STORE(BPF_DW, R10, -8, R4),
        LABEL(LOOKUP),
        MOVE(R2, R10),
        ALU_VALUE(BPF_ADD, R2, -16),
        LOAD_MAP(R1, addresses),
        CALL(BPF_FUNC_map_lookup_elem),
        JUMP_IF_NULL(R0, NEXT),
        MOVE_VALUE(R0, TCX_DROP),
        EXIT(),
        LABEL(NEXT),
        MOVE_VALUE(R0, TCX_NEXT),
        EXIT(),
    };
    BPF_CODE_ADD(&code, instructions);
    return bpf_code_load(&code, BPF_PROG_TYPE_SCHED_CLS, "dcn_ingress", 0);
}

int packet_ingress_open(struct packet_ingress *ingress, int index) {
    ingress->link = -1;
    ingress->addresses = address_map_open();
    int program = ingress->addresses < 0 ? ingress->addresses : load(ingress->addresses);
    if (program >= 0) {
        ingress->link = bpf_link_create(program, index, TCX_INGRESS, NULL);
        close(program);  // the link has it
    }
    int rc = program < 0 ? program : ingress->link < 0 ? ingress->link : 0;
    if (rc < 0) {
        packet_ingress_close(ingress);
    }
    return rc;
}

void packet_ingress_close(struct packet_ingress *ingress) {
    if (ingress->link >= 0) {
        close(ingress->link);
    }
    if (ingress->addresses >= 0) {
        close(ingress->addresses);
    }
    *ingress = (struct packet_ingress){-1, -1};
}

bool packet_ingress_is_open(const struct packet_ingress *ingress) {
    return ingress->link >= 0;
}
