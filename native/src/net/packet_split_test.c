// Frames of generated shapes, cut and put together again; headers are checked against sums computed another way.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/packet_split.h"
#include "support/test.h"

#define SLOT_BYTES (600u * 1024u)
#define HEADERS_AT 4096u
#define SEQUENCE 0xfffff000u  // wraps within the frame

static uint16_t checksum(const uint8_t *bytes, uint32_t count, uint32_t sum) {
    for (uint32_t i = 0; i < count; i += 2) {
        sum += (uint32_t)bytes[i] * 256 + (i + 1 < count ? bytes[i + 1] : 0);
        sum = sum % 65535;
    }
    return (uint16_t)sum;
}

struct bed {
    struct packet_tx_ring ring;
    struct dcn_tx_frame frame;
    uint8_t *foreign;
    uint8_t *payload;  // what all parts together must carry
};

// Ethernet, IPv4, TCP with 12 bytes of options.
static void make(struct bed *bed, uint32_t segment_bytes, uint32_t near, uint32_t far) {
    uint32_t header_bytes = ETH_HLEN + 20 + 32;
    memset(bed, 0, sizeof *bed);
    bed->ring = (struct packet_tx_ring){.base = calloc(1, SLOT_BYTES), .slots = 1, .slot_bytes = SLOT_BYTES};
    bed->foreign = malloc(far + 1);
    bed->payload = malloc(near + far);
    for (uint32_t i = 0; i < near + far; i++) {
        bed->payload[i] = (uint8_t)rand();
    }
    uint8_t *frame = bed->ring.base + HEADERS_AT;
    memcpy(frame + header_bytes, bed->payload, near);
    memcpy(bed->foreign, bed->payload + near, far);
    frame[12] = 0x08;
    struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP, .id = htons(65530)};
    ip.saddr = htonl(0xc6120801);
    ip.daddr = htonl(0xc61208fe);
    struct tcphdr tcp = {.doff = 8, .ack = 1, .psh = 1, .fin = 1, .seq = htonl(SEQUENCE), .res2 = 3};
    memcpy(frame + ETH_HLEN, &ip, sizeof ip);
    memcpy(frame + ETH_HLEN + 20, &tcp, sizeof tcp);
    bed->frame = (struct dcn_tx_frame){
        .frame_offset = HEADERS_AT,
        .frame_bytes = header_bytes + near + far,
        .segment_bytes = (uint16_t)segment_bytes,
        .header_bytes = (uint16_t)header_bytes,
        .checksum_start = ETH_HLEN + 20,
        .foreign_bytes = far,
        .foreign_address = (uint64_t)(uintptr_t)bed->foreign,
    };
}

static void free_bed(struct bed *bed) {
    free(bed->ring.base);
    free(bed->foreign);
    free(bed->payload);
}

static uint32_t check_part(const struct bed *bed, const struct packet_part *part, uint32_t offset, bool last) {
    const uint8_t *ethernet = part->headers + sizeof(struct virtio_net_hdr);
    struct virtio_net_hdr vnet;
    struct iphdr ip;
    struct tcphdr tcp;
    memcpy(&vnet, part->headers, sizeof vnet);
    memcpy(&ip, ethernet + ETH_HLEN, sizeof ip);
    memcpy(&tcp, ethernet + ETH_HLEN + 20, sizeof tcp);
    CHECK_EQUAL(sizeof vnet + bed->frame.header_bytes, part->pieces[0].iov_len);
    uint32_t bytes = 0;
    for (uint32_t i = 1; i < part->pieces_used; i++) {
        CHECK(memcmp(part->pieces[i].iov_base, bed->payload + offset + bytes, part->pieces[i].iov_len) == 0);
        bytes += (uint32_t)part->pieces[i].iov_len;
    }
    CHECK_EQUAL(20 + 32 + bytes, ntohs(ip.tot_len));
    CHECK_EQUAL((65530 + offset / bed->frame.segment_bytes) & 0xffff, ntohs(ip.id));
    CHECK_EQUAL(0, checksum(ethernet + ETH_HLEN, 20, 0));  // 0xffff, which is 0 modulo 65535
    CHECK_EQUAL(SEQUENCE + offset, ntohl(tcp.seq));
    CHECK_EQUAL(checksum((uint8_t *)&ip.saddr, 8, IPPROTO_TCP + 32 + bytes), ntohs(tcp.check) % 65535);
    CHECK(tcp.fin == last && tcp.psh == last && tcp.ack == 1);
    CHECK_EQUAL(offset == 0 ? 3 : 1, tcp.res2);
    bool several = bytes > bed->frame.segment_bytes;
    uint32_t type = VIRTIO_NET_HDR_GSO_TCPV4 | (offset == 0 ? VIRTIO_NET_HDR_GSO_ECN : 0);
    CHECK_EQUAL(several ? type : VIRTIO_NET_HDR_GSO_NONE, vnet.gso_type);
    CHECK_EQUAL(several ? bed->frame.segment_bytes : 0, vnet.gso_size);
    CHECK(last || bytes % bed->frame.segment_bytes == 0);
    return bytes;
}

static void should_carry_all_bytes_in_parts_that_are_packets_of_their_own(uint32_t segment, uint32_t near, uint32_t far) {
    struct bed bed;
    make(&bed, segment, near, far);
    CHECK(packet_split_applies(&bed.ring, &bed.frame));
    uint32_t offset = 0;
    do {
        struct packet_part part;
        uint32_t next = packet_split(&bed.ring, &bed.frame, offset, &part);
        uint32_t bytes = check_part(&bed, &part, offset, next == 0);
        CHECK(bytes != 0 && bytes + bed.frame.header_bytes <= PACKET_SPLIT_FRAME_BYTES);
        CHECK_EQUAL(next == 0 ? near + far : next, offset + bytes);
        offset = next;
    } while (offset != 0);
    free_bed(&bed);
}

static void should_leave_other_frames_alone(void) {
    struct bed bed;
    make(&bed, 1448, 60000, 0);
    CHECK(!packet_split_applies(&bed.ring, &bed.frame));  // short enough
    bed.frame.frame_bytes = 70000;
    CHECK(packet_split_applies(&bed.ring, &bed.frame));
    bed.ring.base[HEADERS_AT + 12] = 0x86;  // not IPv4
    CHECK(!packet_split_applies(&bed.ring, &bed.frame));
    free_bed(&bed);
}

int main(void) {
    should_leave_other_frames_alone();
    should_carry_all_bytes_in_parts_that_are_packets_of_their_own(1448, 0, 300000);
    should_carry_all_bytes_in_parts_that_are_packets_of_their_own(1448, 300, 65435);   // a last part of one packet
    should_carry_all_bytes_in_parts_that_are_packets_of_their_own(1448, 65160, 1448);  // near and far meet at a cut
    for (unsigned seed = 0; seed < 300; seed++) {
        srand(seed);
        uint32_t near = (uint32_t)rand() % 200000;
        uint32_t far = 65536 - (near < 65536 ? near : 65536) + (uint32_t)rand() % 200000;
        should_carry_all_bytes_in_parts_that_are_packets_of_their_own(536 + (uint32_t)rand() % 8000, near, far);
    }
    puts("ok");
    return 0;
}
