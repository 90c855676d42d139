// The driver on a veth pair in a network namespace of its own; the far side is a packet port.
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dcn/net.h"
#include "net/frame_bed.h"
#include "net/segment.h"
#include "support/test.h"

struct bed {
    struct dcn_port_opened near, far;
    struct dcn_port_queue_opened from, to;
};

static void run(const char *command) {
    if (system(command) != 0) {
        fprintf(stderr, "failed: %s\n", command);
        exit(1);
    }
}

static void open_one(const char *uri, struct dcn_port_opened *port, struct dcn_port_queue_opened *queue) {
    static const uint8_t address[4] = {198, 18, 0, 1};
    static const uint8_t ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    if (dcn_port_open(uri, port) < 0) {
        fprintf(stderr, "%s: %s\n", uri, port->message);
        exit(1);
    }
    CHECK(dcn_port_address_add(port->port, address, sizeof address) == 0);
    CHECK(dcn_port_address_add(port->port, ipv6, sizeof ipv6) == 0);
    CHECK(dcn_port_address_add(port->port, address, 5) == -EINVAL);
    if (dcn_port_queue_open(port->port, 0, 1, queue) < 0) {
        fprintf(stderr, "%s: %s\n", uri, queue->message);
        exit(1);
    }
}

static void open_bed(struct bed *bed, const char *uri) {
    run("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
    open_one(uri, &bed->near, &bed->from);
    open_one("packet:v1?slots=16", &bed->far, &bed->to);
}

static void close_bed(struct bed *bed) {
    dcn_port_queue_close(bed->from.queue);
    dcn_port_queue_close(bed->to.queue);
    dcn_port_close(bed->near.port);
    dcn_port_close(bed->far.port);
    (void)!system("ip link delete v0 2>/dev/null");
}

// TCP over IPv4 to 198.18.0.1, whose payload counts up from `first`.
static struct dcn_tx_frame make_frame(struct dcn_queue_state *state, uint32_t slot, const uint8_t *mac,
                                      uint32_t payload_bytes, uint8_t first) {
    const struct dcn_ring_layout *ring = &state->ring[DCN_RING_DATA];
    uint32_t offset = slot * ring->slot_bytes + ring->payload_offset - 54;
    uint8_t *frame = (uint8_t *)(uintptr_t)ring->address + offset;
    uint32_t ip_bytes = 40 + payload_bytes;
    memset(frame, 0, 54);
    memcpy(frame, mac, 6);
    frame[12] = 0x08;
    frame[14] = 0x45;
    frame[16] = (uint8_t)(ip_bytes >> 8);
    frame[17] = (uint8_t)ip_bytes;
    frame[14 + 9] = 6;
    memcpy(frame + 30, (uint8_t[4]){198, 18, 0, 1}, 4);
    frame[34 + 12] = 0x50;
    for (uint32_t i = 0; i < payload_bytes; i++) {
        frame[54 + i] = (uint8_t)(first + i);
    }
    // The pseudo header's sum, in network order: 198.18 + 0.1 + 0.0 + 0.0 + protocol + length.
    uint32_t sum = 0xc612 + 0x0001 + 6 + ip_bytes - 20;
    sum = (sum & 0xffff) + (sum >> 16);
    frame[50] = (uint8_t)(sum >> 8);
    frame[51] = (uint8_t)sum;
    return (struct dcn_tx_frame){.slot = slot, .frame_offset = offset, .frame_bytes = 54 + payload_bytes,
                                 .segment_bytes = payload_bytes > 1460 ? 1460 : 0, .header_bytes = 54,
                                 .checksum_start = 34, .ring = DCN_RING_DATA};
}

// Whether a packet's TCP checksum is right, or, where that is allowed, left to a device: it crossed no wire.
static bool checksum_holds(const uint8_t *packet, uint32_t bytes, bool partial) {
    uint8_t pseudo[4] = {0, 6, (uint8_t)((bytes - 34) >> 8), (uint8_t)(bytes - 34)};
    uint64_t sum = segment_sum(packet + 26, 8) + segment_sum(pseudo, 4) + segment_sum(packet + 34, bytes - 34);
    return sum % 65535 == 0 || (partial && segment_partial(packet, bytes));
}

static void receive_payload(struct dcn_port_queue_opened *queue, uint32_t bytes, uint8_t first, bool partial) {
    struct dcn_rx_frame frames[16];
    uint32_t at = 0;
    for (int tries = 0; at < bytes && tries < 1000; tries++) {
        int count = dcn_port_rx(queue->queue, frames, 16);
        for (int i = 0; i < count; i++) {
            const uint8_t *packet = (const uint8_t *)(uintptr_t)queue->state->receive_address + frames[i].offset;
            CHECK(checksum_holds(packet, frames[i].bytes, partial));
            for (uint32_t j = 54; j < frames[i].bytes; j++, at++) {
                CHECK_EQUAL((uint8_t)(first + at), packet[j]);
            }
        }
    }
    CHECK_EQUAL(bytes, at);
}

static void settle(struct dcn_port_queue_opened *queue, uint64_t tail) {
    for (int tries = 0; queue->state->tail[DCN_RING_DATA] != tail && tries < 1000; tries++) {
        dcn_port_tx(queue->queue, NULL, 0);
    }
    CHECK_EQUAL(tail, queue->state->tail[DCN_RING_DATA]);
}

// A kernel that is too old says so when the port or its queue is opened.
static bool kernel_is_too_old(void) {
    struct dcn_port_opened port;
    struct dcn_port_queue_opened queue;
    run("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
    bool old = false;
    if (dcn_port_open("xdp:v0?zerocopy=prefer", &port) < 0) {
        old = strstr(port.message, "Linux 6.6") != NULL;
    } else {
        if (dcn_port_queue_open(port.port, 0, 1, &queue) < 0) {
            old = strstr(queue.message, "Linux 6.6") != NULL;
        } else {
            dcn_port_queue_close(queue.queue);
        }
        dcn_port_close(port.port);
    }
    run("ip link delete v0");
    return old;
}

static void should_name_what_is_wrong(void) {
    struct dcn_port_opened opened;
    run("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
    CHECK(dcn_port_open("xdp:none0?zerocopy=prefer", &opened) == -ENODEV && strstr(opened.message, "interface=none0"));
    CHECK(dcn_port_open("xdp:", &opened) == -EINVAL);
    CHECK(dcn_port_open("xdp:a-name-that-is-too-long", &opened) == -EINVAL);
    CHECK(dcn_port_open("xdp:v0?colour=1", &opened) == -EINVAL && strstr(opened.message, "colour=1"));
    CHECK(dcn_port_open("xdp:v0", &opened) == -EOPNOTSUPP && strstr(opened.message, "zerocopy=prefer"));
    CHECK(dcn_port_open("xdp:v0?zerocopy=prefer&huge=1&memory=4294967296", &opened) == 0);
    struct dcn_port_queue_opened queue;
    CHECK(dcn_port_queue_open(opened.port, 0, 1, &queue) == -ENOMEM);  // more than machines for tests set aside
    CHECK(strstr(queue.message, "interface=v0") && strstr(queue.message, "HugePages_Free"));
    dcn_port_close(opened.port);
    run("ip link delete v0");
}

static void should_carry_frames_of_any_length_both_ways(const char *uri) {
    struct bed bed;
    open_bed(&bed, uri);
    CHECK((bed.near.facts.flags & DCN_PORT_COPY_MODE) && (bed.near.facts.flags & DCN_PORT_PASSES_OTHERS));
    CHECK(strcmp(bed.near.facts.driver, "xdp") == 0);
    for (uint32_t round = 0; round < 200; round++) {
        uint32_t bytes = 1 + (uint32_t)rand() % 65000;
        struct dcn_tx_frame frame = make_frame(bed.from.state, round % 16, bed.far.facts.mac, bytes, (uint8_t)round);
        CHECK(dcn_port_tx(bed.from.queue, &frame, 1) == 1);
        receive_payload(&bed.to, bytes, (uint8_t)round, strstr(uri, "software") == NULL);
        settle(&bed.from, round + 1);
        frame = make_frame(bed.to.state, round % 16, bed.near.facts.mac, bytes, (uint8_t)round);
        CHECK(dcn_port_tx(bed.to.queue, &frame, 1) == 1);
        receive_payload(&bed.from, bytes, (uint8_t)round, true);
    }
    close_bed(&bed);
}

static void should_refuse_what_names_no_frame(void) {
    struct bed bed;
    open_bed(&bed, "xdp:v0?slots=16&zerocopy=prefer");
    struct dcn_tx_frame good = make_frame(bed.from.state, 0, bed.far.facts.mac, 5000, 0);
    struct dcn_tx_frame bad[10];
    for (uint32_t i = 0; i < 10; i++) {
        bad[i] = make_frame(bed.from.state, i, bed.far.facts.mac, 5000, 0);
    }
    bad[0].ring = 7;
    bad[1].slot = 16;
    bad[2].frame_offset = 2 * bed.from.state->ring[DCN_RING_DATA].slot_bytes + 8;  // no headroom
    bad[3].frame_bytes = bed.from.state->ring[DCN_RING_DATA].slot_bytes;
    bad[4].checksum_start = 5040;
    bad[5].header_bytes = 30;
    bad[6].segment_bytes = 0;
    bad[7].header_bytes = 5054;
    bad[8].foreign_bytes = 10;
    bad[9].frame_bytes = 13;
    CHECK(dcn_port_tx(bed.from.queue, bad, 10) == 0);
    CHECK_EQUAL(10, bed.from.state->dropped_invalid);
    // Slots 0 and 1 were never named: they hold up the tail, not the frames.
    CHECK(dcn_port_tx(bed.from.queue, &good, 1) == 1);
    receive_payload(&bed.to, 5000, 0, true);
    settle(&bed.from, 1);
    good = make_frame(bed.from.state, 1, bed.far.facts.mac, 5000, 0);
    good.flags = DCN_TX_CANCEL;
    CHECK(dcn_port_tx(bed.from.queue, &good, 1) == 0);
    settle(&bed.from, 10);
    CHECK(dcn_port_tx(bed.from.queue, &good, 1) == 0);  // slot 1 again: 10 slots on, it may be named
    close_bed(&bed);
}

// More SYNs than the limit allows, with ACKs among them: of both families, and behind IPv4 options.
static void should_shed_syns_beyond_the_limit(void) {
    struct bed bed;
    open_bed(&bed, "xdp:v0?slots=16&zerocopy=prefer&syns=1000");
    CHECK(bed.near.facts.flags & DCN_PORT_SYN_LIMIT);
    int wire = frame_bed_socket("v1", 0);
    struct dcn_rx_frame frames[256];
    uint32_t acks = 0, syns = 0;
    for (uint32_t i = 0; i < 6000; i++) {
        struct frame frame = i % 2 == 0 ? frame_tcp6(0x20000000 + i, 4000, SYN_FLAG) : frame_ipv4(6, 0x20000000 + i, i % 3);
        if (i % 2 != 0) {
            frame_tcp(&frame, ETH_HLEN + 20 + 4 * (i % 3), 4000, i % 10 == 1 ? ACK : SYN_FLAG);
            memcpy(frame.bytes + ETH_HLEN + 16, (uint8_t[4]){198, 18, 0, 1}, 4);
        }
        memcpy(frame.bytes, bed.near.facts.mac, 6);
        frame_bed_send(wire, &frame);
        for (int count = i % 64 == 63 ? dcn_port_rx(bed.from.queue, frames, 256) : 0; count-- > 0;) {
            const uint8_t *memory = (const uint8_t *)(uintptr_t)bed.from.state->receive_address;
            const uint8_t *ip = memory + frames[count].offset + ETH_HLEN;
            const uint8_t *tcp = ip + (ip[0] >> 4 == 6 ? 40 : 4 * (ip[0] & 15));
            acks += tcp[13] == ACK;
            syns += tcp[13] == SYN_FLAG;
        }
    }
    CHECK(syns > 1000 && syns < 2400);  // of 3,000 and 2,400
    CHECK(acks >= 600 - 6);  // what came since the last batch waits
    CHECK(bed.from.state->syns_shed > 5400 - 2400 - 64 && bed.from.state->syns_shed <= 5400 - syns);
    close(wire);
    close_bed(&bed);
}

static void should_end_with_its_interface(void) {
    struct bed bed;
    open_bed(&bed, "xdp:v0?slots=16&zerocopy=prefer");
    struct pollfd waiting = {.fd = bed.from.state->wait_descriptor, .events = POLLIN};
    struct dcn_rx_frame frames[8];
    run("ip link delete v0");
    while (bed.from.state->link_up != 0) {
        CHECK(poll(&waiting, 1, 3000) == 1);
        dcn_port_rx(bed.from.queue, frames, 8);
    }
    struct dcn_tx_frame frame = make_frame(bed.from.state, 0, bed.far.facts.mac, 100, 0);
    CHECK(dcn_port_tx(bed.from.queue, &frame, 1) == 0);
    CHECK(bed.from.state->dropped_link_down == 1 && bed.from.state->tail[DCN_RING_DATA] == 1);
    close_bed(&bed);
}

int main(void) {
    if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0) {
        puts("skipped: needs root, to make a network namespace");
        return DCN_TEST_SKIPPED;
    }
    run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
    if (kernel_is_too_old()) {
        puts("skipped: xdp needs Linux 6.6 or newer");
        return DCN_TEST_SKIPPED;
    }
    should_name_what_is_wrong();
    should_carry_frames_of_any_length_both_ways("xdp:v0?slots=16&zerocopy=prefer");
    should_carry_frames_of_any_length_both_ways("xdp:v0?slots=16&zerocopy=prefer&checksum=software");
    should_refuse_what_names_no_frame();
    should_shed_syns_beyond_the_limit();
    should_end_with_its_interface();
    puts("ok");
    return 0;
}
